"""The past of a source from its archive sitemaps: an index, the sitemaps that may hold the wanted days, their entries.

One document is read at a time, so that memory is bounded by the protocol's 50,000 addresses. The name of a sitemap may
lie, so that days are looked for two days beside it as well; what an entry says of itself then decides.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from tasks.archives.agenda import MAX_DEPTH, MAX_DOCUMENTS, Agenda, Document
from tasks.archives.asking import Asked, Asker, May
from tasks.archives.dating import candidates_of, children_of
from tasks.archives.doubts import AGAIN, NAME_ONE, Doubts, told
from tasks.archives.pieces import left_out_line, pieces, rejected_line
from tasks.archives.places import check_place, dated_documents, has_dates
from tasks.archives.stretches import stretch_of, wanted_of
from tasks.discover.autodiscovery import sitemaps_of
from tasks.discover.feed import parse_feed
from tasks.discover.polling import ACCEPT_SITEMAP
from tasks.discover.sitemap import parse_sitemap
from tasks.discover.window import child_spans
from tasks.model import FeedDocument, Get, Response, SitemapIndex
from tasks.outcome import Failure, Kind, Reason
from tasks.past import Announced, ArchiveRequest, Past
from tasks.text import decode

# Where content systems put their sitemaps, the commonest first; asked where robots.txt names none.
USUAL_PATHS = (
    "/sitemap.xml", "/sitemap_index.xml", "/sitemap-index.xml", "/sitemaps/sitemap.xml", "/sitemaps/index.xml",
    "/sitemap/index.xml.gz", "/sitemap/sitemap.xml", "/wp-sitemap.xml",
)  # fmt: skip
_ACCEPT_ROBOTS = "text/plain,*/*;q=0.1"
_ABSENT = frozenset({Reason.NOT_FOUND, Reason.GONE})
_NO_SITEMAP = frozenset({*_ABSENT, Reason.NOT_A_FEED, Reason.EMPTY_BODY, Reason.HTTP_ERROR})


class SitemapArchive:
    """The archive sitemaps of a source; `past.place` is an index, a sitemap, or an address with {year}, {month} ...

    Without a place robots.txt is asked which there are, then the usual names. `may` says whether robots.txt lets an
    address be asked (None: everything). A place that can't be read as one is Misconfigured at once.
    """

    def __init__(self, past: Past, get: Get, may: May | None = None) -> None:
        if past.place:
            check_place(past.place)
        self._past = past
        self._wanted = wanted_of(past.days)
        self._asker = Asker(past, get, may)
        self._agenda = Agenda(past.days.days)
        self._doubts = Doubts(past.source, self._agenda)

    async def announced(self) -> AsyncIterator[Announced]:
        """What the sitemaps announce, a document at a time in pieces of at most 1,000 candidates."""
        yield await self._start()
        while document := self._agenda.next():
            asked = await self._asker.document(document.url, ACCEPT_SITEMAP)
            found = await asyncio.to_thread(self._reading, asked)
            if isinstance(found, Failure):
                yield self._missed(document, found, asked if asked.answer is found else asked.refused(found))
                continue
            self._doubts.read(found, document, asked.requests[-1].at)
            if isinstance(found, SitemapIndex):
                yield self._listed(found, document, asked.requests)
                continue
            candidates, lines = await asyncio.to_thread(candidates_of, found.entries, document, self._wanted)
            left_out = (*lines, *rejected_line(document.url, found.rejected))
            complete = self._doubts.settle(document)
            for piece in pieces(candidates, Announced((), asked.requests, complete, left_out=left_out)):
                yield piece
        yield self._doubts.end()

    async def _start(self) -> Announced:
        """The first documents are planned: the place, or what robots.txt names, or the usual names."""
        place, days = self._past.place, self._wanted.days
        if not place:
            return await self._start_from_robots()
        if has_dates(place):
            documents = dated_documents(place, self._past.days.days)
            return self._planned([Document(one.url, one.days, one.stretch) for one in documents])
        return self._planned([Document(place, days, stretch_of(child_spans([place])[0]))])

    async def _start_from_robots(self) -> Announced:
        robots, days = urljoin(self._past.homepage, "/robots.txt"), self._wanted.days
        asked = await self._asker.document(robots, _ACCEPT_ROBOTS)
        if isinstance(asked.answer, Failure) and asked.answer.reason.kind is Kind.TRANSIENT:
            reason = f"{robots}, which may name sitemaps, can't be read: {told(asked.answer)}; {AGAIN}"
            return Announced(requests=asked.requests, failed=self._agenda.fail(days, reason))
        named = [one.url for one in sitemaps_of(decode(asked.body, "utf-8"), robots)]
        spans = map(stretch_of, child_spans(named))
        roots = [
            Document(url, self._wanted.near(stretch) if stretch else days, stretch)
            for url, stretch in zip(named, spans, strict=True)
        ]
        # A sitemap of other days is not read; one that stands alone is the archive, whatever it is called.
        near = [root for root in roots if root.days] or [Document(root.url, days) for root in roots]
        return self._planned(near or [self._usual()], asked.requests)

    def _usual(self) -> Document:
        first, *others = (urljoin(self._past.homepage, path) for path in USUAL_PATHS)
        return Document(first, self._wanted.days, others=tuple(others))

    def _planned(self, documents: Sequence[Document], requests: tuple[ArchiveRequest, ...] = ()) -> Announced:
        """The documents are put on the agenda; the days of those that are too many or too deep can't be listed."""
        unread = self._agenda.plan(documents)
        why = f"sitemaps beyond the first {MAX_DOCUMENTS} or deeper than {MAX_DEPTH} indexes were not read"
        lines = left_out_line(self._past.source, why, [one.url for one in unread])
        days = {day for one in unread for day in one.days}
        failed = self._agenda.fail(days, "; ".join([*lines, NAME_ONE]))
        return Announced(requests=requests, failed=failed, left_out=lines)

    def _reading(self, asked: Asked) -> FeedDocument | SitemapIndex | Failure:
        """What a document says; a feed that stands among the sitemaps is read as one."""
        answer = asked.answer
        if isinstance(answer, Failure):
            return answer
        zone, charset = self._past.days.zone, answer.charset
        partners = (*self._past.partners, *_hosts(self._past.homepage, answer))
        found = parse_sitemap(asked.body, answer.final_url, zone=zone, charset=charset, partners=partners)
        if not isinstance(found, Failure) or found.reason is not Reason.NOT_A_FEED:
            return found
        feed = parse_feed(asked.body, answer.final_url, zone=zone, charset=charset)
        return found if isinstance(feed, Failure) else feed

    def _listed(self, index: SitemapIndex, parent: Document, requests: tuple[ArchiveRequest, ...]) -> Announced:
        """The sitemaps of an index are planned, then the index itself is done."""
        children, older = children_of(index, parent, self._wanted)
        planned = self._planned(children, requests)
        lines = [f"{parent.url}: {older} sitemaps last changed before the wanted days were not read"] * bool(older)
        left_out = (*planned.left_out, *lines, *rejected_line(parent.url, index.rejected))
        return replace(planned, complete=self._agenda.settle(parent), left_out=left_out)

    def _missed(self, document: Document, failure: Failure, asked: Asked) -> Announced:
        """A document that can't be read: another in its place, nothing there, or its days can't be listed."""
        if document.others and failure.reason in _NO_SITEMAP:
            url, *others = document.others
            self._agenda.plan([Document(url, document.days, others=tuple(others))])
            self._agenda.settle(document)
            return Announced(requests=asked.requests)
        reason = f"{document.url} can't be read: {told(failure)}"
        if failure.reason in _ABSENT and not (document.depth and document.stretch):
            return replace(self._doubts.absent(document, reason), requests=asked.requests)
        reason = f"{reason}; {AGAIN if failure.reason.kind is Kind.TRANSIENT else NAME_ONE}"
        return Announced(requests=asked.requests, failed=self._agenda.fail(document.days, reason))


def _hosts(homepage: str, answer: Response) -> tuple[str, ...]:
    """Where the links of a sitemap may lead besides the site that answered: it may lie in a store of files."""
    return tuple(netloc for url in (homepage, answer.url) if (netloc := urlsplit(url).netloc))
