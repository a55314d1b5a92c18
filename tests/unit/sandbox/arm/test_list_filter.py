from __future__ import annotations

import re

import pytest

from provision.sandbox.arm.list_filter import FilterError, terms_of

FIELDS = {"Status": "text", "StartTime": "time", "properties/runbook/name": "text"}
ROW = {"Status": "Failed", "StartTime": "2026-03-01T08:00:00.0000000Z", "properties/runbook/name": "lock'step"}


def passes(text: str) -> bool:
    return all(term.holds(ROW.get(term.path)) for term in terms_of(text, FIELDS))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("  ", True),
        ("Status eq 'Failed'", True),
        ("status eq 'FAILED'", True),
        ("status eq 'Succeeded'", False),
        ("properties/runbook/name eq 'lock''step'", True),
        ("startTime ge 2026-03-01T08:00:00Z", True),
        ("startTime gt 2026-03-01T08:00:00Z", False),
        ("startTime le '2026-03-01T09:00:00+01:00'", True),
        ("startTime lt 2026-03-01T08:00:00.5Z", True),
        ("startTime eq 2026-03-01T08:00:00Z", True),
        ("status eq 'Failed' and startTime ge 2026-03-01T00:00:00Z", True),
        ("status eq 'Failed' AND startTime ge 2026-03-02T00:00:00Z", False),
    ],
)
def test_rows_pass_that_satisfy_every_comparison(text: str, *, holds: bool) -> None:
    assert passes(text) is holds


def test_a_row_without_the_value_does_not_pass() -> None:
    [term] = terms_of("startTime le 2099-01-01T00:00:00Z", FIELDS)
    assert not term.holds(None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name eq 'x'", "cannot be filtered by 'name', only by Status, StartTime"),
        ("status ne 'Failed'", "takes only eq"),
        ("status eq Failed", "single quotes"),
        ("status eq 'Failed' or status eq 'x'", "something else than 'and'"),
        ("status eq 'Failed' and ", "joins comparisons"),
        ("status eq 'Failed", "cannot be read"),
        ("contains(status,'a')", "cannot be read"),
        ("startTime around 2026-03-01T08:00:00Z", "no comparison"),
        ("startTime ge yesterday", "not 'yesterday'"),
        ("startTime ge 2026-03-01T08:00:00", "not '2026-03-01T08:00:00'"),
        ("startTime ge 2026-03-01T08:00:00 01:00", "not '2026-03-01T08:00:00'"),
    ],
)
def test_anything_else_is_refused_and_named(text: str, said: str) -> None:
    with pytest.raises(FilterError, match=re.escape(said)):
        terms_of(text, FIELDS)
