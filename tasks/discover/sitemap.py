"""Sitemaps: news sitemaps, plain ones in XML or as lines of text, and indexes of sitemaps (sitemaps.org, 0.9).

A pure reader of bytes: it asks for nothing. Which of an index's sitemaps were read before (indexes that name each
other are met), how deep to go and what to read next is the caller's business.
"""

import html
import re
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tasks.discover.listing import Clock, Listing, entries_of
from tasks.discover.repair import Root, find_root
from tasks.discover.sitemap_markup import MAX_TAGS, Printed, SitemapRoot, find_sitemap, read_items
from tasks.discover.sites import on_site
from tasks.discover.window import are_children_inside, is_entry_inside
from tasks.model import FeedDocument, FeedEntry, FeedKind, Precision, SitemapChild, SitemapIndex, Window
from tasks.outcome import Failure, Reason, Stage
from tasks.text import clean, decode
from tasks.urls import absolute_url

# The protocol's own limits.
MAX_URLS = 50_000
MAX_BYTES = 50 * 1024 * 1024
# Lines that name what was left out; a sitemap of another site would fill a report with 50,000 of them.
_MAX_LINES = 100
_MAX_NAME_CHARACTERS, _MAX_LANGUAGE_CHARACTERS, _MAX_WORD_CHARACTERS, _MAX_WORDS = 200, 20, 100, 50
_WEB = ("http://", "https://")
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
_HTML = frozenset({"<html>", "<head>", "<body>"})
# So many articles are never changed within the same minute: their last changes are the moment the file was written.
_MIN_OF_A_BUILD = 10
_LONGEST_BUILD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known about a sitemap besides its bytes."""

    url: str
    clock: Clock
    window: Window | None
    partners: Collection[str]


def parse_sitemap(  # noqa: PLR0913 - what is known besides the bytes, each under its name
    body: bytes,
    url: str,
    *,
    zone: str,
    window: Window | None = None,
    charset: str | None = None,
    partners: Collection[str] = (),
    ignore_zone: bool = False,
) -> FeedDocument | SitemapIndex | Failure:
    """The entries of a sitemap or the children of an index in the order listed; pure, total on any bytes.

    `body` is inflated already, `url` the final URL, `zone` the portal's IANA time zone, which counts for all
    times with `ignore_zone`. With a `window` only what can
    lie inside it is kept (window.py) and the rest is counted in `outside_window`. Links to another site than that of
    `url` are rejected, unless it is one of `partners` (hosts). `rejected` also names broken items and counts what goes
    beyond 50,000; it has at most 101 lines, the last of which counts the others.

    A document in which no item has news tags is a plain sitemap, whatever it is called: its entries have no title and
    no date of publication, only `modified`, which is a hint (kept as printed, even in the future, but dropped where it
    is no date, or the moment at which the file was written). Failures: EMPTY_BODY, TOO_LARGE, NOT_A_FEED (the detail
    says what it is instead; a DOCTYPE is refused), CRASH with the traceback. Cost: 45 us an entry (2026-11).
    """
    if not body.strip(_BLANK):
        return Failure(Stage.DISCOVER, Reason.EMPTY_BODY, f"{len(body)} bytes, none of them a sign")
    if len(body) > MAX_BYTES:
        return Failure(Stage.DISCOVER, Reason.TOO_LARGE, f"{len(body)} bytes; a sitemap has at most {MAX_BYTES}")
    try:
        return _parse(decode(body, charset), _Reading(url, Clock(zone, ignore_zone), window, partners))
    except Exception:  # noqa: BLE001 - a foreign parser on foreign bytes: the sitemap fails, with its traceback, not the batch
        return Failure(Stage.DISCOVER, Reason.CRASH, traceback.format_exc(limit=-8))


def _parse(text: str, reading: _Reading) -> FeedDocument | SitemapIndex | Failure:
    if text.lstrip("\ufeff \t\r\n\0").startswith(_WEB):
        return _lines_document(text, reading)
    root = _root(text)
    if isinstance(root, Failure):
        return root
    try:
        printed, broken = read_items(text, root, MAX_URLS)
    except ValueError as error:
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"<{root.tag}>, but {error}")
    if root.name == "sitemapindex":
        return _index(printed, broken, reading)
    entries, unusable = _entries(printed, reading)
    is_news = any(one.news for one in printed)
    return _document(FeedKind.NEWS_SITEMAP if is_news else FeedKind.SITEMAP, entries, [*unusable, *broken], reading)


def _root(text: str) -> SitemapRoot | Failure:
    """The root of a sitemap or an index; else what the document is, or what is too much about it."""
    root, other = find_sitemap(text), find_root(text)
    if not root or other.kind or other.tag in _HTML:
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"the document is {_named(other)}")
    if "<!doctype" in text[: root.start].lower():
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"<{root.tag}> with a DOCTYPE, which no sitemap has")
    if (tags := text.count("<")) > MAX_TAGS:
        return Failure(Stage.DISCOVER, Reason.TOO_LARGE, f"{tags} tags; a sitemap is read up to {MAX_TAGS}")
    return root


def _named(root: Root) -> str:
    return f"a feed (<{root.tag}>)" if root.kind else root.tag


def _lines_document(text: str, reading: _Reading) -> FeedDocument:
    """A sitemap in text form: an address on each line, and nothing else is known."""
    lines = [stripped for line in text.splitlines() if (stripped := line.strip("\ufeff \t\0"))]
    listings = (Listing((line,)) if line.startswith(_WEB) else Listing((), guid=line) for line in lines[:MAX_URLS])
    entries, rejected = entries_of(listings, reading.url, reading.clock)
    if len(lines) > MAX_URLS:
        rejected += (f"{len(lines) - MAX_URLS} lines beyond the first {MAX_URLS} were not read",)
    return _document(FeedKind.SITEMAP, entries, rejected, reading)


def _index(printed: Sequence[Printed], broken: Iterable[str], reading: _Reading) -> SitemapIndex:
    entries, unusable = _entries(printed, reading)
    kept, strangers = on_site(entries, reading.url, reading.partners)
    wanted = [True] * len(kept)
    if reading.window:
        wanted = are_children_inside([(entry.url, entry.modified) for entry in kept], reading.window)
    children = (
        SitemapChild(entry.url, entry.modified) for entry, is_wanted in zip(kept, wanted, strict=True) if is_wanted
    )
    return SitemapIndex(
        children=tuple(children),
        rejected=_shortened([*unusable, *broken, *strangers]),
        outside_window=wanted.count(False),
    )


def _document(kind: FeedKind, entries: Iterable[FeedEntry], rejected: Iterable[str], reading: _Reading) -> FeedDocument:
    """The entries that are wanted, and what most of them say of the whole."""
    kept, strangers = on_site(entries, reading.url, reading.partners)
    window = reading.window
    inside = tuple(entry for entry in kept if not window or is_entry_inside(entry, window))
    if _is_build_time(kept):
        inside = tuple(replace(entry, modified=None) for entry in inside)
    return FeedDocument(
        kind=kind,
        title=_most_common(entry.publication for entry in kept),
        language=_most_common(entry.language for entry in kept),
        entries=inside,
        rejected=_shortened([*rejected, *strangers]),
        outside_window=len(kept) - len(inside),
    )


def _entries(printed: Iterable[Printed], reading: _Reading) -> tuple[list[FeedEntry], tuple[str, ...]]:
    """The entries that the items describe, and a line for each item without a usable address."""
    by_url: dict[str | None, Printed] = {}
    for one in printed:
        by_url.setdefault(absolute_url(reading.url, one.loc), one)
    entries, rejected = entries_of((_listing(one) for one in printed), reading.url, reading.clock)
    return [_completed(entry, by_url[entry.url], reading.clock) for entry in entries], rejected


def _listing(printed: Printed) -> Listing:
    published = printed.news.get("publication_date", "")
    return Listing(
        links=(printed.loc,),
        title=printed.news.get("title", ""),
        dates=(("sitemap.publication_date", published),) if published else (),
    )


def _completed(entry: FeedEntry, printed: Printed, clock: Clock) -> FeedEntry:
    """The entry with what only sitemaps say."""
    modified = clock.read(printed.lastmod, "sitemap.lastmod")
    news = printed.news
    if not news:
        return replace(entry, modified=modified)
    return replace(
        entry,
        modified=modified,
        keywords=_words(news.get("keywords", "")),
        tickers=_words(news.get("stock_tickers", "")),
        language=clean(news.get("language", ""))[:_MAX_LANGUAGE_CHARACTERS] or None,
        publication=clean(news.get("name", ""))[:_MAX_NAME_CHARACTERS] or None,
    )


def _words(printed: str) -> tuple[str, ...]:
    """The words of a list with commas or semicolons, each once."""
    words = (clean(html.unescape(word))[:_MAX_WORD_CHARACTERS] for word in re.split("[,;]", printed))
    return tuple(dict.fromkeys(word for word in words if word))[:_MAX_WORDS]


def _is_build_time(entries: Iterable[FeedEntry]) -> bool:
    """Whether the last changes are no changes: many, to the second, and all within a minute."""
    changes = [
        entry.modified.at for entry in entries if entry.modified and entry.modified.precision is not Precision.DAY
    ]
    return len(changes) >= _MIN_OF_A_BUILD and max(changes) - min(changes) <= _LONGEST_BUILD


def _most_common(names: Iterable[str | None]) -> str | None:
    counted = Counter(name for name in names if name)
    return counted.most_common(1)[0][0] if counted else None


def _shortened(lines: Sequence[str]) -> tuple[str, ...]:
    """The first hundred lines, and one that counts the others."""
    if len(lines) <= _MAX_LINES:
        return tuple(lines)
    return (*lines[:_MAX_LINES], f"{len(lines) - _MAX_LINES} more were rejected")
