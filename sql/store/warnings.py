"""ingest.warnings: what people should look at, one open row per kind, source and feed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# Kind, source and feed (ids or None): what an open warning is known by.
Key = tuple[str, int | None, int | None]
_RAISED = {"kind": "text", "source_id": "bigint", "feed_id": "bigint", "run_id": "bigint", "message": "text"}

# In the order of the key, so that two processes that raise the same ones wait in one direction only.
_RAISE = text(f"""
    INSERT INTO ingest.warnings AS w (kind, source_id, feed_id, run_id, message, first_at, last_at, times)
    SELECT v.*, CAST(:now AS timestamptz), CAST(:now AS timestamptz), 1
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _RAISED.items())}) AS v({", ".join(_RAISED)})
    ORDER BY kind, coalesce(source_id, 0), coalesce(feed_id, 0)
    ON CONFLICT (kind, coalesce(source_id, 0), coalesce(feed_id, 0)) WHERE resolved_at IS NULL
    DO UPDATE SET run_id = excluded.run_id, message = excluded.message, last_at = excluded.last_at, times = w.times + 1
    RETURNING w.kind, w.source_id, w.feed_id, w.times = 1 AS is_new
""")
# Which warnings are open of some kinds about sources and feeds that were looked at.
_OVER = text("""
    UPDATE ingest.warnings SET resolved_at = :now
    WHERE resolved_at IS NULL AND kind = ANY(CAST(:kinds AS text[])) AND NOT (id = ANY(CAST(:besides AS bigint[])))
""")
_OPEN_KEYS = text("""
    SELECT id, kind, source_id, feed_id FROM ingest.warnings
    WHERE resolved_at IS NULL AND kind = ANY(CAST(:kinds AS text[]))
""")

_RESOLVE = text("""
    UPDATE ingest.warnings SET resolved_at = :now
    WHERE resolved_at IS NULL AND kind = :kind
      AND (CAST(:feed_ids AS bigint[]) IS NULL OR feed_id = ANY(CAST(:feed_ids AS bigint[])))
      AND (CAST(:source_ids AS bigint[]) IS NULL OR source_id = ANY(CAST(:source_ids AS bigint[])))
""")


def raise_all(conn: Connection, rows: Sequence[Row], now: datetime) -> set[Key]:
    """Open these warnings, or note that the open ones were seen once more, with the newest message; which are new.

    A row has kind, source_id, feed_id, run_id (each id or None) and message; of rows about the same the last counts.
    """
    by_key = {(row["kind"], row["source_id"], row["feed_id"]): row for row in rows}
    if not by_key:
        return set()
    raised = conn.execute(_RAISE, arrays(list(by_key.values()), _RAISED) | {"now": now})
    return {(row.kind, row.source_id, row.feed_id) for row in raised if row.is_new}


def resolve_others(conn: Connection, kinds: Sequence[str], besides: Callable[[Key], bool], now: datetime) -> int:
    """Close the open warnings of these kinds but for those whose key is to stay open; returns how many."""
    rows = conn.execute(_OPEN_KEYS, {"kinds": list(kinds)}).all()
    kept = [row.id for row in rows if besides((row.kind, row.source_id, row.feed_id))]
    return conn.execute(_OVER, {"kinds": list(kinds), "besides": kept, "now": now}).rowcount


def resolve(
    conn: Connection,
    kind: str,
    now: datetime,
    *,
    feed_ids: Sequence[int] | None = None,
    source_ids: Sequence[int] | None = None,
) -> int:
    """Close the open warnings of `kind` about these feeds or sources (None: about any); returns how many."""
    chosen = {"feed_ids": _ids(feed_ids), "source_ids": _ids(source_ids)}
    return conn.execute(_RESOLVE, chosen | {"kind": kind, "now": now}).rowcount


def open_warnings(conn: Connection) -> list[dict[str, Any]]:
    """The open warnings as in news.warnings, the latest first."""
    statement = text("SELECT * FROM news.warnings WHERE resolved_at IS NULL ORDER BY last_at DESC, warning_id DESC")
    return [dict(row) for row in conn.execute(statement).mappings()]


def _ids(ids: Sequence[int] | None) -> list[int] | None:
    return None if ids is None else list(ids)
