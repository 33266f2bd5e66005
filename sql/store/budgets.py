"""ingest.request_hours: how often each source was asked in an hour, and what that leaves for a backfill."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# In the order of their keys: two processes that count for the same sources wait in one direction only.
_BOOK = text("""
    INSERT INTO ingest.request_hours AS h (source_id, hour, is_backfill, requests)
    SELECT v.source_id, date_trunc('hour', CAST(:now AS timestamptz), 'UTC'), v.is_backfill, sum(v.requests)
    FROM unnest(CAST(:source_id AS bigint[]), CAST(:is_backfill AS boolean[]), CAST(:requests AS bigint[]))
         AS v(source_id, is_backfill, requests)
    WHERE v.requests > 0 GROUP BY v.source_id, v.is_backfill ORDER BY v.source_id, v.is_backfill
    ON CONFLICT (source_id, hour, is_backfill) DO UPDATE SET requests = h.requests + excluded.requests
""")
_MADE = text("""
    SELECT coalesce(sum(requests), 0) FROM ingest.request_hours
    WHERE source_id = :source_id AND hour = date_trunc('hour', CAST(:now AS timestamptz), 'UTC')
""")


def book(conn: Connection, rows: Sequence[Row], now: datetime) -> None:
    """Count requests in the hour of `now`; a row has source_id, is_backfill and requests.

    The last statement of its transaction: other processes wait for these rows.
    """
    if rows:
        conn.execute(_BOOK, arrays(rows, ("source_id", "is_backfill", "requests")) | {"now": now})


def left(conn: Connection, source_id: int, budget: int, now: datetime) -> int:
    """How many requests a backfill may still make in the hour of `now`: live ones count as well; 0 at least."""
    made = int(conn.execute(_MADE, {"source_id": source_id, "now": now}).scalar_one())
    return max(0, budget - made)


def next_hour(now: datetime) -> datetime:
    """When the next hour begins, and with it a budget."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
