"""Schema `ingest`, what is read: sources, their feeds, and the hosts that are asked."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Interval,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from sql.tables import metadata
from sql.tables.columns import counter, digest, instant, one_of, surrogate_key, text

SCHEMA = "ingest"

FEED_KINDS = ("rss", "atom", "rdf", "json_feed", "news_sitemap", "sitemap", "listing")
FEED_ORIGINS = ("file", "index", "robots")

sources = Table(
    "sources",
    metadata,
    surrogate_key(),
    text("slug", "Name of the source in files, commands and reports; unique. A rename keeps the row."),
    text("name", "Name as shown to people."),
    text("homepage", "Start page of the portal."),
    text("language", "Main language of the portal, ISO 639-1."),
    text("country", "Country of the portal, ISO 3166-1 alpha-2 or EU."),
    text("time_zone", "IANA zone in which the portal's zone-less times are read."),
    Column("delay", Interval, nullable=False, comment="Time between the starts of two requests to one host."),
    Column("concurrency", SmallInteger, nullable=False, comment="Requests in flight to one host at a time."),
    text("user_agent", "User agent for this source; NULL: the default one.", nullable=True),
    Column("headers", JSONB, nullable=False, server_default=sql("'{}'"), comment="Extra request headers."),
    Column("verified_on", Date, comment="Day of the last successful probe; NULL: never probed."),
    text("notes", "What people should know about the portal; NULL: nothing.", nullable=True),
    instant("created_at", "When the source was first synced.", server_default=func.now()),
    instant("updated_at", "When its definition last changed here.", server_default=func.now()),
    instant(
        "absent_since",
        "When its file was last found missing; NULL: present. Absent sources are not polled.",
        nullable=True,
    ),
    text(
        "article_id",
        "Regular expression whose first group is the portal's own article id in an address; NULL: none known.",
        nullable=True,
    ),
    Column(
        "partners",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="Further hosts that its sitemaps and listings may lead to; links to others are rejected.",
    ),
    Column(
        "pages",
        JSONB(none_as_null=True),
        comment="Where its pages show what: selectors by value, and how they are read; NULL: its file does not say.",
    ),
    instant(
        "paused_at",
        "When somebody paused it; NULL: at work. Paused sources are neither polled nor fetched.",
        nullable=True,
    ),
    instant("paused_until", "When the pause ends by itself; NULL: when somebody ends it.", nullable=True),
    text("pause_reason", "Why it is paused; NULL: it is not.", nullable=True),
    UniqueConstraint("slug"),
    schema=SCHEMA,
    comment="One row per portal, synced from the source files; rows are never deleted by a sync.",
)

hosts = Table(
    "hosts",
    metadata,
    text("host", "Host and port, as example.org:443: the unit of politeness.", primary_key=True),
    Column(
        "robots_status",
        SmallInteger,
        comment="HTTP status of the last robots.txt request; 0: no answer; NULL: not asked yet.",
    ),
    text(
        "robots_body",
        "robots.txt as text, at most 500 KiB; empty: there is none; NULL: the host could not say.",
        nullable=True,
    ),
    instant(
        "robots_expires_at",
        "When robots.txt is to be asked again (RFC 9309: at most 24 hours); NULL: now.",
        nullable=True,
    ),
    instant(
        "robots_failing_since",
        "Since when robots.txt could not be had, so that nothing is fetched; NULL: it could.",
        nullable=True,
    ),
    instant(
        "next_request_at",
        "Earliest start of the next request, so that spacing holds across processes.",
        server_default=func.now(),
    ),
    text("lease_owner", "Process that works on the host at present; NULL: none.", nullable=True),
    instant("lease_until", "When that lease runs out if it is not renewed; NULL: no lease.", nullable=True),
    schema=SCHEMA,
    comment="One row per host that is asked for pages; one process owns a host at a time.",
)

feeds = Table(
    "feeds",
    metadata,
    surrogate_key(),
    Column(
        "source_id",
        BigInteger,
        ForeignKey(sources.c.id),
        nullable=False,
        comment="Source that the feed belongs to.",
    ),
    text("url", "Address that is polled; with the source the identity of the feed."),
    text(
        "kind",
        "Form declared in the source file; among feeds and among sitemaps the bytes decide: "
        "rss, atom, rdf, json_feed; news_sitemap, sitemap; listing (an HTML page).",
    ),
    text(
        "origin",
        "file: listed in the source's file; index: named by a sitemap index; robots: by robots.txt.",
        server_default="file",
    ),
    Column(
        "parent_id",
        BigInteger,
        ForeignKey("ingest.feeds.id"),
        comment="Sitemap index that named it (feeds.id); NULL: none.",
    ),
    Column(
        "selectors",
        JSONB(none_as_null=True),
        comment="Where a listing shows its entries: item, link, title, date, date_format; NULL: not a listing.",
    ),
    Column("look_back", Interval, comment="How old an entry of a sitemap may be to be taken; NULL: not a sitemap."),
    Column(
        "ignore_zone",
        Boolean,
        nullable=False,
        server_default="false",
        comment="Whether the zones that the feed prints are wrong: its times are then read in time_zone.",
    ),
    text("name", "Name of the feed as shown to people; NULL: none.", nullable=True),
    text("time_zone", "IANA zone of the feed's zone-less times; NULL: the source's.", nullable=True),
    Column("every", Interval, nullable=False, comment="Time between two polls while the feed brings news."),
    Column(
        "slowest",
        Interval,
        nullable=False,
        server_default="01:00:00",
        comment="Longest time between two polls while the feed answers.",
    ),
    Column(
        "pace", Interval, comment="Time between two polls at present, between every and slowest; NULL: not polled yet."
    ),
    Column(
        "news_per_hour",
        Double,
        comment="New entries per hour, older ones weigh less (half after 8 hours); NULL: never read.",
    ),
    Column("asked_pace", Interval, comment="Time between polls that the feed and its headers ask for; NULL: none."),
    Column(
        "quiet_hours",
        ARRAY(SmallInteger),
        nullable=False,
        server_default="{}",
        comment="Hours of the day, UTC, in which the feed asks not to be polled (skipHours).",
    ),
    text("etag", "ETag of the last 200 answer, byte for byte; NULL: none.", nullable=True),
    text("last_modified", "Last-Modified of the last 200 answer, byte for byte; NULL: none.", nullable=True),
    digest("body_sha256", "SHA-256 of the last body that was read; NULL: never read.", nullable=True),
    instant("last_full_at", "Last time that it was asked without validators and answered; NULL: never.", nullable=True),
    text("redirect_to", "Where permanent redirects lead at present; NULL: nowhere.", nullable=True),
    counter("redirects", "Polls in a row that were redirected there."),
    instant("redirected_since", "When the first of them was; NULL: not redirected.", nullable=True),
    text("moved_to", "Address that is asked instead of url, after many equal redirects; NULL: url.", nullable=True),
    instant("next_poll_at", "When the feed is due.", server_default=func.now()),
    instant("last_polled_at", "Last time that it was asked; NULL: never.", nullable=True),
    instant("last_changed_at", "Last time that its body differed; NULL: never.", nullable=True),
    text(
        "last_outcome",
        "changed, empty (read, and lists nothing), not_modified, same_body or a failure's reason; NULL: never polled.",
        nullable=True,
    ),
    text("last_detail", "What a person should know about the last failure; NULL: it was fine.", nullable=True),
    counter("failures", "Failed polls in a row."),
    Column(
        "failure_weight",
        Double,
        nullable=False,
        server_default="0",
        comment="Sum of the weights of those failures; each unit doubles the time to the next poll, up to a day.",
    ),
    instant(
        "last_gap_at",
        "Last time that it had nothing in common with the poll before, so that entries may be missing; NULL: never.",
        nullable=True,
    ),
    instant(
        "retired_at",
        "Since when it is no longer polled because its index dropped it or it is long without news; NULL: polled.",
        nullable=True,
    ),
    text("lease_owner", "Process that polls it at present; NULL: none.", nullable=True),
    instant("lease_until", "When that lease runs out; NULL: no lease.", nullable=True),
    instant("created_at", "When the feed was first synced.", server_default=func.now()),
    instant("absent_since", "Since when it is missing in its source file; NULL: present.", nullable=True),
    UniqueConstraint("source_id", "url"),
    one_of("kind", FEED_KINDS),
    one_of("origin", FEED_ORIGINS),
    # Serves feeds.claim_due: the due feeds of present sources.
    Index(None, "next_poll_at", postgresql_where=sql("absent_since IS NULL")),
    # Serves the children of a sitemap index.
    Index(None, "parent_id", postgresql_where=sql("parent_id IS NOT NULL")),
    schema=SCHEMA,
    comment="One row per pollable document of a source, with the validators for the next conditional GET.",
)

selector_counts = Table(
    "selector_counts",
    metadata,
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source."),
    text("key", "Key of pages in the source's file, such as title.", primary_key=True),
    Column("selectors", JSONB, nullable=False, comment="The selectors counted; others begin anew."),
    Column("pages", BigInteger, nullable=False, comment="Articles on whose pages they were tried."),
    Column("found", BigInteger, nullable=False, comment="On how many they found something."),
    Column("missed", BigInteger, nullable=False, comment="Pages since the last on which they found something."),
    instant("found_at", "When that one was fetched, UTC; NULL: they never found anything.", nullable=True),
    text("missed_url", "The last page on which they found nothing; NULL: none.", nullable=True),
    schema=SCHEMA,
    comment="How often the selectors of each source's file found something on its new pages.",
)
