"""Everybody who has an assignment leaves what it gave, and nothing else: the whole run with stand-ins for the wires."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.directory import Answer, Change, Group, Person
from runbook.group_name import GroupName
from runbook.outcome import DeadlinePassed, Failed, Outcome, Refused
from runbook.release import release
from tests.unit.runbook.standins import DOMAIN_SID, PACKAGE_A, PACKAGE_B, StandingClock, Wire, group, reply
from tests.unit.runbook.test_job import (
    ALONE,
    ARM,
    GRAPH,
    LIST,
    ONE,
    OTHER,
    SETTINGS,
    SHARED,
    TWO,
    World,
    variable,
    worker_on,
)

GROUPS = (ONE, TWO, SHARED, OTHER)
JOB = "12121212-1212-4212-8212-121212121212"
OVER = {"expired", "deliveryFailed"}


def user(number: int) -> str:
    return f"66666666-6666-4666-8666-{number:012d}"


def sid(number: int) -> str:
    return f"{DOMAIN_SID}-{5000 + number}"


class Crowd:
    """A `Directory` of many people: by SID, the groups each is in. `scripted` answers change nothing."""

    def __init__(self, groups: tuple[Group, ...], members: dict[int, list[Group]]) -> None:
        self.all_groups = groups
        self.members = {sid(number): {each.guid for each in held} for number, held in members.items()}
        self.privileged: set[str] = set()
        self.primary = f"{DOMAIN_SID}-513"
        self.unreadable: dict[str, Exception] = {}
        self.scripted: dict[str, list[Answer]] = {}
        self.written: list[tuple[str, str]] = []
        self.closed = False

    def person(self, sid: str) -> Person:
        if sid in self.unreadable:
            raise self.unreadable[sid]
        if sid not in self.members:
            raise Refused(f"AD has no account with SID {sid}")
        return Person(sid, frozenset(self.members[sid]), self.primary, sid in self.privileged)

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        keys = {(name.form, name.key) for name in names}
        return tuple(each for each in self.all_groups if each.guid in guids or keys & each.names())

    def change(self, change: Change, sid: str) -> Answer:
        assert not change.add
        self.written.append((change.group.account, sid))
        script = self.scripted.get(change.group.account)
        answer = script.pop(0) if script else Answer("done")
        if answer.kind == "done":
            self.members[sid].discard(change.group.guid)
        return answer

    def close(self) -> None:
        self.closed = True

    def groups_of(self, number: int) -> list[str]:
        return sorted(each.account for each in self.all_groups if each.guid in self.members[sid(number)])


class Tenant:
    """Assignments by package, and the directory beside them; `rows` are (person, package, state)."""

    def __init__(self, members: dict[int, list[Group]], rows: list[tuple[int, str, str]]) -> None:
        self.world = World()
        self.directory = Crowd(GROUPS, members)
        for who in {who for who, _, _ in rows}:
            self.account(who, sid(who))
        people = len({who for who, _, state in rows if state not in OVER})
        self.call = replace(ALONE, source="release", user="", people=people, groups=3, job=JOB)
        self.set(release=JOB)
        for package in (PACKAGE_A, PACKAGE_B):
            listed = [self._row(n, who, of, state) for n, (who, of, state) in enumerate(rows) if of == package]
            self.world.answers[self.listing(package)] = reply(200, {"value": listed})
        del self.world.answers[LIST]

    def set(self, **changes: Any) -> None:
        """Changes the settings."""
        self.world.answers[f"{ARM}/subs/x/variables/settings"] = variable(json.dumps({**SETTINGS, **changes}))

    def account(self, who: int, sid: str | None) -> None:
        """Makes this the AD account of the user."""
        known = {"id": user(who), "onPremisesSecurityIdentifier": sid}
        self.world.answers[f"{GRAPH}/v1.0/users/{user(who)}"] = reply(200, known)

    @staticmethod
    def listing(package: str) -> str:
        return f"{LIST}?$filter=accessPackage/id%20eq%20'{package}'&$expand=accessPackage,target"

    @staticmethod
    def _row(number: int, who: int, package: str, state: str) -> dict[str, Any]:
        target = {"objectId": user(who), "onPremisesSecurityIdentifier": sid(who)}
        return {"id": f"a{number}", "state": state, "accessPackage": {"id": package}, "target": target}

    def run(self, clock: StandingClock | None = None) -> Outcome:
        wire = Wire(self.world.answers)
        return release(self.call, worker_on(clock or self.world.clock, wire, lambda *_: self.directory))


HELD = {1: [ONE, SHARED, OTHER], 2: [TWO, SHARED, ONE], 3: [ONE, SHARED]}
ROWS = [(1, PACKAGE_A, "delivered"), (2, PACKAGE_B, "delivering"), (3, PACKAGE_A, "expired")]


def test_everybody_leaves_what_their_live_assignments_gave_and_keeps_the_rest() -> None:
    tenant = Tenant(HELD, ROWS)

    outcome = tenant.run()

    assert (outcome.outcome, outcome.exit_code()) == ("done", 0)
    assert outcome.detail == "removed 4 memberships of 2 people in 3 groups"
    assert outcome.removed == ("One", "Shared", "Two")
    assert [tenant.directory.groups_of(n) for n in (1, 2, 3)] == [["Other"], ["One"], ["One", "Shared"]]
    assert tenant.directory.closed


@pytest.mark.parametrize(
    ("settings", "job", "says"),
    [
        ({}, JOB, "they name none"),
        ({}, "", "they name none"),
        ({"release": ""}, "", "they name none"),
        ({"release": JOB.replace("1", "3")}, JOB, f"they name job {JOB.replace('1', '3')}"),
        ({"release": JOB}, "", f"they name job {JOB}"),
    ],
)
def test_a_job_that_the_settings_do_not_name_removes_nobody(settings: dict[str, str], job: str, says: str) -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.set(**settings)
    tenant.call = replace(tenant.call, job=job)

    with pytest.raises(Refused, match=f"only a job that settings settings name as `release` .*{says}"):
        tenant.run()

    assert (tenant.directory.written, tenant.directory.closed) == ([], False)


def test_a_second_run_finds_nothing_to_do() -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.run()

    again = tenant.run()

    assert (again.outcome, again.detail) == ("done", "removed 0 memberships of 0 people in 0 groups")


def test_without_assignments_ad_is_not_even_asked() -> None:
    tenant = Tenant(HELD, [])

    assert tenant.run().outcome == "done"
    assert not tenant.directory.closed


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b'{"value": ['),
        reply(200, {"value": [{"id": "half"}]}),
        reply(200, {"value": [], "@odata.nextLink": f"{LIST}?$skiptoken=1"}),
        reply(403, {}),
        reply(503, {}),
        OSError("broke off"),
    ],
)
def test_half_a_page_of_any_package_and_nobody_is_removed(answer: Any) -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.world.answers[tenant.listing(PACKAGE_B)] = answer

    with pytest.raises(Failed, match="Graph: assignments"):
        tenant.run()

    assert tenant.directory.written == []


@pytest.mark.parametrize(("people", "groups"), [(0, 3), (1, 3), (3, 3), (50, 3), (2, 2), (2, 4)])
def test_other_numbers_than_were_agreed_to_and_nobody_is_removed(people: int, groups: int) -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.call = replace(tenant.call, people=people, groups=groups)

    with pytest.raises(Refused, match=f"2 people have .* 3 groups, but {people} and {groups} were agreed to"):
        tenant.run()

    assert tenant.directory.written == []


def test_lists_that_come_back_empty_are_not_done() -> None:
    tenant = Tenant(HELD, ROWS)
    for package in (PACKAGE_A, PACKAGE_B):
        tenant.world.answers[tenant.listing(package)] = reply(200, {"value": []})

    with pytest.raises(Refused, match="0 people have a live assignment"):
        tenant.run()


@pytest.mark.parametrize(("people", "well"), [(99, True), (101, True), (98, False), (102, False)])
def test_of_many_people_one_in_a_hundred_may_come_or_go_meanwhile(people: int, *, well: bool) -> None:
    many = range(1, people + 1)
    tenant = Tenant({who: [ONE] for who in many}, [(who, PACKAGE_A, "delivered") for who in many])
    tenant.call = replace(tenant.call, people=100)

    if well:
        assert tenant.run().outcome == "done"
    else:
        with pytest.raises(Refused):
            tenant.run()


@pytest.mark.parametrize("what", ["settings", "map"])
def test_trouble_before_the_lists_ends_it_too(what: str) -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.world.answers[f"{ARM}/subs/x/variables/{what}"] = variable("{}")

    with pytest.raises(Failed):
        tenant.run()

    assert tenant.directory.written == []


def test_protected_people_and_groups_are_left_and_named() -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.directory.all_groups = (group("One", 2000, admin_count=True), TWO, SHARED, OTHER)
    tenant.directory.privileged = {sid(2)}

    outcome = tenant.run()

    assert outcome.outcome == "partial"
    assert outcome.problems == (
        "group One is privileged (adminCount=1); nobody was removed from it",
        f"user {user(2)}: account {sid(2)} is privileged (adminCount=1; clear it in AD if the person no longer is)",
    )
    assert tenant.directory.written == [("Shared", sid(1))]


def test_the_lists_of_the_settings_protect_too() -> None:
    tenant = Tenant(HELD, ROWS)
    safety = {"protected_groups": ["Shared"], "protected_users": [sid(1)]}
    tenant.set(release=JOB, safety=safety)

    outcome = tenant.run()

    assert tenant.directory.written == [("Two", sid(2))]
    assert len(outcome.problems) == 2


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ((TWO, SHARED, OTHER), "'One' does not exist in AD"),
        ((ONE, group("one", 2009), TWO, SHARED, OTHER), "'One' fits 2 groups"),
    ],
)
def test_a_doubtful_group_is_left_and_the_others_are_not(groups: tuple[Group, ...], says: str) -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.directory.all_groups = groups

    outcome = tenant.run()

    assert outcome.outcome == "partial"
    assert says in outcome.detail
    assert sorted(tenant.directory.written) == [("Shared", sid(1)), ("Shared", sid(2)), ("Two", sid(2))]


@pytest.mark.parametrize("error", [Failed("AD does not show"), Refused("no user account")])
def test_a_problem_of_one_person_does_not_stop_the_next(error: Exception) -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.directory.unreadable[sid(1)] = error

    outcome = tenant.run()

    assert (outcome.outcome, outcome.problems) == ("partial", (f"user {user(1)}: {error}",))
    assert tenant.directory.groups_of(2) == ["One"]


def test_a_group_that_is_the_primary_one_or_another_domains_is_left() -> None:
    tenant = Tenant(HELD, ROWS[:1])
    tenant.directory.primary = ONE.sid
    tenant.directory.all_groups = (ONE, group("Shared", 2002, sid="S-1-5-21-9-9-9-2002"))

    outcome = tenant.run()

    assert (outcome.outcome, tenant.directory.written) == ("failed", [])
    assert "primary group" in outcome.problems[0]
    assert "of another domain" in outcome.problems[1]


def test_a_group_that_is_another_one_than_the_mapping_was_locked_to_is_left() -> None:
    tenant = Tenant(HELD, ROWS)
    locks = [{"group": "One", "guid": TWO.guid}, {"group": "Shared", "guid": SHARED.guid}]
    tenant.set(release=JOB, safety={**SETTINGS["safety"], "locks": locks})

    outcome = tenant.run()

    assert outcome.outcome == "partial"
    assert "One" not in {account for account, _ in tenant.directory.written}
    assert "Shared" in {account for account, _ in tenant.directory.written}
    assert f"group 'One' is another one than the mapping was locked to ({TWO.guid})" in outcome.problems[0]


def test_a_write_that_is_declined_is_told_and_the_others_go_on() -> None:
    tenant = Tenant(HELD, ROWS)
    tenant.directory.scripted["Shared"] = [Answer("declined", "u has no right")]

    outcome = tenant.run()

    assert outcome.outcome == "partial"
    assert outcome.detail.startswith("removed 3 memberships of 2 people in 3 groups; 1 problem; user ")
    assert outcome.problems == (f"user {user(1)}: removing the person from Shared failed: u has no right",)


def test_who_has_no_sid_in_the_assignment_is_looked_up_and_may_have_none() -> None:
    tenant = Tenant(HELD, ROWS)
    for package, number in ((PACKAGE_A, 1), (PACKAGE_B, 2)):
        body = json.loads(tenant.world.answers[tenant.listing(package)].body)
        for each in body["value"]:
            del each["target"]["onPremisesSecurityIdentifier"]
        tenant.world.answers[tenant.listing(package)] = reply(200, body)
        tenant.account(number, sid(number) if number == 1 else None)

    outcome = tenant.run()

    assert outcome.outcome == "partial"
    assert tenant.directory.groups_of(1) == ["Other"]
    assert "has no AD account" in outcome.problems[0]


def test_an_assignment_that_names_an_earlier_account_of_the_person_touches_neither() -> None:
    tenant = Tenant({**HELD, 9: [ONE, SHARED]}, ROWS)
    tenant.account(1, sid(9))

    outcome = tenant.run()

    assert outcome.outcome == "partial"
    assert f"user {user(1)}: the assignment names AD account {sid(1)}, and Entra now {sid(9)}" in outcome.problems[0]
    assert {of for _, of in tenant.directory.written} == {sid(2)}


class TickingCrowd(Crowd):
    """Each write takes its time."""

    clock: StandingClock

    def change(self, change: Change, sid: str) -> Answer:
        self.clock.seconds += 400
        return super().change(change, sid)


def test_the_deadline_ends_it_between_two_writes_and_says_who_is_left() -> None:
    tenant = Tenant({**HELD, 4: [ONE]}, [*ROWS, (4, PACKAGE_A, "delivered")])
    crowd = TickingCrowd(GROUPS, {**HELD, 4: [ONE]})
    crowd.clock = tenant.world.clock
    tenant.directory = crowd

    outcome = tenant.run()

    assert (outcome.outcome, outcome.exit_code()) == ("timed_out", 1)
    assert [account for account, _ in crowd.written] == ["One", "Shared"]
    assert outcome.problems[-1] == "1 person not looked at: no time was left"
    assert "the job's deadline passed" in outcome.problems[0]


def test_a_job_that_starts_too_late_does_nothing() -> None:
    tenant, clock = Tenant(HELD, ROWS), StandingClock()
    clock.seconds = 595

    with pytest.raises(DeadlinePassed):
        tenant.run(clock)

    assert tenant.directory.written == []


WHO = st.sampled_from([1, 2, 3])
STATES = st.sampled_from(["delivered", "delivering", "partiallyDelivered", "expired", "deliveryFailed"])


@given(
    members=st.dictionaries(WHO, st.lists(st.sampled_from(GROUPS), unique=True)),
    rows=st.lists(st.tuples(WHO, st.sampled_from([PACKAGE_A, PACKAGE_B]), STATES), max_size=6),
    found=st.lists(st.sampled_from([ONE, TWO, SHARED, OTHER, group("one", 2009)]), unique=True),
    privileged=st.sets(WHO),
)
def test_nobody_ever_leaves_what_no_live_assignment_gave(
    members: dict[int, list[Group]], rows: list[tuple[int, str, str]], found: list[Group], privileged: set[int]
) -> None:
    tenant = Tenant(members, rows)
    tenant.directory.all_groups = tuple(found)
    tenant.directory.privileged = {sid(number) for number in privileged}

    outcome = tenant.run()

    gives = {PACKAGE_A: {"One", "Shared"}, PACKAGE_B: {"Two", "Shared"}}
    live = [(who, package) for who, package, state in rows if state not in OVER]
    for account, of in tenant.directory.written:
        packages = [package for who, package in live if sid(who) == of]
        assert any(account in gives[package] for package in packages)
        assert of not in tenant.directory.privileged
        assert account != "One" or group("one", 2009) not in found
    assert (outcome.outcome == "done") is (not outcome.problems)
