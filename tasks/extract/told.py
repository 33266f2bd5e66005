"""What the selectors of a source's file find on a page, read before it is pruned; the rules: config/page_rules.py.

Finds and reads only; that these values go before those of every other layer is done in profiled.py.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from lxml.etree import _Element as Element

from config.page_rules import NO_RULES, PageRules
from config.selectors import find
from tasks.extract.named import read_named
from tasks.extract.pruning import prune
from tasks.extract.structured import plain
from tasks.extract.told_dates import read_told_date
from tasks.extract.tree import BULLET_MARKS, blocks_after, blocks_before, drop, lines_of, short_text, text_of
from tasks.extract.words import word_set
from tasks.model import Profile, Timestamp
from tasks.text import clean

Found = Element | str

# Without these a page is none any more, and what it says of itself is lost.
_NEVER_REMOVED = word_set("html head body title meta link script base")
# Elements that hold no headline that is printed.
_UNPRINTED = word_set("title meta link script")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
# Tables are figures, not text; where a portal lays its text out in one, it selects the cell.
_NO_TEXT = ("table", "figure")
_VALUE_ATTRIBUTES = ("content", "datetime")
# Longer lines are no bylines, and a pattern may be slow on them.
_MAX_BYLINE_CHARACTERS = 300
# Blocks beside the headline that are searched where no selector says where to look.
_NEAR = 14


class Text(NamedTuple):
    """The text in the selected elements: paragraphs and headings in page order, and the elements."""

    paragraphs: list[str]
    headings: frozenset[str]
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The values that the source's selectors found; None or empty: no selector, or it found nothing.

    `authors` are credits as printed. `unfound` are the keys whose selectors found nothing.
    """

    title: str | None = None
    kicker: str | None = None
    subtitle: str | None = None
    lead: str | None = None
    authors: tuple[str, ...] = ()
    published: Timestamp | None = None
    is_paid: bool = False
    text: Text | None = None
    unfound: tuple[str, ...] = ()


NOTHING_TOLD = Told()


def remove(root: Element, rules: PageRules) -> bool:
    """Take what the source's file says is no part of an article out of the tree; whether there was any."""
    gone = [one for selector in rules.remove for one in find(root, selector) if isinstance(one, Element)]
    gone = [one for one in gone if one.tag not in _NEVER_REMOVED]
    for element in gone:
        drop(element)
    return bool(gone)


def told_headline(root: Element, rules: PageRules) -> Element | None:
    """The printed element that the selector of the title finds."""
    found = (one for selector in rules.title for one in find(root, selector))
    printed = (one for one in found if isinstance(one, Element) and one.tag not in _UNPRINTED)
    return next((one for one in printed if text_of(one)), None)


def read_told(root: Element, profile: Profile, headline: Element | None, *, removed: bool) -> Told:
    """The values; `headline` is that of the page, `removed` whether `remove` found anything."""
    rules = profile.pages
    if rules == NO_RULES:
        return NOTHING_TOLD
    title, kicker = _first_text(root, rules.title), _first_text(root, rules.kicker)
    told = Told(
        title=_without_kicker(title, kicker) if title and kicker else title,
        kicker=kicker,
        subtitle=_first_text(root, rules.subtitle),
        lead=_first_text(root, rules.lead),
        authors=tuple(_authors(root, rules, headline)),
        published=_published(root, profile, headline),
        is_paid=any(True for _ in _found(root, rules.paywall)),
        text=_text(root, rules),
    )
    return _with_unfound(told, rules, removed=removed)


def _with_unfound(told: Told, rules: PageRules, *, removed: bool) -> Told:
    """The values with the keys that gave none. A pattern alone is no key: it only looks where others do."""
    gave: dict[str, object] = {
        "title": told.title,
        "kicker": told.kicker,
        "subtitle": told.subtitle,
        "lead": told.lead,
        "body": told.text,
        "remove": removed,
        "author": told.authors,
        "date": told.published,
        "paywall": told.is_paid,
    }
    missed = tuple(name for name, value in gave.items() if getattr(rules, name) and not value)
    return replace(told, unfound=missed)


def _found(root: Element, selectors: Sequence[str]) -> Iterator[Found]:
    """What the first of the selectors finds that finds anything."""
    for selector in selectors:
        if found := find(root, selector):
            yield from (one for one in found if isinstance(one, Element | str))
            return


def _first_text(root: Element, selectors: Sequence[str]) -> str | None:
    """The first text of the first selector that finds one, on one line."""
    texts = (_value(one) for selector in selectors for one in find(root, selector) if isinstance(one, Element | str))
    return next((text for text in texts if text), None)


def _value(one: Found) -> str:
    """What a text or element says: of meta tags their content."""
    if isinstance(one, str):
        return clean(one)
    return plain(one.get("content") or "") if one.tag == "meta" else text_of(one)


def _without_kicker(title: str, kicker: str) -> str:
    """The title without the kicker that its element holds in front."""
    rest = title[len(kicker) :].lstrip(" :|–—-") if title.startswith(kicker) else ""
    return rest or title


def _authors(root: Element, rules: PageRules, headline: Element | None) -> Iterator[str]:
    """The credits: what the selector finds, or else the lines beside the headline; cut to the name by the pattern."""
    name_of = _name_finder(rules.byline_pattern)
    if rules.author:
        lines = [_value(one) for one in _found(root, rules.author)]
    else:
        lines = list(_near(headline)) if rules.byline_pattern else []
    names = (name_of(line) for line in lines if line and len(line) <= _MAX_BYLINE_CHARACTERS)
    yield from dict.fromkeys(name for name in names if name)


def _name_finder(pattern: str | None) -> Callable[[str], str]:
    """What finds the name in a byline, "" where there is none; without a pattern the byline is the name."""
    if pattern is None:
        return clean
    compiled = re.compile(pattern)
    return lambda line: clean(found["author"] or "") if (found := compiled.search(line)) else ""


def _published(root: Element, profile: Profile, headline: Element | None) -> Timestamp | None:
    """The first date that can be read, in what the selector finds or, with a pattern alone, beside the headline."""
    rules = profile.pages
    if rules.date:
        printed = [text for one in _found(root, rules.date) for text in _date_texts(one)]
    else:
        printed = list(_near(headline)) if rules.date_pattern else []
    read = (read_told_date(text, rules.date_pattern, profile.time_zone) for text in printed)
    return next((stamp for stamp in read if stamp), None)


def _date_texts(one: Found) -> Iterator[str]:
    """What may be the date: attributes for machines first, then the words."""
    if isinstance(one, Element):
        yield from (value for name in _VALUE_ATTRIBUTES if (value := clean(one.get(name) or "")))
        one = text_of(one)
    yield clean(one)


def _near(headline: Element | None) -> Iterator[str]:
    """The short lines around the headline, behind it first."""
    if headline is None:
        return
    for block in (*islice(blocks_after(headline), _NEAR), *islice(blocks_before(headline), _NEAR // 2)):
        if short_text(block, _MAX_BYLINE_CHARACTERS):
            yield from lines_of(block)


def _text(root: Element, rules: PageRules) -> Text | None:
    """The text of the elements that hold it; None where there is none."""
    if not rules.body:
        return None
    for selector in rules.body:
        found = [one for one in find(root, selector) if isinstance(one, Element | str)]
        text = _read(_outermost(found))
        if text.paragraphs:
            return text
    return None


def _outermost(found: list[Found]) -> list[Found]:
    """Without the elements that lie in others of them."""
    elements = {one for one in found if not isinstance(one, str)}
    return [one for one in found if isinstance(one, str) or elements.isdisjoint(one.iterancestors())]


def _read(found: list[Found]) -> Text:
    """The lines of texts and elements, boxes pruned from a copy of each: the page itself is still to be read."""
    paragraphs: list[str] = []
    headings: set[str] = set()
    for one in found:
        if isinstance(one, str):
            paragraphs += filter(None, map(clean, one.split("\n")))
            continue
        copy = deepcopy(one)
        copy.tail = None
        prune(copy, None, read_named(copy))
        for unread in list(copy.iter(*_NO_TEXT)):
            drop(unread)
        headings.update(line for heading in copy.iter(*_HEADINGS) for line in lines_of(heading))
        paragraphs += filter(None, (line.lstrip(BULLET_MARKS) for line in lines_of(copy)))
    return Text(paragraphs, frozenset(headings), tuple(one for one in found if not isinstance(one, str)))
