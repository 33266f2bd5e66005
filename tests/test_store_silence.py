"""What raises no error: the figures that the nightly report judges, on both servers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from makers import Feed, known_feeds, listed_row
from sqlalchemy import Connection, text

from sql.store import disk, frontier, pages, silence
from tasks.steps.silence import GAPS, SHORTEST_SILENCE

# Wednesday, 03:40 in Zurich; Tuesday evening in New York.
NOW = datetime(2026, 3, 11, 2, 40, tzinfo=UTC)
DAY = timedelta(days=1)


def known(conn: Connection, slug: str, zone: str = "Europe/Zurich") -> Feed:
    """The feed of a source, polled well and quiet; other sources and their feeds stay at work."""
    feed = known_feeds(conn, slug)[f"{slug}/all"]
    conn.execute(text("UPDATE ingest.sources SET time_zone = :zone WHERE id = :id"), {"zone": zone, "id": feed[0]})
    for table in ("sources", "feeds"):
        conn.execute(text(f"UPDATE ingest.{table} SET absent_since = NULL"))
    poll = "last_polled_at = :now - interval '5 min', news_per_hour = 0, created_at = :now - interval '1 year'"
    conn.execute(text(f"UPDATE ingest.feeds SET {poll} WHERE id = :id"), {"now": NOW, "id": feed[1]})
    return feed


def listed(conn: Connection, feed: Feed, ages: list[float]) -> None:
    """Items that the feed listed so many days ago."""
    for number, age in enumerate(ages):
        frontier.add(conn, [listed_row(feed, f"https://x.example/{feed[1]}-{number}", number)], NOW - age * DAY)
    conn.execute(text("UPDATE ingest.entries SET published_at = NULL"))


def booked(conn: Connection, feed: Feed, day: date, **counts: int) -> None:
    """A day of the source."""
    names = ", ".join(counts)
    values = ", ".join(f":{name}" for name in counts)
    statement = text(f"INSERT INTO ingest.source_days (source_id, day, {names}) VALUES (:source, :day, {values})")
    conn.execute(statement, {"source": feed[0], "day": day} | counts)


def stale(conn: Connection) -> list[str]:
    return [row["slug"] for row in silence.stale_feeds(conn, NOW, SHORTEST_SILENCE, GAPS)]


STALE = {
    "two weeks and a little without an item": ([14.2, 14.5, 14.9], True),
    "not yet two weeks": ([13.8, 14.5, 14.9], False),
    "a weekly column may be silent for a month": ([30, 37, 44], False),
    "five usual gaps are too many for a weekly column, too": ([36, 43, 50], True),
    "one item says nothing of a gap": ([15.0], True),
    "nothing ever, since a year": ([], True),
}


@pytest.mark.parametrize(("ages", "is_stale"), STALE.values(), ids=STALE)
def test_a_feed_is_stale_after_two_weeks_and_five_usual_gaps(
    conn: Connection,
    ages: list[float],
    is_stale: bool,  # noqa: FBT001
) -> None:
    listed(conn, known(conn, "alpha"), ages)
    assert stale(conn) == (["alpha"] if is_stale else [])


def test_old_items_that_are_new_to_us_make_no_feed_alive(conn: Connection) -> None:
    listed(conn, known(conn, "alpha"), [3.0, 3.0])
    assert stale(conn) == []
    conn.execute(text("UPDATE ingest.entries SET published_at = :at - id * interval '1 hour'"), {"at": NOW - 900 * DAY})
    (row,) = silence.stale_feeds(conn, NOW, SHORTEST_SILENCE, GAPS)
    assert (row["gap"], row["newest"] < NOW - 900 * DAY) == (timedelta(hours=1), True)


NOT_LOOKED_AT = {
    "it fails, which is told otherwise": "UPDATE ingest.feeds SET failures = 1",
    "it was not asked lately": "UPDATE ingest.feeds SET last_polled_at = last_polled_at - interval '3 days'",
    "it is retired": "UPDATE ingest.feeds SET retired_at = now()",
    "its source is paused": "UPDATE ingest.sources SET paused_at = now()",
    "its source has no file": "UPDATE ingest.sources SET absent_since = now()",
    "it brings news": "UPDATE ingest.feeds SET news_per_hour = 0.1",
}


@pytest.mark.parametrize("change", NOT_LOOKED_AT.values(), ids=NOT_LOOKED_AT)
def test_only_feeds_that_are_asked_and_answer_can_be_stale(conn: Connection, change: str) -> None:
    listed(conn, known(conn, "alpha"), [20, 21])
    assert stale(conn) == ["alpha"]
    conn.execute(text(change))
    assert stale(conn) == []


UNHEARD = {
    "it answers": ("SELECT 1", False),
    "it fails": (NOT_LOOKED_AT["it fails, which is told otherwise"], True),
    "it was not asked lately": (NOT_LOOKED_AT["it was not asked lately"], True),
    "it was never asked": ("UPDATE ingest.feeds SET last_polled_at = NULL", True),
    "it fails, but is retired": ("UPDATE ingest.feeds SET failures = 1, retired_at = now()", False),
    "it fails, but its source is paused": (
        "WITH f AS (UPDATE ingest.feeds SET failures = 1) UPDATE ingest.sources SET paused_at = now()",
        False,
    ),
}


@pytest.mark.parametrize(("change", "is_unheard"), UNHEARD.values(), ids=UNHEARD)
def test_of_feeds_at_work_that_do_not_answer_nobody_knows_whether_they_are_stale(
    conn: Connection,
    change: str,
    is_unheard: bool,  # noqa: FBT001
) -> None:
    feed = known(conn, "alpha")
    conn.execute(text(change))
    assert silence.unheard_feeds(conn, NOW) == ([feed] if is_unheard else [])


def test_each_feed_has_a_gap_of_its_own(conn: Connection) -> None:
    weekly, hasty = known(conn, "alpha"), known(conn, "beta")
    known(conn, "gamma")
    listed(conn, weekly, [30, 37, 44])
    listed(conn, hasty, [30, 31, 32])
    found = [(row["slug"], row["gap"], row["newest"]) for row in silence.stale_feeds(conn, NOW, SHORTEST_SILENCE, GAPS)]
    assert found == [("beta", DAY, NOW - 30 * DAY), ("gamma", None, None)]


def test_the_usual_gap_is_that_of_the_last_fifty_items(conn: Connection) -> None:
    listed(conn, known(conn, "alpha"), [20 + number for number in range(50)] + [900.0])
    (row,) = silence.stale_feeds(conn, NOW, SHORTEST_SILENCE, GAPS)
    assert row["gap"] == DAY


def test_yesterday_is_the_last_day_that_is_over_where_the_source_is(conn: Connection) -> None:
    zurich, york = known(conn, "alpha"), known(conn, "beta", "America/New_York")
    for feed in (zurich, york):
        for number, day in enumerate((date(2026, 3, 9), date(2026, 3, 10))):
            booked(conn, feed, day, loaded=number + 1)
    found = {one.source["slug"]: (one.day, one.loaded) for one in silence.volumes(conn, NOW)}
    assert found == {"alpha": (date(2026, 3, 10), 2), "beta": (date(2026, 3, 9), 1)}


def test_the_norm_is_the_median_of_the_same_weekday_in_eight_weeks(conn: Connection) -> None:
    feed, yesterday = known(conn, "alpha"), date(2026, 3, 10)
    for week, loaded in enumerate((2, 10, 12, 14, 16, 18, 20, 22, 24, 900)):
        booked(conn, feed, yesterday - week * 7 * DAY, loaded=loaded)
    booked(conn, feed, yesterday - DAY, loaded=1000)
    (one,) = silence.volumes(conn, NOW)
    assert (one.day, one.loaded, one.weeks, one.norm) == (yesterday, 2, 8, Decimal(17))


def test_a_day_that_nobody_counted_is_no_silence(conn: Connection) -> None:
    known(conn, "alpha")
    (one,) = silence.volumes(conn, NOW)
    assert (one.loaded, one.weeks) == (None, 0)


def test_shares_are_of_the_last_week_and_of_the_four_weeks_before(conn: Connection) -> None:
    feed, yesterday = known(conn, "alpha"), date(2026, 3, 10)
    booked(conn, feed, yesterday, loaded=10, blocked=3, undated=2)
    booked(conn, feed, yesterday - 6 * DAY, loaded=10, duplicates=2, walled=1, short=5)
    booked(conn, feed, yesterday - 7 * DAY, loaded=100, failed=4)
    booked(conn, feed, yesterday - 34 * DAY, loaded=1, blocked=1)
    booked(conn, feed, yesterday - 35 * DAY, loaded=1000, blocked=1000)
    booked(conn, feed, yesterday + DAY, loaded=1000, blocked=1000)
    found = {one.kind: (one.part, one.whole, one.part_before, one.whole_before) for one in silence.shares(conn, NOW)}
    assert found == {
        "blocked_share": (3, 26, 1, 106),
        "walled_share": (1, 26, 0, 106),
        "undated_share": (2, 20, 0, 101),
        "short_share": (5, 20, 0, 101),
    }


def test_rows_in_default_partitions_are_told_with_their_times(conn: Connection) -> None:
    assert silence.strays(conn) == []
    event = {"at": datetime(1999, 5, 1, tzinfo=UTC), "run_id": None, "feed_id": None, "entry_id": None, "what": "page",
             "url": "https://a.example/", "outcome": "fetched", "requests": 1, "reason": None, "detail": None,
             "status": 200, "bytes": 1, "duration_ms": 1}  # fmt: skip
    pages.log(conn, [event, event | {"at": datetime(1999, 6, 1, tzinfo=UTC)}])
    (one,) = silence.strays(conn)
    assert (one.table, one.rows, one.first.month, one.last.month) == ("ingest.fetch_events", 2, 5, 6)


def test_the_size_of_each_schema_is_measured(conn: Connection) -> None:
    found = disk.measure(conn)
    assert sorted(found) == ["ingest", "news", "tape"]
    # Without the partitions' own sizes it would be nothing.
    parts = "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'ingest.pages'::regclass"
    assert found["ingest"] > conn.execute(text(parts)).scalar_one() > 0
    assert found["news"] == 0


GROWTH = {
    "three days": ({0: 300, 1: 200, 2: 100}, 100.0),
    "holes do not matter": ({0: 1100, 4: 700, 10: 100}, 100.0),
    "it may shrink": ({0: 100, 1: 150, 5: 600}, -100.0),
    "two days say nothing": ({0: 300, 1: 200}, None),
    "what is older than thirty days does not count": ({0: 300, 1: 200, 31: 1}, None),
}


@pytest.mark.parametrize(("sizes", "growth"), GROWTH.values(), ids=GROWTH)
def test_growth_is_what_the_last_thirty_days_gained(
    conn: Connection, sizes: dict[int, int], growth: float | None
) -> None:
    today = NOW.date()
    for age, size in sizes.items():
        disk.keep(conn, today - age * DAY, {"ingest": 5}, None)
        disk.keep(conn, today - age * DAY, {"ingest": size}, 1000)
    assert disk.growth(conn, today) == ({} if growth is None else {"ingest": growth})
