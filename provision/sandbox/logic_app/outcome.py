"""How a group of actions ended, judged at its leaves.

Pure. Source: "Handle errors and exceptions": a leaf that was skipped takes the status of what it was to run after; one
failed leaf fails the group.
"""

from __future__ import annotations

from collections.abc import Callable

from provision.sandbox.logic_app.definition import Action


def summary(actions: tuple[Action, ...], status: Callable[[str], str]) -> str:
    """`Succeeded`, `Failed` or `Cancelled`."""
    by_name = {action.name.lower(): action for action in actions}
    followed = {name.lower() for action in actions for name in action.run_after}

    def ends(action: Action) -> set[str]:
        own = status(action.name)
        if own != "Skipped":
            return {own}
        return {end for name in action.run_after for end in ends(by_name[name.lower()])}

    found = {end for name, action in by_name.items() if name not in followed for end in ends(action)}
    if found & {"Failed", "TimedOut"}:
        return "Failed"
    return "Cancelled" if "Cancelled" in found else "Succeeded"
