"""The past of a source from a folder of saved pages; they come along, nobody is asked."""

import asyncio
import hashlib
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from config.errors import Misconfigured
from tasks.archives.addresses import is_own, own_hosts, portal_address
from tasks.archives.basket import Basket, Left
from tasks.archives.folder_index import Saved, read_index
from tasks.archives.folders import files_below
from tasks.archives.page_facts import MAX_PAGE_BYTES, facts_of
from tasks.archives.stretches import wanted_of
from tasks.archives.warc_pages import BAD_BODY, dated_candidate
from tasks.model import Get, Page
from tasks.outcome import Reason
from tasks.past import Announced, Candidate, Past

TOO_LARGE = f"larger than {MAX_PAGE_BYTES // 2**20} MiB"
UNREADABLE = "that can't be read"
EMPTY = "without a page"
NO_ADDRESS = "that name no address (canonical link, og:url, index.csv or index.jsonl)"
OTHER_SITE = "of other sites"
NOT_THERE = "that the index names and that are not there"
_ENDINGS = (".html", ".htm", ".html.gz", ".htm.gz")
_GZIP = b"\x1f\x8b"


class FolderArchive:
    """The pages in the folder `past.place` and below it: *.html, *.htm, also with .gz.

    An index names their addresses (tasks/archives/folder_index.py); without it each page names its own. Misconfigured
    at once where there is no such folder. A file that can't be read is named, and stops nothing.
    """

    def __init__(self, past: Past, _get: Get, now: datetime) -> None:
        if not past.place or not Path(past.place).is_dir():
            raise Misconfigured(
                f"There is no folder {past.place or '(none was named)'}; nothing was read. "
                "Name the folder with the saved pages as the place."
            )
        self._folder = Path(past.place)
        self._past = past
        self._now = now
        self._wanted = wanted_of(past.days)
        self._hosts = own_hosts(past)

    async def announced(self) -> AsyncIterator[Announced]:
        """The pages of wanted days by path, in pieces of at most 50 or 16 MiB; the days are done with the last one."""
        basket, found = Basket(), self._found()
        try:
            while await asyncio.to_thread(basket.fill, found):
                yield Announced(basket.emptied())
        except OSError as error:
            reason = f"{error.filename or self._folder} can't be read ({error.strerror or error})"
            failed = dict.fromkeys(self._past.days.days, reason)
            yield Announced(basket.emptied(), failed=failed, left_out=basket.line(str(self._folder), "pages"))
            return
        lines = basket.line(str(self._folder), "pages")
        yield Announced(basket.emptied(), complete=frozenset(self._past.days.days), left_out=lines)

    def _found(self) -> Iterator[Candidate | Left]:
        """A candidate or a reason for each file; OSError where the index can't be read."""
        saved, left = read_index(self._folder, self._past.days.zone)
        yield from left
        paths, unread = files_below(self._folder, _can_be_page)
        yield from (Left(UNREADABLE, f"{error.filename}: {error.strerror}") for error in unread)
        for path in paths:
            name = path.relative_to(self._folder).as_posix()
            try:
                yield self._candidate(path, name, saved.pop(name, None))
            except OSError as error:
                yield Left(UNREADABLE, f"{name}: {error.strerror or error}")
        yield from (Left(NOT_THERE, name) for name in saved)

    def _candidate(self, path: Path, name: str, saved: Saved | None) -> Candidate | Left:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            return Left(UNREADABLE, f"{name}: no file")
        if state.st_size > MAX_PAGE_BYTES:
            return Left(TOO_LARGE, name)
        body = path.read_bytes()
        if not body.strip():
            return Left(EMPTY, name)
        encoding = "gzip" if body.startswith(_GZIP) else None
        facts = facts_of(body, encoding, None, self._past)
        if isinstance(facts, Reason):
            return Left(BAD_BODY, name)
        url = saved.url if saved else portal_address(facts.address or "")
        if url is None:
            return Left(NO_ADDRESS, name)
        if not saved and not is_own(url, self._hosts):
            return Left(OTHER_SITE, name)
        kept_at = (saved and saved.captured_at) or datetime.fromtimestamp(state.st_mtime, UTC)
        page = _page(url, body, encoding, min(kept_at, self._now), self._now)
        return dated_candidate(page, str(path), facts, self._wanted)


def _can_be_page(name: str) -> bool:
    return name.lower().endswith(_ENDINGS)


def _page(url: str, body: bytes, content_encoding: str | None, captured_at: datetime, now: datetime) -> Page:
    return Page(
        url=url,
        final_url=url,
        status=200,
        headers={},
        content_encoding=content_encoding,
        charset=None,
        body=body,
        body_sha256=hashlib.sha256(body).digest(),
        fetched_at=now,
        duration_ms=0,
        captured_at=captured_at,
    )
