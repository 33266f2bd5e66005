"""From what two texts share to what they are to each other: the rules, and what each is for. Figures: docs/dedup.md."""

from dataclasses import dataclass
from enum import StrEnum

from tasks.dedupe.overlap import Overlap

# Shingles that must be shared; and of a short text that is nearly all in the other, under the same title.
_LEAST_SHARED = 10
_LEAST_SHARED_OF_FLASH = 5
_NEARLY_ALL = 0.9
_LEAST_CONTAINMENT = 0.60
# A text that opens another one under the same title and goes on with something else: a flash above a portal's notice.
_LEAST_LEAD = 7
_LEAST_CONTAINMENT_OF_LEAD = 0.25
_MOST_INNER_OF_LEAD = 2
# Places that say something else, as a share of those both have: below 0.022 edits of one text, above 0.030 templates.
_MOST_CONFLICTS = 0.025
# Three numbers or more that differ, most of all numbers, in at least one place of a hundred.
_LEAST_NUMBER_CONFLICTS = 3
_LEAST_CONFLICTS = 0.01
# Passages that each text has alone where the other one has its own: tokens, and per shared shingle.
_SWAPPED_HEAD = (8, 0.08)
_SWAPPED = (12, 0.12)
_SWAPPED_OF_SHORT = (6, 0.20)
_SWAPPED_IN_BITS = (7, 0.10)
_SWAPPED_DISTANT = (7, 0.08)
_SWAPPED_AGREEING = 0.30
_BITS = 3
_LEAST_AGREEING = 2
# One text is a part of the other if it has at most so many tokens of its own.
_MOST_ALONE_OF_PART = 4
_LEAST_SHARED_OF_PART = 25


class Verdict(StrEnum):
    """SAME: one is made of the other. OTHER_EDITION: on the same template, so never in one story.

    SAME_FRAME: each has passages of its own between shared ones. APART: too little in common.
    """

    SAME = "same"
    APART = "apart"
    SAME_FRAME = "same frame"
    OTHER_EDITION = "other edition"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles compared. `is_distant`: published more than 18 hours apart, as editions of a series are."""

    overlap: Overlap
    same_title: bool
    is_distant: bool
    swaps_entries: bool = False


def verdict(pair: Pair) -> Verdict:
    """What the two are to each other."""
    if pair.swaps_entries or is_edition(pair):
        return Verdict.OTHER_EDITION
    if not _shares_enough(pair):
        return Verdict.APART
    if _swaps_passages(pair):
        return Verdict.SAME_FRAME
    if pair.overlap.containment >= _LEAST_CONTAINMENT or _opens_alike(pair):
        return Verdict.SAME
    return Verdict.APART


def is_edition(pair: Pair) -> bool:
    """Whether the texts fill the same places with other names and numbers."""
    overlap = pair.overlap
    # A single other value is a correction, unless a day lies between them.
    allowed = max(_MOST_CONFLICTS * overlap.places, 0 if pair.is_distant else 1)
    if max(overlap.conflicts, overlap.swaps) > allowed:
        return True
    if overlap.conflicts < _LEAST_CONFLICTS * overlap.places:
        return False
    return overlap.number_conflicts >= max(_LEAST_NUMBER_CONFLICTS, overlap.numbers / 2)


def is_part(overlap: Overlap) -> bool:
    """Whether one text is nearly all in the other one, numbers included: then they are the same, whatever is known."""
    if overlap.conflicts or overlap.shared < _LEAST_SHARED_OF_PART:
        return False
    agrees = overlap.numbers >= 1 or overlap.jaccard >= _NEARLY_ALL
    return agrees and min(overlap.one.total, overlap.other.total) <= _MOST_ALONE_OF_PART


def _shares_enough(pair: Pair) -> bool:
    overlap = pair.overlap
    if overlap.shared >= _LEAST_SHARED:
        return True
    if not pair.same_title:
        return False
    is_flash = overlap.shared >= _LEAST_SHARED_OF_FLASH and overlap.containment >= _NEARLY_ALL
    return is_flash or overlap.lead >= _LEAST_LEAD


def _swaps_passages(pair: Pair) -> bool:
    """Whether each text has passages of its own in the same frame: a column, a letter with questions and answers."""
    overlap = pair.overlap
    one, other = overlap.one, overlap.other
    # Frames hold no figures, copies share theirs.
    agrees = overlap.numbers >= _LEAST_AGREEING and overlap.number_conflicts == 0
    least, share = _SWAPPED_HEAD
    if _exceeds(min(one.head, other.head), overlap, (least, _SWAPPED_AGREEING if agrees else share)):
        return True
    inner = min(one.inner, other.inner)
    if not agrees and _exceeds(inner + min(one.head, other.head), overlap, _SWAPPED_OF_SHORT):
        return True
    if pair.is_distant:
        return _exceeds(inner, overlap, _SWAPPED_DISTANT)
    least, share = _SWAPPED_IN_BITS if min(one.gaps, other.gaps) >= _BITS else _SWAPPED
    return _exceeds(inner, overlap, (least, _SWAPPED_AGREEING if agrees else share))


def _exceeds(tokens: int, overlap: Overlap, limit: tuple[int, float]) -> bool:
    least, share = limit
    return tokens >= least and tokens > share * overlap.shared


def _opens_alike(pair: Pair) -> bool:
    """Whether the smaller text begins as the other one, under the same title, and only its end is its own."""
    overlap = pair.overlap
    if pair.is_distant or not pair.same_title or overlap.lead < _LEAST_LEAD:
        return False
    return overlap.containment >= _LEAST_CONTAINMENT_OF_LEAD and overlap.smaller.inner <= _MOST_INNER_OF_LEAD
