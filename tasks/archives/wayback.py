"""The past of a source from a web archive: what it captured of the portal, and when; the captures are asked later."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tasks.archives.addresses import as_a_stranger
from tasks.archives.asking import MAX_BYTES, request_of
from tasks.archives.capture_listing import CaptureListing
from tasks.archives.cdx import Captures, captured_at_of, index_of, original_of, read_captures, spans
from tasks.archives.stretches import wanted_of
from tasks.model import Get, Response
from tasks.outcome import Failure, Kind, Reason, Stage
from tasks.past import Announced, ArchiveRequest, Days, Past
from tasks.spacing import Slots
from tasks.text import inflate

__all__ = ["WaybackArchive", "captured_at_of", "original_of"]

log = logging.getLogger(__name__)

# The Internet Archive's wish is one request at a time with a distance; it shuts out who does not keep it.
LEAST_DELAY = timedelta(seconds=1.5)
FIRST_PAUSE = timedelta(seconds=60)
LONGEST_PAUSES = timedelta(hours=1)
# An answer that takes too long takes too long again; with fewer days it may not.
TRIES = 3
_NEVER = float("inf")
_SHUT_OUT = frozenset({Reason.THROTTLED, Reason.UNREACHABLE})


class WaybackArchive:
    """The captures of a portal that the index at `past.place` lists (None: the Internet Archive's; see `index_of`).

    The day of a candidate is the one in its address, else that of its capture. Whoever shuts us out is left alone for
    a minute, then two, then four, at most an hour in all.
    """

    def __init__(self, past: Past, get: Get, now: datetime) -> None:
        self._index = index_of(past.place, past.homepage)
        self._past = as_a_stranger(past)
        self._get = get
        self._now = now
        self._slots = Slots(max(past.delay, LEAST_DELAY).total_seconds(), 0.0)
        self._pause = FIRST_PAUSE
        self._patience = LONGEST_PAUSES

    async def announced(self) -> AsyncIterator[Announced]:
        """The captures month by month, in pieces of at most 1,000 candidates; single days where a month is too much."""
        wanted = wanted_of(self._past.days)
        waiting = spans(self._past.days)[::-1]
        while waiting:
            days = waiting.pop()
            listing = CaptureListing(self._index, days, wanted, self._now)
            while listing.is_open:
                answer, requests = await self._asked(listing.question)
                if isinstance(answer, Failure):
                    yield listing.missed(answer, requests, may_split=self._patience >= FIRST_PAUSE)
                    continue
                for piece in listing.took(answer, requests):
                    yield piece
            waiting += [Days((day,), days.zone) for day in reversed(listing.to_split)]

    async def _asked(self, url: str) -> tuple[Captures | Failure, tuple[ArchiveRequest, ...]]:
        """What the index answers, after pauses where it wishes for them."""
        requests: list[ArchiveRequest] = []
        while True:
            await self._slots.take(_NEVER)
            answer = await self._get(url, {"Accept": "application/json, */*;q=0.1"} | dict(self._past.headers))
            outcome = await asyncio.to_thread(_read, answer)
            request = request_of(url, answer)
            requests.append(replace(request, failure=outcome) if isinstance(outcome, Failure) else request)
            self._slots.owe(request.requests - 1)
            if not isinstance(outcome, Failure):
                self._pause = FIRST_PAUSE
                return outcome, tuple(requests)
            pause = max(self._pause, outcome.retry_after or timedelta(0))
            if pause > self._patience or not _may_help(outcome, len(requests)):
                return outcome, tuple(requests)
            self._wait(pause, url, outcome)

    def _wait(self, pause: timedelta, url: str, failure: Failure) -> None:
        """No request before the pause is over; the next one is twice as long."""
        self._pause *= 2
        self._patience -= pause
        self._slots.postpone(pause.total_seconds())
        host, seconds = urlsplit(url).netloc, pause.total_seconds()
        log.info("a web archive is left alone host=%s reason=%s seconds=%d", host, failure.reason, seconds)


def _may_help(failure: Failure, tries: int) -> bool:
    """Whether asking again after a pause can help."""
    return failure.reason in _SHUT_OUT or (failure.reason.kind is Kind.TRANSIENT and tries < TRIES)


def _read(answer: Response | Failure) -> Captures | Failure:
    """The captures that an answer lists, or why it lists none."""
    if isinstance(answer, Failure):
        return answer
    body = inflate(answer.body, answer.headers.get("content-encoding"), MAX_BYTES)
    if isinstance(body, Reason):
        detail = f"{len(answer.body)} bytes do not inflate within {MAX_BYTES}"
        return Failure(Stage.DISCOVER, body, detail, answer.status, requests=answer.requests)
    return read_captures(body)
