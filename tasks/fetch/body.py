"""Reading the body of an answer: within its limits of size and time, as it comes over the wire."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp

from tasks.fetch.failures import failed
from tasks.fetch.limits import Limits
from tasks.outcome import Failure, Reason
from tasks.text import decode, inflate

# Pages of errors are read to judge them: a longer one is judged without its body.
ERROR_BYTES = 256 * 1024
# How long one may take, as a share of the whole request.
ERROR_SHARE = 1 / 6
# What such a page may inflate to.
ERROR_INFLATED_BYTES = 1024 * 1024


class Deadline:
    """The end of a request on the event loop's clock: brought forward while a body comes too slowly.

    Use `clock` as the async context manager around the whole request.
    """

    def __init__(self, limits: Limits) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._started = self._loop.time()
        self._end = self._started + limits.timeout.total_seconds()
        self._body_began: float | None = None
        self.clock = asyncio.timeout_at(self._end)

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds since the request began."""
        return round((self._loop.time() - self._started) * 1000)

    def body_is_at(self, received: int) -> None:
        """Note how much of the body has come: with nothing more, the rate falls short at a certain moment."""
        rate, grace_s = self._limits.min_rate, self._limits.grace.total_seconds()
        if not rate:
            return
        if self._body_began is None:
            self._body_began = self._loop.time()
        end = min(self._end, self._body_began + max(grace_s, received / rate))
        if end != self.clock.when():
            self.clock.reschedule(end)

    def missed(self) -> Failure:
        """The failure of a request that did not end in time."""
        end = self.clock.when()
        if end is not None and end < self._end:
            rate, grace = self._limits.min_rate, self._limits.grace.total_seconds()
            detail = f"the body came at less than {rate} bytes a second after {grace:g} s (NEWSTAPE_MIN_RATE)"
            return failed(Reason.TIMEOUT, detail)
        seconds = self._limits.timeout.total_seconds()
        return failed(Reason.TIMEOUT, f"no complete answer within {seconds:g} s (NEWSTAPE_FETCH_TIMEOUT)")


async def read_body(answer: aiohttp.ClientResponse, limit: int, deadline: Deadline) -> bytes | Failure:
    """The whole body as received, or that it is larger than `limit`."""
    pieces: list[bytes] = []
    received = 0
    if (answer.content_length or 0) <= limit:
        async for piece in _pieces(answer, deadline):
            pieces.append(piece)
            received += len(piece)
            if received > limit:
                break
        else:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
    answer.close()
    detail = f"the body is larger than {limit} bytes (NEWSTAPE_MAX_BODY_MB)"
    return failed(Reason.TOO_LARGE, detail, answer.status)


async def _pieces(answer: aiohttp.ClientResponse, deadline: Deadline) -> AsyncIterator[bytes]:
    """The body as it comes; the deadline knows at each moment how much there is."""
    received = 0
    # A short body is often there with its headers: then there is nothing to wait for.
    while not answer.content.is_eof():
        deadline.body_is_at(received)
        yield (piece := await answer.content.readany())
        received += len(piece)
    if rest := await answer.content.read():
        yield rest


async def read_telling(answer: aiohttp.ClientResponse, limits: Limits) -> str:
    """The text of an answer that is an error, as far as it helps to judge it; "" where it can't be read soon."""
    received = bytearray()
    try:
        async with asyncio.timeout(limits.timeout.total_seconds() * ERROR_SHARE):
            async for piece in answer.content.iter_any():
                received += piece
                if len(received) > min(limits.max_bytes, ERROR_BYTES):
                    answer.close()
                    return ""
    except (aiohttp.ClientPayloadError, TimeoutError):
        answer.close()
        return ""
    return text_of(bytes(received), answer)


def text_of(body: bytes, answer: aiohttp.ClientResponse) -> str:
    """The text of a small body; "" for one that does not inflate within its limit."""
    plain = inflate(body, answer.headers.get("Content-Encoding"), ERROR_INFLATED_BYTES)
    return decode(plain, answer.charset) if isinstance(plain, bytes) else ""
