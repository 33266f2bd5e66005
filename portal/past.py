"""The past of a portal: articles that no feed lists any more, only its archive does.

They are known by number and made when asked for; what is kept of them is an instant and an address each, so that
twenty thousand of them cost a few megabytes. Equal options give equal articles, and a larger scale only adds some.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from portal.catalogue import address, printed_by
from portal.changes import CHANGES
from portal.generate import generate_text
from portal.model import Article, Portal
from portal.reading import read_yaml

MOST_SCALE = 250
CORRECTED = 9  # the number of the article that was corrected after its first capture
CORRECTED_AFTER = timedelta(days=4)
KEPT = 1000  # made articles, 5 KB each
TEASED = 2  # neighbours on a page

_FIRST_NUMBER = 1_000_000  # in addresses; those of other articles are smaller
_NUMBER = re.compile(r"(?<!\d)1\d{6}(?!\d)")


class Past:
    """The articles of one portal's archive by number from 0: `scale` times as many as texts/past.yaml has clocks."""

    def __init__(self, portal: Portal, seed: int, scale: int) -> None:
        self.portal = portal
        self._seed = seed
        self._instants = list(_instants(portal, scale))
        self._paths: dict[int, str] = {}
        self._changed: dict[int, Article] = {}
        # An article is wanted again for the pages of its neighbours.
        self._made = lru_cache(maxsize=KEPT)(self._make)

    def __len__(self) -> int:
        return len(self._instants)

    def published(self, number: int) -> datetime:
        """When the article appeared, UTC."""
        return self._instants[number]

    def changed(self, number: int) -> datetime:
        """When the article changed last, or appeared; costs no text."""
        if number in self._changed:
            return self._changed[number].modified or self._instants[number]
        return self._instants[number] + (CORRECTED_AFTER if number == CORRECTED else timedelta())

    def path(self, number: int) -> str:
        """The article's own address."""
        if number not in self._paths:
            self._paths[number] = self.first(number).path
        return self._paths[number]

    def first(self, number: int) -> Article:
        """The article as it first appeared."""
        return self._made(number)

    def article(self, number: int) -> Article:
        """The article as it is now."""
        if number in self._changed:
            return self._changed[number]
        first = self.first(number)
        if number != CORRECTED:
            return first
        return CHANGES["correction"](first, self.portal, self.changed(number))

    def number_at(self, path: str) -> int | None:
        """The number of the article whose own address `path` is."""
        found = _NUMBER.search(path)
        number = int(found[0]) - _FIRST_NUMBER if found else len(self)
        return number if number < len(self) and self.path(number) == path else None

    def number_of(self, id_: str) -> int | None:
        """The number of the article with that id."""
        found = re.fullmatch(rf"past-{re.escape(self.portal.slug)}-(\d{{1,6}})", id_)
        return int(found[1]) if found and int(found[1]) < len(self) else None

    def put(self, number: int, article: Article) -> None:
        """Puts a changed article in the place of the one of that number."""
        self._changed[number] = article

    def append(self) -> None:
        """One more article, a minute younger than all others."""
        self._instants.append(max(self._instants) + timedelta(minutes=1))

    def newest(self) -> list[int]:
        """The numbers of the articles that are not taken down, newest first."""
        gone = {number for number, article in self._changed.items() if article.gone is not None}
        order = sorted(range(len(self)), key=lambda number: (self._instants[number], number), reverse=True)
        return [number for number in order if number not in gone]

    def day(self, number: int) -> date:
        """The day of the portal's time zone on which the article appeared."""
        return self._instants[number].astimezone(self.portal.zone).date()

    def months(self) -> dict[tuple[int, int], list[int]]:
        """The numbers by year and month of the portal's time zone, newest first."""
        months: dict[tuple[int, int], list[int]] = {}
        for number in self.newest():
            day = self.day(number)
            months.setdefault((day.year, day.month), []).append(number)
        return months

    def teased(self, number: int) -> list[Article]:
        """The articles that the page of this one teases."""
        near = ((number + step) % len(self) for step in range(1, TEASED + 1))
        return [article for article in map(self.article, near) if article.gone is None]

    def _make(self, number: int) -> Article:
        portal, published = self.portal, self._instants[number]
        text = generate_text(portal, published, f"{self._seed}:past-{portal.slug}-{number}")
        path = address(portal, text.title, _FIRST_NUMBER + number, published)
        return printed_by(portal, replace(text, id=f"past-{portal.slug}-{number}"), published, path)


def _instants(portal: Portal, scale: int) -> Iterator[datetime]:
    """When the articles appeared: first those of the file at its clocks, then the others, at any time of those days."""
    slots = [
        datetime.combine(day, time.fromisoformat(clock), portal.zone)
        for stretch in read_yaml("past.yaml")
        for day in stretch["days"]
        for clock in stretch["clocks"]
    ]
    yield from (slot.astimezone(UTC) for slot in slots)
    spans = [_span(slot.date(), portal.zone) for slot in slots]
    for copy in range(1, scale):
        for place, (start, length) in enumerate(spans):
            yield start + timedelta(seconds=zlib.crc32(f"{portal.slug}:{copy}:{place}".encode()) % length)


def _span(day: date, zone: ZoneInfo) -> tuple[datetime, int]:
    """The start of a day in UTC and its length in seconds, which a change of clocks alters."""
    start, end = (datetime.combine(each, time.min, zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return start, int((end - start).total_seconds())
