"""The bytes of a WARC file in parts, from disk or over the network: never more than one part in memory.

Over the network a file is asked for in ranges (RFC 9110, 14.2), so that a lost connection costs a part and not a
gigabyte, and each part stays below the limits of the client.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tasks.archives.asking import LONGEST_RETRY_AFTER, PAUSES, TRIES, request_of
from tasks.archives.warc_files import is_address
from tasks.model import Get, Response
from tasks.outcome import Failure, Kind, Reason
from tasks.past import ArchiveRequest, Past
from tasks.spacing import Slots
from tasks.urls import host_key

READ_BYTES = 1024 * 1024
# At most one part a second and host is asked for: 8 MiB is what a fast line brings in that time.
PART_BYTES = 8 * 1024 * 1024
# Slow lines and low limits get smaller parts, down to this.
LEAST_PART_BYTES = 128 * 1024
_PARTIAL = 206
_NEVER = float("inf")
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_SMALLER_HELPS = frozenset({Reason.TIMEOUT, Reason.TOO_LARGE})


@dataclass(frozen=True, slots=True)
class Part:
    """The next bytes of a file, or why there are no more; `requests` is what it took to get them."""

    body: bytes = b""
    requests: tuple[ArchiveRequest, ...] = ()
    failed: str | None = None


class Parts:
    """Files in parts: from disk, or through `get`, at least the source's delay between two starts on one host."""

    def __init__(self, past: Past, get: Get) -> None:
        self._past = past
        self._get = get
        self._slots: dict[str, Slots] = {}

    def of(self, place: str) -> AsyncIterator[Part]:
        """The parts of the file at a path or an address, in order; one that failed is the last."""
        return self._asked(place) if is_address(place) else _read(Path(place))

    async def _asked(self, url: str) -> AsyncIterator[Part]:
        at, total, size, tag = 0, 1, PART_BYTES, None
        while at < total:
            answer, requests = await self._patiently(url, at, size)
            if isinstance(answer, Failure):
                if answer.reason in _SMALLER_HELPS and size > LEAST_PART_BYTES:
                    size //= 4
                    yield Part(requests=requests)
                    continue
                yield Part(requests=requests, failed=_told(url, at, answer))
                return
            if answer.status != _PARTIAL:
                yield Part(answer.body[at:], requests)
                return
            total, problem = _total(answer, at, tag)
            if problem:
                yield Part(requests=requests, failed=f"{url} can't be read on from byte {at}: {problem}")
                return
            at, tag = at + len(answer.body), answer.headers.get("etag")
            yield Part(answer.body, requests)

    async def _patiently(self, url: str, at: int, size: int) -> tuple[Response | Failure, tuple[ArchiveRequest, ...]]:
        """One part after at most three tries; a part that is too large or too slow is not tried again as it is."""
        slots = self._slots_of(url)
        headers = dict(self._past.headers) | {"Range": f"bytes={at}-{at + size - 1}", "Accept-Encoding": "identity"}
        requests: list[ArchiveRequest] = []
        for number in range(TRIES):
            await slots.take(_NEVER)
            answer = await self._get(url, headers)
            requests.append(request_of(url, answer))
            slots.owe(requests[-1].requests - 1)
            is_passing = isinstance(answer, Failure) and answer.reason.kind is Kind.TRANSIENT
            is_too_much = isinstance(answer, Failure) and answer.reason is Reason.TIMEOUT and size > LEAST_PART_BYTES
            if not is_passing or is_too_much or number == TRIES - 1:
                break
            wished = answer.retry_after if isinstance(answer, Failure) else None
            pause = max(self._past.delay * PAUSES[number], min(wished or timedelta(0), LONGEST_RETRY_AFTER))
            slots.postpone(pause.total_seconds())
        return answer, tuple(requests)

    def _slots_of(self, url: str) -> Slots:
        """The start times on a host; the first one comes after that of the list which named the file."""
        delay_s = self._past.delay.total_seconds()
        return self._slots.setdefault(host_key(url), Slots(delay_s, asyncio.get_running_loop().time() + delay_s))


async def _read(path: Path) -> AsyncIterator[Part]:
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            while body := await asyncio.to_thread(file.read, READ_BYTES):
                yield Part(body)
    except OSError as error:
        yield Part(failed=f"{path} can't be read ({error.strerror or error})")


def _total(answer: Response, at: int, tag: str | None) -> tuple[int, str | None]:
    """How long the file is, and what speaks against the part that came."""
    said = answer.headers.get("content-range", "")
    found = _RANGE.fullmatch(said.strip())
    if not found:
        return 0, f"the server says nothing useful of the part ({said!r})"
    start, stop, total = (int(number) for number in found.groups())
    if start != at or stop - start + 1 != len(answer.body) or not answer.body:
        return 0, f"the server sent other bytes than those asked for ({said!r}, {len(answer.body)} bytes)"
    if tag is not None and answer.headers.get("etag") != tag:
        return 0, "the file changed while it was read"
    return total, None


def _told(url: str, at: int, failure: Failure) -> str:
    remedy = "; its server may not give parts of files: fetch it yourself and name the file as the place"
    is_whole = failure.reason is Reason.TOO_LARGE
    return f"{url} can't be read from byte {at}: {failure.reason} ({failure.detail}){remedy if is_whole else ''}"
