"""Schema `ingest`, what is read and what is still to do: sources, hosts, feeds, entries, sightings."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Interval,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from sql.tables import metadata
from sql.tables.columns import counter, digest, instant, one_of, surrogate_key, text

SCHEMA = "ingest"

FEED_KINDS = ("rss", "atom", "rdf", "json_feed")
ENTRY_STATES = ("pending", "leased", "fetched", "loaded", "duplicate", "skipped", "retry", "gone", "dead")

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
    text("kind", "Form declared in the source file; the bytes decide: rss, atom, rdf or json_feed."),
    text("name", "Name of the feed as shown to people; NULL: none.", nullable=True),
    text("time_zone", "IANA zone of the feed's zone-less times; NULL: the source's.", nullable=True),
    Column("every", Interval, nullable=False, comment="Time between two polls."),
    text("etag", "ETag of the last 200 answer, byte for byte; NULL: none.", nullable=True),
    text("last_modified", "Last-Modified of the last 200 answer, byte for byte; NULL: none.", nullable=True),
    digest("body_sha256", "SHA-256 of the last body that was read; NULL: never read.", nullable=True),
    instant("next_poll_at", "When the feed is due.", server_default=func.now()),
    instant("last_polled_at", "Last time that it was asked; NULL: never.", nullable=True),
    instant("last_changed_at", "Last time that its body differed; NULL: never.", nullable=True),
    text(
        "last_outcome",
        "changed, not_modified, same_body or a failure's reason; NULL: never polled.",
        nullable=True,
    ),
    text("last_detail", "What a person should know about the last failure; NULL: it was fine.", nullable=True),
    counter("failures", "Failed polls in a row."),
    text("lease_owner", "Process that polls it at present; NULL: none.", nullable=True),
    instant("lease_until", "When that lease runs out; NULL: no lease.", nullable=True),
    instant("created_at", "When the feed was first synced.", server_default=func.now()),
    instant("absent_since", "Since when it is missing in its source file; NULL: present.", nullable=True),
    UniqueConstraint("source_id", "url"),
    one_of("kind", FEED_KINDS),
    # Serves feeds.claim_due: the due feeds of present sources.
    Index(None, "next_poll_at", postgresql_where=sql("absent_since IS NULL")),
    schema=SCHEMA,
    comment="One row per pollable document of a source, with the validators for the next conditional GET.",
)

entries = Table(
    "entries",
    metadata,
    surrogate_key(),
    Column(
        "source_id",
        BigInteger,
        ForeignKey(sources.c.id),
        nullable=False,
        comment="Source that announced it first.",
    ),
    text("url", "Address as first listed; this one is requested."),
    text("canonical_url", "Normal form of the address; the identity of the entry."),
    digest("url_hash", "16-byte BLAKE2b of canonical_url; unique."),
    text("host", "Host and port of the address: key of ingest.hosts."),
    text("state", "pending, leased, fetched, retry; ends: loaded, duplicate, skipped, gone, dead."),
    Column(
        "priority",
        SmallInteger,
        nullable=False,
        server_default="0",
        comment="0: live, goes first; 1: backfill.",
    ),
    instant("due_at", "Earliest time of the next step.", server_default=func.now()),
    counter("attempts", "Requests made so far."),
    text("reason", "Why it is in retry, skipped, gone or dead (closed list); NULL otherwise.", nullable=True),
    text("detail", "What a person should know about that reason; NULL: nothing.", nullable=True),
    text("title", "Title as the feed gave it; NULL: none.", nullable=True),
    text("summary", "Teaser as the feed gave it; NULL: none.", nullable=True),
    instant("published_at", "Publication time as the feed gave it; NULL: none or unreadable.", nullable=True),
    text("published_raw", "The feed's own string for it; NULL: none.", nullable=True),
    text("published_origin", "Field of the feed that gave it; NULL: none.", nullable=True),
    text("published_precision", "second, minute or day; NULL: no time.", nullable=True),
    text("published_zone", "stated, or the IANA zone that was assumed; NULL: no time.", nullable=True),
    instant("first_seen_at", "When we first saw it listed; never rewritten."),
    Column(
        "page_id",
        BigInteger,
        comment="Archived page, with page_fetched_at the key of ingest.pages; NULL: not fetched. "
        "No foreign key: pages expire.",
    ),
    instant("page_fetched_at", "When that page was fetched; NULL: not fetched.", nullable=True),
    Column(
        "article_id",
        BigInteger,
        comment="Article it became or repeats (tape.articles); NULL: none. "
        "No foreign key: ingest must not wait for tape.",
    ),
    text("lease_owner", "Process that works on it at present; NULL: none.", nullable=True),
    instant("lease_until", "When that lease runs out if it is not renewed; NULL: no lease.", nullable=True),
    instant("settled_at", "When it reached its end state; NULL: still open.", nullable=True),
    UniqueConstraint("url_hash"),
    one_of("state", ENTRY_STATES),
    one_of("published_precision", ("second", "minute", "day")),
    # Serves frontier.claim: open entries of a host in order; settled ones leave the index.
    Index(
        "ix_entries_open",
        "host",
        "priority",
        "due_at",
        "id",
        postgresql_where=sql("state IN ('pending', 'retry', 'fetched')"),
    ),
    # Serves frontier.release and renew: what a process holds.
    Index(None, "lease_owner", postgresql_where=sql("lease_owner IS NOT NULL")),
    schema=SCHEMA,
    comment="The frontier: one row per candidate article address, from first sight to its end state.",
)

sightings = Table(
    "sightings",
    metadata,
    Column("entry_id", BigInteger, ForeignKey(entries.c.id), primary_key=True, comment="Entry that was listed."),
    Column("feed_id", BigInteger, ForeignKey(feeds.c.id), primary_key=True, comment="Feed that listed it."),
    Column(
        "listed_hash",
        LargeBinary,
        primary_key=True,
        comment="16-byte BLAKE2b of listed_url: a variant of the address is a sighting of its own.",
    ),
    text("listed_url", "Address exactly as listed, made absolute."),
    text("guid", "The feed's own identifier of the item; NULL: none.", nullable=True),
    text("title", "Title as listed; NULL: none.", nullable=True),
    text("published_raw", "Time string as listed; NULL: none.", nullable=True),
    Column("position", Integer, nullable=False, comment="Place in the feed, 0 is the top."),
    instant("first_seen_at", "When this feed first listed this address."),
    schema=SCHEMA,
    comment="Which feed listed which entry, under which address, when first: entries and feeds are n:m.",
)
