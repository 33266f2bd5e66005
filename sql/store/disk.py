"""ingest.disk_days: how large each schema is, and how fast they grow."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from sql.store.schema import SCHEMAS

# Days of figures that growth is computed from, and the fewest that say anything.
LONGEST_LOOK, FEWEST_DAYS = 30, 3

# Partitions count with their own size; their parents have none.
_MEASURE = text("""
    SELECT n.nspname AS schema_name, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
    FROM unnest(CAST(:schemas AS text[])) v(name)
    JOIN pg_namespace n ON n.nspname = v.name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'm')
    GROUP BY n.nspname ORDER BY n.nspname
""")
_KEEP = text("""
    INSERT INTO ingest.disk_days (day, schema_name, bytes, free_bytes)
    VALUES (:day, :schema_name, :bytes, :free_bytes)
    ON CONFLICT (day, schema_name) DO UPDATE SET bytes = excluded.bytes, free_bytes = excluded.free_bytes
""")
_GROWTH = text("""
    SELECT schema_name, (last_bytes - first_bytes)::numeric / (last_day - first_day) AS a_day
    FROM (
        SELECT schema_name, count(*) AS days, min(day) AS first_day, max(day) AS last_day,
               (array_agg(bytes ORDER BY day))[1] AS first_bytes,
               (array_agg(bytes ORDER BY day DESC))[1] AS last_bytes
        FROM ingest.disk_days WHERE day > CAST(:today AS date) - :look AND day <= CAST(:today AS date)
        GROUP BY schema_name
    ) d
    WHERE days >= :fewest
""")


def measure(conn: Connection) -> dict[str, int]:
    """The size of each of our schemas in bytes: tables with their indexes and what is stored beside the rows."""
    return {row.schema_name: row.bytes for row in conn.execute(_MEASURE, {"schemas": list(SCHEMAS)})}


def keep(conn: Connection, today: date, sizes: dict[str, int], free_bytes: int | None) -> None:
    """Keep the sizes of a day; those measured earlier that day give way."""
    rows: list[dict[str, Any]] = [
        {"day": today, "schema_name": name, "bytes": count, "free_bytes": free_bytes} for name, count in sizes.items()
    ]
    conn.execute(_KEEP, rows)


def growth(conn: Connection, today: date) -> dict[str, float]:
    """Bytes a day by which each schema grew over the last 30 days that are kept; without those of too few figures."""
    wanted = {"today": today, "look": LONGEST_LOOK, "fewest": FEWEST_DAYS}
    return {row.schema_name: float(row.a_day) for row in conn.execute(_GROWTH, wanted)}
