"""Selectors: where a listing page shows its entries, checked when they are written down and not when they are used."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cssselect import HTMLTranslator, SelectorError
from lxml.etree import XPath, XPathError, _Element, fromstring

# How an XPath begins: a path, an attribute, a function, an axis. CSS never begins so.
_XPATH = re.compile(r"\.{0,2}/|\(|@|\.$|[a-z-]+(?:\(|::)")
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
# What lxml only notices when it comes to it: variables, prefixes and the functions of others.
_FOREIGN = re.compile(r"\$|(?<!:):(?!:)")
_CALL = re.compile(r"([A-Za-z][\w.-]*)\s*\(")
_FUNCTIONS = frozenset({
    "and", "boolean", "ceiling", "comment", "concat", "contains", "count", "div", "false", "floor", "id", "lang",
    "last", "local-name", "mod", "name", "namespace-uri", "node", "normalize-space", "not", "number", "or",
    "position", "processing-instruction", "round", "starts-with", "string", "string-length", "substring",
    "substring-after", "substring-before", "sum", "text", "translate", "true",
})  # fmt: skip
# Directives that every machine reads alike. The names of months and days depend on its locale; dates with names are
# read without a format.
_DIRECTIVES = frozenset("dmYyHIMSpz")
_DIRECTIVE = re.compile(r"%(.?)")
_SAMPLE = datetime(2026, 11, 22, 13, 45, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selectors:
    """Where a listing page shows what; each selector is CSS, or XPath where it begins like one ("//", "./", "@").

    `item` finds the entries, the others look within one: `link` an element or attribute with an address (default: the
    item itself or the first link in it), `title` (default: the text of the link), `date` an element or attribute
    (default: none). `date_format` is for dates with two readings, such as %m/%d/%Y, in the directives of strptime that
    are numbers. Making one raises ValueError, with the name and the text of the bad part.
    """

    item: str
    link: str | None = None
    title: str | None = None
    date: str | None = None
    date_format: str | None = None

    def __post_init__(self) -> None:
        """Check each part that is there."""
        _check_selector("item", self.item)
        for name, selector in (("link", self.link), ("title", self.title), ("date", self.date)):
            if selector is not None:
                _check_selector(name, selector)
                if selector.lstrip("(").startswith("/"):
                    raise ValueError(f"{name}: {selector!r} looks at the whole page; within an item, begin with ./")
        if self.date_format is not None:
            _check_format(self.date_format)


def find(element: _Element, selector: str) -> list[_Element | str]:
    """What a selector finds in an element, itself included: elements, or the texts that an XPath computes."""
    found = _compiled(selector)(element)
    if isinstance(found, list):
        return [one if isinstance(one, _Element) else str(one) for one in found]
    return [str(found)]


# Each once in a process: a dozen of each of a few hundred sources.
@lru_cache(maxsize=8192)
def _compiled(selector: str) -> XPath:
    selector = selector.strip()
    path = selector if _XPATH.match(selector) else HTMLTranslator().css_to_xpath(selector)
    return XPath(path, smart_strings=False)


def selector_fault(selector: str) -> str | None:
    """Why a selector cannot be compiled, or would fail on a page, as "can't be ..."; None: it is sound."""
    try:
        find(fromstring("<p/>"), selector)
    except (SelectorError, XPathError) as error:
        return f"can't be used as a selector: {error}"
    if not _XPATH.match(selector.strip()):
        return None
    path = _LITERAL.sub("''", selector)
    strange = [found[0] for found in _FOREIGN.finditer(path)] + sorted(set(_CALL.findall(path)) - _FUNCTIONS)
    return f"uses {strange[0]}, which a selector can't" if strange else None


def format_fault(date_format: str) -> str | None:
    """Why a format can't be used: names in it, or it does not read back the day that it wrote; None: it is sound."""
    letters = [letter for letter in _DIRECTIVE.findall(date_format) if letter != "%"]
    # A directive that comes twice is an error of Python's re, no ValueError.
    is_sound = set(letters) <= _DIRECTIVES and len(set(letters)) == len(letters)
    try:
        written = _SAMPLE.strftime(date_format) if is_sound else ""
        read = datetime.strptime(written, date_format) if is_sound else None  # noqa: DTZ007 - the zone comes later
    except ValueError as error:
        return f"can't be read: {error}"
    if not read or read.date() != _SAMPLE.date():
        return "must have day, month and year as numbers, each once, as in %d.%m.%Y %H:%M"
    return None


def _check_selector(name: str, selector: str) -> None:
    if fault := selector_fault(selector):
        raise ValueError(f"{name}: {selector!r} {fault}")


def _check_format(date_format: str) -> None:
    if fault := format_fault(date_format):
        raise ValueError(f"date_format: {date_format!r} {fault}")
