"""Asking for articles: hosts side by side, each in its own rhythm, after its robots.txt."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tasks.fetch.robots import Robots, crawl_delay_s, fetch_robots, refusal
from tasks.model import Get, Page, Response
from tasks.outcome import Failure, Reason
from tasks.spacing import Slots, visit

ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
# A host that throttles two addresses is left alone as a whole; one may be the fault of a single route.
THROTTLED_ADDRESSES = 2
DEFAULT_RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry to be fetched, with the request headers of its source."""

    entry_id: int
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a host is asked for: `delay` between starts, `concurrency` in flight, no start before `not_before`."""

    host: str
    wanted: tuple[Wanted, ...]
    delay: timedelta
    concurrency: int
    not_before: datetime
    robots: Robots | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request; `outcome` is the page or the reason why there is none."""

    wanted: Wanted
    outcome: Page | Failure
    at: datetime
    duration_ms: int


@dataclass(slots=True)
class Visited:
    """What a visit brought. Wanted entries without an answer were not asked for: their time had not come.

    `robots` are the rules that hold now, `robots_answer` what they came with where they were asked for.
    """

    visit: Visit
    robots: Robots | None
    next_request_at: datetime
    answers: list[Answer] = field(default_factory=list)
    robots_answer: Response | Failure | None = None


async def fetch_pages(visits: Sequence[Visit], get: Get, user_agent: str, seconds: float) -> list[Visited]:
    """Visit all hosts at once; after `seconds` no further request starts. In the order of `visits`."""
    stop_at = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_visit_host(visit, get, user_agent, stop_at)) for visit in visits]
    return [task.result() for task in tasks]


async def _visit_host(plan: Visit, get: Get, user_agent: str, stop_at: float) -> Visited:
    loop = asyncio.get_running_loop()
    ahead_s = max(0.0, (plan.not_before - datetime.now(UTC)).total_seconds())
    visited = Visited(plan, plan.robots, plan.not_before)
    delay_s = max(plan.delay.total_seconds(), crawl_delay_s(plan.robots, user_agent) if plan.robots else 0.0)
    slots = Slots(delay_s, loop.time() + ahead_s)
    if plan.wanted and (plan.robots is None or plan.robots.expires_at <= datetime.now(UTC)):
        if not await slots.take(stop_at):
            return visited
        visited.robots, visited.robots_answer = await fetch_robots(plan.wanted[0].url, get, datetime.now(UTC))
        slots.slow_down(crawl_delay_s(visited.robots, user_agent))
    if visited.robots is not None and visited.robots.is_known:
        await _ask_all(visited, _allowed(visited, visited.robots, user_agent), slots, get, stop_at)
    elif visited.robots is not None:
        # Nobody's fault but the host's: its entries wait without losing an attempt.
        slots.postpone((visited.robots.expires_at - datetime.now(UTC)).total_seconds())
    visited.next_request_at = datetime.now(UTC) + timedelta(seconds=max(0.0, slots.next_start - loop.time()))
    return visited


def _allowed(visited: Visited, robots: Robots, user_agent: str) -> list[Wanted]:
    """What may be asked for; what robots.txt forbids is answered here, without a request."""
    judged = [(wanted, refusal(robots, user_agent, wanted.url)) for wanted in visited.visit.wanted]
    visited.answers += [Answer(wanted, no, datetime.now(UTC), 0) for wanted, no in judged if no is not None]
    return [wanted for wanted, no in judged if no is None]


async def _ask_all(visited: Visited, allowed: Sequence[Wanted], slots: Slots, get: Get, stop_at: float) -> None:
    """Ask for `allowed` until `stop_at`, or until the host has asked us twice to wait."""
    throttled = 0

    async def ask(wanted: Wanted) -> Answer:
        nonlocal throttled
        answer = await _ask(wanted, get)
        if isinstance(answer.outcome, Failure) and _asks_to_wait(answer.outcome):
            throttled += 1
            if throttled >= THROTTLED_ADDRESSES:
                slots.postpone((answer.outcome.retry_after or DEFAULT_RETRY_AFTER).total_seconds())
        return answer

    done = await visit(allowed, ask, slots, concurrency=visited.visit.concurrency, stop_at=stop_at)
    visited.answers += [answer for _, answer in done]


def _asks_to_wait(failure: Failure) -> bool:
    """429, or a server error that names a time to come back (RFC 9110, 10.2.3)."""
    return failure.reason is Reason.THROTTLED or (
        failure.reason is Reason.SERVER_ERROR and failure.retry_after is not None
    )


async def _ask(wanted: Wanted, get: Get) -> Answer:
    started = asyncio.get_running_loop().time()
    answer = await get(wanted.url, {"Accept": ACCEPT} | dict(wanted.headers))
    outcome = answer if isinstance(answer, Failure) else page_of(answer)
    duration_ms = round((asyncio.get_running_loop().time() - started) * 1000)
    return Answer(wanted, outcome, datetime.now(UTC), duration_ms)


def page_of(answer: Response) -> Page:
    """The page that an answer is, body untouched."""
    return Page(
        url=answer.url,
        final_url=answer.final_url,
        status=answer.status,
        headers=answer.headers,
        content_encoding=answer.headers.get("content-encoding"),
        charset=answer.charset,
        body=answer.body,
        body_sha256=answer.body_sha256,
        fetched_at=answer.at,
        duration_ms=answer.duration_ms,
    )
