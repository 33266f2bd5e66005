"""Operating: backfills and their days, what archives announce, books of reprocess and maintenance, more warnings.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LIVE_KINDS = "'gap', 'feed_gone', 'feed_moved', 'outage', 'blocked', 'robots'"
_NIGHTLY_KINDS = (
    "'stale_feed', 'low_volume', 'blocked_share', 'walled_share', 'undated_share', 'short_share', 'disk', "
    "'default_partition'"
)
# Closed lists that get longer: (table, column, values before, values from now on).
_LISTS = (
    ("entries", "origin", "'listed', 'hand'", "'listed', 'hand', 'backfill'"),
    ("fetch_events", "what", "'feed', 'page', 'robots'", "'feed', 'page', 'robots', 'archive'"),
    ("warnings", "kind", _LIVE_KINDS, f"{_LIVE_KINDS}, 'source_failed', {_NIGHTLY_KINDS}"),
)


def upgrade() -> None:
    for table, column, _, values in _LISTS:
        _close(table, column, values)
    op.create_table(
        "backfills",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source whose past is wanted."),
        sa.Column(
            "via",
            sa.Text(),
            nullable=False,
            comment="Where its articles are looked for: sitemaps, listing, warc, wayback, folder.",
        ),
        sa.Column(
            "place",
            sa.Text(),
            nullable=True,
            comment="Address or path that via is about, as given; NULL: what is usual for it.",
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First day wanted, inclusive, in the source's zone."),
        sa.Column("last_day", sa.Date(), nullable=False, comment="Last day wanted, inclusive, in the source's zone."),
        sa.Column(
            "known",
            sa.Text(),
            nullable=False,
            comment="What is done about known entries: skip, failed (those without an article), again (all).",
        ),
        sa.Column(
            "budget",
            sa.Integer(),
            nullable=True,
            comment="Most requests an hour to its portal, live ones included; NULL: no limit.",
        ),
        sa.Column(
            "state",
            sa.Text(),
            server_default="open",
            nullable=False,
            comment="open: asked for or at work; done; failed.",
        ),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was asked for.",
        ),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="When it was done or failed; NULL: open."
        ),
        sa.Column("message", sa.Text(), nullable=True, comment="What came of it, in a sentence; NULL: open."),
        sa.CheckConstraint("known IN ('skip', 'failed', 'again')", name=op.f("ck_backfills_known_known")),
        sa.CheckConstraint("state IN ('open', 'done', 'failed')", name=op.f("ck_backfills_state_known")),
        sa.CheckConstraint(
            "via IN ('sitemaps', 'listing', 'warc', 'wayback', 'folder')", name=op.f("ck_backfills_via_known")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_backfills_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfills")),
        schema="ingest",
        comment="Backfills that were asked for: one row per wish.",
    )
    op.create_index(
        "uq_backfills_open",
        "backfills",
        ["source_id", "via", sa.literal_column("coalesce(place, '')"), "first_day", "last_day", "known"],
        unique=True,
        schema="ingest",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "reprocess_changes",
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="Run of the flow reprocess."),
        sa.Column(
            "revision_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Revision (tape.revisions). No foreign key: ingest must not wait for tape.",
        ),
        sa.Column(
            "field",
            sa.Text(),
            nullable=False,
            comment="Column of tape.revisions, or of tape.articles (published_...).",
        ),
        sa.Column(
            "before",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Value that was replaced; NULL: none.",
        ),
        sa.Column(
            "after",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Value that took its place; NULL: none.",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="When it was replaced."),
        sa.ForeignKeyConstraint(["run_id"], ["ingest.runs.id"], name=op.f("fk_reprocess_changes_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "revision_id", "field", name=op.f("pk_reprocess_changes")),
        schema="ingest",
        comment="Values that a reprocess replaced, kept: nothing is lost when an extractor changes.",
    )
    op.create_index(
        op.f("ix_reprocess_changes_revision_id"), "reprocess_changes", ["revision_id"], unique=False, schema="ingest"
    )
    op.create_table(
        "reprocess_diffs",
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="Run of the flow reprocess."),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source."),
        sa.Column(
            "field",
            sa.Text(),
            nullable=False,
            comment="Column of tape.revisions, or of tape.articles (published_...).",
        ),
        sa.Column(
            "before", sa.Integer(), server_default="0", nullable=False, comment="Revisions that had a value before."
        ),
        sa.Column(
            "after", sa.Integer(), server_default="0", nullable=False, comment="Revisions that have a value now."
        ),
        sa.Column("same", sa.Integer(), server_default="0", nullable=False, comment="Revisions where nothing changed."),
        sa.Column(
            "appeared",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Revisions that had none and have one now.",
        ),
        sa.Column(
            "vanished",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Revisions that had one and have none now.",
        ),
        sa.Column(
            "changed",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Revisions whose value is another one now.",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["ingest.runs.id"], name=op.f("fk_reprocess_diffs_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ingest.sources.id"], name=op.f("fk_reprocess_diffs_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("run_id", "source_id", "field", name=op.f("pk_reprocess_diffs")),
        schema="ingest",
        comment="What a reprocess did, or in a rehearsal would do: one row per run, source and field.",
    )
    op.create_table(
        "request_hours",
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source that was asked."),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="Start of the hour, UTC."),
        sa.Column("is_backfill", sa.Boolean(), nullable=False, comment="Whether a backfill asked, or the live ingest."),
        sa.Column("requests", sa.Integer(), server_default="0", nullable=False, comment="Requests made in that hour."),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_request_hours_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "hour", "is_backfill", name=op.f("pk_request_hours")),
        schema="ingest",
        comment="Requests per source and hour: what the budget of a backfill is held against.",
    )
    op.create_table(
        "source_days",
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source."),
        sa.Column("day", sa.Date(), nullable=False, comment="Day, in the source's zone."),
        sa.Column(
            "added",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Entries first seen that day, without those of backfills.",
        ),
        sa.Column("loaded", sa.Integer(), server_default="0", nullable=False, comment="Of these, loaded as articles."),
        sa.Column(
            "duplicates", sa.Integer(), server_default="0", nullable=False, comment="Of these, repeats of an article."
        ),
        sa.Column(
            "blocked", sa.Integer(), server_default="0", nullable=False, comment="Of these, kept out by a bot wall."
        ),
        sa.Column(
            "walled",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Of these, kept out by a consent page or a login.",
        ),
        sa.Column(
            "failed",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Of these, gone, dead, or skipped for other reasons.",
        ),
        sa.Column(
            "undated",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Articles without a publication time of the page.",
        ),
        sa.Column(
            "short", sa.Integer(), server_default="0", nullable=False, comment="Articles of fewer than 50 words."
        ),
        sa.Column("polls", sa.Integer(), server_default="0", nullable=False, comment="Polls of its feeds."),
        sa.Column("failed_polls", sa.Integer(), server_default="0", nullable=False, comment="Polls that failed."),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_source_days_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_source_days")),
        schema="ingest",
        comment="The days of each source, kept for good: what its norms are computed from. Written by maintain.",
    )
    op.create_table(
        "backfill_days",
        sa.Column("backfill_id", sa.BigInteger(), nullable=False, comment="Backfill."),
        sa.Column("day", sa.Date(), nullable=False, comment="Day, in the source's zone."),
        sa.Column(
            "state",
            sa.Text(),
            server_default="open",
            nullable=False,
            comment="open; listed: all that the archive announces is in the frontier; failed.",
        ),
        sa.Column(
            "announced",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Addresses that the archive announces for the day.",
        ),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False, comment="Of these, new to the frontier."),
        sa.Column("again", sa.Integer(), server_default="0", nullable=False, comment="Of these, known and due again."),
        sa.Column(
            "listed_at", sa.DateTime(timezone=True), nullable=True, comment="When the day was listed; NULL: not yet."
        ),
        sa.Column("message", sa.Text(), nullable=True, comment="What went wrong, or was left out; NULL: nothing."),
        sa.CheckConstraint("state IN ('open', 'listed', 'failed')", name=op.f("ck_backfill_days_state_known")),
        sa.ForeignKeyConstraint(
            ["backfill_id"], ["ingest.backfills.id"], name=op.f("fk_backfill_days_backfill_id_backfills")
        ),
        sa.PrimaryKeyConstraint("backfill_id", "day", name=op.f("pk_backfill_days")),
        schema="ingest",
        comment="The days of a backfill: the unit in which it goes on after a stop.",
    )
    op.create_table(
        "candidates",
        sa.Column("entry_id", sa.BigInteger(), nullable=False, comment="Entry that was announced."),
        sa.Column("backfill_id", sa.BigInteger(), nullable=False, comment="Backfill that looked for it."),
        sa.Column("listed_hash", sa.LargeBinary(), nullable=False, comment="16-byte BLAKE2b of listed_url."),
        sa.Column("listed_url", sa.Text(), nullable=False, comment="Address exactly as announced."),
        sa.Column(
            "day",
            sa.Date(),
            nullable=True,
            comment="Day that it was announced for, in the source's zone; NULL: undated.",
        ),
        sa.Column("title", sa.Text(), nullable=True, comment="Title as announced; NULL: none."),
        sa.Column(
            "captured_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the archive captured the page: it was public then; NULL: the portal itself is asked.",
        ),
        sa.Column(
            "place",
            sa.Text(),
            nullable=False,
            comment="Document that announced it: a sitemap, a listing, an index page, or file and offset.",
        ),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When this backfill first saw it announced.",
        ),
        sa.ForeignKeyConstraint(
            ["backfill_id"], ["ingest.backfills.id"], name=op.f("fk_candidates_backfill_id_backfills")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ingest.entries.id"], name=op.f("fk_candidates_entry_id_entries")),
        sa.PrimaryKeyConstraint("entry_id", "backfill_id", "listed_hash", name=op.f("pk_candidates")),
        schema="ingest",
        comment="What archives announced: the sightings of backfills.",
    )
    op.create_index(
        op.f("ix_candidates_backfill_id_day"), "candidates", ["backfill_id", "day"], unique=False, schema="ingest"
    )
    op.alter_column(
        "entries",
        "origin",
        existing_type=sa.TEXT(),
        comment="listed: by a feed; hand: asked for by somebody; backfill: announced by an archive.",
        existing_comment="listed: by a feed; hand: asked for by somebody.",
        existing_nullable=False,
        existing_server_default=sa.text("'listed'::text"),
        schema="ingest",
    )
    op.alter_column(
        "fetch_events",
        "what",
        existing_type=sa.TEXT(),
        comment="feed, page, robots, or archive (a document that announces the past).",
        existing_comment="feed, page or robots.",
        existing_nullable=False,
        schema="ingest",
    )
    op.add_column(
        "pages",
        sa.Column(
            "captured_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When an archive captured the answer, which counts as the time of its text; NULL: the portal gave it to us.",
        ),
        schema="ingest",
    )
    op.add_column(
        "run_sources",
        sa.Column(
            "request_ms",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="Time that its requests took, added up, in milliseconds.",
        ),
        schema="ingest",
    )
    op.add_column(
        "run_stages",
        sa.Column(
            "crashed",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Of the failed ones, those that our code failed on (crash, hung).",
        ),
        schema="ingest",
    )
    op.alter_column(
        "run_stages",
        "stage",
        existing_type=sa.TEXT(),
        comment="discover, list, fetch, extract, load or reprocess.",
        existing_comment="discover, fetch, extract or load.",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "runs",
        "flow",
        existing_type=sa.TEXT(),
        comment="Flow that ran: ingest, backfill, reprocess, maintain.",
        existing_comment="Flow that ran: ingest, ...",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "warnings",
        "kind",
        existing_type=sa.TEXT(),
        comment="gap (entries may be missing), feed_gone, feed_moved, outage (ours), blocked, robots, source_failed; of the nightly report: stale_feed, low_volume, blocked_share, walled_share, undated_share, short_share, disk, default_partition.",
        existing_comment="gap (entries may be missing), feed_gone, feed_moved, outage (ours), blocked, robots.",
        existing_nullable=False,
        schema="ingest",
    )
    op.create_table_comment(
        "revisions",
        "One row per text of an article; only a reprocess changes a row, and keeps what it replaced.",
        existing_comment="One row per text of an article; a row never changes.",
        schema="tape",
    )


def downgrade() -> None:
    op.create_table_comment(
        "revisions",
        "One row per text of an article; a row never changes.",
        existing_comment="One row per text of an article; only a reprocess changes a row, and keeps what it replaced.",
        schema="tape",
    )
    # Not checked for rows that are there: they stay, and the older code leaves them alone.
    for table, column, values, _ in _LISTS:
        _close(table, column, values, "NOT VALID")
    op.alter_column(
        "warnings",
        "kind",
        existing_type=sa.TEXT(),
        comment="gap (entries may be missing), feed_gone, feed_moved, outage (ours), blocked, robots.",
        existing_comment="gap (entries may be missing), feed_gone, feed_moved, outage (ours), blocked, robots, source_failed; of the nightly report: stale_feed, low_volume, blocked_share, walled_share, undated_share, short_share, disk, default_partition.",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "runs",
        "flow",
        existing_type=sa.TEXT(),
        comment="Flow that ran: ingest, ...",
        existing_comment="Flow that ran: ingest, backfill, reprocess, maintain.",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "run_stages",
        "stage",
        existing_type=sa.TEXT(),
        comment="discover, fetch, extract or load.",
        existing_comment="discover, list, fetch, extract, load or reprocess.",
        existing_nullable=False,
        schema="ingest",
    )
    op.drop_column("run_stages", "crashed", schema="ingest")
    op.drop_column("run_sources", "request_ms", schema="ingest")
    op.drop_column("pages", "captured_at", schema="ingest")
    op.alter_column(
        "fetch_events",
        "what",
        existing_type=sa.TEXT(),
        comment="feed, page or robots.",
        existing_comment="feed, page, robots, or archive (a document that announces the past).",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "entries",
        "origin",
        existing_type=sa.TEXT(),
        comment="listed: by a feed; hand: asked for by somebody.",
        existing_comment="listed: by a feed; hand: asked for by somebody; backfill: announced by an archive.",
        existing_nullable=False,
        existing_server_default=sa.text("'listed'::text"),
        schema="ingest",
    )
    op.drop_index(op.f("ix_candidates_backfill_id_day"), table_name="candidates", schema="ingest")
    op.drop_table("candidates", schema="ingest")
    op.drop_table("backfill_days", schema="ingest")
    op.drop_table("source_days", schema="ingest")
    op.drop_table("request_hours", schema="ingest")
    op.drop_table("reprocess_diffs", schema="ingest")
    op.drop_index(op.f("ix_reprocess_changes_revision_id"), table_name="reprocess_changes", schema="ingest")
    op.drop_table("reprocess_changes", schema="ingest")
    op.drop_index(
        "uq_backfills_open", table_name="backfills", schema="ingest", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_table("backfills", schema="ingest")


def _close(table: str, column: str, values: str, validity: str = "") -> None:
    """Another closed list."""
    name = f"ck_{table}_{column}_known"
    op.drop_constraint(op.f(name), table, schema="ingest", type_="check")
    op.execute(f"ALTER TABLE ingest.{table} ADD CONSTRAINT {name} CHECK ({column} IN ({values})) {validity}")
