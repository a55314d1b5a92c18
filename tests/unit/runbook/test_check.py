"""The whole check with stand-ins for the wires: what is told, and how far each trouble reaches."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbook.check import check, python_check
from runbook.check_line import Check, Checks, failed
from runbook.directory_connection import AccountRejected
from runbook.directory_facts import GroupFacts, ServerFacts
from runbook.group_name import GroupName
from runbook.identity import Secret
from runbook.outcome import CHECK_MARK, RECORD_MARK, DeadlinePassed, Failed, Outcome
from runbook.settings import DirectorySettings
from runbook.worker import Worker
from tests.unit.runbook.standins import NOON, PERSON_SID, Memory, StandingClock, Wire, group, reply
from tests.unit.runbook.test_identity import jwt
from tests.unit.runbook.test_job import ALONE, ARM, ENVIRON, GRAPH, LIST, ONE, SETTINGS, SHARED, TWO, VAULT, variable

CALL = replace(ALONE, source="check", user="")
NOBODY = f"{GRAPH}/v1.0/users/00000000-0000-0000-0000-000000000000"
ACCOUNT = "/subscriptions/x/providers/Microsoft.Automation/automationAccounts/a"
ROLES = ["EntitlementManagement.Read.All", "User.Read.All"]
SERVERS = [{"url": "ldaps://dc1"}, {"url": "ldap://dc2"}]
GOOD = ServerFacts("TLSv1.3", NOON + timedelta(seconds=2), NOON + timedelta(days=300))


class Inspected(Memory):
    """An `InspectedDirectory` in memory."""

    def __init__(self) -> None:
        super().__init__((ONE, TWO, SHARED))
        self.facts: ServerFacts | Failed = GOOD
        self.people: tuple[str, ...] | Failed = (PERSON_SID, PERSON_SID)
        self.group_reading: Failed | None = None

    def server_facts(self) -> ServerFacts:
        if isinstance(self.facts, Failed):
            raise self.facts
        return self.facts

    def group_facts(self, names: frozenset[GroupName]) -> tuple[GroupFacts, ...]:
        if self.group_reading:
            raise self.group_reading
        return tuple(GroupFacts(each, member_writable=True) for each in self.groups(names, frozenset()))

    def some_people(self, most: int) -> tuple[str, ...]:
        if isinstance(self.people, Failed):
            raise self.people
        return self.people[:most]


class Checked:
    """A worker on which everything is right; `answers`, `settings` and `servers` may be changed before the run."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = json.loads(json.dumps(SETTINGS))
        self.settings["directory"]["servers"] = SERVERS
        self.answers: dict[str, Any] = {
            "http://127.0.0.1/token": reply(200, {"access_token": jwt(xms_mirid=ACCOUNT, roles=ROLES)}),
            f"{ARM}{ACCOUNT}/variables/settings": lambda: variable(json.dumps(self.settings)),
            f"{ARM}{ACCOUNT}/variables/map": variable(
                json.dumps({"AccessPackages": [{"AccessPackageID": ASKED, "ADGroups": ["One", "Two"]}]})
            ),
            LIST: reply(200, {"value": []}),
            NOBODY: reply(404, {}),
            VAULT: reply(200, {"value": "hunter2"}),
        }
        self.servers: dict[str, Inspected | Failed] = {"dc1": Inspected(), "dc2": Inspected()}
        self.clock = StandingClock()
        self.opened: list[str] = []
        self.lines: list[str] = []

    def run(self) -> Outcome:
        def inspect(settings: DirectorySettings, password: Secret | None, deadline: Any) -> Inspected:
            del deadline
            assert password is None or password.value == "hunter2"
            (server,) = settings.servers
            self.opened.append(server.host)
            found = self.servers[server.host]
            if isinstance(found, Failed):
                raise found
            return found

        ready = {url: answer() if callable(answer) else answer for url, answer in self.answers.items()}
        worker = Worker(ENVIRON, self.clock, Wire(ready), no_directory, inspect, no_directory, self.lines.append)
        return check(replace(CALL, automation_account=ACCOUNT), worker)

    def named(self) -> dict[str, str]:
        """The GUID of each name that the job told."""
        found = [json.loads(line.removeprefix(RECORD_MARK)) for line in self.lines if line.startswith(RECORD_MARK)]
        return {each["name"]: each["group"] for each in found if each["kind"] == "name"}

    def told(self) -> dict[str, dict[str, str]]:
        """Every check by its subject."""
        assert all(line.startswith((CHECK_MARK, RECORD_MARK)) for line in self.lines)
        assert all(line.isascii() and "\n" not in line for line in self.lines)
        found = [json.loads(line.removeprefix(CHECK_MARK)) for line in self.lines if line.startswith(CHECK_MARK)]
        assert all(each["state"] in {"ok", "warn", "fail"} for each in found)
        assert all(bool(each["fix"]) is (each["state"] != "ok") for each in found)
        return {each["subject"]: each for each in found}


ASKED = "77777777-7777-4777-8777-77777777770a"


def no_directory(*_: Any) -> Any:
    pytest.fail("a check opens no directory to write")


def states(checked: Checked) -> dict[str, str]:
    return {subject: each["state"] for subject, each in checked.told().items()}


def sound() -> Checked:
    checked = Checked()
    text = json.loads(checked.answers[f"{ARM}{ACCOUNT}/variables/map"].body)["properties"]["value"]
    checked.settings["mapping"]["sha256"] = hashlib.sha256(json.loads(text).encode()).hexdigest()
    return checked


def test_everything_that_a_callout_needs_is_told_once() -> None:
    checked = sound()

    outcome = checked.run()

    assert (outcome.outcome, outcome.detail) == ("done", "18 checks: 18 ok, 0 to look at, 0 failed")
    assert list(checked.told()) == [
        "Python of the worker",
        "managed identity",
        "settings settings",
        "mapping",
        "Graph permission EntitlementManagement.Read.All",
        "Graph permission User.Read.All",
        "Graph assignments",
        "Graph users",
        f"secret {VAULT}",
        "domain controller ldaps://dc1:636",
        "certificate of ldaps://dc1:636",
        "clock of ldaps://dc1:636",
        "domain controller ldap://dc2:389",
        "certificate of ldap://dc2:389",
        "clock of ldap://dc2:389",
        "memberships of people",
        "group One",
        "group Two",
    ]
    assert all(isinstance(each, Inspected) and each.closed and not each.written for each in checked.servers.values())
    assert "hunter2" not in "".join(checked.lines)


def test_names_are_told_with_the_guid_of_their_group_whatever_they_are_locked_to() -> None:
    checked = Checked()
    mapping = {
        "AccessPackages": [{"AccessPackageID": ASKED, "ADGroups": ["One", "Gone"]}],
        "RetiredGroups": ["CN=Two,OU=Groups,DC=lab,DC=example"],
    }
    checked.answers[f"{ARM}{ACCOUNT}/variables/map"] = variable(json.dumps(mapping))
    checked.settings["mapping"]["sha256"] = hashlib.sha256(json.dumps(mapping).encode()).hexdigest()
    locks = [{"group": "one", "guid": TWO.guid}, {"group": "Gone", "guid": SHARED.guid}]
    checked.settings["safety"] = {**checked.settings["safety"], "locks": locks}

    checked.run()

    assert checked.named() == {"One": ONE.guid, "CN=Two,OU=Groups,DC=lab,DC=example": TWO.guid}
    assert "is another one than the mapping was locked to" in checked.told()["group One"]["said"]
    assert "was renamed" in checked.told()["group Gone"]["said"]
    assert checked.told()["group Gone"]["fix"].endswith("then run 'lockstep mapping lock' and 'lockstep apply'")
    assert checked.told()["group CN=Two,OU=Groups,DC=lab,DC=example"]["state"] == "ok"


BEFORE_AD: list[tuple[str, str, Any, set[str], set[str]]] = [
    ("no identity", "http://127.0.0.1/token", reply(500, {}), {"managed identity"}, {"settings settings", "mapping"}),
    ("no settings", f"{ARM}{ACCOUNT}/variables/settings", reply(404, {}), {"settings settings"}, {"mapping"}),
    ("no mapping", f"{ARM}{ACCOUNT}/variables/map", reply(404, {}), {"mapping"}, {"group One"}),
    ("no assignments", LIST, reply(403, {}), {"Graph assignments"}, set()),
    ("no users", NOBODY, reply(403, {}), {"Graph users"}, set()),
    (
        "an odd Graph",
        NOBODY,
        reply(200, {"id": NOBODY[-36:], "onPremisesSecurityIdentifier": PERSON_SID}),
        {"Graph users"},
        set(),
    ),
    ("no secret", VAULT, reply(403, {}), {f"secret {VAULT}"}, {"domain controller ldaps://dc1:636"}),
]


@pytest.mark.parametrize(("url", "answer", "bad", "absent"), [c[1:] for c in BEFORE_AD], ids=[c[0] for c in BEFORE_AD])
def test_a_failure_stops_only_what_needs_it(url: str, answer: Any, bad: set[str], absent: set[str]) -> None:
    checked = sound()
    checked.answers[url] = answer

    outcome = checked.run()

    assert (outcome.outcome, outcome.exit_code()) == ("failed", 1)
    assert {subject for subject, state in states(checked).items() if state == "fail"} == bad
    assert absent & set(checked.told()) == set()
    assert bad <= {"managed identity", "settings settings"} or "Graph assignments" in checked.told()
    assert next(iter(bad)) in outcome.detail


def test_a_mapping_that_was_not_applied_is_told() -> None:
    checked = Checked()
    checked.run()

    assert "not the mapping that was applied" in checked.told()["mapping"]["said"]
    assert checked.told()["mapping"]["fix"] == "run 'lockstep apply'"


@pytest.mark.parametrize(
    ("token", "state", "said"),
    [
        (jwt(roles=["EntitlementManagement.ReadWrite.All", "Directory.Read.All"]), "ok", "the token has"),
        (jwt(roles=["Mail.Read"]), "fail", "has Mail.Read"),
        (jwt(), "fail", "has no permission"),
        ("opaque", "warn", "does not tell"),
    ],
)
def test_the_tokens_permissions_are_read(token: str, state: str, said: str) -> None:
    checked = sound()
    checked.answers["http://127.0.0.1/token"] = reply(200, {"access_token": token})
    checked.run()

    for name in ROLES:
        told = checked.told()[f"Graph permission {name}"]
        assert told["state"] == state
        assert said in told["said"]
    assert states(checked)["managed identity"] == "warn"


def test_settings_of_another_environment_are_told() -> None:
    checked = sound()
    checked.settings["environment"] = "prod"
    checked.run()

    assert checked.told()["settings settings"]["fix"] == "run 'lockstep apply'"


def test_each_server_is_looked_at_and_the_first_that_works_is_used() -> None:
    checked = sound()
    checked.servers["dc1"] = Failed("no domain controller could be used: its certificate is not trusted; name it")

    assert checked.run().outcome == "failed"

    assert states(checked)["domain controller ldaps://dc1:636"] == "fail"
    assert states(checked)["domain controller ldap://dc2:389"] == "ok"
    assert states(checked)["group One"] == "ok"


def test_without_any_server_groups_are_not_judged() -> None:
    checked = sound()
    checked.servers = dict.fromkeys(("dc1", "dc2"), Failed("down; check the firewall"))
    checked.run()

    assert "group One" not in checked.told()
    assert "memberships of people" not in checked.told()


def test_a_refused_account_is_tried_at_one_server_only() -> None:
    checked = sound()
    checked.servers["dc1"] = AccountRejected("AD refused the bind account; correct it")
    checked.run()

    assert checked.opened == ["dc1"]
    assert states(checked)["domain controller ldap://dc2:389"] == "warn"


def test_a_server_that_does_not_answer_after_the_bind_is_closed() -> None:
    checked, first = sound(), Inspected()
    first.facts = Failed("AD: broke; try again")
    checked.servers["dc1"] = first
    checked.run()

    assert first.closed
    assert states(checked)["domain controller ldaps://dc1:636"] == "fail"
    assert states(checked)["group One"] == "ok"


@pytest.mark.parametrize(
    ("facts", "certificate", "clock"),
    [
        (ServerFacts("", None, None), "warn", "warn"),
        (ServerFacts("", NOON - timedelta(seconds=200), NOON + timedelta(days=10)), "warn", "warn"),
        (ServerFacts("", NOON + timedelta(hours=1), NOON + timedelta(days=100)), "ok", "fail"),
    ],
)
def test_clock_and_certificate_are_judged(facts: ServerFacts, certificate: str, clock: str) -> None:
    checked, first = sound(), Inspected()
    first.facts = facts
    checked.servers["dc1"] = first
    checked.run()

    assert states(checked)["certificate of ldaps://dc1:636"] == certificate
    assert states(checked)["clock of ldaps://dc1:636"] == clock


@pytest.mark.parametrize(
    ("people", "state"), [((), "warn"), (Failed("hidden; let the bind account read its memberOf"), "fail")]
)
def test_people_whose_groups_are_not_shown_are_told(people: Any, state: str) -> None:
    checked, first = sound(), Inspected()
    first.people = people
    checked.servers["dc1"] = first
    checked.run()

    assert states(checked)["memberships of people"] == state


def test_groups_that_cannot_be_read_are_one_failure() -> None:
    checked, first = sound(), Inspected()
    first.group_reading = Failed("AD: searching groups failed: busy")
    checked.servers["dc1"] = first
    checked.run()

    assert states(checked)["groups of the mapping"] == "fail"
    assert states(checked)["memberships of people"] == "ok"


def test_a_kerberos_bind_needs_no_secret() -> None:
    checked = sound()
    checked.settings["directory"]["bind"] = {"method": "kerberos"}

    assert checked.run().outcome == "done"
    assert f"secret {VAULT}" not in checked.told()


def test_the_deadline_ends_it() -> None:
    checked = sound()
    checked.clock.seconds = 595

    with pytest.raises(DeadlinePassed):
        checked.run()

    assert list(checked.told()) == ["Python of the worker"]


def test_an_old_python_is_told() -> None:
    assert python_check((3, 9)).state == "fail"
    assert python_check((3, 14)).state == "ok"


def two_domains() -> Checked:
    """A worker with a second domain, CORP at dc9, and a group of it in the mapping."""
    checked = sound()
    corp = {"servers": [{"url": "ldaps://dc9"}], "base": "DC=corp", "domain": "CORP", "bind": {"method": "kerberos"}}
    checked.settings["other_directories"] = [corp]
    packages = [{"AccessPackageID": ASKED, "ADGroups": ["One", "CORP\\Three"]}]
    mapping = json.dumps({"AccessPackages": packages})
    checked.settings["mapping"]["sha256"] = hashlib.sha256(mapping.encode()).hexdigest()
    checked.answers[f"{ARM}{ACCOUNT}/variables/map"] = variable(mapping)
    there = Inspected()
    there.all_groups = (replace(group("Three", 3000), domain="corp"), replace(group("One", 3001), domain="corp"))
    checked.servers["dc9"] = there
    return checked


def test_every_domain_is_looked_at_and_each_group_in_its_own() -> None:
    checked = two_domains()

    assert checked.run().outcome == "done"
    told = checked.told()
    assert checked.opened == ["dc1", "dc2", "dc9"]
    assert {
        "memberships of people in LAB",
        "memberships of people in CORP",
        "domain controller ldaps://dc9:636",
    } <= set(told)
    assert [told[f"group {name}"]["state"] for name in ("One", "CORP\\Three")] == ["ok", "ok"]


def test_no_group_is_judged_while_a_domain_is_silent() -> None:
    checked = two_domains()
    checked.servers["dc9"] = Failed("gone; look")

    assert checked.run().outcome == "failed"
    assert not [subject for subject in checked.told() if subject.startswith("group ")]


@pytest.mark.parametrize(
    ("sentence", "said", "fix"),
    [
        ("a: b (c; d) x; do it", "a: b (c; d) x", "do it"),
        ("only what happened", "only what happened", "look at it with the people who run this service"),
    ],
)
def test_a_problems_sentence_ends_with_its_remedy(sentence: str, said: str, fix: str) -> None:
    assert failed("s", sentence) == Check("s", "fail", said, fix)


def test_a_line_is_short_and_holds_no_mark_of_its_own() -> None:
    lines: list[str] = []
    Checks(lines.append).note(Check("Gruppe Köln\n" + CHECK_MARK, "ok", "x" * 900))

    assert lines[0].isascii()
    assert lines[0].count(CHECK_MARK) == 1
    assert len(lines[0]) < 900
    assert json.loads(lines[0].removeprefix(CHECK_MARK))["subject"].startswith("Gruppe Köln LOCKSTEP-CHECK")


def test_many_failures_make_a_short_result() -> None:
    checks = Checks(lambda _: None)
    checks.note(*(failed(f"group {group(str(n))}", "gone; make it") for n in range(500)))

    outcome = checks.outcome()

    assert outcome.detail == "500 checks: 0 ok, 0 to look at, 500 failed; group 0: gone; group 1: gone; group 2: gone"
    assert outcome.outcome == "failed"
