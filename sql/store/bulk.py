"""Many rows at once: arrays for unnest, binary COPY, ids ahead of an insert."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

Row = Mapping[str, Any]


def arrays(rows: Sequence[Row], columns: Iterable[str]) -> dict[str, list[Any]]:
    """The columns of `rows` as lists, for unnest(:a, :b, ...)."""
    return {column: [row[column] for row in rows] for column in columns}


def copy_rows(conn: Connection, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Binary COPY of `rows` into `table`; `columns` maps column names to their Postgres types."""
    driver = conn.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the engine is made with this driver
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row([_adapted(row[column]) for column in columns])


def new_ids(conn: Connection, sequence: str, count: int) -> list[int]:
    """`count` fresh ids of `sequence`, ascending, so that rows can refer to each other before they are written."""
    statement = text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)")
    return sorted(conn.execute(statement, {"sequence": sequence, "count": count}).scalars())


def lock(conn: Connection, name: str) -> None:
    """Wait for the transaction-level advisory lock `name`; it is let go at the end of the transaction."""
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"newstape.{name}"})


def _adapted(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value
