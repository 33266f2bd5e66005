"""Where a portal lists its past: an index of sitemaps with a child per month, a listing in pages, a page per day."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from portal.documents import XML, Document, packed
from portal.listings import ARCHIVE_PATH, missing, numbered, page_of, teaser
from portal.past import Past
from portal.sitemaps import PAST_INDEX_PATH, index_of, url_entry, urlset

PER_PAGE = 10

_PAGE = re.compile(rf"{ARCHIVE_PATH}\?seite=(\d{{1,6}})")
_DAY = re.compile(rf"{ARCHIVE_PATH}/(\d{{4}})/(\d\d)/(\d\d)/?")

Months = Mapping[tuple[int, int], Sequence[int]]


def shelf(past: Past, path: str) -> Document | None:
    """The sitemap, listing or day page of the archive at `path`; None where it has none there."""
    if path == PAST_INDEX_PATH:
        return _index(past)
    if (page := _PAGE.fullmatch(path)) is not None:
        return _page(past, int(page[1]))
    if (day := _DAY.fullmatch(path)) is not None:
        return _day(past, f"{day[1]}-{day[2]}-{day[3]}")
    is_month = path.startswith(past.portal.archive.partition("{")[0])
    return month(past, path, past.months()) if is_month else None


def month(past: Past, path: str, months: Months) -> Document | None:
    """The child at `path`, which has what `months` has for the month of its name."""
    for (year, number), held in months.items():
        if path == month_path(past, year, number):
            entries = (_entry(past, place) for place in held)
            return Document(packed(urlset(list(entries)).encode()), XML)
    return None


def month_path(past: Past, year: int, number: int) -> str:
    """Where the child of a month is."""
    return past.portal.archive.format(yyyy=f"{year:04}", mm=f"{number:02}", m=number)


def _entry(past: Past, number: int) -> str:
    return url_entry(
        past.portal.base + past.path(number), past.changed(number).astimezone(past.portal.zone).isoformat()
    )


def _index(past: Past) -> Document:
    zone = past.portal.zone
    children = [
        (past.portal.base + month_path(past, *key), max(map(past.changed, held)).astimezone(zone).isoformat())
        for key, held in past.months().items()
    ]
    return Document(packed(index_of(children).encode()), XML)


def _page(past: Past, number: int) -> Document:
    """A page of the listing, newest first."""
    newest = past.newest()
    shown = newest[(number - 1) * PER_PAGE : number * PER_PAGE]
    return numbered(
        past.portal,
        [past.article(place) for place in shown],
        (number, -(-len(newest) // PER_PAGE)),
        "seite",
    )


def _day(past: Past, wanted: str) -> Document | None:
    """The articles of a day, newest first; a day of the archive without any has an empty page, other days have none."""
    days = [past.day(number) for number in past.newest()]
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        return None
    if not min(days) <= day <= max(days):
        return missing(past.portal)
    shown = (past.article(number) for number in past.newest() if past.day(number) == day)
    teasers = "".join(teaser(past.portal, article) for article in shown)
    return page_of(past.portal, f" - {wanted}", f"<main>{teasers}</main>")
