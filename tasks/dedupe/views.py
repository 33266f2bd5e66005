"""Texts without the sentences that tell nothing about a story: learned boilerplate, and titles of other stories."""

import numpy as np

from tasks.dedupe.folding import Mask, Tokens
from tasks.dedupe.overlap import Overlap, View, overlap, view
from tasks.dedupe.past import Arrival, Document, Past
from tasks.dedupe.sketch import Sketch

# With fewer tokens left, the whole text is compared.
_LEAST_TOKENS = 20
_MOST_CACHED = 4096
# Entries that each list has alone, as a share of its tokens: above it they are two states of a moving list.
_MOST_SWAPPED_ENTRIES = 0.03


class Views:
    """The views of one run; making one costs as much as three comparisons."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._made: dict[bytes, View] = {}

    def whole(self, new: Arrival, known: Document) -> Overlap:
        """Both texts compared with everything in them."""
        return overlap(*(self._view(sketch, None) for sketch in (new.sketch, known.arrival.sketch)))

    def stripped(self, new: Arrival, known: Document) -> Overlap:
        """Both texts compared without what tells nothing about the story of `known`."""
        return overlap(*(self._view(sketch, known.story) for sketch in (new.sketch, known.arrival.sketch)))

    def _view(self, sketch: Sketch, story: int | None) -> View:
        telling = np.ones(len(sketch.starts), dtype=bool) if story is None else self._telling(sketch, story)
        name = sketch.digest + telling.tobytes()
        found = self._made.get(name)
        if found is None:
            if len(self._made) >= _MOST_CACHED:
                self._made.clear()
            found = self._made[name] = view(_left(sketch, telling), sketch.tokens)
        return found

    def _telling(self, sketch: Sketch, story: int) -> Mask:
        """Which sentences say something about belonging to the story."""
        seen_of, title_of = self._past.seen.get, self._past.titles.get
        telling = np.ones(len(sketch.sentences), dtype=bool)
        for at, sentence in enumerate(sketch.sentences.tolist()):
            seen, title = seen_of(sentence), title_of(sentence)
            # Titles of other stories are a portal's list of further articles.
            if (seen is not None and seen.is_boilerplate) or (title is not None and title.only_story != story):
                telling[at] = False
        return telling


def swaps_entries(one: Sketch, other: Sketch) -> bool:
    """Whether two lists each have entries that the other one lacks: a moving list on two days."""
    if not (one.is_list and other.is_list):
        return False
    return min(_lacking(one, other), _lacking(other, one)) >= _MOST_SWAPPED_ENTRIES


def _lacking(one: Sketch, other: Sketch) -> float:
    """The share of tokens in entries that the other list lacks; an outer one may have a dateline or a credit more."""
    gone = one.entries & (one.sentences != 0) & ~np.isin(one.sentences, other.sentences)
    for outer in (0, -1):
        if gone[outer] and _is_nested(_sentence(one, outer), _sentence(other, outer)):
            gone[outer] = False
    return float(one.lengths[gone].sum()) / max(len(one.tokens), 1)


def _sentence(sketch: Sketch, at: int) -> set[int]:
    """The tokens of a sentence, -1 for the last one."""
    stops = np.append(sketch.starts[1:], len(sketch.tokens))
    return set(sketch.tokens[sketch.starts[at] : stops[at]].tolist())


def _is_nested(one: set[int], other: set[int]) -> bool:
    return one <= other or other <= one


def _left(sketch: Sketch, telling: Mask) -> Tokens:
    """The tokens of the telling sentences, all tokens where few are left."""
    if telling.all():
        return sketch.tokens
    left = sketch.tokens[np.repeat(telling, sketch.lengths)]
    return left if len(left) >= _LEAST_TOKENS else sketch.tokens
