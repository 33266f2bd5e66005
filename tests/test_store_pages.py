"""The archive gives back exactly the bytes it was given, and the log takes what the web says."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from makers import NOW
from sqlalchemy import Connection, text

from sql.store import pages
from sql.store.bulk import storable


def page_row(body: bytes = b"<p>Guten Tag</p>", **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "entry_id": 1,
        "fetched_at": NOW,
        "url": "https://alpha.example/1",
        "final_url": "https://alpha.example/1?final",
        "status": 200,
        "headers": {"content-type": "text/html"},
        "content_encoding": None,
        "charset": None,
        "body": body,
        "body_sha256": hashlib.sha256(body).digest(),
        "body_bytes": len(body),
        "duration_ms": 12,
        "captured_at": None,
    }
    return plain | changes


def event_row(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "at": NOW,
        "run_id": 1,
        "feed_id": None,
        "entry_id": None,
        "what": "page",
        "url": "https://alpha.example/1",
        "outcome": "fetched",
        "requests": 2,
        "reason": None,
        "detail": None,
        "status": 200,
        "bytes": 10,
        "duration_ms": 5,
    }
    return plain | changes


def round_trip(conn: Connection, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows as they come back, in their order."""
    stored = pages.archive(conn, rows)
    found = pages.read(conn, [(row["id"], row["fetched_at"]) for row in stored])
    return [found[row["id"]] for row in stored]


def test_pages_come_back_as_they_went_in(conn: Connection) -> None:
    rows = [page_row(bytes(range(256)) * 40, charset="utf-8", content_encoding="br"), page_row(b"", status=203)]
    found = round_trip(conn, *rows)
    assert [{name: page[name] for name in row} for row, page in zip(rows, found, strict=True)] == rows


def test_a_page_is_found_in_the_month_it_was_fetched_and_beyond_all_months(conn: Connection) -> None:
    times = [datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC), NOW]
    rows = [page_row(str(at).encode(), fetched_at=at) for at in times]
    assert [page["body"] for page in round_trip(conn, *rows)] == [row["body"] for row in rows]


HEADERS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "umlauts and signs beyond the first plane": ({"x": "Zürich €😀"}, {"x": "Zürich €😀"}),
    "quotes, backslashes and what looks like JSON": ({"x": '"\\u0000" {}'}, {"x": '"\\u0000" {}'}),
    "control characters": ({"x": "a\tb\x01\x7f"}, {"x": "a\tb\x01\x7f"}),
    "a byte that is not UTF-8": ({"x": "caf\udce9"}, {"x": "caf\ufffd"}),
    "NUL": ({"x\x00": "a\x00b"}, {"x\ufffd": "a\ufffdb"}),
    "no header at all": ({}, {}),
}


@pytest.mark.parametrize(("given_headers", "expected"), HEADERS.values(), ids=HEADERS)
def test_odd_headers_are_kept_as_far_as_postgres_can(
    conn: Connection, given_headers: dict[str, str], expected: dict[str, str]
) -> None:
    (found,) = round_trip(conn, page_row(headers=given_headers))
    assert found["headers"] == expected


def test_an_address_with_what_postgres_can_not_hold_does_not_stop_the_batch(conn: Connection) -> None:
    found = round_trip(conn, page_row(url="https://alpha.example/\x00\ud800"), page_row())
    assert [page["url"] for page in found] == ["https://alpha.example/\ufffd\ufffd", "https://alpha.example/1"]


def test_a_page_that_expired_is_missing_in_the_answer(conn: Connection) -> None:
    (row,) = pages.archive(conn, [page_row()])
    keys = [(row["id"], NOW), (row["id"] + 1000, NOW), (row["id"], NOW + timedelta(days=40))]
    assert set(pages.read(conn, keys)) == {row["id"]}
    assert pages.read(conn, []) == {}


def test_ids_are_handed_out_in_the_order_of_the_rows(conn: Connection) -> None:
    stored = pages.archive(conn, [page_row(entry_id=number) for number in range(50)])
    assert [row["entry_id"] for row in stored] == list(range(50))
    assert [row["id"] for row in stored] == sorted({row["id"] for row in stored})


def test_nothing_to_archive_or_to_log_is_fine(conn: Connection) -> None:
    assert pages.archive(conn, []) == []
    pages.log(conn, [])
    assert conn.execute(text("SELECT count(*) FROM ingest.fetch_events")).scalar() == 0


def test_each_request_is_a_row_of_the_log(conn: Connection) -> None:
    rows = [
        event_row(entry_id=7),
        event_row(what="feed", feed_id=3, outcome="failed", reason="timeout", detail="bad \x00 \udce9", status=None),
        event_row(what="robots", url="https://alpha.example/robots.txt"),
    ]
    pages.log(conn, rows)
    found = conn.execute(text("SELECT * FROM ingest.fetch_events ORDER BY id")).mappings().all()
    expected = [rows[0], rows[1] | {"detail": "bad \ufffd \ufffd"}, rows[2]]
    assert [{name: row[name] for name in expected[0]} for row in found] == expected


@hypothesis_settings(max_examples=200)
@given(st.text(st.characters(codec=None)) | st.text("ab\x00\ud800\udfffé"))
def test_what_is_stored_is_text_of_the_same_length_and_otherwise_the_same(value: str) -> None:
    kept = storable(value)
    assert len(kept) == len(value)
    assert "\x00" not in kept.encode().decode()
    assert all(v in (k, "\x00") or "\ud800" <= v <= "\udfff" for k, v in zip(kept, value, strict=True))
