"""Reading what became of runs: the results of a task, and the runs of a workflow for its users."""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.lifecycle_workflows.entity_types import RESULT, TASK, USER_RESULT
from provision.sandbox.graph.lifecycle_workflows.rights import READ, READ_REPORTS, ROOT
from provision.sandbox.graph.lifecycle_workflows.versions import Versions
from provision.sandbox.graph.lifecycle_workflows.workflows import find
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.service import Answer, Call, Refusal, Route

_WORKFLOW = f"{ROOT}/workflows/{{workflow}}"
_TASK = f"{_WORKFLOW}/tasks/{{task}}"


class Results:
    """Tasks, task processing results and user processing results of workflows."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers, versions: Versions) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._versions = versions

    def routes(self) -> Sequence[Route]:
        """Lists, and the single ones; tasks of older versions are found too, as their results are kept."""
        results = f"{_TASK}/taskProcessingResults"
        return (
            Route("GET", f"{_WORKFLOW}/tasks", self._tasks),
            Route("GET", _TASK, self._task),
            Route("GET", results, self._results),
            Route("GET", f"{results}/{{result}}", self._result),
            Route("GET", f"{_WORKFLOW}/userProcessingResults", self._users),
        )

    def _tasks(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        tasks = self._versions.tasks(find(self._tenant, call.arguments["workflow"]))
        return self._answers.many(call, tasks, options_of(call, TASK, {}))

    def _task(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        return self._answers.one(call, self._found(call), shape_of(call, TASK))

    def _results(self, call: Call) -> Answer:
        self._gate.admit(call, READ_REPORTS)
        filters = {"id": "eq", "processingStatus": "eq", "subject/id": "eq"}
        rows = self._tenant.linked_rows(self._found(call), "taskProcessingResults")
        return self._answers.many(call, rows, options_of(call, RESULT, filters))

    def _result(self, call: Call) -> Answer:
        self._gate.admit(call, READ_REPORTS)
        task, key = self._found(call), call.arguments["result"]
        for row in self._tenant.linked_rows(task, "taskProcessingResults"):
            if row.id == key.lower():
                return self._answers.one(call, row, shape_of(call, RESULT))
        raise Refusal(404, "ResourceNotFound", f"The task '{task.id}' has no processing result '{key}'.")

    def _users(self, call: Call) -> Answer:
        self._gate.admit(call, READ_REPORTS)
        workflow = find(self._tenant, call.arguments["workflow"])
        rows = self._tenant.linked_rows(workflow, "userProcessingResults")
        return self._answers.many(call, rows, options_of(call, USER_RESULT, {"processingStatus": "eq"}))

    def _found(self, call: Call) -> Entity:
        workflow = find(self._tenant, call.arguments["workflow"])
        task = self._versions.all_tasks(workflow).get(call.arguments["task"].lower())
        if task is None:
            raise Refusal(404, "ResourceNotFound", f"The workflow has no task '{call.arguments['task']}'.")
        return task
