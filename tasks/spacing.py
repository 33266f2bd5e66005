"""Distance between requests to one host: starts are spaced, and at most so many are in flight."""

import asyncio
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

    async def wait(self) -> None:
        """Return when the next request may start, and take that slot."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            if (pause := self.next_start - loop.time()) > 0:
                await asyncio.sleep(pause)
            self.next_start = max(self.next_start, loop.time()) + self.delay_s

    def postpone(self, seconds: float) -> None:
        """No request before `seconds` from now."""
        self.next_start = max(self.next_start, asyncio.get_running_loop().time() + seconds)


async def visit(
    jobs: Sequence[Job],
    work: Callable[[Job], Awaitable[Answer]],
    slots: Slots,
    *,
    concurrency: int,
    stop_at: float,
) -> list[tuple[Job, Answer]]:
    """Do `jobs` of one host in order, spaced by `slots`; jobs whose slot lies beyond `stop_at` are left undone.

    `stop_at` is on the event loop's clock; what has started is finished.
    """
    waiting = iter(jobs)
    done: list[tuple[Job, Answer]] = []
    loop = asyncio.get_running_loop()

    async def worker() -> None:
        while max(loop.time(), slots.next_start) < stop_at and (job := next(waiting, None)) is not None:
            await slots.wait()
            done.append((job, await work(job)))

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, min(concurrency, len(jobs)))):
            group.create_task(worker())
    return done
