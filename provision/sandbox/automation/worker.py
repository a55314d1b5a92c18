"""The hybrid worker: every 30 s it picks up to four jobs of its group and runs their published runbooks.

Source of the numbers: "Run Automation runbooks on a Hybrid Runbook Worker" (polls every 30 s, about four jobs each,
jobs nobody picks for 30 minutes are suspended).
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.sandbox.automation.account import Account
from provision.sandbox.automation.job_store import Job, JobStore
from provision.sandbox.automation.runbook_store import RunbookStore
from provision.sandbox.automation.worker_process import WorkerProcess, command, default_python, environment
from provision.sandbox.journal import Journal
from provision.sandbox.managed_identity import ManagedIdentity

POLL_SECONDS = 30.0
JOBS_PER_POLL = 4
UNPICKED_SECONDS = 1800.0
CHECK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Site:
    """Where a worker is: its work folder, the authority it trusts, the identity endpoint and its address, its Pythons.

    `pythons` maps a runtime environment (`Python-3.10`) to an executable; others run on the sandbox's own Python.
    """

    folder: Path
    ca_file: Path
    base: Callable[[], str]
    identity: ManagedIdentity
    pythons: Mapping[str, str]


class Worker:
    """Runs the jobs of every group of the account, between `start` and `stop`."""

    def __init__(  # noqa: PLR0913, PLR0917 - the last one is for what starts jobs by itself
        self,
        account: Account,
        jobs: JobStore,
        runbooks: RunbookStore,
        site: Site,
        journal: Journal,
        start_due: Callable[[], object] = lambda: None,
    ) -> None:
        self._account = account
        self._jobs = jobs
        self._runbooks = runbooks
        self._site = site
        self._journal = journal
        self._start_due = start_due
        self._halt = threading.Event()
        self._running: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._loop, name="hybrid-worker", daemon=True)

    def start(self) -> None:
        """Begin to poll for jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Stop polling and end every job that runs."""
        self._halt.set()
        if self._thread.is_alive():
            self._thread.join()
        for thread in self._running:
            thread.join()

    def poll(self) -> None:
        """One poll of every group: pick jobs, or suspend those that have waited too long for a silent worker."""
        self._running = [thread for thread in self._running if thread.is_alive()]
        for group in list(self._account.groups.values()):
            waiting = self._jobs.waiting(group.name)
            if group.silent:
                self._suspend_old(waiting)
                continue
            for job in waiting[:JOBS_PER_POLL]:
                if self._jobs.move(job, "Activating", "New"):
                    thread = threading.Thread(target=self._run, args=(job,), name=f"job-{job.name}", daemon=True)
                    self._running.append(thread)
                    thread.start()

    def _loop(self) -> None:
        while not self._halt.wait(self._account.clock.scale(POLL_SECONDS)):
            try:
                self._start_due()
                self.poll()
            except Exception as error:  # noqa: BLE001 - the loop must go on, and the failure be seen
                self._journal.failed("the hybrid worker", error)

    def _suspend_old(self, waiting: list[Job]) -> None:
        limit = self._account.clock.scale(UNPICKED_SECONDS)
        for job in waiting:
            if (self._account.clock.now() - job.created).total_seconds() > limit:
                text = "The job was suspended: no hybrid worker of its group asked for jobs within 30 minutes."
                self._jobs.move(job, "Suspended", "New", exception=text)

    def _run(self, job: Job) -> None:
        folder = self._site.folder / job.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._execute(job, folder)
        except Exception as error:  # noqa: BLE001 - the job must end, and the failure be seen
            self._journal.failed(f"job {job.name}", error)
            self._jobs.move(job, "Failed", exception=f"The worker failed: {error}")
        finally:
            self._site.identity.dismiss(job.name)
            shutil.rmtree(folder, ignore_errors=True)

    def _execute(self, job: Job, folder: Path) -> None:
        runbook = self._runbooks.find(job.runbook)
        if runbook is None or runbook.published is None:
            self._jobs.move(job, "Failed", exception=f"The runbook '{job.runbook}' is no longer published.")
            return
        if not runbook.runbook_type.startswith("Python"):
            text = f"The sandbox's worker runs Python runbooks only, not {runbook.runbook_type}."
            self._jobs.move(job, "Failed", exception=text)
            return
        python = self._site.pythons.get(runbook.runtime) or default_python()
        line = command(python, runbook.published, list(job.parameters.values()), folder)
        variables = environment(folder, self._site.ca_file, self._variables(job))
        process = WorkerProcess(line, folder, variables, lambda to, text: self._jobs.write(job, to, text))
        self._jobs.move(job, "Running", "Activating")
        self._watch(job, process)

    def _variables(self, job: Job) -> dict[str, str]:
        path, header = self._site.identity.admit(job.name)
        endpoint = f"{self._site.base()}{path}"
        return {"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": header, "AUTOMATION_JOB_ID": job.name}

    def _watch(self, job: Job, process: WorkerProcess) -> None:
        while not process.ended(CHECK_SECONDS):
            if self._halt.is_set() or job.status == "Stopping":
                process.stop()
                process.finish()
                self._jobs.move(job, "Stopped")
                return
        code = process.finish()
        errors = "\n".join(record.text for record in job.records if record.stream == "Error")
        if job.status == "Stopping":
            self._jobs.move(job, "Stopped")
        elif code == 0:
            self._jobs.move(job, "Completed")
        else:
            self._jobs.move(job, "Failed", exception=errors[-1000:])
