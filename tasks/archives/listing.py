"""The past of a source from its paginated listings: HTML pages, feeds with pages, WordPress' own interface."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urljoin

from tasks.archives.asking import Asked, Asker, May
from tasks.archives.course import Course, Series
from tasks.archives.listing_pages import ListedPage, is_wordpress, read_page
from tasks.archives.pieces import left_out_line
from tasks.archives.places import PAGE, check_place, dated_documents, has_dates
from tasks.archives.stretches import wanted_of
from tasks.model import Get
from tasks.outcome import Failure
from tasks.past import Announced, ArchiveRequest, Past

_ACCEPT = "text/html, application/xhtml+xml, application/rss+xml;q=0.9, application/json;q=0.9, */*;q=0.1"
_POSTS = "/wp-json/wp/v2/posts"
_PAGE_NAME = frozenset({"page"})
# Clocks of servers are compared, so that a day more is asked for at either end; each post shows its own time.
_MARGIN = timedelta(days=1)


class ListingArchive:
    """The listing at `past.place`: {page} counts from 1, {year} {month2} {day2} make a listing for each wanted day.

    Without {page} the page's own rel=next is followed. Without a place, and where the place is WordPress' interface,
    that is asked for the wanted days. `may` says whether robots.txt lets an address be asked (None: everything). A
    place that can't be read as one is Misconfigured at once.
    """

    def __init__(self, past: Past, get: Get, may: May | None = None) -> None:
        if past.place:
            check_place(past.place, _PAGE_NAME)
        self._past = past
        self._wanted = wanted_of(past.days)
        self._asker = Asker(past, get, may)
        self._absent: list[Course] = []
        self._is_shown = False

    async def announced(self) -> AsyncIterator[Announced]:
        """What the listing announces, page by page, in pieces of at most 1,000 candidates."""
        for series in self._series():
            course = Course(series, self._wanted)
            async for piece in self._walked(course):
                yield piece
            if course.absent:
                self._absent.append(course)
        yield self._of_absent()

    def _series(self) -> list[Series]:
        """The listings to be walked, in the order of their days."""
        place = self._past.place or urljoin(self._past.homepage, _POSTS)
        if is_wordpress(place) and PAGE not in place:
            return [Series(self._bounded(place), self._wanted.days, is_bounded=True)]
        if has_dates(place):
            return [Series(one.url, one.days, one.stretch) for one in dated_documents(place, self._past.days.days)]
        return [Series(place, self._wanted.days)]

    def _bounded(self, place: str) -> str:
        """WordPress asked for the posts of the wanted days alone (REST API Handbook, Posts)."""
        window = self._past.days.window
        after, before = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (window.start - _MARGIN, window.end + _MARGIN))
        fields = "_fields=id,link,date,date_gmt,title"
        wish = f"after={after}&before={before}&orderby=date&order=desc&per_page=100&{fields}&page={PAGE}"
        return f"{place}{'&' if '?' in place else '?'}{wish}"

    async def _walked(self, course: Course) -> AsyncIterator[Announced]:
        while course.address:
            page, requests = await self._page(course.address)
            if isinstance(page, Failure):
                yield course.missed(page, requests)
                continue
            self._is_shown = self._is_shown or bool(page.entries)
            if course.is_shifted(page) and course.before:
                before, more = await self._page(course.before)
                requests += more
                if isinstance(before, ListedPage):
                    for piece in course.again(before):
                        yield piece
            for piece in course.took(page, requests):
                yield piece

    async def _page(self, address: str) -> tuple[ListedPage | Failure, tuple[ArchiveRequest, ...]]:
        """The page at an address, and each request that it took."""
        asked = await self._asker.document(address, _ACCEPT)
        page = await asyncio.to_thread(self._read, asked)
        if isinstance(page, Failure) and page is not asked.answer:
            asked = asked.refused(page)
        return page, asked.requests

    def _read(self, asked: Asked) -> ListedPage | Failure:
        return asked.answer if isinstance(asked.answer, Failure) else read_page(asked.body, asked.answer, self._past)

    def _of_absent(self) -> Announced:
        """Listings of days that are not there: empty days where another listing shows that the address is right."""
        settled = [course.settle_absent(is_empty=self._is_shown) for course in self._absent]
        addresses = [course.series.address for course in self._absent if self._is_shown]
        found = Announced(left_out=left_out_line(self._past.source, "listings are not there or empty", addresses))
        for one in settled:
            found = replace(found, complete=found.complete | one.complete, failed={**found.failed, **one.failed})
        return found
