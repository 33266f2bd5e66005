"""How runs end: one open warning per failing source, told when it changes; stages where our code fails too often."""

from datetime import timedelta
from typing import Any

import pytest
from makers import NOW, known_feeds, listed_row
from sqlalchemy import Connection, text

from sql.store import backlog, frontier, run_ends, runs, warnings

HOUR = timedelta(hours=1)


def run_with(conn: Connection, **failed_feeds: int) -> int:
    """A run that polled these sources, each with so many feeds that failed; returns its id."""
    ids = dict(conn.execute(text("SELECT slug, id FROM ingest.sources")).tuples().all())
    run_id = runs.open_run(conn, "ingest", process="host:1", version="1.0", parameters={}, prefect_run_id=None)
    rows = [
        {"source_id": ids[slug], "feeds_polled": 2, "feeds_failed": failed, "message": "timeout" if failed else None}
        for slug, failed in failed_feeds.items()
    ]
    runs.add_source_counts(conn, run_id, rows)
    return run_id


def set_failures(conn: Connection, slug: str, failures: int) -> None:
    conn.execute(
        text("UPDATE ingest.feeds SET failures = :n FROM ingest.sources s WHERE s.id = source_id AND s.slug = :slug"),
        {"n": failures, "slug": slug},
    )


def turned(conn: Connection, run_id: int, hours: int = 0) -> tuple[list[str], list[str]]:
    """Slugs of the sources that failed, and of those that came back, since the run before."""
    turn = run_ends.note_sources(conn, run_id, NOW + hours * HOUR)
    return [row["slug"] for row in turn.failed], [row["slug"] for row in turn.recovered]


def test_a_source_is_told_when_it_begins_to_fail_and_when_it_is_back(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    assert turned(conn, run_with(conn, alpha=0, beta=0)) == ([], [])
    set_failures(conn, "beta", 1)
    assert turned(conn, run_with(conn, alpha=0, beta=1)) == (["beta"], [])
    assert turned(conn, run_with(conn, alpha=0, beta=2), 1) == ([], [])
    (open_one,) = warnings.open_warnings(conn)
    assert (open_one["kind"], open_one["source"], open_one["times"]) == ("source_failed", "beta", 2)
    assert "timeout" in open_one["message"]
    assert "newstape sources doctor beta" in open_one["message"]
    set_failures(conn, "beta", 0)
    assert turned(conn, run_with(conn, alpha=0, beta=0), 2) == ([], ["beta"])
    assert warnings.open_warnings(conn) == []
    assert turned(conn, run_with(conn, beta=1), 3) == (["beta"], [])


def test_a_source_is_not_back_as_long_as_another_feed_of_it_fails_or_nobody_asked(conn: Connection) -> None:
    known_feeds(conn, "alpha")
    set_failures(conn, "alpha", 3)
    assert turned(conn, run_with(conn, alpha=1)) == (["alpha"], [])
    assert turned(conn, run_with(conn, alpha=0)) == ([], [])
    set_failures(conn, "alpha", 0)
    assert turned(conn, run_with(conn)) == ([], [])
    assert turned(conn, run_with(conn, alpha=0)) == ([], ["alpha"])


def test_the_warning_about_a_source_whose_file_is_gone_ends(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    set_failures(conn, "beta", 1)
    assert turned(conn, run_with(conn, beta=1)) == (["beta"], [])
    known_feeds(conn, "alpha")
    assert turned(conn, run_with(conn, alpha=0)) == ([], ["beta"])


CRASHES: dict[str, tuple[dict[str, Any], int]] = {
    "three of two hundred": ({"received": 200, "crashed": 3}, 1),
    "exactly one percent": ({"received": 300, "crashed": 3}, 0),
    "two of two": ({"received": 2, "crashed": 2}, 0),
    "none": ({"received": 2}, 0),
}


@pytest.mark.parametrize(("counted", "found"), CRASHES.values(), ids=CRASHES.keys())
def test_a_stage_has_crashed_on_more_than_a_share_and_on_some_at_least(
    conn: Connection, counted: dict[str, Any], found: int
) -> None:
    run_id = runs.open_run(conn, "ingest", process="host:1", version="1.0", parameters={}, prefect_run_id=None)
    row = {"stage": "extract", "passed": 0, "skipped": 0, "failed": counted["received"], "seconds": 0.1}
    runs.add_stage_counts(conn, run_id, [row | counted])
    rows = run_ends.crashes(conn, run_id, 0.01, 3)
    assert len(rows) == found
    assert rows == [{"stage": "extract"} | counted][:found]


def test_what_waits_is_counted_for_the_sources_and_entries_that_are_meant(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    for slug, count in (("alpha", 3), ("beta", 2)):
        listed = [listed_row(feeds[f"{slug}/all"], f"https://{slug}.example/{n}", n) for n in range(count)]
        frontier.add(conn, listed, NOW)
    alpha = feeds["alpha/all"][0]
    first = conn.execute(text("SELECT min(id) FROM ingest.entries")).scalar_one()
    later = NOW + HOUR
    assert backlog.due(conn, later, None, None) == 5
    assert backlog.due(conn, later, [alpha], None) == 3
    assert backlog.due(conn, later, None, [first]) == 1
    assert backlog.due(conn, later, [], None) == 0
    assert backlog.due(conn, NOW - HOUR, None, None) == 0
