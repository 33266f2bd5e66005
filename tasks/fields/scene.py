"""One sentence as the relations see it: its segments, names, quantities and marks in order."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.quantities import Quantity
from tasks.fields.reading import Reading
from tasks.fields.tokens import NUMBER, Sentence

_BREAKS = frozenset(",;:()–—|!?")
_JOINS = {"de": frozenset(("und", "sowie")), "en": frozenset(("and",)), "fr": frozenset(("et", "ainsi"))}


@dataclass(slots=True)
class Scene:
    """A sentence; `cuts` are the tokens at which a new segment begins (after a comma, a bracket, "und" ...)."""

    reading: Reading
    sentence: Sentence
    names: list[Mention]
    quantities: list[Quantity]
    marks: defaultdict[str, list[Mark]]
    _cuts: list[int] | None = None

    @property
    def cuts(self) -> list[int]:
        """Where segments begin; found when a rule asks, as most sentences have no numbers."""
        if self._cuts is None:
            self._cuts = _cuts(self)
        return self._cuts

    def all(self, *kinds: str) -> Iterator[Mark]:
        """The marks of `kinds`; within each kind in the order of the text."""
        if len(kinds) == 1:
            return iter(self.marks.get(kinds[0], ()))
        return chain.from_iterable([self.marks.get(kind, ()) for kind in kinds])

    def within(self, first: int, last: int, *kinds: str) -> Mark | None:
        """A mark of one of `kinds` that begins between the tokens `first` and `last`."""
        for kind in kinds:
            for mark in self.marks.get(kind, ()):
                if first <= mark.first < last:
                    return mark
        return None

    def segment(self, at: int) -> tuple[int, int]:
        """The segment that holds token `at`."""
        cuts = self.cuts
        after = bisect_right(cuts, at)
        start = cuts[after - 1] if after else self.sentence.first
        return start, cuts[after] if after < len(cuts) else self.sentence.last


_DOUBTFUL = frozenset(("adj", "anaph"))


def scenes(reading: Reading, mentions: list[Mention], quantities: list[Quantity]) -> list[Scene]:
    """The sentences of the text with what stands in them; all three are in the order of the text."""
    found = []
    marks = reading.marks
    named, counted = [name.first for name in mentions], [quantity.first for quantity in quantities]
    marked = [mark.first for mark in marks]
    for sentence in reading.sentences:
        first, last, _ = sentence
        names = mentions[bisect_left(named, first) : bisect_left(named, last)]
        numbers = quantities[bisect_left(counted, first) : bisect_left(counted, last)]
        by_kind: defaultdict[str, list[Mark]] = defaultdict(list)
        for mark in marks[bisect_left(marked, first) : bisect_left(marked, last)]:
            if mark.kind not in _DOUBTFUL or not _is_any(reading, mark):
                by_kind[mark.kind].append(mark)
        found.append(Scene(reading, sentence, names, numbers, by_kind))
    return found


def _is_any(reading: Reading, mark: Mark) -> bool:
    """Whether a word means nothing here: any security (ein Titel), "mehr" in a hedge (mehr als 4 Prozent)."""
    if mark.kind == "adj":
        hedge = reading.has("approx", mark.first)
        if hedge is None or hedge.last >= len(reading.tokens):
            return False
        return reading.tokens[hedge.last].kind == NUMBER or reading.has("number", hedge.last) is not None
    return mark.kind == "anaph" and reading.low(mark.first - 1) in (
        "ein",
        "eine",
        "kein",
        "keine",
        "jede",
        "jeder",
        "eines",
        "einer",
        "a",
        "any",
        "une",
        "aucune",
        "eigene",
        "eigenen",
        "own",
        "million",
        "millionen",
    )


def _cuts(scene: Scene) -> list[int]:
    """Where segments begin. "und" between two names is no cut; clause words are."""
    reading = scene.reading
    joins = _JOINS.get(reading.language[:2], _JOINS["en"])
    inside = {at for name in scene.names for at in range(name.first, name.last)}
    inside |= {at for q in scene.quantities for at in range(q.first, q.last)}
    clauses = {mark.first for mark in scene.marks.get("clause", ())}
    cuts = []
    for at in range(scene.sentence.first, scene.sentence.last):
        if at in inside:
            continue
        token = reading.tokens[at]
        if (token.text in _BREAKS and not (token.text == ":" and reading.is_tight(at + 1))) or token.low in joins:
            cuts.append(at + 1)
        elif at in clauses:
            cuts.append(at)
    return cuts
