"""What portals write where an article should be: the wordings in config/lexicons/<lang>/walls.txt, by reason and place.

Knows words only; what a page is refused for is decided in gates.py.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from config.phrases import LANGUAGES
from config.wordings import read_wordings, usual_spelling
from tasks.outcome import Reason

PLACES = ("title", "text")
# Longer sentences are prose, whatever they begin with; longer titles are headlines.
_MAX_CHARACTERS = 400
_MAX_TITLE_CHARACTERS = 120
_SENTENCE_BORDER = re.compile(r"(?<=[.!?…])\s+(?=\S)")
_CLOSING_SIGNS = " .!?…:*"
_OPENING_SIGNS = "-–—•«»„“\"'( "

Section = tuple[Reason, str]


def is_title_of(reason: Reason, title: str) -> bool:
    """Whether a whole title or headline is one of this kind of page."""
    pattern = _patterns().get((reason, "title"))
    if pattern is None or len(title) > _MAX_TITLE_CHARACTERS:
        return False
    plain = usual_spelling(title).strip(_CLOSING_SIGNS)
    return bool(plain) and pattern.fullmatch(plain) is not None


def is_wall_title(title: str) -> bool:
    """Whether a title is one of any kind of page that is no article."""
    return any(is_title_of(reason, title) for reason, place in _patterns() if place == "title")


def says(reason: Reason, sentence: str) -> bool:
    """Whether a sentence is one that this kind of page says."""
    pattern = _patterns().get((reason, "text"))
    if pattern is None or len(sentence) > _MAX_CHARACTERS:
        return False
    return pattern.match(usual_spelling(sentence).lstrip(_OPENING_SIGNS)) is not None


def said_by(sentence: str) -> Reason | None:
    """The kind of page that says this sentence; None for anything else."""
    return next((reason for reason, place in _patterns() if place == "text" and says(reason, sentence)), None)


def sentences(lines: Iterable[str]) -> Iterator[str]:
    """The sentences of lines, in order."""
    for line in lines:
        yield from filter(None, _SENTENCE_BORDER.split(line.strip()))


def read_walls(language: str) -> list[tuple[Section, str]]:
    """The patterns of one language with reason and place; Misconfigured names a line that is none."""
    reasons = {reason.value: reason for reason in Reason}
    found = read_wordings(language, "walls.txt", reasons, PLACES)
    return [((reasons[reason], place), text) for (reason, place), text in found]


@lru_cache(maxsize=1)
def _patterns() -> dict[Section, re.Pattern[str]]:
    """One expression a section, of all languages: portals mix them. Read once in a process."""
    grouped: dict[Section, list[str]] = {}
    for language in LANGUAGES:
        for section, text in read_walls(language):
            grouped.setdefault(section, []).append(f"(?:{text})")
    return {section: re.compile("|".join(texts), re.IGNORECASE) for section, texts in grouped.items()}
