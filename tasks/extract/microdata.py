"""Microdata: an article's statements in the attributes of its page, read where JSON-LD says nothing of an article.

Values as the HTML standard has them ("Microdata", section 5.2.4, Values), in the shape of a JSON-LD node.
"""

from typing import Any

from lxml.etree import XPath
from lxml.etree import _Element as Element

from tasks.extract.structured import ARTICLE_TYPES, Node
from tasks.extract.tree import text_of

_ITEMS = XPath("//*[@itemscope][@itemtype]")
# The attribute that holds the value, by element; of all others it is the text.
_VALUES = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    **dict.fromkeys(("data", "meter"), "value"),
    "meta": "content",
    "object": "data",
    "time": "datetime",
}
# The text itself is read from what the page prints; what is longer than this is text, whatever it is called.
_TEXT = "articleBody"
_MAX_CHARACTERS = 1000
# Items that lie in items: author, image, publisher and its logo.
_MAX_DEPTH = 3


def microdata_article(root: Element) -> Node:
    """The node of the first item of an article type; {} where there is none."""
    items = (item for item in _ITEMS(root) if _type(item).lower() in ARTICLE_TYPES)
    article = next(items, None)
    return _node(article, _MAX_DEPTH) if article is not None else {}


def _type(item: Element) -> str:
    """The name of the item's type without its vocabulary's address."""
    return (item.get("itemtype") or "").strip().split(" ")[0].rstrip("/").rsplit("/", 1)[-1]


def _node(item: Element, depth: int) -> dict[str, Any]:
    """The item with its properties; several values of a name become a list."""
    node: dict[str, Any] = {"@type": _type(item)}
    if item.get("itemid"):
        node["@id"] = item.get("itemid")
    for element in _properties(item):
        value = _value(element, depth)
        for name in (element.get("itemprop") or "").split():
            if value and name != _TEXT:
                node[name] = [*_list(node[name]), value] if name in node else value
    return node


def _properties(item: Element) -> list[Element]:
    """The elements with a property of this item and not of one that lies in it."""
    found: list[Element] = []
    stack = list(item)[::-1]
    while stack:
        element = stack.pop()
        if element.get("itemprop") is not None:
            found.append(element)
        if element.get("itemscope") is None:
            stack.extend(list(element)[::-1])
    return found


def _value(element: Element, depth: int) -> Any:
    """What a property says; None where it says nothing or is too long."""
    if element.get("itemscope") is not None:
        return _node(element, depth - 1) if depth else None
    attribute = _VALUES.get(str(element.tag))
    stated = element.get(attribute) if attribute else None
    text = stated if stated is not None or attribute not in (None, "datetime") else text_of(element)
    # Many pages put machine-readable values into an attribute that the standard has for <meta> alone.
    text = element.get("content") or text
    return text if text and len(text) <= _MAX_CHARACTERS else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
