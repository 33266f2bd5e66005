"""The lead that a text lacks: noticed by the portal's own description, and taken from where the page has it.

Pages lose their lead where it stands in a box that is called a teaser, and where the portal draws it by script. It is
found again as a line beside the headline that is the description, word for word, or at the beginning of articleBody.
"""

from itertools import islice
from typing import NamedTuple

from tasks.extract.datelines import is_dateline
from tasks.extract.notices import is_notice
from tasks.extract.page import Said, Statements, squeezed
from tasks.extract.structured import first, plain
from tasks.extract.tree import SENTENCE_ENDS

# Shorter ones are labels and mottos of the portal.
_MIN_CHARACTERS = 40
_MAX_CHARACTERS = 900
# Descriptions are cut anywhere, often in a word; this many letters at either end tell whether a text has them.
_KEY_LETTERS = 40
# A description that repeats sentences takes them from the first paragraphs.
_FIRST = 8
# Lines behind the headline that are looked at.
_NEAR = 12
# The first paragraph of the text that is searched for in articleBody, and how much of it.
_PROSE_CHARACTERS = 80
_ANCHOR_CHARACTERS = 40


class Described(NamedTuple):
    """What the portal says its article is about; `line` is the same words as printed beside the headline, if they are.

    `text` is "" where the page has no description.
    """

    text: str
    line: str | None


def find_described(page: Statements) -> Described:
    """The description of JSON-LD, else of OpenGraph, the meta tags or the feed; read before the page is pruned."""
    stated = (first(page.article, "description"), page.meta("og:description"), page.meta("description"), page.teaser)
    text = next((text for text in stated if text and len(text) >= _MIN_CHARACTERS), "")
    if not text or page.headline is None:
        return Described(text, None)
    key = squeezed(text)
    near = islice((line for block in page.below for line in block.lines), _NEAR)
    return Described(text, next((line for line in near if squeezed(line) == key), None))


def lacks(paragraphs: list[str], described: Described) -> bool:
    """Whether the page has a description and its text has neither the beginning nor the end of it."""
    key = squeezed(described.text)
    if not key:
        return False
    text = squeezed("".join(paragraphs[:_FIRST]))
    return key[:_KEY_LETTERS] not in text and key[-_KEY_LETTERS:] not in text


def find_missing(page: Statements, paragraphs: list[str], described: Described) -> Said | None:
    """The lead that the text lacks and the page has elsewhere, with its layer; None: it lacks none."""
    if not paragraphs:
        return None
    if described.line and len(described.line) <= _MAX_CHARACTERS and lacks(paragraphs, described):
        return Said(described.line, "dom")
    text = _stated_beginning(page, paragraphs)
    return Said(text, "jsonld") if text and lacks(paragraphs, Described(text, None)) else None


def _stated_beginning(page: Statements, paragraphs: list[str]) -> str | None:
    """The sentences that articleBody has in front of the first paragraph of prose; a title repeated there is cut."""
    stated = page.article.get("articleBody")
    anchor = next((text for text in paragraphs if len(text) >= _PROSE_CHARACTERS), None)
    if not isinstance(stated, str) or anchor is None:
        return None
    before, found, _ = plain(stated).partition(anchor[:_ANCHOR_CHARACTERS])
    title = first(page.article, "headline") or ""
    text = before.strip().removeprefix(title).strip() if title else before.strip()
    fits = found and _MIN_CHARACTERS <= len(text) <= _MAX_CHARACTERS and text[-1] in SENTENCE_ENDS
    return text if fits and not is_notice(text) and not is_dateline(text) else None
