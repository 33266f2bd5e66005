"""Schema `ingest`, what happened: pages and fetch_events (by month), runs with their counters."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    Table,
    Uuid,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from sql.tables import metadata
from sql.tables.columns import counter, digest, instant, one_of, surrogate_key, text
from sql.tables.ingest import SCHEMA, sources

RUN_STATES = ("running", "completed", "degraded", "failed", "crashed")

pages_id = Sequence("pages_id_seq", metadata=metadata, schema=SCHEMA, data_type=BigInteger)
fetch_events_id = Sequence("fetch_events_id_seq", metadata=metadata, schema=SCHEMA, data_type=BigInteger)

pages = Table(
    "pages",
    metadata,
    Column(
        "id",
        BigInteger,
        pages_id,
        primary_key=True,
        server_default=pages_id.next_value(),
        comment="Key, from a sequence of its own.",
    ),
    instant("fetched_at", "When the answer had arrived; the partition key.", primary_key=True),
    instant(
        "captured_at",
        "When an archive captured the answer, which counts as the time of its text; NULL: the portal gave it to us.",
        nullable=True,
    ),
    Column(
        "entry_id",
        BigInteger,
        nullable=False,
        comment="Entry that was fetched (ingest.entries). No foreign key: partitions are dropped by age.",
    ),
    text("url", "Address that was requested."),
    text("final_url", "Address that answered, after redirects."),
    Column("status", SmallInteger, nullable=False, comment="HTTP status."),
    Column("headers", JSONB, nullable=False, comment="Response headers, names in lower case."),
    text(
        "content_encoding",
        "Compression of body: as the server named it, zstd where we compressed it; NULL: none.",
        nullable=True,
    ),
    text("charset", "charset of the Content-Type header; NULL: none named.", nullable=True),
    Column("body", LargeBinary, nullable=False, comment="Body as it came over the wire."),
    digest("body_sha256", "SHA-256 of the body as it came over the wire."),
    Column(
        "body_bytes",
        Integer,
        nullable=False,
        comment="Length of the body as it came over the wire, in bytes.",
    ),
    Column(
        "duration_ms",
        Integer,
        nullable=False,
        comment="From the start of the request to the last byte, in milliseconds.",
    ),
    # Serves `why` and re-extraction: the pages of an entry.
    Index(None, "entry_id"),
    schema=SCHEMA,
    comment="The page archive: every article answer as received, stored before it is parsed. Partitioned by month.",
    postgresql_partition_by="RANGE (fetched_at)",
)

fetch_events = Table(
    "fetch_events",
    metadata,
    Column(
        "id",
        BigInteger,
        fetch_events_id,
        primary_key=True,
        server_default=fetch_events_id.next_value(),
        comment="Key, from a sequence of its own.",
    ),
    instant("at", "When the request ended; the partition key.", primary_key=True),
    Column(
        "run_id",
        BigInteger,
        comment="Run that asked (ingest.runs). No foreign key: partitions are dropped by age.",
    ),
    Column("feed_id", BigInteger, comment="Feed that was polled; NULL: not a poll."),
    Column("entry_id", BigInteger, comment="Entry that was fetched; NULL: not an article."),
    text("what", "feed, page, robots, or archive (a document that announces the past)."),
    text("url", "Address that was asked, without credentials."),
    text("outcome", "changed, empty, not_modified, same_body, fetched, moved (to another host), or failed."),
    Column(
        "requests",
        SmallInteger,
        nullable=False,
        server_default="1",
        comment="Requests that it took, redirects included; 0: a rule forbade to ask.",
    ),
    text("reason", "Why it failed (closed list); NULL: it did not.", nullable=True),
    text("detail", "What a person should know about the failure; NULL: nothing.", nullable=True),
    Column("status", SmallInteger, comment="HTTP status; NULL: no answer."),
    Column("bytes", Integer, nullable=False, server_default="0", comment="Bytes of the body as received."),
    Column(
        "duration_ms",
        Integer,
        nullable=False,
        server_default="0",
        comment="Duration of the request in milliseconds.",
    ),
    one_of("what", ("feed", "page", "robots", "archive")),
    # Serves `why` and the source's health: the attempts of an entry or feed in time order.
    Index(None, "entry_id", "at", postgresql_where=sql("entry_id IS NOT NULL")),
    Index(None, "feed_id", "at", postgresql_where=sql("feed_id IS NOT NULL")),
    schema=SCHEMA,
    comment="One row per request, whatever came of it. Partitioned by month.",
    postgresql_partition_by="RANGE (at)",
)

runs = Table(
    "runs",
    metadata,
    surrogate_key(),
    text("flow", "Flow that ran: ingest, backfill, reprocess, maintain."),
    text("state", "running, completed, degraded (some sources failed), failed, crashed (ended without a word)."),
    instant("started_at", "When the run was opened.", server_default=func.now()),
    instant("finished_at", "When it was closed; NULL: still open.", nullable=True),
    Column("prefect_run_id", Uuid, comment="Prefect's id of the flow run; NULL: ran without Prefect."),
    text("process", "Machine and process id that ran it, as host:pid."),
    text("version", "Version of Newstape."),
    Column("parameters", JSONB, nullable=False, server_default=sql("'{}'"), comment="Parameters of the flow."),
    text("message", "What happened, in a sentence; NULL: still open.", nullable=True),
    one_of("state", RUN_STATES),
    # Serves runs.close_stale and `status`: the latest runs of a flow.
    Index(None, "flow", "started_at"),
    schema=SCHEMA,
    comment="One row per execution of a flow, kept for good.",
)

run_sources = Table(
    "run_sources",
    metadata,
    Column("run_id", BigInteger, ForeignKey(runs.c.id), primary_key=True, comment="Run."),
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source."),
    counter("feeds_polled", "Feeds asked."),
    counter("feeds_unchanged", "Feeds that answered 304 or the same body."),
    counter("feeds_failed", "Feeds that failed."),
    counter("entries_listed", "Items that the feeds listed."),
    counter("entries_new", "Entries that were new to the frontier."),
    counter("fetched", "Pages fetched and archived."),
    counter("loaded", "Articles or revisions loaded."),
    counter("duplicates", "Entries that repeat an article."),
    counter("skipped", "Entries that a rule or their content kept out."),
    counter("gone", "Entries whose page no longer exists."),
    counter("retried", "Entries that failed for now and will be tried again."),
    counter("dead", "Entries given up after all attempts."),
    counter("rechecked", "Known articles that were asked again and say the same."),
    Column("bytes", BigInteger, nullable=False, server_default="0", comment="Bytes received for pages."),
    Column(
        "request_ms",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="Time that its requests took, added up, in milliseconds.",
    ),
    text("message", "First trouble of the source in this run; NULL: none.", nullable=True),
    schema=SCHEMA,
    comment="One row per run and source: what came of the source in that run.",
)

run_stages = Table(
    "run_stages",
    metadata,
    Column("run_id", BigInteger, ForeignKey(runs.c.id), primary_key=True, comment="Run."),
    text(
        "stage", "discover, list, fetch, extract, load or reprocess; of maintain the name of a chore.", primary_key=True
    ),
    counter("received", "Items that entered the stage."),
    counter("passed", "Items that the stage handed on."),
    counter("skipped", "Items that a rule or their content kept out, duplicates included."),
    counter("failed", "Items that failed, for now or for good."),
    counter("crashed", "Of the failed ones, those that our code failed on (crash, hung)."),
    Column(
        "seconds",
        Double,
        nullable=False,
        server_default="0",
        comment="Wall time spent in the stage, in seconds.",
    ),
    schema=SCHEMA,
    comment="One row per run and stage; received = passed + skipped + failed, checked before it is stored.",
)
