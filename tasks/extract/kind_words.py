"""What portals call articles of a certain kind: the wordings in config/lexicons/<lang>/kinds.txt, by kind and place.

Knows words only; what kind an article is of is decided in kinds.py.
"""

import re
from functools import lru_cache
from importlib import resources

from config.errors import Misconfigured
from config.phrases import LANGUAGES

KINDS = ("live_blog", "gallery", "video", "press_release", "analyst_note")
PLACES = ("label", "title", "text", "address")
_SECTION = re.compile(r"\[(\w+): (\w+)\]")
# How a pattern of each place is searched for: labels whole, anywhere in a title, at the beginning of a text, in an
# address between borders.
_FORMS = {"label": r"\A(?:{})\Z", "title": r"(?:{})", "text": r"\A(?:{})", "address": r"[/-](?:{})(?:[/.-]|\Z)"}
# Signs that are written in several ways. Replacing them one by one is much faster than str.translate.
_SPELLINGS = {"’": "'", "‘": "'", "`": "'", "´": "'", "\xa0": " ", "\u202f": " "}
# No pattern looks further.
_MAX_CHARACTERS = 400

Section = tuple[str, str]


def fits(kind: str, place: str, words: str) -> bool:
    """Whether `words`, found at this place, say that the article is of this kind; all languages are tried."""
    pattern = _patterns().get((kind, place))
    if pattern is None:
        return False
    words = words[:_MAX_CHARACTERS]
    for sign, usual in () if words.isascii() else _SPELLINGS.items():
        words = words.replace(sign, usual)
    return pattern.search(words) is not None


def read_kinds(language: str) -> list[tuple[Section, str]]:
    """The patterns of one language with their sections; Misconfigured names a line that is neither."""
    name = f"lexicons/{language}/kinds.txt"
    section: Section | None = None
    found: list[tuple[Section, str]] = []
    lines = (resources.files("config") / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if opened := _SECTION.fullmatch(text):
            section = _section(opened, f"config/{name}:{number}")
        elif text and not text.startswith("#"):
            found.append((_known(section, text, f"config/{name}:{number}"), text))
    return found


def _section(opened: re.Match[str], where: str) -> Section:
    """The kind and the place that a line in brackets names."""
    kind, place = opened[1], opened[2]
    if kind not in KINDS or place not in PLACES:
        raise Misconfigured(
            f"{where}: no section of this name: {opened[0]}. Write [kind: place], a kind of {', '.join(KINDS)} and a "
            f"place of {', '.join(PLACES)}, for example [live_blog: label]."
        )
    return kind, place


def _known(section: Section | None, text: str, where: str) -> Section:
    """The section that a pattern stands in, where both are well formed."""
    if section is None:
        raise Misconfigured(f"{where}: a pattern in front of the first section: {text}. Open one: [live_blog: label].")
    try:
        re.compile(text)
    except re.error as error:
        raise Misconfigured(f"{where}: not a pattern ({error}): {text}") from error
    return section


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
