"""Who is added, who leaves, who stays and why: the planning of a sweep by examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook.directory import Group
from runbook.membership import Reason
from runbook.sweep_plan import moves_checksum
from tests.unit.runbook.standins import DOMAIN_SID, group
from tests.unit.runbook.sweep_examples import (
    ANN,
    BEN,
    CEM,
    DEA,
    OTHER,
    PACKAGE,
    TEAM,
    World,
    account,
    grant,
    mapping,
    only,
    rule,
    safety,
    sid,
    told,
    user_id,
    words,
)

TEAM_BY_A = mapping(a=["Team"])
LIVE = (grant(ANN), grant(BEN, number="2"))


def test_nothing_to_do_is_no_move_and_asks_about_nobody() -> None:
    world = World(TEAM_BY_A, {TEAM: {ANN, BEN}}, *LIVE)

    assert world.draft().sids == frozenset()
    assert told(world.plan()) == []
    assert (only(world.plan()).members, only(world.plan()).mode) == (2, "authoritative")
    assert world.plan().problems == ()


def test_who_has_a_live_assignment_is_added_with_its_reason() -> None:
    first, second = grant(ANN, since="2026-01-02T00:00:00Z"), grant(ANN, number="2", since="2026-01-01T00:00:00Z")

    (move,) = only(World(TEAM_BY_A, {TEAM: set()}, first, second).plan()).add

    assert (move.sid, move.name, move.add) == (ANN, "ann", True)
    assert move.reason == Reason("granted", PACKAGE["a"], "grant-2", user_id(5000), "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("mode", "moves", "unexplained"),
    [
        ("authoritative", ["Team +ann", "Team -cem", "Team -dea"], ()),
        ("managed", ["Team +ann", "Team -cem"], (DEA,)),
        ("additive", ["Team +ann"], (CEM, DEA)),
    ],
)
def test_who_leaves_is_said_by_the_mode(mode: str, moves: list[str], unexplained: tuple[str, ...]) -> None:
    """Ann is new, Ben has an assignment, Cem's is over, Dea was added by hand."""
    world = World(TEAM_BY_A, {TEAM: {BEN, CEM, DEA}}, *LIVE, grant(CEM, live=False))
    world.safety = safety(mode)

    assert told(world.plan()) == moves
    assert only(world.plan()).unexplained == unexplained


def test_a_removal_names_the_assignment_that_ended_last() -> None:
    over = [grant(CEM, live=False, number=str(n), until=f"2026-0{n}-01T00:00:00Z") for n in (3, 5, 4)]

    cem, dea = only(World(TEAM_BY_A, {TEAM: {CEM, DEA}}, *over).plan()).remove

    assert cem.reason == Reason("over", PACKAGE["a"], "grant-5", user_id(5002), "2026-05-01T00:00:00Z")
    assert dea.reason == Reason("unexplained")


def test_an_assignment_that_is_over_takes_nothing_from_who_has_another_that_gives_the_group() -> None:
    packages = mapping(a=["Team"], b=["Team"])
    world = World(packages, {TEAM: {ANN}}, grant(ANN, live=False), grant(ANN, "b", number="2"))

    assert told(world.plan()) == []


def test_an_assignment_of_a_package_of_another_group_says_nothing_about_this_one() -> None:
    packages = mapping(a=["Team"], b=["Other"])
    world = World(packages, {TEAM: {ANN}, OTHER: {ANN}}, grant(ANN, "b"), grant(CEM, "b", live=False, number="2"))
    world.safety = safety("managed")

    assert told(world.plan()) == []
    assert world.plan().groups[1].unexplained == (ANN,)


def test_several_names_for_one_group_are_one_group() -> None:
    packages = mapping(a=["Team"], b=[TEAM.guid.upper()], c=[TEAM.dn])
    world = World(packages, {TEAM: {ANN, CEM}}, grant(ANN, "b"), grant(BEN, "c", number="2"))

    assert told(world.plan()) == ["Team +ben", "Team -cem"]


def test_the_account_of_now_and_that_of_the_assignment_stay_and_only_that_of_now_is_added() -> None:
    moved = grant(ANN, copied_sid=BEN)

    assert told(World(TEAM_BY_A, {TEAM: {ANN, BEN}}, moved).plan()) == []
    assert told(World(TEAM_BY_A, {TEAM: set()}, moved).plan()) == ["Team +ann"]


def test_in_managed_mode_the_account_of_an_assignment_that_is_over_leaves_under_both_sids() -> None:
    world = World(TEAM_BY_A, {TEAM: {ANN, BEN}}, grant(ANN, live=False, copied_sid=BEN))
    world.safety = safety("managed")

    assert told(world.plan()) == ["Team -ann", "Team -ben"]


def test_one_person_with_two_live_assignments_of_different_accounts_keeps_both() -> None:
    both = (grant(ANN, copied_sid=BEN), grant(ANN, copied_sid=CEM, number="2"))

    assert told(World(TEAM_BY_A, {TEAM: {BEN, CEM}}, *both).plan()) == ["Team +ann"]


def test_ids_are_compared_without_case() -> None:
    mine = grant(ANN.lower(), user=user_id(5000).upper(), copied_sid=BEN.lower())
    over = grant(CEM, live=False, number="2", copied_sid=DEA.lower())
    world = World(TEAM_BY_A, {TEAM: {ANN, BEN, DEA}}, replace(mine, package_id=PACKAGE["a"].upper()), over, grant(ANN))
    world.safety = safety("managed")

    assert (told(world.plan()), world.plan().problems, world.plan().pending) == (["Team -dea"], (), ())
    assert only(world.plan()).unexplained == ()


def test_an_account_of_two_users_is_neither_added_nor_removed() -> None:
    twice = (grant(ANN, user=user_id(1)), grant(ANN, "b", user=user_id(2), number="2"))
    packages = mapping(a=["Team"], b=["Other"], c=["Third"])
    third = group("Third", 2002)
    plan = World(packages, {TEAM: set(), OTHER: {ANN}, third: {ANN}}, *twice).plan()

    assert told(plan) == []
    assert {str(each.group): each.left for each in plan.groups} == {
        "Other": (),
        "Team": (),
        "Third": ((ANN, "is the account of several users in Entra"),),
    }
    (problem,) = plan.problems
    assert ANN in problem
    assert f"{user_id(1)}, {user_id(2)}" in problem


# nobody's to touch


def test_a_member_of_the_own_domain_whom_ad_does_not_show_stays_and_is_told() -> None:
    hidden = sid(3001)
    world = World(TEAM_BY_A, {TEAM: {hidden}})

    assert only(world.plan()).left == ((hidden, "is not shown by AD"),)
    assert told(world.plan()) == []
    assert f"does not show the member {hidden}" in world.plan().problems[0]


def test_members_that_are_no_user_accounts_stay() -> None:
    nested, foreign = sid(3000), "S-1-5-21-9-9-9-1200"
    world = World(TEAM_BY_A, {TEAM: {nested, foreign}})
    world.accounts[nested] = account(nested, user=False)

    assert only(world.plan()).left == ((nested, "is no user account"), (foreign, "is of no domain that is asked"))
    assert (told(world.plan()), world.plan().problems) == ([], ())


@pytest.mark.parametrize(
    ("facts", "listed", "reason"),
    [
        ({"admin_count": True}, frozenset(), "is privileged"),
        ({}, frozenset({ANN}), "is in the list protected_users"),
        ({"primary_group": TEAM.sid}, frozenset(), "has this group as its primary group"),
    ],
    ids=["adminCount", "listed", "primary group"],
)
def test_protected_people_stay_without_being_a_problem(
    facts: dict[str, object], listed: frozenset[str], reason: str
) -> None:
    world = World(TEAM_BY_A, {TEAM: {ANN}}, grant(ANN, live=False))
    world.safety = safety(protected_users=listed)
    world.accounts[ANN] = account(ANN, **facts)

    ((who, why),) = only(world.plan()).left
    assert (who, why[: len(reason)]) == (ANN, reason)
    assert (told(world.plan()), world.plan().problems) == ([], ())


def test_built_in_accounts_stay() -> None:
    administrator = f"{DOMAIN_SID}-500"
    world = World(TEAM_BY_A, {TEAM: {administrator}})
    world.accounts[administrator] = account(administrator)

    assert only(world.plan()).left == ((administrator, "is a built-in account"),)


def test_disabled_accounts_are_as_any_other() -> None:
    world = World(TEAM_BY_A, {TEAM: {BEN}}, grant(ANN))
    world.accounts |= {ANN: account(ANN, enabled=False), BEN: account(BEN, enabled=False)}

    assert told(world.plan()) == ["Team +ann", "Team -ben"]


@pytest.mark.parametrize(
    ("facts", "reason"), [({"admin_count": True}, "is privileged"), ({"user": False}, "is no user account")]
)
def test_a_protected_account_is_not_added_which_is_a_problem(facts: dict[str, object], reason: str) -> None:
    world = World(TEAM_BY_A, {TEAM: set()}, *LIVE)
    world.accounts[ANN] = account(ANN, **facts)

    assert told(world.plan()) == ["Team +ben"]
    (problem,) = world.plan().problems
    assert user_id(5000) in problem
    assert f"account ann {reason}" in problem


def test_who_has_the_group_as_primary_group_is_a_member_already() -> None:
    world = World(TEAM_BY_A, {TEAM: set()}, grant(ANN))
    world.accounts[ANN] = account(ANN, primary_group=TEAM.sid)

    assert (told(world.plan()), world.plan().problems, world.plan().pending) == ([], (), ())


@pytest.mark.parametrize(
    ("scope", "moves"), [("global", []), ("", []), ("universal", ["Team +77"]), ("domain local", ["Team +77"])]
)
def test_only_domain_local_and_universal_groups_take_somebody_of_another_domain(scope: str, moves: list[str]) -> None:
    abroad = "S-1-5-21-9-9-9-1077"
    world = World(TEAM_BY_A, {replace(TEAM, scope=scope): set()}, grant(abroad))
    world.accounts[abroad] = replace(account(abroad), name="77")

    assert told(world.plan()) == moves
    assert len(world.plan().problems) == (not moves)


# not there yet


def test_who_is_not_in_ad_yet_is_pending_and_no_problem() -> None:
    """Ann is there; one has no account by Entra, another has one that AD does not show yet."""
    unsynchronised, on_the_way = grant("", number="2"), grant(sid(7777), number="3")
    packages = mapping(a=["Team", "Other"])

    plan = World(packages, {TEAM: {ANN}, OTHER: {ANN}}, grant(ANN), unsynchronised, on_the_way).plan()

    assert (told(plan), plan.problems, plan.pending) == ([], (), (unsynchronised, on_the_way))


def test_an_assignment_that_is_over_is_never_pending() -> None:
    assert World(TEAM_BY_A, {TEAM: set()}, grant("", live=False)).plan().pending == ()


def test_who_waits_for_a_group_that_is_left_alone_is_not_pending() -> None:
    world = World(TEAM_BY_A, {TEAM: set()}, grant(""))
    world.unread = {TEAM.guid: "group Team: AD did not answer"}

    assert (world.plan().pending, world.plan().problems) == ((), ("group Team: AD did not answer",))


# groups in doubt


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"admin_count": True}, "is privileged"),
        ({"cloud_owned": True}, "is owned by Entra"),
        ({"security": False}, "is a distribution group"),
        ({"sid": "S-1-5-32-544"}, "is a built-in group"),
    ],
)
def test_a_protected_group_is_left_alone_and_the_others_go_on(facts: dict[str, object], reason: str) -> None:
    protected: Group = replace(TEAM, **facts)  # type: ignore[arg-type]
    world = World(mapping(a=["Team", "Other"]), {protected: {BEN}, OTHER: {BEN}}, grant(ANN))

    assert told(world.plan()) == ["Other +ann", "Other -ben"]
    (problem,) = world.plan().problems
    assert f"group Team {reason}" in problem


def test_distribution_groups_are_swept_where_they_are_allowed() -> None:
    world = World(TEAM_BY_A, {replace(TEAM, security=False): {BEN}})
    world.safety = safety(distribution_groups=True)

    assert told(world.plan()) == ["Team -ben"]


def test_a_group_that_is_not_found_is_a_problem_and_the_others_go_on() -> None:
    world = World(mapping(a=["Team", "Gone"]), {TEAM: {BEN}}, grant(ANN))

    assert told(world.plan()) == ["Team +ann", "Team -ben"]
    (problem,) = world.plan().problems
    assert "'Gone' does not exist" in problem


def test_groups_that_an_ambiguous_name_may_mean_are_left_alone_although_others_name_them() -> None:
    """Ann's assignment may be for either Team; neither may be told that nobody gave it to her."""
    twin = replace(group("Team", 2009), dn="CN=Team,OU=Elsewhere,DC=lab,DC=example")
    packages = mapping(a=["Team"], b=[TEAM.guid], c=["Other"])
    plan = World(packages, {TEAM: {ANN}, twin: {ANN}, OTHER: {ANN}}, grant(ANN)).plan()

    assert told(plan) == ["Other -ann"]
    assert any("fits 2 groups" in problem for problem in plan.problems)
    assert any("'Team' may mean it" in problem for problem in plan.problems)


def test_a_renamed_group_that_is_locked_is_left_alone_under_its_new_name() -> None:
    packages = mapping(a=["Crew"], b=["Team"])
    world = World(packages, {TEAM: {ANN}}, grant(ANN))
    world.safety = safety(locks=((packages.packages[0].groups[0], TEAM.guid),))

    assert told(world.plan()) == []
    assert len(world.plan().problems) == 2


def test_a_group_whose_members_were_not_read_is_left_alone_also_when_nobody_said_why() -> None:
    world = World(mapping(a=["Team", "Other"]), {TEAM: {BEN}, OTHER: {BEN}})
    del world.members[TEAM.guid]

    assert told(world.plan()) == ["Other -ben"]
    assert world.plan().problems == ("group Team: its members were not read; it is left alone",)


# modes of groups and packages


@pytest.mark.parametrize(
    ("environment", "modes", "rules", "mode"),
    [
        ("managed", "", (), "managed"),
        ("managed", "a:authoritative b:authoritative", (), "authoritative"),
        ("managed", "a:authoritative", (), "managed"),
        ("authoritative", "a:additive b:managed", (), "additive"),
        ("additive", "a:additive", (rule("Team", "authoritative"),), "authoritative"),
        ("managed", "", (rule("Team", least=1),), "managed"),
        ("managed", "", (rule(TEAM.sid, "authoritative"), rule("Team", "additive")), "additive"),
        ("managed", "", (rule("Other", "additive"),), "managed"),
    ],
)
def test_the_mode_of_a_group(environment: str, modes: str, rules: tuple, mode: str) -> None:  # type: ignore[type-arg]
    packages = mapping(a=["Team"], b=[TEAM.dn], c=["Other"], modes=modes)
    world = World(packages, {TEAM: set(), OTHER: set()})
    world.safety = safety(environment, *rules)

    assert [each.mode for each in world.plan().groups if each.group == TEAM] == [mode]


def test_a_rule_for_a_group_that_does_not_exist_lets_nobody_be_removed() -> None:
    world = World(TEAM_BY_A, {TEAM: {BEN}}, grant(ANN))
    world.safety = safety("authoritative", rule("Taem", least=1))
    plan = world.plan()

    assert (told(plan), words(plan.withheld)) == (["Team +ann"], ["Team -ben"])
    (problem,) = plan.problems
    assert "'Taem'" in problem


def test_a_rule_for_a_group_of_the_mapping_that_is_not_found_stops_only_that_group() -> None:
    world = World(mapping(a=["Team", "Gone"]), {TEAM: {BEN}})
    world.safety = safety("authoritative", rule("Gone", "additive"))

    assert told(world.plan()) == ["Team -ben"]
    assert len(world.plan().problems) == 1


# retired groups


@pytest.mark.parametrize("mode", ["additive", "managed", "authoritative"])
def test_a_retired_group_is_emptied_whatever_the_environments_mode(mode: str) -> None:
    world = World(mapping(retired=["Other"], a=["Team"]), {TEAM: {ANN}, OTHER: {ANN, BEN, sid(3000)}}, grant(ANN))
    world.accounts[sid(3000)] = account(sid(3000), user=False)
    world.safety = safety(mode)
    other = world.plan().groups[0]

    assert told(world.plan()) == ["Other -ann", "Other -ben"]
    assert {move.reason for move in other.remove} == {Reason("retired")}
    assert other.left == ((sid(3000), "is no user account"),)


def test_a_rule_keeps_a_retired_group() -> None:
    world = World(mapping(retired=["Other"], a=["Team"]), {TEAM: set(), OTHER: {ANN}})
    world.safety = safety("authoritative", rule("Other", "additive"))

    assert told(world.plan()) == []
    assert world.plan().groups[0].unexplained == (ANN,)


def test_a_group_both_retired_and_given_is_left_alone() -> None:
    plan = World(mapping(retired=[TEAM.guid], a=["Team"]), {TEAM: {BEN}}, grant(ANN)).plan()

    assert (told(plan), plan.groups) == ([], ())
    (problem,) = plan.problems
    assert "take it out of one" in problem


def test_a_retired_group_that_is_gone_is_told_as_such() -> None:
    (problem,) = World(mapping(retired=["Gone"], a=["Team"]), {TEAM: set()}).plan().problems

    assert problem.startswith("RetiredGroups: ")


# nothing is removed


def test_while_something_is_missing_of_graph_people_are_added_and_nobody_is_removed() -> None:
    world = World(mapping(a=["Team"], b=["Other"]), {TEAM: {BEN}, OTHER: {CEM}}, grant(ANN))
    whole = world.plan()
    world.missing = ("Graph: assignments: Graph answered 503",)
    plan = world.plan()

    assert (told(plan), words(plan.withheld)) == (["Team +ann"], ["Other -cem", "Team -ben"])
    assert plan.problems == world.missing
    assert plan.checksum == whole.checksum


def test_over_budget_nothing_is_removed_and_nothing_added_but_when_asked() -> None:
    world = World(mapping(a=["Team"], b=["Other"]), {TEAM: {BEN}, OTHER: {CEM}}, grant(ANN))
    allowed = world.plan()
    world.safety = safety(budgets=replace(world.safety.budgets, run=replace(world.safety.budgets.run, count=1)))
    plan, adding = world.plan(), world.plan(adds_over_budget=True)

    assert (told(plan), words(plan.withheld)) == ([], ["Other -cem", "Team +ann", "Team -ben"])
    assert (told(adding), words(adding.withheld)) == (["Team +ann"], ["Other -cem", "Team -ben"])
    (sentence,) = plan.over
    assert f"lockstep reconcile --all --apply --checksum {plan.checksum} --over-budget" in sentence
    assert allowed.checksum == plan.checksum == adding.checksum


def test_a_run_that_is_allowed_to_go_over_budget_does() -> None:
    world = World(TEAM_BY_A, {TEAM: {BEN}}, grant(ANN))
    world.safety = safety(budgets=replace(world.safety.budgets, run=replace(world.safety.budgets.run, count=0)))
    plan = world.plan(over_budget=True)

    assert (told(plan), plan.withheld, plan.over) == (["Team +ann", "Team -ben"], (), ())


@pytest.mark.parametrize(
    ("least", "moves", "kept"), [(2, ["Team +ann", "Team -ben"], []), (3, ["Team +ann"], ["Team -ben"])]
)
def test_a_group_keeps_its_minimum_even_over_budget(least: int, moves: list[str], kept: list[str]) -> None:
    """Three members, of whom one leaves; who is added in the same run is not counted on."""
    world = World(TEAM_BY_A, {TEAM: {BEN, CEM, DEA}}, *(grant(who, number=who) for who in (ANN, CEM, DEA)))
    world.safety = safety("authoritative", rule("Team", least=least))
    plan = world.plan(over_budget=True)

    assert (told(plan), words(plan.withheld), len(plan.problems)) == (moves, kept, len(kept))


def test_of_several_rules_for_one_group_the_largest_minimum_holds() -> None:
    world = World(TEAM_BY_A, {TEAM: {BEN, CEM}}, grant(CEM))
    world.safety = safety("authoritative", rule("Team", least=2), rule(TEAM.sid))

    assert (told(world.plan()), words(world.plan().withheld)) == ([], ["Team -ben"])


def test_what_a_minimum_withholds_is_not_counted_against_budgets() -> None:
    world = World(mapping(a=["Team", "Other"]), {TEAM: {BEN, CEM}, OTHER: {BEN}})
    budgets = replace(world.safety.budgets, run=replace(world.safety.budgets.run, count=1))
    world.safety = safety("authoritative", rule("Team", least=1), budgets=budgets)
    plan = world.plan()

    assert (told(plan), words(plan.withheld), plan.over) == (["Other -ben"], ["Team -ben", "Team -cem"], ())


def test_members_without_a_name_count_as_members() -> None:
    world = World(TEAM_BY_A, {TEAM: {BEN}})
    world.members[TEAM.guid] = replace(world.members[TEAM.guid], nameless=2)
    world.safety = safety("authoritative", rule("Team", least=2))

    assert told(world.plan()) == ["Team -ben"]
    assert only(world.plan()).members == 3


# the checksum


def test_the_checksum_is_that_of_the_moves_in_any_order() -> None:
    plan = World(mapping(a=["Team", "Other"]), {TEAM: {BEN}, OTHER: {CEM}}, grant(ANN)).plan()
    moves = [move for each in plan.groups for move in (*each.add, *each.remove)]

    assert plan.checksum == moves_checksum(reversed(moves))
    assert len(plan.checksum) == 16
    assert set(plan.checksum) <= set("0123456789abcdef")


def test_another_move_another_checksum() -> None:
    plans = [
        World(TEAM_BY_A, {TEAM: {BEN}}).plan(),
        World(TEAM_BY_A, {TEAM: {CEM}}).plan(),
        World(TEAM_BY_A, {TEAM: set()}, grant(BEN)).plan(),
        World(mapping(a=["Other"]), {OTHER: {BEN}}).plan(),
        World(TEAM_BY_A, {TEAM: set()}).plan(),
    ]

    assert len({plan.checksum for plan in plans}) == len(plans)
