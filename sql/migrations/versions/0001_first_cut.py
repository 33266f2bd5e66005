"""First cut: sources to entries, page archive, runs, articles with revisions and stories.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE ingest.pages_id_seq")
    op.execute("CREATE SEQUENCE ingest.fetch_events_id_seq")
    op.execute("CREATE SEQUENCE tape.placement_no_seq")
    op.create_table(
        "fetch_events",
        sa.Column(
            "id",
            sa.BigInteger(),
            server_default=sa.text("nextval('ingest.fetch_events_id_seq')"),
            nullable=False,
            comment="Key, from a sequence of its own.",
        ),
        sa.Column(
            "at", sa.DateTime(timezone=True), nullable=False, comment="When the request ended; the partition key."
        ),
        sa.Column(
            "run_id",
            sa.BigInteger(),
            nullable=True,
            comment="Run that asked (ingest.runs). No foreign key: partitions are dropped by age.",
        ),
        sa.Column("feed_id", sa.BigInteger(), nullable=True, comment="Feed that was polled; NULL: not a poll."),
        sa.Column("entry_id", sa.BigInteger(), nullable=True, comment="Entry that was fetched; NULL: not an article."),
        sa.Column("what", sa.Text(), nullable=False, comment="feed, page or robots."),
        sa.Column("url", sa.Text(), nullable=False, comment="Address that was asked, without credentials."),
        sa.Column(
            "outcome", sa.Text(), nullable=False, comment="changed, not_modified, same_body, fetched, or failed."
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it failed (closed list); NULL: it did not."),
        sa.Column(
            "detail", sa.Text(), nullable=True, comment="What a person should know about the failure; NULL: nothing."
        ),
        sa.Column("status", sa.SmallInteger(), nullable=True, comment="HTTP status; NULL: no answer."),
        sa.Column("bytes", sa.Integer(), server_default="0", nullable=False, comment="Bytes of the body as received."),
        sa.Column(
            "duration_ms",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Duration of the request in milliseconds.",
        ),
        sa.CheckConstraint("what IN ('feed', 'page', 'robots')", name=op.f("ck_fetch_events_what_known")),
        sa.PrimaryKeyConstraint("id", "at", name=op.f("pk_fetch_events")),
        schema="ingest",
        comment="One row per request, whatever came of it. Partitioned by month.",
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index(
        op.f("ix_fetch_events_entry_id_at"),
        "fetch_events",
        ["entry_id", "at"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("entry_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_fetch_events_feed_id_at"),
        "fetch_events",
        ["feed_id", "at"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("feed_id IS NOT NULL"),
    )
    op.create_table(
        "hosts",
        sa.Column(
            "host", sa.Text(), nullable=False, comment="Host and port, as example.org:443: the unit of politeness."
        ),
        sa.Column(
            "robots_status",
            sa.SmallInteger(),
            nullable=True,
            comment="HTTP status of the last robots.txt request; 0: no answer; NULL: not asked yet.",
        ),
        sa.Column(
            "robots_body",
            sa.Text(),
            nullable=True,
            comment="robots.txt as text, at most 500 KiB; empty: there is none; NULL: the host could not say.",
        ),
        sa.Column(
            "robots_expires_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When robots.txt is to be asked again (RFC 9309: at most 24 hours); NULL: now.",
        ),
        sa.Column(
            "next_request_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Earliest start of the next request, so that spacing holds across processes.",
        ),
        sa.Column(
            "lease_owner", sa.Text(), nullable=True, comment="Process that works on the host at present; NULL: none."
        ),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that lease runs out if it is not renewed; NULL: no lease.",
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
        schema="ingest",
        comment="One row per host that is asked for pages; one process owns a host at a time.",
    )
    op.create_table(
        "pages",
        sa.Column(
            "id",
            sa.BigInteger(),
            server_default=sa.text("nextval('ingest.pages_id_seq')"),
            nullable=False,
            comment="Key, from a sequence of its own.",
        ),
        sa.Column(
            "fetched_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the answer had arrived; the partition key.",
        ),
        sa.Column(
            "entry_id",
            sa.BigInteger(),
            nullable=False,
            comment="Entry that was fetched (ingest.entries). No foreign key: partitions are dropped by age.",
        ),
        sa.Column("url", sa.Text(), nullable=False, comment="Address that was requested."),
        sa.Column("final_url", sa.Text(), nullable=False, comment="Address that answered, after redirects."),
        sa.Column("status", sa.SmallInteger(), nullable=False, comment="HTTP status."),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Response headers, names in lower case.",
        ),
        sa.Column(
            "content_encoding",
            sa.Text(),
            nullable=True,
            comment="Compression of body: as the server named it, zstd where we compressed it; NULL: none.",
        ),
        sa.Column("charset", sa.Text(), nullable=True, comment="charset of the Content-Type header; NULL: none named."),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Body as it came over the wire."),
        sa.Column(
            "body_sha256", sa.LargeBinary(), nullable=False, comment="SHA-256 of the body as it came over the wire."
        ),
        sa.Column(
            "body_bytes", sa.Integer(), nullable=False, comment="Length of the body as it came over the wire, in bytes."
        ),
        sa.Column(
            "duration_ms",
            sa.Integer(),
            nullable=False,
            comment="From the start of the request to the last byte, in milliseconds.",
        ),
        sa.PrimaryKeyConstraint("id", "fetched_at", name=op.f("pk_pages")),
        schema="ingest",
        comment="The page archive: every article answer as received, stored before it is parsed. Partitioned by month.",
        postgresql_partition_by="RANGE (fetched_at)",
    )
    op.create_index(op.f("ix_pages_entry_id"), "pages", ["entry_id"], unique=False, schema="ingest")
    op.create_table(
        "runs",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("flow", sa.Text(), nullable=False, comment="Flow that ran: ingest, ..."),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="running, completed, degraded (some sources failed), failed, crashed (ended without a word).",
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the run was opened.",
        ),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="When it was closed; NULL: still open."
        ),
        sa.Column(
            "prefect_run_id",
            sa.Uuid(),
            nullable=True,
            comment="Prefect's id of the flow run; NULL: ran without Prefect.",
        ),
        sa.Column("process", sa.Text(), nullable=False, comment="Machine and process id that ran it, as host:pid."),
        sa.Column("version", sa.Text(), nullable=False, comment="Version of Newstape."),
        sa.Column(
            "parameters",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Parameters of the flow.",
        ),
        sa.Column("message", sa.Text(), nullable=True, comment="What happened, in a sentence; NULL: still open."),
        sa.CheckConstraint(
            "state IN ('running', 'completed', 'degraded', 'failed', 'crashed')", name=op.f("ck_runs_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        schema="ingest",
        comment="One row per execution of a flow, kept for good.",
    )
    op.create_index(op.f("ix_runs_flow_started_at"), "runs", ["flow", "started_at"], unique=False, schema="ingest")
    op.create_table(
        "sources",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column(
            "slug",
            sa.Text(),
            nullable=False,
            comment="Name of the source in files, commands and reports; unique. A rename keeps the row.",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="Name as shown to people."),
        sa.Column("homepage", sa.Text(), nullable=False, comment="Start page of the portal."),
        sa.Column("language", sa.Text(), nullable=False, comment="Main language of the portal, ISO 639-1."),
        sa.Column("country", sa.Text(), nullable=False, comment="Country of the portal, ISO 3166-1 alpha-2 or EU."),
        sa.Column(
            "time_zone", sa.Text(), nullable=False, comment="IANA zone in which the portal's zone-less times are read."
        ),
        sa.Column(
            "delay", sa.Interval(), nullable=False, comment="Time between the starts of two requests to one host."
        ),
        sa.Column(
            "concurrency", sa.SmallInteger(), nullable=False, comment="Requests in flight to one host at a time."
        ),
        sa.Column("user_agent", sa.Text(), nullable=True, comment="User agent for this source; NULL: the default one."),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Extra request headers.",
        ),
        sa.Column(
            "verified_on", sa.Date(), nullable=True, comment="Day of the last successful probe; NULL: never probed."
        ),
        sa.Column(
            "notes", sa.Text(), nullable=True, comment="What people should know about the portal; NULL: nothing."
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the source was first synced.",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When its definition last changed here.",
        ),
        sa.Column(
            "absent_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When its file was last found missing; NULL: present. Absent sources are not polled.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("slug", name=op.f("uq_sources_slug")),
        schema="ingest",
        comment="One row per portal, synced from the source files; rows are never deleted by a sync.",
    )
    op.create_table(
        "stories",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("language", sa.Text(), nullable=False, comment="Language of its articles, ISO 639-1."),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When its first article was placed.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
        schema="tape",
        comment="One row per story: articles that carry the same text, an original and its copies.",
    )
    op.create_table(
        "entries",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source that announced it first."),
        sa.Column("url", sa.Text(), nullable=False, comment="Address as first listed; this one is requested."),
        sa.Column(
            "canonical_url", sa.Text(), nullable=False, comment="Normal form of the address; the identity of the entry."
        ),
        sa.Column("url_hash", sa.LargeBinary(), nullable=False, comment="16-byte BLAKE2b of canonical_url; unique."),
        sa.Column("host", sa.Text(), nullable=False, comment="Host and port of the address: key of ingest.hosts."),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="pending, leased, fetched, retry; ends: loaded, duplicate, skipped, gone, dead.",
        ),
        sa.Column(
            "priority",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="0: live, goes first; 1: backfill.",
        ),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Earliest time of the next step.",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False, comment="Requests made so far."),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=True,
            comment="Why it is in retry, skipped, gone or dead (closed list); NULL otherwise.",
        ),
        sa.Column(
            "detail", sa.Text(), nullable=True, comment="What a person should know about that reason; NULL: nothing."
        ),
        sa.Column("title", sa.Text(), nullable=True, comment="Title as the feed gave it; NULL: none."),
        sa.Column("summary", sa.Text(), nullable=True, comment="Teaser as the feed gave it; NULL: none."),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Publication time as the feed gave it; NULL: none or unreadable.",
        ),
        sa.Column("published_raw", sa.Text(), nullable=True, comment="The feed's own string for it; NULL: none."),
        sa.Column("published_origin", sa.Text(), nullable=True, comment="Field of the feed that gave it; NULL: none."),
        sa.Column("published_precision", sa.Text(), nullable=True, comment="second, minute or day; NULL: no time."),
        sa.Column(
            "published_zone",
            sa.Text(),
            nullable=True,
            comment="stated, or the IANA zone that was assumed; NULL: no time.",
        ),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When we first saw it listed; never rewritten.",
        ),
        sa.Column(
            "page_id",
            sa.BigInteger(),
            nullable=True,
            comment="Archived page, with page_fetched_at the key of ingest.pages; NULL: not fetched. No foreign key: pages expire.",
        ),
        sa.Column(
            "page_fetched_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that page was fetched; NULL: not fetched.",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger(),
            nullable=True,
            comment="Article it became or repeats (tape.articles); NULL: none. No foreign key: ingest must not wait for tape.",
        ),
        sa.Column("lease_owner", sa.Text(), nullable=True, comment="Process that works on it at present; NULL: none."),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that lease runs out if it is not renewed; NULL: no lease.",
        ),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it reached its end state; NULL: still open.",
        ),
        sa.CheckConstraint(
            "published_precision IN ('second', 'minute', 'day')", name=op.f("ck_entries_published_precision_known")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'leased', 'fetched', 'loaded', 'duplicate', 'skipped', 'retry', 'gone', 'dead')",
            name=op.f("ck_entries_state_known"),
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_entries_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("url_hash", name=op.f("uq_entries_url_hash")),
        schema="ingest",
        comment="The frontier: one row per candidate article address, from first sight to its end state.",
    )
    op.create_index(
        op.f("ix_entries_lease_owner"),
        "entries",
        ["lease_owner"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("lease_owner IS NOT NULL"),
    )
    op.create_index(
        "ix_entries_open",
        "entries",
        ["host", "priority", "due_at", "id"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state IN ('pending', 'retry', 'fetched')"),
    )
    op.create_table(
        "feeds",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source that the feed belongs to."),
        sa.Column(
            "url",
            sa.Text(),
            nullable=False,
            comment="Address that is polled; with the source the identity of the feed.",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="Form declared in the source file; the bytes decide: rss, atom, rdf or json_feed.",
        ),
        sa.Column("name", sa.Text(), nullable=True, comment="Name of the feed as shown to people; NULL: none."),
        sa.Column(
            "time_zone",
            sa.Text(),
            nullable=True,
            comment="IANA zone of the feed's zone-less times; NULL: the source's.",
        ),
        sa.Column("every", sa.Interval(), nullable=False, comment="Time between two polls."),
        sa.Column("etag", sa.Text(), nullable=True, comment="ETag of the last 200 answer, byte for byte; NULL: none."),
        sa.Column(
            "last_modified",
            sa.Text(),
            nullable=True,
            comment="Last-Modified of the last 200 answer, byte for byte; NULL: none.",
        ),
        sa.Column(
            "body_sha256",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the last body that was read; NULL: never read.",
        ),
        sa.Column(
            "next_poll_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the feed is due.",
        ),
        sa.Column(
            "last_polled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Last time that it was asked; NULL: never.",
        ),
        sa.Column(
            "last_changed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Last time that its body differed; NULL: never.",
        ),
        sa.Column(
            "last_outcome",
            sa.Text(),
            nullable=True,
            comment="changed, not_modified, same_body or a failure's reason; NULL: never polled.",
        ),
        sa.Column(
            "last_detail",
            sa.Text(),
            nullable=True,
            comment="What a person should know about the last failure; NULL: it was fine.",
        ),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="Failed polls in a row."),
        sa.Column("lease_owner", sa.Text(), nullable=True, comment="Process that polls it at present; NULL: none."),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that lease runs out; NULL: no lease.",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the feed was first synced.",
        ),
        sa.Column(
            "absent_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when it is missing in its source file; NULL: present.",
        ),
        sa.CheckConstraint("kind IN ('rss', 'atom', 'rdf', 'json_feed')", name=op.f("ck_feeds_kind_known")),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_feeds_source_id_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("source_id", "url", name=op.f("uq_feeds_source_id_url")),
        schema="ingest",
        comment="One row per pollable document of a source, with the validators for the next conditional GET.",
    )
    op.create_index(
        op.f("ix_feeds_next_poll_at"),
        "feeds",
        ["next_poll_at"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("absent_since IS NULL"),
    )
    op.create_table(
        "run_sources",
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="Run."),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source."),
        sa.Column("feeds_polled", sa.Integer(), server_default="0", nullable=False, comment="Feeds asked."),
        sa.Column(
            "feeds_unchanged",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Feeds that answered 304 or the same body.",
        ),
        sa.Column("feeds_failed", sa.Integer(), server_default="0", nullable=False, comment="Feeds that failed."),
        sa.Column(
            "entries_listed", sa.Integer(), server_default="0", nullable=False, comment="Items that the feeds listed."
        ),
        sa.Column(
            "entries_new",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Entries that were new to the frontier.",
        ),
        sa.Column("fetched", sa.Integer(), server_default="0", nullable=False, comment="Pages fetched and archived."),
        sa.Column("loaded", sa.Integer(), server_default="0", nullable=False, comment="Articles or revisions loaded."),
        sa.Column(
            "duplicates", sa.Integer(), server_default="0", nullable=False, comment="Entries that repeat an article."
        ),
        sa.Column(
            "skipped",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Entries that a rule or their content kept out.",
        ),
        sa.Column(
            "gone", sa.Integer(), server_default="0", nullable=False, comment="Entries whose page no longer exists."
        ),
        sa.Column(
            "retried",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Entries that failed for now and will be tried again.",
        ),
        sa.Column(
            "dead", sa.Integer(), server_default="0", nullable=False, comment="Entries given up after all attempts."
        ),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False, comment="Bytes received for pages."),
        sa.Column("message", sa.Text(), nullable=True, comment="First trouble of the source in this run; NULL: none."),
        sa.ForeignKeyConstraint(["run_id"], ["ingest.runs.id"], name=op.f("fk_run_sources_run_id_runs")),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_run_sources_source_id_sources")),
        sa.PrimaryKeyConstraint("run_id", "source_id", name=op.f("pk_run_sources")),
        schema="ingest",
        comment="One row per run and source: what came of the source in that run.",
    )
    op.create_table(
        "run_stages",
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="Run."),
        sa.Column("stage", sa.Text(), nullable=False, comment="discover, fetch, extract or load."),
        sa.Column(
            "received", sa.Integer(), server_default="0", nullable=False, comment="Items that entered the stage."
        ),
        sa.Column(
            "passed", sa.Integer(), server_default="0", nullable=False, comment="Items that the stage handed on."
        ),
        sa.Column(
            "skipped",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Items that a rule or their content kept out, duplicates included.",
        ),
        sa.Column(
            "failed",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Items that failed, for now or for good.",
        ),
        sa.Column(
            "seconds",
            sa.Double(),
            server_default="0",
            nullable=False,
            comment="Wall time spent in the stage, in seconds.",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["ingest.runs.id"], name=op.f("fk_run_stages_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "stage", name=op.f("pk_run_stages")),
        schema="ingest",
        comment="One row per run and stage; received = passed + skipped + failed, checked before it is stored.",
    )
    op.create_table(
        "articles",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source that published it."),
        sa.Column(
            "entry_id",
            sa.BigInteger(),
            nullable=False,
            comment="Entry it came from (ingest.entries). No foreign key: the tape outlives the frontier.",
        ),
        sa.Column(
            "canonical_url",
            sa.Text(),
            nullable=False,
            comment="Normal form of its address; the identity of the article.",
        ),
        sa.Column("url_hash", sa.LargeBinary(), nullable=False, comment="16-byte BLAKE2b of canonical_url; unique."),
        sa.Column("story_id", sa.BigInteger(), nullable=False, comment="Story it belongs to."),
        sa.Column(
            "story_role",
            sa.Text(),
            nullable=False,
            comment="original, copy, partial or revision: what it is in its story.",
        ),
        sa.Column(
            "placement_no",
            sa.BigInteger(),
            server_default=sa.text("nextval('tape.placement_no_seq')"),
            nullable=False,
            comment="Order in which articles were placed into stories.",
        ),
        sa.Column(
            "head_revision_id",
            sa.BigInteger(),
            nullable=True,
            comment="Latest revision (tape.revisions). No foreign key: they would point at each other; NULL only inside a load.",
        ),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When they say it was published, UTC; NULL: nobody said. The first value seen stays.",
        ),
        sa.Column("published_raw", sa.Text(), nullable=True, comment="The string that said so; NULL: none."),
        sa.Column(
            "published_origin",
            sa.Text(),
            nullable=True,
            comment="Layer and field of that string, as jsonld.datePublished; NULL: none.",
        ),
        sa.Column(
            "published_precision",
            sa.Text(),
            nullable=True,
            comment="second, minute or day (midnight by convention); NULL: no time.",
        ),
        sa.Column(
            "published_zone",
            sa.Text(),
            nullable=True,
            comment="stated, or the IANA zone that was assumed; NULL: no time.",
        ),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When we first saw it listed, UTC; true for us, never rewritten.",
        ),
        sa.Column(
            "available_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="From when on it could be known, UTC: first_seen_at, or for backfilled articles the best bound.",
        ),
        sa.Column(
            "loaded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When its first revision was loaded, UTC.",
        ),
        sa.CheckConstraint(
            "published_precision IN ('second', 'minute', 'day')", name=op.f("ck_articles_published_precision_known")
        ),
        sa.CheckConstraint(
            "story_role IN ('original', 'copy', 'partial', 'revision')", name=op.f("ck_articles_story_role_known")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_articles_source_id_sources")),
        sa.ForeignKeyConstraint(["story_id"], ["tape.stories.id"], name=op.f("fk_articles_story_id_stories")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("url_hash", name=op.f("uq_articles_url_hash")),
        schema="tape",
        comment="One row per article, known by its canonical URL; what it says stands in its revisions.",
    )
    op.create_index(op.f("ix_articles_first_seen_at"), "articles", ["first_seen_at"], unique=False, schema="tape")
    op.create_index(op.f("ix_articles_head_revision_id"), "articles", ["head_revision_id"], unique=True, schema="tape")
    op.create_index(op.f("ix_articles_published_at"), "articles", ["published_at"], unique=False, schema="tape")
    op.create_index(
        op.f("ix_articles_source_id_first_seen_at"),
        "articles",
        ["source_id", "first_seen_at"],
        unique=False,
        schema="tape",
    )
    op.create_index(op.f("ix_articles_story_id"), "articles", ["story_id"], unique=False, schema="tape")
    op.create_table(
        "sightings",
        sa.Column("entry_id", sa.BigInteger(), nullable=False, comment="Entry that was listed."),
        sa.Column("feed_id", sa.BigInteger(), nullable=False, comment="Feed that listed it."),
        sa.Column(
            "listed_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="16-byte BLAKE2b of listed_url: a variant of the address is a sighting of its own.",
        ),
        sa.Column("listed_url", sa.Text(), nullable=False, comment="Address exactly as listed, made absolute."),
        sa.Column("guid", sa.Text(), nullable=True, comment="The feed's own identifier of the item; NULL: none."),
        sa.Column("title", sa.Text(), nullable=True, comment="Title as listed; NULL: none."),
        sa.Column("published_raw", sa.Text(), nullable=True, comment="Time string as listed; NULL: none."),
        sa.Column("position", sa.Integer(), nullable=False, comment="Place in the feed, 0 is the top."),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When this feed first listed this address.",
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["ingest.entries.id"], name=op.f("fk_sightings_entry_id_entries")),
        sa.ForeignKeyConstraint(["feed_id"], ["ingest.feeds.id"], name=op.f("fk_sightings_feed_id_feeds")),
        sa.PrimaryKeyConstraint("entry_id", "feed_id", "listed_hash", name=op.f("pk_sightings")),
        schema="ingest",
        comment="Which feed listed which entry, under which address, when first: entries and feeds are n:m.",
    )
    op.create_table(
        "revisions",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("article_id", sa.BigInteger(), nullable=False, comment="Article."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="1 for the first text that we saw, then counting up."
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="Headline, without the portal's name."),
        sa.Column("kicker", sa.Text(), nullable=True, comment="Line above the headline; NULL: none."),
        sa.Column(
            "summary", postgresql.ARRAY(sa.Text()), nullable=False, comment="Summary bullets in order; empty: none."
        ),
        sa.Column("lead", sa.Text(), nullable=True, comment="Opening paragraph where the page marks one; NULL: none."),
        sa.Column(
            "text",
            sa.Text(),
            nullable=False,
            comment="Paragraphs joined by a blank line: bullets and lead first, section headings included, title and kicker not.",
        ),
        sa.Column("language", sa.Text(), nullable=False, comment="Language of the text, ISO 639-1."),
        sa.Column(
            "authors", postgresql.ARRAY(sa.Text()), nullable=False, comment="Authors as printed, in order; empty: none."
        ),
        sa.Column("agency", sa.Text(), nullable=True, comment="News agency credited as origin; NULL: none."),
        sa.Column("section", sa.Text(), nullable=True, comment="Section of the portal; NULL: none."),
        sa.Column(
            "tags", postgresql.ARRAY(sa.Text()), nullable=False, comment="Keywords that the page states; empty: none."
        ),
        sa.Column("image_url", sa.Text(), nullable=True, comment="Address of the main image; NULL: none."),
        sa.Column("image_credit", sa.Text(), nullable=True, comment="Credit of the main image; NULL: none."),
        sa.Column(
            "paywall",
            sa.Boolean(),
            nullable=True,
            comment="Whether the page says that only a part is free; NULL: it does not say.",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="article, flash, live_blog, gallery, press_release, analyst_note or video.",
        ),
        sa.Column("word_count", sa.Integer(), nullable=False, comment="Words in text."),
        sa.Column(
            "modified_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When they say it was last changed, UTC; NULL: nobody said.",
        ),
        sa.Column("modified_raw", sa.Text(), nullable=True, comment="The string that said so; NULL: none."),
        sa.Column(
            "provenance",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Layer that gave each value, by column name.",
        ),
        sa.Column(
            "content_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="Digest of title and text in a normal form without case, spacing and punctuation.",
        ),
        sa.Column(
            "text_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="Digest by which copies are known: of the text alone from 40 words on, below with the title.",
        ),
        sa.Column(
            "body_sha256", sa.LargeBinary(), nullable=False, comment="SHA-256 of the page body it was read from."
        ),
        sa.Column(
            "page_id",
            sa.BigInteger(),
            nullable=False,
            comment="Archived page, with page_fetched_at the key of ingest.pages. No foreign key: pages expire.",
        ),
        sa.Column(
            "page_fetched_at", sa.DateTime(timezone=True), nullable=False, comment="When that page was fetched, UTC."
        ),
        sa.Column("extractor_version", sa.Text(), nullable=False, comment="Version of the extractor that read it."),
        sa.Column(
            "revised_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="From when on we know this text, UTC: the time of the fetch that brought it.",
        ),
        sa.Column(
            "loaded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was written, UTC.",
        ),
        sa.Column(
            "search_vector",
            postgresql.TSVECTOR(),
            sa.Computed(
                "CASE language WHEN 'de' THEN to_tsvector('german'::regconfig, coalesce(kicker, '') || ' ' || title || ' ' || left(text, 200000)) WHEN 'en' THEN to_tsvector('english'::regconfig, coalesce(kicker, '') || ' ' || title || ' ' || left(text, 200000)) WHEN 'fr' THEN to_tsvector('french'::regconfig, coalesce(kicker, '') || ' ' || title || ' ' || left(text, 200000)) ELSE to_tsvector('simple'::regconfig, coalesce(kicker, '') || ' ' || title || ' ' || left(text, 200000)) END",
                persisted=True,
            ),
            nullable=True,
            comment="Kicker, title and text for full-text search in the article's language.",
        ),
        sa.CheckConstraint(
            "kind IN ('article', 'flash', 'live_blog', 'gallery', 'press_release', 'analyst_note', 'video')",
            name=op.f("ck_revisions_kind_known"),
        ),
        sa.ForeignKeyConstraint(["article_id"], ["tape.articles.id"], name=op.f("fk_revisions_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_revisions_article_id_number")),
        schema="tape",
        comment="One row per text of an article; a row never changes.",
    )
    op.create_index(
        op.f("ix_revisions_search_vector"),
        "revisions",
        ["search_vector"],
        unique=False,
        schema="tape",
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_revisions_text_hash"), "revisions", ["text_hash"], unique=False, schema="tape")
    # Bodies arrive compressed: trying to compress them again costs time and saves nothing.
    op.execute("ALTER TABLE ingest.pages ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.drop_index(op.f("ix_revisions_text_hash"), table_name="revisions", schema="tape")
    op.drop_index(op.f("ix_revisions_search_vector"), table_name="revisions", schema="tape", postgresql_using="gin")
    op.drop_table("revisions", schema="tape")
    op.drop_table("sightings", schema="ingest")
    op.drop_index(op.f("ix_articles_story_id"), table_name="articles", schema="tape")
    op.drop_index(op.f("ix_articles_source_id_first_seen_at"), table_name="articles", schema="tape")
    op.drop_index(op.f("ix_articles_published_at"), table_name="articles", schema="tape")
    op.drop_index(op.f("ix_articles_head_revision_id"), table_name="articles", schema="tape")
    op.drop_index(op.f("ix_articles_first_seen_at"), table_name="articles", schema="tape")
    op.drop_table("articles", schema="tape")
    op.drop_table("run_stages", schema="ingest")
    op.drop_table("run_sources", schema="ingest")
    op.drop_index(
        op.f("ix_feeds_next_poll_at"),
        table_name="feeds",
        schema="ingest",
        postgresql_where=sa.text("absent_since IS NULL"),
    )
    op.drop_table("feeds", schema="ingest")
    op.drop_index(
        "ix_entries_open",
        table_name="entries",
        schema="ingest",
        postgresql_where=sa.text("state IN ('pending', 'retry', 'fetched')"),
    )
    op.drop_index(
        op.f("ix_entries_lease_owner"),
        table_name="entries",
        schema="ingest",
        postgresql_where=sa.text("lease_owner IS NOT NULL"),
    )
    op.drop_table("entries", schema="ingest")
    op.drop_table("stories", schema="tape")
    op.drop_table("sources", schema="ingest")
    op.drop_index(op.f("ix_runs_flow_started_at"), table_name="runs", schema="ingest")
    op.drop_table("runs", schema="ingest")
    op.drop_index(op.f("ix_pages_entry_id"), table_name="pages", schema="ingest")
    op.drop_table("pages", schema="ingest")
    op.drop_table("hosts", schema="ingest")
    op.drop_index(
        op.f("ix_fetch_events_feed_id_at"),
        table_name="fetch_events",
        schema="ingest",
        postgresql_where=sa.text("feed_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_fetch_events_entry_id_at"),
        table_name="fetch_events",
        schema="ingest",
        postgresql_where=sa.text("entry_id IS NOT NULL"),
    )
    op.drop_table("fetch_events", schema="ingest")
    op.execute("DROP SEQUENCE tape.placement_no_seq")
    op.execute("DROP SEQUENCE ingest.fetch_events_id_seq")
    op.execute("DROP SEQUENCE ingest.pages_id_seq")
