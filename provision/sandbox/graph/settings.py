"""Where Microsoft's own sources disagree or say nothing, the sandbox can be told how Graph behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class GraphSettings:
    """How strict or how late this Graph is; attributes may be changed while it runs."""

    page_size: int = 3
    """Rows in a page of a list without `$top`; small, so that clients have to follow `@odata.nextLink`."""
    callback_duration: Literal["timeoutDuration", "durationBeforeTimeout"] = "timeoutDuration"
    """The name it wants for the waiting time of an extension: that of the metadata, or that of the examples."""
    wrapped_answers: bool = False
    """Answer a created or updated extension as `{"value": {...}}`, as the reference pages show it."""
    connection_test: bool = True
    """Call the Logic App when an extension is created or updated, and refuse the extension when that fails."""
    removed_stage: str = "assignmentRequestRemoved"
    """How the callout spells the stage of a removal; public samples also compare with `AssignmentRemoved`."""
    lagging_assignments: bool = True
    """The list shows a new assignment only after delivery, and a removed one as delivered during its callouts."""
    resume_in_v1: bool = True
    """Whether the documented v1.0 routes of resume exist; without them only those of beta answer."""
    missing_principal_status: Literal[400, 404] = 404
    """What a role assignment to a principal that is unknown, or not replicated yet, is refused with."""
    evolvable_enums: bool = True
    """Answer members that came late (the category `mover`) as `unknownFutureValue` without the Prefer header."""
    authorized_app_key: Literal["id", "appId", "both"] = "both"
    """The name under which a custom task extension wants the client id of an authorised app; no example has one."""
    task_ids_refused: bool = False
    """Whether a task with an id is refused in a new version; otherwise every task gets a new one."""
    versions_hold_extensions: bool = False
    """Whether a task of an older version of a workflow keeps a custom task extension from being deleted."""
    deleted_workflows_hold_extensions: bool = False
    """Whether a task of a deleted workflow, which can be restored, does so."""
    workflow_version_name: Literal["workflowVersion", "workflowVerson"] = "workflowVersion"
    """How the callout of a task spells the version: as the documentation, or as the portal's Logic Apps."""
    callout_timeout: float = 1.0
    """Real seconds a callout waits for its answer where the extension has no `clientConfiguration` (not scaled)."""
    callout_retries: int = 1
    """How often a callout without an answer is sent again where the extension has no `clientConfiguration`."""
