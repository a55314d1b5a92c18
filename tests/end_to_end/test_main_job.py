"""The main job as a user does it: the CLI as a process, the uploaded runbook in a child process, a directory with groups.

Everything here runs twice: against the embedded directory, and against a Samba AD domain controller.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.end_to_end.chain import Chain

ADA, GRACE = "ada.lovelace", "grace.hopper"


@pytest.fixture
def applied(chain: Chain) -> Chain:
    """The chain with everything deployed."""
    chain.lockstep("apply", "--yes", expect=0)
    return chain


def test_plan_shows_and_changes_nothing(chain: Chain) -> None:
    first = chain.lockstep("plan", "--format", "json", expect=2)
    second = chain.lockstep("plan", "--format", "json", expect=2)

    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert {change["action"] for change in json.loads(first.stdout)["changes"]} == {"create"}


def test_a_second_apply_changes_nothing(applied: Chain) -> None:
    writes = applied.writes()

    applied.lockstep("apply", "--yes", expect=0)

    assert applied.writes() == writes
    applied.lockstep("plan", expect=0)


def test_a_granted_package_becomes_memberships_and_a_removed_one_takes_only_its_own_away(applied: Chain) -> None:
    before = applied.groups(ADA)

    analyst = applied.grant(ADA, "Finance analyst")
    as_analyst = applied.groups(ADA)
    applied.grant(ADA, "Finance manager")
    as_both = applied.groups(ADA)
    applied.remove(ADA, "Finance analyst")
    as_manager = applied.groups(ADA)
    applied.remove(ADA, "Finance manager")

    assert before == ["Staff_All"]
    assert as_analyst == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert "added to Finance_Readers, Finance_Reports" in json.dumps(analyst)
    assert as_both == ["Finance_Readers", "Finance_Reports", "Finance_Writers", "Staff_All"]
    assert as_manager == ["Finance_Readers", "Finance_Writers", "Staff_All"]
    assert applied.groups(ADA) == before


def test_two_catalogs_share_a_group_without_taking_it_from_each_other(applied: Chain) -> None:
    applied.grant(GRACE, "Engineer")
    applied.grant(GRACE, "On-call engineer")

    applied.remove(GRACE, "Engineer")

    assert applied.groups(GRACE) == ["Café (Köln) #1", "Eng_Oncall", "Staff_All", "VPN_Users"]


def test_a_name_full_of_punctuation_is_carried_safely(applied: Chain) -> None:
    applied.grant("katherine.johnson", "On-call engineer")

    assert "Café (Köln) #1" in applied.groups("katherine.johnson")


@pytest.mark.parametrize(
    ("user", "says"),
    [("cloud.only", "not synchronised"), ("new.joiner", "not found"), ("dora.admin", "protected")],
)
def test_a_refused_user_is_not_reported_as_granted(applied: Chain, user: str, says: str) -> None:
    outcome = applied.grant(user, "Finance analyst", wait=False)

    run = applied.last_run("Finance")
    assert run["properties"]["status"] == "Failed"
    assert says in applied.last_job_output().lower()
    assert "Delivered" not in json.dumps(outcome)


def test_a_repeated_grant_finds_nothing_to_do(applied: Chain) -> None:
    applied.grant(ADA, "Finance analyst")
    applied.lockstep("apply", "--yes", expect=0)

    again = applied.grant(GRACE, "Finance analyst")
    applied.sandbox_add_by_hand(ADA, "Finance_Writers")
    both = applied.grant(ADA, "Finance manager")

    assert "Finance_Writers" not in json.dumps(again)
    assert "nothing_to_do" in applied.last_job_output() or "already" in json.dumps(both)


def test_destroy_leaves_nothing_of_ours_and_everything_of_others(applied: Chain) -> None:
    policies = applied.policies()
    applied.grant(ADA, "Finance analyst")

    applied.lockstep("destroy", "--yes", expect=0)

    assert applied.leftovers() == []
    assert applied.foreign_stages() == 1
    assert set(applied.policies()) == set(policies)
    assert applied.groups(ADA) == ["Finance_Readers", "Finance_Reports", "Staff_All"]


def test_every_other_field_of_a_policy_survives_apply_and_destroy(chain: Chain) -> None:
    before = chain.policies()

    chain.lockstep("apply", "--yes", expect=0)
    bound = chain.policies()
    chain.lockstep("destroy", "--yes", expect=0)

    without: Callable[[dict[str, dict[str, object]]], object] = lambda policies: {  # noqa: E731 - read once, below
        key: {name: value for name, value in policy.items() if name not in {"customExtensionStageSettings", "modifiedDateTime"}}
        for key, policy in policies.items()
    }
    assert bound != before
    assert without(bound) == without(before)
    assert without(chain.policies()) == without(before)
