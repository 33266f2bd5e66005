"""Schema `ingest`, the past: backfills that people asked for, their days, and what archives announced."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, func
from sqlalchemy import text as sql

from sql.tables import metadata
from sql.tables.columns import counter, instant, one_of, surrogate_key, text
from sql.tables.frontier import entries
from sql.tables.ingest import SCHEMA, sources

VIAS = ("sitemaps", "listing", "warc", "wayback", "folder")
KNOWN_RULES = ("skip", "failed", "again")
BACKFILL_STATES = ("open", "done", "failed")
DAY_STATES = ("open", "listed", "failed")

backfills = Table(
    "backfills",
    metadata,
    surrogate_key(),
    Column("source_id", BigInteger, ForeignKey(sources.c.id), nullable=False, comment="Source whose past is wanted."),
    text("via", "Where its articles are looked for: sitemaps, listing, warc, wayback, folder."),
    text("place", "Address or path that via is about, as given; NULL: what is usual for it.", nullable=True),
    Column("first_day", Date, nullable=False, comment="First day wanted, inclusive, in the source's zone."),
    Column("last_day", Date, nullable=False, comment="Last day wanted, inclusive, in the source's zone."),
    text("known", "What is done about known entries: skip, failed (those without an article), again (all)."),
    Column("budget", Integer, comment="Most requests an hour to its portal, live ones included; NULL: no limit."),
    text("state", "open: asked for or at work; done; failed.", server_default="open"),
    instant("requested_at", "When it was asked for.", server_default=func.now()),
    instant("finished_at", "When it was done or failed; NULL: open.", nullable=True),
    text("message", "What came of it, in a sentence; NULL: open.", nullable=True),
    one_of("via", VIAS),
    one_of("known", KNOWN_RULES),
    one_of("state", BACKFILL_STATES),
    # Serves backfills.note: the same wish twice is one as long as it is open.
    Index(
        "uq_backfills_open",
        "source_id",
        "via",
        sql("coalesce(place, '')"),
        "first_day",
        "last_day",
        "known",
        unique=True,
        postgresql_where=sql("state = 'open'"),
    ),
    schema=SCHEMA,
    comment="Backfills that were asked for: one row per wish.",
)

backfill_days = Table(
    "backfill_days",
    metadata,
    Column("backfill_id", BigInteger, ForeignKey(backfills.c.id), primary_key=True, comment="Backfill."),
    Column("day", Date, primary_key=True, comment="Day, in the source's zone."),
    text("state", "open; listed: all that the archive announces is in the frontier; failed.", server_default="open"),
    counter("announced", "Addresses that the archive announces for the day."),
    counter("added", "Of these, new to the frontier."),
    counter("again", "Of these, known and due again."),
    instant("listed_at", "When the day was listed; NULL: not yet.", nullable=True),
    text("message", "What went wrong, or was left out; NULL: nothing.", nullable=True),
    one_of("state", DAY_STATES),
    schema=SCHEMA,
    comment="The days of a backfill: the unit in which it goes on after a stop.",
)

candidates = Table(
    "candidates",
    metadata,
    Column("entry_id", BigInteger, ForeignKey(entries.c.id), primary_key=True, comment="Entry that was announced."),
    Column(
        "backfill_id", BigInteger, ForeignKey(backfills.c.id), primary_key=True, comment="Backfill that looked for it."
    ),
    Column("listed_hash", LargeBinary, primary_key=True, comment="16-byte BLAKE2b of listed_url."),
    text("listed_url", "Address exactly as announced."),
    Column("day", Date, comment="Day that it was announced for, in the source's zone; NULL: undated."),
    text("title", "Title as announced; NULL: none.", nullable=True),
    instant(
        "captured_at",
        "When the archive captured the page: it was public then; NULL: the portal itself is asked.",
        nullable=True,
    ),
    text("place", "Document that announced it: a sitemap, a listing, an index page, or file and offset."),
    instant("first_seen_at", "When this backfill first saw it announced."),
    # Serves the end of a backfill: its entries.
    Index(None, "backfill_id", "day"),
    schema=SCHEMA,
    comment="What archives announced: the sightings of backfills.",
)

request_hours = Table(
    "request_hours",
    metadata,
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source that was asked."),
    instant("hour", "Start of the hour, UTC.", primary_key=True),
    Column("is_backfill", Boolean, primary_key=True, comment="Whether a backfill asked, or the live ingest."),
    counter("requests", "Requests made in that hour."),
    schema=SCHEMA,
    comment="Requests per source and hour: what the budget of a backfill is held against.",
)
