"""JSON-LD: what pages say about themselves in script blocks, including the broken forms that they really send.

Reads only; which layer wins for which value is decided by the modules that choose a value.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.etree import _Element as Element

from tasks.extract.words import word_set
from tasks.text import clean

Node = Mapping[str, Any]

ARTICLE_TYPES = word_set(
    "newsarticle article reportagenewsarticle analysisnewsarticle backgroundnewsarticle opinionnewsarticle "
    "reviewnewsarticle asknewsarticle advertisercontentarticle satiricalarticle blogposting liveblogposting "
    "socialmediaposting techarticle scholarlyarticle report"
)
# Where a page nests its own article; every other key (hasPart, itemListElement, ...) leads to somebody else's.
_NESTING = ("@graph", "mainEntity", "mainEntityOfPage", "item")
_WRAPPER = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)[\s;]*$"
)
_AROUND = " \t\r\n;\ufeff"
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
_LINE_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
_INVALID_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_MARKUP = re.compile(r"<[^<>]{1,300}>")
MAX_NODES = 2000


def json_ld(root: Element) -> tuple[Node, ...]:
    """Every typed node of the page's JSON-LD that speaks about the page itself, in document order."""
    found: list[Node] = []
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            found.extend(_typed_nodes(_loads(script.text)))
    return tuple(found)


def article_node(nodes: tuple[Node, ...], url: str) -> Node:
    """The node of the article at `url`: an article type, best the one that names this address; {} where none is."""
    articles = [node for node in nodes if types_of(node) & ARTICLE_TYPES]
    return max(articles, key=lambda node: _worth(node, url), default={})


def types_of(node: Node) -> frozenset[str]:
    """Lower-case type names of `node`, without their vocabulary's address."""
    return frozenset(name.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for name in strings(node.get("@type")))


def strings(value: object) -> list[str]:
    """Every string of a JSON-LD value: a string, a list of such, or the name (else url, @value) of a node."""
    if isinstance(value, str):
        text = plain(value)
        return [text] if text else []
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    if isinstance(value, dict):
        inner = next((value[key] for key in ("name", "@value", "url") if value.get(key)), None)
        return strings(inner) if isinstance(inner, str | list) else []
    return []


def first(node: Node, *keys: str) -> str | None:
    """The first string under the first of `keys` that has one."""
    return next((text for key in keys for text in strings(node.get(key))), None)


def by_id(nodes: tuple[Node, ...]) -> dict[str, Node]:
    """Nodes by their @id, for references like {"@id": "#author"}."""
    return {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}


def plain(text: str) -> str:
    """`text` without the markup and entities that publishers leave inside JSON strings, on one line."""
    if "&" in text:
        text = html.unescape(text)
    return clean(_MARKUP.sub(" ", text) if "<" in text else text)


def _loads(text: str) -> list[object]:
    """The documents of one script block; [] where no repair that keeps the meaning helps."""
    for repair in (_unwrapped, _unescaped, _mended):
        text = repair(text)
        try:
            return list(_documents(text))
        except (ValueError, RecursionError):
            continue
    return []


def _documents(text: str) -> Iterator[object]:
    """Top-level values written one after the other; control characters inside strings are let through."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        yield value
        while position < len(text) and text[position] in " \t\r\n;,\ufeff":
            position += 1


def _unwrapped(text: str) -> str:
    bare = text.strip(_AROUND)
    if bare[:1] in ("{", "[") and bare[-1:] in ("}", "]"):
        return bare
    return _WRAPPER.sub("", _WRAPPER.sub("", text)).strip(_AROUND)


def _unescaped(text: str) -> str:
    return html.unescape(text) if "&quot;" in text or "&#34;" in text else text


def _mended(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", _INVALID_ESCAPE.sub(r"\\\\", _LINE_COMMENT.sub("", text)))


def _typed_nodes(documents: list[object]) -> Iterator[Node]:
    """Nodes with a type, depth first; at most MAX_NODES are looked at."""
    stack = documents[::-1]
    for _ in range(MAX_NODES):
        if not stack:
            return
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            if "@type" in value or "@id" in value:
                yield value
            stack.extend(value[key] for key in reversed(_NESTING) if isinstance(value.get(key), dict | list))


def _worth(node: Node, url: str) -> tuple[bool, int]:
    """Order among several article nodes: this page's address first, then how much the node says."""
    path = url.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].rstrip("/")
    named = {
        text.split("?")[0].split("#")[0].rstrip("/")
        for key in ("url", "@id", "mainEntityOfPage")
        for text in _addresses(node.get(key))
    }
    said = sum(bool(node.get(key)) for key in ("headline", "datePublished", "author", "articleBody", "description"))
    return path in named, said


def _addresses(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key in ("@id", "url") for text in _addresses(value.get(key))]
    return [value.strip()] if isinstance(value, str) else []
