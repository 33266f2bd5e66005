"""Schema `ingest`, the books of maintenance: what a new extractor changed, and the days of each source."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import JSONB

from sql.tables import metadata
from sql.tables.archive import runs
from sql.tables.columns import counter, instant, text
from sql.tables.ingest import SCHEMA, sources

reprocess_diffs = Table(
    "reprocess_diffs",
    metadata,
    Column("run_id", BigInteger, ForeignKey(runs.c.id), primary_key=True, comment="Run of the flow reprocess."),
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source."),
    text("field", "Column of tape.revisions, or of tape.articles (published_...).", primary_key=True),
    counter("before", "Revisions that had a value before."),
    counter("after", "Revisions that have a value now."),
    counter("same", "Revisions where nothing changed."),
    counter("appeared", "Revisions that had none and have one now."),
    counter("vanished", "Revisions that had one and have none now."),
    counter("changed", "Revisions whose value is another one now."),
    schema=SCHEMA,
    comment="What a reprocess did, or in a rehearsal would do: one row per run, source and field.",
)

reprocess_changes = Table(
    "reprocess_changes",
    metadata,
    Column("run_id", BigInteger, ForeignKey(runs.c.id), primary_key=True, comment="Run of the flow reprocess."),
    Column(
        "revision_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="Revision (tape.revisions). No foreign key: ingest must not wait for tape.",
    ),
    text("field", "Column of tape.revisions, or of tape.articles (published_...).", primary_key=True),
    Column("before", JSONB, comment="Value that was replaced; NULL: none."),
    Column("after", JSONB, comment="Value that took its place; NULL: none."),
    instant("at", "When it was replaced."),
    # Serves `why` and maintain: what was replaced in a revision.
    Index(None, "revision_id"),
    schema=SCHEMA,
    comment="Values that a reprocess replaced, kept: nothing is lost when an extractor changes.",
)

disk_days = Table(
    "disk_days",
    metadata,
    Column("day", Date, primary_key=True, comment="Day, UTC."),
    text("schema_name", "Schema: ingest, tape or news.", primary_key=True),
    Column("bytes", BigInteger, nullable=False, comment="Size of its tables with their indexes, in bytes."),
    Column(
        "free_bytes",
        BigInteger,
        comment="Space left where the data lies, in bytes; NULL: another machine's, not known here.",
    ),
    schema=SCHEMA,
    comment="The size of each schema on each day, as of the last measure of that day. Written by maintain.",
)

source_days = Table(
    "source_days",
    metadata,
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source."),
    Column("day", Date, primary_key=True, comment="Day, in the source's zone."),
    counter("added", "Entries first seen that day, without those of backfills."),
    counter("loaded", "Of these, loaded as articles."),
    counter("duplicates", "Of these, repeats of an article."),
    counter("blocked", "Of these, kept out by a bot wall."),
    counter("walled", "Of these, kept out by a consent page or a login."),
    counter("failed", "Of these, gone, dead, or skipped for other reasons."),
    counter("undated", "Articles without a publication time of the page."),
    counter("short", "Articles of fewer than 50 words."),
    counter("polls", "Polls of its feeds."),
    counter("failed_polls", "Polls that failed."),
    schema=SCHEMA,
    comment="The days of each source, kept for good: what its norms are computed from. Written by maintain.",
)
