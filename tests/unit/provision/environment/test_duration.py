from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.environment.duration import PATTERN, iso, parse

GOOD = [
    ("PT15S", timedelta(seconds=15), "PT15S"),
    ("PT12M", timedelta(minutes=12), "PT12M"),
    ("PT90M", timedelta(minutes=90), "PT1H30M"),
    ("PT1H30M5S", timedelta(hours=1, minutes=30, seconds=5), "PT1H30M5S"),
    ("P2D", timedelta(days=2), "PT48H"),
    ("P1DT12H", timedelta(hours=36), "PT36H"),
    ("PT0S", timedelta(), "PT0S"),
]
BAD = [
    "",
    "P",
    "PT",
    "P1DT",
    "15M",
    "PT15",
    "PT1.5S",
    "P1M",
    "P1Y",
    "P1W",
    "-PT5M",
    "pt5m",
    "PT5M ",
    "PT5S3M",
    "PT\u0665M",
]


@pytest.mark.parametrize(("text", "duration", "shortest"), GOOD)
def test_a_duration_is_read_and_written(text: str, duration: timedelta, shortest: str) -> None:
    assert parse(text) == duration
    assert iso(duration) == shortest
    assert re.match(PATTERN, text)


@pytest.mark.parametrize("text", BAD)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="PT1H30M"):
        parse(text)


@given(st.integers(min_value=0, max_value=14 * 24 * 3600))
def test_what_is_written_reads_as_the_same(seconds: int) -> None:
    assert parse(iso(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
