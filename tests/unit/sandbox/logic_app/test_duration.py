from __future__ import annotations

import pytest

from provision.sandbox.logic_app.duration import seconds


@pytest.mark.parametrize(
    ("text", "length"),
    [("PT15S", 15), ("PT12M", 720), ("P1DT2H", 93600), ("PT0.5S", 0.5), ("P2W", 1209600), ("PT720S", 720)],
)
def test_a_duration_has_its_seconds(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "15S", "1h", "P1M", "P1Y", "PT-5S", "P1D2H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="PT15S"):
        seconds(text)
