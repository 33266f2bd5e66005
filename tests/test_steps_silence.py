"""The report of silent failures: what becomes a warning, what does not, and when it is over."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from makers import known_feeds
from sqlalchemy import Engine, text
from test_store_silence import DAY, NOW, booked, known, listed

from config.settings import settings
from sql import connect
from sql.store import runs, silence
from sql.store.silence import Share, Volume
from sql.tables.ledger import WARNING_KINDS
from tasks.steps.silence import KINDS, Disk, full_disk, large_shares, low_volumes, report, sizes, told
from tasks.upkeep import Night

ALPHA = {"source_id": 1, "slug": "alpha", "name": "Alpha"}
YESTERDAY = date(2026, 3, 10)


@pytest.fixture
def night(tape: Engine) -> Night:
    with tape.begin() as conn:
        run_id = runs.open_run(conn, "maintain", process="x", version="0", parameters={}, prefect_run_id=None)
    return Night(run_id, NOW, 400 * DAY, 180 * DAY, 400 * DAY, 28 * DAY)


VOLUMES = {
    "far below the usual": (2, 8, "10", True),
    "nothing at all": (0, 4, "5", True),
    "30 % is enough": (3, 8, "10", False),
    "too few weeks": (0, 3, "10", False),
    "too few articles on any day": (0, 8, "4.5", False),
    "not counted": (None, 8, "10", False),
}


@pytest.mark.parametrize(("loaded", "weeks", "norm", "is_low"), VOLUMES.values(), ids=VOLUMES)
def test_a_volume_is_low_below_30_percent_of_a_norm(
    loaded: int | None,
    weeks: int,
    norm: str,
    is_low: bool,  # noqa: FBT001
) -> None:
    found = low_volumes([Volume(ALPHA, YESTERDAY, loaded, weeks, Decimal(norm))])
    assert bool(found) == is_low
    if found:
        (one,) = found
        assert (one.kind, one.slug, one.source_id) == ("low_volume", "alpha", 1)
        assert f"{loaded} articles on 2026-03-10; a Tuesday usually brings {norm} (median of {weeks}" in one.message


SHARES = {
    "a fifth, and twice as much as before": (4, 20, 10, 100, True),
    "less than a fifth": (19, 100, 0, 100, False),
    "less than twice as much": (4, 20, 11, 100, False),
    "too few articles": (19, 19, 0, 100, False),
    "nothing is known of before": (20, 20, 0, 0, True),
    "it was always so": (20, 20, 100, 100, False),
}


@pytest.mark.parametrize(("part", "whole", "part_before", "whole_before", "is_large"), SHARES.values(), ids=SHARES)
def test_a_share_is_told_where_it_is_large_and_has_risen(
    part: int,
    whole: int,
    part_before: int,
    whole_before: int,
    is_large: bool,  # noqa: FBT001
) -> None:
    shares = [Share(ALPHA, kind, part, whole, part_before, whole_before) for kind in silence.SHARES]
    found = large_shares(shares)
    assert [one.kind for one in found] == (list(silence.SHARES) if is_large else [])
    for one in found:
        assert f"{part} of {whole} articles" in one.message
        assert "{" not in one.message


DISKS: dict[str, tuple[dict[str, float], int | None, int | None]] = {
    "a day of room": ({"ingest": 90.0, "tape": 10.0}, 150, 1),
    "two weeks of room": ({"ingest": 100.0}, 1400, 14),
    "another machine's disk": ({"ingest": 100.0}, None, None),
    "nothing grows": ({"ingest": -5.0}, 100, None),
    "no figures yet": ({}, 100, None),
}


@pytest.mark.parametrize(("growth", "free", "days"), DISKS.values(), ids=DISKS)
def test_a_disk_that_is_full_within_two_weeks_is_told(
    growth: dict[str, float], free: int | None, days: int | None
) -> None:
    found = Disk({"ingest": 1000}, growth, free)
    assert found.days_left == days
    assert bool(full_disk(found)) == (days == 1)


SAID: dict[str, tuple[Disk, str, list[tuple[str, str]]]] = {
    "it is known for how long the disk lasts": (
        Disk({"ingest": 4_000_000_000, "tape": 100_000_000}, {"ingest": 10_000_000.0}, 2_100_000_000),
        "4.1 GB, 210 days left",
        [("ingest", "10 MB"), ("tape", "not known yet"), ("(free)", "")],
    ),
    "the disk is another machine's": (
        Disk({"ingest": 4_100_000_000}, {"ingest": -5000.0}, None),
        "4.1 GB",
        [("ingest", "-5 kB")],
    ),
    "nothing grows": (Disk({"ingest": 700}, {"ingest": 0.0}, 5), "700 bytes", [("ingest", "0 bytes"), ("(free)", "")]),
}


@pytest.mark.parametrize(("found", "said", "growth"), SAID.values(), ids=SAID)
def test_the_disk_is_told_in_a_few_words_and_a_row_per_schema(
    found: Disk, said: str, growth: list[tuple[str, str]]
) -> None:
    done = told(found)
    assert (done.said, [(row["schema"], row["growth a day"]) for row in done.rows]) == (said, growth)


def warned(tape: Engine) -> list[tuple[Any, ...]]:
    """Kind, slug and how often each open warning was seen."""
    statement = text("SELECT kind, source, times FROM news.warnings WHERE resolved_at IS NULL ORDER BY kind, source")
    with tape.connect() as conn:
        return [tuple(row) for row in conn.execute(statement)]


def low(tape: Engine, *slugs: str) -> None:
    """Sources that brought nothing yesterday."""
    with tape.begin() as conn:
        feeds = known_feeds(conn, *slugs)
        for slug in slugs:
            for week in range(5):
                booked(conn, feeds[f"{slug}/all"], YESTERDAY - 7 * week * DAY, loaded=10 if week else 0)


def test_a_warning_is_opened_once_and_over_when_its_trouble_is(tape: Engine, night: Night) -> None:
    low(tape, "alpha", "beta")
    first = report(night)
    assert [one.slug for one in first.new] == ["alpha", "beta"]
    second = report(night)
    assert (len(second.open), second.new, second.resolved) == (2, [], 0)
    assert warned(tape) == [("low_volume", "alpha", 2), ("low_volume", "beta", 2)]
    with tape.begin() as conn:
        conn.execute(text("UPDATE ingest.source_days SET loaded = 9 WHERE source_id = 1"))
    third = report(night)
    assert ([one.slug for one in third.open], third.new, third.resolved) == (["beta"], [], 1)
    assert warned(tape) == [("low_volume", "beta", 3)]


def test_where_there_are_too_few_figures_a_warning_stays_as_it_is(tape: Engine, night: Night) -> None:
    low(tape, "alpha")
    report(night)
    with tape.begin() as conn:
        conn.execute(text("DELETE FROM ingest.source_days"))
    assert report(night).resolved == 0
    assert warned(tape) == [("low_volume", "alpha", 1)]


def test_a_source_that_is_no_longer_at_work_has_no_warning(tape: Engine, night: Night) -> None:
    low(tape, "alpha")
    report(night)
    with tape.begin() as conn:
        conn.execute(text("UPDATE ingest.sources SET paused_at = now()"))
    assert report(night).resolved == 1
    assert warned(tape) == []


def test_warnings_of_other_kinds_are_left_alone(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        conn.execute(text("INSERT INTO ingest.warnings (kind, message, first_at, last_at, times) "
                          "VALUES ('outage', 'm', now(), now(), 1)"))  # fmt: skip
    assert report(night).resolved == 0
    assert warned(tape) == [("outage", None, 1)]


def test_a_rehearsal_finds_the_same_and_keeps_nothing(tape: Engine, night: Night) -> None:
    low(tape, "alpha")
    rehearsal = Night(night.run_id, NOW, DAY, DAY, DAY, DAY, is_rehearsal=True)
    assert [(one.kind, one.slug) for one in report(rehearsal).open] == [("low_volume", "alpha")]
    assert sizes(rehearsal).said
    assert warned(tape) == []
    with tape.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM ingest.disk_days")).scalar_one() == 0


def test_a_stale_feed_is_a_warning_about_that_feed(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        feed = known(conn, "alpha")
        listed(conn, feed, [20, 22])
    (one,) = report(night).new
    assert (one.kind, one.source_id, one.feed_id) == ("stale_feed", *feed)
    assert "its newest item is of 2026-02-19; usually one comes every 2 days" in one.message
    assert "`newstape sources doctor alpha`" in one.message


def test_the_sizes_of_a_day_are_kept_once(tape: Engine, night: Night) -> None:
    done = [sizes(night) for _ in range(2)]
    assert done[0].said.endswith(("MB", "kB"))
    assert [row["schema"] for row in done[0].rows] == ["ingest", "news", "tape"]
    with tape.connect() as conn:
        kept = conn.execute(text("SELECT day, count(*) FROM ingest.disk_days GROUP BY 1")).all()
    assert [tuple(row) for row in kept] == [(NOW.date(), 3)]


def test_growth_gives_the_days_that_are_left(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        for age in (1, 2, 3):
            row = {"day": NOW.date() - timedelta(days=age), "bytes": 1000 - 100 * age}
            conn.execute(text("INSERT INTO ingest.disk_days VALUES (:day, 'ingest', :bytes, NULL)"), row)
    assert [row["growth a day"] for row in sizes(night).rows] == ["100 bytes", "not known yet", "not known yet"]


def test_a_stale_feed_that_fails_for_a_while_keeps_its_warning(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        listed(conn, known(conn, "alpha"), [20, 22])
    report(night)
    for failures in (1, 0):
        with tape.begin() as conn:
            conn.execute(text("UPDATE ingest.feeds SET failures = :failures"), {"failures": failures})
        again = report(night)
        assert (again.new, again.resolved) == ([], 0)
    with tape.begin() as conn:
        conn.execute(text("UPDATE ingest.feeds SET news_per_hour = 0.1"))
    assert report(night).resolved == 1
    assert warned(tape) == []


def test_each_large_share_is_a_warning_until_it_is_small_again(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        booked(conn, feed, YESTERDAY - 7 * DAY, loaded=100)
        booked(conn, feed, YESTERDAY, loaded=20, blocked=10, walled=10, undated=4, short=4)
    assert sorted(one.kind for one in report(night).new) == sorted(silence.SHARES)
    with tape.begin() as conn:
        conn.execute(text("UPDATE ingest.source_days SET blocked = 0, undated = 3"))
    assert report(night).resolved == 2
    assert warned(tape) == [("short_share", "alpha", 2), ("walled_share", "alpha", 2)]


def test_rows_in_a_default_partition_are_a_warning_until_they_are_moved(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        conn.execute(text("INSERT INTO ingest.fetch_events (at, what, url, outcome, requests, duration_ms) "
                          "VALUES ('1999-05-01 12:00+00', 'page', 'https://a.example/', 'fetched', 1, 1)"))  # fmt: skip
    (one,) = report(night).new
    assert (one.kind, one.slug) == ("default_partition", None)
    assert "1 rows of ingest.fetch_events (1999-05-01 to 1999-05-01)" in one.message
    with tape.begin() as conn:
        conn.execute(text("DELETE FROM ingest.fetch_events"))
    assert report(night).resolved == 1
    assert warned(tape) == []


@pytest.fixture
def own_disk(tape: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The tape, as the process sees it where no NEWSTAPE_DATABASE_URL names another server: on this disk."""
    connect.engine()
    monkeypatch.delenv("NEWSTAPE_DATABASE_URL")
    settings.cache_clear()
    return tape


def grown(tape: Engine, a_day: int) -> None:
    """Sizes of the last three days."""
    with tape.begin() as conn:
        conn.execute(text("DELETE FROM ingest.disk_days"))
        for age in range(3):
            row = {"day": NOW.date() - age * DAY, "bytes": (3 - age) * a_day}
            conn.execute(text("INSERT INTO ingest.disk_days VALUES (:day, 'ingest', :bytes, NULL)"), row)


def test_a_disk_that_fills_is_a_warning_until_there_is_room(own_disk: Engine, night: Night) -> None:
    grown(own_disk, 10**18)
    (one,) = report(night).new
    assert (one.kind, one.slug) == ("disk", None)
    assert "The disk is full in 0 days" in one.message
    assert "grows by 1000000.0 TB a day" in one.message
    with own_disk.begin() as conn:
        conn.execute(text("DELETE FROM ingest.disk_days"))
    assert report(night).resolved == 0
    assert warned(own_disk) == [("disk", None, 1)]
    grown(own_disk, 0)
    assert report(night).resolved == 1
    assert warned(own_disk) == []


def test_the_room_that_is_left_is_kept_where_the_disk_is_ours(own_disk: Engine, night: Night) -> None:
    (*_, free) = sizes(night).rows
    assert free["schema"] == "(free)"
    with own_disk.connect() as conn:
        kept = conn.execute(text("SELECT DISTINCT free_bytes FROM ingest.disk_days")).scalars().all()
    assert kept == [free["bytes"]]
    assert free["bytes"] > 0


def test_the_kinds_of_the_report_are_known_to_the_table() -> None:
    assert set(KINDS) <= set(WARNING_KINDS)
    assert set(silence.SHARES) <= set(KINDS)
