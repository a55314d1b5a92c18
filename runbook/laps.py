"""How the time of a long job was spent, part by part. Reads the clock; nothing else."""

from __future__ import annotations

from runbook.deadline import Clock


class Laps:
    """Adds up seconds by the name of the part; each part lasts from the end of the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.monotonic()
        self._seconds: dict[str, float] = {}

    def end(self, part: str) -> None:
        """The part ends now; the same part may come again."""
        now = self._clock.monotonic()
        self._seconds[part] = self._seconds.get(part, 0.0) + now - self._last
        self._last = now

    def told(self) -> dict[str, float]:
        """Seconds by part, to the hundredth, in the order in which the parts came."""
        return {part: round(seconds, 2) for part, seconds in self._seconds.items()}
