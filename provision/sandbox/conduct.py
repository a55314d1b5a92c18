"""How the sandbox answers, whatever it answers: how late, and by which clock."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from provision.sandbox.service import Answer, Call

_FAR_AWAY = re.compile(r"/(subscriptions|v1\.0|beta)/", re.IGNORECASE)
"""Where Resource Manager and Graph answer."""


@dataclass(slots=True)
class Conduct:
    """Knobs of the server; attributes may be changed while it runs."""

    latency: float = 0.0
    """Real seconds that every answer of Resource Manager and Graph takes longer; it is not scaled."""
    clock_skew: timedelta = timedelta()
    """How far the `Date` of every answer is ahead of this machine's clock; negative when it is behind."""

    def calm(self) -> None:
        """No latency, no skew."""
        self.latency, self.clock_skew = 0.0, timedelta()

    def delay(self, call: Call) -> None:
        """Let `call` wait for its answer."""
        if self.latency and _FAR_AWAY.match(call.path):
            time.sleep(self.latency)

    def dated(self, answer: Answer) -> Answer:
        """`answer` with the date of a clock that is wrong, when it is to be wrong."""
        if not self.clock_skew:
            return answer
        date = format_datetime(datetime.now(UTC) + self.clock_skew, usegmt=True)
        return replace(answer, headers={**answer.headers, "Date": date})
