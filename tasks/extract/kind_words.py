"""What portals call articles of a certain kind: the wordings in config/lexicons/<lang>/kinds.txt, by kind and place.

Knows words only; what kind an article is of is decided in kinds.py.
"""

import re
from functools import lru_cache

from config.phrases import LANGUAGES
from config.wordings import Section, read_wordings, usual_spelling

KINDS = ("live_blog", "gallery", "video", "press_release", "analyst_note")
PLACES = ("label", "title", "text", "address")
# How a pattern of each place is searched for: labels whole, anywhere in a title, at the beginning of a text, in an
# address between borders.
_FORMS = {"label": r"\A(?:{})\Z", "title": r"(?:{})", "text": r"\A(?:{})", "address": r"[/-](?:{})(?:[/.-]|\Z)"}
# No pattern looks further.
_MAX_CHARACTERS = 400


def fits(kind: str, place: str, words: str) -> bool:
    """Whether `words`, found at this place, say that the article is of this kind; all languages are tried."""
    pattern = _patterns().get((kind, place))
    if pattern is None:
        return False
    return pattern.search(usual_spelling(words[:_MAX_CHARACTERS])) is not None


def read_kinds(language: str) -> list[tuple[Section, str]]:
    """The patterns of one language with kind and place; Misconfigured names a line that is none."""
    return read_wordings(language, "kinds.txt", KINDS, PLACES)


@lru_cache(maxsize=1)
def _patterns() -> dict[Section, re.Pattern[str]]:
    """One expression a section, of all languages: portals mix them. Read once in a process."""
    grouped: dict[Section, list[str]] = {}
    for language in LANGUAGES:
        for section, text in read_kinds(language):
            grouped.setdefault(section, []).append(f"(?:{text})")
    return {
        (kind, place): re.compile(_FORMS[place].format("|".join(texts)), re.IGNORECASE)
        for (kind, place), texts in grouped.items()
    }
