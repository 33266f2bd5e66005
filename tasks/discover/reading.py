"""From the bytes of an answer to what they say, by the kind of the feed. Pure and total on any bytes.

The bytes decide what is read: a sitemap under a feed's address is a sitemap, and the other way round. Only listings are
read as what they were declared, since any page could be one.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from config.selectors import Selectors
from tasks.discover.feed import parse_feed
from tasks.discover.listing_page import parse_listing
from tasks.discover.sitemap import parse_sitemap
from tasks.discover.window import article_span
from tasks.model import Feed, FeedDocument, FeedEntry, FeedKind, Response, SitemapIndex, Window
from tasks.outcome import Failure, Reason, Stage

SITEMAPS = frozenset({FeedKind.NEWS_SITEMAP, FeedKind.SITEMAP})
# Of a sitemap that was declared as a feed; those that are declared have their own.
LOOK_BACK = timedelta(days=2)
# Portals publish by clocks that are ahead, and list what comes tomorrow.
AHEAD = timedelta(days=2)
_SHOWN = 3

Read = FeedDocument | SitemapIndex | Failure


def read(body: bytes, answer: Response, feed: Feed) -> Read:
    """What the inflated `body` of `answer` says: entries, the sitemaps of an index, or why it can't be read.

    Of a sitemap only what lies between `look_back` before the answer and two days after it is kept, and of a plain one
    only entries that can be dated: undated ones would be all that the portal ever wrote. Both are counted in
    `outside_window`.
    """
    if feed.kind is FeedKind.LISTING:
        return _listing(body, answer, feed)
    readers: tuple[Callable[[bytes, Response, Feed], Read], ...] = (_feed, _sitemap)
    first, second = reversed(readers) if feed.kind in SITEMAPS else readers
    found = first(body, answer, feed)
    if not _is_something_else(found):
        return found
    other = second(body, answer, feed)
    return found if _is_something_else(other) else other


def _is_something_else(found: Read) -> bool:
    return isinstance(found, Failure) and found.reason is Reason.NOT_A_FEED


def _feed(body: bytes, answer: Response, feed: Feed) -> Read:
    return parse_feed(body, answer.final_url, zone=feed.time_zone, charset=answer.charset, ignore_zone=feed.ignore_zone)


def _listing(body: bytes, answer: Response, feed: Feed) -> Read:
    if not feed.selectors:
        detail = f"a listing without selectors: name them under the feed in {feed.source}.yaml"
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, detail)
    return parse_listing(
        body,
        answer.final_url,
        Selectors(**feed.selectors),
        zone=feed.time_zone,
        charset=answer.charset,
        partners=_hosts(feed),
        ignore_zone=feed.ignore_zone,
    )


def _sitemap(body: bytes, answer: Response, feed: Feed) -> Read:
    found = parse_sitemap(
        body,
        answer.final_url,
        zone=feed.time_zone,
        window=Window(answer.at - (feed.look_back or LOOK_BACK), answer.at + AHEAD),
        charset=answer.charset,
        partners=_hosts(feed),
        ignore_zone=feed.ignore_zone,
    )
    return _dated(found) if isinstance(found, FeedDocument) else found


def _hosts(feed: Feed) -> tuple[str, ...]:
    """Where its links may lead besides the site that answered: a sitemap may have been moved to a store of files."""
    return (*feed.partners, urlsplit(feed.url).netloc)


def _dated(document: FeedDocument) -> FeedDocument:
    """The sitemap without the entries that nothing dates, which are counted and named by example."""
    kept = tuple(entry for entry in document.entries if _is_dated(entry))
    undated = [entry.url for entry in document.entries if not _is_dated(entry)]
    if not undated:
        return document
    line = f"{len(undated)} entries without a date, which may be of any age: {', '.join(undated[:_SHOWN])}"
    return replace(
        document,
        entries=kept,
        rejected=(*document.rejected, f"{line}, ..." if undated[_SHOWN:] else line),
        outside_window=document.outside_window + len(undated),
    )


def _is_dated(entry: FeedEntry) -> bool:
    """Whether a time stands beside it or in its address; what has a title has news tags, so that it is young."""
    return bool(entry.published or entry.modified or entry.title or article_span(entry.url))
