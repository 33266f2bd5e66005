"""Wishes for the past of a source, WARC files, and what archives announce, for the tests of the archives."""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any, TypeVar, TypeVarTuple, Unpack

from fakes import VirtualLoop, run
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage
from tasks.past import Announced, Archive, Candidate, Days, Past

Value = TypeVar("Value")
Args = TypeVarTuple("Args")

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ZONE = "Europe/Zurich"


def days(first: str, last: str, zone: str = ZONE) -> Days:
    """Every day from `first` to `last`, both included."""
    start, count = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return Days(tuple(start + timedelta(days=number) for number in range(count)), zone)


def past(first: str = "2026-03-02", last: str = "2026-03-04", **changes: Any) -> Past:
    """The past of a portal at www.nordwerk.example."""
    plain: dict[str, Any] = {
        "source": "nordwerk",
        "homepage": "https://www.nordwerk.example/",
        "days": days(first, last),
    }
    return Past(**(plain | changes))


async def no_web(url: str, _headers: Mapping[str, str]) -> Response | Failure:
    """A web that nobody may need."""
    return Failure(Stage.FETCH, Reason.UNREACHABLE, f"{url} was asked for")


class _Alone(VirtualLoop):
    """A clock that jumps can't wait for threads: what would be done in one is done at once."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Args]], Value], *args: *Args
    ) -> asyncio.Future[Value]:
        del executor
        future: asyncio.Future[Value] = self.create_future()
        future.set_result(func(*args))
        return future


def announced(archive: Archive) -> list[Announced]:
    """Everything that an archive announces, on a clock that jumps."""

    async def work() -> list[Announced]:
        return [piece async for piece in archive.announced()]

    return run(work(), _Alone)


def announced_in_real_time(archive: Archive) -> list[Announced]:
    """Everything that an archive announces, with threads."""

    async def work() -> list[Announced]:
        return [piece async for piece in archive.announced()]

    return asyncio.run(work())


def candidates(pieces: Iterable[Announced]) -> list[Candidate]:
    return [candidate for piece in pieces for candidate in piece.candidates]


def complete(pieces: Iterable[Announced]) -> set[date]:
    return {day for piece in pieces for day in piece.complete}


def failed(pieces: Iterable[Announced]) -> dict[date, str]:
    return {day: reason for piece in pieces for day, reason in piece.failed.items()}


def left_out(pieces: Iterable[Announced]) -> str:
    return "\n".join(line for piece in pieces for line in piece.left_out)


def html(title: str, published: str | None = "2026-03-03T08:15:00+01:00", more: str = "") -> bytes:
    """A small page."""
    stated = f'<meta property="article:published_time" content="{published}">' if published else ""
    head = f"<head><title>{title}</title>{stated}{more}</head>"
    return f"<!doctype html><html>{head}<body><p>{title}</p></body></html>".encode()


def warc_record(
    url: str = "https://www.nordwerk.example/a", body: bytes | None = None, kind: str = "response", **more: Any
) -> bytes:
    """One record as a plain WARC file has it; `status`, `http` (headers), `date` and `headers` say what is unusual."""
    stream = BytesIO()
    writer = WARCWriter(stream, gzip=False)
    answer = StatusAndHeaders(
        more.get("status", "200 OK"), more.get("http", [("Content-Type", "text/html; charset=utf-8")]), "HTTP/1.1"
    )
    payload = html(f"Page {url}") if body is None else body
    has_answer = kind in ("response", "revisit")
    record = writer.create_warc_record(
        url,
        kind,
        payload=BytesIO(payload),
        length=len(payload),
        http_headers=answer if has_answer else None,
        warc_headers_dict={
            "WARC-Date": more.get("date", "2026-03-03T09:00:00Z"),
            "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>",
            **more.get("headers", {}),
        },
    )
    writer.write_record(record)
    return stream.getvalue()
