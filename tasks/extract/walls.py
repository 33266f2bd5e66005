"""What portals write where an article should be: the wordings in config/lexicons/<lang>/walls.txt, by reason and place.

Knows words only; what a page is refused for is decided in gates.py.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources

from config.errors import Misconfigured
from config.phrases import LANGUAGES
from tasks.outcome import Reason

PLACES = ("title", "text")
# Longer sentences are prose, whatever they begin with; longer titles are headlines.
_MAX_CHARACTERS = 400
_MAX_TITLE_CHARACTERS = 120
_SECTION = re.compile(r"\[(\w+): (\w+)\]")
_SENTENCE_BORDER = re.compile(r"(?<=[.!?…])\s+(?=\S)")
# Signs that are written in several ways. Replacing them one by one is much faster than str.translate.
_SPELLINGS = {"’": "'", "‘": "'", "`": "'", "´": "'", "\xa0": " ", "\u202f": " "}
_CLOSING_SIGNS = " .!?…:*"
_OPENING_SIGNS = "-–—•«»„“\"'( "

Section = tuple[Reason, str]


def is_title_of(reason: Reason, title: str) -> bool:
    """Whether a whole title or headline is one of this kind of page."""
    pattern = _patterns().get((reason, "title"))
    if pattern is None or len(title) > _MAX_TITLE_CHARACTERS:
        return False
    plain = _plain(title).strip(_CLOSING_SIGNS)
    return bool(plain) and pattern.fullmatch(plain) is not None


def is_wall_title(title: str) -> bool:
    """Whether a title is one of any kind of page that is no article."""
    return any(is_title_of(reason, title) for reason, place in _patterns() if place == "title")


def says(reason: Reason, sentence: str) -> bool:
    """Whether a sentence is one that this kind of page says."""
    pattern = _patterns().get((reason, "text"))
    if pattern is None or len(sentence) > _MAX_CHARACTERS:
        return False
    return pattern.match(_plain(sentence).lstrip(_OPENING_SIGNS)) is not None


def said_by(sentence: str) -> Reason | None:
    """The kind of page that says this sentence; None for anything else."""
    return next((reason for reason, place in _patterns() if place == "text" and says(reason, sentence)), None)


def sentences(lines: Iterable[str]) -> Iterator[str]:
    """The sentences of lines, in order."""
    for line in lines:
        yield from filter(None, _SENTENCE_BORDER.split(line.strip()))


def read_walls(language: str) -> list[tuple[Section, str]]:
    """The patterns of one language with their sections; Misconfigured names a line that is neither."""
    name = f"lexicons/{language}/walls.txt"
    section: Section | None = None
    found: list[tuple[Section, str]] = []
    lines = (resources.files("config") / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if opened := _SECTION.fullmatch(text):
            section = _section(opened, f"config/{name}:{number}")
        elif text and not text.startswith("#"):
            found.append(_pattern(section, text, f"config/{name}:{number}"))
    return found


def _plain(text: str) -> str:
    """The text with one spelling of apostrophes and blanks, as the patterns are written."""
    for sign, usual in _SPELLINGS.items():
        text = text.replace(sign, usual)
    return text


def _section(opened: re.Match[str], where: str) -> Section:
    """The reason and the place that a line in brackets names."""
    reasons = {reason.value: reason for reason in Reason}
    if opened[1] not in reasons or opened[2] not in PLACES:
        raise Misconfigured(
            f"{where}: no section of this name: {opened[0]}. Write [reason: title] or [reason: text], with a reason of "
            "tasks/outcome.py, for example [consent_wall: text]."
        )
    return reasons[opened[1]], opened[2]


def _pattern(section: Section | None, text: str, where: str) -> tuple[Section, str]:
    """The pattern with the section that it stands in."""
    if section is None:
        raise Misconfigured(f"{where}: a pattern in front of the first section: {text}. Open one: [reason: title].")
    try:
        re.compile(text)
    except re.error as error:
        raise Misconfigured(f"{where}: not a pattern ({error}): {text}") from error
    return section, text


@lru_cache(maxsize=1)
def _patterns() -> dict[Section, re.Pattern[str]]:
    """One expression a section, of all languages: portals mix them. Read once in a process."""
    grouped: dict[Section, list[str]] = {}
    for language in LANGUAGES:
        for section, text in read_walls(language):
            grouped.setdefault(section, []).append(f"(?:{text})")
    return {section: re.compile("|".join(texts), re.IGNORECASE) for section, texts in grouped.items()}
