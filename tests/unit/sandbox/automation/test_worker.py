from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.automation.job_store import ENDED, Job
from provision.sandbox.automation.runbook_store import Runbook

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure


def publish(azure: Azure, script: str, kind: str = "Python") -> None:
    now = azure.cloud.account.clock.now()
    azure.cloud.runbooks.add(Runbook("lockstep", kind, "", "westeurope", now, now, published=script))


def queue(azure: Azure, name: str = "one", **parameters: str) -> Job:
    now = azure.cloud.account.clock.now()
    job = Job(name, "lockstep", seed.WORKER_GROUP, parameters, "me", now, now)
    azure.cloud.jobs.add(job)
    return job


def finish(job: Job) -> str:
    deadline = time.monotonic() + 30
    while job.status not in ENDED:
        assert time.monotonic() < deadline, f"the job is still {job.status}"
        time.sleep(0.01)
    return job.status


def test_a_job_runs_the_published_runbook_with_its_parameters(azure: Azure) -> None:
    publish(azure, "import sys\nprint('got', sys.argv[1])\n")
    job = queue(azure, envelope="b64.e30=")
    azure.cloud.worker.poll()
    assert finish(job) == "Completed"
    assert job.output() == "got b64.e30="
    assert job.created <= (job.started or job.created) <= (job.ended or job.created)


@pytest.mark.parametrize(
    ("script", "said"),
    [("import sys\nsys.exit(1)\n", ""), ("raise ValueError('boom')\n", "ValueError: boom"), ("(\n", "SyntaxError")],
)
def test_any_other_exit_code_fails_the_job(azure: Azure, script: str, said: str) -> None:
    publish(azure, script)
    job = queue(azure)
    azure.cloud.worker.poll()
    assert finish(job) == "Failed"
    assert said in job.exception


def test_a_poll_picks_four_jobs_oldest_first(azure: Azure) -> None:
    publish(azure, "print(1)\n")
    jobs = [queue(azure, str(number)) for number in range(6)]
    azure.cloud.worker.poll()
    assert [job.status != "New" for job in jobs] == [True] * 4 + [False] * 2
    azure.cloud.worker.poll()
    assert [finish(job) for job in jobs] == ["Completed"] * 6


def test_a_silent_worker_picks_nothing_and_old_jobs_are_suspended(azure: Azure) -> None:
    publish(azure, "print(1)\n")
    azure.cloud.account.groups[seed.WORKER_GROUP].last_seen = azure.cloud.account.clock.now()
    fresh, old = queue(azure, "fresh"), queue(azure, "old")
    old.created -= timedelta(minutes=31)
    azure.cloud.worker.poll()
    assert (fresh.status, old.status) == ("New", "Suspended")
    assert "30 minutes" in old.exception


def test_a_running_job_can_be_stopped(azure: Azure) -> None:
    publish(azure, "import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    job = queue(azure)
    azure.cloud.worker.poll()
    while not job.output():
        time.sleep(0.01)
    azure.cloud.jobs.move(job, "Stopping")
    assert finish(job) == "Stopped"


def test_stopping_the_worker_ends_its_jobs(azure: Azure) -> None:
    publish(azure, "import time\ntime.sleep(600)\n")
    job = queue(azure)
    azure.cloud.worker.start()
    while job.status == "New":
        time.sleep(0.01)
    azure.cloud.worker.stop()
    assert job.status == "Stopped"


def test_only_python_runbooks_run(azure: Azure) -> None:
    publish(azure, "Write-Output 1", "PowerShell")
    job = queue(azure)
    azure.cloud.worker.poll()
    assert finish(job) == "Failed"
    assert "Python runbooks only" in job.exception


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a Python is a shell script")
def test_a_runtime_environment_can_have_its_own_python(azure: Azure, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "special $1"\n')
    python.chmod(0o700)
    publish(azure, "print(1)\n")
    runbook = azure.cloud.runbooks.find("lockstep")
    assert runbook is not None
    runbook.runtime = "Python-3.10"
    azure.cloud.worker._site = replace(azure.cloud.worker._site, pythons={"Python-3.10": str(python)})
    job = queue(azure)
    azure.cloud.worker.poll()
    finish(job)
    assert job.output() == "special -I"


def test_the_identity_of_a_job_ends_with_it_and_its_folder_is_gone(azure: Azure, tmp_path: Path) -> None:
    publish(azure, "import os\nprint(os.environ['IDENTITY_ENDPOINT'], os.environ['IDENTITY_HEADER'])\n")
    job = queue(azure)
    azure.cloud.worker.poll()
    finish(job)
    endpoint, header = job.output().split()
    while (tmp_path / "one").exists():
        time.sleep(0.01)
    answer = azure.send("GET", f"{endpoint}?resource=x", headers={"x-identity-header": header, "metadata": "true"})
    assert answer.status == 401


def test_a_failure_of_the_worker_itself_fails_the_job_and_is_noted(azure: Azure) -> None:
    publish(azure, "print(1)\n")
    runbook = azure.cloud.runbooks.find("lockstep")
    assert runbook is not None
    runbook.published = "\udc80"
    job = queue(azure)
    azure.cloud.worker.poll()
    assert finish(job) == "Failed"
    assert azure.journal.failures()[0].startswith("job one: UnicodeEncodeError")
