"""Wordings that people may extend: files of patterns below [what: where] in config/lexicons/LANGUAGE."""

import re
from collections.abc import Collection
from importlib import resources

from config.errors import Misconfigured

_SECTION = re.compile(r"\[(\w+): (\w+)\]")
# Signs that are written in several ways. Replacing them one by one is much faster than str.translate.
_SPELLINGS = {"’": "'", "‘": "'", "`": "'", "´": "'", "\xa0": " ", "\u202f": " "}

# What the wording tells, and the place on a page where it must stand.
Section = tuple[str, str]


def read_wordings(
    language: str, file: str, names: Collection[str], places: Collection[str]
) -> list[tuple[Section, str]]:
    """The patterns of one file with their sections, in its order; `names` and `places` are those that it may use.

    Raises Misconfigured, which names the file and the line that is neither a section, a pattern nor a remark (#).
    """
    name = f"lexicons/{language}/{file}"
    section: Section | None = None
    found: list[tuple[Section, str]] = []
    lines = (resources.files("config") / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        text, where = line.strip(), f"config/{name}:{number}"
        if opened := _SECTION.fullmatch(text):
            section = _section(opened, where, names, places)
        elif text and not text.startswith("#"):
            found.append((_checked(section, text, where, names), text))
    return found


def usual_spelling(text: str) -> str:
    """The text with one spelling of apostrophes and blanks, as the patterns are written."""
    if text.isascii():
        return text
    for sign, usual in _SPELLINGS.items():
        text = text.replace(sign, usual)
    return text


def _section(opened: re.Match[str], where: str, names: Collection[str], places: Collection[str]) -> Section:
    """What a line in brackets opens."""
    name, place = opened[1], opened[2]
    if name not in names or place not in places:
        raise Misconfigured(
            f"{where}: no section of this name: {opened[0]}. Write [what: where], with one of {', '.join(names)} and "
            f"one of {', '.join(places)}."
        )
    return name, place


def _checked(section: Section | None, text: str, where: str, names: Collection[str]) -> Section:
    """The section that a pattern stands in, where both are well formed."""
    if section is None:
        example = f"[{next(iter(names))}: ...]"
        raise Misconfigured(f"{where}: a pattern in front of the first section: {text}. Open one: {example}.")
    try:
        # As it is used: one of several. Flags for all of them, (?i) in front, are a mistake then.
        pattern = re.compile(f"(?:{text})")
    except re.error as error:
        raise Misconfigured(f"{where}: not a pattern ({error}): {text}") from error
    if pattern.fullmatch(""):
        raise Misconfigured(f"{where}: fits anywhere, as it fits an empty text: {text}. Ask for a word.")
    return section
