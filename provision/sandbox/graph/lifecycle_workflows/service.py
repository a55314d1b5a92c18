"""Lifecycle Workflows as one thing: its parts wired together."""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox import seed
from provision.sandbox.clock import Clock
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.callout import Callouts, Sender
from provision.sandbox.graph.lifecycle_workflows.activation import Activation
from provision.sandbox.graph.lifecycle_workflows.definitions import TaskDefinitions
from provision.sandbox.graph.lifecycle_workflows.deleted import DeletedWorkflows
from provision.sandbox.graph.lifecycle_workflows.extensions import TaskExtensions
from provision.sandbox.graph.lifecycle_workflows.results import Results
from provision.sandbox.graph.lifecycle_workflows.resume import TaskResume
from provision.sandbox.graph.lifecycle_workflows.runs import Runs
from provision.sandbox.graph.lifecycle_workflows.seed import populate
from provision.sandbox.graph.lifecycle_workflows.versions import Versions
from provision.sandbox.graph.lifecycle_workflows.workflow_rules import WorkflowRules
from provision.sandbox.graph.lifecycle_workflows.workflows import Workflows
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.service import Route
from provision.sandbox.tokens import TokenAuthority


class LifecycleWorkflows:
    """Workflows, their versions and runs, and custom task extensions; `activation` runs a workflow."""

    def __init__(  # noqa: PLR0913 - all that its parts share
        self,
        tenant: Tenant,
        gate: Gate,
        answers: Answers,
        *,
        authority: TokenAuthority,
        clock: Clock,
        outside: Sender,
        settings: GraphSettings,
    ) -> None:
        self._tenant = tenant
        self._versions = Versions(tenant)
        callouts = Callouts(authority, outside, settings, seed.LIFECYCLE_APP_ID)
        runs = Runs(tenant, self._versions, callouts, clock, settings)
        self.activation = Activation(tenant, gate, runs)
        self._parts = (
            TaskDefinitions(tenant, gate, answers),
            TaskExtensions(tenant, gate, answers, self._versions, settings),
            Workflows(tenant, gate, answers, self._versions, WorkflowRules(tenant, settings)),
            DeletedWorkflows(tenant, gate, answers, self._versions),
            self.activation,
            Results(tenant, gate, answers, self._versions),
            TaskResume(tenant, gate, authority, self._versions, settings),
        )

    def routes(self) -> Sequence[Route]:
        """All of Lifecycle Workflows that is emulated."""
        return tuple(route for part in self._parts for route in part.routes())

    def seed(self) -> None:
        """Fill the empty tenant."""
        populate(self._tenant, self._versions)
