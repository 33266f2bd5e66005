"""The days of each source: what came of what it announced, by its own calendar, silence included."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from makers import Feed, event_row, extracted, known_feeds, listed_row
from sqlalchemy import Connection, text

from sql.store import frontier, pages, source_days
from tasks.load import load

# Wednesday noon in Zurich, early in the morning in New York.
NOW = datetime(2026, 3, 11, 11, tzinfo=UTC)
TODAY = date(2026, 3, 11)
START = NOW - timedelta(days=3)


@pytest.fixture
def feed(conn: Connection) -> Feed:
    """The feed of a source in Zurich that was first synced three days ago."""
    return known(conn, "alpha", "Europe/Zurich")


def known(conn: Connection, slug: str, zone: str, since: datetime = START) -> Feed:
    found = known_feeds(conn, slug)[f"{slug}/all"]
    conn.execute(
        text("UPDATE ingest.sources SET time_zone = :zone, created_at = :since, absent_since = NULL WHERE id = :id"),
        {"zone": zone, "since": since, "id": found[0]},
    )
    return found


def listed(conn: Connection, feed: Feed, count: int, at: datetime) -> list[int]:
    """Ids of new entries that the feed listed at that time."""
    rows = [listed_row(feed, f"https://alpha.example/{feed[0]}-{at:%d%H%M%S}-{n}", n) for n in range(count)]
    frontier.add(conn, rows, at)
    found = text("SELECT id FROM ingest.entries WHERE source_id = :id AND first_seen_at = :at ORDER BY id")
    return list(conn.execute(found, {"id": feed[0], "at": at}).scalars())


def ended(conn: Connection, entry_id: int, state: str, reason: str | None = None) -> None:
    statement = text("UPDATE ingest.entries SET state = :state, reason = :reason WHERE id = :id")
    conn.execute(statement, {"id": entry_id, "state": state, "reason": reason})


def count(conn: Connection, now: datetime = NOW) -> int:
    days = list(source_days.wanted(conn, now))
    return source_days.book(conn, days[0], days[-1], now) if days else 0


def day(conn: Connection, feed: Feed, on: date = TODAY) -> dict[str, int]:
    """What is not zero."""
    statement = text("SELECT * FROM ingest.source_days WHERE source_id = :id AND day = :day")
    row = dict(conn.execute(statement, {"id": feed[0], "day": on}).mappings().one())
    return {name: value for name, value in row.items() if name not in {"source_id", "day"} and value}


def days(conn: Connection, feed: Feed) -> list[date]:
    statement = text("SELECT day FROM ingest.source_days WHERE source_id = :id ORDER BY day")
    return list(conn.execute(statement, {"id": feed[0]}).scalars())


def put_on_tape(conn: Connection, feed: Feed, body: str, **more: Any) -> int:
    """Id of a new entry that is loaded with that text; `more` are fields of the article."""
    known = conn.execute(text("SELECT count(*) FROM ingest.entries")).scalar_one()
    (entry_id,) = listed(conn, feed, 1, NOW - timedelta(minutes=known))
    leased = text("UPDATE ingest.entries SET state = 'leased', lease_owner = 'me' WHERE id = :id RETURNING *")
    row = dict(conn.execute(leased, {"id": entry_id}).mappings().one())
    frontier.settle(conn, "me", load(conn, [extracted(row | {"slug": "alpha"}, "Ein Titel", body, **more)]), NOW)
    return entry_id


def words(count: int) -> str:
    return " ".join(f"Wort{n}" for n in range(count))


def test_a_source_has_a_row_for_each_day_since_its_first_and_silence_is_zeros(conn: Connection, feed: Feed) -> None:
    assert count(conn) == 4
    assert days(conn, feed) == [date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10), TODAY]
    assert [day(conn, feed, one) for one in days(conn, feed)] == [{}] * 4


def test_counting_twice_changes_nothing_the_second_time(conn: Connection, feed: Feed) -> None:
    listed(conn, feed, 3, NOW)
    assert count(conn) == 4
    assert count(conn) == 0


LOST: dict[str, tuple[str, str | None, str | None]] = {
    "a bot wall": ("skipped", "blocked", "blocked"),
    "a consent page": ("skipped", "consent_wall", "walled"),
    "a login": ("skipped", "login_wall", "walled"),
    "a paywall": ("skipped", "paywall", "failed"),
    "gone": ("gone", "not_found", "failed"),
    "given up": ("dead", "timeout", "failed"),
    "an end without a reason": ("skipped", None, "failed"),
    "tried again": ("retry", "blocked", None),
    "not tried yet": ("pending", None, None),
}


@pytest.mark.parametrize("case", LOST)
def test_an_entry_without_an_article_counts_by_its_end_and_reason(conn: Connection, feed: Feed, case: str) -> None:
    state, reason, column = LOST[case]
    (entry_id,) = listed(conn, feed, 1, NOW)
    ended(conn, entry_id, state, reason)
    count(conn)
    assert day(conn, feed) == {"added": 1} | ({column: 1} if column else {})


def test_articles_and_repeats_are_told_apart(conn: Connection, feed: Feed) -> None:
    put_on_tape(conn, feed, words(60), provenance={"published": "jsonld"})
    put_on_tape(conn, feed, words(60), provenance={"published": "jsonld"})
    count(conn)
    assert day(conn, feed) == {"added": 2, "loaded": 1, "duplicates": 1}


@pytest.mark.parametrize("state", ["retry", "gone", "leased"])
def test_what_was_loaded_counts_so_whatever_comes_of_asking_again(conn: Connection, feed: Feed, state: str) -> None:
    ended(conn, put_on_tape(conn, feed, words(60), provenance={"published": "jsonld"}), state, "not_found")
    count(conn)
    assert day(conn, feed) == {"added": 1, "loaded": 1}


def test_articles_without_a_time_on_the_page_and_short_ones_are_counted(conn: Connection, feed: Feed) -> None:
    put_on_tape(conn, feed, words(source_days.SHORT_WORDS), provenance={"title": "jsonld"})
    put_on_tape(conn, feed, words(source_days.SHORT_WORDS - 1), provenance={"published": "meta"})
    count(conn)
    assert day(conn, feed) == {"added": 2, "loaded": 2, "undated": 1, "short": 1}


def test_a_time_that_only_the_feed_knows_leaves_an_article_undated(conn: Connection, feed: Feed) -> None:
    entry_id = put_on_tape(conn, feed, words(60))
    conn.execute(
        text("UPDATE tape.articles SET published_at = :now, published_origin = 'feed.pubDate' WHERE entry_id = :id"),
        {"now": NOW, "id": entry_id},
    )
    count(conn)
    assert day(conn, feed)["undated"] == 1


def test_what_backfills_bring_is_left_out(conn: Connection, feed: Feed) -> None:
    first, second = listed(conn, feed, 2, NOW)
    conn.execute(text("UPDATE ingest.entries SET origin = 'backfill' WHERE id = :id"), {"id": second})
    conn.execute(text("UPDATE ingest.entries SET origin = 'hand' WHERE id = :id"), {"id": first})
    count(conn)
    assert day(conn, feed) == {"added": 1}


def test_polls_are_counted_and_pages_are_none(conn: Connection, feed: Feed) -> None:
    failed = event_row(NOW, feed_id=feed[1], outcome="failed", reason="timeout")
    others = [
        event_row(NOW, feed_id=feed[1], outcome="not_modified"),
        event_row(NOW, feed_id=None, entry_id=1, what="page"),
    ]
    pages.log(conn, [failed, *others])
    count(conn)
    assert day(conn, feed) == {"polls": 2, "failed_polls": 1}


# The moment before midnight and midnight itself, of Wednesday in the zone.
MIDNIGHTS = {
    "Europe/Zurich": datetime(2026, 3, 10, 23, tzinfo=UTC),
    "America/New_York": datetime(2026, 3, 11, 4, tzinfo=UTC),
    "Pacific/Kiritimati": datetime(2026, 3, 10, 10, tzinfo=UTC),
    "Etc/GMT+12": datetime(2026, 3, 11, 12, tzinfo=UTC),
}


@pytest.mark.parametrize("zone", MIDNIGHTS)
def test_a_day_is_one_of_the_zone_of_the_source(conn: Connection, zone: str) -> None:
    feed, midnight = known(conn, "alpha", zone), MIDNIGHTS[zone]
    for at, number in ((midnight - timedelta(microseconds=1), 1), (midnight, 2), (midnight + timedelta(hours=23), 4)):
        listed(conn, feed, number, at)
        pages.log(conn, [event_row(at, feed_id=feed[1])] * number)
    late = midnight + timedelta(hours=23, minutes=59)
    for on in source_days.wanted(conn, late):
        source_days.book(conn, on, on, late)
    assert day(conn, feed, TODAY - timedelta(days=1)) == {"added": 1, "polls": 1}
    assert day(conn, feed, TODAY) == {"added": 6, "polls": 6}
    assert days(conn, feed)[-1] == TODAY


def test_sources_are_counted_apart(conn: Connection, feed: Feed) -> None:
    other = known(conn, "beta", "America/New_York", NOW - timedelta(days=1))
    known_feeds(conn, "alpha", "beta")
    listed(conn, feed, 2, NOW)
    listed(conn, other, 1, NOW)
    count(conn)
    assert (day(conn, feed)["added"], day(conn, other)["added"]) == (2, 1)
    assert (len(days(conn, feed)), len(days(conn, other))) == (4, 2)


def test_the_last_days_follow_what_still_happens_and_older_ones_stay_as_they_are(conn: Connection, feed: Feed) -> None:
    (entry_id,) = listed(conn, feed, 1, NOW)
    count(conn)
    ended(conn, entry_id, "skipped", "blocked")
    assert count(conn, NOW + timedelta(days=7)) == 1 + 7
    assert day(conn, feed) == {"added": 1, "blocked": 1}
    ended(conn, entry_id, "dead", "timeout")
    assert count(conn, NOW + timedelta(days=8)) == 1
    assert day(conn, feed) == {"added": 1, "blocked": 1}


def test_what_the_counts_came_from_may_expire(conn: Connection, feed: Feed) -> None:
    pages.log(conn, [event_row(NOW, feed_id=feed[1])])
    count(conn)
    conn.execute(text("DELETE FROM ingest.fetch_events"))
    count(conn, NOW + timedelta(days=40))
    assert day(conn, feed) == {"polls": 1}


def test_days_that_were_missed_are_counted_later(conn: Connection, feed: Feed) -> None:
    count(conn)
    listed(conn, feed, 5, NOW + timedelta(days=2))
    late = NOW + timedelta(days=60)
    assert len(source_days.wanted(conn, late)) == 60
    assert count(conn, late) == 60
    assert day(conn, feed, TODAY + timedelta(days=2)) == {"added": 5}


def test_a_source_whose_file_is_gone_has_no_days_after_that(conn: Connection, feed: Feed) -> None:
    gone = text("UPDATE ingest.sources SET absent_since = :at WHERE id = :id")
    conn.execute(gone, {"at": NOW - timedelta(days=1), "id": feed[0]})
    count(conn)
    assert days(conn, feed)[-1] == date(2026, 3, 10)
