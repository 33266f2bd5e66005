"""The nouns that travel between the stages: frozen values, no behaviour beyond what they are."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from config.page_rules import NO_RULES, PageRules
from tasks.dropped import Dropped
from tasks.feed_history import NO_HISTORY, FeedHistory
from tasks.fields.model import Fields
from tasks.outcome import Failure


class FeedKind(StrEnum):
    """Form of a pollable document. What a source file declares is a hint; the bytes decide."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    JSON_FEED = "json_feed"
    NEWS_SITEMAP = "news_sitemap"
    SITEMAP = "sitemap"
    LISTING = "listing"


class Precision(StrEnum):
    """How much of an instant was printed; `day` means that the clock part is midnight by convention."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An instant that somebody else stated, with everything needed to doubt it later.

    `at` is UTC (of a bare date: midnight in `zone`, converted). `origin` names the layer and field that said it
    ("jsonld.datePublished", "feed.pubDate", "text.dateline"). `zone` is "stated" where the text carried an
    offset or a zone name, else the IANA name of the portal's zone that was assumed.
    """

    at: datetime
    precision: Precision
    raw: str
    origin: str
    zone: str


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of the last 200 answer, byte for byte, for the next conditional GET (RFC 9110, 13.1)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """One pollable document of a source, as the poller needs it.

    `selectors` are the fields of config.selectors.Selectors (listings only), `look_back` is how old an entry of a
    sitemap may be; with `ignore_zone` printed zones are wrong and times are read in `time_zone`; `partners` are hosts
    that a sitemap or listing may lead to besides its own site; `article_id` finds the portal's own article id.
    """

    id: int
    source_id: int
    source: str
    url: str
    time_zone: str
    every: timedelta
    validators: Validators = Validators()
    body_sha256: bytes | None = None
    kind: FeedKind = FeedKind.RSS
    slowest: timedelta = timedelta(hours=1)
    selectors: Mapping[str, Any] | None = None
    look_back: timedelta | None = None
    ignore_zone: bool = False
    partners: tuple[str, ...] = ()
    origin: str = "file"
    homepage: str = ""
    article_id: str | None = None
    history: FeedHistory = NO_HISTORY

    @property
    def asked_url(self) -> str:
        """The address to ask: where many equal permanent redirects led, else the one of the source file."""
        return self.history.moved_to or self.url


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One candidate article that a feed lists: `url` absolute as listed, `canonical_url` our normal form of it.

    Only sitemaps say what stands behind `published`. `modified` is a hint, often wrong; `tickers` are as printed
    (EXCHANGE:TICKER after the protocol, but also RICs); `publication` is the name of the portal's title.
    """

    url: str
    canonical_url: str
    guid: str | None = None
    title: str | None = None
    summary: str | None = None
    published: Timestamp | None = None
    modified: Timestamp | None = None
    keywords: tuple[str, ...] = ()
    tickers: tuple[str, ...] = ()
    language: str | None = None
    publication: str | None = None


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """What a feed's bytes say. `rejected` counts items that name no usable address, with the reasons.

    `outside_window` is how many entries of a sitemap were left out because they lie outside the window asked for, or
    can't be dated. `asked_pace` is the time between two polls that the document asks for (ttl, sy:updatePeriod),
    `quiet_hours` the hours of the day, UTC, in which it asks for none (skipHours).
    """

    kind: FeedKind
    title: str | None
    language: str | None
    entries: tuple[FeedEntry, ...]
    rejected: tuple[str, ...] = ()
    outside_window: int = 0
    asked_pace: timedelta | None = None
    quiet_hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time whose articles are wanted: from `start` up to, but without, `end`; both UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SitemapChild:
    """One sitemap that a sitemap index lists, with the time of its last change as the index says it."""

    url: str
    modified: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class SitemapIndex:
    """What a sitemap index says: its sitemaps in the order listed; the counts as in `FeedDocument`."""

    children: tuple[SitemapChild, ...]
    rejected: tuple[str, ...] = ()
    outside_window: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a source tells the extractor about its pages; `boilerplate`: digests of paragraphs that are none of it."""

    source: str
    name: str
    language: str
    time_zone: str
    homepage: str = ""
    boilerplate: frozenset[bytes] = frozenset()
    pages: PageRules = NO_RULES


@dataclass(frozen=True, slots=True)
class Response:
    """A 200 or 304 answer; `body` as it came over the wire, header names in lower case, `at` = last byte, UTC.

    A request for a range can have a 206 instead, whose `body` is that part. `requests` is how many it took, redirects
    included; `moved_to` how far permanent redirects (301, 308) led from `url` before the first temporary one, None
    where the first answer was no permanent redirect.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    duration_ms: int
    requests: int = 1
    moved_to: str | None = None

    @property
    def charset(self) -> str | None:
        """The charset that Content-Type names; None: it names none."""
        _, _, rest = self.headers.get("content-type", "").lower().partition("charset=")
        return rest.split(";")[0].strip(" \"'") or None

    @property
    def body_sha256(self) -> bytes:
        """SHA-256 of the body as received."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Moved:
    """An answer that leads to another host: it is asked in its own rhythm and after its own robots.txt, not at once."""

    url: str
    to: str
    status: int
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A 304 to a conditional request: the article says what it said. Header names in lower case, `at` UTC."""

    url: str
    final_url: str
    headers: Mapping[str, str]
    at: datetime
    duration_ms: int


# One GET request: address and extra headers in, an answer or the reason why there is none out.
Get = Callable[[str, Mapping[str, str]], Awaitable[Response | Failure]]


class Web(Protocol):
    """Who asks for articles: both kinds of request."""

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        """The answer, wherever redirects lead."""

    async def get_here(self, url: str, headers: Mapping[str, str]) -> Response | Moved | Failure:
        """The answer of this host; Moved where a redirect leads to another one."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a request for an article: the body exactly as it came over the wire.

    `content_encoding` is what the server called it; inflating goes by magic bytes. `charset` is the
    one of the Content-Type header, None where it names none. `headers` have lower-case names. `captured_at` is when an
    archive got it from the portal, UTC; None: the portal gave it to us.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    content_encoding: str | None
    charset: str | None
    body: bytes
    body_sha256: bytes
    fetched_at: datetime
    duration_ms: int
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What extraction made of a page.

    `text` is paragraphs joined by a blank line, section headings (`headings`: their numbers, from 1) included, title
    and kicker excluded, bullets and lead first where the page shows them. `organisations` are desks, agencies and
    companies credited, as printed. `meta_robots`, `tdm_reservation`, `tdm_policy`: the meta tags (TDM Reservation
    Protocol). `provenance`: field to layer; kinds and flags are closed lists (docs/extraction.md). `unfound`: keys of
    `pages` whose selectors found nothing. `fields`: in title + newline + text; a string: why not, None: nobody looked.
    """

    title: str
    text: str
    language: str
    kicker: str | None = None
    subtitle: str | None = None
    summary: tuple[str, ...] = ()
    lead: str | None = None
    headings: tuple[int, ...] = ()
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    agency: str | None = None
    published: Timestamp | None = None
    modified: Timestamp | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    image_credit: str | None = None
    canonical_url: str | None = None
    paywall: bool | None = None
    kind: str = "article"
    flags: tuple[str, ...] = ()
    word_count: int = 0
    meta_robots: str | None = None
    tdm_reservation: str | None = None
    tdm_policy: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    unfound: tuple[str, ...] = ()
    fields: Fields | str | None = None
