"""Everything that Lockstep provisions, one pure module for each kind. No I/O of any sort in this package.

A new kind is a module that satisfies `provision.kinds.kind.Kind`, and a place in `KINDS`.
"""

from __future__ import annotations

from provision.kinds import (
    binding,
    catalog_role,
    extension,
    job_schedule,
    logic_app,
    role_assignment,
    runbook,
    runbook_content,
    schedule,
    task_extension,
    variable,
    workflow_task,
)
from provision.kinds.kind import Kind

KINDS: tuple[Kind, ...] = (
    runbook,
    runbook_content,
    variable,
    schedule,
    job_schedule,
    logic_app,
    role_assignment,
    catalog_role,
    extension,
    binding,
    task_extension,
    workflow_task,
)
"""In the order of creation. Destroying goes backwards: a catalog's Logic App, whose tags tell that something of the
catalog is left, goes last."""
