"""Pages that came along with what an archive announces: their entries need not be asked any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# What somebody works on is left to them. Locked in the order of their ids, as everywhere.
_WANTING = text("""
    SELECT id FROM ingest.entries
    WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_owner IS NULL AND reason IS DISTINCT FROM 'taken_down'
      AND (:again OR (
        state IN ('pending', 'retry') AND page_id IS NULL AND article_id IS NULL))
    ORDER BY id FOR NO KEY UPDATE
""")
_TAKE = text("""
    UPDATE ingest.entries e
    SET state = 'fetched', page_id = v.page_id, page_fetched_at = v.fetched_at, due_at = :now, attempts = 0,
        reason = NULL, detail = NULL, recheck_at = NULL, settled_at = NULL, priority = 1
    FROM unnest(CAST(:entry_id AS bigint[]), CAST(:id AS bigint[]), CAST(:fetched_at AS timestamptz[]))
         AS v(entry_id, page_id, fetched_at)
    WHERE e.id = v.entry_id
""")


def wanting(conn: Connection, ids: Sequence[int], *, again: bool) -> set[int]:
    """Those of `ids` that need a page, locked: open, without a page or an article; `again`: whatever they are."""
    return set(conn.execute(_WANTING, {"ids": sorted(set(ids)), "again": again}).scalars()) if ids else set()


def take(conn: Connection, stored: Sequence[Row], now: datetime) -> None:
    """Make entries fetched whose pages are in the archive now (entry_id, id, fetched_at), to be read by a backfill."""
    if stored:
        conn.execute(_TAKE, arrays(stored, ("entry_id", "id", "fetched_at")) | {"now": now})
