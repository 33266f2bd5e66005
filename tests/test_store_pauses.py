"""Pauses in the database: who is paused, since when, until when; and that a paused source is left alone."""

from datetime import UTC, datetime, timedelta

from makers import known_feeds
from sqlalchemy import Connection, text

from sql.store import feeds, pauses

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_pause_lasts_until_its_end_and_then_no_more(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    assert pauses.pause(conn, "alpha", NOW, NOW + HOUR, "they asked for it")
    (row,) = pauses.paused(conn, NOW)
    assert row == {
        "slug": "alpha", "paused_at": NOW, "paused_until": NOW + HOUR, "pause_reason": "they asked for it",
    }  # fmt: skip
    assert pauses.paused(conn, NOW + HOUR) == []


def test_a_pause_without_an_end_lasts_until_it_is_resumed(conn: Connection) -> None:
    known_feeds(conn, "alpha")
    pauses.pause(conn, "alpha", NOW, None, "too slow")
    assert [row["slug"] for row in pauses.paused(conn, NOW + timedelta(days=999))] == ["alpha"]
    assert pauses.resume(conn, "alpha")
    assert not pauses.resume(conn, "alpha")
    assert pauses.paused(conn, NOW) == []


def test_a_second_pause_keeps_the_beginning_of_one_that_lasts(conn: Connection) -> None:
    known_feeds(conn, "alpha")
    pauses.pause(conn, "alpha", NOW, NOW + HOUR, "first")
    pauses.pause(conn, "alpha", NOW + HOUR / 2, None, "second")
    (row,) = pauses.paused(conn, NOW + HOUR)
    assert (row["paused_at"], row["paused_until"], row["pause_reason"]) == (NOW, None, "second")


def test_a_pause_after_one_that_is_over_begins_anew(conn: Connection) -> None:
    known_feeds(conn, "alpha")
    pauses.pause(conn, "alpha", NOW, NOW + HOUR, "first")
    pauses.pause(conn, "alpha", NOW + 2 * HOUR, None, "second")
    assert pauses.paused(conn, NOW + 2 * HOUR)[0]["paused_at"] == NOW + 2 * HOUR


def test_nobody_else_is_paused_and_unknown_sources_are_told(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    assert not pauses.pause(conn, "gamma", NOW, None, "x")
    assert not pauses.resume(conn, "gamma")
    assert pauses.pause(conn, "beta", NOW, None, "x")
    assert [row["slug"] for row in pauses.paused(conn, NOW)] == ["beta"]


def test_the_feeds_of_a_paused_source_are_not_claimed_until_the_pause_is_over(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    conn.execute(text("UPDATE ingest.feeds SET next_poll_at = :now"), {"now": NOW})
    pauses.pause(conn, "alpha", NOW, NOW + HOUR, "x")

    def claimed(now: datetime) -> set[str]:
        with conn.begin_nested() as savepoint:
            rows = feeds.claim_due(conn, "run:1", now, HOUR / 60, None, all_of_them=True)
            savepoint.rollback()
        return {str(row["slug"]) for row in rows}

    assert claimed(NOW) == {"beta"}
    assert claimed(NOW + HOUR) == {"alpha", "beta"}
