"""On which wanted day the entries of a sitemap lie, judged by everything but the page itself. Pure.

A date of publication decides, then the day in the address, then the name of the document; a time of last change is a
hint only. What nothing dates is taken where the document is about wanted days alone, and is counted otherwise.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from tasks.archives.address_dates import address_day, address_stretch
from tasks.archives.agenda import Document
from tasks.archives.pieces import left_out_line
from tasks.archives.stretches import Stretch, Wanted
from tasks.discover.window import MARGIN, child_spans
from tasks.model import FeedEntry, SitemapIndex
from tasks.past import Candidate


class Left(StrEnum):
    """Why an entry is no candidate: the last two are counted for a person, the first is the rule."""

    OUTSIDE = "entries of other days"
    TOUCHED = "entries of which only a change after the wanted days is known, so that they may be older"
    UNDATED = "entries without a date, which may be of any day"


def candidates_of(
    entries: Iterable[FeedEntry], document: Document, wanted: Wanted
) -> tuple[list[Candidate], tuple[str, ...]]:
    """The candidates among the entries of a document, and a line for each sort of those that are counted."""
    candidates: list[Candidate] = []
    left: dict[Left, list[str]] = {why: [] for why in Left}
    for entry in entries:
        day = wanted_day(entry, document.stretch, wanted)
        if isinstance(day, Left):
            left[day].append(entry.url)
        else:
            candidates.append(candidate_of(entry, document.url, day))
    lines = (line for why in (Left.TOUCHED, Left.UNDATED) for line in left_out_line(document.url, why, left[why]))
    return candidates, tuple(lines)


def candidate_of(entry: FeedEntry, place: str, day: date | None) -> Candidate:
    """The entry as the document at `place` announces it."""
    return Candidate(url=entry.url, place=place, day=day, title=entry.title, published=entry.published)


def wanted_day(entry: FeedEntry, stretch: Stretch | None, wanted: Wanted) -> date | Left | None:
    """The wanted day of an entry of a document about `stretch`; None: it is of one of them; else why it is left out."""
    certain = certain_day(entry, wanted)
    if certain is None and stretch and stretch.is_day:
        certain = stretch.first
    if certain is not None:
        return certain if certain in wanted.days else Left.OUTSIDE
    bounds = address_stretch(entry.url) or stretch
    changed = wanted.local(entry.modified.at) if entry.modified else None
    if changed in wanted.days and (not bounds or bounds.near(changed)):
        return changed
    if bounds and (wanted.has_all(bounds) or not wanted.has_any(bounds)):
        return None if wanted.has_all(bounds) else Left.OUTSIDE
    if changed is None:
        return Left.UNDATED
    return Left.OUTSIDE if changed < min(wanted.days) else Left.TOUCHED


def certain_day(entry: FeedEntry, wanted: Wanted) -> date | None:
    """The day on which an entry was published, as its date or its address says; None: neither does."""
    if entry.published:
        return wanted.local(entry.published.at)
    return address_day(entry.url)


def children_of(index: SitemapIndex, parent: Document, wanted: Wanted) -> tuple[list[Document], int]:
    """The sitemaps of an index that may hold wanted days, and how many are left out by their time of change alone.

    Those that say nothing of their days come first, the others by their days: so each day is done early.
    """
    spans = child_spans([child.url for child in index.children])
    days = [_days_by_name(span.start.date(), span.end.date(), wanted) if span else None for span in spans]
    changes = [wanted.local(child.modified.at) if child.modified else None for child in index.children]
    earliest = min(wanted.days) - MARGIN
    # An index whose newest change lies before the wanted days was left to itself: its times say nothing.
    are_kept = any(change >= earliest for change in changes if change)
    found: list[Document] = []
    older = 0
    for child, named, changed in zip(index.children, days, changes, strict=True):
        stretch, held = named or (parent.stretch, parent.days)
        if not named and changed and are_kept:
            held = frozenset(day for day in held if day - MARGIN <= changed)
            older += not held
        if held:
            found.append(Document(child.url, held, stretch, parent.depth + 1))
    return sorted(found, key=lambda one: one.stretch.first if one.stretch else date.min), older


def _days_by_name(start: date, end: date, wanted: Wanted) -> tuple[Stretch, frozenset[date]]:
    stretch = Stretch(start, end - timedelta(days=1))
    return stretch, wanted.near(stretch)
