from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from provision.sandbox.clock import Clock


@pytest.mark.parametrize(("speed", "seconds", "real"), [(1, 15, 15.0), (60, 15, 0.25), (0.5, 3, 6.0), (60, -4, 0.0)])
def test_waiting_is_divided_by_the_speed(speed: float, seconds: float, real: float) -> None:
    assert Clock(speed).scale(seconds) == pytest.approx(real)


def test_sleep_takes_the_scaled_time() -> None:
    before = time.monotonic()
    Clock(100).sleep(3)
    assert 0.03 <= time.monotonic() - before < 1


def test_dates_stay_real_and_utc() -> None:
    now = Clock(1000).now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_that_stands_still_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Clock(speed)
