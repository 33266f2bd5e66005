"""The second headline: a line below the title that is no lead.

A subtitle is printed right below the headline and set as a heading, or its element is called one, or JSON-LD states
the same words as alternativeHeadline. What is the lead, the kicker or a heading of the text is no subtitle.
"""

from collections.abc import Iterator
from itertools import islice

from lxml.etree import _Element as Element

from tasks.extract.datelines import is_dateline
from tasks.extract.notices import is_notice
from tasks.extract.page import Said, Statements, squeezed
from tasks.extract.structured import strings
from tasks.extract.tree import blocks_after, class_words, is_linked, short_text
from tasks.extract.words import name_words

_WORDS = name_words(
    "subtitle subline subheadline subhead subheading undertitle unterzeile untertitel unterueberschrift headlinesub "
    "strapline dek deck soustitre sottotitolo subtitulo secondaryheadline secondheadline alternativeheadline"
)
_CHARACTERS = (12, 250)
# Fewer are a place, a label, or what a screen reader is told.
_MIN_WORDS = 3
_HEADINGS = ("h2", "h3", "h4")
# Blocks behind the headline that are looked at; a heading counts in the first of them alone.
_NEAR = 5


def find_subtitle(page: Statements, taken: list[str]) -> Said | None:
    """The subtitle; `taken` are lines that are something else: title, kicker, lead, bullets."""
    if page.headline is None:
        return None
    keys = {squeezed(text) for text in taken}
    title = squeezed("".join(page.headline.itertext()))
    stated = {squeezed(text) for text in strings(page.article.get("alternativeHeadline"))}
    for place, (block, text) in enumerate(_lines(page.headline)):
        key = squeezed(text)
        if key in keys or key in title or title in key or is_notice(text) or is_dateline(text):
            continue
        if key in stated:
            return Said(text, "jsonld")
        is_heading = place == 0 and block.tag in _HEADINGS and _is_beside(block, page.headline)
        if is_heading or class_words(block) & _WORDS:
            return Said(text, "dom")
    return None


def _lines(headline: Element) -> Iterator[tuple[Element, str]]:
    """The blocks behind the headline that can be one line of a title."""
    shortest, longest = _CHARACTERS
    for block in islice(blocks_after(headline), _NEAR):
        text = short_text(block, longest)
        if len(text) >= shortest and len(text.split()) >= _MIN_WORDS and text[-1] != ":" and not is_linked(block):
            yield block, text


def _is_beside(block: Element, headline: Element) -> bool:
    """Whether a heading follows the headline in the same box, with nothing between them."""
    return headline.getnext() is block
