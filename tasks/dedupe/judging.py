"""From what two texts share to what they are to each other. The rules, with what each is for; figures: docs/dedup.md."""

from enum import Enum

from tasks.dedupe.overlap import Overlap


class Verdict(Enum):
    """SAME: one is made of the other. APART: nothing to say. OTHER_EDITION: same template, so never one story."""

    SAME = "same"
    APART = "apart"
    OTHER_EDITION = "other edition"


_LEAST_SHARED = 10
_LEAST_CONTAINMENT = 0.60
_MOST_CONFLICTS = 0.025
_LEAST_NUMBER_CONFLICTS = 3


def verdict(overlap: Overlap, *, same_title: bool, swapped_lines: bool, distant: bool) -> Verdict:
    if _is_edition(overlap, distant) or swapped_lines:
        return Verdict.OTHER_EDITION
    if overlap.shared < _LEAST_SHARED and not (same_title and overlap.shared >= 5 and overlap.containment >= 0.9) and not(same_title and overlap.lead>=7):
        return Verdict.APART
    if _swapped(overlap, distant=distant):
        return Verdict.APART
    if overlap.containment >= _LEAST_CONTAINMENT:
        return Verdict.SAME
    if same_title and overlap.lead >= 7 and overlap.containment >= 0.25 and _small(overlap).inner <= 2:
        return Verdict.SAME
    return Verdict.APART


def _small(overlap):
    return overlap.one if overlap.one.length <= overlap.other.length else overlap.other


def is_part(overlap: Overlap) -> bool:
    """Whether one text is nearly all of the other, with numbers that agree: whatever else is known, they are the same."""
    least = min(sum((a.head, a.inner, a.tail)) for a in (overlap.one, overlap.other))
    return overlap.conflicts == 0 and least <= 4 and overlap.shared >= 25 and (overlap.number_places >= 1 or overlap.jaccard>=.9)


def _is_edition(overlap: Overlap, distant: bool) -> bool:
    if max(overlap.conflicts, overlap.swaps) > max(_MOST_CONFLICTS * overlap.places, 0 if distant else 1):
        return True
    if overlap.conflicts < 0.01 * overlap.places:
        return False
    return overlap.number_conflicts >= _LEAST_NUMBER_CONFLICTS and overlap.number_conflicts * 2 >= overlap.number_places


def _swapped(overlap: Overlap, *, distant: bool) -> bool:
    one, other = overlap.one, overlap.other
    agrees = overlap.number_places >= 2 and overlap.number_conflicts == 0
    if min(one.head, other.head) >= 8 and min(one.head, other.head) > (.3 if agrees else .08) * overlap.shared:
        return True
    inner = min(one.inner, other.inner)
    least, share = (7, 0.1) if min(one.inner_runs, other.inner_runs) >= 3 else (12, 0.12)
    if distant:
        least, share = 7, .08
    elif agrees:
        share = .3
    return inner >= least and inner > share * overlap.shared
