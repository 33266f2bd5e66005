"""Schema `ingest`, what is still to do: entries, and the sightings that made them."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
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
from sql.tables.ingest import SCHEMA, feeds, sources

ENTRY_STATES = ("pending", "leased", "fetched", "loaded", "duplicate", "skipped", "retry", "gone", "dead")
ENTRY_ORIGINS = ("listed", "hand", "backfill")

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
    text("url", "Address that is requested: as first listed, or where another host's redirect led."),
    text("canonical_url", "Normal form of the address; the identity of the entry."),
    digest("url_hash", "16-byte BLAKE2b of canonical_url; unique."),
    text(
        "portal_id",
        "The portal's own article id, by the pattern of its source; NULL: no pattern, or it does not fit.",
        nullable=True,
    ),
    text(
        "origin",
        "listed: by a feed; hand: asked for by somebody; backfill: announced by an archive.",
        server_default="listed",
    ),
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
    counter("attempts", "Requests made since it was last due."),
    Column("hops", SmallInteger, nullable=False, server_default="0", comment="Moves to another host so far."),
    instant("recheck_at", "When its loaded article is asked again; NULL: not foreseen.", nullable=True),
    Column(
        "rechecks", SmallInteger, nullable=False, server_default="0", comment="How often it was asked again so far."
    ),
    text("etag", "ETag of the page it was loaded from, for the next conditional GET; NULL: none.", nullable=True),
    text("last_modified", "Last-Modified of that page; NULL: none.", nullable=True),
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
    one_of("origin", ENTRY_ORIGINS),
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
    # Serves frontier.add: one entry per article id of a portal, whatever its slug.
    Index("uq_entries_portal_id", "source_id", "portal_id", unique=True, postgresql_where=sql("portal_id IS NOT NULL")),
    # Serves frontier.due_again: loaded entries that are asked again.
    Index(None, "recheck_at", postgresql_where=sql("recheck_at IS NOT NULL")),
    # Serves frontier.release and renew: what a process holds.
    Index(None, "lease_owner", postgresql_where=sql("lease_owner IS NOT NULL")),
    # Serves source_days.book: what live feeds announced in the last days.
    Index("ix_entries_first_seen_at_live", "first_seen_at", postgresql_where=sql("origin <> 'backfill'")),
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
    digest(
        "listing_hash",
        "Digest of title and time of change as last listed: another one means the article changed; NULL: not noted.",
        nullable=True,
    ),
    Column(
        "hints",
        JSONB,
        nullable=False,
        server_default=sql("'{}'"),
        comment="What else the listing says: tickers, keywords, isins (also mined from the address), modified, "
        "language, publication; {}: nothing.",
    ),
    # Serves frontier.add: an address under a GUID that this feed has listed before.
    Index(None, "feed_id", "guid", postgresql_where=sql("guid IS NOT NULL")),
    # Serves `why`: an address as listed that was recognised as another entry's.
    Index(None, "listed_hash"),
    schema=SCHEMA,
    comment="Which feed listed which entry, under which address, when first: entries and feeds are n:m.",
)
