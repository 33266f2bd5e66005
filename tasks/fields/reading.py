"""One article as the rules read it: text, tokens, sentences, marks and quantities, with the way back to offsets."""

from dataclasses import dataclass, field

from tasks.fields.lexicon import Lexicon, Mark, lexicon
from tasks.fields.tokens import LINE, SIGN, Sentence, Token, sentences, tokenize


@dataclass(slots=True)
class Reading:
    """What was read of one text; `marks_at` and `owner` (index of the sentence) go by token."""

    text: str
    language: str
    words: Lexicon
    tokens: list[Token]
    sentences: list[Sentence]
    marks: list[Mark] = field(default_factory=list)
    marks_at: dict[int, list[Mark]] = field(default_factory=dict)

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
    index, end = 0, len(tokens)
    find, marks, by_first = words.meanings_at, reading.marks, reading.marks_at
    while index < end:
        token = tokens[index]
        if token.kind == LINE or (token.kind == SIGN and token.text in ".,;:()\"'"):
            index += 1
            continue
        meanings = find(tokens, index)
        if not meanings:
            index += 1
            continue
        here = [Mark(meaning.kind, meaning.value, index, stop) for stop, meaning in meanings]
        marks.extend(here)
        by_first[index] = here
        index = meanings[0][0]
    return reading
