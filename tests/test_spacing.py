"""The distance between requests to one host, on a clock that jumps: start times are exact and cost no time."""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf

import pytest
from fakes import VirtualLoop, run
from hypothesis import given
from hypothesis import strategies as st

from tasks.spacing import Slots, visit


class Log:
    """Work that takes `seconds` and remembers when it started and how many of it ran at the same time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self.starts: list[float] = []
        self.running = 0
        self.peak = 0

    async def work(self, job: int) -> str:
        """An answer, later."""
        self.starts.append(round(asyncio.get_running_loop().time(), 6))
        self.running += 1
        self.peak = max(self.peak, self.running)
        await asyncio.sleep(self._seconds)
        self.running -= 1
        return f"answer {job}"


def visited(jobs: int, slots: Slots, log: Log, *, concurrency: int = 1, stop_at: float = inf) -> list[tuple[int, str]]:
    """What a visit of so many jobs brings."""
    return run(visit(range(jobs), log.work, slots, concurrency=concurrency, stop_at=stop_at), VirtualLoop)


def test_jobs_are_done_in_order_with_their_answers() -> None:
    assert visited(3, Slots(1, 0), Log()) == [(0, "answer 0"), (1, "answer 1"), (2, "answer 2")]


def test_starts_have_their_distance() -> None:
    log = Log(seconds=0.2)
    visited(4, Slots(1, 0), log)
    assert log.starts == [0, 1, 2, 3]


def test_a_slow_host_is_not_asked_again_before_it_has_answered() -> None:
    log = Log(seconds=5)
    visited(3, Slots(1, 0), log)
    assert log.starts == [0, 5, 10]
    assert log.peak == 1


def test_with_more_concurrency_requests_overlap_and_keep_their_distance() -> None:
    log = Log(seconds=5)
    visited(5, Slots(1, 0), log, concurrency=3)
    assert log.starts == [0, 1, 2, 5, 6]
    assert log.peak == 3


def test_without_a_distance_concurrency_is_the_limit() -> None:
    log = Log(seconds=1)
    visited(10, Slots(0, 0), log, concurrency=4)
    assert log.peak == 4
    assert log.starts == [0] * 4 + [1] * 4 + [2] * 2


@given(
    st.integers(0, 12),
    st.floats(0, 10),
    st.floats(0, 30),
    st.integers(1, 5),
    st.floats(0, 60) | st.just(inf),
    st.floats(0, 20),
)
def test_whatever_the_plan_distance_concurrency_and_end_hold(
    jobs: int, delay: float, first: float, concurrency: int, stop_at: float, seconds: float
) -> None:
    log = Log(seconds)
    done = visited(jobs, Slots(delay, first), log, concurrency=concurrency, stop_at=stop_at)
    assert sorted(job for job, _ in done) == list(range(len(done)))
    assert len(done) == len(log.starts)
    assert len(done) == jobs or stop_at < inf
    assert log.peak <= concurrency
    assert all(later - earlier >= delay - 1e-5 for earlier, later in zip(log.starts, log.starts[1:], strict=False))
    assert all(first - 1e-5 <= start < stop_at + 1e-5 for start in log.starts)


def test_jobs_whose_time_lies_beyond_the_end_are_left_undone_and_not_waited_for() -> None:
    async def scenario() -> tuple[int, float]:
        done = await visit(range(9), Log().work, Slots(1, 0), concurrency=2, stop_at=2.5)
        return len(done), asyncio.get_running_loop().time()

    assert run(scenario(), VirtualLoop) == (3, 2)


def test_what_has_started_is_finished_after_the_end() -> None:
    assert visited(5, Slots(1, 0), Log(seconds=10), concurrency=2, stop_at=1.5) == [(0, "answer 0"), (1, "answer 1")]


@pytest.mark.parametrize("stop_at", [0.0, 5.0])
def test_a_host_whose_time_has_not_come_is_not_asked(stop_at: float) -> None:
    assert visited(3, Slots(1, 5), Log(), stop_at=stop_at) == []


def postponing(slots: Slots, at_job: int, seconds: float, log: Log) -> Callable[[int], Awaitable[str]]:
    """Work that finds out, at one job, that the host wants a pause."""

    async def work(job: int) -> str:
        answer = await log.work(job)
        if job == at_job:
            slots.postpone(seconds)
        return answer

    return work


def test_a_pause_holds_for_all_that_has_not_started() -> None:
    async def scenario() -> list[float]:
        slots, log = Slots(1, 0), Log(seconds=0.5)
        await visit(range(4), postponing(slots, 1, 10, log), slots, concurrency=2, stop_at=inf)
        return log.starts

    assert run(scenario(), VirtualLoop) == [0, 1, 11.5, 12.5]


def test_a_long_pause_ends_the_visit_at_once() -> None:
    async def scenario() -> tuple[list[float], float]:
        slots, log = Slots(1, 0), Log(seconds=0.5)
        await visit(range(9), postponing(slots, 1, 86_400, log), slots, concurrency=3, stop_at=20)
        return log.starts, asyncio.get_running_loop().time()

    starts, end = run(scenario(), VirtualLoop)
    assert starts == [0, 1]
    assert end <= 2


def test_a_pause_never_brings_a_start_nearer() -> None:
    async def scenario() -> float:
        slots = Slots(1, 100)
        slots.postpone(5)
        return slots.next_start

    assert run(scenario(), VirtualLoop) == 100


def test_slowing_down_counts_from_the_last_start() -> None:
    async def scenario() -> list[float]:
        slots, starts = Slots(1, 0), []
        for delay in (5, 2, 2):
            assert await slots.take(inf)
            starts.append(asyncio.get_running_loop().time())
            slots.slow_down(delay)
        return starts

    assert run(scenario(), VirtualLoop) == [0, 5, 10]


def test_an_error_in_the_work_is_not_swallowed() -> None:
    async def broken(_job: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        run(visit(range(3), broken, Slots(0, 0), concurrency=2, stop_at=inf), VirtualLoop)
    assert caught.group_contains(ZeroDivisionError)


def test_what_went_out_without_a_slot_is_owed() -> None:
    async def scenario() -> list[float]:
        loop = asyncio.get_running_loop()
        slots, starts = Slots(2, 0), []
        for owed in (0, 3, -1, 0):
            assert await slots.take(100)
            starts.append(loop.time())
            slots.owe(owed)
        return starts

    assert run(scenario(), VirtualLoop) == [0, 2, 10, 12]
