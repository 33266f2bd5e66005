"""One GET request: redirects followed under guard, limits kept, every outcome named. One client per process."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, cast

import aiohttp
from aiohttp.abc import AbstractResolver

from tasks.fetch import walls
from tasks.fetch.address import GuardedResolver, objection, public_socket
from tasks.fetch.body import Deadline, read_body, read_telling, text_of
from tasks.fetch.failures import failed, failure_of, proxy_refused, storable
from tasks.fetch.hops import REDIRECTS, Hop, Trip, hop_of, is_same_place
from tasks.fetch.limits import Limits, limits_of, trusted
from tasks.fetch.names import OwnThreads
from tasks.model import Moved, Response
from tasks.outcome import Failure, Reason

__all__ = ["Client", "Limits", "limits_of"]

LONGEST_CONNECT_S = 10.0
# Portals send long cookie and policy headers, and many of them; aiohttp's 8 KiB and 128 are too little for some.
HEADER_BYTES = 64 * 1024
HEADERS = 1000
OK = 200
PARTIAL = 206
NOT_MODIFIED = 304
PROXY_AUTHENTICATION = 407

Leaves = Callable[[str, str], bool]


class Client:
    """The pooled HTTP client of a process; use as an async context manager, call `get` or `get_here`.

    `resolver` looks names up, the system's where it is None; what it finds is guarded either way, unless a proxy
    stands between: then only the proxy is connected to, wherever it is, and looks the portals' names up itself.
    """

    def __init__(self, limits: Limits, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._connect_s = min(LONGEST_CONNECT_S, limits.timeout.total_seconds())

    async def __aenter__(self) -> Self:
        limits = self._limits
        self._resolver = self._resolver or OwnThreads()
        unguarded = limits.allow_private or limits.proxy is not None
        connector = aiohttp.TCPConnector(
            limit=0,
            ttl_dns_cache=300,
            resolver=self._resolver if unguarded else GuardedResolver(self._resolver),
            socket_factory=None if unguarded else public_socket,
            ssl=trusted(limits.ca_file) if limits.ca_file else True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": limits.user_agent, "Accept-Encoding": "gzip, br, zstd"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_s),
            proxy=limits.proxy,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            max_headers=HEADERS,
            read_bufsize=2**18,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        """The answer of `url` after at most ten redirects, or why there is none; no server can make this raise.

        A 304 is an answer only to a request with conditions in `headers`, a 206 only to one for a range.
        """
        return cast("Response | Failure", await self._travel(Trip(url, headers), _never))

    async def get_here(self, url: str, headers: Mapping[str, str]) -> Response | Moved | Failure:
        """Like `get`, but a redirect to another host (see `is_same_place`) is not followed: Moved."""
        return await self._travel(Trip(url, headers), _leads_away)

    async def _travel(self, trip: Trip, leaves: Leaves) -> Response | Moved | Failure:
        """The end of `trip`, every failure with the number of requests that it took."""
        deadline = Deadline(self._limits)
        try:
            async with deadline.clock:
                outcome = await self._follow(trip, leaves, deadline)
        except aiohttp.ServerTimeoutError:
            outcome = failed(Reason.UNREACHABLE, f"no connection within {self._connect_s:g} s")
        except TimeoutError:
            outcome = deadline.missed()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            outcome = failure_of(error)
            # These two come before anything is sent.
            if outcome.reason in (Reason.FORBIDDEN_ADDRESS, Reason.BAD_URL):
                trip.asked.pop()
        return replace(outcome, requests=len(trip.asked)) if isinstance(outcome, Failure) else outcome

    async def _follow(self, trip: Trip, leaves: Leaves, deadline: Deadline) -> Response | Moved | Failure:
        while not trip.is_over:
            problem = self._objection(trip.at)
            if problem is not None:
                return problem
            answer = await self._ask_again_without_conditions(trip, deadline)
            if not isinstance(answer, Hop):
                return answer
            if leaves(trip.at, answer.to):
                moved = Moved(trip.url, answer.to, answer.status, len(trip.asked))
                return self._objection(answer.to) or moved
            trip.follow(answer)
        return failed(Reason.REDIRECT_LOOP, f"after {len(trip.asked)} requests redirected to {trip.at}")

    def _objection(self, url: str) -> Failure | None:
        try:
            return objection(url, allow_private=self._limits.allow_private)
        except ValueError as error:
            return failure_of(error)

    async def _ask_again_without_conditions(self, trip: Trip, deadline: Deadline) -> Response | Failure | Hop:
        """The answer to one request; nonsense in answer to a conditional one is met by one without conditions.

        That is how a 304 with a body arrives (RFC 9110, 15.4.5 forbids it): the body is taken for the next answer.
        """
        try:
            return await self._ask(trip, deadline)
        except aiohttp.ClientHttpProxyError:
            raise
        except aiohttp.ClientResponseError:
            if not trip.is_conditional:
                raise
            trip.drop_conditions()
            return await self._ask(trip, deadline)

    async def _ask(self, trip: Trip, deadline: Deadline) -> Response | Failure | Hop:
        """One request: its answer, why there is none, or where to go on."""
        trip.asked.append(trip.at)
        assert self._session is not None, "use the client as a context manager"  # noqa: S101
        async with self._session.get(trip.at, headers=trip.headers, allow_redirects=False) as answer:
            if answer.status in REDIRECTS and "Location" in answer.headers:
                return hop_of(trip.at, answer.status, answer.headers["Location"])
            if answer.status == NOT_MODIFIED and not trip.is_conditional:
                return failed(Reason.HTTP_ERROR, "304 to a request without conditions", NOT_MODIFIED)
            if answer.status not in (OK, NOT_MODIFIED, *walls.DOUBTFUL, *((PARTIAL,) if trip.is_partial else ())):
                return await self._refused(answer)
            # A 304 has no body, and most polls end with one: reading nothing costs a tenth of such a request.
            unchanged = answer.status == NOT_MODIFIED
            body = b"" if unchanged else await read_body(answer, self._limits.max_bytes, deadline)
            return body if isinstance(body, Failure) else self._response(trip, answer, body, deadline)

    async def _refused(self, answer: aiohttp.ClientResponse) -> Failure:
        """What an answer that is no page means."""
        if answer.status == PROXY_AUTHENTICATION and self._limits.proxy is not None:
            return proxy_refused(answer.status, answer.reason or "")
        telling = answer.status in walls.TELLING
        text = await read_telling(answer, self._limits) if telling else ""
        return walls.judged(answer.status, answer.reason or "", _headers(answer), text, datetime.now(UTC))

    def _response(
        self, trip: Trip, answer: aiohttp.ClientResponse, body: bytes, deadline: Deadline
    ) -> Response | Failure:
        headers = _headers(answer)
        if answer.status in walls.DOUBTFUL:
            wall = walls.challenge(answer.status, headers, text_of(body, answer))
            if wall is not None or not body:
                return wall or failed(Reason.EMPTY_BODY, f"{answer.status} without a body", answer.status)
        return Response(
            url=trip.url,
            final_url=trip.at,
            status=answer.status,
            headers=headers,
            body=body,
            at=datetime.now(UTC),
            duration_ms=deadline.elapsed_ms,
            requests=len(trip.asked),
            moved_to=trip.moved_to,
        )


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): storable(value) for name, value in answer.headers.items()}


def _never(_at: str, _to: str) -> bool:
    return False


def _leads_away(at: str, to: str) -> bool:
    return not is_same_place(at, to)
