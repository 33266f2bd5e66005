"""The parsed page: one lxml tree per article, and how text is read from it. Nothing here knows what an article is."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from lxml.html import HtmlElement, HTMLParser, document_fromstring

from tasks.text import clean

BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary table tbody "
    "td tfoot th thead tr ul".split()
)
# What has no words of its own; reading it as text would put code or control labels into values.
SILENT = frozenset("script style noscript template svg math iframe object button select option textarea head".split())

CAPTION_WORDS = frozenset("caption captions imagecaption bildunterschrift bildtext legende copyright imagecredit photocredit".split())
# Signs in front of a point of a list, and the blank behind them.
BULLET_MARKS = "•▪●‣◦■► "
_NOT_HTML = {
    b"%PDF-": "PDF",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"RIFF": "media",
    b"PK\x03\x04": "archive",
    b"\x00\x00\x00": "media",
    b"OggS": "media",
    b"ID3": "media",
}
_PROLOGUE = re.compile(r"(?:\s|\ufeff|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*", re.S | re.I)
_OTHER_XML = re.compile(r"<(rss|feed|rdf:rdf|urlset|sitemapindex|svg|opml|error|wml|math)\b", re.I)
_ANY_TAG = re.compile(r"<[a-z!]", re.I)
CLASS_ATTRIBUTES = ("class", "id", "itemprop", "data-testid")
_CLASS_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def not_html(body: bytes) -> str | None:
    """What `body` is instead of a page, by its first bytes; None where it may be one."""
    return next((name for magic, name in _NOT_HTML.items() if body.startswith(magic)), None)


def not_markup(html: str) -> str | None:
    """What the decoded text is instead of HTML, by its first tag; None where it may be a page."""
    prologue = _PROLOGUE.match(html)
    start = prologue.end() if prologue else 0
    if other := _OTHER_XML.match(html, start):
        return f"XML ({other[1].lower()})"
    if html[start : start + 1] in ("{", "["):
        return "JSON"
    return None if _ANY_TAG.search(html, start) else "text without markup"


def parse(html: str) -> HtmlElement | None:
    """The root element, or None where no element came out.

    Without libxml2's huge mode: its depth limit keeps a page of 100,000 open tags from overflowing the C stack,
    and text is encoded here once so that an XML declaration in the page cannot contradict it.
    """
    encoded = html.replace("\0", "").encode("utf-8", "replace")
    if not encoded.strip():
        return None
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    root = document_fromstring(encoded, parser=parser, ensure_head_body=False)
    return root if root is not None and len(root) else None


def lines_of(element: HtmlElement) -> list[str]:
    """The visible lines of `element`: a break at every block element and <br>, blanks folded, no empty ones."""
    pieces: list[str] = []
    _collect(element, pieces)
    return [line for piece in "".join(pieces).split("\x1e") if (line := clean(piece))]


def text_of(element: HtmlElement) -> str:
    """The visible text of `element` on one line."""
    return " ".join(lines_of(element))


def _collect(element: HtmlElement, pieces: list[str]) -> None:
    """Append the texts of `element`, with U+001E where a line ends; depth is bounded by the parser."""
    tag = element.tag
    if tag in SILENT or not isinstance(tag, str):
        return
    breaks = tag in BLOCKS or tag == "br"
    if breaks:
        pieces.append("\x1e")
    if element.text:
        pieces.append(element.text)
    for child in element:
        _collect(child, pieces)
        if child.tail:
            pieces.append(child.tail)
    if breaks:
        pieces.append("\x1e")


def class_words(element: HtmlElement) -> frozenset[str]:
    """Lower-case words of the attributes that name an element, see `words_of`."""
    return words_of(" ".join(element.get(name, "") for name in CLASS_ATTRIBUTES))


@lru_cache(maxsize=8192)
def words_of(names: str) -> frozenset[str]:
    """Words of class names: `articleHeader__topLine` gives article, header, top, line and the neighbours joined (topline)."""
    words = [word.lower() for word in _CLASS_WORD.findall(names)]
    return frozenset(words + [one + next_ for one, next_ in pairwise(words)])


def leaf_blocks(element: HtmlElement) -> Iterator[HtmlElement]:
    """The block elements under (or equal to) `element` that hold no further block, in document order."""
    if not isinstance(element.tag, str) or element.tag in SILENT:
        return
    blocks = [child for child in element.iterchildren() if _holds_block(child)]
    if not blocks:
        yield element
        return
    for child in element:
        yield from leaf_blocks(child)


def _holds_block(element: HtmlElement) -> bool:
    return element.tag in BLOCKS or next(element.iter(*BLOCKS), None) is not None


def blocks_after(element: HtmlElement) -> Iterator[HtmlElement]:
    """Leaf blocks that follow `element` in document order, nearest first."""
    for start in (element, *element.iterancestors()):
        for sibling in start.itersiblings():
            yield from leaf_blocks(sibling)


def blocks_before(element: HtmlElement) -> Iterator[HtmlElement]:
    """Leaf blocks that precede `element`, nearest first."""
    for start in (element, *element.iterancestors()):
        for sibling in start.itersiblings(preceding=True):
            yield from reversed(list(leaf_blocks(sibling)))


def captions_of(root: HtmlElement) -> list[str]:
    """The lines of picture captions and of elements that are called captions or credits."""
    found = [line for caption in root.iter("figcaption") for line in lines_of(caption)]
    for element in root.xpath("//*[@class][not(self::figcaption)]"):
        if element.tag not in ("html", "body") and class_words(element) & CAPTION_WORDS:
            found.extend(lines_of(element))
    return [line for line in found if len(line) > 1]
