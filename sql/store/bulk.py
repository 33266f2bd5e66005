"""Many rows at once: arrays for unnest, binary COPY, ids ahead of an insert."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

Row = Mapping[str, Any]

# What Postgres' text can't hold. Lone surrogates come from header bytes that are not UTF-8, and from JSON escapes.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """`value`, in all its strings U+FFFD for NUL and lone surrogates: one odd character must not stop a batch."""
    match value:
        case str():
            return value if value.isascii() and "\x00" not in value else _UNSTORABLE.sub("\ufffd", value)
        case list() | tuple():
            return [storable(part) for part in value]
        case dict():
            return {storable(key): storable(part) for key, part in value.items()}
        case _:
            return value


def arrays(rows: Sequence[Row], columns: Iterable[str]) -> dict[str, list[Any]]:
    """The columns of `rows` as lists, for unnest(:a, :b, ...)."""
    return {column: [storable(row[column]) for row in rows] for column in columns}


def numbers(values: Iterable[int]) -> str:
    """Integers or truth values as the text of an array; for thousands of them a third of the cost of a list."""
    return f"{{{','.join(map(str, values))}}}"


def copy_rows(conn: Connection, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Binary COPY of `rows` into `table`; `columns` maps column names to their Postgres types."""
    driver = conn.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the engine is made with this driver
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row([_adapted(row[column], kind) for column, kind in columns.items()])


def new_ids(conn: Connection, sequence: str, count: int) -> list[int]:
    """`count` fresh ids of `sequence`, ascending, so that rows can refer to each other before they are written."""
    statement = text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)")
    return sorted(conn.execute(statement, {"sequence": sequence, "count": count}).scalars())


def lock(conn: Connection, name: str) -> None:
    """Wait for the transaction-level advisory lock `name`; it is let go at the end of the transaction."""
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"newstape.{name}"})


def commit_lazily(conn: Connection) -> None:
    """Let this transaction's commit not wait for the disk: a crash of the machine may undo the last half second of it.

    For work that would be repeated from an earlier durable state with the same end. Whatever commits after it with the
    usual care makes it durable too (the log is written in order).
    """
    conn.execute(text("SET LOCAL synchronous_commit = off"))


def _adapted(value: Any, kind: str) -> Any:
    is_json = isinstance(value, dict) or (kind == "jsonb" and isinstance(value, list))
    return Jsonb(storable(value)) if is_json else storable(value)
