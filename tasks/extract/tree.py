"""The parsed page: one lxml tree per article, and how text is read from it. Nothing here knows what an article is."""

import re
from collections.abc import Iterator

from lxml.etree import ErrorTypes, HTMLParser, XPath, fromstring, strip_elements
from lxml.etree import _Element as Element

from tasks.extract.words import word_set, words_of
from tasks.text import clean

BLOCKS = word_set(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary "
    "table tbody td tfoot th thead tr ul"
)
# What has no words of its own; reading it as text would put code or control labels into values.
SILENT = word_set("script style noscript template svg math iframe object button select option textarea head")

# Program, drawings and what leads away from the page.
_FURNITURE = ("script", "style", "noscript", "template", "nav", "svg", "iframe", "button", "dialog", "select", "footer")
SENTENCE_ENDS = '.!?…“”"»«'
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
    b"\x00\x00\x01\x00": "image",
    b"II*\x00": "image",
    b"MM\x00*": "image",
    b"\x1aE\xdf\xa3": "media",
    b"\xd0\xcf\x11\xe0": "office document",
    b"{\\rtf": "office document",
    b"%!PS": "PostScript",
    b"OggS": "media",
    b"ID3": "media",
}
# How much of a byte order mark and blank lines may stand in front of a document's first bytes.
_JUNK_BYTES = 1024
_BREAK = "\x1e"
# Levels of elements that are followed with their structure; pages of people have 10 to 60.
_MAX_DEPTH = 400
# The largest of 130 pages of portals has 4,100.
MAX_ELEMENTS = 200_000
_ELEMENTS = XPath("count(//*)")
_PROLOGUE = re.compile(
    r"(?:\s|\ufeff|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*", re.DOTALL | re.IGNORECASE
)
_OTHER_XML = re.compile(r"<(rss|feed|rdf:rdf|urlset|sitemapindex|svg|opml|error|wml|math)\b", re.IGNORECASE)
# Behind an XML declaration the root element says it: NITF, NewsML, SOAP, XBRL, whatever comes.
_NO_HTML = re.compile(
    r"<(?!(?:[a-z]+:)?(?:html|head|body|title|meta|link|script|main|article|section|header|div|table|center|font|p|h1)\b)"
    r"([a-z][\w:.-]{0,60})",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[a-z!]", re.IGNORECASE)
CLASS_ATTRIBUTES = ("class", "id", "itemprop", "data-testid", "data-component")


def not_html(body: bytes) -> str | None:
    """What `body` is instead of a page, by its first bytes; None where it may be one."""
    start = body[:_JUNK_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    return next((name for magic, name in _NOT_HTML.items() if start.startswith(magic)), None)


def not_markup(html: str) -> str | None:
    """What the decoded text is instead of HTML, by its first tag; None where it may be a page."""
    prologue = _PROLOGUE.match(html)
    start = prologue.end() if prologue else 0
    other = _OTHER_XML.match(html, start)
    if other is None and "<?xml" in html[:start].lower():
        other = _NO_HTML.match(html, start)
    if other:
        return f"XML ({other[1].lower()})"
    if html[start : start + 1] in ("{", "["):
        return "JSON"
    return None if _ANY_TAG.search(html, start) else "text without markup"


class TooManyError(ValueError):
    """A page with more elements than an article ever has: reading it would take minutes."""


class TooDeepError(ValueError):
    """A page whose elements are nested deeper than the parser follows; what lies below is lost."""


def parse(markup: str | bytes) -> Element | None:
    """The root element, None where no element came out; TooDeepError where the parser had to stop.

    TooManyError where there are more than MAX_ELEMENTS.

    libxml2 stops at 2,048 levels, which keeps its C stack safe from a page of 100,000 open tags; its usual limit
    of 256 would silently cut pages that never close their <font>. Text is encoded here, so that an XML declaration
    in the page cannot contradict it; bytes must be UTF-8.
    """
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
    data = markup if isinstance(markup, bytes) else markup.encode("utf-8", "replace")
    root = fromstring(data.replace(b"\0", b""), parser=parser)
    if any(entry.type == ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise TooDeepError
    if root is None or not len(root):
        return None
    if _ELEMENTS(root) > MAX_ELEMENTS:
        raise TooManyError
    return root


def lines_of(element: Element) -> list[str]:
    """The visible lines of `element`: a break at every block element and <br>, blanks folded, no empty ones."""
    pieces: list[str] = []
    _collect(element, pieces, _MAX_DEPTH)
    return [line for piece in "".join(pieces).split(_BREAK) if (line := clean(piece))]


def text_of(element: Element) -> str:
    """The visible text of `element` on one line."""
    return " ".join(lines_of(element))


def short_text(element: Element, limit: int) -> str:
    """Like `text_of`, but "" where the element holds more than `limit` characters; cheap for large ones."""
    characters = 0
    for piece in element.itertext():
        # Indentation is no text, and a hidden script may be some: hence the margin.
        characters += len(piece.strip())
        if characters > 3 * limit:
            return ""
    text = text_of(element)
    return text if len(text) <= limit else ""


def _collect(element: Element, pieces: list[str], depth: int) -> None:
    """Append the texts of `element`, with a sign where a line ends; below `depth` levels without line ends."""
    tag = element.tag
    if tag in SILENT or not isinstance(tag, str):
        return
    breaks = tag in BLOCKS or tag == "br"
    if breaks:
        pieces.append(_BREAK)
    if depth == 0:
        pieces.extend(element.itertext())
        return
    if element.text:
        pieces.append(element.text)
    for child in element:
        _collect(child, pieces, depth - 1)
        if child.tail:
            pieces.append(child.tail)
    if breaks:
        pieces.append(_BREAK)


def is_linked(block: Element) -> bool:
    """Whether links make up most of the block: a menu, not a summary."""
    linked = sum(len(text_of(link)) for link in block.iter("a"))
    return linked * 2 > len(text_of(block))


def names_of(element: Element) -> str:
    """The attributes that name an element, joined."""
    get = element.get
    return " ".join([name for attribute in CLASS_ATTRIBUTES if (name := get(attribute))])


def class_words(element: Element) -> frozenset[str]:
    """Lower-case words of the attributes that name an element, see `words_of`."""
    return words_of(names_of(element))


def leaf_blocks(element: Element, depth: int = _MAX_DEPTH, *, backwards: bool = False) -> Iterator[Element]:
    """The block elements under (or equal to) `element` that hold no further block, in document order or backwards.

    Below `depth` levels an element counts as a leaf: Python's own stack is the limit.
    """
    if not isinstance(element.tag, str) or element.tag in SILENT:
        return
    if depth == 0 or not any(_holds_block(child) for child in element):
        yield element
        return
    for child in element.iterchildren(reversed=backwards):
        yield from leaf_blocks(child, depth - 1, backwards=backwards)


def _holds_block(element: Element) -> bool:
    return element.tag in BLOCKS or (len(element) > 0 and next(element.iter(*BLOCKS), None) is not None)


def blocks_after(element: Element) -> Iterator[Element]:
    """Leaf blocks that follow `element` in document order, nearest first."""
    for start in (element, *element.iterancestors()):
        for sibling in start.itersiblings():
            yield from leaf_blocks(sibling)


def blocks_before(element: Element) -> Iterator[Element]:
    """Leaf blocks that precede `element`, nearest first."""
    for start in (element, *element.iterancestors()):
        for sibling in start.itersiblings(preceding=True):
            yield from leaf_blocks(sibling, backwards=True)


def strip(root: Element, headline: Element | None) -> None:
    """Take out what never holds text of an article, in place; nothing where the headline stands in such a part."""
    if headline is None or not any(around.tag in _FURNITURE for around in headline.iterancestors()):
        strip_elements(root, *_FURNITURE, with_tail=False)


def drop(element: Element) -> None:
    """Take the element out and leave the text behind it in place."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        previous = element.getprevious()
        if previous is not None:
            previous.tail = f"{previous.tail or ''} {element.tail}"
        else:
            parent.text = f"{parent.text or ''} {element.tail}"
    parent.remove(element)
