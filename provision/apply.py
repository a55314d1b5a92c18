"""Walks a Plan through a Writer, one change after the other, and stops at the first failure.

Before each change its target is read again: what was done by somebody else, or by a run that was killed, is seen and
not done twice. Nothing is undone; whatever happens, running the command again continues where this one stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol, TypeAlias

from provision import report
from provision.change import Change
from provision.errors import ProvisionError, ServiceRefusal
from provision.kinds import KINDS
from provision.kinds.kind import Kind
from provision.listed_catalogs import Reader
from provision.plan import Plan
from provision.reference import resolve, unresolved
from provision.resource import Address, Json, Request

Tell: TypeAlias = Callable[[str], None]
"""Takes what is being waited for now."""

PATIENCE = 240.0
"""Seconds to wait for something that needs time to be known everywhere, such as a new identity."""

THROTTLED = 429
"""The one status which says for certain that the write was not made and may be made later."""

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each new attempt; the last one repeats."""


class Writer(Protocol):
    """The only door to changing anything; a ProvisionError when the change was not made for certain."""

    def send(self, request: Request, tell: Tell) -> Json:
        """Makes one write and gives the service's answer. Deleting what is not there is no failure.

        Raises:
            ServiceRefusal: the service declined.
        """
        ...


class Audience(Protocol):
    """Who is told how it goes."""

    def say(self, text: str) -> None:
        """One line that stays."""
        ...

    def progress(self, title: str) -> AbstractContextManager[Tell]:
        """While one thing is done."""
        ...


class Stopped(ProvisionError):
    """An apply that did not reach its end; the text says what was done, what failed and what was not tried."""


def apply(
    plan: Plan, reader: Reader, writer: Writer, audience: Audience, pause: Callable[[float], None] = time.sleep
) -> None:
    """Makes every change of the plan.

    Raises:
        Stopped: at the first change that failed.
    """
    run = _Run(plan, reader, writer, pause)
    for place, change in enumerate(plan.changes):
        count = f"({place + 1}/{len(plan.changes)})"
        try:
            with audience.progress(f"{count} {change}") as tell:
                run.make(change, tell)
        except ProvisionError as error:
            raise Stopped(_account(plan.changes, place, error)) from error
        audience.say(f"{count} {report.PAST[change.action]} {change.resource.address}")


class _Run:
    """One walk: what the services have answered so far, and how to ask and write."""

    def __init__(self, plan: Plan, reader: Reader, writer: Writer, pause: Callable[[float], None]) -> None:
        self._answers: dict[Address, Json] = {resource.address: resource.answer for resource in plan.found}
        self._targets = {resource.address: resource.target for resource in plan.found}
        self._targets |= {change.resource.address: change.target for change in plan.changes}
        self._kinds: dict[str, Kind] = {kind.KIND: kind for kind in KINDS}
        self._reader = reader
        self._writer = writer
        self._pause = pause

    def make(self, change: Change, tell: Tell) -> None:
        """Reads, decides, writes, checks the answer."""
        kind = self._kinds[change.resource.address.kind]
        change = self._resolved(change, tell)
        request = kind.request(change, self._reader.read(change.target))
        if request is None:
            return
        answer = self._send(kind, request, tell)
        if doubt := kind.doubt(change, answer):
            raise ProvisionError(f"{change.resource.address} was written, but {doubt}. Run the plan again to see it.")
        self._answers[change.resource.address] = answer

    def _resolved(self, change: Change, tell: Tell) -> Change:
        """The change with every Reference replaced; a new resource may take a while to show all of itself."""
        body = resolve(change.resource.body, self._answers)
        waited = 0.0
        for delay in self._delays():
            missing = next(unresolved(body), None)
            if missing is None:
                return replace(change, resource=replace(change.resource, body=body))
            if waited:
                tell(f"waiting for {'.'.join(missing.path)} of {missing.address} ({waited:.0f} s)")
            self._look_again(missing.address)
            body = resolve(change.resource.body, self._answers)
            if next(unresolved(body), None):
                self._pause(delay)
                waited += delay
        missing = next(unresolved(body))
        raise ProvisionError(f"{missing.address} does not show its {'.'.join(missing.path)} after {PATIENCE:.0f} s.")

    def _look_again(self, address: Address) -> None:
        if address not in self._targets:
            raise ProvisionError(
                f"{address} does not exist, and this plan does not create it. Run apply for all of it."
            )
        answer = self._reader.read(self._targets[address])
        if isinstance(answer, dict):
            self._answers[address] = answer

    def _send(self, kind: Kind, request: Request, tell: Tell) -> Json:
        waited = 0.0
        for delay in self._delays():
            try:
                return self._writer.send(request, tell)
            except ServiceRefusal as refusal:
                verdict = "wait" if refusal.status == THROTTLED else kind.verdict(refusal)
                if verdict == "done":
                    return {}
                if verdict == "failed" or waited + delay > PATIENCE:
                    raise
                tell(f"not yet ({refusal.code}); next attempt in {delay:g} s, {waited:.0f} s waited")
                self._pause(delay)
                waited += delay
        raise AssertionError("the delays end after the patience")

    @staticmethod
    def _delays() -> Sequence[float]:
        times = int((PATIENCE - sum(DELAYS)) / DELAYS[-1])
        return (*DELAYS, *[DELAYS[-1]] * (times + 2))


def _account(changes: Sequence[Change], place: int, error: ProvisionError) -> str:
    lines = [f"stopped at {changes[place]}: {error}"]
    if place:
        lines += ["done:", *(f"  {change}" for change in changes[:place])]
    if changes[place + 1 :]:
        lines += ["not tried:", *(f"  {change}" for change in changes[place + 1 :])]
    lines.append("Nothing was undone. When the cause is gone, run the same command again: it continues from here.")
    return "\n".join(lines)
