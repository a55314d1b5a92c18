"""Lifecycle Workflows: the workflows, the custom task extension, and the task in each workflow. Pure.

Their Logic App is among the Logic Apps, its role among the roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provision import lifecycle_preflight
from provision.doctor import planned
from provision.doctor.check import Check, unknown
from provision.doctor.extension import endpoint_facets
from provision.doctor.facts import WORKFLOWS, Facts
from provision.doctor.planned import Facet
from provision.kinds import task_extension, workflow_task
from provision.resource import LIFECYCLE, Json

AREA: Final = "Lifecycle Workflows"
NEEDS: Final = (WORKFLOWS, "task extensions", "workflows", "workflow", "service principal")
PORTAL: Final = "Entra admin centre > Identity Governance > Lifecycle workflows > Workflows"
EXTENSION: Final = (
    *endpoint_facets("that of Lifecycle Workflows"),
    Facet(
        "authorized application",
        ("authorizedApps",),
        "is the Logic App's identity",
        shown=("callbackConfiguration", "authorizedApps"),
    ),
    Facet("name and mark", ("displayName", "description"), "are as they should be"),
)
TASK: Final = (
    Facet("task", ("tasks[0].isEnabled",), "is enabled"),
    Facet("task calls", ("tasks[0].arguments", "tasks[0].taskDefinitionId"), "the custom task extension"),
    Facet("task continues on error", ("tasks[0].continueOnError",), "as the environment file says"),
)


def checks(facts: Facts) -> Iterator[Check]:
    """Everything that people who join, move and leave depend on; nothing without the section."""
    if facts.environment.lifecycle_workflows is not None:
        yield from _workflows(facts)
    for resource in planned.wanted(facts, task_extension.KIND):
        absent = planned.missing(facts, AREA, str(resource.address), resource, NEEDS)
        yield from [absent] if absent else planned.parts(facts, AREA, resource, EXTENSION)
    for resource in planned.wanted(facts, workflow_task.KIND):
        absent = planned.missing(facts, AREA, str(resource.address), resource, NEEDS)
        yield from [absent] if absent else planned.parts(facts, AREA, resource, TASK)
    if not facts.blocked(*NEEDS):
        for kind in (workflow_task.KIND, task_extension.KIND):
            yield from planned.leftovers(facts, AREA, kind)


def _workflows(facts: Facts) -> Iterator[Check]:
    """The listed workflows: found once, able to hold the task, and running."""
    reason = facts.blocked("workflows", "workflow", "task extensions")
    if reason or facts.inventory is None or facts.inventory.lifecycle is None:
        yield unknown(AREA, "the listed workflows", reason or "nobody was asked for them.", LIFECYCLE)
        return
    for problem in lifecycle_preflight.problems(facts.inventory):
        said, _, fix = problem.partition(". ")
        yield Check(AREA, "the listed workflows", "fail", said, fix, LIFECYCLE)
    wanted = {ids[0] for ids in facts.inventory.lifecycle.matches.values() if len(ids) == 1}
    for answer in facts.inventory.lifecycle.workflows:
        if str(answer["id"]) in wanted:
            yield _running(answer)


def _running(workflow: Mapping[str, Json]) -> Check:
    name = str(workflow["displayName"])
    subject, where = f"workflow {name}", f"{PORTAL} > {name} > Properties"
    if not workflow.get("isEnabled"):
        fix = f"{where} > Enable workflow, when it is meant to run."
        return Check(AREA, subject, "warn", "is disabled, so that it runs for nobody", fix, LIFECYCLE)
    if not workflow.get("isSchedulingEnabled"):
        fix = f"{where} > Enable schedule, when it is meant to run by itself."
        return Check(AREA, subject, "warn", "has no schedule: it runs on demand only", fix, LIFECYCLE)
    return Check(AREA, subject, "ok", "is enabled and scheduled", catalog=LIFECYCLE)
