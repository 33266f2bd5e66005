"""Asking portals as somebody does who only wants to know: what stands in a source file or may come into one.

Politely, like a run: robots.txt first, hosts side by side, one request at a time to each and its delay between two.
Nothing is stored and no condition is sent, so that every answer is a whole one.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from config.sources import FeedSpec, Source
from tasks.discover.polling import ACCEPT
from tasks.discover.reading import Read, read
from tasks.fetch.robots import Robots, crawl_delay_s, fetch_robots, refusal
from tasks.model import Feed, FeedKind, Get, Response
from tasks.outcome import Failure, Reason, Stage
from tasks.spacing import Slots
from tasks.text import inflate
from tasks.urls import host_key

# Whether a sitemap is stale is to be seen, so that nothing in it is too old.
_EVER = timedelta(days=36_500)
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a source wants to be asked: `headers` without the user agent."""

    user_agent: str
    delay: timedelta
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one question: `robots` is the verdict for the address (allowed, no_rules, disallowed, unknown)."""

    url: str
    answer: Response | Failure
    robots: str

    @property
    def status(self) -> int | None:
        """The HTTP status, None where there was no answer."""
        return self.answer.status


@dataclass(slots=True)
class _Host:
    """A host that is asked: its rules once they are known, or its trouble; its rhythm, and whose turn it is."""

    slots: Slots
    robots: Robots | None = None
    trouble: Failure | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Prober:
    """Asks through `get`, at most `hosts` hosts at a time; what it learns about hosts holds as long as it lives."""

    def __init__(self, get: Get, hosts: int) -> None:
        self._get = get
        self._free = asyncio.Semaphore(hosts)
        self._hosts: dict[str, _Host] = {}
        self.requests = 0

    async def ask(self, url: str, manner: Manner, accept: str = ACCEPT) -> Told:
        """The answer of `url`, or why there is none: robots.txt may forbid it, the host may be away."""
        try:
            host = self._host(url)
        except ValueError as error:
            return Told(url, Failure(Stage.FETCH, Reason.BAD_URL, str(error)), "unknown")
        async with host.turn:
            robots = await self._rules(host, url, manner)
            no = refusal(robots, manner.user_agent, url)
            if no is not None:
                return _refused(url, no, host.trouble)
            headers = {"Accept": accept} | dict(manner.headers) | {"User-Agent": manner.user_agent}
            answer = await self._asked(host, manner, url, headers)
            return Told(url, answer, "allowed" if robots.body else "no_rules")

    async def robots(self, url: str, manner: Manner) -> Robots:
        """The rules of the host of `url`, an address that was asked for before or can be; asked once."""
        host = self._host(url)
        async with host.turn:
            return await self._rules(host, url, manner)

    def _host(self, url: str) -> _Host:
        return self._hosts.setdefault(host_key(url), _Host(Slots(0.0, 0.0)))

    async def _rules(self, host: _Host, url: str, manner: Manner) -> Robots:
        if host.robots is None:

            async def get(address: str, headers: Mapping[str, str]) -> Response | Failure:
                return await self._asked(host, manner, address, dict(headers) | {"User-Agent": manner.user_agent})

            host.robots, answer = await fetch_robots(url, get, datetime.now(UTC))
            host.trouble = answer if isinstance(answer, Failure) else None
            host.slots.slow_down(crawl_delay_s(host.robots, manner.user_agent))
        return host.robots

    async def _asked(self, host: _Host, manner: Manner, url: str, headers: Mapping[str, str]) -> Response | Failure:
        """One request, in its turn; the caller holds the host's."""
        host.slots.slow_down(manner.delay.total_seconds())
        await host.slots.take(_NEVER)
        async with self._free:
            self.requests += 1
            return await self._get(url, headers)


def _refused(url: str, no: Failure, trouble: Failure | None) -> Told:
    """What is told of an address that was not asked for; where the host is in trouble, what the trouble is."""
    if no.reason is Reason.ROBOTS or trouble is None:
        return Told(url, no, "disallowed" if no.reason is Reason.ROBOTS else "unknown")
    return Told(url, replace(trouble, detail=f"{no.detail}: {trouble.detail}", status=None), "unknown")


def body_of(answer: Response, max_bytes: int) -> bytes | Failure:
    """The body of an answer, inflated to at most `max_bytes`."""
    body = inflate(answer.body, answer.headers.get("content-encoding"), max_bytes)
    if isinstance(body, Reason):
        detail = f"{len(answer.body)} bytes do not inflate within {max_bytes}"
        return Failure(Stage.DISCOVER, body, detail, answer.status)
    return body


def read_answer(answer: Response, feed: Feed, max_bytes: int) -> Read:
    """What an answer says, read as a run would read it, but for the age of what it lists: see `as_feed`."""
    body = body_of(answer, max_bytes)
    return body if isinstance(body, Failure) else read(body, answer, feed)


def as_feed(url: str, kind: FeedKind, zone: str, source: Source | None = None, spec: FeedSpec | None = None) -> Feed:
    """A feed to be read once, as its source describes it where it has one; old entries count too."""
    return Feed(
        id=0,
        source_id=0,
        source=source.slug if source else "",
        url=url,
        time_zone=zone,
        every=timedelta(0),
        kind=kind,
        selectors=asdict(spec.selectors) if spec and spec.selectors else None,
        look_back=_EVER,
        ignore_zone=bool(spec and spec.ignore_zone),
        partners=source.partners if source else (),
    )
