"""One article as the rules read it: text, tokens, sentences, marks and quantities, with the way back to offsets."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

from tasks.fields.lexicon import Lexicon, Mark, lexicon
from tasks.fields.tokens import NUMBER, WORD, Sentence, Token, sentences, tokenize

_COUNTING = frozenset(("number", "fraction", "multiple", "sum"))


class _Lows(dict[int, str]):
    """Tokens by index. Rules look 2,000 times at the neighbours of words: a bound method of C costs a quarter."""

    def __missing__(self, _: int) -> str:
        return ""


@dataclass(slots=True)
class Reading:
    """What was read of one text; `marks_at` goes by the first token of the marks.

    `low(index)` is a token in lower case, an empty text beyond the ends; `starts` are the offsets of all tokens.
    `counted` are the tokens that can begin a quantity, `capitals` those of words with a capital first letter.
    """

    text: str
    language: str
    words: Lexicon
    tokens: list[Token]
    sentences: list[Sentence]
    low: Callable[[int], str]
    starts: list[int]
    marks: list[Mark] = field(default_factory=list)
    marks_at: dict[int, list[Mark]] = field(default_factory=dict)
    counted: list[int] = field(default_factory=list)
    capitals: list[int] = field(default_factory=list)
    capital_at: frozenset[int] = frozenset()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of the tokens `first` up to, but without, `last`."""
        return self.tokens[first].start, self.tokens[last - 1].stop

    def phrase(self, first: int, last: int) -> str:
        """The text of the tokens `first` up to, but without, `last`, as printed."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].stop]

    def has(self, kind: str, index: int) -> Mark | None:
        """The mark of `kind` that begins at token `index`."""
        for mark in self.marks_at.get(index, ()):
            if mark.kind == kind:
                return mark
        return None

    def index_of(self, start: int) -> int | None:
        """The token that begins at offset `start`."""
        index = bisect_left(self.starts, start)
        return index if index < len(self.starts) and self.starts[index] == start else None

    def is_tight(self, index: int) -> bool:
        """Whether token `index` follows the one before it without white space."""
        return 0 < index < len(self.tokens) and self.tokens[index].start == self.tokens[index - 1].stop


def read(text: str, language: str) -> Reading:
    """The tokens, sentences and marks of `text`; marks of one kind do not overlap."""
    words = lexicon(language)
    tokens = tokenize(text)
    reading = Reading(
        text,
        language,
        words,
        tokens,
        sentences(tokens, words.words("abbreviation"), words.words("ordinal")),
        _Lows(enumerate([token[2] for token in tokens])).__getitem__,
        [token[3] for token in tokens],
    )
    _mark(reading)
    return reading


def _mark(reading: Reading) -> None:
    """Find the phrases of the lexicon, and note what later rules would walk over all tokens for."""
    tokens, by_first = reading.tokens, reading.marks_at
    reading.marks = reading.words.marks(tokens)
    counted = {index for index, token in enumerate(tokens) if token[0] == NUMBER}
    for mark in reading.marks:
        kind, _, first, _ = mark
        if first in by_first:
            by_first[first].append(mark)
        else:
            by_first[first] = [mark]
        if kind in _COUNTING and tokens[first].kind == WORD:
            counted.add(first)
    reading.counted = sorted(counted)
    reading.capitals = [index for index, token in enumerate(tokens) if token[0] == WORD and token[1][0].isupper()]
    reading.capital_at = frozenset(reading.capitals)
