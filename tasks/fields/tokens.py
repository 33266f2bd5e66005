"""Tokens and sentences of a text: words, numbers as printed, single signs. Knows no language but abbreviations."""

import re
from functools import partial
from typing import NamedTuple

# Thousands by ' or ’ or a space want three digits each; points and commas are for printed_numbers.
_TOKEN = re.compile(
    r"(?P<word>(?:CHF|USD|EUR|GBP|JPY|HKD|INR|SEK|NOK|DKK|AUD|CAD|CNY|SGD|Rs|SFr|Fr)(?=\d)|[^\W\d_]\w*)"
    r"|(?P<number>\d{1,3}(?:['’]\d{3})+(?:[.,]\d+)?(?!\d)"
    r"|(?<![\d.,])\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d+)?(?![\d'’])"
    r"|\d+(?:[.,]\d+)*)"
    r"|(?P<line>\n)"
    r"|(?P<sign>\S)"
)
NUMBER, WORD, SIGN, LINE = "number", "word", "sign", "line"
# Words that begin a sentence even behind an abbreviation: 33,2 Mio. Für das Gesamtjahr ...
STARTERS = frozenset(
    [
        "der",
        "die",
        "das",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "einer",
        "im",
        "in",
        "am",
        "an",
        "auf",
        "bei",
        "beim",
        "mit",
        "von",
        "vom",
        "zu",
        "zum",
        "zur",
        "für",
        "und",
        "als",
        "nach",
        "vor",
        "seit",
        "wie",
        "so",
        "doch",
        "aber",
        "dies",
        "diese",
        "dieser",
        "damit",
        "dabei",
        "dafür",
        "davon",
        "auch",
        "heute",
        "gestern",
        "zudem",
        "bisher",
        "bislang",
        "laut",
        "unter",
        "über",
        "trotz",
        "es",
        "er",
        "sie",
        "wir",
        "ich",
        "man",
        "the",
        "a",
        "this",
        "that",
        "these",
        "it",
        "its",
        "he",
        "she",
        "they",
        "we",
        "for",
        "on",
        "at",
        "by",
        "to",
        "from",
        "but",
        "and",
        "as",
        "with",
        "when",
        "while",
        "after",
        "le",
        "la",
        "les",
        "un",
        "une",
        "du",
        "des",
        "de",
        "au",
        "aux",
        "et",
        "en",
        "dans",
        "sur",
        "pour",
        "par",
        "avec",
        "mais",
        "où",
        "selon",
        "après",
        "ce",
        "cette",
        "il",
        "elle",
        "ils",
        "elles",
    ]
)
_ENDS = frozenset(".!?…")
_STOPS = _ENDS | {"\n"}
_CLOSERS = frozenset("\"'”“»)’")
_LAST_DAY = 31
# Longer stretches without a full stop are lists or rubbish; a bound keeps every rule linear in the text.
_LONGEST_SENTENCE = 300


class Token(NamedTuple):
    """One word, number, sign or line end; `low` is the word in lower case, `start` and `stop` are offsets."""

    kind: str
    text: str
    low: str
    start: int
    stop: int


class Sentence(NamedTuple):
    """Tokens `first` up to, but without, `last`; `line` counts lines, `head` is true for the title."""

    first: int
    last: int
    line: int


# Token(*row) at the speed of C: what NamedTuple's own constructor calls.
_token = partial(tuple.__new__, Token)


def tokenize(text: str) -> list[Token]:
    """All tokens of `text` in order; white space other than line ends is left out."""
    matches = list(_TOKEN.finditer(text))
    kinds = [match.lastgroup for match in matches]
    texts = [match[0] for match in matches]
    spans = [match.span() for match in matches]
    lows = [printed.lower() if kind == WORD else printed for kind, printed in zip(kinds, texts, strict=True)]
    columns = zip(kinds, texts, lows, [start for start, _ in spans], [stop for _, stop in spans], strict=True)
    return list(map(_token, columns))


def sentences(tokens: list[Token], abbreviations: frozenset[str], after_ordinal: frozenset[str]) -> list[Sentence]:
    """Sentences in order. A line end always ends one; a point only where no abbreviation, initial or ordinal stands."""
    found = []
    first = line = 0
    count = len(tokens)
    for index in [*(at for at, token in enumerate(tokens) if token[1] in _STOPS), count]:
        while index - first > _LONGEST_SENTENCE:
            stop = _behind_closers(tokens, first + _LONGEST_SENTENCE)
            found.append(Sentence(first, stop, line))
            first = stop
        if index == count or tokens[index].kind == LINE:
            if index > first:
                found.append(Sentence(first, index, line))
            first, line = index + 1, line + 1
        elif index - first >= _LONGEST_SENTENCE or _is_end(tokens, index, first, abbreviations, after_ordinal):
            stop = _behind_closers(tokens, index)
            found.append(Sentence(first, stop, line))
            first = stop
    return found


def _behind_closers(tokens: list[Token], index: int) -> int:
    """The token behind `index` and the quotes and brackets that are stuck to it."""
    stop = index + 1
    while stop < len(tokens) and tokens[stop].text in _CLOSERS and tokens[stop].start == tokens[stop - 1].stop:
        stop += 1
    return stop


def _is_end(
    tokens: list[Token], index: int, first: int, abbreviations: frozenset[str], after_ordinal: frozenset[str]
) -> bool:
    """Whether the sign at `index` ends the sentence that began at `first`."""
    if index < first:
        return False
    after = next((t for t in tokens[index + 1 : index + 3] if t.text not in _CLOSERS), None)
    if after is None or after.kind == LINE:
        return True
    if tokens[index + 1].start == tokens[index].stop and tokens[index + 1].text not in _CLOSERS:
        return False
    if after.kind == WORD and after.text[0].islower():
        return False
    if tokens[index].text != "." or index == first:
        return True
    return not _is_inner_point(tokens[index - 1], after, abbreviations, after_ordinal)


def _is_inner_point(before: Token, after: Token, abbreviations: frozenset[str], after_ordinal: frozenset[str]) -> bool:
    if before.kind == NUMBER:
        return before.text.isdigit() and int(before.text) <= _LAST_DAY and after.low in after_ordinal
    initial = len(before.text) == 1 and before.text.isupper()
    return initial or (before.low in abbreviations and after.low not in STARTERS)
