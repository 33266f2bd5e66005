"""Asking for articles: hosts side by side, each in its own rhythm, after its robots.txt."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tasks.fetch.hops import is_same_place
from tasks.fetch.patience import Patience
from tasks.fetch.refresh import refresh_target
from tasks.fetch.robots import Robots, Verdict, crawl_delay_s, fetch_robots, permission, refusal
from tasks.model import Moved, Page, Response, Unchanged, Web
from tasks.outcome import Failure, Reason
from tasks.spacing import Slots, visit

ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry to be fetched, with the request headers of its source and, of a known article, its conditions."""

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
    """What came of asking for an entry: the page, that it is the same, where it is now, or why there is none.

    `requests` is how many it took, `robots` what the rules of the host say of its address.
    """

    wanted: Wanted
    outcome: Page | Unchanged | Moved | Failure
    at: datetime
    duration_ms: int
    requests: int = 1
    robots: Verdict = "unknown"


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


@dataclass(slots=True)
class _Host:
    """A visit under way, once its rules are known; after `stop_at` (the loop's clock) no further request starts."""

    visited: Visited
    robots: Robots
    user_agent: str
    web: Web
    slots: Slots
    stop_at: float
    permission: Verdict
    patience: Patience = field(default_factory=Patience)


async def fetch_pages(visits: Sequence[Visit], web: Web, user_agent: str, seconds: float) -> list[Visited]:
    """Visit all hosts at once; after `seconds` no further request starts. In the order of `visits`."""
    stop_at = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_visit_host(visit, web, user_agent, stop_at)) for visit in visits]
    return [task.result() for task in tasks]


async def _visit_host(plan: Visit, web: Web, user_agent: str, stop_at: float) -> Visited:
    loop = asyncio.get_running_loop()
    ahead_s = max(0.0, (plan.not_before - datetime.now(UTC)).total_seconds())
    visited = Visited(plan, plan.robots, plan.not_before)
    delay_s = max(plan.delay.total_seconds(), crawl_delay_s(plan.robots, user_agent) if plan.robots else 0.0)
    slots = Slots(delay_s, loop.time() + ahead_s)
    if plan.wanted and (plan.robots is None or plan.robots.expires_at <= datetime.now(UTC)):
        if not await slots.take(stop_at):
            return visited
        visited.robots, visited.robots_answer = await fetch_robots(plan.wanted[0].url, web.get, datetime.now(UTC))
        slots.slow_down(crawl_delay_s(visited.robots, user_agent))
        slots.owe(visited.robots_answer.requests - 1)
    if visited.robots is not None and visited.robots.is_known:
        await _ask_all(_Host(visited, visited.robots, user_agent, web, slots, stop_at, permission(visited.robots)))
    elif visited.robots is not None:
        # Nobody's fault but the host's: its entries wait without losing an attempt.
        slots.postpone((visited.robots.expires_at - datetime.now(UTC)).total_seconds())
    visited.next_request_at = datetime.now(UTC) + timedelta(seconds=max(0.0, slots.next_start - loop.time()))
    return visited


async def _ask_all(host: _Host) -> None:
    """Ask for what is allowed until the end, or until the host has asked us twice to wait."""
    loop = asyncio.get_running_loop()

    async def ask(wanted: Wanted) -> Answer:
        started = loop.time()
        outcome, requests = await _ask(host, wanted)
        now = loop.time()
        host.slots.postpone(host.patience.pause_s(outcome, started, now))
        return Answer(wanted, outcome, datetime.now(UTC), round((now - started) * 1000), requests, host.permission)

    concurrency = host.visited.visit.concurrency
    done = await visit(_allowed(host), ask, host.slots, concurrency=concurrency, stop_at=host.stop_at)
    host.visited.answers += [answer for _, answer in done]


def _allowed(host: _Host) -> list[Wanted]:
    """What may be asked for; what robots.txt forbids is answered here, without a request."""
    wanted = host.visited.visit.wanted
    judged = [(one, refusal(host.robots, host.user_agent, one.url)) for one in wanted]
    now = datetime.now(UTC)
    host.visited.answers += [Answer(one, no, now, 0, 0, "disallowed") for one, no in judged if no is not None]
    return [one for one, no in judged if no is None]


async def _ask(host: _Host, wanted: Wanted) -> tuple[Page | Unchanged | Moved | Failure, int]:
    """What comes of asking for an entry, and in how many requests."""
    headers = {"Accept": ACCEPT} | dict(wanted.headers)
    answer = await _get(host, wanted.url, headers)
    if isinstance(answer, Response) and (target := refresh_target(answer)):
        answer = await _led_on(host, answer, target, headers)
    return _outcome(answer), answer.requests


async def _get(host: _Host, url: str, headers: Mapping[str, str]) -> Response | Moved | Failure:
    """One question, which has its slot; the redirects on its way are made up for."""
    answer = await host.web.get_here(url, headers)
    host.slots.owe(answer.requests - 1)
    return answer


async def _led_on(host: _Host, first: Response, target: str, headers: Mapping[str, str]) -> Response | Moved | Failure:
    """What comes of following a page's meta refresh, once, under the rules that hold for its host."""
    here = is_same_place(first.final_url, target)
    no = refusal(host.robots, host.user_agent, target) if here else None
    if no is not None:
        return replace(no, requests=first.requests)
    if not here or not await host.slots.take(host.stop_at):
        # On this host, too, where its time is up: the entry comes back with its new address.
        return Moved(first.url, target, first.status, first.requests)
    second = await _get(host, target, headers)
    requests = first.requests + second.requests
    if isinstance(second, Failure):
        return replace(second, requests=requests)
    return replace(second, url=first.url, requests=requests)


def _outcome(answer: Response | Moved | Failure) -> Page | Unchanged | Moved | Failure:
    if isinstance(answer, Failure) and answer.status == NOT_MODIFIED:
        # To a request without conditions: a fault that passes, as an empty answer does.
        return replace(answer, reason=Reason.EMPTY_BODY)
    if isinstance(answer, Moved | Failure):
        return answer
    if answer.status == NOT_MODIFIED:
        return Unchanged(answer.url, answer.final_url, answer.headers, answer.at, answer.duration_ms)
    return page_of(answer)


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
