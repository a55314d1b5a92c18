"""The uploaded file when somebody else than a callout starts it: a workflow, `lockstep` itself. In its own process."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.integration.runbook_world import ACCOUNT, GRAPH, JOB, READERS, USER, WRITERS, Ended, World, assignment

LISTING = "/v1.0/identityGovernance/entitlementManagement/assignments"
GRACE = "66666666-6666-4666-8666-666666666602"
DORA = "66666666-6666-4666-8666-666666666607"
GROUPS = 3
"""So many the mapping names."""
TASK = {"workflow": READERS, "task": WRITERS, "task_result": GRACE}


def test_joiner_mover_and_leaver_get_the_groups_of_their_live_assignments(world: World) -> None:
    world.rows.append(assignment(READERS))
    joined = world.ask("lifecycle", user=USER, **TASK)

    assert (joined.code, joined.result["detail"]) == (0, "added to Finance_Readers, Finance_Reports")
    said = {
        key: joined.result[key] for key in ("source", "user", "stage_instance", "request", "access_package", "event")
    }
    assert said == {
        "source": "lifecycle",
        "user": USER,
        "stage_instance": GRACE,
        "request": "",
        "access_package": "",
        "event": "",
    }

    world.rows[0] = assignment(WRITERS, number=2)
    moved = world.ask("reconcile", user=USER)
    assert moved.result["detail"] == "added to Finance_Writers; removed from Finance_Reports"

    world.rows.clear()
    left = world.ask("lifecycle", user=USER, **TASK)
    assert left.result["detail"] == "removed from Finance_Readers, Finance_Writers; no live assignment"
    assert world.groups() == []


def test_a_callouts_result_names_its_request_and_package(world: World) -> None:
    result = world.run().result

    assert (result["source"], result["event"], result["access_package"]) == ("entitlement", "granted", READERS)
    assert result["request"] == "13131313-1313-4313-8313-131313131313"


@pytest.mark.parametrize("answer", [(403, {}), (200, {"value": [{"id": "half"}]})])
def test_half_a_list_takes_nothing_from_a_leaver(world: World, answer: Any) -> None:
    populated(world)
    world.azure.answers[LISTING] = lambda _: answer

    ended = world.ask("lifecycle", user=USER)

    assert (ended.code, ended.result["outcome"], ended.result["removed"]) == (1, "failed", [])
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]


def _answered(body: Any, _: Any) -> tuple[int, Any]:
    return 200, body


def populated(world: World) -> None:
    """Ada and Grace have packages, and their groups by them."""
    store = world.directory._domain.store
    members = {"Finance_Readers": ["ada.lovelace", "grace.hopper"], "Finance_Reports": ["ada.lovelace"]}
    for group, accounts in {**members, "Finance_Writers": ["grace.hopper"]}.items():
        entry = store.by_account(group)
        store.set_members(entry, {*store.members(entry), *(store.by_account(each).guid for each in accounts)})
    sids = [world.directory.sid_of(each) for each in ("ada.lovelace", "grace.hopper")]
    for user, account in ((GRACE, "grace.hopper"), (DORA, "dora.admin")):
        known = {"id": user, "onPremisesSecurityIdentifier": world.directory.sid_of(account)}
        world.azure.serve(f"/v1.0/users/{user}", GRAPH, partial(_answered, known))
    world.rows[:] = [assignment(READERS, sid=sids[0]), assignment(WRITERS, number=2, user=GRACE, sid=sids[1])]


def released(world: World, people: int) -> Ended:
    """The end of the job that gives everything back, which the settings name as they do while `destroy` runs it."""
    world.settings["release"] = JOB
    return world.ask("release", people=people, groups=GROUPS)


def test_release_takes_back_what_assignments_gave_and_leaves_what_was_made_by_hand(world: World) -> None:
    populated(world)
    world.rows.append(assignment(READERS, number=3, user=DORA, sid=world.directory.sid_of("dora.admin")))
    dora = world.groups("dora.admin")
    by_hand = world.rows.pop(0)

    first = released(world, people=2)

    assert (first.code, first.result["outcome"]) == (1, "partial")
    assert first.result["detail"].startswith("removed 2 memberships of 1 person in 2 groups; 1 problem; ")
    assert f"user {DORA}: account S-1-5-21-" in first.result["problems"][0]
    assert world.groups("grace.hopper") == []
    assert world.groups() == ["Finance_Readers", "Finance_Reports"], "made by hand: no assignment explains it"
    assert world.groups("dora.admin") == dora

    world.rows[:] = [by_hand]
    second = released(world, people=1)
    assert (second.code, second.result["detail"]) == (0, "removed 2 memberships of 1 person in 2 groups")
    assert world.groups() == []


@pytest.mark.parametrize("named", [{}, {"release": GRACE}])
def test_release_that_the_settings_do_not_name_removes_nobody(world: World, named: dict[str, str]) -> None:
    populated(world)
    world.settings.update(named)

    ended = world.ask("release", people=2, groups=GROUPS)

    assert (ended.code, ended.result["outcome"]) == (1, "refused")
    assert "only a job that settings settings name as `release`" in ended.result["detail"]
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]
    assert LISTING not in world.azure.requests


@pytest.mark.parametrize("answer", [(403, {}), (200, {"value": [{"id": "half"}]}), (200, {})])
def test_release_with_half_a_page_removes_nobody(world: World, answer: Any) -> None:
    populated(world)
    whole = world.azure.answers[LISTING]

    def second_fails(query: Mapping[str, str]) -> Any:
        return answer if WRITERS in query["$filter"] else whole(query)

    world.azure.answers[LISTING] = second_fails
    ended = released(world, people=2)

    assert (ended.code, ended.result["outcome"], ended.result["removed"]) == (1, "failed", [])
    assert ended.result["detail"].endswith("nothing was changed")
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]


@pytest.mark.parametrize("path", [f"{ACCOUNT}/variables/settings", f"{ACCOUNT}/variables/map", "/secrets/ad-bind"])
def test_release_without_one_of_its_reads_removes_nobody(world: World, path: str) -> None:
    populated(world)
    world.azure.answers[path] = lambda _: (404, {})

    assert released(world, people=2).result["outcome"] == "failed"
    assert world.groups() == ["Finance_Readers", "Finance_Reports"]


def test_check_tells_everything_and_writes_nothing(world: World) -> None:
    world.map("Finance_Readers", "Locked_Group", "No_Such_Group", "Payroll_Admins")
    before = len(world.directory.journal)
    world.directory.skew_clock(timedelta(minutes=10))

    ended = world.ask("check")
    world.directory.skew_clock(timedelta())

    found = ended.checks()
    assert (ended.code, ended.result["outcome"], ended.result["source"]) == (1, "failed", "check")
    assert found["group Finance_Readers"]["state"] == "ok"
    assert found["group Locked_Group"]["fix"].startswith('dsacls "CN=Locked_Group,')
    assert "does not exist" in found["group No_Such_Group"]["said"]
    assert "privileged" in found["group Payroll_Admins"]["said"]
    server = world.directory.url
    for subject in ("mapping", "Graph assignments", "Graph users", f"domain controller {server}"):
        assert found[subject]["state"] == "ok", found[subject]
    assert found[f"certificate of {server}"]["said"].startswith("valid until ")
    assert (found[f"clock of {server}"]["state"], found["memberships of people"]["state"]) == ("fail", "ok")
    operations = {exchange.operation for exchange in world.directory.journal[before:]}
    assert operations <= {"bind", "search", "farewell"}


def test_check_looks_at_every_server_and_goes_on_when_one_is_down(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"ldaps://localhost:{free.getsockname()[1]}"
    world.settings["directory"]["servers"].insert(0, {"url": dead, "certificate_name": "localhost"})

    found = world.ask("check").checks()

    assert found[f"domain controller {dead}"]["state"] == "fail"
    assert found[f"domain controller {world.directory.url}"]["state"] == "ok"
    assert found["group Finance_Readers"]["state"] == "ok"


def test_check_tries_a_wrong_password_once(world: World) -> None:
    world.azure.serve("/secrets/ad-bind", "https://vault.azure.net", lambda _: (200, {"value": "hunter2"}))
    world.settings["directory"]["servers"].append({"url": "ldaps://dc2.invalid"})

    ended = world.ask("check")

    found = ended.checks()
    assert "data 52e" in found[f"domain controller {world.directory.url}"]["said"]
    assert found["domain controller ldaps://dc2.invalid:636"]["state"] == "warn"
    assert "hunter2" not in ended.output


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        (f"{ACCOUNT}/variables/settings", "settings settings"),
        (f"{ACCOUNT}/variables/map", "mapping"),
        ("/secrets/ad-bind", "secret "),
        (LISTING, "Graph assignments"),
    ],
)
def test_check_names_what_cannot_be_read_and_goes_on(world: World, path: str, subject: str) -> None:
    world.azure.answers[path] = lambda _: (403, {"error": {"code": "Forbidden", "message": "no"}})

    ended = world.ask("check")

    (bad,) = [each for each in ended.checks().values() if each["state"] == "fail"]
    assert bad["subject"].startswith(subject)
    assert bad["fix"]
    assert ("Graph users" in ended.checks()) is (subject != "settings settings")


@pytest.mark.parametrize("source", ["check", "release"])
def test_the_deadline_counts_for_every_source(world: World, source: str) -> None:
    ended = world.ask(source, user=USER, people=2, groups=GROUPS, deadline="2026-01-01T00:00:00Z")

    assert (ended.code, ended.result["outcome"]) == (1, "timed_out")
    assert world.azure.requests == []


def test_a_source_that_nobody_knows_is_refused(world: World) -> None:
    ended = world.ask("cleanup")

    assert (ended.result["outcome"], ended.result["source"]) == ("refused", "")
    assert world.azure.requests == []
