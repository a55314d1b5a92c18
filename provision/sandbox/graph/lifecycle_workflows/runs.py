"""A workflow for one user: task after task, each with its result; a custom task extension is called and waited for.

Built-in tasks do nothing here and complete at once. After a failed task without `continueOnError` the others are not
processed. A task that hears nothing in time has failed, as Microsoft documents.
"""

from __future__ import annotations

import time
from typing import Any

from provision.sandbox.clock import Clock
from provision.sandbox.graph.bodies import seconds_of
from provision.sandbox.graph.callout import Callouts, waiting_time
from provision.sandbox.graph.lifecycle_workflows.callout import Occasion
from provision.sandbox.graph.lifecycle_workflows.entity_types import EXTENSION, RESULT, USER_RESULT, WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.versions import Versions, extension_of
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp

OPEN = "inProgress"
_TIMED_OUT = "The custom task extension did not call back in time."
_REPORTED = "The custom task extension reported that it failed."


def end(tenant: Tenant, result: Entity, *, failure: str = "") -> None:
    """Let a task's result end as completed, or as failed with this reason, unless it has ended already."""
    with tenant.changed:
        if tenant.require(RESULT, result.id).values["processingStatus"] == OPEN:
            ended = {"processingStatus": "failed" if failure else "completed", "failureReason": failure or None}
            tenant.update(result, {**ended, "completedDateTime": timestamp()})


def resume(tenant: Tenant, result: Entity, status: str) -> None:
    """End a result that waits, with the status (lower case) that the callback brought."""
    end(tenant, result, failure=_REPORTED if status == "failed" else "")


class Runs:
    """Runs workflows; what became of them is in the tenant."""

    def __init__(
        self, tenant: Tenant, versions: Versions, callouts: Callouts, clock: Clock, settings: GraphSettings
    ) -> None:
        self._tenant = tenant
        self._versions = versions
        self._callouts = callouts
        self._clock = clock
        self._settings = settings

    def begin(self, workflow: Entity, subject: Entity) -> Entity:
        """A new run on demand, of the workflow's version as it is now."""
        with self._tenant.changed:
            tasks = self._versions.tasks(workflow)
            values = {
                "completedDateTime": None,
                "failedTasksCount": 0,
                "processingStatus": OPEN,
                "scheduledDateTime": timestamp(),
                "startedDateTime": timestamp(),
                "totalTasksCount": sum(1 for task in tasks if task.values["isEnabled"]),
                "totalUnprocessedTasksCount": 0,
                "workflowExecutionType": "onDemand",
                "workflowVersion": workflow.values["version"],
                "tasks": tuple(tasks),
            }
            links: dict[str, Any] = {"subject": subject.id, "workflow": workflow.id, "taskProcessingResults": ()}
            return self._tenant.add(USER_RESULT, values, links)

    def carry(self, run: Entity) -> Entity:
        """Carry a run to its end; the run as it is then.

        Raises:
            Refusal: 404 when the sandbox was reset meanwhile.
        """
        stopped = False
        for task in run.values["tasks"]:
            if task.values["isEnabled"] and not stopped:
                failed = self._process(run, task).values["processingStatus"] == "failed"
                stopped = failed and not task.values["continueOnError"]
        with self._tenant.changed:
            results = self.results(run)
            failures = sum(1 for result in results if result.values["processingStatus"] == "failed")
            ended = "failed" if stopped else "completedWithErrors" if failures else "completed"
            counts = {
                "failedTasksCount": failures,
                "totalUnprocessedTasksCount": run.values["totalTasksCount"] - len(results),
            }
            return self._tenant.update(run, {**counts, "processingStatus": ended, "completedDateTime": timestamp()})

    def results(self, run: Entity) -> list[Entity]:
        """The results of the tasks that were processed so far, in their order."""
        return self._tenant.linked_rows(self._tenant.require(USER_RESULT, run.id), "taskProcessingResults")

    def told(self, run: Entity) -> dict[str, Any]:
        """A run as whoever activated it is told; a task without a result is `disabled` or `unprocessed`."""
        run = self._tenant.require(USER_RESULT, run.id)
        workflow = self._tenant.require(WORKFLOW, str(run.links["workflow"]))
        subject = self._tenant.follow(run, "subject")
        results = {str(result.links["task"]): result for result in self.results(run)}
        return {
            "activation": run.id,
            "workflow": {"id": workflow.id, "name": workflow.values["displayName"]},
            "version": run.values["workflowVersion"],
            "user": {"id": subject.id, "name": subject.values["userPrincipalName"]},
            "status": run.values["processingStatus"],
            "tasks": [_told(task, results.get(task.id)) for task in run.values["tasks"]],
        }

    def _process(self, run: Entity, task: Entity) -> Entity:
        values = {
            "completedDateTime": None,
            "createdDateTime": timestamp(),
            "failureReason": None,
            "processingInfo": None,
            "processingStatus": OPEN,
            "startedDateTime": timestamp(),
            "run": "",
            "extension": "",
            "waits": False,
        }
        with self._tenant.changed:
            links = {"subject": str(run.links["subject"]), "task": task.id}
            result = self._tenant.add(RESULT, values, links)
            known = tuple(row.id for row in self.results(run))
            self._tenant.update(run, {}, {"taskProcessingResults": (*known, result.id)})
        key = extension_of(task)
        if key is None:
            end(self._tenant, result)
        else:
            self._run_extension(run, task, result, self._tenant.get(EXTENSION, key))
        return self._tenant.require(RESULT, result.id)

    def _run_extension(self, run: Entity, task: Entity, result: Entity, extension: Entity | None) -> None:
        if extension is None:
            end(self._tenant, result, failure="The custom task extension does not exist any more.")
            return
        duration = waiting_time(extension.values)
        # The callback may come before the callout's own answer, so what it needs must be known before it is sent.
        self._tenant.update(result, {"extension": extension.id, "waits": duration is not None})
        delivery = self._callouts.send(
            extension.values,
            Occasion(
                workflow=self._tenant.require(WORKFLOW, str(run.links["workflow"])),
                version=int(run.values["workflowVersion"]),
                task=task,
                result=result,
                subject=self._tenant.follow(run, "subject"),
                waits=duration is not None,
                version_name=self._settings.workflow_version_name,
            ).payload(),
        )
        self._tenant.update(result, {"run": delivery.run})
        if delivery.reason:
            end(self._tenant, result, failure=delivery.reason)
        elif duration is None:
            end(self._tenant, result)
        else:
            self._await(result, time.monotonic() + self._clock.scale(seconds_of(duration)))

    def _await(self, result: Entity, deadline: float) -> None:
        with self._tenant.changed:
            while self._tenant.require(RESULT, result.id).values["processingStatus"] == OPEN:
                left = deadline - time.monotonic()
                if left <= 0:
                    end(self._tenant, result, failure=_TIMED_OUT)
                    return
                self._tenant.changed.wait(left)


def _told(task: Entity, result: Entity | None) -> dict[str, Any]:
    told = {"task": task.id, "name": task.values["displayName"], "sequence": task.values["executionSequence"]}
    if result is None:
        status = "unprocessed" if task.values["isEnabled"] else "disabled"
        return {**told, "instance": "", "status": status, "failure": "", "run": ""}
    found = result.values
    failure = found["failureReason"] or ""
    return {**told, "instance": result.id, "status": found["processingStatus"], "failure": failure, "run": found["run"]}
