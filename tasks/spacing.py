"""Distance between requests to one host: starts are spaced, and at most so many are in flight."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Slots:
    """The start times of requests to one host, on the event loop's clock (seconds)."""

    delay_s: float
    next_start: float
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, stop_at: float) -> bool:
        """Wait for the next start and take it; False, at once, when it lies beyond `stop_at`."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            # Again after each sleep: meanwhile somebody may have put the next start off. No Event could say when.
            while (pause := self.next_start - loop.time()) > 0 and self.next_start < stop_at:  # noqa: ASYNC110
                await asyncio.sleep(pause)
            if pause > 0 or loop.time() >= stop_at:
                return False
            self.next_start = loop.time() + self.delay_s
            return True

    def postpone(self, seconds: float) -> None:
        """No request before `seconds` from now."""
        self.next_start = max(self.next_start, asyncio.get_running_loop().time() + seconds)

    def owe(self, requests: int) -> None:
        """Put the next start off for requests that went out without a slot of their own: redirects."""
        if requests > 0:
            self.next_start = max(self.next_start, asyncio.get_running_loop().time()) + requests * self.delay_s

    def slow_down(self, delay_s: float) -> None:
        """Keep at least `delay_s` between starts, counted from the last one."""
        self.next_start += max(0.0, delay_s - self.delay_s)
        self.delay_s = max(self.delay_s, delay_s)


async def visit(
    jobs: Sequence[Job],
    work: Callable[[Job], Awaitable[Answer]],
    slots: Slots,
    *,
    concurrency: int,
    stop_at: float,
) -> list[tuple[Job, Answer]]:
    """Do `jobs` of one host in order, spaced by `slots`; jobs whose slot lies beyond `stop_at` are left undone.

    `stop_at` is on the event loop's clock; what has started is finished. In the order in which they were done.
    """
    waiting = deque(jobs)
    done: list[tuple[Job, Answer]] = []

    async def worker() -> None:
        while waiting:
            job = waiting.popleft()
            if not await slots.take(stop_at):
                return
            done.append((job, await work(job)))

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, min(concurrency, len(jobs)))):
            group.create_task(worker())
    return done
