"""Where a portal's feeds may be: what its page declares and links to, what robots.txt lists, and the usual places.

Only finds candidates, best first; whether one is a feed is seen when it is asked. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from lxml.html import HtmlElement

from tasks.discover.html_tree import TooDeepError, base_of, parse_html, text_of
from tasks.discover.sites import site_of
from tasks.model import FeedKind
from tasks.text import clean, decode
from tasks.urls import absolute_url, canonical_url

MAX_FOUND = 200
_MAX_SITEMAP_LINES = 1_000
# Links of a page that are looked at; portals' pages have 200 to 1,000.
_MAX_LINKS = 5_000
_MAX_TITLE_CHARACTERS = 200

# Types of <link rel="alternate"> and <a> that mean a feed, the registered ones and those that are met.
_TYPES = {
    "application/rss+xml": FeedKind.RSS, "application/x-rss+xml": FeedKind.RSS, "application/rss": FeedKind.RSS,
    "text/rss+xml": FeedKind.RSS, "text/rss": FeedKind.RSS, "application/atom+xml": FeedKind.ATOM,
    "application/x-atom+xml": FeedKind.ATOM, "application/x.atom+xml": FeedKind.ATOM, "application/atom": FeedKind.ATOM,
    "application/rdf+xml": FeedKind.RDF, "application/feed+json": FeedKind.JSON_FEED,
    "application/json": FeedKind.JSON_FEED, "application/xml": FeedKind.RSS, "text/xml": FeedKind.RSS,
}  # fmt: skip
# Types that other things have too (interfaces for programs, above all): the address must look like a feed as well.
_VAGUE_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
_RELATIONS = frozenset({"alternate", "feed"})

# What an address of a feed looks like, and the kind that it hints at; the first that fits counts.
_LOOKS = (
    (re.compile(r"feed\.json|/json-?feed\b|/feed/json\b", re.IGNORECASE), FeedKind.JSON_FEED),
    (re.compile(r"\.atom\b|/atom(?:\.xml|/|$)|[?&](?:feed|type|format)=atom\b", re.IGNORECASE), FeedKind.ATOM),
    (re.compile(r"\.rdf\b|/rdf(?:/|$)|[?&](?:feed|type|format)=rdf\b", re.IGNORECASE), FeedKind.RDF),
    (
        re.compile(
            r"\.rss\b|\brss\d?\b|//feeds?\.|(?:^|/)feeds?(?:/|\.xml|\.php|\?|$)|[?&](?:feed|type|format)=(?:rss\d?|feed)\b",
            re.IGNORECASE,
        ),
        FeedKind.RSS,
    ),
)
# Buttons of feed readers, and what only begins like a feed.
_NO_FEED = re.compile(
    r"wp-json|oembed|//(?:www\.)?(?:feedly|inoreader|netvibes|newsblur|theoldreader)\.|add\.my\.yahoo|/feedback",
    re.IGNORECASE,
)
# Hosts that serve the feeds of others: a link in the text to them is the portal's own.
_FEED_HOSTS = frozenset({"feedburner.com", "feedpress.me", "feedblitz.com"})
# What readers write, not the commentaries of the house (a feed called Marktkommentare is news).
_COMMENTS = re.compile(
    r"/comments?/|[?&]withcomments|comments? feed|kommentar-feed|flux (?:des|pour les) commentaires|feed dei commenti",
    re.IGNORECASE,
)
_NEWS = re.compile(r"news|latest|aktuell|actualit", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^[ \t\ufeff]*site-?map[ \t]*:[ \t]*([^\s#]\S*)", re.IGNORECASE | re.MULTILINE)

# Where content systems put feeds and news sitemaps, the commonest first.
COMMON_PATHS = (
    ("/feed/", FeedKind.RSS),
    ("/rss", FeedKind.RSS),
    ("/rss.xml", FeedKind.RSS),
    ("/feed.xml", FeedKind.RSS),
    ("/index.xml", FeedKind.RSS),
    ("/atom.xml", FeedKind.ATOM),
    ("/index.rdf", FeedKind.RDF),
    ("/feed.json", FeedKind.JSON_FEED),
    ("/feeds/news.xml", FeedKind.RSS),
    ("/rss/news", FeedKind.RSS),
    ("/news.rss", FeedKind.RSS),
    ("/?feed=rss2", FeedKind.RSS),
    ("/news-sitemap.xml", FeedKind.NEWS_SITEMAP),
    ("/sitemap-news.xml", FeedKind.NEWS_SITEMAP),
    ("/sitemap_news.xml", FeedKind.NEWS_SITEMAP),
    ("/news_sitemap.xml", FeedKind.NEWS_SITEMAP),
    ("/googlenews.xml", FeedKind.NEWS_SITEMAP),
    ("/sitemaps/news.xml", FeedKind.NEWS_SITEMAP),
    ("/sitemap/news.xml", FeedKind.NEWS_SITEMAP),
    ("/news.xml", FeedKind.NEWS_SITEMAP),
    ("/arc/outboundfeeds/rss/?outputType=xml", FeedKind.RSS),
    ("/arc/outboundfeeds/news-sitemap/?outputType=xml", FeedKind.NEWS_SITEMAP),
    ("/sitemap_index.xml", FeedKind.SITEMAP),
    ("/sitemap-index.xml", FeedKind.SITEMAP),
    ("/sitemap.xml", FeedKind.SITEMAP),
    ("/wp-sitemap.xml", FeedKind.SITEMAP),
)


class Origin(IntEnum):
    """Where a candidate was found; the lower, the likelier it is a feed."""

    DECLARED = 0  # <link rel="alternate"> with a feed's type
    ROBOTS = 1  # a Sitemap line of robots.txt
    LINKED = 2  # a link in the page that looks like a feed
    COMMON = 3  # a usual place, named by nobody


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """One candidate: its address, the kind that its type or its address hints at, and who named it."""

    url: str
    kind: FeedKind
    origin: Origin
    title: str | None = None


def find_feeds(body: bytes, url: str, *, robots: str = "", charset: str | None = None) -> tuple[FoundFeed, ...]:
    """The candidates for feeds of a portal, at most 200, the likeliest first; total on any bytes.

    `body` is one of its pages, inflated, `url` that page's final URL, `robots` the text of its robots.txt. Within an
    origin the portal's own site comes before others, sitemaps without news after the rest, what is called news first,
    else the order is that of the page; feeds of readers' comments are the last of all. An address is named once. The
    usual places need no page, so that an empty or hostile one still has candidates.
    """
    found = [*_on_page(decode(body, charset), url), *sitemaps_of(robots, url), *_usual(url)]
    once: dict[str | None, FoundFeed] = {}
    for one in sorted(found, key=lambda one: _rank(one, site_of(url))):
        once.setdefault(canonical_url(one.url), one)
    return tuple(once.values())[:MAX_FOUND]


def sitemaps_of(robots: str, url: str) -> tuple[FoundFeed, ...]:
    """The sitemaps that a robots.txt lists, in its order and each once; relative ones hang on `url`.

    The lines belong to no group of rules and may stand anywhere (sitemaps.org); the first 1,000 are read.
    """
    text = robots.replace("\r", "\n")
    lines = (line[1] for line in islice(_SITEMAP_LINE.finditer(text), _MAX_SITEMAP_LINES))
    urls = dict.fromkeys(absolute for line in lines if (absolute := absolute_url(url, line)))
    return tuple(FoundFeed(one, _sitemap_kind(one), Origin.ROBOTS) for one in urls)


def is_of_comments(found: FoundFeed) -> bool:
    """Whether a candidate looks like one for what readers write below the articles."""
    return bool(_COMMENTS.search(_named(found)))


def _named(found: FoundFeed) -> str:
    return f"{found.url} {found.title or ''}"


def _sitemap_kind(url: str) -> FeedKind:
    """News sitemaps are told by their name alone; a plain one that is called so costs one request."""
    path = url.partition("//")[2].partition("/")[2]
    return FeedKind.NEWS_SITEMAP if "news" in path.lower() else FeedKind.SITEMAP


def _on_page(text: str, url: str) -> Iterator[FoundFeed]:
    try:
        root = parse_html(text)
    except TooDeepError:
        # The page is a bomb or broken beyond reading; the other places remain.
        return
    if root is None:
        return
    base = base_of(root, url)
    for link in islice(root.iter("link"), _MAX_LINKS):
        yield from _declared(link, base)
    for link in islice(root.iter("a"), _MAX_LINKS):
        yield from _linked(link, base)


def _declared(link: HtmlElement, base: str) -> Iterator[FoundFeed]:
    """The feed that a <link> declares, if it declares one."""
    kind = _TYPES.get(_type_of(link))
    address = absolute_url(base, link.get("href") or "")
    if not kind or not address or not _RELATIONS & set((link.get("rel") or "").lower().split()):
        return
    if _NO_FEED.search(address) or (_type_of(link) in _VAGUE_TYPES and not _look(address)):
        return
    yield FoundFeed(address, kind, Origin.DECLARED, clean(link.get("title") or "")[:_MAX_TITLE_CHARACTERS] or None)


def _linked(link: HtmlElement, base: str) -> Iterator[FoundFeed]:
    """The feed that an <a> leads to, if it looks like one and is the portal's own."""
    printed = link.get("href") or ""
    kind = _TYPES.get(_type_of(link)) or _look(printed)
    address = absolute_url(base, printed) if kind else None
    if not kind or not address or _NO_FEED.search(address):
        return
    if site_of(address) in {site_of(base), *_FEED_HOSTS}:
        title = text_of(link) or clean(link.get("title") or "")
        yield FoundFeed(address, kind, Origin.LINKED, title[:_MAX_TITLE_CHARACTERS] or None)


def _usual(url: str) -> Iterator[FoundFeed]:
    for path, kind in COMMON_PATHS:
        if address := absolute_url(url, path):
            yield FoundFeed(address, kind, Origin.COMMON)


def _type_of(link: HtmlElement) -> str:
    return (link.get("type") or "").partition(";")[0].strip().lower()


def _look(address: str) -> FeedKind | None:
    """The kind of feed that an address looks like, None where it looks like none."""
    return next((kind for look, kind in _LOOKS if look.search(address)), None)


def _rank(found: FoundFeed, site: str) -> tuple[bool, Origin, bool, bool, bool]:
    """The place in the order: comments of readers are the last of all, even where they are declared."""
    named = _named(found)
    is_plain = found.kind is FeedKind.SITEMAP
    return (
        is_of_comments(found),
        found.origin,
        site_of(found.url) != site,
        is_plain,
        not _NEWS.search(named) and found.origin is not Origin.COMMON,
    )
