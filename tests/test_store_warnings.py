"""Warnings: one open row per kind, source and feed, seen again and again, until it is over."""

from datetime import timedelta
from typing import Any

import pytest
from makers import NOW, known_feeds
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from sql.store import warnings

HOUR = timedelta(hours=1)


def row(
    kind: str = "gap", source_id: int | None = None, feed_id: int | None = None, message: str = "m"
) -> dict[str, Any]:
    return {"kind": kind, "source_id": source_id, "feed_id": feed_id, "run_id": None, "message": message}


def test_a_warning_that_is_seen_again_is_the_same_one_with_the_newest_message(conn: Connection) -> None:
    source_id, feed_id = known_feeds(conn, "alpha")["alpha/all"]
    for number in range(3):
        warnings.raise_all(conn, [row("gap", source_id, feed_id, f"gap {number}")], NOW + number * HOUR)
    (one,) = warnings.open_warnings(conn)
    assert (one["kind"], one["source"], one["feed_url"]) == ("gap", "alpha", "https://alpha.example/all.rss")
    assert (one["message"], one["times"], one["first_at"], one["last_at"]) == ("gap 2", 3, NOW, NOW + 2 * HOUR)


def test_kinds_sources_and_feeds_are_kept_apart_and_nothing_in_particular_is_one_thing(conn: Connection) -> None:
    source_id, feed_id = known_feeds(conn, "alpha")["alpha/all"]
    rows = [row("outage"), row("outage"), row("gap", source_id, feed_id), row("feed_gone", source_id, feed_id),
            row("blocked", source_id)]  # fmt: skip
    warnings.raise_all(conn, rows, NOW)
    warnings.raise_all(conn, rows[:1], NOW)
    found = {(one["kind"], one["times"]) for one in warnings.open_warnings(conn)}
    assert found == {("outage", 2), ("gap", 1), ("feed_gone", 1), ("blocked", 1)}


def test_what_is_over_is_kept_and_opens_anew_when_it_comes_back(conn: Connection) -> None:
    source_id, feed_id = known_feeds(conn, "alpha")["alpha/all"]
    warnings.raise_all(conn, [row("gap", source_id, feed_id)], NOW)
    assert warnings.resolve(conn, "gap", NOW + HOUR, feed_ids=[feed_id]) == 1
    assert warnings.resolve(conn, "gap", NOW + HOUR, feed_ids=[feed_id]) == 0
    warnings.raise_all(conn, [row("gap", source_id, feed_id)], NOW + 2 * HOUR)
    kept = conn.execute(text("SELECT first_at, resolved_at FROM news.warnings ORDER BY warning_id")).all()
    assert [tuple(one) for one in kept] == [(NOW, NOW + HOUR), (NOW + 2 * HOUR, None)]


def test_only_what_is_named_is_resolved(conn: Connection) -> None:
    known = known_feeds(conn, "alpha", "beta")
    rows = [row(kind, source, feed) for source, feed in known.values() for kind in ("gap", "feed_gone")]
    warnings.raise_all(conn, [*rows, row("outage")], NOW)
    alpha, beta = known["alpha/all"], known["beta/all"]
    assert warnings.resolve(conn, "gap", NOW, feed_ids=[alpha[1]]) == 1
    assert warnings.resolve(conn, "feed_gone", NOW, source_ids=[beta[0]]) == 1
    assert warnings.resolve(conn, "gap", NOW, feed_ids=[]) == 0
    assert warnings.resolve(conn, "outage", NOW) == 1
    left = {(one["kind"], one["source"]) for one in warnings.open_warnings(conn)}
    assert left == {("gap", "beta"), ("feed_gone", "alpha")}


def test_sources_count_their_open_warnings_and_show_their_pause(conn: Connection) -> None:
    source_id, feed_id = known_feeds(conn, "alpha")["alpha/all"]
    warnings.raise_all(conn, [row("gap", source_id, feed_id), row("feed_gone", source_id, feed_id)], NOW)
    warnings.resolve(conn, "gap", NOW)
    conn.execute(
        text("UPDATE ingest.sources SET paused_at = now() - interval '1 h', paused_until = now() + interval '1 h'")
    )
    seen = conn.execute(
        text("SELECT open_warnings, paused_since IS NULL, paused_until IS NULL FROM news.sources")
    ).one()
    assert tuple(seen) == (1, False, False)
    conn.execute(text("UPDATE ingest.sources SET paused_until = now() - interval '1 min'"))
    over = conn.execute(text("SELECT paused_since, paused_until FROM news.sources")).one()
    assert tuple(over) == (None, None)


def test_no_warnings_raise_nothing_and_unknown_kinds_are_refused(conn: Connection) -> None:
    warnings.raise_all(conn, [], NOW)
    assert warnings.open_warnings(conn) == []
    with pytest.raises(IntegrityError, match="kind"):
        warnings.raise_all(conn, [row("nonsense")], NOW)
