"""The past of a source from WARC files: local ones, or Common Crawl's news crawl; the pages come along."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from tasks.archives.addresses import as_a_stranger
from tasks.archives.agenda import MAX_DOCUMENTS, Agenda, Document
from tasks.archives.asking import Asker
from tasks.archives.basket import Basket, Left
from tasks.archives.warc_files import check_warc_place, uncovered, wanted_files
from tasks.archives.warc_lists import file_lists
from tasks.archives.warc_pages import reader_of
from tasks.archives.warc_parts import Parts
from tasks.archives.warc_records import Outcome, Records
from tasks.model import Get
from tasks.past import Announced, Candidate, Past

log = logging.getLogger(__name__)


class WarcArchive:
    """The WARC files at `past.place`: a file, a folder, a list of paths (warc.paths, also .gz), or an address of these.

    {year} and {month2} in the address of a list make one for each month. Misconfigured at once where there is no
    place or nothing at it. A day is complete once every file that may hold it was read to its end.
    """

    def __init__(self, past: Past, get: Get, now: datetime) -> None:
        self._place = check_warc_place(past.place)
        self._past = past
        self._reader = reader_of(past, now)
        self._asker = Asker(as_a_stranger(past), get, None)
        self._parts = Parts(as_a_stranger(past), get)

    async def announced(self) -> AsyncIterator[Announced]:
        """The pages of wanted days, file by file, in pieces of at most 50 pages or 16 MiB."""
        agenda = Agenda(self._past.days.days)
        places: list[str] = []
        async for listed in file_lists(self._place, self._past.days.days, self._asker):
            places += listed.places
            failed = agenda.fail(listed.days, listed.failed or "")
            yield Announced(requests=listed.requests, failed=failed)
        yield await asyncio.to_thread(self._planned, places, agenda)
        while document := agenda.next():
            async for piece in self._file(document, agenda):
                yield piece

    def _planned(self, places: list[str], agenda: Agenda) -> Announced:
        """The files on the agenda; the days that none of them can hold."""
        files = wanted_files(places, self._past.days)
        unread = agenda.plan(Document(file.place, file.days) for file in files)
        missing = f"no WARC file of this day is at {self._place}: fetch it, or name another place"
        failed = agenda.fail(uncovered(places, self._past.days), missing)
        for document in unread:
            failed |= agenda.fail(document.days, f"there are more than {MAX_DOCUMENTS} files: name fewer at a time")
        return Announced(failed=failed)

    async def _file(self, document: Document, agenda: Agenda) -> AsyncIterator[Announced]:
        """The pages of one file; the days that are done, or can't be listed, come with the last piece."""
        basket, records = Basket(), Records(self._reader.judge)
        reason = None
        async for part in self._parts.of(document.url):
            reason = part.failed
            found = self._candidates(records.feed(part.body), document.url)
            while await asyncio.to_thread(basket.fill, found):
                yield Announced(basket.emptied())
            if part.requests:
                yield Announced(requests=part.requests)
        found = self._candidates(records.end(), document.url)
        while await asyncio.to_thread(basket.fill, found):
            yield Announced(basket.emptied())
        lines = basket.line(document.url, "pages")
        log.info("read a WARC file file=%s pages=%d failed=%s", document.url, basket.gathered, reason)
        failed = agenda.fail(document.days, reason) if reason else {}
        complete = frozenset() if reason else agenda.settle(document)
        yield Announced(basket.emptied(), (), complete, failed, lines)

    def _candidates(self, found: Iterator[Outcome], file: str) -> Iterator[Candidate | Left]:
        return (one if isinstance(one, Left) else self._reader.candidate_of(one, file) for one in found)
