"""The uploaded file when it looks at everybody, in its own process, beside a directory: what it writes and what not."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provision.job_records import records
from provision.sandbox import seed
from tests.integration.runbook_world import JOB, READERS, WRITERS, Ended, World, assignment

LISTING = "/v1.0/identityGovernance/entitlementManagement/assignments"
ADA, GRACE, ALAN, KATHERINE = seed.USERS[:4]
NO_LIMITS: dict[str, dict[str, int]] = {"run": {}, "group": {}, "user": {}}
READERS_GROUPS = ("Finance_Readers", "Finance_Reports")
MANY = ("Eng_Repo", "Eng_Build", "Eng_Oncall", "VPN_Users", "Finance_Readers", "Finance_Reports", "Finance_Writers")
BEFORE = {"Finance_Readers": ["grace.hopper"], "Finance_Reports": ["alan.turing"], "Finance_Writers": ["grace.hopper"]}
AFTER = {
    "Finance_Readers": ["ada.lovelace", "grace.hopper"],
    "Finance_Reports": ["ada.lovelace"],
    "Finance_Writers": ["grace.hopper"],
}


def join(world: World, group: str, *accounts: str) -> None:
    """Puts people into a group by hand."""
    store = world.directory._domain.store
    with store.lock:
        entry = store.by_account(group)
        store.set_members(entry, {*store.members(entry), *(store.by_account(each).guid for each in accounts)})


def members(world: World, groups: tuple[str, ...] = tuple(AFTER)) -> dict[str, list[str]]:
    """Who is in these groups now."""
    people = [user.account for user in seed.USERS if user.in_directory]
    held = {account: world.directory.groups_of(account) for account in people}
    return {group: sorted(account for account in people if group in held[account]) for group in groups}


@pytest.fixture
def tenant(world: World) -> World:
    """Ada has READERS, Grace WRITERS, Alan's READERS is over; Ada is in no group yet, Alan still in one."""
    for group, accounts in BEFORE.items():
        join(world, group, *accounts)
    world.rows += [
        assignment(READERS, user=ADA.object_id, sid=world.directory.sid_of("ada.lovelace")),
        assignment(WRITERS, number=2, user=GRACE.object_id),
        assignment(READERS, "expired", number=3, user=ALAN.object_id, sid=world.directory.sid_of("alan.turing")),
    ]
    world.settings["safety"]["budgets"] = NO_LIMITS
    assert members(world) == BEFORE
    return world


def told(output: str, kind: str) -> list[dict[str, Any]]:
    return [dict(each) for each in records(output) if each["kind"] == kind]


def agreed(world: World) -> dict[str, Any]:
    """What an envelope needs to apply what a dry run shows now."""
    return {"apply": True, "checksum": world.ask("sweep").result["checksum"]}


def nightly(world: World, **more: Any) -> Ended:
    return world.ask("sweep", minutes=15, apply=True, job=None, deadline=None, **more)


def test_a_dry_run_tells_what_it_would_do_and_writes_nothing(tenant: World) -> None:
    ended = tenant.ask("sweep")

    assert (ended.code, ended.result["outcome"]) == (0, "done")
    assert ended.result["detail"] == "would add 2, remove 1 memberships in 2 groups"
    assert (ended.result["adds"], ended.result["removes"], ended.result["memberships"]) == (2, 1, 3)
    assert (ended.result["applied"], ended.result["server"]) == (False, tenant.directory.url)
    moves = [(each["action"], each["who"], each["why"], each["package"]) for each in told(ended.output, "move")]
    assert sorted(moves) == [
        ("add", "ada.lovelace", "granted", READERS),
        ("add", "ada.lovelace", "granted", READERS),
        ("remove", "alan.turing", "over", READERS),
    ]
    assert members(tenant) == BEFORE
    assert not [each for each in tenant.directory.journal if each.operation == "modify"]


def test_apply_does_what_was_agreed_to_one_modify_a_group_and_reads_it_back(tenant: World) -> None:
    ended = tenant.ask("sweep", **agreed(tenant))

    assert (ended.code, ended.result["outcome"], ended.result["verified"]) == (0, "done", True)
    assert ended.result["detail"] == "added 2, removed 1 memberships in 2 groups"
    assert members(tenant) == AFTER
    assert len([each for each in tenant.directory.journal if each.operation == "modify"]) == 2
    audit = told(ended.output, "audit")
    assert {(each["action"], each["outcome"], each["job"], each["dc"]) for each in audit} == {
        ("add", "done", JOB, tenant.directory.url),
        ("remove", "done", JOB, tenant.directory.url),
    }
    again = tenant.ask("sweep", **agreed(tenant))
    assert (again.code, again.result["outcome"]) == (0, "nothing_to_do")


def test_a_world_that_moved_since_is_refused(tenant: World) -> None:
    look = agreed(tenant)
    join(tenant, "Finance_Writers", "katherine.johnson")

    ended = tenant.ask("sweep", **look)

    assert (ended.code, ended.result["outcome"]) == (1, "refused")
    assert "no longer what was agreed to" in ended.result["detail"]
    assert tenant.ask("sweep", apply=True, checksum="0" * 16).result["outcome"] == "refused"
    assert members(tenant) == {**BEFORE, "Finance_Writers": ["grace.hopper", "katherine.johnson"]}


def test_over_budget_nothing_is_removed_until_the_settings_name_the_job(tenant: World) -> None:
    tenant.settings["safety"]["budgets"] = {**NO_LIMITS, "run": {"count": 0}}
    look = agreed(tenant)

    over = tenant.ask("sweep", **look)
    assert (over.code, over.result["outcome"], over.result["withheld"]) == (1, "partial", 3)
    assert "--over-budget" in over.result["over"][0]
    assert members(tenant) == BEFORE

    only_adds = tenant.ask("sweep", adds_over_budget=True, **look)
    assert only_adds.result["outcome"] == "partial"
    assert members(tenant) == {**AFTER, "Finance_Reports": ["ada.lovelace", "alan.turing"]}

    asked = agreed(tenant)
    tenant.settings["over_budget"] = f"{JOB} {asked['checksum']}"
    allowed = tenant.ask("sweep", **asked)
    assert (allowed.code, allowed.result["outcome"]) == (0, "done")
    assert members(tenant) == AFTER


def test_a_schedule_applies_only_if_the_settings_say_so(tenant: World) -> None:
    refused = nightly(tenant)
    assert (refused.code, refused.result["outcome"]) == (1, "refused")
    assert members(tenant) == BEFORE

    tenant.settings["scheduled_sweep"] = True

    assert (nightly(tenant).code, members(tenant)) == (0, AFTER)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (LISTING, (403, {})),
        (LISTING, (200, {"value": [{"id": "half"}]})),
        (LISTING, (200, {"value": [], "@odata.nextLink": "https://evil.example/"})),
        ("/v1.0/users", (200, {})),
    ],
    ids=["declined", "half a row", "elsewhere", "no users"],
)
def test_half_a_list_removes_nobody(tenant: World, path: str, answer: Any) -> None:
    tenant.azure.answers[path] = lambda _: answer

    ended = tenant.ask("sweep", **agreed(tenant))

    assert ended.code == 1
    assert ended.result["removes"] == 0
    assert members(tenant)["Finance_Reports"][-1] == "alan.turing"
    assert set(BEFORE["Finance_Readers"]) <= set(members(tenant)["Finance_Readers"])


def test_hand_made_members_stay_in_managed_mode(tenant: World) -> None:
    tenant.settings["safety"]["mode"] = "managed"
    join(tenant, "Finance_Reports", "katherine.johnson")

    look = tenant.ask("sweep")
    tenant.ask("sweep", apply=True, checksum=look.result["checksum"])

    assert [(each["who"], each["why"]) for each in told(look.output, "stays")] == [("katherine.johnson", "unexplained")]
    assert members(tenant) == {**AFTER, "Finance_Reports": ["ada.lovelace", "katherine.johnson"]}


def test_privileged_people_and_groups_are_left_alone(tenant: World) -> None:
    tenant.map(*READERS_GROUPS, "Payroll_Admins")
    join(tenant, "Finance_Readers", "dora.admin")
    join(tenant, "Payroll_Admins", "alan.turing")

    ended = tenant.ask("sweep", **agreed(tenant))

    assert ended.result["outcome"] == "partial"
    assert members(tenant, ("Payroll_Admins",)) == {"Payroll_Admins": ["alan.turing"]}
    assert members(tenant) == {**AFTER, "Finance_Readers": ["ada.lovelace", "dora.admin", "grace.hopper"]}


def test_a_group_without_right_is_a_problem_and_the_others_are_done(tenant: World) -> None:
    tenant.map(*READERS_GROUPS, "Locked_Group")

    ended = tenant.ask("sweep", **agreed(tenant))

    assert (ended.code, ended.result["outcome"]) == (1, "partial")
    assert any("Locked_Group" in problem and "delegate" in problem for problem in ended.result["problems"])
    assert members(tenant) == AFTER


class Axe(deque[Any]):
    """A journal that kills the job when the directory has carried out so many of its modifies, before it answers."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after
        self.job: Any = None

    def append(self, exchange: Any) -> None:
        super().append(exchange)
        if exchange.operation == "modify":
            self.after -= 1
            if self.after == 0:
                self.job.kill()
                self.job.wait()


def test_a_job_that_is_killed_in_the_middle_is_finished_by_the_next(tenant: World, tmp_path: Path) -> None:
    tenant.map(*MANY)
    file = tmp_path / "audit.jsonl"
    tenant.settings["audit_file"] = str(file)
    look = agreed(tenant)
    journal, tenant.directory._journal = tenant.directory._journal, Axe(after=3)
    try:
        tenant.directory._journal.job = process = tenant.begin("sweep", **look)
        process.communicate(timeout=30)
    finally:
        tenant.directory._journal = journal

    assert process.returncode == -9
    done = [group for group, people in members(tenant, MANY).items() if "ada.lovelace" in people]
    assert len(done) == 3
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["name"] for line in lines} < set(done)
    assert len({line["name"] for line in lines}) == 2  # the third was written when it died, and nobody had told

    assert tenant.ask("sweep", **look).result["outcome"] == "refused"
    again = tenant.ask("sweep", **agreed(tenant))

    assert (again.code, again.result["verified"]) == (0, True)
    assert all("ada.lovelace" in people for people in members(tenant, MANY).values())
    assert members(tenant)["Finance_Reports"] == ["ada.lovelace"]


def test_each_change_is_in_the_workers_audit_file_in_one_chain(tenant: World, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    tenant.settings["audit_file"] = str(file)

    first = tenant.ask("sweep", **agreed(tenant))
    tenant.rows[0]["state"] = "expired"
    second = tenant.ask("sweep", **agreed(tenant))

    raw = file.read_bytes().splitlines()
    lines = [json.loads(line) for line in raw]
    told_there = [{key: value for key, value in line.items() if key != "previous"} for line in lines]
    assert told_there == [*told(first.output, "audit"), *told(second.output, "audit")]
    assert len(lines) == 5
    assert [line["previous"] for line in lines] == ["", *(hashlib.sha256(line).hexdigest() for line in raw[:-1])]
    assert all(datetime.fromisoformat(line["at"]) <= datetime.now(UTC) for line in lines)


def test_without_the_audit_file_that_was_asked_for_nobody_is_removed(tenant: World, tmp_path: Path) -> None:
    tenant.settings["audit_file"] = str(tmp_path / "none" / "audit.jsonl")

    ended = tenant.ask("sweep", **agreed(tenant))

    assert (ended.code, ended.result["outcome"]) == (1, "partial")
    assert "cannot be written" in ended.result["detail"]
    assert members(tenant) == {**AFTER, "Finance_Reports": ["ada.lovelace", "alan.turing"]}
