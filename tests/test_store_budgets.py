"""The budget of a backfill: requests are counted by source and hour, live ones too."""

from datetime import timedelta

import pytest
from makers import NOW, known_feeds
from sqlalchemy import Connection, text

from sql.store import budgets

HOUR = timedelta(hours=1)


@pytest.fixture
def ids(conn: Connection) -> list[int]:
    """The ids of two sources."""
    return [source_id for source_id, _ in known_feeds(conn, "alpha", "beta").values()]


def asked(source_id: int, requests: int, *, is_backfill: bool = False) -> dict[str, int | bool]:
    return {"source_id": source_id, "is_backfill": is_backfill, "requests": requests}


def test_live_requests_and_those_of_backfills_use_the_budget_up(conn: Connection, ids: list[int]) -> None:
    alpha, beta = ids
    assert budgets.left(conn, alpha, 10, NOW) == 10
    budgets.book(conn, [asked(alpha, 2), asked(beta, 9), asked(alpha, 1), asked(alpha, 3, is_backfill=True)], NOW)
    budgets.book(conn, [asked(alpha, 1, is_backfill=True)], NOW)
    assert budgets.left(conn, alpha, 10, NOW) == 3
    assert budgets.left(conn, alpha, 5, NOW) == 0
    kept = conn.execute(text("SELECT source_id, is_backfill, requests FROM ingest.request_hours ORDER BY 1, 2")).all()
    assert [tuple(row) for row in kept] == [(alpha, False, 3), (alpha, True, 4), (beta, False, 9)]


def test_each_hour_of_the_clock_has_its_budget(conn: Connection, ids: list[int]) -> None:
    budgets.book(conn, [asked(ids[0], 7)], NOW)
    following = budgets.next_hour(NOW)
    assert NOW < following <= NOW + HOUR
    assert budgets.left(conn, ids[0], 7, following - timedelta(microseconds=1)) == 0
    assert budgets.left(conn, ids[0], 7, following) == 7


def test_what_took_no_request_is_not_counted(conn: Connection, ids: list[int]) -> None:
    budgets.book(conn, [asked(ids[0], 0)], NOW)
    budgets.book(conn, [], NOW)
    assert conn.execute(text("SELECT count(*) FROM ingest.request_hours")).scalar() == 0
