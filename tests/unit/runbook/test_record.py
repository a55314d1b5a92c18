from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import ProvisionError
from provision.job_records import records
from runbook.record import Records


def moves(count: int) -> list[dict[str, Any]]:
    """Records that do not pack well."""
    noise = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(count)]
    return [{"kind": "move", "sid": f"S-1-5-21-1-2-3-{n}", "group": noise[n]} for n in range(count)]


def told(*batches: list[dict[str, Any]], room: int = 900 * 1024) -> list[str]:
    lines: list[str] = []
    writer = Records(lines.append, room)
    for batch in batches:
        writer.put(batch)
    writer.close()
    return lines


@pytest.mark.parametrize("newline", ["\n", "\r\n", " "])
@pytest.mark.parametrize("count", [0, 1, 40, 41, 5_000])
def test_records_come_back_in_their_order_whatever_ends_the_lines(count: int, newline: str) -> None:
    lines = ["some words", *told(moves(count)), 'LOCKSTEP-RESULT {"outcome": "done"}']

    assert list(records(newline.join(lines))) == moves(count)


def test_few_are_lines_of_their_own_and_many_are_packed() -> None:
    assert [line.split(" ")[0] for line in told(moves(40))] == ["LOCKSTEP-RECORD"] * 40
    assert [line.split(" ")[0] for line in told(moves(41))] == ["LOCKSTEP-PACKED"]
    in_turn = [line.split(" ")[0] for line in told(moves(30), moves(30), moves(10))]
    assert in_turn == [*["LOCKSTEP-RECORD"] * 30, "LOCKSTEP-PACKED", *["LOCKSTEP-RECORD"] * 10]


def test_no_line_is_long_and_what_has_no_room_is_counted() -> None:
    lines = told(moves(20_000), room=300 * 1024)
    back = list(records("\n".join(lines)))

    assert max(map(len, lines)) <= 60 * 1024
    assert sum(map(len, lines)) <= 301 * 1024
    assert back[-1]["kind"] == "omitted"
    assert len(back) - 1 + int(back[-1]["count"]) == 20_000
    assert len(back) > 1000


def test_omitted_is_told_once_and_only_when_something_was() -> None:
    lines: list[str] = []
    writer = Records(lines.append, room=50)
    writer.put(moves(1))
    writer.close()
    writer.close()

    assert list(records("\n".join(lines))) == [{"kind": "omitted", "count": 1}]
    assert told(moves(1)) == told(moves(1), [])


def test_after_the_first_that_has_no_room_nothing_more_is_told() -> None:
    lines = told(moves(3), [{"kind": "x" * 300}], moves(5), moves(50), room=300)

    assert [each["kind"] for each in records("\n".join(lines))] == ["move", "move", "omitted"]
    assert records(lines[-1])[0]["count"] == 57


def test_records_are_asked_for_a_few_at_a_time() -> None:
    most = alive = 0

    def stream() -> Iterator[dict[str, Any]]:
        nonlocal most, alive
        for record in moves(20_000):
            alive += 1
            most = max(most, alive)
            yield record

    def tell(_: str) -> None:
        nonlocal alive
        alive = 0

    Records(tell, room=10**9).put(stream())

    assert most <= 2_000


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()), max_size=60))
def test_any_text_comes_back(batch: list[dict[str, Any]]) -> None:
    assert list(records("\r\n".join(told(batch)))) == batch


def test_a_name_that_looks_like_a_mark_is_none() -> None:
    batch = [{"who": 'LOCKSTEP-RESULT {"outcome": "done"} LOCKSTEP-RECORD {} LOCKSTEP-PACKED x'}]
    text = "\n".join(told(batch))

    assert list(records(text)) == batch
    assert text.count("LOCKSTEP-RECORD ") == 1
    assert "LOCKSTEP-RESULT " not in text


def packed() -> str:
    (line,) = told(moves(41))
    return line


@pytest.mark.parametrize(
    "damaged",
    [
        packed()[:-30],
        packed()[:-4],
        packed()[:200] + "!" + packed()[201:],
        packed()[:200] + ("A" if packed()[200] != "A" else "B") + packed()[201:],
        "LOCKSTEP-PACKED ",
        "LOCKSTEP-PACKED W10=",
        'LOCKSTEP-RECORD {"kind": "mo',
        "LOCKSTEP-RECORD 12",
        "LOCKSTEP-RECORD ",
    ],
)
def test_a_damaged_record_is_an_error_and_never_left_out(damaged: str) -> None:
    with pytest.raises(ProvisionError, match="cannot be read"):
        list(records(f'{damaged}\nLOCKSTEP-RESULT {{"outcome": "done"}}'))
