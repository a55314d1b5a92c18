from __future__ import annotations

import asyncio
import threading

import pytest

from provision.azure.event_loop import EventLoop
from provision.errors import ProvisionError
from provision.side_by_side import side_by_side


async def here() -> int:
    return threading.get_ident()


def test_coroutines_of_many_threads_run_on_one_thread_that_is_none_of_them() -> None:
    loop = EventLoop()

    places = side_by_side([lambda: loop.run(here()) for _ in range(20)], 8)
    loop.close()

    assert len({*places}) == 1
    assert threading.get_ident() not in places


def test_two_threads_wait_at_the_same_time() -> None:
    loop = EventLoop()
    met = asyncio.Barrier(2)

    async def meet() -> str:
        async with asyncio.timeout(20):
            await met.wait()
        return "met"

    assert side_by_side([lambda: loop.run(meet())] * 2, 2) == ["met", "met"]
    loop.close()


def test_an_error_comes_back_to_the_caller() -> None:
    loop = EventLoop()

    async def fails() -> None:
        raise ProvisionError("no")

    with pytest.raises(ProvisionError, match="no"):
        loop.run(fails())
    loop.close()


def test_closing_ends_what_is_under_way_runs_the_last_words_and_takes_nothing_more() -> None:
    loop = EventLoop()
    waiting, said, ended = threading.Event(), [], []

    async def forever() -> None:
        waiting.set()
        await asyncio.sleep(3600)

    async def last() -> None:
        said.append("closed")

    def caller() -> None:
        try:
            loop.run(forever())
        except ProvisionError as error:
            ended.append(str(error))

    thread = threading.Thread(target=caller)
    thread.start()
    assert waiting.wait(20)
    loop.close(last())
    thread.join(20)

    assert said == ["closed"]
    assert ended == ["The connection was closed before the answer came. Run the command again."]
    with pytest.raises(ProvisionError, match="closed already"):
        loop.run(forever())


def test_a_call_that_comes_while_the_loop_closes_is_told_so_and_never_hangs() -> None:
    class Late(EventLoop):
        """Closes between finding out that it runs and taking the coroutine."""

        def _running(self) -> asyncio.AbstractEventLoop:
            loop = super()._running()
            closing.start()
            closing.join(0.2)
            return loop

    loop, ended = Late(), []
    closing = threading.Thread(target=loop.close, daemon=True)

    def caller() -> None:
        try:
            loop.run(here())
        except ProvisionError as error:
            ended.append(str(error))
        else:
            ended.append("done")

    thread = threading.Thread(target=caller, daemon=True)
    thread.start()
    thread.join(20)
    closing.join(20)

    assert len(ended) == 1
    assert not closing.is_alive()


def test_last_words_that_fail_are_told_and_the_thread_ends_all_the_same() -> None:
    before, loop = threading.active_count(), EventLoop()
    loop.run(here())

    async def last() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        loop.close(last())

    assert threading.active_count() == before


def test_a_loop_that_nobody_used_is_closed_without_a_thread() -> None:
    before = threading.active_count()

    async def last() -> None:
        raise AssertionError("there is nothing to close")

    EventLoop().close(last())

    assert threading.active_count() == before
