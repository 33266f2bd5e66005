"""Asking for the documents of an archive: politely spaced, robots.txt obeyed, passing trouble tried again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from tasks.model import Get, Response
from tasks.outcome import Failure, Kind, Reason, Stage
from tasks.past import ArchiveRequest, Past
from tasks.spacing import Slots
from tasks.text import inflate
from tasks.urls import host_key

# Whether robots.txt lets an address be asked.
May = Callable[[str], bool]

TRIES = 3
# In units of the source's delay: 5 s and 20 s where it is one second; who wants more distance gets longer pauses.
PAUSES = (5, 20)
LONGEST_RETRY_AFTER = timedelta(minutes=5)
# sitemaps.org: 50 MB unpacked; one byte more, so that the reader can say that it is too large.
MAX_BYTES = 50 * 1024 * 1024 + 1
# Up to here a thread costs more than inflating does; a bomb of this size ends at 10 MB.
_SMALL_BYTES = 10 * 1024
_NEVER = float("inf")
_UNASKED = Failure(Stage.FETCH, Reason.ROBOTS, "robots.txt disallows it, so that it was not asked for")


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking for a document: the answer with its inflated `body`, or why there is none; each request."""

    answer: Response | Failure
    body: bytes
    requests: tuple[ArchiveRequest, ...]

    def refused(self, failure: Failure) -> "Asked":
        """The same where the body turned out to be useless."""
        requests = (*self.requests[:-1], replace(self.requests[-1], failure=failure)) if self.requests else ()
        return Asked(failure, b"", requests)


def everything(_url: str) -> bool:
    """Permission where somebody else has looked at robots.txt."""
    return True


class Asker:
    """Asks through `get` with the headers of the source, at least its delay between two starts on one host."""

    def __init__(self, past: Past, get: Get, may: May | None) -> None:
        self._past = past
        self._get = get
        self._may = may or everything
        self._slots: dict[str, Slots] = {}

    async def document(self, url: str, accept: str) -> Asked:
        """The document at `url` after at most three tries; what robots.txt disallows is not asked for."""
        try:
            host = host_key(url)
        except ValueError as error:
            return Asked(Failure(Stage.FETCH, Reason.BAD_URL, str(error)), b"", ())
        # RFC 9309, 2.2.2: robots.txt itself is always allowed.
        if urlsplit(url).path != "/robots.txt" and not self._may(url):
            return Asked(_UNASKED, b"", ())
        slots = self._slots.setdefault(host, Slots(self._past.delay.total_seconds(), 0.0))
        requests: list[ArchiveRequest] = []
        for number in range(TRIES):
            await slots.take(_NEVER)
            answer, body = await self._ask(url, accept)
            requests.append(request_of(url, answer))
            slots.owe(requests[-1].requests - 1)
            if not _is_passing(answer) or number == TRIES - 1:
                break
            slots.postpone(self._pause_s(answer, number))
        return Asked(answer, body, tuple(requests))

    async def _ask(self, url: str, accept: str) -> tuple[Response | Failure, bytes]:
        """One request: its answer with the body inflated."""
        answer = await self._get(url, {"Accept": accept} | dict(self._past.headers))
        if isinstance(answer, Failure):
            return answer, b""
        encoding = answer.headers.get("content-encoding")
        if len(answer.body) > _SMALL_BYTES:
            body = await asyncio.to_thread(inflate, answer.body, encoding, MAX_BYTES)
        else:
            body = inflate(answer.body, encoding, MAX_BYTES)
        if isinstance(body, Reason):
            detail = f"{len(answer.body)} bytes do not inflate within {MAX_BYTES}"
            return Failure(Stage.DISCOVER, body, detail, answer.status, requests=answer.requests), b""
        return answer, body

    def _pause_s(self, answer: Response | Failure, number: int) -> float:
        wished = answer.retry_after if isinstance(answer, Failure) else None
        return max(self._past.delay * PAUSES[number], min(wished or timedelta(0), LONGEST_RETRY_AFTER)).total_seconds()


def _is_passing(answer: Response | Failure) -> bool:
    return isinstance(answer, Failure) and answer.reason.kind is Kind.TRANSIENT


def request_of(url: str, answer: Response | Failure) -> ArchiveRequest:
    """The request that brought `answer`, as it is booked."""
    if isinstance(answer, Failure):
        return ArchiveRequest(url, datetime.now(UTC), answer, answer.status, requests=answer.requests)
    return ArchiveRequest(url, answer.at, None, answer.status, len(answer.body), answer.duration_ms, answer.requests)
