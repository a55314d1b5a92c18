"""What ran, how it fares, and repeating what failed: the CLI against one sandbox."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.faults import Fault
from tests.end_to_end.scene import Scene

ANALYST, MANAGER = seed.CATALOGS[0].packages
ADA, NORA = seed.USERS[0], seed.USERS[5]
WAITED = 30.0


@pytest.fixture
def deployed(scene: Scene) -> Scene:
    """Everything is deployed, and Entra waits so long (a minute here) that a person can act meanwhile."""
    scene.change("launch_and_wait_minutes: 15", "launch_and_wait_minutes: 240")
    assert scene.type("apply", "--yes").code == 0
    return scene


def _runs(scene: Scene, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(scene.type("runs", "--json", *options).out)["runs"]
    return found


@contextmanager
def _failing(scene: Scene) -> Iterator[tuple[dict[str, Any], Future[dict[str, Any]]]]:
    """A grant whose job has failed and for whose answer Entra still waits: the run, and the request's end."""
    with ThreadPoolExecutor(1) as requester:
        request = requester.submit(scene.chain.grant, NORA.account, ANALYST.name)
        deadline = time.monotonic() + WAITED
        while not (found := _runs(scene, "--failed")):
            assert time.monotonic() < deadline
        yield found[0], request


def _replayed(scene: Scene, *arguments: str, code: int = 0) -> dict[str, Any]:
    typed = scene.type("replay", *arguments, "--yes", "--json")
    assert typed.code == code, typed
    told: dict[str, Any] = json.loads(typed.out)
    return told


def test_what_ran_is_told_from_the_run_to_the_request(deployed: Scene) -> None:
    request = deployed.chain.grant(ADA.account, ANALYST.name)
    deployed.chain.remove(ADA.account, ANALYST.name)

    typed, told = deployed.type("runs", "--catalog", "Finance"), _runs(deployed)
    (callout,) = [callout for callout in request["callouts"] if callout["run"]]

    assert [run["event"] for run in told] == ["removed", "granted"]
    assert told[1]["run"] == callout["run"]["name"]
    assert told[1]["job"] == {"id": callout["instance"], "status": "Completed"}
    assert told[1]["user"] == {"id": ADA.object_id, "name": f"{ADA.account}@{seed.DNS_DOMAIN}"}
    assert told[1]["package"] == {"id": ANALYST.package_id, "name": ANALYST.name}
    assert told[1]["request"] == {"id": request["request"], "state": "delivered", "status": "Delivered"}
    assert told[1]["added"] == ["Finance_Readers", "Finance_Reports"]
    assert typed.out.count(ANALYST.name) == 2
    assert "connection tests" in typed.err
    assert _runs(deployed, "--failed") == []
    assert len(_runs(deployed, "--limit", "1")) == 1
    assert _runs(deployed, "--catalog", "Engineering") == []


def test_status_follows_what_happens(scene: Scene) -> None:
    def fares() -> list[tuple[str, int, str]]:
        typed = scene.type("status", "--json")
        assert typed.code == 0, typed
        rows = json.loads(typed.out)["catalogs"]
        return [(row["catalog"]["name"], row["bound"], row["health"]) for row in rows[:2]]

    before = fares()
    scene.type("apply", "--yes")
    deployed = fares()
    scene.chain.grant(ADA.account, ANALYST.name)
    used = fares()
    scene.chain.grant(NORA.account, ANALYST.name)
    failed, text = fares(), scene.type("status").out
    scene.type("destroy", "--yes", "--catalog", "Finance")

    assert before == [("Finance", 0, "broken"), ("Engineering", 0, "broken")]
    assert deployed == [("Finance", 2, "never called"), ("Engineering", 2, "never called")]
    assert used == [("Finance", 2, "healthy"), ("Engineering", 2, "never called")]
    assert failed[0] == ("Finance", 2, "failing")
    assert "AD has no account" in text
    assert fares() == [("Finance", 0, "broken"), ("Engineering", 2, "never called")]


def test_status_names_what_keeps_everything_from_working(deployed: Scene) -> None:
    deployed.sandbox.silence(silent=True)
    silent = deployed.type("status")
    deployed.change("  - Finance", "  - Sales")
    missing = json.loads(deployed.type("status", "--json").out)["catalogs"]

    assert "are silent since" in silent.out
    assert [row["reason"] for row in missing if row["catalog"]["name"] == "Sales"] == ["no catalogs are called Sales"]


def test_a_failed_callout_is_repeated_while_entra_waits(deployed: Scene) -> None:
    with _failing(deployed) as (failed, request):
        still = _replayed(deployed, failed["run"], code=1)
        deployed.hire(NORA)
        told = _replayed(deployed, failed["run"])
        ended = request.result(WAITED)

    assert "AD has no account" in failed["detail"]
    assert (still["waiting"], still["answered"], still["outcome"]) == (True, False, "pending")
    assert (told["waiting"], told["answered"], told["outcome"]) == (True, True, "done")
    assert told["job"]["id"] not in {failed["job"]["id"], still["job"]["id"]}
    assert told["source"] == "entitlement"
    assert (ended["status"], ended["groups"]["after"]) == ("Delivered", ["Finance_Readers", "Finance_Reports"])


def test_a_callout_that_started_no_job_is_known_to_entra_and_repeated(deployed: Scene) -> None:
    deployed.sandbox.faults.replace([Fault("PUT", re.compile("/jobs/"), 400)])
    with ThreadPoolExecutor(1) as requester:
        request = requester.submit(deployed.chain.grant, ADA.account, ANALYST.name)
        deadline = time.monotonic() + WAITED
        while not (found := _runs(deployed, "--failed")):
            assert time.monotonic() < deadline
        told = _replayed(deployed, found[0]["run"])
        ended = request.result(WAITED)

    assert (found[0]["job"], found[0]["user"]["id"], found[0]["package"]["name"]) == (None, ADA.object_id, ANALYST.name)
    assert "the job could not be started (answer 400)" in found[0]["detail"]
    assert (told["source"], told["answered"], told["outcome"]) == ("entitlement", True, "done")
    assert ended["status"] == "Delivered"


def test_a_failed_callout_can_be_named_by_its_job(deployed: Scene) -> None:
    with _failing(deployed) as (failed, request):
        deployed.hire(NORA)
        told = _replayed(deployed, failed["job"]["id"])
        ended = request.result(WAITED)

    assert (told["answered"], told["original"]["run"]) == (True, None)
    assert ended["status"] == "Delivered"


def test_without_the_permission_to_answer_the_groups_are_right_and_entra_still_waits(deployed: Scene) -> None:
    with _failing(deployed) as (failed, request):
        deployed.hire(NORA)
        deployed.permit("EntitlementManagement.Read.All")
        typed = deployed.type("replay", failed["run"], "--yes")
        groups = deployed.chain.groups(NORA.account)
        deployed.permit("EntitlementManagement.ReadWrite.All")
        told = _replayed(deployed, failed["run"])
        ended = request.result(WAITED)

    assert typed.code == 1
    assert "the groups are right, but Entra still waits" in typed.err
    assert "EntitlementManagement.ReadWrite.All" in typed.err
    assert groups == ["Finance_Readers", "Finance_Reports"]
    assert (told["outcome"], told["answered"], ended["status"]) == ("nothing_to_do", True, "Delivered")


def test_once_entra_waits_no_more_the_person_is_reconciled_and_nobody_is_told(scene: Scene) -> None:
    assert scene.type("apply", "--yes").code == 0
    request = scene.chain.grant(NORA.account, ANALYST.name)
    scene.hire(NORA)
    scene.join(NORA.account, "Finance_Readers", "Staff_All")
    (failed,) = _runs(scene, "--failed")
    before = [e for e in scene.written() if "/resume" in e[1]]

    told = _replayed(scene, failed["run"])
    text = scene.type("replay", failed["run"], "--yes")

    assert request["status"] == "CallbackTimedOut"
    assert (told["source"], told["waiting"], told["answered"]) == ("reconcile", False, False)
    assert (told["outcome"], told["removed"]) == ("done", ["Finance_Readers"])
    assert scene.chain.groups(NORA.account) == ["Staff_All"]
    assert [e for e in scene.written() if "/resume" in e[1]] == before
    assert (text.err + text.out).count("Entra does not wait for an answer any more") == 1
    assert "Entra was told nothing. If the access is still wanted" in text.out


def test_one_person_is_brought_in_step(deployed: Scene) -> None:
    deployed.chain.grant(ADA.account, ANALYST.name)
    deployed.store.set_members(_group(deployed, "Finance_Reports"), set())
    deployed.join(ADA.account, "Finance_Writers")

    told = _replayed(deployed, "--user", f"{ADA.account}@{seed.DNS_DOMAIN}")
    again = _replayed(deployed, "--user", ADA.object_id)

    assert (told["outcome"], told["added"], told["removed"]) == ("done", ["Finance_Reports"], ["Finance_Writers"])
    assert (again["outcome"], again["well"]) == ("nothing_to_do", True)
    assert deployed.chain.groups(ADA.account) == ["Finance_Readers", "Finance_Reports", "Staff_All"]


def test_what_cannot_be_repeated_is_refused_with_the_way_out(deployed: Scene) -> None:
    deployed.chain.grant(ADA.account, ANALYST.name)
    (run,) = _runs(deployed)
    writes = deployed.written()
    said = {
        (): "give either RUN or --user USER",
        (run["run"], "--user", ADA.object_id): "give either RUN or --user USER",
        (run["run"],): f"did not fail, so there is nothing to repeat.*--user {ADA.object_id}",
        ("../../x",): "is no id of a run or job",
        ("08584061588248945057117593005279CU99",): "has a run",
        (seed.FOREIGN_EXTENSION_ID,): "is neither a job nor a run",
        ("--user", "ada"): "give the object id",
        ("--user", "nobody@lab.example"): "none of those with an access package",
    }

    typed = {arguments: deployed.type("replay", *arguments, "--yes") for arguments in said}
    unasked = deployed.type("replay", "--user", ADA.object_id)

    for arguments, words in said.items():
        assert typed[arguments].code == 1, arguments
        assert _matches(words, typed[arguments].err), typed[arguments].err
    assert (unasked.code, "add --yes" in unasked.err) == (1, True)
    assert deployed.written() == writes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), "write 30m, 24h or 7d"),
        (("--since", "365d"), "90 days"),
        (("--limit", "0"), "greater than or equal to 1"),
        (("--catalog", "Sales"), "Sales is none of them"),
        (("--format", "xml"), "xml"),
    ],
)
def test_what_runs_does_not_understand_is_said(scene: Scene, arguments: tuple[str, ...], said: str) -> None:
    typed = scene.type("runs", *arguments)

    assert (typed.code, said in typed.err) == (1, True), typed


@pytest.mark.parametrize("command", ["status", "runs"])
def test_what_cannot_be_read_is_said(deployed: Scene, command: str) -> None:
    deployed.permit("User.Read.All")

    typed = deployed.type(command, "--json")

    assert (typed.code, typed.out) == (1, "")
    assert "EntitlementManagement.Read" in typed.err


def test_a_runbook_that_is_gone_is_said(deployed: Scene) -> None:
    deployed.sandbox.world.cloud.runbooks.remove("lockstep")

    typed = deployed.type("replay", "--user", ADA.object_id, "--yes")

    assert typed.code == 1
    assert "could not be started" in typed.err
    assert "lockstep apply -e sandbox" in typed.err


def test_new_runs_are_followed_until_somebody_stops_it(deployed: Scene) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("AZURE_")}
    command = [sys.executable, "-m", "provision", "runs", "--follow", "--json", "-e", str(deployed.file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as following:
        assert following.stderr is not None
        assert following.stdout is not None
        while "Reading runs" not in following.stderr.readline():
            pass
        deployed.chain.grant(ADA.account, ANALYST.name)
        line = following.stdout.readline()
        following.send_signal(signal.SIGINT)
        rest, _ = following.communicate(timeout=WAITED)

    assert json.loads(line)["user"]["id"] == ADA.object_id
    assert (rest, following.returncode) == ("", 130)


def _group(scene: Scene, account: str) -> Any:
    found = scene.store.by_account(account)
    assert found is not None
    return found


def _matches(words: str, text: str) -> bool:
    first, _, last = words.partition(".*")
    return first in text and last in text
