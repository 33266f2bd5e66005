"""What the planner knows about the large tables: autovacuum leaves parents of partitions out, and small growth."""

from sqlalchemy import Connection, text

from sql.store.partitions import wait_briefly

# Of pages without headers and bodies, by which nobody looks for anything.
LARGE = (
    "ingest.entries",
    "ingest.sightings",
    "ingest.candidates",
    "ingest.pages (id, fetched_at, entry_id, status, body_bytes)",
    "ingest.fetch_events",
    "ingest.sketches",
    "ingest.sketch_keys",
    "ingest.counted_texts",
    "tape.articles",
    "tape.revisions",
    "tape.stories",
)


def analyze(conn: Connection, table: str) -> None:
    """Count anew what a table (one of LARGE) holds; fails where another one does so at this moment."""
    wait_briefly(conn)
    conn.execute(text(f"ANALYZE {table}"))
