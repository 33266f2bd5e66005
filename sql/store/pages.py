"""The page archive and the log of requests: insert-only, by COPY."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, copy_rows, new_ids

_PAGE_COLUMNS = {
    "id": "int8", "fetched_at": "timestamptz", "captured_at": "timestamptz", "entry_id": "int8", "url": "text",
    "final_url": "text", "status": "int2", "headers": "jsonb", "content_encoding": "text", "charset": "text",
    "body": "bytea", "body_sha256": "bytea", "body_bytes": "int4", "duration_ms": "int4",
}  # fmt: skip
_EVENT_COLUMNS = {
    "id": "int8", "at": "timestamptz", "run_id": "int8", "feed_id": "int8", "entry_id": "int8", "what": "text",
    "url": "text", "outcome": "text", "requests": "int2", "reason": "text", "detail": "text", "status": "int2",
    "bytes": "int4", "duration_ms": "int4",
}  # fmt: skip


def archive(conn: Connection, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Store pages as received; returns the rows with their new `id`.

    A row has the table's columns except `id`; `headers` is a dict.
    """
    ids = new_ids(conn, "ingest.pages_id_seq", len(rows))
    stored = [dict(row, id=page_id) for row, page_id in zip(rows, ids, strict=True)]
    copy_rows(conn, "ingest.pages", _PAGE_COLUMNS, stored)
    return stored


def read(conn: Connection, keys: Sequence[tuple[int, datetime]]) -> dict[int, dict[str, Any]]:
    """Archived pages by id; `keys` are (id, fetched_at). A page that has expired is missing in the answer."""
    if not keys:
        return {}
    statement = text("""
        SELECT p.* FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS timestamptz[])) AS k(id, fetched_at)
        JOIN ingest.pages p ON p.id = k.id AND p.fetched_at = k.fetched_at
    """)
    rows = conn.execute(statement, {"ids": [k for k, _ in keys], "times": [t for _, t in keys]}).mappings()
    return {row["id"]: dict(row) for row in rows}


def log(conn: Connection, rows: Sequence[Row]) -> None:
    """Store what was asked in fetch_events; a row has the table's columns except `id`."""
    ids = new_ids(conn, "ingest.fetch_events_id_seq", len(rows))
    copy_rows(
        conn,
        "ingest.fetch_events",
        _EVENT_COLUMNS,
        [dict(row, id=event_id) for row, event_id in zip(rows, ids, strict=True)],
    )
