"""The sitemaps that an index or a robots.txt names, as feeds of their own: which are worth polling. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tasks.discover.autodiscovery import sitemaps_of
from tasks.discover.sites import site_of
from tasks.discover.window import child_spans
from tasks.model import Feed, FeedKind, SitemapChild, SitemapIndex

# Of one index; what is beyond is counted. Two days of a portal are in far fewer.
MAX_CHILDREN = 50
# An index of an index of ...: no portal needs more, and loops end anyway since an address is one feed.
MAX_DEPTH = 5
# What an index names changes rarely but for one or two: a child without news is asked once a day.
SLOWEST = timedelta(days=1)
MAX_ROBOTS_SITEMAPS = 10
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The children that are polled, the newest first, and how many more lie inside the window."""

    children: tuple[SitemapChild, ...]
    left_out: int


def chosen_children(index: SitemapIndex, now: datetime) -> Chosen:
    """The newest children: by the date in the name, which is the articles', else by the time of change.

    Those that show neither come last, in the order of the index.
    """
    spans = child_spans([child.url for child in index.children])
    ages = [
        now - (min(span.end, now) if span else child.modified.at if child.modified else _LONG_AGO)
        for child, span in zip(index.children, spans, strict=True)
    ]
    newest = sorted(range(len(ages)), key=lambda place: ages[place])
    return Chosen(tuple(index.children[place] for place in newest[:MAX_CHILDREN]), max(0, len(newest) - MAX_CHILDREN))


def child_rows(parent: Feed, children: Sequence[SitemapChild], now: datetime) -> list[dict[str, Any]]:
    """The children as rows for the store: due now, read like their parent.

    What hangs on a sitemap that only robots.txt names is asked only when that one is.
    """
    return [
        _row(parent, child.url, parent.kind, "robots" if parent.origin == "robots" else "index", now)
        | {"parent_id": parent.id, "modified_at": child.modified.at if child.modified else None}
        for child in children
    ]


def robots_rows(feed: Feed, robots: str, look_back: timedelta, now: datetime) -> list[dict[str, Any]]:
    """The news sitemaps of the portal's own site that its robots.txt names, as rows for the store, due now.

    `feed` is one of the portal's feeds, from which they have the pace and the clock.
    """
    homepage = feed.homepage
    found = [
        one.url
        for one in sitemaps_of(robots, homepage)
        if one.kind is FeedKind.NEWS_SITEMAP and site_of(one.url) == site_of(homepage)
    ]
    return [
        _row(feed, url, FeedKind.NEWS_SITEMAP, "robots", now)
        | {"parent_id": None, "modified_at": None, "look_back": look_back}
        for url in found[:MAX_ROBOTS_SITEMAPS]
    ]


def _row(like: Feed, url: str, kind: FeedKind, origin: str, now: datetime) -> dict[str, Any]:
    return {
        "source_id": like.source_id,
        "url": url,
        "kind": kind.value,
        "origin": origin,
        "look_back": like.look_back,
        "time_zone": like.time_zone,
        "ignore_zone": like.ignore_zone,
        "every": like.every,
        "slowest": max(SLOWEST, like.every),
        "next_poll_at": now,
    }
