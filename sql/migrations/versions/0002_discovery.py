"""Discovery: sitemaps and listings, paces of polls, moves, re-checks, article ids, rights ledger, warnings, pauses.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rights",
        sa.Column(
            "page_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Archived page (ingest.pages). No foreign key: pages expire, what we were allowed is kept.",
        ),
        sa.Column("page_fetched_at", sa.DateTime(timezone=True), nullable=False, comment="When that page was fetched."),
        sa.Column("entry_id", sa.BigInteger(), nullable=False, comment="Entry that was fetched (ingest.entries)."),
        sa.Column(
            "robots",
            sa.Text(),
            nullable=False,
            comment="What robots.txt said: allowed, no_rules (there is none), disallowed, unknown.",
        ),
        sa.Column("x_robots_tag", sa.Text(), nullable=True, comment="X-Robots-Tag header as sent; NULL: none."),
        sa.Column(
            "meta_robots",
            sa.Text(),
            nullable=True,
            comment="Robots meta tag of the page as printed; NULL: none, or not extracted.",
        ),
        sa.Column(
            "tdm_reservation",
            sa.Text(),
            nullable=True,
            comment="TDM reservation by header or meta tag as stated: 1 reserved, 0 not; NULL: not stated.",
        ),
        sa.Column("tdm_policy", sa.Text(), nullable=True, comment="Address of the TDM policy as stated; NULL: none."),
        sa.Column(
            "paywall",
            sa.Boolean(),
            nullable=True,
            comment="Whether the page says that only a part is free; NULL: it does not say.",
        ),
        sa.CheckConstraint(
            "robots IN ('allowed', 'no_rules', 'disallowed', 'unknown')", name=op.f("ck_rights_robots_known")
        ),
        sa.PrimaryKeyConstraint("page_id", "page_fetched_at", name=op.f("pk_rights")),
        schema="ingest",
        comment="The rights ledger: one row per archived page, what its host and itself said about automated use.",
    )
    op.create_index(op.f("ix_rights_entry_id"), "rights", ["entry_id"], unique=False, schema="ingest")
    op.create_table(
        "warnings",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="gap (entries may be missing), feed_gone, feed_moved, outage (ours), blocked, robots.",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=True, comment="Source that it is about; NULL: no one source."),
        sa.Column("feed_id", sa.BigInteger(), nullable=True, comment="Feed that it is about; NULL: no one feed."),
        sa.Column("run_id", sa.BigInteger(), nullable=True, comment="Run that saw it last; NULL: none."),
        sa.Column("message", sa.Text(), nullable=False, comment="What happened, what it means, what to do."),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first seen."),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, comment="When it was last seen."),
        sa.Column("times", sa.Integer(), server_default="0", nullable=False, comment="How often it was seen."),
        sa.Column(
            "resolved_at", sa.DateTime(timezone=True), nullable=True, comment="When it was over; NULL: it is open."
        ),
        sa.CheckConstraint(
            "kind IN ('gap', 'feed_gone', 'feed_moved', 'outage', 'blocked', 'robots')",
            name=op.f("ck_warnings_kind_known"),
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["ingest.feeds.id"], name=op.f("fk_warnings_feed_id_feeds")),
        sa.ForeignKeyConstraint(["run_id"], ["ingest.runs.id"], name=op.f("fk_warnings_run_id_runs")),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_warnings_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warnings")),
        schema="ingest",
        comment="What people should look at: one row per kind, source and feed as long as it is open.",
    )
    op.create_index(
        "uq_warnings_open",
        "warnings",
        ["kind", sa.literal_column("coalesce(source_id, 0)"), sa.literal_column("coalesce(feed_id, 0)")],
        unique=True,
        schema="ingest",
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.add_column(
        "entries",
        sa.Column(
            "portal_id",
            sa.Text(),
            nullable=True,
            comment="The portal's own article id, by the pattern of its source; NULL: no pattern, or it does not fit.",
        ),
        schema="ingest",
    )
    op.add_column(
        "entries",
        sa.Column(
            "origin",
            sa.Text(),
            server_default="listed",
            nullable=False,
            comment="listed: by a feed; hand: asked for by somebody.",
        ),
        schema="ingest",
    )
    op.add_column(
        "entries",
        sa.Column(
            "hops", sa.SmallInteger(), server_default="0", nullable=False, comment="Moves to another host so far."
        ),
        schema="ingest",
    )
    op.add_column(
        "entries",
        sa.Column(
            "recheck_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When its loaded article is asked again; NULL: not foreseen.",
        ),
        schema="ingest",
    )
    op.add_column(
        "entries",
        sa.Column(
            "rechecks",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="How often it was asked again so far.",
        ),
        schema="ingest",
    )
    op.add_column(
        "entries",
        sa.Column(
            "etag",
            sa.Text(),
            nullable=True,
            comment="ETag of the page it was loaded from, for the next conditional GET; NULL: none.",
        ),
        schema="ingest",
    )
    op.add_column(
        "entries",
        sa.Column("last_modified", sa.Text(), nullable=True, comment="Last-Modified of that page; NULL: none."),
        schema="ingest",
    )
    op.alter_column(
        "entries",
        "url",
        existing_type=sa.TEXT(),
        comment="Address that is requested: as first listed, or where another host's redirect led.",
        existing_comment="Address as first listed; this one is requested.",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "entries",
        "attempts",
        existing_type=sa.INTEGER(),
        comment="Requests made since it was last due.",
        existing_comment="Requests made so far.",
        existing_nullable=False,
        existing_server_default=sa.text("0"),
        schema="ingest",
    )
    op.create_index(
        op.f("ix_entries_recheck_at"),
        "entries",
        ["recheck_at"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("recheck_at IS NOT NULL"),
    )
    op.create_index(
        "uq_entries_portal_id",
        "entries",
        ["source_id", "portal_id"],
        unique=True,
        schema="ingest",
        postgresql_where=sa.text("portal_id IS NOT NULL"),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "origin",
            sa.Text(),
            server_default="file",
            nullable=False,
            comment="file: listed in the source's file; index: named by a sitemap index; robots: by robots.txt.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "parent_id", sa.BigInteger(), nullable=True, comment="Sitemap index that named it (feeds.id); NULL: none."
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "selectors",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Where a listing shows its entries: item, link, title, date, date_format; NULL: not a listing.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "look_back",
            sa.Interval(),
            nullable=True,
            comment="How old an entry of a sitemap may be to be taken; NULL: not a sitemap.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "ignore_zone",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="Whether the zones that the feed prints are wrong: its times are then read in time_zone.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "slowest",
            sa.Interval(),
            server_default="01:00:00",
            nullable=False,
            comment="Longest time between two polls while the feed answers.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "pace",
            sa.Interval(),
            nullable=True,
            comment="Time between two polls at present, between every and slowest; NULL: not polled yet.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "news_per_hour",
            sa.Double(),
            nullable=True,
            comment="New entries per hour, older ones weigh less (half after 8 hours); NULL: never read.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "asked_pace",
            sa.Interval(),
            nullable=True,
            comment="Time between polls that the feed and its headers ask for; NULL: none.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "quiet_hours",
            postgresql.ARRAY(sa.SmallInteger()),
            server_default="{}",
            nullable=False,
            comment="Hours of the day, UTC, in which the feed asks not to be polled (skipHours).",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "last_full_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Last time that it was asked without validators and answered; NULL: never.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "redirect_to", sa.Text(), nullable=True, comment="Where permanent redirects lead at present; NULL: nowhere."
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "redirects",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Polls in a row that were redirected there.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "redirected_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the first of them was; NULL: not redirected.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "moved_to",
            sa.Text(),
            nullable=True,
            comment="Address that is asked instead of url, after many equal redirects; NULL: url.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "failure_weight",
            sa.Double(),
            server_default="0",
            nullable=False,
            comment="Sum of the weights of those failures; each unit doubles the time to the next poll, up to a day.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "last_gap_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Last time that it had nothing in common with the poll before, so that entries may be missing; NULL: never.",
        ),
        schema="ingest",
    )
    op.add_column(
        "feeds",
        sa.Column(
            "retired_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when it is no longer polled because its index dropped it or it is long without news; NULL: polled.",
        ),
        schema="ingest",
    )
    op.alter_column(
        "feeds",
        "kind",
        existing_type=sa.TEXT(),
        comment="Form declared in the source file; among feeds and among sitemaps the bytes decide: rss, atom, rdf, json_feed; news_sitemap, sitemap; listing (an HTML page).",
        existing_comment="Form declared in the source file; the bytes decide: rss, atom, rdf or json_feed.",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "feeds",
        "every",
        existing_type=postgresql.INTERVAL(),
        comment="Time between two polls while the feed brings news.",
        existing_comment="Time between two polls.",
        existing_nullable=False,
        schema="ingest",
    )
    op.create_index(
        op.f("ix_feeds_parent_id"),
        "feeds",
        ["parent_id"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_feeds_parent_id_feeds"),
        "feeds",
        "feeds",
        ["parent_id"],
        ["id"],
        source_schema="ingest",
        referent_schema="ingest",
    )
    op.add_column(
        "fetch_events",
        sa.Column(
            "requests",
            sa.SmallInteger(),
            server_default="1",
            nullable=False,
            comment="Requests that it took, redirects included; 0: a rule forbade to ask.",
        ),
        schema="ingest",
    )
    op.alter_column(
        "feeds",
        "last_outcome",
        existing_type=sa.TEXT(),
        comment="changed, empty (read, and lists nothing), not_modified, same_body or a failure's reason; NULL: never polled.",
        existing_comment="changed, not_modified, same_body or a failure's reason; NULL: never polled.",
        existing_nullable=True,
        schema="ingest",
    )
    op.alter_column(
        "fetch_events",
        "outcome",
        existing_type=sa.TEXT(),
        comment="changed, empty, not_modified, same_body, fetched, moved (to another host), or failed.",
        existing_comment="changed, not_modified, same_body, fetched, or failed.",
        existing_nullable=False,
        schema="ingest",
    )
    op.add_column(
        "hosts",
        sa.Column(
            "robots_failing_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when robots.txt could not be had, so that nothing is fetched; NULL: it could.",
        ),
        schema="ingest",
    )
    op.add_column(
        "run_sources",
        sa.Column(
            "rechecked",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Known articles that were asked again and say the same.",
        ),
        schema="ingest",
    )
    op.add_column(
        "sightings",
        sa.Column(
            "listing_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="Digest of title and time of change as last listed: another one means the article changed; NULL: not noted.",
        ),
        schema="ingest",
    )
    op.add_column(
        "sightings",
        sa.Column(
            "hints",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="What else the listing says: tickers, keywords, isins (also mined from the address), modified, language, publication; {}: nothing.",
        ),
        schema="ingest",
    )
    op.create_index(op.f("ix_sightings_listed_hash"), "sightings", ["listed_hash"], unique=False, schema="ingest")
    op.create_index(
        op.f("ix_sightings_feed_id_guid"),
        "sightings",
        ["feed_id", "guid"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("guid IS NOT NULL"),
    )
    op.add_column(
        "sources",
        sa.Column(
            "article_id",
            sa.Text(),
            nullable=True,
            comment="Regular expression whose first group is the portal's own article id in an address; NULL: none known.",
        ),
        schema="ingest",
    )
    op.add_column(
        "sources",
        sa.Column(
            "partners",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Further hosts that its sitemaps and listings may lead to; links to others are rejected.",
        ),
        schema="ingest",
    )
    op.add_column(
        "sources",
        sa.Column(
            "paused_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When somebody paused it; NULL: at work. Paused sources are neither polled nor fetched.",
        ),
        schema="ingest",
    )
    op.add_column(
        "sources",
        sa.Column(
            "paused_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the pause ends by itself; NULL: when somebody ends it.",
        ),
        schema="ingest",
    )
    op.add_column(
        "sources",
        sa.Column("pause_reason", sa.Text(), nullable=True, comment="Why it is paused; NULL: it is not."),
        schema="ingest",
    )
    op.add_column(
        "articles",
        sa.Column(
            "gone_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When its address was found to answer 404 or 410, UTC; NULL: it did not.",
        ),
        schema="tape",
    )

    op.drop_constraint(op.f("ck_feeds_kind_known"), "feeds", schema="ingest", type_="check")
    op.create_check_constraint(
        op.f("ck_feeds_kind_known"),
        "feeds",
        "kind IN ('rss', 'atom', 'rdf', 'json_feed', 'news_sitemap', 'sitemap', 'listing')",
        schema="ingest",
    )
    op.create_check_constraint(
        op.f("ck_feeds_origin_known"), "feeds", "origin IN ('file', 'index', 'robots')", schema="ingest"
    )
    op.create_check_constraint(
        op.f("ck_entries_origin_known"), "entries", "origin IN ('listed', 'hand')", schema="ingest"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_entries_origin_known"), "entries", schema="ingest", type_="check")
    op.drop_constraint(op.f("ck_feeds_origin_known"), "feeds", schema="ingest", type_="check")
    op.drop_constraint(op.f("ck_feeds_kind_known"), "feeds", schema="ingest", type_="check")
    # Not checked for rows that are there: a sitemap's row stays, and the older code leaves its kind alone.
    op.execute(
        "ALTER TABLE ingest.feeds ADD CONSTRAINT ck_feeds_kind_known "
        "CHECK (kind IN ('rss', 'atom', 'rdf', 'json_feed')) NOT VALID"
    )
    op.drop_column("articles", "gone_at", schema="tape")
    op.drop_column("sources", "pause_reason", schema="ingest")
    op.drop_column("sources", "paused_until", schema="ingest")
    op.drop_column("sources", "paused_at", schema="ingest")
    op.drop_column("sources", "partners", schema="ingest")
    op.drop_column("sources", "article_id", schema="ingest")
    op.drop_index(op.f("ix_sightings_listed_hash"), table_name="sightings", schema="ingest")
    op.drop_index(
        op.f("ix_sightings_feed_id_guid"),
        table_name="sightings",
        schema="ingest",
        postgresql_where=sa.text("guid IS NOT NULL"),
    )
    op.drop_column("sightings", "hints", schema="ingest")
    op.drop_column("sightings", "listing_hash", schema="ingest")
    op.drop_column("run_sources", "rechecked", schema="ingest")
    op.drop_column("hosts", "robots_failing_since", schema="ingest")
    op.alter_column(
        "feeds",
        "last_outcome",
        existing_type=sa.TEXT(),
        comment="changed, not_modified, same_body or a failure's reason; NULL: never polled.",
        existing_comment="changed, empty (read, and lists nothing), not_modified, same_body or a failure's reason; NULL: never polled.",
        existing_nullable=True,
        schema="ingest",
    )
    op.alter_column(
        "fetch_events",
        "outcome",
        existing_type=sa.TEXT(),
        comment="changed, not_modified, same_body, fetched, or failed.",
        existing_comment="changed, empty, not_modified, same_body, fetched, moved (to another host), or failed.",
        existing_nullable=False,
        schema="ingest",
    )
    op.drop_column("fetch_events", "requests", schema="ingest")
    op.drop_constraint(op.f("fk_feeds_parent_id_feeds"), "feeds", schema="ingest", type_="foreignkey")
    op.drop_index(
        op.f("ix_feeds_parent_id"),
        table_name="feeds",
        schema="ingest",
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.alter_column(
        "feeds",
        "every",
        existing_type=postgresql.INTERVAL(),
        comment="Time between two polls.",
        existing_comment="Time between two polls while the feed brings news.",
        existing_nullable=False,
        schema="ingest",
    )
    op.alter_column(
        "feeds",
        "kind",
        existing_type=sa.TEXT(),
        comment="Form declared in the source file; the bytes decide: rss, atom, rdf or json_feed.",
        existing_comment="Form declared in the source file; among feeds and among sitemaps the bytes decide: rss, atom, rdf, json_feed; news_sitemap, sitemap; listing (an HTML page).",
        existing_nullable=False,
        schema="ingest",
    )
    op.drop_column("feeds", "retired_at", schema="ingest")
    op.drop_column("feeds", "last_gap_at", schema="ingest")
    op.drop_column("feeds", "failure_weight", schema="ingest")
    op.drop_column("feeds", "moved_to", schema="ingest")
    op.drop_column("feeds", "redirected_since", schema="ingest")
    op.drop_column("feeds", "redirects", schema="ingest")
    op.drop_column("feeds", "redirect_to", schema="ingest")
    op.drop_column("feeds", "last_full_at", schema="ingest")
    op.drop_column("feeds", "quiet_hours", schema="ingest")
    op.drop_column("feeds", "asked_pace", schema="ingest")
    op.drop_column("feeds", "news_per_hour", schema="ingest")
    op.drop_column("feeds", "pace", schema="ingest")
    op.drop_column("feeds", "slowest", schema="ingest")
    op.drop_column("feeds", "ignore_zone", schema="ingest")
    op.drop_column("feeds", "look_back", schema="ingest")
    op.drop_column("feeds", "selectors", schema="ingest")
    op.drop_column("feeds", "parent_id", schema="ingest")
    op.drop_column("feeds", "origin", schema="ingest")
    op.drop_index(
        "uq_entries_portal_id", table_name="entries", schema="ingest", postgresql_where=sa.text("portal_id IS NOT NULL")
    )
    op.drop_index(
        op.f("ix_entries_recheck_at"),
        table_name="entries",
        schema="ingest",
        postgresql_where=sa.text("recheck_at IS NOT NULL"),
    )
    op.alter_column(
        "entries",
        "attempts",
        existing_type=sa.INTEGER(),
        comment="Requests made so far.",
        existing_comment="Requests made since it was last due.",
        existing_nullable=False,
        existing_server_default=sa.text("0"),
        schema="ingest",
    )
    op.alter_column(
        "entries",
        "url",
        existing_type=sa.TEXT(),
        comment="Address as first listed; this one is requested.",
        existing_comment="Address that is requested: as first listed, or where another host's redirect led.",
        existing_nullable=False,
        schema="ingest",
    )
    op.drop_column("entries", "last_modified", schema="ingest")
    op.drop_column("entries", "etag", schema="ingest")
    op.drop_column("entries", "rechecks", schema="ingest")
    op.drop_column("entries", "recheck_at", schema="ingest")
    op.drop_column("entries", "hops", schema="ingest")
    op.drop_column("entries", "origin", schema="ingest")
    op.drop_column("entries", "portal_id", schema="ingest")
    op.drop_index(
        "uq_warnings_open", table_name="warnings", schema="ingest", postgresql_where=sa.text("resolved_at IS NULL")
    )
    op.drop_table("warnings", schema="ingest")
    op.drop_index(op.f("ix_rights_entry_id"), table_name="rights", schema="ingest")
    op.drop_table("rights", schema="ingest")
