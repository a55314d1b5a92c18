from __future__ import annotations

import _thread
import threading
from functools import partial

import pytest

from provision.side_by_side import side_by_side


def test_results_come_in_the_order_of_the_tasks_whatever_ends_first() -> None:
    second = threading.Event()

    def slow() -> str:
        assert second.wait(20)
        return "slow"

    def quick() -> str:
        second.set()
        return "quick"

    assert side_by_side([slow, quick], 2) == ["slow", "quick"]


def test_one_at_a_time_is_in_order() -> None:
    seen: list[int] = []

    side_by_side([partial(seen.append, number) for number in range(20)], 1)

    assert seen == list(range(20))


def test_nothing_to_do_is_done() -> None:
    assert side_by_side([], 8) == []


def test_never_more_than_the_bound_run_at_once() -> None:
    lock, now, most = threading.Lock(), [0], [0]
    met = threading.Barrier(3, timeout=20)

    def task() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        met.wait()
        with lock:
            now[0] -= 1

    side_by_side([task] * 9, 3)

    assert most == [3]


def test_the_first_failure_in_order_is_raised_and_nothing_more_begins() -> None:
    begun: list[int] = []
    both = threading.Barrier(2, timeout=20)

    def fails(number: int) -> None:
        begun.append(number)
        both.wait()
        raise ValueError(f"task {number}")

    with pytest.raises(ValueError, match="task 0"):
        side_by_side([partial(fails, number) for number in range(6)], 2)

    assert sorted(begun) == [0, 1]


def test_ctrl_c_lets_what_runs_end_and_begins_nothing_more() -> None:
    ended: list[int] = []
    stop = threading.Event()

    def task(number: int) -> None:
        if number == 1:
            _thread.interrupt_main()
            assert stop.wait(20)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        side_by_side([partial(task, number) for number in range(5)], 1, stop=stop)

    assert ended == [0, 1]


def test_ctrl_c_need_not_wait_for_what_only_reads() -> None:
    never, stop = threading.Event(), threading.Event()

    def reads() -> None:
        _thread.interrupt_main()
        never.wait(20)

    with pytest.raises(KeyboardInterrupt):
        side_by_side([reads], 1, stop=stop, wait=False)

    assert stop.is_set()
    never.set()
