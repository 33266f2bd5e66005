"""The document that an article is closest to, among the stories that no member bars."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.dedupe.judging import Pair, Verdict, is_edition, is_part, verdict
from tasks.dedupe.overlap import Overlap
from tasks.dedupe.past import Arrival, Document, Kind, Past
from tasks.dedupe.titles import other_edition, other_subject, same_title
from tasks.dedupe.views import Views, swaps_entries

# Copies follow within hours, editions of a series a day later.
_DISTANT = timedelta(hours=18)
_HALF_DAY = timedelta(hours=12)
_LEAST_JACCARD_OF_DIGESTS = 0.7
# Less than this share of a text left by stripping proves little; then the whole texts must have this in common.
_LITTLE = 0.5
_SMALL = 0.7
_LEAST_WHOLE_CONTAINMENT = 0.5
_LEAST_WHOLE_LEAD = 7


@dataclass(frozen=True, slots=True)
class Match:
    """What a document is to an article, by what they share; `overlap.one` is the article."""

    document: Document
    verdict: Verdict
    overlap: Overlap

    def rank(self, at: datetime) -> tuple[float, int, float, int]:
        """Higher is closer; what is about as much contained is the closer the closer it is in time."""
        apart = abs(at - self.document.arrival.at) // _HALF_DAY
        return round(self.overlap.containment, 1), -apart, self.overlap.jaccard, -self.document.number


def closest(new: Arrival, past: Past, views: Views, *, is_digest: bool) -> Match | None:
    """The closest match.

    A member that is another edition bars its whole story, or a copy under another title would let editions in one by
    one; unless the article is nearly all in another member. A revision bars nobody: its numbers may be what changed.
    """
    series: set[int] = set()
    barred: set[int] = set()
    framed: set[int] = set()
    matches: list[Match] = []
    for known in past.candidates(new):
        if _are_series(new, known):
            series.add(known.story)
            continue
        match = _match(new, known, views, are_digests=is_digest or known.is_digest)
        if match.verdict is Verdict.SAME:
            matches.append(match)
        elif match.verdict is Verdict.OTHER_EDITION and known.kind is not Kind.REVISION:
            barred.add(known.story)
        elif match.verdict is Verdict.SAME_FRAME:
            framed.add(known.story)
    parts = {match.document.story for match in matches if is_part(match.overlap)}
    closed = series | (barred - parts)
    left = [match for match in matches if match.document.story not in closed and not _is_frame(match, framed)]
    return max(left, key=lambda match: match.rank(new.at), default=None)


def _is_frame(match: Match, framed: set[int]) -> bool:
    """Whether the match is a small part of the article, and with another member it shares no more than a frame."""
    is_small = match.overlap.other.length < _SMALL * match.overlap.one.length
    return is_small and match.document.story in framed and not match.overlap.numbers


def _are_series(new: Arrival, known: Document) -> bool:
    """Whether the titles alone tell two editions or two subjects of a template."""
    one, other = new.sketch, known.arrival.sketch
    return other_edition(one.title, other.title) or other_subject(one, other)


def _match(new: Arrival, known: Document, views: Views, *, are_digests: bool) -> Match:
    """What the two are to each other. Lists and digests are compared whole: what they repeat is what they are."""
    one, other = new.sketch, known.arrival.sketch
    if are_digests or one.is_list or other.is_list:
        found = _judged(new, known, views.whole(new, known), swaps=swaps_entries(one, other))
        if are_digests and found.verdict is Verdict.SAME and found.overlap.jaccard < _LEAST_JACCARD_OF_DIGESTS:
            return Match(known, Verdict.APART, found.overlap)
        return found
    found = _judged(new, known, views.stripped(new, known))
    if found.verdict in (Verdict.APART, Verdict.SAME_FRAME):
        whole = views.whole(new, known)
        return Match(known, Verdict.SAME, whole) if is_part(whole) else found
    if found.verdict is Verdict.SAME and _is_little(found.overlap, new, known) and not _agree(new, known, views):
        return Match(known, Verdict.APART, found.overlap)
    return found


def _judged(new: Arrival, known: Document, overlap: Overlap, *, swaps: bool = False) -> Match:
    return Match(known, verdict(_pair(new, known, overlap, swaps=swaps)), overlap)


def _pair(new: Arrival, known: Document, overlap: Overlap, *, swaps: bool = False) -> Pair:
    alike = same_title(new.sketch.title, known.arrival.sketch.title)
    return Pair(overlap, alike, abs(new.at - known.arrival.at) > _DISTANT, swaps)


def _is_little(overlap: Overlap, new: Arrival, known: Document) -> bool:
    """Whether stripping left less than half of one of the texts."""
    sizes = ((overlap.one, new.sketch), (overlap.other, known.arrival.sketch))
    return any(side.length < _LITTLE * len(sketch.tokens) for side, sketch in sizes)


def _agree(new: Arrival, known: Document, views: Views) -> bool:
    """Whether the whole texts speak for it, too."""
    whole = views.whole(new, known)
    if is_edition(_pair(new, known, whole)):
        return False
    return whole.containment >= _LEAST_WHOLE_CONTAINMENT or whole.lead >= _LEAST_WHOLE_LEAD
