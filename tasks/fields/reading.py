"""One article as the rules read it: text, tokens, sentences, marks and quantities, with the way back to offsets."""

from dataclasses import dataclass, field

from tasks.fields.lexicon import Lexicon, Mark, lexicon
from tasks.fields.tokens import LINE, NUMBER, WORD, Sentence, Token, sentences, tokenize

_PLAIN = frozenset(".,;:()\"'")
_COUNTING = frozenset(("number", "fraction", "multiple", "sum"))


@dataclass(slots=True)
class Reading:
    """What was read of one text; `marks_at` goes by the first token of the marks.

    `counted` are the tokens that can begin a quantity, `capitals` those of words with a capital first letter.
    """

    text: str
    language: str
    words: Lexicon
    tokens: list[Token]
    sentences: list[Sentence]
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

    def low(self, index: int) -> str:
        """The token in lower case; an empty text beyond the ends."""
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def is_tight(self, index: int) -> bool:
        """Whether token `index` follows the one before it without white space."""
        return 0 < index < len(self.tokens) and self.tokens[index].start == self.tokens[index - 1].stop


def read(text: str, language: str) -> Reading:
    """The tokens, sentences and marks of `text`; marks of one kind do not overlap."""
    words = lexicon(language)
    tokens = tokenize(text)
    reading = Reading(
        text, language, words, tokens, sentences(tokens, words.words("abbreviation"), words.words("ordinal"))
    )
    _mark(reading)
    return reading


def _mark(reading: Reading) -> None:
    """Find the phrases of the lexicon, and note what later rules would walk over all tokens for."""
    after = 0
    find, marks, by_first = reading.words.meanings_at, reading.marks, reading.marks_at
    for index, token in enumerate(reading.tokens):
        if token.kind == NUMBER:
            reading.counted.append(index)
        elif token.kind == WORD and token.text[0].isupper():
            reading.capitals.append(index)
        if index < after or token.kind == LINE or token.text in _PLAIN:
            continue
        meanings = find(reading.tokens, index)
        if meanings:
            here = [Mark(meaning.kind, meaning.value, index, stop) for stop, meaning in meanings]
            marks.extend(here)
            by_first[index] = here
            after = meanings[0][0]
            if token.kind == WORD and any(mark.kind in _COUNTING for mark in here):
                reading.counted.append(index)
    reading.capital_at = frozenset(reading.capitals)
