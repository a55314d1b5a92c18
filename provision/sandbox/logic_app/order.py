"""The order in which actions can run, and which ones have surely had their turn before another.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from provision.sandbox.logic_app.definition import Action
from provision.sandbox.logic_app.refusal import invalid


def ordered(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """The actions, nested ones too, so that each stands after those it runs after.

    Raises:
        Refusal: 400 when `runAfter` names nobody, itself, or leads in a circle.
    """
    by_name = {action.name.lower(): action for action in actions}
    for action in actions:
        for name in action.run_after:
            if name.lower() not in by_name or name.lower() == action.name.lower():
                raise invalid(
                    f"{action.path}.runAfter", f"'{name}' is no other action beside it; known are {_names(actions)}"
                )
    result: list[Action] = []
    waiting = list(actions)
    while waiting:
        placed = {action.name.lower() for action in result}
        ready = [action for action in waiting if {name.lower() for name in action.run_after} <= placed]
        if not ready:
            raise invalid(waiting[0].path, f"runAfter leads in a circle: {_names(tuple(waiting))}")
        result += [_inner_ordered(action) for action in ready]
        waiting = [action for action in waiting if action not in ready]
    return tuple(result)


def _inner_ordered(action: Action) -> Action:
    return replace(action, branches={name: ordered(branch) for name, branch in action.branches.items()})


def _names(actions: tuple[Action, ...]) -> str:
    return ", ".join(action.name for action in actions)


def preceding(
    actions: tuple[Action, ...], before: frozenset[str] = frozenset()
) -> Iterator[tuple[Action, frozenset[str]]]:
    """Each action with the names (lower case) of all that have had their turn when it starts."""
    known: dict[str, frozenset[str]] = {}
    for action in actions:
        earlier = before
        for name in action.run_after:
            earlier |= known[name.lower()]
        inner: Mapping[str, tuple[Action, ...]] = action.branches
        known[action.name.lower()] = earlier | _with_inside(action)
        yield action, earlier
        for branch in inner.values():
            yield from preceding(branch, earlier)


def _with_inside(action: Action) -> frozenset[str]:
    return frozenset({action.name.lower(), *(inner.name.lower() for inner in action.inside())})
