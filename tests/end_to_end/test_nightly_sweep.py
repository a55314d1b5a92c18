"""The nightly sweep from the environment file to the group: deployed, watched, fired, changed, and taken down."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from provision.sandbox import seed
from provision.sandbox.automation.job_store import ENDED
from provision.sandbox.automation.schedule_store import Schedule
from provision.sandbox.faults import Fault
from tests.end_to_end.scene import Scene, played

NAME = "lockstep-sandbox-sweep"
ADA, GRACE = seed.USERS[0], seed.USERS[1]
ANALYST = seed.CATALOGS[0].packages[0]
SWEEP = "\nsweep:\n  schedule: '02:30'\n  time_zone: Europe/Berlin\n  apply: true\n"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield from played(tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def scene(stage: Scene) -> Scene:
    """An environment with a nightly sweep, deployed."""
    stage.begin()
    with stage.file.open("a", encoding="utf-8") as file:
        file.write(SWEEP)
    assert stage.type("apply", "--yes").code == 0
    return stage


def planned(scene: Scene) -> list[dict[str, Any]]:
    done = scene.type("plan", "--format", "json")
    changes: list[dict[str, Any]] = json.loads(done.out)["changes"]
    return changes


def schedule(scene: Scene) -> Schedule:
    found = scene.sandbox.world.cloud.schedules.find(NAME)
    assert found is not None
    return found


def ended(scene: Scene) -> None:
    """Once the jobs that a schedule has started by itself have ended."""
    jobs, deadline = scene.sandbox.world.cloud.jobs, time.monotonic() + 60
    while not (jobs.all() and all(job.status in ENDED for job in jobs.all())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_apply_deploys_it_and_the_next_plan_is_empty(scene: Scene) -> None:
    found = schedule(scene)
    local = found.start.astimezone(ZoneInfo("Europe/Berlin"))
    assert (f"{local:%H:%M}", found.frequency, found.interval) == ("02:30", "Day", 1)
    assert found.start > datetime.now(UTC)
    assert [tie.run_on for tie in scene.sandbox.world.cloud.schedules.ties()] == [seed.WORKER_GROUP]
    assert scene.type("plan", "--exit-code").code == 0


def test_fired_it_puts_right_what_no_callout_did_and_takes_away_what_nobody_has(scene: Scene) -> None:
    scene.sandbox.assign_silently(ADA.account, ANALYST.name)
    scene.join(GRACE.account, "Finance_Readers")

    fired = scene.sandbox.fire(NAME)

    (job,) = fired["jobs"]
    assert job["status"] == "Completed", job
    assert (job["outcome"]["source"], job["outcome"]["outcome"], job["outcome"]["applied"]) == ("sweep", "done", True)
    assert "Finance_Readers" in scene.chain.groups(ADA.account)
    assert "Finance_Readers" not in scene.chain.groups(GRACE.account)
    assert scene.type("status").code == 0
    assert scene.type("runs").code == 0


def test_one_that_may_not_write_only_reports(scene: Scene) -> None:
    scene.change("  apply: true", "  apply: false")
    assert {(c["action"], c["kind"]) for c in planned(scene)} >= {("update", "variable"), ("update", "job schedule")}
    assert scene.type("apply", "--yes").code == 0
    scene.sandbox.assign_silently(ADA.account, ANALYST.name)

    (job,) = scene.sandbox.fire(NAME)["jobs"]

    assert (job["status"], job["outcome"]["adds"], job["outcome"]["applied"]) == ("Completed", 2, False)
    assert scene.chain.groups(ADA.account) == ["Staff_All"]


def test_another_time_is_shown_and_made(scene: Scene) -> None:
    scene.change("'02:30'", "'23:15'")
    (change,) = planned(scene)
    assert (change["action"], change["kind"], change["name"]) == ("update", "schedule", NAME)
    assert [d["path"] for d in change["differences"]] == ["time"]
    assert scene.type("apply", "--yes").code == 0
    assert f"{schedule(scene).start.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" == "23:15"
    assert scene.type("plan", "--exit-code").code == 0


def test_what_somebody_did_in_the_portal_is_seen_by_plan_and_doctor_and_mended(scene: Scene) -> None:
    found = schedule(scene)
    found.enabled = False
    found.advance(datetime.now(UTC))
    doctor = scene.type("doctor", "--no-worker")
    assert doctor.code == 1
    assert "isEnabled" in doctor.out
    assert scene.type("doctor", "--no-worker", "--fix", "--yes").code == 0
    assert schedule(scene).enabled
    (tie,) = scene.sandbox.world.cloud.schedules.ties()
    scene.sandbox.world.cloud.schedules.remove_tie(tie.identifier)
    assert [(c["action"], c["kind"]) for c in planned(scene)] == [("create", "job schedule")]
    assert scene.type("apply", "--yes").code == 0
    assert scene.sandbox.world.cloud.schedules.ties() == [tie]


def test_the_doctor_tells_when_it_runs_next_and_how_the_last_one_ended(scene: Scene) -> None:
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    scene.change("'02:30'", f"'{now:%H:%M}'")
    assert scene.type("apply", "--yes").code == 0
    found = schedule(scene)
    found.start -= timedelta(days=1)
    found.following = found.start  # it is due: the worker starts it at its next look, which is today's
    ended(scene)

    done = scene.type("doctor", "--no-worker", "--json")
    assert done.code == 0, done.out
    checks = [check for check in json.loads(done.out)["checks"] if check["area"] == "nightly sweep"]
    assert {check["state"] for check in checks} == {"ok"}
    said = " ".join(check["said"] for check in checks)
    assert f"next at {now + timedelta(days=1):%Y-%m-%d %H:%M} (Europe/Berlin)" in said
    assert "ended as Completed; nothing_to_do: " in said


def test_when_the_new_tie_is_refused_the_next_apply_makes_it(scene: Scene) -> None:
    scene.change("  apply: true", "  apply: true\n  time_limit: PT30M")
    scene.sandbox.faults.replace([Fault("PUT", re.compile("/jobSchedules/"), 400)])
    assert scene.type("apply", "--yes").code == 1
    scene.sandbox.faults.replace([])
    assert scene.sandbox.world.cloud.schedules.ties() == []
    assert [(c["action"], c["kind"]) for c in planned(scene)] == [("create", "job schedule")]
    assert scene.type("apply", "--yes").code == 0
    assert scene.type("plan", "--exit-code").code == 0


def test_a_zone_that_comes_back_under_another_name_is_no_difference(scene: Scene) -> None:
    scene.sandbox.world.cloud.schedule_service.spelled["Europe/Berlin"] = "W. Europe Standard Time"
    assert scene.type("plan", "--exit-code").code == 0


def test_without_the_section_it_goes_and_destroy_leaves_nothing(scene: Scene) -> None:
    scene.change(SWEEP, "")
    assert {(c["action"], c["kind"]) for c in planned(scene)} >= {("delete", "schedule"), ("delete", "job schedule")}
    assert scene.type("apply", "--yes").code == 0
    assert scene.sandbox.world.cloud.schedules.all() == []
    with scene.file.open("a", encoding="utf-8") as file:
        file.write(SWEEP)
    assert scene.type("apply", "--yes").code == 0
    assert scene.type("destroy", "--yes").code == 0
    assert scene.chain.leftovers() == []


def test_a_template_leaves_it_to_apply(scene: Scene) -> None:
    rendered = scene.type("render", "--format", "arm").out
    left = json.loads(rendered)["metadata"]["lockstep"]["notInTemplate"]
    assert {f"schedule {NAME}", f"job schedule {NAME}"} <= set(left)
    assert "schedules" not in json.dumps(json.loads(rendered)["resources"])
