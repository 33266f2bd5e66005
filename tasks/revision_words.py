"""Words about revisions: how portals mark corrections, updates and withdrawals, and what changes without being news.

Knows words only: config/lexicons/LANGUAGE/corrections.txt and noise.txt. What two texts differ in: revisions.py.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from config.phrases import LANGUAGES
from config.wordings import Section, read_wordings, usual_spelling

NOTICES = ("withdrawal", "correction", "update")
NOTICE_PLACES = ("title", "begin", "text")
NOISE_PLACES = ("line", "part")
# Notices stand at either end of a text; longer paragraphs are not read further.
_PARAGRAPHS_ASKED = 3
_MAX_CHARACTERS = 600
_MAX_LINE_CHARACTERS = 240
_FORMS = {"title": "(?:{})", "begin": r"\A\W*(?:{})", "text": "(?:{})", "line": r"\A\s*(?:{})\s*\Z", "part": "(?:{})"}


class Notice(NamedTuple):
    """What a text says of itself: correction, update or withdrawal, and the line that says so."""

    kind: str
    quote: str


def find_notice(title: str, paragraphs: Sequence[str]) -> Notice | None:
    """The gravest notice in a title or at either end of a text: withdrawal before correction before update."""
    for kind in NOTICES:
        for place, line in _asked(title, paragraphs):
            pattern = _patterns("corrections.txt").get((kind, place))
            if pattern is not None and pattern.search(usual_spelling(line[:_MAX_CHARACTERS])):
                return Notice(kind, line)
    return None


def _asked(title: str, paragraphs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Lines that may carry a notice, each with the place that it stands at."""
    yield "title", title
    first, last = paragraphs[:_PARAGRAPHS_ASKED], paragraphs[_PARAGRAPHS_ASKED:][-_PARAGRAPHS_ASKED:]
    for line in (*first, *last):
        yield "begin", line
        yield "text", line


def without_noise(paragraph: str) -> str:
    """The paragraph without what may change at any time; empty where nothing else stands in it."""
    spelled = usual_spelling(paragraph)
    lines, parts = (_patterns("noise.txt").get(("noise", place)) for place in NOISE_PLACES)
    if lines is not None and len(spelled) <= _MAX_LINE_CHARACTERS and lines.search(spelled):
        return ""
    return parts.sub(" ", spelled).strip() if parts is not None else spelled


def read_corrections(language: str) -> list[tuple[Section, str]]:
    """The patterns of one language by kind and place; Misconfigured names a line that is none."""
    return read_wordings(language, "corrections.txt", NOTICES, NOTICE_PLACES)


def read_noise(language: str) -> list[tuple[Section, str]]:
    """The patterns of what changes without being news, by place; Misconfigured names a line that is none."""
    return read_wordings(language, "noise.txt", ("noise",), NOISE_PLACES)


@lru_cache(maxsize=2)
def _patterns(file: str) -> dict[Section, re.Pattern[str]]:
    """One expression a section, of all languages: portals mix them. Read once in a process."""
    read = read_corrections if file == "corrections.txt" else read_noise
    grouped: dict[Section, list[str]] = {}
    for language in LANGUAGES:
        for section, text in read(language):
            grouped.setdefault(section, []).append(f"(?:{text})")
    return {
        (name, place): re.compile(_FORMS[place].format("|".join(texts)), re.IGNORECASE)
        for (name, place), texts in grouped.items()
    }
