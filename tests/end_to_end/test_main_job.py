"""The main job as a user does it: the CLI as a process, the uploaded runbook in a child process, real groups.

Everything here runs twice: against the embedded directory, and against a Samba AD domain controller.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from provision.sandbox import seed
from tests.end_to_end.chain import Chain

ADA, GRACE = "ada.lovelace", "grace.hopper"
ANALYST, MANAGER = seed.CATALOGS[0].packages


def _details(request: dict[str, object]) -> str:
    return json.dumps(request["callouts"], ensure_ascii=False)


def test_plan_shows_and_changes_nothing(chain: Chain) -> None:
    first = chain.lockstep("plan", "--json", "--exit-code", expect=2)
    second = chain.lockstep("plan", "--json", "--exit-code", expect=2)

    assert chain.writes() == []
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert {change["action"] for change in json.loads(first.stdout)["changes"]} == {"create"}


def test_apply_waits_for_a_new_identity_and_a_second_one_changes_nothing(chain: Chain) -> None:
    chain.sandbox.world.principals.hidden_lookups = 2

    first = chain.lockstep("apply", "--yes", expect=0)
    writes = chain.writes()
    chain.lockstep("apply", "--yes", expect=0)

    assert "PrincipalNotFound" in first.stderr
    assert chain.writes() == writes
    assert json.loads(chain.lockstep("plan", "--json", "--exit-code", expect=0).stdout)["changes"] == []


def test_apply_is_bound_to_the_reviewed_plan(chain: Chain) -> None:
    reviewed = json.loads(chain.lockstep("plan", "--json", "--exit-code", expect=2).stdout)["checksum"]

    refused = chain.lockstep("apply", "--yes", "--plan-checksum", "0" * 64, expect=1)
    assert chain.leftovers() == []
    chain.lockstep("apply", "--yes", "--plan-checksum", reviewed, expect=0)

    assert "another plan" in refused.stderr
    assert chain.leftovers()


def test_a_package_becomes_memberships_and_takes_only_its_own_away(applied: Chain) -> None:
    before = applied.groups(ADA)

    analyst = applied.grant(ADA, ANALYST.name)
    as_analyst = applied.groups(ADA)
    applied.grant(ADA, MANAGER.name)
    as_both = applied.groups(ADA)
    applied.remove(ADA, ANALYST.name)
    as_manager = applied.groups(ADA)
    applied.remove(ADA, MANAGER.name)

    assert before == ["Staff_All"]
    assert as_analyst == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert analyst["status"] == "Delivered"
    assert "added to Finance_Readers, Finance_Reports" in _details(analyst)
    assert as_both == ["Finance_Readers", "Finance_Reports", "Finance_Writers", "Staff_All"]
    assert as_manager == ["Finance_Readers", "Finance_Writers", "Staff_All"]
    assert applied.groups(ADA) == before


def test_two_packages_of_a_catalog_share_a_group_without_taking_it_from_each_other(applied: Chain) -> None:
    applied.grant(GRACE, "Engineer")
    applied.grant(GRACE, "On-call engineer")

    applied.remove(GRACE, "Engineer")

    assert applied.groups(GRACE) == ["Café (Köln) #1", "Eng_Oncall", "Staff_All", "VPN_Users"]


def test_names_full_of_punctuation_are_carried_safely(applied: Chain) -> None:
    applied.grant("katherine.johnson", "On-call engineer")

    assert "Café (Köln) #1" in applied.groups("katherine.johnson")


def test_a_user_who_is_refused_or_pending_is_never_reported_as_granted(applied: Chain) -> None:
    words = {"cloud.only": "has no AD account", "new.joiner": "AD has no account", "dora.admin": "privileged"}
    outcomes = {"cloud.only": "pending", "new.joiner": "pending", "dora.admin": "refused"}
    before = {user: applied.groups(user) for user in words}

    with ThreadPoolExecutor(len(words)) as requesters:  # each waits until Entra gives up
        requests = dict(zip(words, requesters.map(lambda user: applied.grant(user, ANALYST.name), words), strict=True))

    for user, request in requests.items():
        (callout,) = [callout for callout in request["callouts"] if callout["run"]]
        assert words[user] in callout["outcome"]["detail"]
        assert (callout["outcome"]["outcome"], callout["job"]["status"]) == (outcomes[user], "Failed")
        assert (callout["run"]["status"], request["status"]) == ("Failed", "CallbackTimedOut")
    assert {user: applied.groups(user) for user in words} == before


def test_what_is_as_it_should_be_is_left_alone(applied: Chain) -> None:
    applied.grant(ADA, ANALYST.name)
    applied.remove(ADA, ANALYST.name)
    applied.grant(ADA, MANAGER.name)

    again = applied.grant(ADA, ANALYST.name)

    assert "added to Finance_Reports" in _details(again)
    assert "Finance_Readers" not in str(again["callouts"][-1]["outcome"]["added"])


def test_destroy_takes_what_is_ours_and_nothing_of_others(chain: Chain) -> None:
    policies, stages = chain.policies(), chain.stages()

    chain.lockstep("apply", "--yes", expect=0)
    bound = chain.stages()
    kept = chain.policies()
    chain.grant(ADA, ANALYST.name)
    chain.lockstep("destroy", "--yes", expect=0)

    assert kept == policies
    assert all(stages[policy] < bound[policy] for policy in stages)
    assert any(stages.values()), "the foreign stage setting is what makes this a test"
    assert (chain.policies(), chain.stages(), chain.leftovers()) == (policies, stages, [])
    assert chain.groups(ADA) == ["Finance_Readers", "Finance_Reports", "Staff_All"]


def test_one_catalog_can_come_and_go_alone(applied: Chain) -> None:
    applied.lockstep("destroy", "--yes", "--catalog", "Finance", expect=0)
    engineering = applied.leftovers()
    applied.grant(GRACE, "Engineer")

    assert not any("finance" in left for left in engineering)
    assert any("engineering" in left for left in engineering)
    assert "Eng_Repo" in applied.groups(GRACE)


def test_a_repeated_callout_meets_the_same_job(applied: Chain) -> None:
    request = applied.grant(ADA, ANALYST.name)
    (callout,) = [c for c in request["callouts"] if c["run"]]

    run = applied.call_again(callout, ADA, ANALYST)

    assert run["properties"]["status"] == "Failed"  # the request was resumed by the first callout already
    assert [job.name for job in applied.sandbox.world.cloud.jobs.all()] == [callout["instance"]]
    assert applied.groups(ADA) == ["Finance_Readers", "Finance_Reports", "Staff_All"]


def test_a_callback_that_v1_refuses_takes_the_received_path(applied: Chain) -> None:
    applied.sandbox.world.entitlement.settings.resume_in_v1 = False

    request = applied.grant(ADA, ANALYST.name)

    assert request["status"] == "Delivered"
    assert any("/beta/" in e.path and e.status == 204 for e in applied.sandbox.journal.exchanges())
