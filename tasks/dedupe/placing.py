"""Articles to stories, one after the other in the order in which they arrived."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from tasks.dedupe.digests import is_digest
from tasks.dedupe.matching import Match, closest
from tasks.dedupe.past import WINDOW, Arrival, Document, Kind, Past
from tasks.dedupe.titles import other_edition, same_title
from tasks.dedupe.views import Views

# At the same address, a day later and with less in common than this, stands another article (a ticker, a hub).
_LEAST_CONTAINMENT_AT_URL = 0.3
_HUB_AFTER = timedelta(hours=20)
# Less than this share of the other's tokens makes a copy a part.
_PART = 0.7
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article belongs. `story` is the number of the document that opened it, `of` the id of what it repeats.

    `is_exact`: in the same words. `containment` is the share of the smaller text's shingles that the closest member
    has. A late arrival that was published before the story's original takes its place: kind original, and
    `displaces` is the id of the former one.
    """

    id: str
    number: int
    story: int
    kind: Kind
    of: str | None = None
    is_exact: bool = False
    containment: float | None = None
    displaces: str | None = None


class Likeness(NamedTuple):
    """How an article is like the story that it joins."""

    kind: Kind
    containment: float
    is_exact: bool = False


def place(arrivals: Iterable[Arrival], past: Past) -> list[Placement]:
    """The placements, in the same order; `past` knows the articles afterwards, and numbers go on in it."""
    views = Views(past)
    return [_place(new, past, views) for new in arrivals]


def _place(new: Arrival, past: Past, views: Views) -> Placement:
    repeats = is_digest(new.sketch, past)
    placement = _decided(new, past, views, repeats=repeats)
    past.add(Document(placement.number, placement.story, new, placement.kind, repeats))
    if placement.displaces is not None:
        past.roots[placement.story] = placement.number
    return placement


def _decided(new: Arrival, past: Past, views: Views, *, repeats: bool) -> Placement:
    """The same address, the same words, the closest text; else a story of its own."""
    at_url = _at_url(new, past, views)
    if at_url is not None and past.sizes[at_url.story] > 1:
        return at_url
    alike = _in_same_words(new, past) or _closest(new, past, views, repeats=repeats)
    if at_url is None:
        return alike or Placement(new.id, past.next_number, past.next_number, Kind.ORIGINAL)
    # A revision that came before the article's first text stands alone; the copies know better where that belongs.
    if alike is not None and (alike.containment or 0) >= _NEARLY_ALL:
        return replace(at_url, story=alike.story)
    return at_url


def _at_url(new: Arrival, past: Past, views: Views) -> Placement | None:
    """A revision of what stood at the same address."""
    number = past.by_url.get(new.url)
    if number is None:
        return None
    known = past.documents[number]
    containment = views.stripped(new, known).containment
    if containment < _LEAST_CONTAINMENT_AT_URL and abs(new.at - known.arrival.at) >= _HUB_AFTER:
        return None
    is_exact = new.sketch.digest == known.arrival.sketch.digest
    return Placement(
        new.id, past.next_number, known.story, Kind.REVISION, known.arrival.id, is_exact, round(containment, 3)
    )


def _in_same_words(new: Arrival, past: Past) -> Placement | None:
    """A copy word by word; the same words a week later are a template."""
    number = past.by_digest.get(new.sketch.digest)
    if number is None:
        return None
    known = past.documents[number]
    if abs(new.at - known.arrival.at) > WINDOW or other_edition(new.sketch.title, known.arrival.sketch.title):
        return None
    return _member(new, past, known.story, Likeness(Kind.COPY, 1.0, is_exact=True))


def _closest(new: Arrival, past: Past, views: Views, *, repeats: bool) -> Placement | None:
    """A copy or a part of the closest document's story."""
    match = closest(new, past, views, is_digest=repeats)
    if match is None:
        return None
    return _member(new, past, match.document.story, Likeness(_kind(new, match), match.overlap.containment))


def _kind(new: Arrival, match: Match) -> Kind:
    """What the article is to its closest match."""
    known, one, other = match.document, match.overlap.one.length, match.overlap.other.length
    if one < _PART * other or (known.kind is Kind.PARTIAL and other >= _PART * one):
        return Kind.PARTIAL
    # The same portal under another address: it published its own article once more.
    again = known.arrival.source == new.source and same_title(new.sketch.title, known.arrival.sketch.title)
    return Kind.REVISION if again else Kind.COPY


def _member(new: Arrival, past: Past, story: int, like: Likeness) -> Placement:
    """The article as a member of the story: its original, where it was published first and is no part."""
    root = past.documents[past.roots[story]].arrival
    if new.at < root.at and like.kind is not Kind.PARTIAL:
        return Placement(
            new.id, past.next_number, story, Kind.ORIGINAL, None, like.is_exact, round(like.containment, 3), root.id
        )
    return Placement(new.id, past.next_number, story, like.kind, root.id, like.is_exact, round(like.containment, 3))
