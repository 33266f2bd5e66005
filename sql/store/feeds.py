"""Polling state of ingest.feeds: which are due, who polls them, what came of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# The due feeds of present sources that nobody polls at present.
_CLAIM = text("""
    WITH chosen AS MATERIALIZED (
        SELECT d.id FROM ingest.feeds d JOIN ingest.sources t ON t.id = d.source_id
        WHERE d.absent_since IS NULL AND t.absent_since IS NULL
          AND (d.next_poll_at <= :now OR :all_of_them)
          AND (d.lease_until IS NULL OR d.lease_until < :now)
          AND (CAST(:slugs AS text[]) IS NULL OR t.slug = ANY(CAST(:slugs AS text[])))
        FOR NO KEY UPDATE OF d SKIP LOCKED
    )
    UPDATE ingest.feeds f SET lease_owner = :owner, lease_until = :until
    FROM chosen c, ingest.sources s
    WHERE f.id = c.id AND s.id = f.source_id
    RETURNING f.id, f.source_id, s.slug, f.url, coalesce(f.time_zone, s.time_zone) AS time_zone, f.every, f.etag,
              f.last_modified, f.body_sha256, f.failures, s.delay, s.user_agent, s.headers
""")

_SETTLED = {
    "id": "bigint", "etag": "text", "last_modified": "text", "body_sha256": "bytea", "next_poll_at": "timestamptz",
    "polled_at": "timestamptz", "changed": "boolean", "outcome": "text", "detail": "text", "failed": "boolean",
}  # fmt: skip

# Locked in the order of their ids, as a sync does (sql/store/sources.py), so that the two can't deadlock.
_SETTLE = text(f"""
    WITH mine AS MATERIALIZED (
        SELECT id FROM ingest.feeds WHERE id = ANY(CAST(:id AS bigint[])) AND lease_owner = :owner
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE ingest.feeds f
    SET etag = v.etag, last_modified = v.last_modified, body_sha256 = v.body_sha256, next_poll_at = v.next_poll_at,
        last_polled_at = v.polled_at, last_outcome = v.outcome, last_detail = v.detail,
        last_changed_at = CASE WHEN v.changed THEN v.polled_at ELSE f.last_changed_at END,
        failures = CASE WHEN v.failed THEN f.failures + 1 ELSE 0 END, lease_owner = NULL, lease_until = NULL
    FROM mine, unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _SETTLED.items())})
         AS v({", ".join(_SETTLED)})
    WHERE f.id = v.id AND f.id = mine.id
""")


def claim_due(
    conn: Connection, owner: str, now: datetime, lease: timedelta, slugs: Sequence[str] | None, *, all_of_them: bool
) -> list[dict[str, Any]]:
    """Lease the due feeds (of `slugs`, None: all) for `owner`; `all_of_them`: due or not. In the order of their ids."""
    chosen = {"owner": owner, "now": now, "until": now + lease, "all_of_them": all_of_them}
    rows = conn.execute(_CLAIM, chosen | {"slugs": list(slugs) if slugs is not None else None}).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: row["id"])


def settle(conn: Connection, owner: str, rows: Sequence[Row]) -> None:
    """Write what the polls brought and end their leases; feeds that another process took over are left alone."""
    if rows:
        conn.execute(_SETTLE, arrays(rows, _SETTLED) | {"owner": owner})


def next_due_at(conn: Connection) -> datetime | None:
    """When the next feed is due; None: there is none."""
    statement = text("""
        SELECT min(f.next_poll_at) FROM ingest.feeds f JOIN ingest.sources s ON s.id = f.source_id
        WHERE f.absent_since IS NULL AND s.absent_since IS NULL
    """)
    return conn.execute(statement).scalar()
