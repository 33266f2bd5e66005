"""How much waits in the frontier."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text


def due(conn: Connection, now: datetime, source_ids: Sequence[int] | None, entry_ids: Sequence[int] | None) -> int:
    """How many entries of the live ingest are due and nobody's, of these sources and entries only (None: all)."""
    statement = text("""
        SELECT count(*) FROM ingest.entries
        WHERE state IN ('pending', 'retry', 'fetched') AND lease_owner IS NULL AND priority = 0 AND due_at <= :now
          AND (CAST(:sources AS bigint[]) IS NULL OR source_id = ANY(CAST(:sources AS bigint[])))
          AND (CAST(:entries AS bigint[]) IS NULL OR id = ANY(CAST(:entries AS bigint[])))
    """)
    chosen = {
        name: None if ids is None else list(ids) for name, ids in (("sources", source_ids), ("entries", entry_ids))
    }
    return int(conn.execute(statement, chosen | {"now": now}).scalar_one())
