"""One GET request: redirects followed under guard, limits kept, every outcome named. One client per process."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from tasks.fetch.address import ForbiddenAddressError, GuardedResolver, objection
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage

MAX_REDIRECTS = 10
LONGEST_RETRY_AFTER = timedelta(days=1)
# Portals send long cookie and policy headers; aiohttp's 8 KiB is too little for some.
HEADER_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_REASONS = {
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
    """The pooled HTTP client of a process; use as an async context manager, call `get`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=300, resolver=GuardedResolver(allow_private=self._limits.allow_private)
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._limits.user_agent, "Accept-Encoding": "gzip, br, zstd"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(10.0, self._limits.timeout.total_seconds())),
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            read_bufsize=2**18,
            requote_redirect_url=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        """The answer of `url` after at most ten redirects, or why there is none; never raises for what a server does."""
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._limits.timeout.total_seconds()):
                return await self._follow(url, dict(headers), started)
        except TimeoutError:
            seconds = self._limits.timeout.total_seconds()
            return Failure(Stage.FETCH, Reason.TIMEOUT, f"no complete answer within {seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failure_of(error)

    async def _follow(self, url: str, headers: dict[str, str], started: float) -> Response | Failure:
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            problem = objection(at, allow_private=self._limits.allow_private)
            if problem is not None:
                return Failure(Stage.FETCH, Reason.FORBIDDEN_ADDRESS, f"{at}: {problem}")
            answer = await self._ask(url, at, headers, started)
            if not isinstance(answer, str):
                return answer
            if urlsplit(answer).netloc != urlsplit(at).netloc:
                headers = {k: v for k, v in headers.items() if k.lower() not in _PRIVATE_HEADERS}
            at = answer
        return Failure(Stage.FETCH, Reason.REDIRECT_LOOP, f"more than {MAX_REDIRECTS} redirects, the last to {at}")

    async def _ask(self, url: str, at: str, headers: dict[str, str], started: float) -> Response | Failure | str:
        """One hop: a response, a failure, or the address to go on with."""
        assert self._session is not None, "use the client as a context manager"  # noqa: S101
        async with self._session.get(at, headers=headers, allow_redirects=False) as answer:
            target = answer.headers.get("Location")
            if answer.status in _REDIRECTS and target:
                return urljoin(at, target.strip())
            if answer.status not in (200, 304):
                return _failure_of_status(answer)
            body = await self._body(answer)
            if isinstance(body, Failure):
                return body
            seconds = asyncio.get_running_loop().time() - started
            return Response(
                url=url,
                final_url=at,
                status=answer.status,
                headers={name.lower(): value for name, value in answer.headers.items()},
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
        return Failure(
            Stage.FETCH,
            Reason.TOO_LARGE,
            f"the body is larger than {limit} bytes (NEWSTAPE_MAX_BODY_MB)",
            answer.status,
        )


def _failure_of_status(answer: aiohttp.ClientResponse) -> Failure:
    fallback = Reason.SERVER_ERROR if answer.status >= 500 else Reason.HTTP_ERROR  # noqa: PLR2004 - RFC 9110, 15.6
    reason = _REASONS.get(answer.status, fallback)
    wait = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
    return Failure(Stage.FETCH, reason, f"{answer.status} {answer.reason or ''}".strip(), answer.status, wait)


def _failure_of(error: Exception) -> Failure:
    cause = getattr(error, "os_error", None) or error
    detail = f"{type(error).__name__}: {error}"
    if isinstance(cause, ForbiddenAddressError):
        return Failure(Stage.FETCH, Reason.FORBIDDEN_ADDRESS, str(cause))
    if isinstance(error, aiohttp.ClientPayloadError):
        return Failure(Stage.FETCH, Reason.TRUNCATED, detail)
    if isinstance(error, aiohttp.InvalidURL | ValueError) and not isinstance(error, ssl.SSLError):
        return Failure(Stage.FETCH, Reason.BAD_URL, detail)
    return Failure(Stage.FETCH, Reason.UNREACHABLE, detail)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long the server asks us to wait (RFC 9110, 10.2.3), between 0 and a day; None: it does not say, or nonsense."""
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
