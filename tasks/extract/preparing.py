"""The pruned tree made plain for trafilatura, which reads pages by the names of their parts.

Names that we have read ourselves are taken away where they mislead it, and the part that holds the text gets the one
name that it looks for first. Measured on the 123 spaced pages of the extraction corpus: F1 0.970 without, 0.973 with.
"""

import logging
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from lxml.etree import _Element as Element
from lxml.etree import tostring
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from lxml.html.builder import DIV, P

from tasks.extract.lines import find_container
from tasks.extract.page import Statements
from tasks.extract.tree import BLOCKS, BULLET_MARKS, SENTENCE_ENDS
from tasks.text import clean

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_INLINE = ("a", "b", "em", "i", "small", "span", "strong")
_MARK = "data-headline"
# Share of a sentence's letters that may be links: names of companies and places.
_MAX_LINKED = 0.5
# A table with a cell longer than this is layout, not figures.
_CELL_CHARACTERS = 200


class Plain(NamedTuple):
    """The tree for trafilatura, and whether the container of the text was found in it."""

    root: HtmlElement
    has_container: bool


def printed_paragraphs(page: Statements) -> tuple[list[str], frozenset[str]]:
    """Paragraphs and headings in page order as trafilatura finds them, and which of them are headings.

    Where the text's container was found, its second opinions (readability, justext) are not asked: on the extraction
    corpus F1 stays within 0.0001, and a tenth of the time is saved. trafilatura is imported at the first page that
    needs it and not with this module: it costs 0.2 s, which a run without news saves.
    """
    import trafilatura  # type: ignore[import-untyped,unused-ignore]

    # It reports every page without text as a warning; we return that as a value.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    plain = _prepare(_copy(page.root, page.headline))
    document = trafilatura.bare_extraction(
        plain.root, with_metadata=False, include_comments=False, deduplicate=False, fast=plain.has_container
    )
    if not isinstance(document, trafilatura.settings.Document) or document.body is None:
        return [], frozenset()
    lines = [(line.lstrip(BULLET_MARKS), element.tag) for element in document.body for line in _lines(element)]
    return [line for line, _ in lines if line], frozenset(line for line, tag in lines if tag == "head")


def _copy(root: Element, headline: Element | None) -> HtmlElement:
    """The tree in the classes that trafilatura asks for, its headline marked."""
    if headline is not None:
        headline.set(_MARK, "")
    copy = document_fromstring(tostring(root, encoding="utf-8", method="html"), parser=HTMLParser(encoding="utf-8"))
    if headline is not None:
        del headline.attrib[_MARK]
    return copy


def _prepare(root: HtmlElement) -> Plain:
    """The tree made plain, in place.

    trafilatura drops headings and paragraphs whose class holds a word like "subtitle" or "teaser", and short ones with
    links; it glues inline neighbours of the headline, and may glue paragraphs that are parted by line breaks.
    """
    headline = next((element for element in root.iter() if element.get(_MARK) is not None), None)
    for line in root.iter("p", *_HEADINGS):
        line.attrib.clear()
    for paragraph in root.iter("p"):
        _unlink(paragraph)
    if headline is not None:
        _part_neighbours(headline)
    container = find_container(root, or_body=True)
    if container is None:
        for parent in dict.fromkeys(first.getparent() for first in root.iter("br") if _is_pair(first)):
            if parent is not None:
                _split_at_pairs(parent)
        container = find_container(root, or_body=True)
    if container is None:
        return Plain(root, has_container=False)
    whole = container.element.tag == "body"
    (_wrapped(container.element) if whole else container.element).set("itemprop", "articleBody")
    return Plain(root, has_container=not whole)


def _wrapped(body: Element) -> Element:
    """A new element around everything on the page: where the text stands in no container, headings would be lost."""
    inner: Element = DIV()
    inner.text, body.text = body.text, None
    inner.extend(list(body))
    body.append(inner)
    return inner


def _unlink(paragraph: HtmlElement) -> None:
    """Make the links of a sentence plain words; a paragraph that is mostly links keeps them, and goes."""
    links = list(paragraph.iter("a"))
    text = "".join(paragraph.itertext()).strip() if links else ""
    linked = sum(len("".join(link.itertext())) for link in links)
    if text and text[-1] in SENTENCE_ENDS and linked <= _MAX_LINKED * len(text):
        for link in links:
            link.tag = "span"


def _part_neighbours(headline: HtmlElement) -> None:
    """Make inline elements beside the headline paragraphs."""
    around = headline.getparent()
    for neighbour in around if around is not None else ():
        if neighbour.tag in _INLINE and not (neighbour.tail or "").strip():
            neighbour.tag = "p"


def _is_pair(line_break: HtmlElement) -> bool:
    """Whether another break follows at once: an empty line, which parts paragraphs."""
    next_ = line_break.getnext()
    return next_ is not None and next_.tag == "br" and not (line_break.tail or "").strip()


def _split_at_pairs(element: HtmlElement) -> None:
    """Make the text between pairs of breaks paragraphs; blocks among it stay, single breaks stay in their paragraph."""
    children = list(element)
    pairs = {part for one, other in pairwise(children) if one.tag == "br" and _is_pair(one) for part in (one, other)}
    paragraph = P()
    paragraph.text, element.text = element.text, None
    for child in children:
        element.remove(child)
    for child in children:
        if child not in pairs and child.tag not in BLOCKS:
            paragraph.append(child)
            continue
        _append_filled(element, paragraph)
        paragraph = P()
        paragraph.text, child.tail = child.tail, None
        if child not in pairs:
            element.append(child)
    _append_filled(element, paragraph)


def _append_filled(element: HtmlElement, paragraph: HtmlElement) -> None:
    if len(paragraph) or (paragraph.text or "").strip():
        element.append(paragraph)


def _lines(element: Element) -> Iterator[str]:
    """Lines of one block of trafilatura's tree; lists by item, tables only where they are layout."""
    if element.tag == "table":
        cells = [clean(" ".join(cell.itertext())) for cell in element.iter("cell")]
        yield from (cell for cell in cells if len(cell) > _CELL_CHARACTERS)
    elif element.tag == "list":
        yield from (text for item in element.iter("item") if (text := clean("".join(item.itertext()))))
    elif element.tag == "quote" and len(element):
        if text := clean(element.text or ""):
            yield text
        yield from (line for child in element for line in _lines(child))
    else:
        yield from _broken_lines(element)


def _broken_lines(element: Element) -> Iterator[str]:
    """The text of a paragraph, split where it breaks the line."""
    for mark in element.iter("lb"):
        mark.text = "\u2028"
    yield from (text for line in "".join(element.itertext()).split("\u2028") if (text := clean(line)))
