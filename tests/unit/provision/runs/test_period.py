"""A time to look back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provision.runs import period


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("24h", 86400), (" 7D ", 7 * 86400), ("90d", 90 * 86400)]
)
def test_a_period_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert period.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1.5h", "1w", "0h", "PT24H", "٣h", "9999999s"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="write 30m, 24h or 7d"):
        period.parse(text)


def test_nothing_is_kept_longer_than_ninety_days() -> None:
    with pytest.raises(ValueError, match="90 days"):
        period.parse("91d")
