"""Waits for somebody who is not in AD yet: joiners arrive in Entra before the synchronisation has come to them.

Reads the clock, through `deadline`; nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from runbook.deadline import Deadline
from runbook.envelope import Envelope
from runbook.outcome import Absent, Pending
from runbook.settings import Settings

_Awaited = TypeVar("_Awaited")
_LOOK_SECONDS = 15.0
_WORK_SECONDS = 30.0  # so much of the time is kept for what comes after the waiting


class Patience:
    """The time that one job waits, all in all: the settings' `account_wait`, and never so long that no time is left."""

    def __init__(self, envelope: Envelope, settings: Settings, deadline: Deadline) -> None:
        self._envelope = envelope
        self._sweep = settings.scheduled_sweep
        self._deadline = deadline
        self._until = max(deadline.remaining() - settings.account_wait, _WORK_SECONDS)

    def found(self, look: Callable[[], _Awaited]) -> _Awaited:
        """What `look` finds, now or after a while.

        Who is removed from an access package is not waited for: there is nothing to give. It is not done either, for
        AD hides accounts from those who may not read them, and Entra may have dropped the link to an account that is
        still in its groups.

        Raises:
            Pending: the person has not come; nothing was changed.
            Absent: the same, of somebody who is removed.
        """
        while True:
            try:
                return look()
            except Absent as absent:  # noqa: PERF203 - once in fifteen seconds
                if self._envelope.event == "removed":
                    raise
                pause = min(_LOOK_SECONDS, self._deadline.remaining() - self._until)
                if pause <= 0:
                    raise Pending(f"{absent}; nothing was changed; {self._way_on()}") from absent
                self._deadline.sleep(pause, "the person to arrive in AD")

    def _way_on(self) -> str:
        if self._sweep:
            return "the next sweep picks it up"
        user, environment = self._envelope.user, self._envelope.environment
        return f"run 'lockstep reconcile --user {user} -e {environment}' when the account is there"
