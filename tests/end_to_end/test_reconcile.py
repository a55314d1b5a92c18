"""Everybody at once, and back again: `lockstep reconcile` and `lockstep undo` against one sandbox."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision import jobs
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.jobs import Ended
from provision.naming import AUTOMATION_API_VERSION, account_id
from provision.sandbox import seed
from tests.end_to_end import portal
from tests.end_to_end.scene import Scene

ANALYST, MANAGER = seed.CATALOGS[0].packages
ADA, GRACE, ALAN = seed.USERS[:3]
SETTINGS = "lockstep-sandbox-settings"
UNDO = "lockstep-sandbox-undo"
SMALL_BUDGET = "safety:\n  budgets: {run: {count: 1}}\n"


@pytest.fixture
def deployed(scene: Scene) -> Scene:
    """Ada is an analyst, but lacks a group of it. Grace was put into two groups by hand."""
    scene.change("launch_and_wait_minutes: 15", "launch_and_wait_minutes: 240")
    assert scene.type("apply", "--yes").code == 0
    scene.sandbox.assign_silently(ADA.account, ANALYST.name)
    scene.join(ADA.account, "Finance_Readers")
    scene.join(GRACE.account, "Finance_Readers", "Eng_Repo")
    return scene


@pytest.fixture
def called(deployed: Scene) -> Scene:
    """Besides, Alan was made an analyst by a callout."""
    assert deployed.chain.grant(ALAN.account, ANALYST.name)["status"] == "Delivered"
    return deployed


def _told(scene: Scene, *arguments: str, code: int = 0) -> dict[str, Any]:
    typed = scene.type(*arguments, "--json")
    assert typed.code == code, typed
    told: dict[str, Any] = json.loads(typed.out)
    return told


def _moves(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    names = {group["group"]: group["name"] for group in told["groups"]}
    return [(names[move["group"]], move["action"], move["who"]) for move in told["moves"]]


def _groups(scene: Scene) -> dict[str, list[str]]:
    return {user.account: scene.chain.groups(user.account) for user in (ADA, GRACE, ALAN)}


HAND_MADE = {
    ADA.account: ["Finance_Readers", "Staff_All"],
    GRACE.account: ["Eng_Repo", "Finance_Readers", "Staff_All"],
    ALAN.account: ["Staff_All"],
}
IN_STEP = {
    ADA.account: ["Finance_Readers", "Finance_Reports", "Staff_All"],
    GRACE.account: ["Staff_All"],
    ALAN.account: ["Staff_All"],
}
CHANGES = [
    ("Eng_Repo", "remove", GRACE.account),
    ("Finance_Readers", "remove", GRACE.account),
    ("Finance_Reports", "add", ADA.account),
]


def test_a_dry_run_shows_each_change_with_its_reason_and_changes_nothing(deployed: Scene) -> None:
    written = deployed.written()

    typed = deployed.type("reconcile", "--all")
    told = _told(deployed, "reconcile", "--all", "--exit-code", code=2)

    assert typed.code == 0, typed
    rows = [line.split() for line in typed.out.splitlines() if line.startswith(("add", "remove"))]
    assert [row[:3] for row in rows] == [[action, name, who] for name, action, who in CHANGES]
    assert "Finance analyst is assigned" in typed.out
    assert "no live assignment gives it" in typed.out
    assert f"--apply --checksum {told['checksum']}" in typed.err
    assert _moves(told) == CHANGES
    assert (told["applied"], told["counts"]["adds"], told["counts"]["removes"]) == (False, 1, 2)
    assert _groups(deployed) == HAND_MADE
    assert [path for _, path in deployed.written()[len(written) :] if "/jobs/" not in path] == []


def test_what_was_shown_is_done_and_then_nothing_is_left_to_do(deployed: Scene) -> None:
    done = _told(deployed, "reconcile", "--all", "--apply", "--yes")
    after = _told(deployed, "reconcile", "--all", "--exit-code")
    again = deployed.type("reconcile", "--all", "--apply", "--yes")

    assert (done["outcome"], done["applied"], done["verified"]) == ("done", True, True)
    assert re.fullmatch(r"[0-9a-f-]{36}", done["planned"])
    assert done["planned"] != done["job"]["id"]
    assert {(record["action"], record["outcome"]) for record in done["audit"]} == {("add", "done"), ("remove", "done")}
    assert _groups(deployed) == IN_STEP
    assert (after["outcome"], again.code) == ("nothing_to_do", 0)


def test_a_yes_is_asked_for_and_nothing_is_done_without(deployed: Scene) -> None:
    typed = deployed.type("reconcile", "--all", "--apply")

    assert (typed.code, "Make these 3 changes? Nobody can answer here: add --yes" in typed.err) == (1, True), typed
    assert _groups(deployed) == HAND_MADE


def test_a_checksum_does_what_was_looked_at_and_nothing_else(deployed: Scene) -> None:
    looked = _told(deployed, "reconcile", "--all")
    deployed.join(ALAN.account, "Eng_Build")

    refused = deployed.type("reconcile", "--all", "--apply", "--checksum", looked["checksum"])
    before = _groups(deployed)
    now = _told(deployed, "reconcile", "--all")
    done = _told(deployed, "reconcile", "--all", "--apply", "--checksum", now["checksum"])

    assert refused.code == 1
    assert f"no longer what was agreed to (checksum {looked['checksum']}, now {now['checksum']})" in refused.out
    assert before == {**HAND_MADE, ALAN.account: ["Eng_Build", "Staff_All"]}
    assert (done["outcome"], done["planned"], _groups(deployed)) == ("done", None, IN_STEP)


def _budget(scene: Scene) -> None:
    scene.change("safety:\n", SMALL_BUDGET)
    assert scene.type("apply", "--yes").code == 0


def _setting(scene: Scene, key: str) -> Any:
    every = scene.sandbox.world.cloud.variables._variables
    (settings,) = (json.loads(each.value or "") for name, each in every.items() if name.lower() == SETTINGS)
    return settings.get(key)


def test_over_budget_nobody_is_removed_until_somebody_allows_it_once(deployed: Scene) -> None:
    _budget(deployed)

    shown = deployed.type("reconcile", "--all")
    tried = _told(deployed, "reconcile", "--all", "--apply", "--yes", code=1)
    before = _groups(deployed)
    added = _told(deployed, "reconcile", "--all", "--apply", "--yes", "--adds-over-budget", code=1)
    between = _groups(deployed)
    done = _told(deployed, "reconcile", "--all", "--apply", "--yes", "--over-budget")

    assert shown.code == 1
    assert "remove (withheld)" in shown.out
    assert "over budget: budget of the run: 2 of" in shown.out
    assert (tried["applied"], tried["planned"], before) == (False, None, HAND_MADE)
    assert (added["outcome"], between) == ("partial", {**HAND_MADE, ADA.account: IN_STEP[ADA.account]})
    assert (done["outcome"], _groups(deployed)) == ("done", IN_STEP)
    assert not _setting(deployed, "over_budget")


def test_one_person_is_brought_in_step_by_either_name_of_the_command(deployed: Scene) -> None:
    mine = _told(deployed, "reconcile", "--user", f"{ADA.account}@{seed.DNS_DOMAIN}", "--yes")
    same = _told(deployed, "replay", "--user", GRACE.object_id, "--yes")
    unasked = deployed.type("reconcile", "--user", ADA.object_id)

    assert (mine["outcome"], mine["added"]) == ("done", ["Finance_Reports"])
    assert (same["outcome"], same["removed"]) == ("done", ["Eng_Repo", "Finance_Readers"])
    assert mine.keys() == same.keys()
    assert _groups(deployed) == IN_STEP
    assert (unasked.code, "add --yes" in unasked.err) == (1, True)


def test_one_person_may_go_over_the_budgets_once(deployed: Scene) -> None:
    _budget(deployed)

    held = _told(deployed, "reconcile", "--user", GRACE.object_id, "--yes", code=1)
    before = deployed.chain.groups(GRACE.account)
    done = _told(deployed, "reconcile", "--user", GRACE.object_id, "--yes", "--over-budget")

    assert any("--over-budget" in problem for problem in held["problems"])
    assert before == HAND_MADE[GRACE.account]
    assert (done["outcome"], deployed.chain.groups(GRACE.account)) == ("done", IN_STEP[GRACE.account])
    assert not _setting(deployed, "over_budget")


def test_a_sweep_is_undone(deployed: Scene) -> None:
    sweep = _told(deployed, "reconcile", "--all", "--apply", "--yes")

    shown = deployed.type("undo", sweep["job"]["id"])
    between = _groups(deployed)
    done = _told(deployed, "undo", sweep["job"]["id"], "--apply", "--yes")
    again = _told(deployed, "undo", sweep["job"]["id"], "--exit-code")

    assert (shown.code, between) == (0, IN_STEP), shown
    assert "the next callout or sweep makes the change again" in shown.err
    assert sorted(line.split()[:3] for line in shown.out.splitlines() if line.startswith(("add", "remove"))) == [
        ["add", "Eng_Repo", GRACE.account],
        ["add", "Finance_Readers", GRACE.account],
        ["remove", "Finance_Reports", ADA.account],
    ]
    assert (done["outcome"], done["verified"], done["undone"]) == ("done", True, sweep["job"]["id"])
    assert {record["why"] for record in done["audit"]} == {"undone"}
    assert _groups(deployed) == HAND_MADE
    assert (again["outcome"], again["counts"]["adds"]) == ("nothing_to_do", 0)
    assert UNDO not in deployed.sandbox.world.cloud.variables.names()


def test_an_undo_is_undone(deployed: Scene) -> None:
    sweep = _told(deployed, "reconcile", "--all", "--apply", "--yes")
    undo = _told(deployed, "undo", sweep["job"]["id"], "--apply", "--yes")

    _told(deployed, "undo", undo["job"]["id"], "--apply", "--yes")

    assert _groups(deployed) == IN_STEP


def test_what_somebody_changed_since_is_left(deployed: Scene) -> None:
    sweep = _told(deployed, "reconcile", "--all", "--apply", "--yes")
    deployed.join(GRACE.account, "Eng_Repo")

    done = _told(deployed, "undo", sweep["job"]["id"], "--apply", "--yes")

    assert (done["outcome"], done["counts"]["adds"], done["counts"]["removes"]) == ("done", 1, 1)
    assert "1 changed since, and left" in done["detail"]
    assert _groups(deployed) == HAND_MADE


def test_the_job_of_a_callout_is_undone_by_its_run(called: Scene) -> None:
    (run,) = json.loads(called.type("runs", "--json").out)["runs"]
    reports = called.store.by_account("Finance_Reports")
    assert reports is not None
    called.store.set_members(reports, set())

    done = _told(called, "undo", run["run"], "--apply", "--yes")

    assert done["undone"] == run["job"]["id"]
    assert (done["counts"]["removes"], called.chain.groups(ALAN.account)) == (1, ["Staff_All"])
    assert "1 changed since, and left" in done["detail"]


def test_an_undo_keeps_within_the_budgets(called: Scene) -> None:
    (run,) = json.loads(called.type("runs", "--json").out)["runs"]
    _budget(called)

    tried = _told(called, "undo", run["job"]["id"], "--apply", "--yes", code=1)
    before = called.chain.groups(ALAN.account)
    done = _told(called, "undo", run["job"]["id"], "--apply", "--yes", "--over-budget")

    remedy = f"lockstep undo {run['job']['id']} -e sandbox --apply --checksum {tried['checksum']} --over-budget"
    assert remedy in tried["over"][0]
    assert before == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert (done["outcome"], called.chain.groups(ALAN.account)) == ("done", ["Staff_All"])


def test_what_cannot_be_undone_is_refused(deployed: Scene) -> None:
    dry = _told(deployed, "reconcile", "--all")
    nothing = _told(deployed, "undo", dry["job"]["id"])
    unknown = deployed.type("undo", seed.FOREIGN_EXTENSION_ID)
    word = deployed.type("undo", "../../x")

    assert (nothing["outcome"], nothing["job"]) == ("nothing_to_do", None)
    assert (unknown.code, "is neither a job nor a run" in unknown.err) == (1, True)
    assert (word.code, "is no id of a run or job" in word.err) == (1, True)


def _by_hand(scene: Scene, source: str, job: str, **fields: Any) -> Ended:
    """The end of a job that somebody starts who may start jobs, and nothing else."""
    scene.give_roles("Automation Operator")
    environment = Environment.load(str(scene.file))
    until = datetime.now(UTC) + timedelta(minutes=5)
    with connected(environment) as azure:
        ended = jobs.run(
            azure, azure, environment, jobs.envelope(environment, source, job, until, **fields), lambda _: None
        )
    scene.give_roles("Owner")
    return ended


def _leave(scene: Scene, value: dict[str, Any]) -> None:
    """Do as an `undo` that was killed while its job ran."""
    described = {"description": "lockstep:sandbox changes that a job undoes", "isEncrypted": False}
    url = f"{account_id(Environment.load(str(scene.file)))}/variables/{UNDO}?api-version={AUTOMATION_API_VERSION}"
    portal.send(scene.sandbox, "PUT", url, {"name": UNDO, "properties": {"value": json.dumps(value), **described}})


@pytest.mark.parametrize("left", [False, True], ids=["no variable", "another job's"])
def test_an_undo_that_is_started_by_hand_changes_nothing(deployed: Scene, left: bool) -> None:  # noqa: FBT001 - a parameter
    """Whoever may start jobs can write any envelope, but not the variable with the changes."""
    sweep = _told(deployed, "reconcile", "--all", "--apply", "--yes")
    undone = sweep["job"]["id"]
    if left:
        _leave(deployed, {"job": str(uuid.uuid4()), "undone": undone, "changes": ""})

    ended = _by_hand(deployed, "undo", str(uuid.uuid4()), undone=undone, apply=True, checksum="0" * 16)

    assert (ended.status, (ended.result or {})["outcome"]) == ("Failed", "refused" if left else "failed")
    assert _groups(deployed) == IN_STEP


def test_what_a_killed_undo_leaves_is_in_the_plan_and_apply_deletes_it(deployed: Scene) -> None:
    _leave(deployed, {"job": str(uuid.uuid4())})

    planned, applied, after = (
        deployed.type("plan"),
        deployed.type("apply", "--yes"),
        deployed.type("plan", "--exit-code"),
    )

    assert f"- variable {UNDO}" in planned.out
    assert (applied.code, after.code) == (0, 0), applied


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reconcile",), "either --all or --user"),
        (("reconcile", "--all", "--user", "x"), "either --all or --user"),
        (("reconcile", "--all", "--checksum", "0" * 16), "--checksum goes with --apply"),
        (("reconcile", "--all", "--apply", "--checksum", "abc"), "16 digits"),
        (("reconcile", "--all", "--yes"), "--yes answers the question of --apply"),
        (("reconcile", "--all", "--apply", "--exit-code"), "leave it out with --apply"),
        (("reconcile", "--user", "x", "--checksum", "0" * 16), "goes with --all only"),
        (("reconcile", "--user", "x", "--exit-code"), "goes with --all only"),
        (("undo", "x", "--yes"), "--yes answers the question of --apply"),
        (("undo", "x", "--checksum", "0" * 16), "--checksum goes with --apply"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_contradict_each_other_are_refused(scene: Scene, arguments: tuple[str, ...], said: str) -> None:
    typed = scene.type(*arguments)

    assert (typed.code, said in typed.err) == (1, True), typed
