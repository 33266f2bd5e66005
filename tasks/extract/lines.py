"""The lines of the pruned page from its headline on, read in one walk: what stands where, and how much of it is links.

The text's container is the innermost element that holds most of the page's paragraphs. Its lines are the candidates
for the body; those in front of it may be lead and bullets, those behind it a signature.
"""

from typing import NamedTuple, cast

from lxml.etree import XPath
from lxml.etree import _Element as Element

from tasks.extract.tree import BLOCKS, SILENT
from tasks.extract.words import word_set
from tasks.text import clean

# Share of the page's paragraphs that the text's container must hold. 0.7 to 0.9 score alike.
_MIN_SHARE = 0.7
# Share of the page's words that its paragraphs must be: where the text stands outside of them, those that there are may
# be the readers' comments. Of 121 pages with a container 118 have 0.66 or more, the others less than 0.47.
_MIN_OF_ALL = 0.5
_WORDS = XPath("string-length(normalize-space(.))")
_LOOSE = ("div", "td", "section", "article", "li", "span")
# Shorter paragraphs are labels.
_PARAGRAPH_CHARACTERS = 40
_CONTAINERS = word_set("article div main section")
_SKIPPED = SILENT | word_set(
    "figcaption footer form nav menu dialog audio video picture map canvas label input embed applet table"
)
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("p", "pre"), "paragraph"),
    **dict.fromkeys(("li", "dd", "dt"), "item"),
    "blockquote": "quote",
}
_INHERITED = ("item", "quote")
_BREAK = "\x1e"
# A table with a longer cell is layout, not figures.
_CELL_CHARACTERS = 200
# Lines behind the container that are read; without a container, lines behind the headline.
_BEHIND, _WITHOUT = 8, 60
# Levels of elements that are followed; Python's own stack is the limit.
_MAX_DEPTH = 400


class Line(NamedTuple):
    """A line of the page; `linked` and `characters` are those of its whole block.

    `kind` is heading, paragraph, item, quote or text (of a block that is none of these); `inside`: in the container.
    """

    text: str
    kind: str
    block: Element
    linked: int
    characters: int
    inside: bool


class _Walk:
    """The state of one walk: the lines so far, and the pieces of the block that is being read."""

    def __init__(self, container: Element | None) -> None:
        self.container = container
        self.inside = False
        self.has_been_inside = False
        self.lines: list[Line] = []
        self._pieces: list[str] = []
        self._linked = 0

    def read(self, element: Element, block: Element, kind: str, depth: int, *, in_link: bool = False) -> None:
        """Append the lines of the element; they belong to `block` until a block begins in it."""
        tag = str(element.tag)
        if tag in _SKIPPED or (tag == "figure" and next(element.iter("blockquote"), None) is None):
            if tag == "table":
                self._read_table(element, depth)
            return
        if tag == "br":
            self._pieces.append(_BREAK)
            return
        is_block = tag in BLOCKS
        was_inside = self.inside
        if is_block:
            self.end(block, kind)
            block, kind = element, _KINDS.get(tag) or (kind if kind in _INHERITED else "text")
            self.inside = (was_inside and tag != "aside") or element is self.container
        self.add(element.text, in_link=in_link or tag == "a")
        if depth:
            for child in element:
                self.read(child, block, kind, depth - 1, in_link=in_link or tag == "a")
                self.add(child.tail, in_link=in_link or tag == "a")
        if is_block:
            self.end(block, kind)
            self.inside = was_inside
            self.has_been_inside = self.has_been_inside or element is self.container

    def end(self, block: Element, kind: str) -> None:
        """The block ends, or another begins in it: what was read becomes lines."""
        if not self._pieces:
            return
        lines = [text for line in "".join(self._pieces).split(_BREAK) if (text := clean(line))]
        characters = sum(map(len, lines))
        self.lines += [Line(line, kind, block, self._linked, characters, self.inside) for line in lines]
        self._pieces, self._linked = [], 0

    def add(self, text: str | None, *, in_link: bool = False) -> None:
        """The text goes on in the block that is being read."""
        if text:
            self._pieces.append(text)
            if in_link:
                self._linked += len(text.strip())

    def _read_table(self, table: Element, depth: int) -> None:
        """The cells of a table that lays out text; figures are no lines."""
        for cell in table.iter("td", "th"):
            if next(cell.iter("table"), None) is None and len("".join(cell.itertext()).strip()) > _CELL_CHARACTERS:
                cell.tag = "div"
                self.read(cell, cell, "text", depth)


class Container(NamedTuple):
    """The element that holds the text, and how many characters of paragraphs it holds."""

    element: Element
    characters: int


def find_container(root: Element, *, or_body: bool = False) -> Container | None:
    """The innermost element that holds most of the page's paragraphs; None: they are spread.

    Where the page's words stand outside of paragraphs, blocks with words of their own count as such. With `or_body`
    the paragraphs may lie in the page's body and in nothing below it.
    """
    lengths = {paragraph: _length(paragraph) for paragraph in root.iter("p")}
    found = _holder(lengths, or_body=or_body)
    if found is None or _is_most(found.characters, root):
        return found
    loose = {block: _direct_length(block) for block in root.iter(*_LOOSE) if block not in lengths}
    return _holder(lengths | loose, or_body=or_body)


def _holder(lengths: dict[Element, int], *, or_body: bool) -> Container | None:
    """The innermost element that holds most of these blocks; links and labels don't count."""
    held: dict[Element, int] = {}
    total = 0
    for block, length in lengths.items():
        if length < _PARAGRAPH_CHARACTERS or 2 * sum(_length(link) for link in block.iter("a")) > length:
            continue
        around = list(block.iterancestors())
        if any(element.tag == "a" for element in around):
            continue
        total += length
        for element in around:
            held[element] = held.get(element, 0) + length
    # More than half each: they lie within each other, and of equal ones the innermost was met first.
    holders = [element for element, length in held.items() if length >= _MIN_SHARE * total]
    innermost = min(holders, key=lambda element: held[element], default=None)
    if innermost is None or not (innermost.tag in _CONTAINERS or (or_body and innermost.tag == "body")):
        return None
    return Container(innermost, held[innermost])


def _is_most(characters: int, root: Element) -> bool:
    """Whether so many characters are a good part of the page's words that are no links."""
    body = root.find("body")
    page = root if body is None else body
    whole = _words_in(page)
    if characters >= _MIN_OF_ALL * whole:
        return True
    return characters >= _MIN_OF_ALL * (whole - sum(map(_words_in, page.iter("a"))))


def _words_in(element: Element) -> float:
    """Characters of the element's text, white space folded."""
    return cast("float", _WORDS(element))


def _length(element: Element) -> int:
    return len("".join(element.itertext()).strip())


def _direct_length(block: Element) -> int:
    """Characters that stand in the block itself and not in an element of it."""
    return sum(len(text.strip()) for text in (block.text, *(part.tail for part in block)) if text)


def read_lines(headline: Element | None, container: Container | None) -> list[Line]:
    """The lines behind the headline up to some behind the container; all of the container where most is elsewhere.

    Without a headline there are only the container's lines, without a container the first behind the headline.
    """
    lines = _lines_behind(headline, container.element if container else None) if headline is not None else []
    if container is None or 2 * sum(len(line.text) for line in lines if line.inside) >= container.characters:
        return lines
    walk = _Walk(container.element)
    walk.read(container.element, container.element, "text", _MAX_DEPTH)
    return walk.lines


def _lines_behind(headline: Element, container: Element | None) -> list[Line]:
    """The lines behind the headline, up to some behind the container."""
    walk = _Walk(container)
    walk.inside = container is not None and container in headline.iterancestors()
    last = _WITHOUT if container is None else None
    for start in (headline, *headline.iterancestors()):
        if start is container:
            walk.inside = False
            last = len(walk.lines) + _BEHIND
        around = start.getparent()
        around = start if around is None else around
        walk.add(start.tail)
        for sibling in start.itersiblings():
            if last is not None and len(walk.lines) >= last:
                return walk.lines
            was_inside = walk.has_been_inside
            walk.read(sibling, around, "text", _MAX_DEPTH)
            walk.add(sibling.tail)
            if walk.has_been_inside and not was_inside:
                last = len(walk.lines) + _BEHIND
        walk.end(around, "text")
    return walk.lines
