from __future__ import annotations

import logging

import pytest

from provision.sandbox.journal import LENGTH, Journal


def test_only_the_newest_exchanges_are_kept_and_numbers_go_on() -> None:
    journal = Journal()
    for number in range(LENGTH + 3):
        journal.record("GET", f"/{number}", 200)
    kept = journal.exchanges()
    assert (len(kept), kept[0].n, kept[-1].n, kept[-1].path) == (LENGTH, 4, LENGTH + 3, f"/{LENGTH + 2}")


def test_a_failure_is_one_line_here_and_a_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()
    with caplog.at_level(logging.ERROR):
        journal.failed("GET /x", KeyError("lost"))
    assert journal.failures() == ["GET /x: KeyError: 'lost'"]
    assert caplog.records[0].exc_info is not None


def test_clear_forgets_both() -> None:
    journal = Journal()
    journal.record("GET", "/", 200)
    journal.failed("x", ValueError("y"))
    journal.clear()
    assert (journal.exchanges(), journal.failures()) == ([], [])
