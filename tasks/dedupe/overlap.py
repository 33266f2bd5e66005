"""What two texts share, and where they say different things in the same place. Pure."""

from dataclasses import dataclass

import numpy as np

from tasks.dedupe.folding import Mask, Tokens
from tasks.dedupe.hashing import SHINGLE, Hashes, contexts, shingles


@dataclass(frozen=True, slots=True)
class View:
    """A text without its boilerplate, ready to be compared."""

    tokens: Tokens
    shingles: Hashes
    distinct: Hashes
    contexts: Hashes
    values: Tokens


@dataclass(frozen=True, slots=True)
class Alone:
    """How many tokens of a text the other one lacks: in front of all that is shared, between, behind."""

    length: int
    head: int
    inner: int
    tail: int
    inner_runs: int = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two texts compared. Conflicts are places with the same surroundings and another value."""

    shared: int
    containment: float
    jaccard: float
    places: int
    conflicts: int
    number_places: int
    number_conflicts: int
    one: Alone
    other: Alone
    lead: int
    swaps: int


def view(tokens: Tokens, whole: Tokens) -> View:
    """The view of what is left of a text."""
    hashes = shingles(tokens)
    around, values = contexts(whole)
    return View(tokens, hashes, np.unique(hashes), around, values)


def overlap(one: View, other: View) -> Overlap:
    """Both texts compared; symmetric but for the order of `one` and `other`."""
    found_one, found_other = _found(one.shingles, other.distinct), _found(other.shingles, one.distinct)
    shared = int(np.count_nonzero(_found(one.distinct, other.distinct)))
    _, at_one, at_other = np.intersect1d(one.contexts, other.contexts, assume_unique=True, return_indices=True)
    here, there = one.values[at_one], other.values[at_other]
    differ = here != there
    numbers = (here & there & 1).astype(bool)
    sizes = (len(one.distinct), len(other.distinct))
    return Overlap(
        shared=shared,
        containment=shared / max(min(sizes), 1),
        jaccard=shared / max(sum(sizes) - shared, 1),
        places=min(len(here), len(one.tokens), len(other.tokens)),
        conflicts=int(np.count_nonzero(differ)),
        number_places=int(np.count_nonzero(numbers)),
        number_conflicts=int(np.count_nonzero(numbers & differ)),
        one=_alone(len(one.tokens), found_one),
        other=_alone(len(other.tokens), found_other),
        lead=_lead(found_one, found_other, one, other),
        swaps=_swaps(one.tokens, found_one, other.tokens, found_other),
    )


def _found(hashes: Hashes, among: Hashes) -> Mask:
    """Which of the hashes stand among the others, which ascend."""
    if not len(among):
        return np.zeros(len(hashes), dtype=bool)
    at = np.searchsorted(among, hashes)
    found: Mask = among[np.minimum(at, len(among) - 1)] == hashes
    return found


def _covered(length: int, found: Mask) -> Mask:
    """Which tokens stand in a shared shingle."""
    covered = np.zeros(length, dtype=bool)
    for place in range(SHINGLE):
        covered[place : place + len(found)] |= found
    return covered


def _alone(length: int, found: Mask) -> Alone:
    covered = _covered(length, found)
    at = np.flatnonzero(covered)
    if not len(at):
        return Alone(length, length, 0, 0)
    head, last = int(at[0]), int(at[-1])
    inner = last - head + 1 - len(at)
    return Alone(length, head, inner, length - 1 - last, int(np.count_nonzero(np.diff(at) > 1)))


def _lead(found_one: Mask, found_other: Mask, one: View, other: View) -> int:
    """How many shingles in a row are shared from the first one on, that begins near the head of both texts."""
    if not found_one.any():
        return 0
    first = int(np.argmax(found_one))
    where = np.flatnonzero(other.shingles[: _NEAR_HEAD] == one.shingles[first])
    if first >= _NEAR_HEAD or not len(where):
        return 0
    run = int(np.argmin(np.append(found_one[first:], False)))
    start = int(where[0])
    return min(run, int(np.argmin(np.append(found_other[start:], False))))


_NEAR_HEAD = 24


_SWAP = 6
_FLANK = 3


def _swaps(one: Tokens, found_one: Mask, other: Tokens, found_other: Mask) -> int:
    """In how many places some words of one text stand where the other one has some other words."""
    return len(_gaps(one, found_one) & _gaps(other, found_other))


def _gaps(tokens: Tokens, found: Mask) -> set[bytes]:
    """What stands around the short gaps between what is shared."""
    at = np.flatnonzero(_covered(len(tokens), found))
    jumps = np.flatnonzero((np.diff(at) > 1) & (np.diff(at) <= _SWAP + 1))
    return {
        tokens[at[j] - _FLANK + 1 : at[j] + 1].tobytes() + tokens[at[j + 1] : at[j + 1] + _FLANK].tobytes()
        for j in jumps.tolist()
    }
