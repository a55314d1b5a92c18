from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from provision.sandbox.conduct import Conduct
from provision.sandbox.service import Answer, Call


def call(path: str) -> Call:
    return Call("GET", path, {}, {}, {}, b"", "https://x")


def test_a_calm_sandbox_changes_nothing() -> None:
    conduct, answer = Conduct(), Answer(200, "body")
    conduct.delay(call("/v1.0/users/x"))
    assert conduct.dated(answer) is answer


@pytest.mark.parametrize("minutes", [-7, 7])
def test_a_skewed_clock_dates_answers_wrongly(minutes: int) -> None:
    conduct = Conduct(clock_skew=timedelta(minutes=minutes))
    dated = conduct.dated(Answer(200, "body", {"X-Own": "kept"}))
    ahead = parsedate_to_datetime(dated.headers["Date"]) - datetime.now(UTC)
    assert abs(ahead - timedelta(minutes=minutes)) < timedelta(seconds=5)
    assert dated.headers["X-Own"] == "kept"


@pytest.mark.parametrize(
    ("path", "late"),
    [
        ("/subscriptions/x/resourceGroups/y", True),
        ("/v1.0/users/x", True),
        ("/beta/users/x", True),
        ("/sandbox/status", False),
        ("/secrets/ad-bind", False),
        ("/tenant/oauth2/v2.0/token", False),
    ],
)
def test_latency_is_that_of_resource_manager_and_graph(path: str, *, late: bool) -> None:
    began = time.monotonic()
    Conduct(latency=0.02).delay(call(path))
    assert (time.monotonic() - began >= 0.02) or not late


def test_calm_ends_both() -> None:
    conduct = Conduct(latency=5, clock_skew=timedelta(hours=1))
    conduct.calm()
    assert conduct == Conduct()
