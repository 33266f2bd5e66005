"""From what a feed lists to entries: the same rules for every form of feed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.dates import parse_date
from tasks.discover.markup import plain
from tasks.model import FeedEntry, Timestamp
from tasks.text import clean
from tasks.urls import absolute_url, canonical_url

_MAX_TITLE_CHARACTERS = 500
_MAX_SUMMARY_CHARACTERS = 5000
_MAX_GUID_CHARACTERS = 1000
_SHOWN_CHARACTERS = 80
# Google News answers these with a script that leads on; what they lead to is in no feed.
_BLOB = re.compile(r"https?://news\.google\.[a-z.]+/(?:rss/|__i/rss/rd/)?(?:articles|read)/")


@dataclass(frozen=True, slots=True)
class Listing:
    """One item as the feed prints it: its links and dates in the order in which we trust them, markup untouched.

    `dates` pairs the origin (see `Timestamp`) with the printed date, so does `modified` for the time of change.
    """

    links: tuple[str, ...]
    guid: str = ""
    title: str = ""
    summary: str = ""
    dates: tuple[tuple[str, str], ...] = ()
    modified: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are read: `zone` is the portal's IANA name; with `ignore_zone` it counts whatever zone is printed."""

    zone: str
    ignore_zone: bool = False

    def read(self, raw: str, origin: str) -> Timestamp | None:
        """The instant that a printed date means; see tasks.dates.parse_date."""
        return parse_date(raw, zone=self.zone, origin=origin, ignore_zone=self.ignore_zone)


def entries_of(
    listings: Iterable[Listing], feed_url: str, clock: Clock
) -> tuple[tuple[FeedEntry, ...], tuple[str, ...]]:
    """The entries in the order listed, and a line for each item without a usable link.

    An article listed twice (same canonical URL) is one entry, the first. A link to the feed itself is none, nor is
    one of Google News, which stands for an article and is not its address.
    """
    entries: dict[str, FeedEntry] = {}
    rejected: list[str] = []
    own = canonical_url(feed_url)
    for number, listing in enumerate(listings, 1):
        found = _address(listing.links, feed_url, own)
        if not found:
            rejected.append(_rejection(number, listing))
        elif found[1] not in entries:
            entries[found[1]] = _entry(*found, listing, clock)
    return tuple(entries.values()), tuple(rejected)


def _address(links: Iterable[str], feed_url: str, own: str | None) -> tuple[str, str] | None:
    """The first link that can be an article's: its absolute and its canonical form."""
    for link in links:
        url = absolute_url(feed_url, link)
        canonical = canonical_url(url) if url else None
        if url and canonical and canonical != own and not _BLOB.match(url):
            return url, canonical
    return None


def _entry(url: str, canonical: str, listing: Listing, clock: Clock) -> FeedEntry:
    return FeedEntry(
        url=url,
        canonical_url=canonical,
        guid=clean(listing.guid)[:_MAX_GUID_CHARACTERS] or None,
        title=plain(listing.title, _MAX_TITLE_CHARACTERS),
        summary=plain(listing.summary, _MAX_SUMMARY_CHARACTERS),
        published=_published(listing.dates, clock),
        modified=clock.read(listing.modified[1], listing.modified[0]) if listing.modified else None,
    )


def _published(dates: Iterable[tuple[str, str]], clock: Clock) -> Timestamp | None:
    """The first printed date that means an instant."""
    read = (clock.read(raw, origin) for origin, raw in dates)
    return next((timestamp for timestamp in read if timestamp), None)


def _rejection(number: int, listing: Listing) -> str:
    """Which item was left out and why, for a person who looks for it in the feed."""
    name = plain(listing.title, _SHOWN_CHARACTERS) or clean(listing.guid)[:_SHOWN_CHARACTERS] or "without title"
    links = dict.fromkeys(clean(link)[:_SHOWN_CHARACTERS] for link in listing.links if link.strip())
    tried = ", ".join(map(repr, links))
    return f"item {number} ({name}): {f'no article address in {tried}' if tried else 'no link'}"
