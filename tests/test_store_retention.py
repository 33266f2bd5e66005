"""Replaced values: those of old reprocesses are counted and deleted in pieces, all others stay."""

from datetime import timedelta

from makers import NOW, known_feeds
from sqlalchemy import Connection, text

from sql.store import budgets, retention, runs

BEFORE = NOW - timedelta(days=400)


def reprocess(conn: Connection, started_days_before: int, *changes_days_before: int, flow: str = "reprocess") -> int:
    """A run that started so many days before the limit, with a replaced value for each of the others."""
    run_id = runs.open_run(conn, flow, process="x", version="1", parameters={}, prefect_run_id=None)
    started = BEFORE - timedelta(days=started_days_before)
    conn.execute(text("UPDATE ingest.runs SET started_at = :at WHERE id = :id"), {"at": started, "id": run_id})
    added = text(
        "INSERT INTO ingest.reprocess_changes (run_id, revision_id, field, at) VALUES (:run, :n, 'title', :at)"
    )
    for number, days in enumerate(changes_days_before):
        conn.execute(added, {"run": run_id, "n": number, "at": BEFORE - timedelta(days=days)})
    return run_id


def left(conn: Connection) -> list[tuple[int, int]]:
    rows = conn.execute(text("SELECT run_id, revision_id FROM ingest.reprocess_changes ORDER BY 1, 2"))
    return [(row.run_id, row.revision_id) for row in rows]


def test_only_values_replaced_before_the_limit_are_counted_and_deleted(conn: Connection) -> None:
    over = reprocess(conn, 2, 2, 1, -1)
    young = reprocess(conn, -1, -1, -2)
    assert retention.old_changes(conn, BEFORE) == 2
    assert retention.forget_changes(conn, BEFORE, 100) == 2
    assert left(conn) == [(over, 2), (young, 0), (young, 1)]
    assert retention.old_changes(conn, BEFORE) == 0


def test_a_value_replaced_exactly_at_the_limit_stays(conn: Connection) -> None:
    reprocess(conn, 1, 0)
    assert retention.forget_changes(conn, BEFORE, 100) == 0


def test_no_more_are_deleted_at_once_than_asked_for(conn: Connection) -> None:
    reprocess(conn, 5, 4, 3, 2)
    reprocess(conn, 4, 3)
    assert [retention.forget_changes(conn, BEFORE, 3) for _ in range(3)] == [3, 1, 0]
    assert left(conn) == []


def test_hours_of_budgets_are_forgotten(conn: Connection) -> None:
    source_id, _ = known_feeds(conn, "alpha")["alpha/all"]
    for age in (1, 3):
        asked = [{"source_id": source_id, "is_backfill": False, "requests": 1}]
        budgets.book(conn, asked, NOW - timedelta(hours=age))
    assert retention.forget_hours(conn, NOW - timedelta(hours=2)) == 1
    assert budgets.left(conn, source_id, 10, NOW - timedelta(hours=1)) == 9
