"""Phrases by which a portal's own lines are known; the files: config/phrases/*.yaml, one per language.

A phrase has a kind (what it is) and a way (how it is matched). Every mistake of a file is named with its line.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

from config.documents import Document, Location, Plain, read_document
from config.errors import Misconfigured

LANGUAGES = ("de", "en", "fr")
KINDS = (
    "redirect", "picture", "related", "advertising", "newsletter", "app", "subscription", "consent", "sharing",
    "comments", "feedback", "length", "date", "byline", "author_box", "source", "note", "disclaimer", "copyright",
)  # fmt: skip
WAYS = ("line", "begins", "contains", "pattern")
_SHORTEST = 2
_NO_FILE = "holds no phrases; a file begins with a kind, as in redirect:"


class Phrase(NamedTuple):
    """A phrase as it is written, and the line of its file."""

    kind: str
    way: str
    text: str
    line: int


def load_phrases(language: str) -> tuple[Phrase, ...]:
    """The phrases of one language in the order of the file; Misconfigured lists all its mistakes."""
    name = f"phrases/{language}.yaml"
    document = read_document(resources.files("config") / name, _NO_FILE)
    found = [phrase for phrase in _phrases(document) if _is_sound(phrase, document)]
    if not document.problems:
        return tuple(found)
    lines = "\n".join(f"config/phrases/{problem}" for problem in sorted(document.problems))
    raise Misconfigured(f"Phrases can't be used, no page is extracted before they are put right:\n{lines}")


def _near(name: str, known: tuple[str, ...]) -> str:
    # Its module costs an import of pydantic, which the processes that extract have no other use for.
    from config.values import near

    return near(name, known)


def _phrases(document: Document) -> Iterator[Phrase]:
    """What is written in the right places; the rest is booked as a problem."""
    for kind, ways in (document.content or {}).items():
        if kind not in KINDS:
            document.add((kind,), f"is no kind of notice{_near(kind, KINDS)}; known: {', '.join(KINDS)}")
        elif not isinstance(ways, dict):
            document.add((kind,), f"has no phrases; below it stands one of {', '.join(WAYS)}, and below that a list")
        else:
            yield from (phrase for way, texts in ways.items() for phrase in _listed(kind, way, texts, document))


def _listed(kind: str, way: str, texts: Plain, document: Document) -> Iterator[Phrase]:
    if way not in WAYS:
        document.add((kind, way), f"is no way to match{_near(way, WAYS)}; known: {', '.join(WAYS)}")
        return
    if not isinstance(texts, list):
        document.add((kind, way), "is no list; each phrase stands on a line of its own behind a dash")
        return
    for index, text in enumerate(texts):
        place: Location = (kind, way, index)
        if isinstance(text, str):
            yield Phrase(kind, way, text, document.line(place))
        else:
            document.add(place, "is no phrase; put it into single quotes if it holds a colon")


def _is_sound(phrase: Phrase, document: Document) -> bool:
    """Whether the phrase can be matched and says enough; what is wrong with it is booked."""
    problem = _pattern_problem(phrase.text) if phrase.way == "pattern" else _wording_problem(phrase.text)
    if problem:
        document.add((phrase.kind, phrase.way), problem, phrase.line)
    return problem is None


def _wording_problem(text: str) -> str | None:
    if sum(map(str.isalnum, text)) < _SHORTEST or text.startswith("…"):
        return f"{text!r} would fit too much; wanted: two letters or more, and no … in front"
    return None


def _pattern_problem(text: str) -> str | None:
    try:
        fits_nothing = re.compile(text).match("") is not None
    except re.error as error:
        return f"is not a pattern ({error}): {text}"
    return f"fits an empty line, and so every one: {text}" if fits_nothing else None
