"""The lists that name WARC files: read from disk, or asked for, one for each month where the address has one in it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tasks.archives.asking import Asker
from tasks.archives.doubts import told
from tasks.archives.folders import files_below
from tasks.archives.places import dated_documents, has_dates
from tasks.archives.warc_files import CAPTURED_WITHIN, is_address, is_warc, listed_files
from tasks.outcome import Failure, Reason
from tasks.past import ArchiveRequest
from tasks.text import decode, inflate

_ACCEPT = "text/plain, application/gzip;q=0.9, */*;q=0.1"
# 70 bytes a line: 700,000 files.
MAX_LIST_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileList:
    """What a list names; `failed` says why nothing is known of the files of `days`."""

    places: tuple[str, ...] = ()
    requests: tuple[ArchiveRequest, ...] = ()
    days: frozenset[date] = frozenset()
    failed: str | None = None


async def file_lists(place: str, days: tuple[date, ...], asker: Asker) -> AsyncIterator[FileList]:
    """The lists that a place means; a file or a folder counts as one."""
    if is_address(place) and not is_warc(place):
        for url, held in _dated(place, days):
            yield await _asked(url, held, asker)
    else:
        yield FileList((place,)) if is_address(place) else await asyncio.to_thread(_local, Path(place), days)


def _dated(place: str, days: tuple[date, ...]) -> list[tuple[str, frozenset[date]]]:
    """The lists with the wanted days whose pages their files may hold: those begun until three days later count too."""
    if not has_dates(place):
        return [(place, frozenset(days))]
    later = [timedelta(days=number) for number in range(CAPTURED_WITHIN.days + 1)]
    documents = dated_documents(place, sorted({day + more for day in days for more in later}))
    return [(one.url, frozenset(day for day in days if {day + more for more in later} & one.days)) for one in documents]


async def _asked(url: str, days: frozenset[date], asker: Asker) -> FileList:
    asked = await asker.document(url, _ACCEPT)
    if isinstance(asked.answer, Failure):
        reason = f"the list {url} can't be read: {told(asked.answer)}"
        return FileList(requests=asked.requests, days=days, failed=reason)
    return _named(decode(asked.body, None), url, days, asked.requests)


def _local(path: Path, days: tuple[date, ...]) -> FileList:
    wanted = frozenset(days)
    try:
        if path.is_dir():
            paths, unread = files_below(path, is_warc)
            if unread:
                raise unread[0]
            return _found([str(one) for one in paths], str(path), wanted)
        if is_warc(path.name):
            return FileList((str(path),))
        body = _plain_list(path)
    except OSError as error:
        return FileList(days=wanted, failed=f"{error.filename or path} can't be read ({error.strerror or error})")
    if isinstance(body, Reason):
        return FileList(days=wanted, failed=f"the list {path} can't be read: {body}")
    return _named(decode(body, None), str(path), wanted, ())


def _plain_list(path: Path) -> bytes | Reason:
    with path.open("rb") as file:
        return inflate(file.read(MAX_LIST_BYTES + 1), None, MAX_LIST_BYTES)


def _named(text: str, place: str, days: frozenset[date], requests: tuple[ArchiveRequest, ...]) -> FileList:
    return _found(listed_files(text, place), place, days, requests)


def _found(places: list[str], place: str, days: frozenset[date], requests: tuple[ArchiveRequest, ...] = ()) -> FileList:
    failed = None if places else f"{place} names no WARC file (*.warc, *.warc.gz): check the place"
    return FileList(tuple(places), requests, frozenset() if places else days, failed)
