"""What is kept for a time only and does not go by partitions: values that reprocesses replaced, hours of budgets."""

from datetime import datetime

from sqlalchemy import Connection, text

# A run writes its changes after its start, so that older runs have all that is too old. They are few, and the primary
# key begins with them: no index on the time is needed.
_OLD = """
    FROM ingest.reprocess_changes
    WHERE run_id = ANY(ARRAY(SELECT id FROM ingest.runs WHERE flow = 'reprocess' AND started_at < :before))
      AND at < :before
"""
_DELETE = text(f"""
    DELETE FROM ingest.reprocess_changes
    WHERE (run_id, revision_id, field) IN (SELECT run_id, revision_id, field {_OLD} LIMIT :count)
""")
_COUNT = text(f"SELECT count(*) {_OLD}")


def old_changes(conn: Connection, before: datetime) -> int:
    """How many replaced values were replaced before a time."""
    return int(conn.execute(_COUNT, {"before": before}).scalar_one())


def forget_changes(conn: Connection, before: datetime, most: int) -> int:
    """Delete up to `most` values that were replaced before a time; returns how many."""
    return conn.execute(_DELETE, {"before": before, "count": most}).rowcount


def forget_hours(conn: Connection, before: datetime) -> int:
    """Delete the counts of requests of hours before a time (ingest.request_hours); returns how many."""
    return conn.execute(text("DELETE FROM ingest.request_hours WHERE hour < :before"), {"before": before}).rowcount
