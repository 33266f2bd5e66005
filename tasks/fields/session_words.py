"""Words that say which trading day a move speaks of, from config/lexicons/<language>/sessions.txt, found in a sentence.

Knows the words and where they stand; which day they mean is decided in sessiondates.py.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

from config.errors import Misconfigured
from tasks.fields.date_literals import date_literals
from tasks.fields.lexicon import LANGUAGES, Lexicon, Meaning, expanded
from tasks.fields.reading import Reading

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_VALUES = {
    "day": "0|-1|-2",
    "session": "-1",
    "weekday": "|".join(WEEKDAYS),
    "last": "|".join(WEEKDAYS),
    "date": r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",
    "easter": r"-?\d{1,2}",
    **dict.fromkeys(("sometime", "now", "closed", "earlier", "past", "nothing"), ""),
}
_HEADER = re.compile(r"\[(\w+)(?: ([^\]]+))?\]$")


class DayWord(NamedTuple):
    """A word of time over the tokens `first` up to, but without, `last`; `value` as in the file, a literal as Y-M-D."""

    kind: str
    value: str
    first: int
    last: int


def day_words(reading: Reading, first: int, last: int) -> list[DayWord]:
    """The words between two tokens, from left to right, none inside another; those that mean nothing are left out."""
    found = date_words(reading, first, last)
    taken = {at for word in found for at in range(word.first, word.last)}
    for mark in session_lexicon(reading.language).marks(reading.tokens[first:last]):
        word = DayWord(mark.kind, mark.value, first + mark.first, first + mark.last)
        inside = not taken.isdisjoint(range(word.first, word.last))
        if word.kind != "nothing" and not inside and not _is_value(reading, word.first, word.last):
            found.append(word)
    return sorted(found, key=lambda word: word.first)


def date_words(reading: Reading, first: int, last: int) -> list[DayWord]:
    """The printed dates between two tokens: 24. September, Sept 24, 24.09.2025."""
    return [DayWord("date", value, start, stop) for value, start, stop in date_literals(reading, first, last)]


def _is_value(reading: Reading, first: int, last: int) -> bool:
    """Whether a day in brackets only names a value to compare with: (Dienstag: 1,1646), (vendredi : 12)."""
    return reading.low(last) == ":" and "(" in (reading.low(first - 1), reading.low(first - 2))


@cache
def session_lexicon(language: str) -> Lexicon:
    """The words of `language` (its first two letters count); English for a language without any."""
    code = language[:2] if language[:2] in LANGUAGES else "en"
    return read_session_words(resources.files("config") / "lexicons" / code / "sessions.txt")


def read_session_words(file: Traversable) -> Lexicon:
    """The words of one file; Misconfigured names the first line that is wrong."""
    return Lexicon(_phrases(file.name, file.read_text(encoding="utf-8")))


def _phrases(name: str, text: str) -> Iterator[tuple[str, Meaning]]:
    meaning = None
    seen: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            meaning = _section(name, number, line)
        elif line and meaning is None:
            raise Misconfigured(f"{name}:{number}: a word before the first section; put it below one, as in [day 0]")
        elif line and meaning is not None:
            for phrase in expanded(line):
                _once(name, number, phrase, seen)
                yield phrase, meaning


def _section(name: str, number: int, line: str) -> Meaning:
    """What the words below a header mean."""
    header = _HEADER.match(line)
    kind, value = (header[1], header[2] or "") if header else ("", "")
    if kind not in _VALUES:
        raise Misconfigured(f"{name}:{number}: {line} is no section; there are {', '.join(_VALUES)}")
    if not re.fullmatch(_VALUES[kind], value):
        raise Misconfigured(
            f"{name}:{number}: {line} has a value that means nothing; behind {kind} stands {_VALUES[kind] or 'nothing'}"
        )
    return Meaning(kind, f"0-{int(value[:2])}-{int(value[3:])}" if kind == "date" else value)


def _once(name: str, number: int, phrase: str, seen: dict[str, int]) -> None:
    """Refuse what a rule could not tell apart: an unclosed brace, and a word that two lines have."""
    if "{" in phrase or "}" in phrase or not phrase.strip():
        raise Misconfigured(f"{name}:{number}: {phrase!r} has a brace too many or too few; write {{a,b}}")
    if phrase in seen:
        raise Misconfigured(f"{name}:{number}: {phrase!r} is already in line {seen[phrase]}; keep one of the two")
    seen[phrase] = number
