"""The items of a sitemap's XML as printed. Knows nothing of what they mean.

The document is streamed through a strict parser; where that fails, each item is read in a document of its own, so that
a broken item costs itself and not the sitemap. No entity is ever expanded and no DOCTYPE is ever seen by a parser.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise

from lxml.etree import XMLParser, XMLSyntaxError, _Element, fromstring, iterparse

from tasks.discover.repair import Root, repaired

# Elements outside an item stay in memory until one ends, 120 bytes each; 50,000 honest items have 500,000 tags.
MAX_TAGS = 2_000_000
_SEARCHED_CHARACTERS = 64 * 1024
_MAX_PREFIXES = 50

_COMMENT_OR_ROOT = re.compile(r"<!--|<((?:[A-Za-z_][\w.-]*:)?(urlset|sitemapindex))(?=[\s/>])")
_PREFIX = re.compile(r"<([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+\s*=")
_NAMESPACE = re.compile(r"""\sxmlns(?::([A-Za-z_][\w.-]*))?\s*=\s*(?:"([^"<]+)"|'([^'"<]+)')""")
_BARE_LESS_THAN = re.compile(r"<(?![A-Za-z_/!?])")
_RESERVED_PREFIXES = frozenset({"xml", "xmlns"})
_ITEM_NAMES = {"urlset": "url", "sitemapindex": "sitemap"}
# An image's or a video's own <loc> and <title> are not the article's.
_FOREIGN = ("image", "video")
_NEWS_FIELDS = frozenset({"title", "publication_date", "keywords", "stock_tickers", "name", "language"})


@dataclass(frozen=True, slots=True)
class Printed:
    """One item: the texts of its elements, "" where there is none. `news` is empty where it is no news item."""

    loc: str = ""
    lastmod: str = ""
    news: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SitemapRoot:
    """The root element: its name without and with its prefix, and where it starts."""

    name: str
    tag: str
    start: int


def find_sitemap(text: str) -> SitemapRoot | None:
    """The root of a sitemap or of an index, whatever stands in front of it; None where there is neither."""
    at = 0
    while found := _COMMENT_OR_ROOT.search(text, at, _SEARCHED_CHARACTERS):
        if found[1]:
            return SitemapRoot(found[2], found[1], found.start())
        end = text.find("-->", found.end())
        at = end if end >= 0 else len(text)
    return None


def read_items(text: str, root: SitemapRoot, limit: int) -> tuple[list[Printed], list[str]]:
    """The first `limit` items, and a line for what was left out; ValueError where the whole document is broken."""
    document = repaired(text, Root(None, root.tag, root.start))
    opening, body = _normal_opening(document, root)
    try:
        printed, found = _whole(f"{opening}{body}", _ITEM_NAMES[root.name], limit)
        broken: list[str] = []
    except XMLSyntaxError as error:
        printed, broken, found = _alone(opening, body, root, limit)
        if not printed:
            raise ValueError(broken[0] if broken else str(error)) from error
    if found > limit:
        broken.append(f"{found - limit} items beyond the first {limit} were not read")
    return printed, broken


def _normal_opening(document: str, root: SitemapRoot) -> tuple[str, str]:
    """The root's start tag with the namespaces alone, forgotten ones added, and what follows it."""
    tag, _, body = document.partition(">")
    declared = {found[1] or "": found[2] or found[3] for found in _NAMESPACE.finditer(tag)}
    used = {found[1] or found[2] for found in _PREFIX.finditer(document)}
    if len(used) <= _MAX_PREFIXES:
        declared = {prefix: f"undeclared:{prefix}" for prefix in sorted(used)} | declared
    names = "".join(
        f' xmlns{":" if prefix else ""}{prefix}="{uri}"'
        for prefix, uri in declared.items()
        if uri and prefix not in _RESERVED_PREFIXES
    )
    return f"<{root.tag}{names}{'/' if tag.endswith('/') else ''}>", body


def _whole(document: str, name: str, limit: int) -> tuple[list[Printed], int]:
    """The first items of a well-formed document, and how many there are; each is freed when it is read."""
    printed: list[Printed] = []
    found = 0
    source = BytesIO(document.encode("utf-8", "replace"))
    for _, element in iterparse(
        source, tag=f"{{*}}{name}", resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True
    ):
        found += 1
        if found <= limit:
            printed.append(_printed(element))
        element.clear()
        parent = element.getparent()
        # Not within an item in an item: the outer one is still to be read.
        while parent is not None and parent.getparent() is None and element.getprevious() is not None:
            del parent[0]
    return printed, found


def _alone(opening: str, body: str, root: SitemapRoot, limit: int) -> tuple[list[Printed], list[str], int]:
    """The first items that can be read by themselves, a line for each that cannot, and how many there are."""
    name = _ITEM_NAMES[root.name]
    body = _without_comments(body)
    starts = [found.start() for found in re.finditer(rf"<(?:[A-Za-z_][\w.-]*:)?{name}(?=[\s>])", body)]
    end_tag = re.compile(rf"</(?:[A-Za-z_][\w.-]*:)?{name}\s*>")
    parser = XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    printed: list[Printed] = []
    broken: list[str] = []
    for number, (start, stop) in enumerate(pairwise([*starts, len(body)][: limit + 1]), 1):
        end = end_tag.search(body, start, stop)
        if not end:
            # A link cut in the middle would be an address that never existed.
            broken.append(f"item {number} has no end and was not read")
            continue
        alone = _BARE_LESS_THAN.sub("&lt;", body[start : end.end()])
        try:
            document = fromstring(f"{opening}{alone}</{root.tag}>".encode("utf-8", "replace"), parser)
            printed.append(_printed(document[0]))
        except XMLSyntaxError as error:
            broken.append(f"item {number} is broken: {error.msg}")
    if f"</{root.tag}" not in body:
        broken.append("the document breaks off: items may be missing")
    return printed, broken, len(starts)


def _without_comments(text: str) -> str:
    outside, *comments = text.split("<!--")
    return outside + "".join(comment.partition("-->")[2] for comment in comments)


def _printed(element: _Element) -> Printed:
    """The texts of one item; of an element that comes twice the first."""
    own: dict[str, str] = {}
    news: dict[str, str] = {}
    for child in element:
        name, is_news = _local_name(child), _is_of(child, ("news",))
        if name == "news":
            for part in child.iterdescendants():
                _keep(news, part)
        elif is_news:
            _keep(news, child)
        elif name in ("loc", "lastmod") and not _is_of(child, _FOREIGN):
            own.setdefault(name, _text(child))
    return Printed(own.get("loc", ""), own.get("lastmod", ""), news)


def _keep(news: dict[str, str], part: _Element) -> None:
    name = _local_name(part)
    if name in _NEWS_FIELDS and not _is_of(part, _FOREIGN):
        news.setdefault(name, _text(part))


def _local_name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _is_of(element: _Element, vocabularies: tuple[str, ...]) -> bool:
    """Whether an element is of one of these vocabularies, by its prefix or by its namespace."""
    prefix = element.prefix
    if not prefix:
        # The sitemap's own elements, nearly always.
        return False
    namespace = str(element.tag).partition("}")[0]
    return prefix.startswith(vocabularies) or any(f"sitemap-{name}" in namespace for name in vocabularies)


def _text(element: _Element) -> str:
    return "".join(element.itertext()).strip()
