"""HTML listings: pages of headlines, read with the selectors that a source's file gives for them.

A page without selectors is not guessed at, and following "next page" is the caller's business.
"""

import html
import re
import traceback
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from lxml.etree import _Element

from config.selectors import Selectors, find
from tasks.discover.html_tree import TooDeepError, base_of, parse_html, text_of, title_of
from tasks.discover.listing import Clock, Listing, entries_of
from tasks.discover.sites import on_site
from tasks.model import FeedDocument, FeedEntry, FeedKind, Timestamp
from tasks.outcome import Failure, Reason, Stage
from tasks.text import clean, decode
from tasks.urls import absolute_url

# No page of headlines is longer; what is beyond is counted.
MAX_ITEMS = 1_000
_MAX_LANGUAGE_CHARACTERS = 20
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
_ORIGIN = "listing.date"
_CLOCK = re.compile(r"%[HI]")


@dataclass(frozen=True, slots=True)
class _Shown:
    """One item as the page shows it; `link` is absolute where it can be an address, else as printed."""

    link: str = ""
    title: str = ""
    date: str = ""


def parse_listing(  # noqa: PLR0913 - what is known besides the bytes, each under its name
    body: bytes,
    url: str,
    selectors: Selectors,
    *,
    zone: str,
    charset: str | None = None,
    partners: Collection[str] = (),
    ignore_zone: bool = False,
) -> FeedDocument | Failure:
    """The entries that the selectors find, in the order of the page; pure, total on any bytes.

    `body` is inflated already, `url` the final URL, `zone` the portal's IANA time zone, which
    counts for all times with `ignore_zone`. Links to another site than
    that of `url` are rejected, unless it is one of `partners` (hosts). Where nothing is found, or nothing found has an
    address, the page is no listing any more: NOT_A_FEED, and the detail says which selector it was. Other failures:
    EMPTY_BODY, CRASH with the traceback. Only the first 1,000 items are read.
    """
    if not body.strip(_BLANK):
        return Failure(Stage.DISCOVER, Reason.EMPTY_BODY, f"{len(body)} bytes, none of them a sign")
    try:
        return _parse(decode(body, charset), url, selectors, Clock(zone, ignore_zone), partners)
    except TooDeepError as error:
        return _no_listing(f"the page can't be read: {error}")
    except Exception:  # noqa: BLE001 - a foreign parser on foreign bytes: the page fails, with its traceback, not the batch
        return Failure(Stage.DISCOVER, Reason.CRASH, traceback.format_exc(limit=-8))


def _parse(
    text: str, url: str, selectors: Selectors, clock: Clock, partners: Collection[str]
) -> FeedDocument | Failure:
    root = parse_html(text)
    if root is None:
        return _no_listing("the document has no markup")
    items = [found for found in find(root, selectors.item) if isinstance(found, _Element)]
    base = base_of(root, url)
    shown = [_shown(item, selectors, base) for item in _innermost(items[:MAX_ITEMS])]
    entries, unusable = entries_of(_listings(shown, selectors), url, clock)
    page = f"on the page {title_of(root)[:80]!r}"
    if not items:
        return _no_listing(f"item: {selectors.item!r} finds nothing {page}")
    if not entries:
        return _no_listing(f"link: {selectors.link!r} finds no address in {len(items)} items {page}; {unusable[0]}")
    beyond = [f"{len(items) - MAX_ITEMS} items beyond the first {MAX_ITEMS} were not read"] * (len(items) > MAX_ITEMS)
    kept, strangers = on_site(_dated(entries, shown, selectors, url, clock), url, partners)
    return FeedDocument(
        kind=FeedKind.LISTING,
        title=title_of(root) or None,
        language=clean(root.get("lang") or "")[:_MAX_LANGUAGE_CHARACTERS] or None,
        entries=kept,
        rejected=(*unusable, *beyond, *strangers),
    )


def _no_listing(detail: str) -> Failure:
    return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, detail)


def _innermost(items: Sequence[_Element]) -> Iterator[_Element]:
    """The items that hold no other item: a list around lists is no entry, and its parts are read once."""
    for item, following in pairwise([*items, None]):
        # In document order, what an item holds comes right behind it.
        if item is not None and (following is None or item not in following.iterancestors()):
            yield item


def _shown(item: _Element, selectors: Selectors, base: str) -> _Shown:
    """What one item shows; a link that leads nowhere stays as printed, for the line that rejects it."""
    if selectors.link is None:
        link = next(_addresses(item), "")
    else:
        link = next((address for found in find(item, selectors.link) for address in _addresses(found)), "")
    return _Shown(
        link=absolute_url(base, link) or link,
        title=_first_text(find(item, selectors.title)) if selectors.title else _link_title(item, link),
        date=_first_date(find(item, selectors.date)) if selectors.date else "",
    )


def _addresses(found: _Element | str) -> Iterator[str]:
    """The addresses of what a selector found: a text is one, an element has its own or those of the links in it."""
    if isinstance(found, str):
        yield found
        return
    for link in found.iter("a", "area"):
        href = str(link.get("href") or "").strip()
        if href and not href.startswith("#"):
            yield href


def _link_title(item: _Element, href: str) -> str:
    """The text of the first of the item's links to `href` that has one: the first is often a picture."""
    links = [link for link in item.iter("a") if str(link.get("href") or "").strip() == href]
    return next((text for link in links if (text := text_of(link))), "") or (_first_attribute(links, "title"))


def _first_attribute(elements: Iterable[_Element], name: str) -> str:
    return next((clean(str(value)) for element in elements if (value := element.get(name))), "")


def _first_text(found: Iterable[_Element | str]) -> str:
    texts = (clean(one) if isinstance(one, str) else text_of(one) for one in found)
    return next((text for text in texts if text), "")


def _first_date(found: Iterable[_Element | str]) -> str:
    """The first date that is printed, of an element in its attribute for machines before its text."""
    for one in found:
        attributes = () if isinstance(one, str) else (one.get("datetime"), one.get("content"))
        printed = next((clean(str(value)) for value in attributes if value), "") or _first_text([one])
        if printed:
            return printed
    return ""


def _listings(shown: Iterable[_Shown], selectors: Selectors) -> Iterator[Listing]:
    for one in shown:
        dates = ((_ORIGIN, one.date),) if one.date and not selectors.date_format else ()
        # What is shown is text already; listing.py reads markup.
        yield Listing(links=(one.link,), title=html.escape(one.title, quote=False), dates=dates)


def _dated(
    entries: Sequence[FeedEntry], shown: Iterable[_Shown], selectors: Selectors, url: str, clock: Clock
) -> Sequence[FeedEntry]:
    """The entries with their dates read by `date_format` where there is one."""
    if not selectors.date_format:
        return entries
    printed: dict[str | None, str] = {}
    for one in shown:
        printed.setdefault(absolute_url(url, one.link), one.date)
    return [replace(entry, published=_formatted(printed[entry.url], selectors.date_format, clock)) for entry in entries]


def _formatted(printed: str, date_format: str, clock: Clock) -> Timestamp | None:
    """The instant of a date in a known format, None where it is not in it."""
    try:
        read = datetime.strptime(printed, date_format)  # noqa: DTZ007 - parse_date applies the zone
    except ValueError:
        return None
    timestamp = clock.read(f"{read.date()}{_time_of_day(read, date_format)}", _ORIGIN)
    return replace(timestamp, raw=printed) if timestamp else None


def _time_of_day(read: datetime, date_format: str) -> str:
    """The time of day as far as the format goes, with the offset that it read."""
    if not _CLOCK.search(date_format):
        return ""
    return read.strftime(" %H:%M:%S%z" if "%S" in date_format else " %H:%M%z")
