"""The finance fields of revisions: written in bulk, read to be compared, replaced as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays, copy_rows, storable

_EVIDENCE = {
    "revision_id": "int8", "number": "int4", "start": "int4", "stop": "int4", "quote": "text", "rule": "text",
    "confidence": "numeric", "fields_version": "text",
}  # fmt: skip
# What each kind of fact says, beside its evidence.
COLUMNS: dict[str, dict[str, str]] = {
    "mentions": {"instrument_id": "int8"},
    "price_moves": {
        "subject": "text", "instrument_id": "int8", "percent": "numeric", "points": "numeric", "price": "numeric",
        "currency": "text", "venue": "text", "session": "text", "session_date": "date", "date_start": "int4",
        "date_stop": "int4",
    },
    "amounts": {"value": "numeric", "currency": "text", "is_approximate": "bool"},
    "people": {"name": "text", "role": "text", "organisation": "text"},
    "citations": {"name": "text"},
    "ratings": {
        "house": "text", "subject": "text", "instrument_id": "int8", "rating": "text", "previous_rating": "text",
        "target": "numeric", "previous_target": "numeric", "currency": "text",
    },
    "figures": {
        "subject": "text", "instrument_id": "int8", "metric": "text", "period": "text", "value": "numeric",
        "value_high": "numeric", "currency": "text", "change_percent": "numeric", "change_percent_high": "numeric",
    },
    "identifiers": {"scheme": "text", "value": "text"},
}  # fmt: skip
_INSTRUMENT = ("key", "kind", "name", "isin", "ticker")
_ADD_INSTRUMENTS = text("""
    INSERT INTO tape.instruments (key, kind, name, isin, ticker)
    SELECT * FROM unnest(CAST(:key AS text[]), CAST(:kind AS text[]), CAST(:name AS text[]), CAST(:isin AS text[]),
                         CAST(:ticker AS text[])) AS v(key, kind, name, isin, ticker)
    ORDER BY 1
    ON CONFLICT (key) DO NOTHING
""")
_INSTRUMENTS = text("SELECT key, id FROM tape.instruments WHERE key = ANY(CAST(:keys AS text[]))")
_MARK = text("""
    UPDATE tape.revisions r SET fields_version = v.fields_version, fields_error = v.fields_error
    FROM unnest(CAST(:id AS bigint[]), CAST(:fields_version AS text[]), CAST(:fields_error AS text[]))
         AS v(id, fields_version, fields_error)
    WHERE r.id = v.id
""")


def instrument_ids(conn: Connection, rows: Sequence[Row], *, adds: bool) -> dict[str, int]:
    """The ids of instruments by key; new ones are added, or have none. A row has key, kind, name, isin and ticker."""
    wanted = {row["key"]: row for row in rows}
    if not wanted:
        return {}
    known = _ids(conn, wanted)
    new = [row for key, row in wanted.items() if key not in known]
    if new and adds:
        conn.execute(_ADD_INSTRUMENTS, arrays(new, _INSTRUMENT))
        known |= _ids(conn, [row["key"] for row in new])
    return known


def _ids(conn: Connection, keys: Iterable[str]) -> dict[str, int]:
    return {row.key: row.id for row in conn.execute(_INSTRUMENTS, {"keys": [storable(key) for key in keys]})}


def save(conn: Connection, facts: Mapping[str, Sequence[Row]]) -> None:
    """Write facts by kind; their revisions are on the tape and have none of these."""
    for kind, rows in facts.items():
        if rows:
            copy_rows(conn, f"tape.{kind}", _EVIDENCE | COLUMNS[kind], rows)


def read(conn: Connection, revisions: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """All facts of these revisions by kind, in the order of revisions and of their texts."""
    found = {}
    for kind, columns in COLUMNS.items():
        names = ", ".join((*_EVIDENCE, *columns))
        statement = text(
            f"SELECT {names} FROM tape.{kind} WHERE revision_id = ANY(CAST(:ids AS bigint[])) ORDER BY 1, 2"
        )
        found[kind] = [dict(row) for row in conn.execute(statement, {"ids": list(revisions)}).mappings()]
    return found


def remove(conn: Connection, revisions: Sequence[int]) -> None:
    """Delete all facts of these revisions."""
    if revisions:
        for kind in COLUMNS:
            conn.execute(
                text(f"DELETE FROM tape.{kind} WHERE revision_id = ANY(CAST(:ids AS bigint[]))"),
                {"ids": list(revisions)},
            )


def mark(conn: Connection, rows: Sequence[Row]) -> None:
    """Note which version of the rules has looked at revisions (id), and what it stumbled over."""
    if rows:
        conn.execute(_MARK, arrays(rows, ("id", "fields_version", "fields_error")))
