"""The partitions of large tables by month or week: rows that found none get theirs, those past their time go.

Both need locks that live work waits for. They are wanted for a moment only; where they can't be had at once, the
statement fails (`connect.is_busy`) and the next night tries again. How partitions are made ahead: schema.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, text

from sql.store.bulk import lock
from sql.store.schema import PARTITIONED, exists

# Who waits for an exclusive lock makes everybody wait who comes after; portals' answers can wait so long.
LONGEST_WAIT = "3s"
# Times outside of this are no clock's, and no partition is made for them.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

_STRAYS = """
    SELECT CAST(date_trunc('{unit}', {key} AT TIME ZONE 'UTC') AS date) AS start, count(*) AS rows
    FROM {table}_default WHERE {key} >= :earliest AND {key} < :latest GROUP BY 1 ORDER BY 1
"""
# Other bounds than ours (somebody's own partition) are read as well; the default one has none and is left out.
_EXPIRED = text("""
    SELECT c.oid::regclass::text AS name, pg_total_relation_size(c.oid) AS bytes
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (
        SELECT CAST(substring(pg_get_expr(c.relpartbound, c.oid) FROM $$TO \\('([^']+)'\\)$$) AS timestamptz) AS stop
    ) bound
    WHERE i.inhparent = CAST(:table AS regclass) AND bound.stop <= :before
    ORDER BY bound.stop, name
""")


@dataclass(frozen=True, slots=True)
class Strays:
    """Rows in the default partition of `table` that belong to a month or week, from `start` on, without a partition."""

    table: str
    start: date
    rows: int

    @property
    def partition(self) -> str:
        """Name of the partition that they get."""
        return PARTITIONED[self.table].name(self.table, self.start)


@dataclass(frozen=True, slots=True)
class Expired:
    """A partition of `table` all of whose rows are past their time; `size` in bytes, indexes included."""

    table: str
    name: str
    size: int


def strays(conn: Connection) -> list[Strays]:
    """What lies in default partitions and can be moved; left out are those under whose name there is a table already.

    Such a table was detached by somebody, who may attach it again.
    """
    found = []
    for table, parts in PARTITIONED.items():
        if exists(conn, f"{table}_default"):
            statement = text(_STRAYS.format(table=table, key=parts.key, unit=parts.unit))
            rows = conn.execute(statement, {"earliest": _EARLIEST, "latest": _LATEST}).all()
            found += [Strays(table, row.start, row.rows) for row in rows]
    return [one for one in found if not exists(conn, one.partition)]


def move(conn: Connection, found: Strays) -> int:
    """Give stray rows a partition of their own; returns how many there were. All or nothing, in one transaction."""
    parts = PARTITIONED[found.table]
    start, stop, key = found.start, parts.stop(found.start), parts.key
    wait_briefly(conn)
    lock(conn, "partitions")
    # Nobody adds rows meanwhile: one for this time, not moved, would make attaching fail. Reading goes on.
    conn.execute(text(f"LOCK TABLE ONLY {found.table}_default IN SHARE ROW EXCLUSIVE MODE"))
    conn.execute(
        text(f"CREATE TABLE {found.partition} (LIKE {found.table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS "
             "INCLUDING STORAGE)")
    )  # fmt: skip
    moved = conn.execute(
        text(f"""
            WITH moved AS (
                DELETE FROM {found.table}_default WHERE {key} >= '{start} 00:00+00' AND {key} < '{stop} 00:00+00'
                RETURNING *
            )
            INSERT INTO {found.partition} SELECT * FROM moved
        """)
    ).rowcount
    conn.execute(
        text(f"ALTER TABLE {found.table} ATTACH PARTITION {found.partition} FOR VALUES FROM ('{start}') TO ('{stop}')")
    )
    return moved


def expired(conn: Connection, before: Mapping[str, datetime]) -> list[Expired]:
    """Partitions that lie entirely before a time, given by table, with their size; the oldest first."""
    found = []
    for table, at in before.items():
        rows = conn.execute(_EXPIRED, {"table": table, "before": at}).all()
        found += [Expired(table, row.name, row.bytes) for row in rows]
    return found


def drop(conn: Connection, one: Expired) -> None:
    """Drop a partition with all its rows; the file system has its space back at the commit."""
    wait_briefly(conn)
    conn.execute(text(f"DROP TABLE {one.name}"))


def wait_briefly(conn: Connection) -> None:
    """Let this transaction wait three seconds for a lock at most."""
    conn.execute(text(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'"))
