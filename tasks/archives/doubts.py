"""Sitemaps whose silence proves nothing: those that are not there, and those that hold the last days alone.

Whether a day without entries in them is an empty day shows only when everything else was read.
"""

from datetime import date, datetime, timedelta

from tasks.archives.agenda import Agenda, Document
from tasks.archives.pieces import left_out_line
from tasks.model import FeedDocument, FeedKind, SitemapIndex
from tasks.outcome import Failure
from tasks.past import Announced

AGAIN = "run the backfill again for the days that failed"
NAME_ONE = "name a sitemap or an index as the place, or choose another way than sitemaps"
# News sitemaps hold two days after the protocol; feeds and careless portals some more.
_SLIDING = timedelta(days=4)
_SITEMAPS = frozenset({FeedKind.SITEMAP, FeedKind.NEWS_SITEMAP})


def told(failure: Failure) -> str:
    """A failure for a person, on one line."""
    lines = failure.detail.strip().splitlines()
    return f"{failure.reason} ({lines[-1][:300]})" if lines else failure.reason.value


class Doubts:
    """What is to be said of such documents at the end, beside the `agenda` that they are on."""

    def __init__(self, source: str, agenda: Agenda) -> None:
        self._source = source
        self._agenda = agenda
        self._absent: list[tuple[Document, str]] = []
        self._recent: dict[Document, datetime] = {}
        self._read = 0
        self._is_vouched = False

    def read(self, found: FeedDocument | SitemapIndex, document: Document, at: datetime) -> None:
        """Note a document that was read at this time."""
        self._read += 1
        if isinstance(found, SitemapIndex):
            return
        start = _start_of_recent(found, at) if document.stretch is None else None
        if start:
            self._recent[document] = start
        elif found.entries or document.stretch:
            self._is_vouched = True

    def settle(self, document: Document) -> frozenset[date]:
        """The days that are done with a document that was read; recent ones wait for the first of an archive."""
        if document in self._recent and not self._is_vouched:
            return frozenset()
        done = self._agenda.settle(document)
        waiting = [one for one in self._recent if one != document]
        self._recent.clear()
        return done.union(*map(self._agenda.settle, waiting))

    def absent(self, document: Document, reason: str) -> Announced:
        """What a document that is not there means: an empty one where others were read, else that is seen later."""
        self._absent.append((document, reason))
        return self._without_absent() if self._read else Announced()

    def end(self) -> Announced:
        """What can be said of the days that are open when everything was read."""
        if not self._read:
            reason = "; ".join([*(why for _, why in self._absent[:1]), f"no sitemap of this day was found: {NAME_ONE}"])
            return Announced(failed=self._agenda.fail(list(self._agenda.open), reason))
        failed: dict[date, str] = {}
        if self._recent and not self._is_vouched:
            start = min(self._recent.values()).date()
            reason = f"the sitemaps that were found begin on {start}, as they hold the last days alone; {NAME_ONE}"
            failed = self._agenda.fail([day for day in self._agenda.open if day <= start], reason)
        ended = self._without_absent()
        rest = frozenset(self._agenda.open)
        self._agenda.open.clear()
        return Announced(complete=ended.complete | rest, failed=failed, left_out=ended.left_out)

    def _without_absent(self) -> Announced:
        """Documents that are not there, beside others that are: nothing is lost with them, but a person should know."""
        complete = [self._agenda.settle(document) for document, _ in self._absent]
        lines = left_out_line(self._source, "sitemaps are not there (404)", [one.url for one, _ in self._absent])
        self._absent.clear()
        return Announced(complete=frozenset().union(*complete), left_out=lines)


def _start_of_recent(found: FeedDocument, at: datetime) -> datetime | None:
    """The oldest entry of a document that holds the last days alone; None: it is an archive, or shows no dates."""
    times = [entry.published.at for entry in found.entries if entry.published]
    if not times:
        return None
    return min(times) if found.kind not in _SITEMAPS or min(times) >= at - _SLIDING else None
