"""Names of groups and what a job found under them -> the new pins of a lock file, and what is different. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provision.mapping_lock import Pin
from runbook.group_name import GroupName


@dataclass(frozen=True, slots=True)
class Relock:
    """The lock file to be.

    `pins` is all of it. `changed` are pins of a name that was locked to another group, each with the GUID that was;
    `gone` are old pins that no name of the mapping needs. `unknown` are names that are not one group in AD; they keep
    the pin that they had, if any.
    """

    pins: tuple[Pin, ...]
    new: tuple[Pin, ...]
    changed: tuple[tuple[Pin, str], ...]
    gone: tuple[Pin, ...]
    unknown: tuple[GroupName, ...]

    def told(self) -> Iterator[str]:
        """What is different, a line each, for people."""
        for pin in self.new:
            yield f"  + {pin.name}: {pin.guid}"
        for pin, before in self.changed:
            yield f"  ~ {pin.name}: {before} -> {pin.guid}"
        for pin in self.gone:
            yield f"  - {pin.name}: {pin.guid}"

    def document(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "locked": {str(pin.name): pin.guid for pin in self.pins},
            "new": [str(pin.name) for pin in self.new],
            "changed": {str(pin.name): {"before": before, "after": pin.guid} for pin, before in self.changed},
            "gone": [str(pin.name) for pin in self.gone],
            "unknown": [str(name) for name in self.unknown],
        }


def relock(names: Sequence[GroupName], before: Sequence[Pin], found: Mapping[GroupName, str]) -> Relock:
    """Pins `names` to what was `found`, a GUID for each name that is one group."""
    old = {pin.name.comparable: pin for pin in before}
    now = {name.comparable: guid for name, guid in found.items()}
    kept = {key: pin.guid for key, pin in old.items()} | now
    pins = tuple(Pin(name, kept[name.comparable]) for name in names if name.comparable in kept)
    there = [(pin, old.get(pin.name.comparable)) for pin in pins]
    wanted = {name.comparable for name in names}
    return Relock(
        pins=pins,
        new=tuple(pin for pin, was in there if was is None),
        changed=tuple((pin, was.guid) for pin, was in there if was and was.guid != pin.guid),
        gone=tuple(pin for pin in before if pin.name.comparable not in wanted),
        unknown=tuple(name for name in names if name.comparable not in now),
    )
