"""`activate`: a workflow on demand for up to ten users, whatever its scope and trigger say."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from provision.sandbox.graph.lifecycle_workflows.entity_types import USER_RESULT, WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.rights import ACTIVATE, ROOT
from provision.sandbox.graph.lifecycle_workflows.runs import Runs
from provision.sandbox.graph.lifecycle_workflows.workflows import find
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.journal import log
from provision.sandbox.service import Answer, Call, Refusal, Route

LIMIT = 10
"""Users of one run on demand (Microsoft's service limits)."""


class Activation:
    """Starts runs, over Graph and for the sandbox's own requester."""

    def __init__(self, tenant: Tenant, gate: Gate, runs: Runs) -> None:
        self._tenant = tenant
        self._gate = gate
        self._runs = runs

    def routes(self) -> Sequence[Route]:
        """The action under both its names."""
        base = f"{ROOT}/workflows/{{workflow}}"
        names = ("activate", "microsoft.graph.identityGovernance.activate")
        return tuple(Route("POST", f"{base}/{name}", self._activate) for name in names)

    def run(self, workflow: str, subject: Entity) -> dict[str, Any]:
        """Run the workflow with this id or display name for a user and wait until its tasks have ended.

        Raises:
            Refusal: 404 for an unknown workflow, 400 for one that is disabled.
        """
        run = self._begin(self._named(workflow), subject)
        return self._runs.told(self._runs.carry(run))

    def all(self) -> list[dict[str, Any]]:
        """Every run, newest first, each as `run` answers it."""
        return [self._runs.told(row) for row in reversed(self._tenant.rows(USER_RESULT))]

    def _activate(self, call: Call) -> Answer:
        self._gate.admit(call, ACTIVATE)
        workflow = find(self._tenant, call.arguments["workflow"])
        subjects = [self._tenant.require("user", key) for key in _subjects(call)]
        for subject in subjects:
            run = self._begin(workflow, subject)
            threading.Thread(target=self._carry, args=(run,), name=f"activation-{run.id}", daemon=True).start()
        return Answer(204)

    def _begin(self, workflow: Entity, subject: Entity) -> Entity:
        if not workflow.values["isEnabled"]:
            message = f"The workflow '{workflow.values['displayName']}' is disabled and cannot run."
            raise Refusal(400, "WorkflowDisabled", message)
        return self._runs.begin(workflow, subject)

    def _carry(self, run: Entity) -> None:
        try:
            self._runs.carry(run)
        except Refusal as refusal:
            log.info("run %s of a workflow ended early, as the sandbox was reset: %s", run.id, refusal)

    def _named(self, workflow: str) -> Entity:
        wanted = workflow.lower()
        rows = [row for row in self._tenant.rows(WORKFLOW) if not row.values["deletedDateTime"]]
        for row in rows:
            if wanted in {row.id.lower(), row.values["displayName"].lower()}:
                return row
        names = ", ".join(f"'{row.values['displayName']}'" for row in rows)
        message = f"There is no workflow '{workflow}' in the sandbox; there are {names}."
        raise Refusal(404, "ResourceNotFound", message)


def _subjects(call: Call) -> list[str]:
    body = call.json()
    subjects = body.get("subjects") if isinstance(body, dict) and set(body) == {"subjects"} else None
    if not isinstance(subjects, list) or not 1 <= len(subjects) <= LIMIT:
        raise Refusal(400, "BadRequest", f"The body of activate holds subjects, from 1 to {LIMIT} users.")
    keys = [subject.get("id") if isinstance(subject, dict) else None for subject in subjects]
    if not all(isinstance(key, str) and key for key in keys) or len(set(keys)) < len(keys):
        raise Refusal(400, "BadRequest", "Every subject is a user with its id, and none stands twice.")
    return [str(key) for key in keys]
