"""ingest.entries, hosts and sightings: the frontier. Every function works on sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, text

from sql.store.bulk import Row, arrays

_LISTED = {
    "feed_id": "bigint", "source_id": "bigint", "url": "text", "canonical_url": "text", "url_hash": "bytea",
    "listed_hash": "bytea", "host": "text", "guid": "text", "title": "text", "summary": "text",
    "published_at": "timestamptz", "published_raw": "text", "published_origin": "text", "published_precision": "text",
    "published_zone": "text", "position": "integer",
}  # fmt: skip
_UNNEST = (
    f"unnest({', '.join(f'CAST(:{name} AS {kind}[])' for name, kind in _LISTED.items())}) AS v({', '.join(_LISTED)})"
)

_ADD_HOSTS = text("""
    INSERT INTO ingest.hosts (host, next_request_at)
    SELECT DISTINCT host, CAST(:now AS timestamptz) FROM unnest(CAST(:host AS text[])) AS v(host) ORDER BY 1
    ON CONFLICT DO NOTHING
""")

# One row per new address, the first listing wins. Ids follow the order of listing, inserts that of the hashes: two
# processes that list the same addresses then wait for each other in one direction only.
_ADD_ENTRIES = text(f"""
    WITH fresh AS (
        SELECT DISTINCT ON (url_hash) * FROM {_UNNEST}
        WHERE NOT EXISTS (SELECT FROM ingest.entries e WHERE e.url_hash = v.url_hash)
        ORDER BY url_hash, feed_id, position
    ), numbered AS MATERIALIZED (
        SELECT nextval('ingest.entries_id_seq') AS id, listed.*
        FROM (SELECT * FROM fresh ORDER BY feed_id, position) listed
    )
    INSERT INTO ingest.entries
        (id, source_id, url, canonical_url, url_hash, host, state, priority, due_at, title, summary, published_at,
        published_raw, published_origin, published_precision, published_zone, first_seen_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, source_id, url, canonical_url, url_hash, host, 'pending', :priority, :now, title, summary,
        published_at, published_raw, published_origin, published_precision, published_zone, :now
    FROM numbered ORDER BY url_hash
    ON CONFLICT (url_hash) DO NOTHING
    RETURNING source_id
""")

_ADD_SIGHTINGS = text(f"""
    INSERT INTO ingest.sightings
        (entry_id, feed_id, listed_hash, listed_url, guid, title, published_raw, position, first_seen_at)
    SELECT e.id, v.feed_id, v.listed_hash, v.url, v.guid, v.title, v.published_raw, v.position, :now
    FROM {_UNNEST} JOIN ingest.entries e ON e.url_hash = v.url_hash
    ORDER BY e.id, v.feed_id, v.position
    ON CONFLICT DO NOTHING
""")

# An entry that somebody may take; `sources` NULL: of any source.
_FREE = """
    e.host = h.host AND e.state IN ('pending', 'retry', 'fetched') AND e.due_at <= :now AND e.lease_owner IS NULL
    AND (CAST(:sources AS bigint[]) IS NULL OR e.source_id = ANY(CAST(:sources AS bigint[])))
"""

# Free hosts with something due, live before backfill, then the longest unasked; the caller waits for near slots itself.
# Not more than entries are wanted, so that each gets one. Materialized: a join must not run the locking twice.
_CLAIM_HOSTS = text(f"""
    WITH chosen AS MATERIALIZED (
        SELECT h.host FROM ingest.hosts h
        CROSS JOIN LATERAL (
            SELECT e.priority FROM ingest.entries e WHERE {_FREE} ORDER BY e.priority, e.due_at, e.id LIMIT 1
        ) due
        WHERE (h.lease_owner IS NULL OR h.lease_until < :now) AND h.next_request_at <= :soon
        ORDER BY due.priority, h.next_request_at, h.host
        LIMIT least(CAST(:hosts AS bigint), CAST(:count AS bigint))
        FOR NO KEY UPDATE OF h SKIP LOCKED
    )
    UPDATE ingest.hosts h SET lease_owner = :owner, lease_until = :until
    FROM chosen c WHERE h.host = c.host
    RETURNING h.host, h.robots_status, h.robots_body, h.robots_expires_at, h.next_request_at
""")

# Of each of our hosts its first due entries, hosts taking turns, until the batch is full. Only those are locked.
_CLAIM_ENTRIES = text(f"""
    WITH due AS (
        SELECT d.id FROM unnest(CAST(:held AS text[])) h(host)
        CROSS JOIN LATERAL (
            SELECT e.id, row_number() OVER (ORDER BY e.priority, e.due_at, e.id) AS turn
            FROM ingest.entries e WHERE {_FREE} ORDER BY e.priority, e.due_at, e.id LIMIT :count
        ) d
        ORDER BY d.turn, d.id LIMIT :count
    ), chosen AS MATERIALIZED (
        SELECT e.id FROM ingest.entries e JOIN due ON due.id = e.id
        WHERE e.lease_owner IS NULL AND e.state IN ('pending', 'retry', 'fetched')
        FOR NO KEY UPDATE OF e SKIP LOCKED
    )
    UPDATE ingest.entries e
    SET state = CASE WHEN e.state = 'fetched' THEN 'fetched' ELSE 'leased' END,
        lease_owner = :owner, lease_until = :until
    FROM chosen c, ingest.sources s
    WHERE e.id = c.id AND s.id = e.source_id
    RETURNING e.id, e.source_id, s.slug, s.name, s.language, s.time_zone, s.delay, s.concurrency, s.user_agent,
        s.headers, e.url, e.canonical_url, e.url_hash, e.host, e.state, e.attempts, e.title, e.summary, e.published_at,
        e.published_raw, e.published_origin, e.published_precision, e.published_zone, e.first_seen_at,
        e.page_id, e.page_fetched_at
""")

_SETTLED = {
    "id": "bigint", "state": "text", "reason": "text", "detail": "text", "due_at": "timestamptz",
    "attempts": "integer", "article_id": "bigint",
}  # fmt: skip
_SETTLE = text(f"""
    UPDATE ingest.entries e
    SET state = v.state, reason = v.reason, detail = v.detail, due_at = coalesce(v.due_at, e.due_at),
        page_id = CASE WHEN v.state <> 'retry' THEN e.page_id END,
        page_fetched_at = CASE WHEN v.state <> 'retry' THEN e.page_fetched_at END,
        attempts = v.attempts, article_id = v.article_id, lease_owner = NULL, lease_until = NULL,
        settled_at = CASE WHEN v.state = 'retry' THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _SETTLED.items())})
         AS v({", ".join(_SETTLED)})
    WHERE e.id = v.id AND e.lease_owner = :owner
""")

_MARK_FETCHED = text("""
    UPDATE ingest.entries e
    SET state = 'fetched', page_id = v.page_id, page_fetched_at = v.fetched_at, attempts = e.attempts + 1
    FROM unnest(CAST(:entry_id AS bigint[]), CAST(:id AS bigint[]), CAST(:fetched_at AS timestamptz[]))
         AS v(entry_id, page_id, fetched_at)
    WHERE e.id = v.entry_id AND e.lease_owner = :owner
""")

# Back to where a lease was taken: with a page, after a failure, or never tried.
_RELEASED = """
    UPDATE ingest.entries
    SET state = CASE WHEN page_id IS NOT NULL THEN 'fetched' WHEN reason IS NOT NULL THEN 'retry' ELSE 'pending' END,
        lease_owner = NULL, lease_until = NULL
"""
_KEYS = {"entries": "id", "hosts": "host", "feeds": "id"}


def add(conn: Connection, rows: Sequence[Row], now: datetime, *, priority: int = 0) -> list[int]:
    """Add listed addresses with their sightings; returns the source id of each entry that is new."""
    if not rows:
        return []
    listed = arrays(rows, _LISTED)
    conn.execute(_ADD_HOSTS, {"host": listed["host"], "now": now})
    new = list(conn.execute(_ADD_ENTRIES, listed | {"now": now, "priority": priority}).scalars())
    conn.execute(_ADD_SIGHTINGS, listed | {"now": now})
    return new


@dataclass(frozen=True, slots=True)
class Share:
    """How much a claim may take: up to `hosts` hosts and `count` entries, no host whose next slot is beyond `horizon`.

    `sources`: entries of these sources only; None: of all.
    """

    hosts: int
    count: int
    horizon: timedelta
    sources: Sequence[int] | None = None


def claim(
    conn: Connection, owner: str, now: datetime, lease: timedelta, share: Share
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lease hosts and their due entries for `owner`: (host rows, entry rows by id)."""
    sources = None if share.sources is None else list(share.sources)
    chosen = {"owner": owner, "now": now, "until": now + lease, "sources": sources, "count": share.count}
    wanted = chosen | {"hosts": share.hosts, "soon": now + share.horizon}
    hosts = [dict(row) for row in conn.execute(_CLAIM_HOSTS, wanted).mappings()]
    found = chosen | {"held": [row["host"] for row in hosts]}
    entries = [dict(row) for row in conn.execute(_CLAIM_ENTRIES, found).mappings()] if hosts else []
    return hosts, sorted(entries, key=lambda row: row["id"])


def renew(conn: Connection, owner: str, until: datetime) -> None:
    """Move the end of every lease of `owner`; rows that are being written keep theirs until the next call."""
    for table in _KEYS:
        statement = _unless_locked(f"UPDATE ingest.{table} SET lease_until = :until", table, "lease_owner = :owner")
        conn.execute(statement, {"owner": owner, "until": until})


def mark_fetched(conn: Connection, owner: str, pages: Sequence[Row]) -> None:
    """Note the archived page of each entry; the lease stays."""
    if pages:
        conn.execute(_MARK_FETCHED, arrays(pages, ("entry_id", "id", "fetched_at")) | {"owner": owner})


def settle(conn: Connection, owner: str, rows: Sequence[Row], now: datetime) -> None:
    """Write the outcome of entries and end their leases; entries that another process took over are left alone."""
    if rows:
        conn.execute(_SETTLE, arrays(rows, _SETTLED) | {"owner": owner, "now": now})


def held(conn: Connection, owner: str, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that `owner` still holds, locked until the end of the transaction."""
    statement = text("""
        SELECT id FROM ingest.entries WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_owner = :owner
        ORDER BY id FOR NO KEY UPDATE
    """)
    return set(conn.execute(statement, {"ids": list(ids), "owner": owner}).scalars())


def release_entries(conn: Connection, owner: str, ids: Sequence[int]) -> None:
    """Put entries back that were claimed and not worked on."""
    conn.execute(
        text(f"{_RELEASED} WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_owner = :owner"),
        {"ids": list(ids), "owner": owner},
    )


def release_hosts(conn: Connection, owner: str, rows: Sequence[Row]) -> None:
    """End the leases of hosts and note the next slot and the robots.txt of each."""
    statement = text("""
        UPDATE ingest.hosts h
        SET lease_owner = NULL, lease_until = NULL, next_request_at = greatest(h.next_request_at, v.next_request_at),
            robots_status = v.robots_status, robots_body = v.robots_body, robots_expires_at = v.robots_expires_at
        FROM unnest(CAST(:host AS text[]), CAST(:next_request_at AS timestamptz[]), CAST(:robots_status AS smallint[]),
                    CAST(:robots_body AS text[]), CAST(:robots_expires_at AS timestamptz[]))
             AS v(host, next_request_at, robots_status, robots_body, robots_expires_at)
        WHERE h.host = v.host AND h.lease_owner = :owner
    """)
    columns = ("host", "next_request_at", "robots_status", "robots_body", "robots_expires_at")
    conn.execute(statement, arrays(rows, columns) | {"owner": owner})


def release_expired(conn: Connection, now: datetime) -> int:
    """Free the entries whose lease ran out (their process died); returns how many."""
    statement = _unless_locked(_RELEASED, "entries", "lease_owner IS NOT NULL AND lease_until < :now")
    return conn.execute(statement, {"now": now}).rowcount


def release_run(conn: Connection, run_id: int) -> None:
    """Free everything that processes of a dead run still hold (owners are called `run:<id>:...`)."""
    mine = {"owners": f"run:{run_id}:%"}
    conn.execute(_unless_locked(_RELEASED, "entries", "lease_owner LIKE :owners"), mine)
    for table in ("hosts", "feeds"):
        change = f"UPDATE ingest.{table} SET lease_owner = NULL, lease_until = NULL"
        conn.execute(_unless_locked(change, table, "lease_owner LIKE :owners"), mine)


def _unless_locked(change: str, table: str, condition: str) -> TextClause:
    """`change` for the rows that nobody is writing: sweeps over many rows never wait, so they can't deadlock."""
    key = _KEYS[table]
    return text(f"""
        {change} WHERE {key} IN (SELECT {key} FROM ingest.{table} WHERE {condition} FOR NO KEY UPDATE SKIP LOCKED)
    """)


def counts(conn: Connection) -> dict[str, int]:
    """Number of entries by state."""
    rows = conn.execute(text("SELECT state, count(*) FROM ingest.entries GROUP BY state ORDER BY state"))
    return {state: count for state, count in rows.all()}  # noqa: C416 - rows are not tuples to the type checker


def next_due_at(conn: Connection) -> datetime | None:
    """When the next open entry is due; None: none is open."""
    statement = text("SELECT min(due_at) FROM ingest.entries WHERE state IN ('pending', 'retry', 'fetched')")
    return conn.execute(statement).scalar()


def next_slot_at(conn: Connection, now: datetime, sources: Sequence[int] | None) -> datetime | None:
    """When the next host with a due entry may be asked; None: nothing is due, or other processes hold it."""
    statement = text(f"""
        SELECT min(h.next_request_at) FROM ingest.hosts h
        WHERE (h.lease_owner IS NULL OR h.lease_until < :now) AND EXISTS (SELECT FROM ingest.entries e WHERE {_FREE})
    """)
    chosen = {"now": now, "sources": None if sources is None else list(sources)}
    return conn.execute(statement, chosen).scalar()
