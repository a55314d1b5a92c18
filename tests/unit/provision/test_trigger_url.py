from __future__ import annotations

import pytest

from provision.trigger_url import same, unsigned

PLAIN = "https://prod-1.westeurope.logic.azure.com:443/workflows/ab/triggers/manual/paths/invoke?api-version=2016-10-01"


def test_the_signature_is_taken_away_and_nothing_else() -> None:
    assert unsigned(f"{PLAIN}&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=SECRET") == PLAIN


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (PLAIN, True),
        (PLAIN.replace(":443", ""), True),
        (PLAIN.replace("prod-1", "PROD-1"), True),
        (f"{PLAIN}&sig=x", True),
        (PLAIN.replace("/ab/", "/cd/"), False),
        (PLAIN.replace("2016-10-01", "2019-05-01"), False),
        (PLAIN.replace("prod-1", "prod-2"), False),
        (PLAIN.replace(":443", ":8443"), False),
    ],
)
def test_addresses_are_the_same_whatever_their_spelling(other: str, *, equal: bool) -> None:
    assert same(PLAIN, other) is equal
