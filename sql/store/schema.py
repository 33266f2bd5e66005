"""What the database says about itself: our schemas, its version, partitions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, text

from sql.store.bulk import lock

SCHEMAS = ("ingest", "tape", "news")
MONTHS_AHEAD = 12
# Every lookup asks each partition: few are made ahead.
WEEKS_AHEAD = 3
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Parts:
    """How a table is partitioned: by the month or the ISO week, in UTC, of the column `key`."""

    key: str
    unit: str = "month"

    def name(self, table: str, start: date) -> str:
        """Name of the partition that begins on a day."""
        return f"{table}_{start:%Y_%m}" if self.unit == "month" else f"{table}_{start:%Y_%m_%d}"

    def stop(self, start: date) -> date:
        """The day after the last one of the partition that begins on a day."""
        return (start + timedelta(days=31)).replace(day=1) if self.unit == "month" else start + _WEEK


PARTITIONED = {
    "ingest.pages": Parts("fetched_at"),
    "ingest.fetch_events": Parts("at"),
    "ingest.sketch_keys": Parts("placed_at", "week"),
    "ingest.counted_texts": Parts("counted_at", "week"),
}


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


def ensure_partitions(
    conn: Connection, now: datetime, months: int = MONTHS_AHEAD, weeks: int = WEEKS_AHEAD
) -> list[str]:
    """Create the missing partitions from now to `months` or `weeks` ahead, and the default ones.

    Returns their names. The default partition catches rows outside of all others so that nothing is lost; it should
    stay empty. A time that has rows there gets no partition here: they have to be moved first (partitions.py).
    """
    if missing_partitions(conn, now, months, weeks):
        # Two processes that start together must not both make them: who comes second looks again.
        lock(conn, "partitions")
    missing = missing_partitions(conn, now, months, weeks)
    for name, clause in missing.items():
        conn.execute(text(f"CREATE TABLE {name} {clause}"))
    return list(missing)


def missing_partitions(
    conn: Connection, now: datetime, months: int = MONTHS_AHEAD, weeks: int = WEEKS_AHEAD
) -> dict[str, str]:
    """What `ensure_partitions` would create: name and the clause that makes it a partition."""
    missing = {}
    for table, parts in PARTITIONED.items():
        default = f"{table}_default"
        has_default = exists(conn, default)
        for start, end in _months(now, months) if parts.unit == "month" else _weeks(now, weeks):
            span = f"FROM ('{start:%Y-%m-%d}') TO ('{end:%Y-%m-%d}')"
            strays = text(f"SELECT 1 FROM {default} WHERE {parts.key} >= :start AND {parts.key} < :end LIMIT 1")
            name = parts.name(table, start)
            if exists(conn, name) or (has_default and conn.execute(strays, {"start": start, "end": end}).first()):
                continue
            missing[name] = f"PARTITION OF {table} FOR VALUES {span}"
        if not has_default:
            missing[default] = f"PARTITION OF {table} DEFAULT"
    return missing


def exists(conn: Connection, name: str) -> bool:
    """Whether there is a table of this name, given with its schema."""
    return bool(conn.execute(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name}).scalar())


def _months(now: datetime, ahead: int) -> list[tuple[datetime, datetime]]:
    first = now.year * 12 + now.month - 1
    starts = [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(first, first + ahead + 2)]
    return list(pairwise(starts))


def _weeks(now: datetime, ahead: int) -> list[tuple[datetime, datetime]]:
    monday = datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=now.weekday())
    return [(monday + n * _WEEK, monday + (n + 1) * _WEEK) for n in range(ahead + 1)]
