"""Walks a Plan through a Writer: catalogs side by side, the changes of one catalog in order up to its first failure.

Before each change its target is read again: what was done by somebody else, or by a run that was killed, is seen and
not done twice. Nothing is undone; whatever happens, running the command again continues where this one stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeAlias

from provision import report, side_by_side
from provision.change import Change
from provision.errors import ProvisionError, ServiceRefusal
from provision.kinds import KINDS
from provision.kinds.kind import Kind
from provision.lanes import Lane, Lanes, lanes
from provision.listed_catalogs import Reader
from provision.plan import Plan
from provision.reference import resolve, unresolved
from provision.resource import Address, Json, Request
from provision.tally import Tally

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
    """Who is told how it goes, by several threads at once."""

    def say(self, text: str) -> None:
        """One line that stays."""
        ...

    def activity(self, title: str) -> AbstractContextManager[Tell]:
        """While one thing is done, perhaps beside others."""
        ...


class Stopped(ProvisionError):
    """An apply that did not reach its end; the text says per catalog what was done, what failed and was not tried."""


def apply(  # noqa: PLR0913 - the last two have their defaults
    plan: Plan,
    reader: Reader,
    writer: Writer,
    audience: Audience,
    *,
    pause: Callable[[float], None] | None = None,
    parallel: int = side_by_side.DEFAULT,
) -> None:
    """Makes every change of the plan, those of at most `parallel` catalogs at once.

    A failure ends its catalog only. A failure in what serves the whole environment ends all that comes after it; what
    is deleted there is only tried when every catalog is done. `pause` waits so many seconds.

    Raises:
        Stopped: something failed.
        KeyboardInterrupt: after what ran then has ended, and the audience was told what was done and what was not.
    """
    made, tally, stop = lanes(plan), Tally(len(plan.changes)), threading.Event()
    run = _Run(plan, reader, writer, pause or partial(_wait, stop))
    try:
        _walk(made, partial(_walked, run, tally, audience, stop), parallel, stop)
    except KeyboardInterrupt:
        audience.say(f"interrupted: {tally.account(tuple(made.every()))}")
        raise
    except Exception:
        audience.say(f"ended by a fault of Lockstep: {tally.account(tuple(made.every()))}")
        raise
    if not tally.complete:
        raise Stopped(tally.account(tuple(made.every()))) from tally.cause


def _walk(made: Lanes, walked: Callable[[Lane], bool], parallel: int, stop: threading.Event) -> None:
    for stage in ((made.before,), made.catalogs, (made.after,)):
        tasks = [partial(walked, lane) for lane in stage]
        if not all(side_by_side.side_by_side(tasks, parallel, stop=stop)):
            return


def _walked(run: _Run, tally: Tally, audience: Audience, stop: threading.Event, lane: Lane) -> bool:
    """Makes the changes of one lane up to the first that fails; whether all are made."""
    for change in lane.changes:
        if stop.is_set():
            return False
        try:
            with audience.activity(f"{lane.name}: {change}") as tell:
                run.make(change, tell)
        except ProvisionError as error:
            tally.failed(change, error)
            audience.say(f"{lane.name}: stopped at {change}")
            return False
        audience.say(f"{tally.done(change)} {lane.name}: {report.PAST[change.action]} {change.resource.address}")
    return True


def _wait(stop: threading.Event, seconds: float) -> None:
    """Waits, but not on when somebody has pressed Ctrl-C.

    Raises:
        ProvisionError: somebody has.
    """
    if stop.wait(seconds):
        raise ProvisionError("interrupted while waiting for the service. Run the same command again.")


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
