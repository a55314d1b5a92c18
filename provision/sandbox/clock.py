"""The sandbox's time: dates are real, waiting is not."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Waiting runs `speed` times faster than the service's own: at 60 a wait of 15 s takes 0.25 s.

    Dates on the wire stay real, so that token lifetimes and time stamps mean what they say.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"the speed of the sandbox's clock must be above 0, not {speed}")
        self.speed = speed

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def scale(self, seconds: float) -> float:
        """The real seconds that `seconds` of the service take here."""
        return max(0.0, seconds) / self.speed

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` of the service's time."""
        time.sleep(self.scale(seconds))
