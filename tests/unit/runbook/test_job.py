"""The whole run with stand-ins for the wires: what is asked, what is written, and how each trouble ends."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbook.directory import Answer
from runbook.envelope import Envelope
from runbook.https import Reply
from runbook.identity import Secret
from runbook.job import run
from runbook.outcome import DeadlinePassed, Failed, Outcome, Refused
from runbook.worker import Worker
from tests.unit.runbook.standins import (
    ASSIGNMENT,
    NOON,
    PACKAGE_A,
    PACKAGE_B,
    PERSON_SID,
    USER,
    Memory,
    StandingClock,
    Wire,
    group,
    person,
    reply,
)

ARM, GRAPH, VAULT = "https://arm", "https://graph.microsoft.com", "https://kv.vault.azure.net/secrets/ad"
LIST = f"{GRAPH}/v1.0/identityGovernance/entitlementManagement/assignments"
MAPPING = json.dumps(
    {
        "AccessPackages": [
            {"AccessPackageID": PACKAGE_A, "ADGroups": ["One", "Shared"]},
            {"AccessPackageID": PACKAGE_B, "ADGroups": ["Two", "Shared"]},
        ]
    }
)
SETTINGS: dict[str, Any] = {
    "version": 1,
    "environment": "test",
    "graph": GRAPH,
    "graph_audience": GRAPH,
    "mapping": {"source": "variable", "name": "map", "sha256": hashlib.sha256(MAPPING.encode()).hexdigest()},
    "directory": {
        "servers": [{"url": "ldaps://dc1"}],
        "base": "DC=lab,DC=example",
        "domain": "LAB",
        "bind": {"method": "simple", "user": "u", "password": {"key_vault": VAULT}},
    },
    "key_vault_audience": "https://vault.azure.net",
    "safety": {"protected_groups": [], "protected_users": []},
}
UNTIL = NOON + timedelta(minutes=10)
CALL = Envelope(
    "entitlement", "test", UNTIL, ARM, "https://arm/", "/subs/x", "settings", USER, "granted", PACKAGE_A, ASSIGNMENT
)
ALONE = replace(CALL, source="reconcile", event="", access_package="", assignment="")
ENVIRON = {"IDENTITY_ENDPOINT": "http://127.0.0.1/token", "IDENTITY_HEADER": "h"}
ONE, TWO, SHARED, OTHER = (group(name, 2000 + n) for n, name in enumerate(("One", "Two", "Shared", "Other")))


def variable(text: str) -> Reply:
    return reply(200, {"properties": {"value": json.dumps(text)}})


class World:
    """A worker whose wires are stand-ins; `answers` may be changed before the run."""

    def __init__(self, *members: Any, rows: tuple[tuple[str, str], ...] = ()) -> None:
        listed = [
            {
                "id": f"{ASSIGNMENT[:-1]}{n}",
                "state": state,
                "accessPackage": {"id": package},
                "target": {"objectId": USER},
            }
            for n, (package, state) in enumerate(rows, start=1)
        ]
        self.answers: dict[str, Any] = {
            "http://127.0.0.1/token": reply(200, {"access_token": "T"}),
            f"{ARM}/subs/x/variables/settings": variable(json.dumps(SETTINGS)),
            f"{ARM}/subs/x/variables/map": variable(MAPPING),
            f"{GRAPH}/v1.0/users/{USER}": reply(200, {"id": USER, "onPremisesSecurityIdentifier": PERSON_SID}),
            LIST: reply(200, {"value": listed}),
            VAULT: reply(200, {"value": "hunter2"}),
        }
        self.directory = Memory((ONE, TWO, SHARED, OTHER), members)
        self.clock = StandingClock()
        self.passwords: list[Secret | None] = []
        self.wire = Wire({})

    def configure(self, **changes: Any) -> None:
        """Other settings; those of section `safety` go by their own names."""
        safety = {key: value for key, value in changes.items() if key in SAFETY}
        rest = {key: value for key, value in changes.items() if key not in SAFETY}
        changed = {**SETTINGS, **rest, "safety": {**SETTINGS["safety"], **safety}}
        self.answers[f"{ARM}/subs/x/variables/settings"] = variable(json.dumps(changed))

    def run(self, call: Envelope = CALL) -> Outcome:
        def open_directory(settings: Any, password: Secret | None, deadline: Any) -> Memory:
            del settings, deadline
            self.passwords.append(password)
            return self.directory

        self.wire = Wire(self.answers)
        return run(call, worker_on(self.clock, self.wire, open_directory))


SAFETY = {"mode", "budgets", "groups", "locks", "protected_groups", "protected_users"}


def unused(*_: Any) -> Any:
    """What one person in one domain does not need."""
    pytest.fail("not for one person in one domain")


def worker_on(clock: StandingClock, wire: Any, open_directory: Any, open_memberships: Any = unused) -> Worker:
    """A worker that never checks: what that would open is not there."""
    return Worker(ENVIRON, clock, wire, open_directory, unused, open_memberships, print)


def test_a_granted_package_adds_its_groups_at_a_constant_cost() -> None:
    world = World(OTHER, rows=((PACKAGE_A, "delivering"),))

    outcome = world.run()

    assert (outcome.outcome, outcome.detail) == ("done", "added to One, Shared")
    assert world.directory.accounts() == ["One", "Other", "Shared"]
    assert world.directory.operations == ["person", "groups", "change", "change", "person"]
    assert outcome.verified
    graph = [url for url in world.wire.urls if url.startswith(GRAPH) or "graph.microsoft.com" in url]
    assert len(graph) == 4
    assert world.directory.closed
    assert world.clock.slept == []
    assert world.passwords == [Secret("hunter2")]


def test_a_removed_package_takes_its_groups_but_for_those_still_given() -> None:
    world = World(ONE, TWO, SHARED, OTHER, rows=((PACKAGE_A, "delivered"), (PACKAGE_B, "delivered")))

    outcome = world.run(replace(CALL, event="removed"))

    assert (outcome.outcome, outcome.detail) == ("done", "removed from One")
    assert outcome.kept == ("Shared", "Two")


@pytest.mark.parametrize("source", ["lifecycle", "reconcile"])
def test_without_a_callout_the_list_alone_counts(source: str) -> None:
    world = World(ONE, OTHER, rows=((PACKAGE_A, "expired"), (PACKAGE_B, "delivered")))

    outcome = world.run(replace(ALONE, source=source))

    assert (outcome.outcome, outcome.detail) == ("done", "added to Shared, Two; removed from One")
    assert world.directory.accounts() == ["Other", "Shared", "Two"]


def test_who_has_no_assignment_at_all_leaves_every_managed_group_and_is_told_why() -> None:
    world = World(ONE, SHARED, OTHER)

    outcome = world.run(ALONE)

    assert (outcome.outcome, outcome.detail) == ("done", "removed from One, Shared; no live assignment")
    assert outcome.verified
    assert world.directory.accounts() == ["Other"]


def test_a_list_that_did_not_arrive_is_no_empty_list() -> None:
    world = World(ONE, SHARED)
    world.answers[LIST] = reply(500, {})

    outcome = world.run(ALONE)

    assert (outcome.outcome, world.directory.written) == ("failed", [])
    assert "no live assignment" not in outcome.detail


class _OvertakenWire(Wire):
    """Another job adds the person to Two, for a package granted after this job was told the assignments."""

    def __init__(self, answers: dict[str, Any], directory: Memory) -> None:
        super().__init__(answers)
        self._directory = directory

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        answer = super().get(url, headers, timeout)
        if url.startswith(LIST):
            self._directory.members.add(TWO.guid)
        return answer


def test_what_another_job_gives_after_the_assignments_were_read_is_not_taken_away() -> None:
    world = World(ONE, rows=((PACKAGE_A, "delivered"),))
    wire = _OvertakenWire(world.answers, world.directory)

    run(replace(CALL, event="removed"), worker_on(world.clock, wire, lambda *_: world.directory))

    assert world.directory.written == [("One", False)]
    assert world.directory.accounts() == ["Two"]


def test_half_a_page_of_graph_removes_nothing() -> None:
    world = World(ONE, SHARED)
    world.answers[LIST] = reply(200, b'{"value": [')

    outcome = world.run(replace(CALL, event="removed"))

    assert outcome.outcome == "failed"
    assert world.directory.written == []
    assert "not removed from One, Shared" in outcome.detail


BEFORE_AD: list[tuple[str, str, Any, type[Exception], str]] = [
    ("settings are gone", f"{ARM}/subs/x/variables/settings", reply(404, {}), Failed, "variable settings"),
    ("mapping is gone", f"{ARM}/subs/x/variables/map", reply(404, {}), Failed, "variable map"),
    ("mapping is another", f"{ARM}/subs/x/variables/map", variable("{}"), Failed, "not the mapping that was applied"),
    ("no identity", "http://127.0.0.1/token", reply(500, {}), Failed, "managed identity"),
    ("no such user", f"{GRAPH}/v1.0/users/{USER}", reply(404, {}), Refused, "does not exist"),
    ("no AD account", f"{GRAPH}/v1.0/users/{USER}", reply(200, {"id": USER}), Refused, "no AD account"),
    ("no password", VAULT, reply(403, {}), Failed, "Key Vault"),
]


@pytest.mark.parametrize(
    ("url", "answer", "error", "message"), [c[1:] for c in BEFORE_AD], ids=[c[0] for c in BEFORE_AD]
)
def test_trouble_before_ad_ends_the_run_untouched(url: str, answer: Any, error: type[Exception], message: str) -> None:
    world = World(ONE, SHARED)
    world.answers[url] = answer

    with pytest.raises(error, match=message):
        world.run(replace(CALL, event="removed"))

    assert world.directory.operations == []


def test_settings_of_another_environment_are_refused() -> None:
    with pytest.raises(Refused, match="environment test"):
        World().run(replace(CALL, environment="prod"))


@pytest.mark.parametrize(
    ("safety", "account", "message"),
    [
        ({"protected_groups": [], "protected_users": [PERSON_SID]}, person(), "protected_users"),
        ({"protected_groups": [], "protected_users": []}, person(admin_count=True), "adminCount=1"),
    ],
)
def test_a_protected_person_is_refused_and_nothing_written(safety: Any, account: Any, message: str) -> None:
    world = World(ONE)
    world.answers[f"{ARM}/subs/x/variables/settings"] = variable(json.dumps({**SETTINGS, "safety": safety}))
    world.directory.account = account

    with pytest.raises(Refused, match=message):
        world.run()

    assert world.directory.written == []
    assert world.directory.closed


def test_a_missing_group_lets_the_others_be_added_and_nothing_removed() -> None:
    world = World(TWO)
    world.directory.all_groups = (TWO, SHARED, OTHER)

    outcome = world.run()

    assert outcome.outcome == "partial"
    assert world.directory.accounts() == ["Shared", "Two"]
    assert "'One' does not exist in AD" in outcome.detail
    assert "not removed from Two" in outcome.detail


def test_no_right_on_a_group_is_told_and_forbids_removals() -> None:
    world = World(TWO)
    world.directory.scripted["One"] = [Answer("declined", "u has no right")]

    outcome = world.run()

    assert outcome.outcome == "partial"
    assert outcome.removed == ()
    assert world.directory.accounts() == ["Shared", "Two"]


def test_a_job_that_starts_too_late_does_nothing() -> None:
    world = World()
    world.clock.seconds = 595

    with pytest.raises(DeadlinePassed):
        world.run()

    assert world.wire.asked == []


def test_no_secret_is_in_any_outcome_or_message() -> None:
    world = World(TWO)
    outcome = world.run()

    assert "hunter2" not in repr(outcome)
    assert "hunter2" not in repr(world.passwords)
