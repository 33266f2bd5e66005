"""When the article was published and last changed, as it says itself; the layers in order of trust below.

The first stated instant with a time of day wins; a bare date stands only where no layer of the same day has the
clock. A time without an offset gives way to the same minute with one: the portal's zone is an assumption.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from lxml.etree import _Element as Element

from tasks.dates import parse_date
from tasks.extract.datelines import is_dateline, is_update, split_dateline
from tasks.extract.page import Statements
from tasks.extract.structured import strings
from tasks.extract.tree import class_words, text_of
from tasks.extract.words import name_words
from tasks.model import Precision, Timestamp

_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "datepublished",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "pubdate",
    "publish-date", "publish_date", "publication_date", "published_time", "dc.date.issued", "dcterms.created",
    "dcterms.issued", "dcterms.date", "dc.date.created", "dc.date", "date", "datecreated", "last-published", "created",
    "article.published", "article:post_date", "publishdate", "release_date", "originalpublicationdate",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "og:updated_time", "article:modified", "datemodified", "dcterms.modified",
    "dc.date.modified", "last-modified", "lastmod", "revised", "article.updated",
)  # fmt: skip
_URL_DATE = re.compile(r"/(20\d{2})[/-]?(\d{2})[/-]?(\d{2})(?=[/_.-])")
_PUBLISHED_WORDS = name_words("published publish pubdate publication datepublished date datetime created erstellt")
_MODIFIED_WORDS = name_words("updated update modified datemodified changed aktualisiert")
# Two layers that differ by less tell the same instant in different zones.
_ZONE_SPREAD = timedelta(hours=14)
# Blocks below the headline that are looked at for a date.
_BELOW = 12


class Times(NamedTuple):
    """What the page says about its instants."""

    published: Timestamp | None
    modified: Timestamp | None


class _Printed(NamedTuple):
    """A date as a layer printed it, not yet read."""

    raw: str
    origin: str
    is_update: bool = False


def find_times(page: Statements) -> Times:
    """Published and modified time; what lies before the published one is no modification."""
    published, modified = (_choose(page, _stated(page, which)) for which in ("published", "modified"))
    if not (_is_settled(published) and _is_settled(modified)):
        dom = list(_dom_dates(page))
        printed = [date for date in dom if not date.is_update]
        published = _choose(page, [*_stated(page, "published"), *printed, *_url_date(page.url)])
        modified = _choose(page, [*_stated(page, "modified"), *(date for date in dom if date.is_update)])
    published = page.told.published or published
    if published and modified and modified.at < published.at:
        modified = None
    return Times(published, modified)


def _stated(page: Statements, which: str) -> Iterator[_Printed]:
    """Dates of JSON-LD and meta tags."""
    keys, names = (
        (("datePublished", "dateCreated", "uploadDate"), _PUBLISHED_METAS)
        if which == "published"
        else (("dateModified",), _MODIFIED_METAS)
    )
    for key in keys:
        for raw in strings(page.article.get(key)):
            yield _Printed(raw, f"{page.article_layer}.{key}")
    for name in names:
        for raw in page.metas.get(name, ()):
            yield _Printed(raw, f"{'opengraph' if ':' in name else 'meta'}.{name}")


def _dom_dates(page: Statements) -> Iterator[_Printed]:
    """Dates of <time> elements and of datelines around the headline."""
    if page.headline is None:
        return
    near = [*page.above, *page.below[:_BELOW]]
    for block in near:
        for time in block.element.iter("time"):
            yield from _time_element(time, block.text)
    for block in near:
        for line in block.lines:
            label, raw = split_dateline(line)
            if raw and is_dateline(line):
                yield _Printed(raw, "text.dateline", is_update(label))


def _time_element(time: Element, line: str) -> Iterator[_Printed]:
    """The machine-readable date of a <time>, told apart by its own and its parent's class words, then by the line."""
    raw = time.get("datetime") or time.get("content")
    if not raw:
        return
    words = class_words(time) | (class_words(parent) if (parent := time.getparent()) is not None else frozenset())
    changed = bool(words & _MODIFIED_WORDS) or (
        not words & _PUBLISHED_WORDS and is_update(line.split(text_of(time) or "\0", maxsplit=1)[0])
    )
    yield _Printed(raw, "dom.time", changed)


def _url_date(url: str) -> Iterator[_Printed]:
    """The day in a path like /2025/09/24/."""
    if found := _URL_DATE.search(url):
        yield _Printed("-".join(found.groups()), "url.path")


def _is_settled(stamp: Timestamp | None) -> bool:
    """Whether no later layer could be better."""
    return stamp is not None and stamp.zone == "stated" and not _is_bare(stamp)


def _choose(page: Statements, printed: Iterable[_Printed]) -> Timestamp | None:
    """The best readable one: see the module's rule."""
    zone = page.profile.time_zone
    read = [stamp for date in printed if (stamp := parse_date(date.raw, zone=zone, origin=date.origin))]
    if not read:
        return None
    best = read[0]
    for other in read[1:]:
        if (_is_bare(best) and not _is_bare(other) and abs(other.at - best.at) < timedelta(days=1, hours=14)) or (
            best.zone != "stated" and other.zone == "stated" and not _is_bare(other) and _same_minute(best, other)
        ):
            best = other
    return best


def _is_bare(stamp: Timestamp) -> bool:
    """Whether the clock part says nothing: a date only, or one that a content system filled up with midnight."""
    return (
        stamp.precision is Precision.DAY or re.search(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[ +-]|$)", stamp.raw) is not None
    )


def _same_minute(one: Timestamp, other: Timestamp) -> bool:
    """Whether two stamps can be one instant read in two zones."""
    return one.at.minute == other.at.minute and abs(one.at - other.at) <= _ZONE_SPREAD
