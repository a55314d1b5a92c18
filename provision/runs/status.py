"""How each catalog fares: what is deployed of it, what ran last, and one word on its health with the reason. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from provision.change import Change
from provision.kinds import logic_app
from provision.resource import Owner, Resource
from provision.runs.record import Run

Health: TypeAlias = Literal["healthy", "failing", "never called", "broken", "unknown"]

BOUND: Final = ("policy stages", "workflow task")
"""The kinds that make Entra call: stages of assignment policies, tasks of lifecycle workflows."""


@dataclass(frozen=True, slots=True)
class Served:
    """What Lockstep serves: a catalog, or Lifecycle Workflows; `problem` says why it cannot be found in Entra."""

    id: str
    label: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Recent:
    """What ran lately: the last run that has ended, the last that failed, and whether one goes on."""

    last: Run | None = None
    failed: Run | None = None
    going_on: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is there and what should be. `wanted` is None when no plan can be made, and `trouble` says why.

    `reference` is what `-e` was given, for the commands that are proposed.
    """

    reference: str
    there: Sequence[Resource]
    wanted: Sequence[Resource] | None
    changes: Sequence[Change]
    refusals: Sequence[str]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """One line: `extension` is the one that calls, `bound` of `policies` call it (None: not known)."""

    served: Served
    app: Resource | None
    extension: Resource | None
    bound: int
    policies: int | None
    recent: Recent
    health: Health
    reason: str


def status(served: Served, state: State, recent: Recent) -> Status:
    """How one of them fares."""
    mine = [resource for resource in state.there if resource.address.catalog == served.id]
    wanted = [resource for resource in state.wanted or () if resource.address.catalog == served.id]
    health, reason = _health(served, state, recent)
    return Status(
        served=served,
        app=next((resource for resource in mine if resource.address.kind == logic_app.KIND), None),
        extension=next((resource for resource in mine if resource.address.kind.endswith("extension")), None),
        bound=_bound(mine),
        policies=None if state.wanted is None else _bound(wanted),
        recent=recent,
        health=health,
        reason=reason,
    )


def extension_id(found: Resource) -> str:
    """The id that Graph gave a custom extension."""
    return str((found.answer or {}).get("id") or "")


def is_ours(found: Resource) -> bool:
    """Whether Lockstep made it."""
    return found.owner is Owner.OURS


def _bound(resources: Sequence[Resource]) -> int:
    return sum(resource.address.kind in BOUND for resource in resources)


def _health(served: Served, state: State, recent: Recent) -> tuple[Health, str]:
    if served.problem or state.trouble:
        return "broken", served.problem or state.trouble
    if state.refusals:
        return "broken", state.refusals[0]
    told = f"-e {shlex.quote(state.reference)}"
    pending = [change for change in state.changes if change.resource.address.catalog in {served.id, ""}]
    if pending and not any(resource.address.catalog == served.id for resource in state.there):
        return "broken", f"nothing is deployed yet; `lockstep apply {told}` does it"
    if pending:
        return "broken", f"the plan has changes ({_counted(pending)}); see `lockstep plan {told}`"
    return _lately(recent)


def _lately(recent: Recent) -> tuple[Health, str]:
    last = recent.last
    if last is None and recent.going_on:
        return "unknown", "the first callout goes on"
    if last is None:
        return "never called", "no callout in the last 90 days"
    if last.failed:
        return "failing", last.detail
    if last.outcome or last.job is None:
        return "healthy", last.detail
    return "unknown", last.detail


def _counted(changes: Sequence[Change]) -> str:
    counts: Mapping[str, int] = {
        action: sum(change.action == action for change in changes) for action in ("create", "update", "delete")
    }
    return ", ".join(f"{count} to {action}" for action, count in counts.items() if count)
