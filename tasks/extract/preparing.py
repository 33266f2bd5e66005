"""The pruned tree made plain for trafilatura, which reads pages by the names of their parts.

Names that we have read ourselves are taken away where they mislead it, and the part that holds the text gets the one
name that it looks for first. Measured on the 123 spaced pages of the extraction corpus: F1 0.970 without, 0.973 with.
"""

from itertools import pairwise

from lxml.html import Element, HtmlElement

from tasks.extract.tree import BLOCKS

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_INLINE = ("a", "b", "em", "i", "small", "span", "strong")
_CONTAINERS = ("article", "div", "main", "section")
# Share of the page's paragraphs that the text's container must hold. 0.7 to 0.9 score alike.
_MIN_SHARE = 0.7
# Shorter paragraphs are labels.
_PARAGRAPH_CHARACTERS = 40


def prepare(root: HtmlElement, headline: HtmlElement | None) -> bool:
    """Make the tree plain, in place; whether the container of the text was found.

    trafilatura drops headings whose class holds a word like "subtitle", glues inline neighbours of the headline, and
    may glue paragraphs that are parted by line breaks.
    """
    for heading in root.iter(*_HEADINGS):
        heading.attrib.clear()
    if headline is not None and (around := headline.getparent()) is not None:
        for neighbour in around:
            if neighbour.tag in _INLINE and not (neighbour.tail or "").strip():
                neighbour.tag = "p"
    container = _container(root)
    if container is None:
        for element in dict.fromkeys(first.getparent() for first in root.iter("br") if _is_pair(first)):
            _split_at_pairs(element)
        container = _container(root)
    if container is None:
        return False
    container.set("itemprop", "articleBody")
    return True


def _is_pair(line_break: HtmlElement) -> bool:
    """Whether another break follows at once: an empty line, which parts paragraphs."""
    next_ = line_break.getnext()
    return next_ is not None and next_.tag == "br" and not (line_break.tail or "").strip()


def _split_at_pairs(element: HtmlElement) -> None:
    """Make the text between pairs of breaks paragraphs; blocks among it stay, single breaks stay in their paragraph."""
    children = list(element)
    pairs = {part for one, other in pairwise(children) if one.tag == "br" and _is_pair(one) for part in (one, other)}
    paragraph = Element("p")
    paragraph.text, element.text = element.text, None
    for child in children:
        element.remove(child)
    for child in children:
        if child not in pairs and child.tag not in BLOCKS:
            paragraph.append(child)
            continue
        _append_filled(element, paragraph)
        paragraph = Element("p")
        paragraph.text, child.tail = child.tail, None
        if child not in pairs:
            element.append(child)
    _append_filled(element, paragraph)


def _append_filled(element: HtmlElement, paragraph: HtmlElement) -> None:
    if len(paragraph) or (paragraph.text or "").strip():
        element.append(paragraph)


def _container(root: HtmlElement) -> HtmlElement | None:
    """The innermost element that holds most of the page's paragraphs; None where that is the whole page."""
    held: dict[HtmlElement, int] = {}
    total = 0
    for paragraph in root.iter("p"):
        length = len("".join(paragraph.itertext()).strip())
        if length < _PARAGRAPH_CHARACTERS:
            continue
        total += length
        for around in paragraph.iterancestors():
            held[around] = held.get(around, 0) + length
    # More than half each: they lie within each other, and of equal ones the innermost was met first.
    holders = [element for element, length in held.items() if length >= _MIN_SHARE * total]
    innermost = min(holders, key=lambda element: held[element], default=None)
    return innermost if innermost is not None and innermost.tag in _CONTAINERS else None
