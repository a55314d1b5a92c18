from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.directory import Group, Person, Seen
from runbook.entitlement import Assignment, Assignments
from runbook.envelope import Envelope
from runbook.group_name import parse_group_name
from runbook.mapping import MappedPackage, Mapping
from runbook.membership import Reason
from runbook.reconcile import Plan, plan
from runbook.safety import MODES, GroupRule, Safety
from runbook.wanted import wanted
from tests.unit.runbook.standins import ASSIGNMENT, DOMAIN_SID, NOON, PACKAGE_A, PACKAGE_B, USER, group, person

ONE, TWO, SHARED, OTHER = (group(name, 2000 + n) for n, name in enumerate(("One", "Two", "Shared", "Other")))
ELSEWHERE = "99999999-9999-4999-8999-999999999902"


def envelope(event: str = "granted", package: str = PACKAGE_A, assignment: str = ASSIGNMENT) -> Envelope:
    common = ("t", NOON, "https://arm", "https://arm/", "/subs/x", "s")
    return Envelope("entitlement", *common, USER, event, package, assignment)


def mapping(**packages: list[str]) -> Mapping:
    ids = {"a": PACKAGE_A, "b": PACKAGE_B}
    return Mapping(
        tuple(MappedPackage(ids[key], tuple(map(parse_group_name, names)), 1, 1) for key, names in packages.items())
    )


BOTH = mapping(a=["One", "Shared"], b=["Two", "Shared"])


def listed(*rows: tuple[str, str, str], problem: str = "") -> Assignments:
    return Assignments(tuple(Assignment(*row) for row in rows), problem)


def settle(
    call: Envelope,
    rows: Assignments,
    who: Person,
    *,
    found: tuple[Group, ...] = (ONE, TWO, SHARED, OTHER),
    packages: Mapping = BOTH,
    denied: tuple[str, ...] = (),
    safety: Safety = Safety(),  # noqa: B008 - frozen
) -> Plan:
    wish = wanted(call, rows, packages)
    safety = replace(safety, protected_groups=tuple(map(parse_group_name, denied)))
    return plan(wish, packages, Seen(who, found), "LAB", safety)


def told(outcome: Plan) -> tuple[list[str], list[str], list[str]]:
    return (
        [str(change.group) for change in outcome.add],
        [str(change.group) for change in outcome.remove],
        list(map(str, outcome.kept)),
    )


def test_a_granted_package_counts_before_it_is_listed() -> None:
    assert told(settle(envelope(), listed(), person(OTHER))) == (["One", "Shared"], [], [])


def test_a_removed_package_does_not_count_though_it_is_still_listed() -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, "delivered"))

    assert told(settle(envelope("removed"), rows, person(ONE, SHARED, OTHER))) == ([], ["One", "Shared"], [])


def test_a_group_that_another_live_package_gives_stays() -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, "delivered"), (ELSEWHERE, PACKAGE_B, "delivering"))

    assert told(settle(envelope("removed"), rows, person(ONE, TWO, SHARED))) == ([], ["One"], ["Shared", "Two"])


def test_the_same_package_granted_anew_survives_a_late_removal() -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, "expired"), (ELSEWHERE, PACKAGE_A, "delivered"))

    assert told(settle(envelope("removed"), rows, person(ONE, SHARED))) == ([], [], ["One", "Shared"])


def test_a_removal_that_names_no_assignment_takes_the_whole_package() -> None:
    rows = listed((ELSEWHERE, PACKAGE_A, "delivered"))

    assert told(settle(envelope("removed", assignment=""), rows, person(ONE, SHARED)))[1] == ["One", "Shared"]


def test_a_granted_callout_whose_assignment_has_expired_is_stale() -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, "expired"))

    wish = wanted(envelope(), rows, BOTH)
    assert wish.packages == frozenset()
    assert "expired" in wish.note
    assert told(settle(envelope(), rows, person(ONE))) == ([], ["One"], [])


def test_what_was_lost_or_left_over_of_other_packages_is_put_right_too() -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, "delivered"))

    assert told(settle(envelope(), rows, person(TWO, SHARED))) == (["One"], ["Two"], ["Shared"])


def test_groups_that_the_mapping_does_not_name_are_left_alone() -> None:
    outcome = settle(envelope("removed"), listed(), person(OTHER))

    assert told(outcome) == ([], [], [])
    assert outcome.problems == ()


@pytest.mark.parametrize(("event", "added"), [("granted", ["One", "Shared", "Two"]), ("removed", ["Shared", "Two"])])
def test_half_a_list_gives_what_it_says_and_takes_nothing(event: str, added: list[str]) -> None:
    rows = listed((ELSEWHERE, PACKAGE_B, "delivered"), problem="Graph: 503")
    third = mapping(a=["One", "Shared"], b=["Two", "Shared"])
    packages = Mapping((*third.packages, MappedPackage(ELSEWHERE, (parse_group_name("Other"),), 1, 1)))

    outcome = settle(envelope(event), rows, person(OTHER), packages=packages)

    assert told(outcome) == (added, [], [])
    assert list(map(str, outcome.withheld)) == ["Other"]
    assert outcome.problems == ("Graph: 503",)


PROBLEMS: list[tuple[str, dict[str, Any], str]] = [
    ("missing", {"found": (TWO, SHARED)}, "'One' does not exist"),
    ("ambiguous", {"found": (ONE, group("one", 2009), TWO, SHARED)}, "'One' fits 2 groups"),
    ("protected", {"found": (group("One", 2000, admin_count=True), TWO, SHARED)}, "One is privileged"),
    ("cloud", {"found": (group("One", 2000, cloud_owned=True), TWO, SHARED)}, "One is owned by Entra"),
    ("denied", {"denied": ("One",)}, "One is in the list protected_groups"),
    ("foreign", {"found": (group("One", 2000, sid="S-1-5-21-9-9-9-2000"), TWO, SHARED)}, "One is of another domain"),
    ("other domain", {"packages": mapping(a=["CORP\\One", "Shared"], b=["Two"])}, "'CORP\\One' is of another domain"),
    ("unmapped", {"packages": mapping(b=["Two", "Shared"])}, "is not in the mapping"),
    ("primary", {"who": person(primary_group=TWO.sid)}, "Two is the person's primary group"),
]


@pytest.mark.parametrize(("changes", "problem"), [case[1:] for case in PROBLEMS], ids=[case[0] for case in PROBLEMS])
def test_any_problem_forbids_every_removal_and_no_other_addition(changes: dict[str, Any], problem: str) -> None:
    who = person(TWO) if "who" not in changes else changes.pop("who")

    outcome = settle(envelope(), listed(), who, **changes)

    assert outcome.remove == ()
    assert any(problem in said for said in outcome.problems), outcome.problems
    assert not any(change.group.account == "One" for change in outcome.add) or problem.startswith("Two")
    assert problem == "is not in the mapping" or "Shared" in told(outcome)[0]


def test_an_ambiguous_name_of_any_package_is_a_problem() -> None:
    twin = group("two", 2009)

    outcome = settle(envelope(), listed(), person(TWO), found=(ONE, TWO, twin, SHARED))

    assert outcome.remove == ()
    assert outcome.problems == ("group 'Two' fits 2 groups in AD; name it by its SID or GUID in the mapping",)


def test_a_removed_packages_group_that_is_gone_is_a_problem_too() -> None:
    outcome = settle(envelope("removed"), listed(), person(SHARED), found=(SHARED, TWO))

    assert outcome.remove == ()
    assert list(map(str, outcome.withheld)) == ["Shared"]


def test_a_protected_group_that_the_person_already_has_is_told() -> None:
    outcome = settle(envelope(), listed(), person(ONE, SHARED), denied=("One",))

    assert told(outcome) == ([], [], ["One", "Shared"])
    assert len(outcome.problems) == 1


def test_a_primary_group_counts_as_membership() -> None:
    assert told(settle(envelope(), listed(), person(primary_group=ONE.sid))) == (["Shared"], [], ["One"])


def test_all_forms_of_one_group_are_one_group() -> None:
    names = ["One", "LAB\\one", ONE.guid, ONE.sid, "cn=ONE, ou=Groups,dc=lab,dc=example"]

    outcome = settle(envelope(), listed(), person(), packages=mapping(a=names, b=["Two"]))

    assert told(outcome) == (["One"], [], [])


def test_only_wanted_groups_and_those_of_the_callout_must_be_found() -> None:
    wish = wanted(envelope("removed"), listed(), BOTH)

    assert {str(name) for name in wish.resolve} == {"One", "Shared"}


# ---- modes


def in_mode(mode: str, *, packages: dict[str, str] | None = None, **groups: str) -> tuple[Mapping, Safety]:
    """The mapping and the rules: a mode for all, for packages (by id), for groups (by name)."""
    modes = packages or {}
    mapped = Mapping(tuple(replace(each, mode=modes.get(each.package_id, "")) for each in BOTH.packages))
    return mapped, Safety(mode=mode, rules=tuple(GroupRule(parse_group_name(n), m) for n, m in groups.items()))


def settled(mode: tuple[Mapping, Safety], rows: Assignments, call: Envelope | None = None) -> tuple[list[str], Any]:
    """Who leaves and what stays, of somebody in every group."""
    outcome = settle(call or envelope("removed"), rows, person(*ALL), packages=mode[0], safety=mode[1])
    assert outcome.problems == ()
    return told(outcome)[1], {str(group): why for group, why in outcome.stays}


ALL = (ONE, TWO, SHARED, OTHER)
B_OVER = listed((ELSEWHERE, PACKAGE_B, "expired"))
UNEXPLAINED, ENDED = "no assignment explains it (mode managed)", "its assignment has ended (mode additive)"


def test_who_leaves_by_the_modes_is_as_the_table_in_the_docs_says() -> None:
    assert settled(in_mode("authoritative"), listed()) == (["One", "Shared", "Two"], {})
    assert settled(in_mode("managed"), listed()) == (["One", "Shared"], {"Two": UNEXPLAINED})
    assert settled(in_mode("managed"), B_OVER) == (["One", "Shared", "Two"], {})
    assert settled(in_mode("additive"), B_OVER) == ([], {"One": ENDED, "Shared": ENDED, "Two": ENDED})


def test_of_two_packages_the_milder_mode_holds_and_a_rule_above_both() -> None:
    mild = {PACKAGE_A: "additive"}

    assert settled(in_mode("authoritative", packages=mild), B_OVER)[0] == ["Two"]
    assert settled(in_mode("authoritative", packages=mild, Shared="managed"), B_OVER)[0] == ["Shared", "Two"]
    assert settled(in_mode("additive", One="authoritative"), B_OVER)[0] == ["One"]


def test_a_callout_that_was_granted_takes_nothing_that_is_not_over_in_mode_managed() -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, "delivering"))

    assert settled(in_mode("managed"), rows, envelope()) == ([], {"Two": UNEXPLAINED})


def test_a_membership_that_stays_hides_no_problem_with_its_group() -> None:
    packages, safety = in_mode("additive")

    outcome = settle(envelope(), listed(), person(TWO), packages=packages, safety=safety, denied=("Two",))

    assert outcome.problems == ("group Two is in the list protected_groups; take it out of the mapping",)


def test_a_primary_group_that_nobody_would_leave_is_no_problem() -> None:
    packages, safety = in_mode("managed")

    outcome = settle(envelope(), listed(), person(primary_group=TWO.sid), packages=packages, safety=safety)

    assert (outcome.problems, [str(group) for group, _ in outcome.stays]) == ((), ["Two"])


def test_every_change_has_its_reason() -> None:
    rows = listed((ELSEWHERE, PACKAGE_B, "expired"))
    outcome = settle(envelope(), rows, person(TWO, OTHER), packages=Mapping((*BOTH.packages, HAND)))

    assert {str(change.group): outcome.reasons[change.group.guid] for change in (*outcome.add, *outcome.remove)} == {
        "One": Reason("granted", PACKAGE_A, ASSIGNMENT),
        "Shared": Reason("granted", PACKAGE_A, ASSIGNMENT),
        "Two": Reason("over", PACKAGE_B, ELSEWHERE),
        "Other": Reason("unexplained"),
    }


HAND = MappedPackage(ELSEWHERE, (parse_group_name("Other"),), 1, 1)


# ---- names that are locked to groups


def test_a_name_is_only_the_group_that_it_is_locked_to() -> None:
    right = Safety(locks=((parse_group_name("One"), ONE.guid),))
    wrong = Safety(locks=((parse_group_name("One"), OTHER.guid),))

    assert told(settle(envelope(), listed(), person(TWO), safety=right)) == (["One", "Shared"], ["Two"], [])
    granted = settle(envelope(), listed(), person(TWO), safety=wrong)
    assert told(granted) == (["Shared"], [], [])
    assert "'One' is another one than the mapping was locked to" in granted.problems[0]
    removed = settle(envelope("removed", package=PACKAGE_B), listed(), person(ONE, TWO), safety=wrong)
    assert removed.remove == ()


# ---- rules whose group is not known, and groups that are to be emptied


@pytest.mark.parametrize(
    ("name", "found", "doubt"),
    [("Renamed", ALL, "does not exist in AD"), ("Other", (*ALL, group("other", 2009)), "fits 2 groups")],
)
def test_a_rule_that_may_be_for_any_group_keeps_everybody_in(name: str, found: tuple[Group, ...], doubt: str) -> None:
    safety = Safety(rules=(GroupRule(parse_group_name(name), "additive"),))

    outcome = settle(envelope("removed"), listed(), person(ONE, SHARED), found=found, safety=safety)

    assert (outcome.remove, list(map(str, outcome.withheld))) == ((), ["One", "Shared"])
    (problem,) = outcome.problems
    assert problem.startswith(f"safety: the rule for group '{name}' is for no group that can be told")
    assert doubt in problem


def test_a_rule_in_doubt_is_told_only_to_who_would_leave() -> None:
    safety = Safety(rules=(GroupRule(parse_group_name("Renamed"), "additive"),))

    outcome = settle(envelope(), listed(), person(OTHER), safety=safety)

    assert (told(outcome), outcome.problems) == ((["One", "Shared"], [], []), ())


def test_a_rule_for_a_mapped_group_that_was_not_looked_for_is_in_no_doubt() -> None:
    safety = Safety(rules=(GroupRule(parse_group_name("Two"), "additive"),))

    outcome = settle(envelope("removed"), listed(), person(ONE), found=(ONE, SHARED), safety=safety)

    assert (told(outcome), outcome.problems) == (([], ["One"], []), ())


@pytest.mark.parametrize(("event", "who"), [("granted", person(SHARED)), ("removed", person(ONE, SHARED))])
def test_a_group_that_is_given_and_retired_under_two_names_is_left_alone(event: str, who: Person) -> None:
    packages = replace(BOTH, retired=(parse_group_name(ONE.guid),))

    outcome = settle(envelope(event), listed(), who, packages=packages)

    assert ONE not in [change.group for change in (*outcome.add, *outcome.remove)]
    assert outcome.problems == (
        "group One is in RetiredGroups, and an access package gives it; take it out of one of them",
    )


# ---- the same, for every world that can be

GROUPS = [group(f"G{number}", 3000 + number) for number in range(5)]
PACKAGES = [f"77777777-7777-4777-8777-77777777770{number}" for number in range(4)]
STATES = ["delivering", "partiallydelivered", "delivered", "expired", "deliveryfailed"]


MANY = settings(max_examples=300)


@dataclass(frozen=True)
class World:
    """Everything that Graph, mapping and AD may say about one person."""

    packages: Mapping
    rows: Assignments
    call: Envelope
    who: Person
    found: tuple[Group, ...]
    denied: tuple[str, ...]
    safety: Safety

    def outcome(self, who: Person | None = None) -> Plan:
        return settle(
            self.call,
            self.rows,
            who or self.who,
            found=self.found,
            packages=self.packages,
            denied=self.denied,
            safety=self.safety,
        )

    def mode(self, name: str) -> str:
        """The mode of a group, written once more from the words of the docs."""
        ruled = [rule.mode for rule in self.safety.rules if str(rule.name) == name and rule.mode]
        giving = [p.mode or self.safety.mode for p in self.packages.packages if name in map(str, p.groups)]
        candidates = ruled or giving
        return next(mode for mode in ("additive", "managed", "authoritative") if mode in candidates)

    def ended(self) -> set[str]:
        """The groups of packages that are over for the person."""
        over = {row.package_id for row in self.rows.rows if row.state in {"expired", "deliveryfailed"}}
        if self.call.event == "removed":
            over.add(self.call.access_package)
        return self.groups_of(over)

    def groups_of(self, package_ids: set[str]) -> set[str]:
        return {str(name) for p in self.packages.packages if p.package_id in package_ids for name in p.groups}

    def whole(self) -> bool:
        return not self.rows.problem and self.packages.package(self.call.access_package) is not None


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = st.lists(st.sampled_from([each.account for each in GROUPS]), min_size=1, max_size=3, unique=True)
    mapped = draw(st.sampled_from([PACKAGES, PACKAGES, PACKAGES[:3]]))
    modes = st.sampled_from(["", "", "", *MODES])
    packages = Mapping(
        tuple(MappedPackage(p, tuple(map(parse_group_name, draw(names))), 1, 1, draw(modes)) for p in mapped)
    )
    rules = draw(st.dictionaries(st.sampled_from([each.account for each in GROUPS]), modes, max_size=2))
    safety = Safety(
        mode=draw(st.sampled_from(["authoritative", *MODES])),
        rules=tuple(GroupRule(parse_group_name(name), mode) for name, mode in rules.items()),
    )
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("1234"), st.sampled_from(PACKAGES), st.sampled_from(STATES)),
            max_size=4,
            unique_by=lambda row: row[0],
        )
    )
    call = envelope(
        draw(st.sampled_from(["granted", "removed"])),
        draw(st.sampled_from(PACKAGES)),
        draw(st.sampled_from(["", *"12345"])),
    )
    privileged = draw(st.sampled_from([set(), set(), set(), {0}, {1}]))
    groups = [group(g.account, 3000 + n, admin_count=n in privileged) for n, g in enumerate(GROUPS)]
    missing = draw(st.sampled_from([set(), set(), set(), {2}, {3}]))
    members = draw(st.sets(st.sampled_from(range(5)), min_size=draw(st.sampled_from([0, 2, 4]))))
    return World(
        packages,
        Assignments(tuple(Assignment(*row) for row in rows), draw(st.sampled_from(["", "", "", "half a page"]))),
        call,
        person(*(groups[n] for n in members if n not in missing)),
        tuple(each for n, each in enumerate(groups) if n not in missing),
        draw(st.sampled_from([(), (), (), ("G0",)])),
        safety,
    )


@MANY
@given(worlds())
def test_nothing_is_removed_when_anything_was_not_whole(world: World) -> None:
    outcome = world.outcome()

    if outcome.problems or not world.whole():
        assert outcome.remove == ()
        assert outcome.problems


@MANY
@given(worlds())
def test_only_managed_memberships_that_nothing_gives_are_removed(world: World) -> None:
    lives = {row.package_id for row in world.rows.rows if row.live() and row.assignment_id != world.call.assignment}

    for change in world.outcome().remove:
        assert change.group.guid in world.who.member_of
        assert change.group.account in world.groups_of(set(PACKAGES))
        assert change.group.account not in world.groups_of(lives - {world.call.access_package})
        assert not change.group.admin_count
        assert change.group.account not in world.denied


@MANY
@given(worlds())
def test_only_what_a_live_assignment_or_the_callout_gives_is_added(world: World) -> None:
    given_by = {row.package_id for row in world.rows.rows if row.live()}
    if world.call.event == "granted":
        given_by.add(world.call.access_package)

    for change in world.outcome().add:
        assert change.group.guid not in world.who.member_of
        assert change.group.account in world.groups_of(given_by)
        assert not change.group.admin_count
        assert change.group.account not in world.denied


@MANY
@given(worlds())
def test_nobody_leaves_a_group_whose_mode_does_not_let_go(world: World) -> None:
    ended = world.ended()
    outcome = world.outcome()

    for change in outcome.remove:
        mode = world.mode(change.group.account)
        assert mode == "authoritative" or (mode == "managed" and change.group.account in ended)
        assert outcome.reasons[change.group.guid].kind == ("over" if change.group.account in ended else "unexplained")
    for stayed, why in outcome.stays:
        mode = world.mode(stayed.account)
        assert mode == "additive" or (mode == "managed" and stayed.account not in ended)
        assert f"(mode {mode})" in why


@MANY
@given(worlds())
def test_without_problems_the_managed_groups_become_those_wanted(world: World) -> None:
    outcome = world.outcome()
    if outcome.problems:
        return

    after = {each.account for each in world.found if each.guid in world.who.member_of}
    after |= {change.group.account for change in outcome.add}
    after -= {change.group.account for change in outcome.remove}
    wish = wanted(world.call, world.rows, world.packages)
    stays = {group.account for group, _ in outcome.stays}
    assert stays <= after
    assert (after & world.groups_of(set(PACKAGES))) - stays == world.groups_of(set(wish.packages))


@MANY
@given(worlds())
def test_doing_it_again_changes_nothing(world: World) -> None:
    outcome = world.outcome()
    guids = set(world.who.member_of) | {change.group.guid for change in outcome.add}
    guids -= {change.group.guid for change in outcome.remove}
    after = Person(world.who.sid, frozenset(guids), world.who.primary_group)

    again = world.outcome(after)

    assert (again.add, again.remove) == ((), ())


def test_the_worlds_hold_every_kind_of_case() -> None:
    assert DOMAIN_SID in ONE.sid
    seen = {"problem": 0, "remove": 0, "add": 0, "stays": 0, "unexplained": 0}

    @settings(max_examples=300, derandomize=True)
    @given(worlds())
    def count(world: World) -> None:
        outcome = world.outcome()
        seen["problem"] += bool(outcome.problems)
        seen["remove"] += bool(outcome.remove)
        seen["add"] += bool(outcome.add)
        seen["stays"] += bool(outcome.stays)
        kinds = {outcome.reasons[change.group.guid].kind for change in outcome.remove}
        seen["unexplained"] += "unexplained" in kinds

    count()
    assert min(seen.values()) > 10, seen
