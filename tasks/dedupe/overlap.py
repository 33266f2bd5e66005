"""What two texts share, and where they say different things in the same place. Pure."""

from dataclasses import dataclass

import numpy as np

from tasks.dedupe.folding import Mask, Tokens
from tasks.dedupe.hashing import SHINGLE, Hashes, contexts, shingles

# A gap of so many tokens between shared ones can be a swapped name or number; longer ones are passages.
_LONGEST_SWAP = 6
_FLANK = 3
# A shared opening may stand behind a dateline or a line of the portal.
_NEAR_HEAD = 24


@dataclass(frozen=True, slots=True)
class View:
    """A text without its boilerplate, ready to be compared; `contexts` and `values` are those of the whole text."""

    tokens: Tokens
    shingles: Hashes
    distinct: Hashes
    contexts: Hashes
    values: Tokens


@dataclass(frozen=True, slots=True)
class Alone:
    """How many of a text's tokens the other one lacks: in front of all that is shared, between, and behind."""

    length: int
    head: int = 0
    inner: int = 0
    tail: int = 0
    gaps: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.head + self.inner + self.tail


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two texts compared.

    `shared` counts shingles, `containment` is their share of the smaller text. `places` are surroundings that both
    have, `conflicts` those with another value in between, `numbers` and `number_conflicts` those with numbers;
    `swaps` are short gaps with the same words around. `lead` is the length in shingles of the opening they share.
    """

    shared: int
    containment: float
    jaccard: float
    places: int
    conflicts: int
    numbers: int
    number_conflicts: int
    swaps: int
    lead: int
    one: Alone
    other: Alone

    @property
    def smaller(self) -> Alone:
        """The side of the shorter text."""
        return self.one if self.one.length <= self.other.length else self.other


def view(tokens: Tokens, whole: Tokens) -> View:
    """The view of what is left of a text."""
    hashes = shingles(tokens)
    around, values = contexts(whole)
    return View(tokens, hashes, np.unique(hashes), around, values)


def overlap(one: View, other: View) -> Overlap:
    """Both texts compared; symmetric but for which is `one` and which is `other`."""
    found_one, found_other = _found(one.shingles, other.distinct), _found(other.shingles, one.distinct)
    shared = int(np.count_nonzero(_found(one.distinct, other.distinct)))
    sizes = (len(one.distinct), len(other.distinct))
    covered_one, covered_other = _covered(one.tokens, found_one), _covered(other.tokens, found_other)
    here, there = _common_values(one, other)
    differ, numbers = here != there, (here & there & 1).astype(bool)
    return Overlap(
        shared=shared,
        containment=shared / max(min(sizes), 1),
        jaccard=shared / max(sum(sizes) - shared, 1),
        # Boilerplate agrees everywhere; it must not outweigh what differs.
        places=min(len(here), len(one.tokens), len(other.tokens)),
        conflicts=int(np.count_nonzero(differ)),
        numbers=int(np.count_nonzero(numbers)),
        number_conflicts=int(np.count_nonzero(numbers & differ)),
        swaps=len(_gaps(one.tokens, covered_one) & _gaps(other.tokens, covered_other)),
        lead=_lead(found_one, found_other, one, other),
        one=_alone(covered_one),
        other=_alone(covered_other),
    )


def _common_values(one: View, other: View) -> tuple[Tokens, Tokens]:
    """What stands in each text in the surroundings that both have."""
    at = np.searchsorted(other.contexts, one.contexts)
    at_one = np.flatnonzero(_found(one.contexts, other.contexts))
    return one.values[at_one], other.values[at[at_one]]


def _found(hashes: Hashes, among: Hashes) -> Mask:
    """Which of the hashes stand among the others, which ascend."""
    if not len(among):
        return np.zeros(len(hashes), dtype=bool)
    at = np.searchsorted(among, hashes)
    found: Mask = among[np.minimum(at, len(among) - 1)] == hashes
    return found


def _covered(tokens: Tokens, found: Mask) -> Mask:
    """Which tokens stand in a shared shingle."""
    covered = np.zeros(len(tokens), dtype=bool)
    for place in range(SHINGLE):
        covered[place : place + len(found)] |= found
    return covered


def _alone(covered: Mask) -> Alone:
    at = np.flatnonzero(covered)
    if not len(at):
        return Alone(len(covered), head=len(covered))
    head, last = int(at[0]), int(at[-1])
    return Alone(
        length=len(covered),
        head=head,
        inner=last - head + 1 - len(at),
        tail=len(covered) - 1 - last,
        gaps=int(np.count_nonzero(np.diff(at) > 1)),
    )


def _gaps(tokens: Tokens, covered: Mask) -> set[bytes]:
    """What stands around the short gaps in what is shared."""
    at = np.flatnonzero(covered)
    steps = np.diff(at)
    short = np.flatnonzero((steps > 1) & (steps <= _LONGEST_SWAP + 1))
    return {
        tokens[at[gap] - _FLANK + 1 : at[gap] + 1].tobytes() + tokens[at[gap + 1] : at[gap + 1] + _FLANK].tobytes()
        for gap in short.tolist()
    }


def _lead(found_one: Mask, found_other: Mask, one: View, other: View) -> int:
    """How many shingles in a row are shared from the first one on, which stands near the head of both texts."""
    first = int(np.argmax(found_one)) if found_one.any() else _NEAR_HEAD
    if first >= _NEAR_HEAD:
        return 0
    where = np.flatnonzero(other.shingles[:_NEAR_HEAD] == one.shingles[first])
    if not len(where):
        return 0
    return min(_run(found_one[first:]), _run(found_other[int(where[0]) :]))


def _run(found: Mask) -> int:
    """How many are found in a row from the first one on."""
    return int(np.argmin(np.append(found, False)))
