"""ingest.rights: what a host and a page said about automated use, kept longer than the page."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays, copy_rows

_COLUMNS = {
    "page_id": "int8", "page_fetched_at": "timestamptz", "entry_id": "int8", "robots": "text", "x_robots_tag": "text",
    "tdm_reservation": "text", "tdm_policy": "text",
}  # fmt: skip
_STATED = {
    "page_id": "bigint", "page_fetched_at": "timestamptz", "meta_robots": "text", "tdm_reservation": "text",
    "tdm_policy": "text", "paywall": "boolean",
}  # fmt: skip
# What a header says counts before what the page says.
_STATE = text(f"""
    UPDATE ingest.rights r
    SET meta_robots = v.meta_robots, paywall = v.paywall,
        tdm_reservation = coalesce(r.tdm_reservation, v.tdm_reservation),
        tdm_policy = coalesce(r.tdm_policy, v.tdm_policy)
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _STATED.items())})
         AS v({", ".join(_STATED)})
    WHERE r.page_id = v.page_id AND r.page_fetched_at = v.page_fetched_at
""")


def book(conn: Connection, rows: Sequence[Row]) -> None:
    """Note for archived pages what robots.txt and the headers said."""
    copy_rows(conn, "ingest.rights", _COLUMNS, rows)


def complete(conn: Connection, rows: Sequence[Row]) -> None:
    """Add what the pages themselves state."""
    if rows:
        conn.execute(_STATE, arrays(rows, _STATED))
