"""Makes XML of what portals call XML, and tells what it is, before a strict parser sees it.

Everything is found by plain searches from left to right, so that hostile documents cost no more than honest ones.
No entity is ever expanded: a DOCTYPE is dropped unread, HTML's own entities come from a table.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import name2codepoint

from tasks.model import FeedKind

_KINDS = {"rss": FeedKind.RSS, "feed": FeedKind.ATOM, "rdf": FeedKind.RDF}
# First elements that settle the question; anything else in front (the HTML of a PHP warning) is passed over.
_NOT_FEEDS = frozenset({"html", "head", "body", "urlset", "sitemapindex", "opml"})
_SEARCHED_CHARACTERS = 64 * 1024

_ELEMENT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)(?=[\s/>])")
_SUBSET_END = re.compile(r"\]\s*>")
_ENTITY = re.compile(r"<!ENTITY\s+(?!%)(\S+)", re.IGNORECASE)
# Signs that no XML 1.0 document may hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BARE_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?"
)
_ITEM_START = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ITEM_END = re.compile(r"</(?:[A-Za-z_][\w.-]*:)?(?:item|entry)\s*>", re.IGNORECASE)
# feedparser's cost grows with the square of the attributes of one element (50,000 of them: 24 s, 2026-11).
_MANY_ATTRIBUTES = re.compile(r"<[A-Za-z_](?:[^<>=]*=){1000}")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"


@dataclass(frozen=True, slots=True)
class Root:
    """The element that tells what a document is: a feed's root (its tag as written) or, without `kind`, what it is."""

    kind: FeedKind | None
    tag: str
    start: int = 0


def find_root(text: str) -> Root:
    """The root of a document: junk, comments, declarations and the DOCTYPE in front of it are passed over."""
    first = ""
    at = text.find("<")
    while 0 <= at < _SEARCHED_CHARACTERS:
        if found := _ELEMENT.match(text, at):
            name = found[1].lower()
            if name in _KINDS:
                return _feed_root(text, found, _KINDS[name])
            first = first or name
            if name in _NOT_FEEDS:
                break
            end = found.end()
        elif text.startswith("<!DOCTYPE", at) or text.startswith("<!doctype", at):
            end = _doctype_end(text, at)
            if strange := _strange_entity(text[at:end]):
                return Root(None, f"a DOCTYPE that declares an entity of its own ({strange[:40]})")
        else:
            end = _skipped(text, at)
        at = text.find("<", end)
    return Root(None, f"<{first}>" if first else "no markup")


def _feed_root(text: str, found: re.Match[str], kind: FeedKind) -> Root:
    """The root of a feed, unless an element in it is there to keep the parser busy."""
    if _MANY_ATTRIBUTES.search(text, found.start()):
        return Root(None, "a document with 1,000 attributes on one element")
    return Root(kind, found[0][1:], found.start())


def _skipped(text: str, at: int) -> int:
    """Where a comment or processing instruction ends; the next sign when it is neither, the end when it never ends."""
    for start, stop in (("<!--", "-->"), ("<?", "?>")):
        if text.startswith(start, at):
            end = text.find(stop, at)
            return len(text) if end < 0 else end + len(stop)
    return at + 1


def _doctype_end(text: str, at: int) -> int:
    """Where a DOCTYPE with or without an internal subset ends."""
    end, subset = text.find(">", at), text.find("[", at)
    if 0 <= subset < end:
        closed = _SUBSET_END.search(text, subset)
        return closed.end() if closed else len(text)
    return end + 1 if end >= 0 else len(text)


def _strange_entity(doctype: str) -> str | None:
    """The first entity that a DOCTYPE declares beyond HTML's: the mark of a bomb or of a theft of files."""
    return next((name for name in _ENTITY.findall(doctype) if name not in name2codepoint), None)


def repaired(text: str, root: Root) -> str:
    """The document from its root on: no forbidden signs, no bare ampersands, HTML's entities resolved."""
    text = _FORBIDDEN.sub("", text[root.start :])
    if "&" not in text:
        return text
    outside, *sections = text.split(_CDATA)
    kept = [_BARE_AMPERSAND.sub(_resolved, outside)]
    for section in sections:
        # Within CDATA an ampersand is an ampersand.
        inside, closed, after = section.partition(_CDATA_END)
        kept += [_CDATA, inside, closed, _BARE_AMPERSAND.sub(_resolved, after)]
    return "".join(kept)


def _resolved(reference: re.Match[str]) -> str:
    """The sign that a reference stands for, fit for XML; an escaped ampersand where it stands for none."""
    if not reference[1]:
        return "&amp;"
    # U+FFFD is what html makes of numbers that stand for no sign (&#0;).
    return html.escape(_FORBIDDEN.sub("", html.unescape(reference[0])).replace("\ufffd", ""), quote=False)


def cut(text: str, root: Root, limit: int) -> tuple[str, list[str]]:
    """The document with its first `limit` items, whole ones only, and a line for each thing that was left out."""
    ends = [found.end() for found in _ITEM_END.finditer(text)]
    read = text[: ends[min(limit, len(ends)) - 1]] if ends else ""
    tail = text[ends[-1] :] if ends else text
    left_out: list[str] = []
    if broken := _ITEM_START.search(tail):
        # A link cut in the middle would be an address that never existed.
        left_out.append("the document ends within an item, which was not read")
        tail = f"{tail[: broken.start()]}{_closing(root)}"
    if len(ends) > limit:
        left_out.append(f"{len(ends) - limit} items beyond the first {limit} were not read")
    return read + tail, left_out


def items_alone(text: str, root: Root) -> Iterator[str]:
    """Each item in a document of its own, under the root's own start tag (its namespaces and its base)."""
    opening = text[: text.find(">") + 1] + ("<channel>" if root.kind is FeedKind.RSS else "")
    behind = 0
    for end in _ITEM_END.finditer(text):
        start = _ITEM_START.search(text, behind, end.end())
        if start:
            yield f"{opening}{text[start.start() : end.end()]}{_closing(root)}"
        behind = end.end()


def _closing(root: Root) -> str:
    return f"</channel></{root.tag}>" if root.kind is FeedKind.RSS else f"</{root.tag}>"
