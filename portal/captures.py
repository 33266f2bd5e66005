"""What an archive of the web has of a portal: captures of its articles as they were when somebody came by.

Each article of the past was captured within a day, some again: unchanged, as a revisit, or when the portal had lost it.
One was corrected in between. What feeds list was captured an hour after it appeared, before anything changed.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from portal.documents import Document, html_document
from portal.listings import missing
from portal.model import Article
from portal.past import CORRECTED, CORRECTED_AFTER, Past

CAPTURED_AFTER = timedelta(hours=1)  # that long after it appeared, for an article of a feed
STAMP = "%Y%m%d%H%M%S"

_SOON = timedelta(minutes=20)
_SPREAD_MINUTES = 20 * 60
_LATER = timedelta(hours=30)
_OK = 200
# Which articles were captured again: of so many the one with that remainder.
_UNCHANGED, _TWICE, _LOST = (7, 3), (13, 6), (11, 5)
_CAPTURE = re.compile(r"/web/(\d{4,14})id_/(.+)")


@dataclass(frozen=True, slots=True)
class Capture:
    """One visit: when, to which address, what the article was then, and what the portal answered.

    A revisit found the same bytes as the capture before and kept none.
    """

    at: datetime
    path: str
    article: Callable[[], Article]
    status: int = 200
    is_revisit: bool = False

    @property
    def stamp(self) -> str:
        """The instant as archives of the web write it: 14 digits, UTC."""
        return f"{self.at.astimezone(UTC):{STAMP}}"


@dataclass(frozen=True, slots=True)
class Captures:
    """The captures of one portal. `live` are the articles of its feeds as they first were; `page` makes a page."""

    past: Past
    live: Callable[[], Sequence[Article]]
    page: Callable[[Article], Document]

    def all(self) -> Iterator[Capture]:
        """Every capture, those of one address by time."""
        for number in range(len(self.past)):
            yield from captures_of(self.past, number)
        for article in self.live():
            yield _of_live(article)

    def of(self, path: str) -> list[Capture]:
        """The captures of one address by time."""
        number = self.past.number_at(path)
        if number is not None:
            return list(captures_of(self.past, number))
        return [_of_live(article) for article in self.live() if article.path == path]

    def document(self, capture: Capture) -> Document:
        """What was captured: the bytes that the portal sent at that time."""
        portal = self.past.portal
        page = self.page(capture.article()) if capture.status == _OK else missing(portal, capture.status)
        return replace(page, headers={"Memento-Datetime": format_datetime(capture.at.astimezone(UTC), usegmt=True)})

    def replayed(self, path: str) -> Document | None:
        """What `/web/{stamp}id_/{address}` shows: that capture or the way to the nearest one; None: no such address."""
        asked = _CAPTURE.fullmatch(path)
        if asked is None:
            return None
        base = self.past.portal.base
        kept = [capture for capture in self.of(asked[2].removeprefix(base)) if not capture.is_revisit]
        if not kept or not asked[2].startswith(base):
            return None
        nearest = min(kept, key=lambda capture: abs(_instant(asked[1]) - capture.at))
        if nearest.stamp == asked[1]:
            return self.document(nearest)
        page = html_document("<html><body><h1>302</h1></body></html>", "utf-8", "text/html", 302)
        return replace(page, headers={"Location": f"{base}/web/{nearest.stamp}id_/{asked[2]}"})


def captures_of(past: Past, number: int) -> Iterator[Capture]:
    """The captures of one article of the past by time."""
    path, minutes = past.path(number), zlib.crc32(f"captured:{number}".encode()) % _SPREAD_MINUTES
    first = Capture(past.published(number) + _SOON + timedelta(minutes=minutes), path, lambda: past.first(number))
    yield first
    if _is_one(number, _UNCHANGED):
        yield replace(first, at=first.at + _LATER, is_revisit=True)
    if _is_one(number, _TWICE):
        yield replace(first, at=first.at + 2 * _LATER)
    if _is_one(number, _LOST):
        yield replace(first, at=first.at + 3 * _LATER, status=404)
    if number == CORRECTED:
        yield replace(first, at=first.at + CORRECTED_AFTER + _LATER, article=lambda: past.article(number))


def _is_one(number: int, of: tuple[int, int]) -> bool:
    return number % of[0] == of[1]


def _of_live(article: Article) -> Capture:
    return Capture(article.published + CAPTURED_AFTER, article.path, lambda: article)


def _instant(stamp: str) -> datetime:
    """The instant of a stamp that may be cut short; the start of what it names, or of time where it names none."""
    whole = stamp + "00000101000000"[len(stamp) :]
    try:
        return datetime.strptime(whole, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
