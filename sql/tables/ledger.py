"""Schema `ingest`, what must be kept apart from the work: rights to pages, and warnings to people."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table
from sqlalchemy import text as sql

from sql.tables import metadata
from sql.tables.archive import runs
from sql.tables.columns import counter, instant, one_of, surrogate_key, text
from sql.tables.ingest import SCHEMA, feeds, sources

ROBOTS_VERDICTS = ("allowed", "no_rules", "disallowed", "unknown")
WARNING_KINDS = (
    "gap", "feed_gone", "feed_moved", "outage", "blocked", "robots",
    "source_failed", "stale_feed", "low_volume", "blocked_share", "walled_share", "undated_share", "short_share",
    "disk", "default_partition",
)  # fmt: skip

rights = Table(
    "rights",
    metadata,
    Column(
        "page_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="Archived page (ingest.pages). No foreign key: pages expire, what we were allowed is kept.",
    ),
    instant("page_fetched_at", "When that page was fetched.", primary_key=True),
    Column("entry_id", BigInteger, nullable=False, comment="Entry that was fetched (ingest.entries)."),
    text("robots", "What robots.txt said: allowed, no_rules (there is none), disallowed, unknown."),
    text("x_robots_tag", "X-Robots-Tag header as sent; NULL: none.", nullable=True),
    text("meta_robots", "Robots meta tag of the page as printed; NULL: none, or not extracted.", nullable=True),
    text(
        "tdm_reservation",
        "TDM reservation by header or meta tag as stated: 1 reserved, 0 not; NULL: not stated.",
        nullable=True,
    ),
    text("tdm_policy", "Address of the TDM policy as stated; NULL: none.", nullable=True),
    Column("paywall", Boolean, comment="Whether the page says that only a part is free; NULL: it does not say."),
    one_of("robots", ROBOTS_VERDICTS),
    # Serves `why`: the rights of an entry.
    Index(None, "entry_id"),
    schema=SCHEMA,
    comment="The rights ledger: one row per archived page, what its host and itself said about automated use.",
)

warnings = Table(
    "warnings",
    metadata,
    surrogate_key(),
    text(
        "kind",
        "gap (entries may be missing), feed_gone, feed_moved, outage (ours), blocked, robots, source_failed; of the "
        "nightly report: stale_feed, low_volume, blocked_share, walled_share, undated_share, short_share, disk, "
        "default_partition.",
    ),
    Column("source_id", BigInteger, ForeignKey(sources.c.id), comment="Source that it is about; NULL: no one source."),
    Column("feed_id", BigInteger, ForeignKey(feeds.c.id), comment="Feed that it is about; NULL: no one feed."),
    Column("run_id", BigInteger, ForeignKey(runs.c.id), comment="Run that saw it last; NULL: none."),
    text("message", "What happened, what it means, what to do."),
    instant("first_at", "When it was first seen."),
    instant("last_at", "When it was last seen."),
    counter("times", "How often it was seen."),
    instant("resolved_at", "When it was over; NULL: it is open.", nullable=True),
    one_of("kind", WARNING_KINDS),
    # Serves warnings.raise_all: one open warning of a kind about a thing.
    Index(
        "uq_warnings_open",
        "kind",
        sql("coalesce(source_id, 0)"),
        sql("coalesce(feed_id, 0)"),
        unique=True,
        postgresql_where=sql("resolved_at IS NULL"),
    ),
    schema=SCHEMA,
    comment="What people should look at: one row per kind, source and feed as long as it is open.",
)
