"""What the database says about itself: our schemas, its version, partitions."""

from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import Connection, text

from sql.store.bulk import lock

SCHEMAS = ("ingest", "tape", "news")
BY_MONTH = ("ingest.pages", "ingest.fetch_events")
MONTHS_AHEAD = 12


def current_revision(conn: Connection) -> str | None:
    """Alembic's revision of the database; None where Newstape's schema has never been made."""
    known = conn.execute(text("SELECT to_regclass('ingest.alembic_version') IS NOT NULL")).scalar()
    return conn.execute(text("SELECT version_num FROM ingest.alembic_version")).scalar() if known else None


def is_empty(conn: Connection) -> bool:
    """Whether the database holds no table or view of anybody."""
    foreign = text("""
        SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%'
          AND n.nspname <> 'information_schema'
        LIMIT 1
    """)
    return conn.execute(foreign).first() is None


def server_version(conn: Connection) -> str:
    """Version of the server, as 18.4."""
    return str(conn.execute(text("SHOW server_version")).scalar_one()).split()[0]


def ensure_partitions(conn: Connection, now: datetime, months: int = MONTHS_AHEAD) -> list[str]:
    """Create the missing month partitions from this month to `months` ahead, and the default ones; returns their names.

    The default partition catches rows outside every month so that nothing is lost; it should stay empty.
    """
    wanted = [
        (f"{parent}_{start:%Y_%m}", f"PARTITION OF {parent} FOR VALUES FROM ('{start:%Y-%m-%d}') TO ('{end:%Y-%m-%d}')")
        for parent in BY_MONTH
        for start, end in _months(now, months)
    ] + [(f"{parent}_default", f"PARTITION OF {parent} DEFAULT") for parent in BY_MONTH]
    if _missing(conn, wanted):
        # Two processes that start together must not both make them: who comes second looks again.
        lock(conn, "partitions")
    missing = _missing(conn, wanted)
    for name, clause in missing:
        conn.execute(text(f"CREATE TABLE {name} {clause}"))
    return [name for name, _ in missing]


def _missing(conn: Connection, wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    exists = text("SELECT to_regclass(:name) IS NOT NULL")
    return [(name, clause) for name, clause in wanted if not conn.execute(exists, {"name": name}).scalar()]


def _months(now: datetime, ahead: int) -> list[tuple[datetime, datetime]]:
    first = now.year * 12 + now.month - 1
    starts = [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(first, first + ahead + 2)]
    return list(pairwise(starts))
