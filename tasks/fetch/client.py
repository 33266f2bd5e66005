"""One GET request: redirects followed under guard, limits kept, every outcome named. One client per process."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from tasks.fetch.address import ForbiddenAddressError, GuardedResolver, objection, public_socket
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage
from tasks.urls import absolute_url

MAX_REDIRECTS = 10
LONGEST_RETRY_AFTER = timedelta(days=1)
LONGEST_CONNECT_S = 10.0
# Portals send long cookie and policy headers; aiohttp's 8 KiB is too little for some.
HEADER_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What another origin gets to see after a redirect. A list of what may go, not of what may not: a portal's key can
# have any name.
_OPEN_HEADERS = frozenset({"accept", "accept-language", "if-none-match", "if-modified-since", "user-agent"})
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_REASONS = {
    204: Reason.EMPTY_BODY,
    401: Reason.BLOCKED,
    403: Reason.BLOCKED,
    451: Reason.BLOCKED,
    404: Reason.NOT_FOUND,
    410: Reason.GONE,
    429: Reason.THROTTLED,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost, and where it may go."""

    timeout: timedelta
    max_bytes: int
    user_agent: str
    allow_private: bool = False


class Client:
    """The pooled HTTP client of a process; use as an async context manager, call `get`.

    `resolver` looks names up, the system's where it is None; what it finds is guarded either way.
    """

    def __init__(self, limits: Limits, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._connect_s = min(LONGEST_CONNECT_S, limits.timeout.total_seconds())

    async def __aenter__(self) -> Self:
        open_to_all = self._limits.allow_private
        connector = aiohttp.TCPConnector(
            limit=0,
            ttl_dns_cache=300,
            resolver=self._resolver if open_to_all else GuardedResolver(self._resolver),
            socket_factory=None if open_to_all else public_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._limits.user_agent, "Accept-Encoding": "gzip, br, zstd"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_s),
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            read_bufsize=2**18,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        """The answer of `url` after at most ten redirects, or why there is none; no server can make this raise.

        A 304 is an answer only to a request with conditions in `headers`.
        """
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._limits.timeout.total_seconds()):
                return await self._follow(url, dict(headers), started)
        except aiohttp.ServerTimeoutError:
            return _failure(Reason.UNREACHABLE, f"no connection within {self._connect_s:g} s")
        except TimeoutError:
            seconds = self._limits.timeout.total_seconds()
            return _failure(Reason.TIMEOUT, f"no complete answer within {seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failure_of(error)

    async def _follow(self, url: str, headers: dict[str, str], started: float) -> Response | Failure:
        at = url
        asked: set[str] = set()
        while at not in asked and len(asked) <= MAX_REDIRECTS:
            problem = objection(at, allow_private=self._limits.allow_private)
            if problem is not None:
                return problem
            asked.add(at)
            answer = await self._ask(url, at, headers, started)
            if not isinstance(answer, str):
                return answer
            if _origin(answer) != _origin(at):
                headers = {name: value for name, value in headers.items() if name.lower() in _OPEN_HEADERS}
            at = answer
        return _failure(Reason.REDIRECT_LOOP, f"after {len(asked)} requests redirected to {at}")

    async def _ask(self, url: str, at: str, headers: dict[str, str], started: float) -> Response | Failure | str:
        """One hop: a response, a failure, or the address to go on with."""
        assert self._session is not None, "use the client as a context manager"  # noqa: S101
        async with self._session.get(at, headers=headers, allow_redirects=False) as answer:
            if answer.status in _REDIRECTS and "Location" in answer.headers:
                return _target(at, answer)
            conditional = any(name.lower() in _CONDITIONS for name in headers)
            if answer.status != 200 and not (answer.status == 304 and conditional):  # noqa: PLR2004 - RFC 9110, 15
                return _failure_of_status(answer)
            body = await self._body(answer)
            if isinstance(body, Failure):
                return body
            seconds = asyncio.get_running_loop().time() - started
            return Response(
                url=url,
                final_url=at,
                status=answer.status,
                headers={name.lower(): _storable(value) for name, value in answer.headers.items()},
                body=body,
                at=datetime.now(UTC),
                duration_ms=round(seconds * 1000),
            )

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes | Failure:
        limit = self._limits.max_bytes
        received = bytearray()
        if (answer.content_length or 0) <= limit:
            async for chunk in answer.content.iter_any():
                received += chunk
                if len(received) > limit:
                    break
            else:
                return bytes(received)
        answer.close()
        detail = f"the body is larger than {limit} bytes (NEWSTAPE_MAX_BODY_MB)"
        return _failure(Reason.TOO_LARGE, detail, answer.status)


def _origin(url: str) -> tuple[str, str]:
    """What credentials belong to (RFC 6454); http and https of a host are two, or they would leak in the clear."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _target(at: str, answer: aiohttp.ClientResponse) -> str | Failure:
    """The address that a redirect leads to."""
    location = _storable(answer.headers["Location"])
    problem = f"{answer.status} to {location[:200]!r}, which is no web address"
    return absolute_url(at, location) or _failure(Reason.BAD_URL, problem, answer.status)


def _storable(text: str) -> str:
    """`text` from a header as Unicode: aiohttp hands on bytes that are not UTF-8 as lone surrogates."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _failure(reason: Reason, detail: str, status: int | None = None, retry_after: timedelta | None = None) -> Failure:
    """A failure of this stage; its detail can quote a server and is stored, so that it must be clean Unicode."""
    printable = detail.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return Failure(Stage.FETCH, reason, printable, status, retry_after)


def _failure_of_status(answer: aiohttp.ClientResponse) -> Failure:
    fallback = Reason.SERVER_ERROR if answer.status >= 500 else Reason.HTTP_ERROR  # noqa: PLR2004 - RFC 9110, 15.6
    reason = _REASONS.get(answer.status, fallback)
    wait = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
    return _failure(reason, f"{answer.status} {answer.reason or ''}".strip(), answer.status, wait)


def _failure_of(error: Exception) -> Failure:
    cause = getattr(error, "os_error", None) or error
    detail = f"{type(error).__name__}: {error}"
    if isinstance(cause, ForbiddenAddressError):
        return _failure(Reason.FORBIDDEN_ADDRESS, str(cause))
    if isinstance(error, aiohttp.ClientPayloadError):
        return _failure(Reason.TRUNCATED, detail)
    # A certificate that does not fit is a ValueError too.
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
        return _failure(Reason.BAD_URL, detail)
    return _failure(Reason.UNREACHABLE, detail)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long the server asks us to wait (RFC 9110, 10.2.3), from 0 to a day; None: it does not say, or nonsense."""
    if value is None:
        return None
    text = value.strip()
    try:
        wait = (
            timedelta(seconds=min(int(text), 10**8))
            if text.lstrip("-").isdigit()
            else parsedate_to_datetime(text) - now
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(0), min(wait, LONGEST_RETRY_AFTER))
