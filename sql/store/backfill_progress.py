"""How far backfills are: what became of what archives announced. Reads only."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row
from sql.store.identity import identities

_TOTALS = text("""
    SELECT count(*) AS announced,
           count(*) FILTER (WHERE e.first_seen_at = c.first_seen_at AND e.origin = 'backfill') AS added,
           count(*) FILTER (WHERE e.page_id IS NOT NULL) AS fetched,
           count(*) FILTER (WHERE e.state = 'loaded') AS loaded,
           count(*) FILTER (WHERE e.state = 'duplicate') AS duplicates,
           count(*) FILTER (WHERE e.state IN ('skipped', 'gone', 'dead')) AS failed,
           count(*) FILTER (WHERE e.state IN ('pending', 'leased', 'fetched', 'retry')) AS open,
           count(*) FILTER (WHERE e.state IN ('pending', 'leased', 'fetched', 'retry') AND e.priority = 0) AS live
    FROM (SELECT entry_id, min(first_seen_at) AS first_seen_at FROM ingest.candidates
          WHERE backfill_id = :id GROUP BY entry_id) c
    JOIN ingest.entries e ON e.id = c.entry_id
""")
_COVERED = ("announced", "fetched", "loaded", "duplicates", "failed", "open")
_COVERAGE = text(f"""
    SELECT CAST(d AS date) AS day, {", ".join(f"coalesce(c.{name}, 0) AS {name}" for name in _COVERED)}
    FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '1 day') AS d
    LEFT JOIN (SELECT v.* FROM news.coverage v JOIN ingest.sources s ON s.slug = v.source WHERE s.id = :source) c
        ON c.day = CAST(d AS date)
    ORDER BY 1
""")
_HAS_DUE = text("""
    SELECT EXISTS (
        SELECT FROM ingest.hosts h CROSS JOIN LATERAL (
            SELECT FROM ingest.entries e
            WHERE e.host = h.host AND e.priority = 1 AND e.state IN ('pending', 'retry', 'fetched')
              AND e.lease_owner IS NULL AND e.due_at <= :now AND e.source_id = ANY(CAST(:sources AS bigint[])) LIMIT 1
        ) due
    )
""")


def totals(conn: Connection, backfill_id: int) -> dict[str, int]:
    """How far the entries of a wish are, with or without a day: announced, added, fetched, loaded, duplicates, failed.

    Also open, and of these `live`: what a feed listed meanwhile, which the live ingest brings to its end.
    """
    return dict(conn.execute(_TOTALS, {"id": backfill_id}).mappings().one())


def coverage(conn: Connection, source_id: int, first: date, last: date) -> list[dict[str, Any]]:
    """Every day of a source from `first` to `last` as in news.coverage; zeros where nothing is known of it."""
    return [
        dict(row) for row in conn.execute(_COVERAGE, {"source": source_id, "first": first, "last": last}).mappings()
    ]


def known_of(conn: Connection, rows: Sequence[Row]) -> list[int | None]:
    """The entry of each row as `announce` takes it, None: it would be a new one; nothing is written."""
    wanted = [dict(row, feed_id=0, guid=None) for row in rows]
    known = identities(conn, wanted) if wanted else None
    return [known.of(row) if known else None for row in wanted]


def median_page(conn: Connection, source_id: int) -> int | None:
    """The median size in bytes of the last 500 pages of a source; None: it has none."""
    statement = text("""
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY p.body_bytes) FROM (
            SELECT page_id, page_fetched_at FROM ingest.entries
            WHERE source_id = :source_id AND page_id IS NOT NULL ORDER BY id DESC LIMIT 500
        ) e JOIN ingest.pages p ON p.id = e.page_id AND p.fetched_at = e.page_fetched_at
    """)
    found = conn.execute(statement, {"source_id": source_id}).scalar()
    return None if found is None else round(found)


def asked(conn: Connection, run_id: int) -> int:
    """How many answers to requests for pages a run has booked."""
    statement = text("SELECT coalesce(sum(received), 0) FROM ingest.run_stages WHERE run_id = :id AND stage = 'fetch'")
    return int(conn.execute(statement, {"id": run_id}).scalar_one())


def has_due(conn: Connection, sources: Sequence[int], now: datetime) -> bool:
    """Whether entries of backfills of these sources are due and nobody's."""
    return bool(conn.execute(_HAS_DUE, {"sources": list(sources), "now": now}).scalar_one())
