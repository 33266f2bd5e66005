"""When a feed is asked again: by its news, by what it asks for, by what went wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import said

from tasks.discover.pace import (
    NEVER,
    WEIGHTS,
    after_quiet_hours,
    chosen_pace,
    news_per_hour,
    next_poll,
    next_poll_at,
    weight_of,
)
from tasks.discover.polling import Poll, PollOutcome
from tasks.feed_history import FeedHistory
from tasks.model import Feed, FeedDocument, FeedEntry, FeedKind, Validators
from tasks.outcome import Failure, Reason, Stage

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = Feed(1, 1, "alpha", "https://alpha.example/all.rss", "Europe/Zurich", 15 * MINUTE, slowest=HOUR)
KNOWN = replace(FEED, body_sha256=b"x", history=FeedHistory(last_polled_at=NOW - HOUR, news_per_hour=2.0))


def poll(feed: Feed = KNOWN, **more: Any) -> Poll:
    """A poll that answered 304, unless `more` says otherwise."""
    return replace(Poll(feed, PollOutcome.NOT_MODIFIED, NOW, Validators(), b"x"), **more)


def failed(reason: Reason, history: FeedHistory | None = None, **more: Any) -> Poll:
    """A poll that failed."""
    failure = replace(Failure(Stage.FETCH, reason, "no"), **more)
    return poll(replace(KNOWN, history=history or KNOWN.history), outcome=PollOutcome.FAILED, failure=failure)


def document(*ages: timedelta | None, **more: Any) -> FeedDocument:
    """A document whose entries were published so long ago (None: undated)."""
    entries = tuple(
        FeedEntry(
            f"https://alpha.example/{n}", f"https://alpha.example/{n}", published=said(NOW - age) if age else None
        )
        for n, age in enumerate(ages)
    )
    return FeedDocument(FeedKind.RSS, None, None, entries, **more)


PACES = {
    "nothing known: as often as allowed": (None, None, 15 * MINUTE),
    "no news at all: as rarely as allowed": (0.0, None, HOUR),
    "two an hour: half of the half hour": (2.0, None, 15 * MINUTE),
    "one an hour: half an hour": (1.0, None, 30 * MINUTE),
    "what is between is asked a little too often": (0.7, None, 30 * MINUTE),
    "a rush is not asked more often than allowed": (500.0, None, 15 * MINUTE),
    "less than two a day: as rarely as allowed": (0.05, None, HOUR),
    "asked for patience": (500.0, 40 * MINUTE, 40 * MINUTE),
    "asked for more than the most": (500.0, 7 * DAY, HOUR),
    "asked for haste": (0.0, MINUTE, HOUR),
    "asked for less than news allow": (1.0, 20 * MINUTE, 30 * MINUTE),
    "asked for more than news allow": (1.0, 35 * MINUTE, 35 * MINUTE),
}


@pytest.mark.parametrize(("rate", "asked", "expected"), PACES.values(), ids=PACES)
def test_the_pace_follows_news_within_bounds(rate: float | None, asked: timedelta | None, expected: timedelta) -> None:
    assert chosen_pace(FEED, rate, asked) == expected


RATES = st.none() | st.floats(0, 1e9)
SPANS = st.timedeltas(timedelta(seconds=1), 40 * DAY)


@given(RATES, st.none() | SPANS, SPANS, SPANS)
def test_the_pace_is_never_below_every_nor_above_slowest(
    rate: float | None, asked: timedelta | None, every: timedelta, more: timedelta
) -> None:
    feed = replace(FEED, every=every, slowest=every + more)
    assert feed.every <= chosen_pace(feed, rate, asked) <= feed.slowest


FIRST = {
    "undated entries tell nothing": ((None, None), None),
    "six of a day, and older ones": ((HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 5 * HOUR, 6 * HOUR, 3 * DAY), 6 / 24),
    "a window of two hours is full": ((MINUTE, HOUR, 2 * HOUR), 1.5),
    "one of today": ((HOUR,), 1 / 24),
    "all of last year": ((400 * DAY, 500 * DAY), 0.0),
    "the future does not count": ((-2 * DAY, HOUR, 3 * DAY), 1 / 24),
}


@pytest.mark.parametrize(("ages", "expected"), FIRST.values(), ids=FIRST)
def test_before_the_second_poll_the_document_tells_the_rate(ages: tuple[timedelta | None, ...], expected: Any) -> None:
    found = news_per_hour(poll(FEED, document=document(*ages), outcome=PollOutcome.CHANGED), new=len(ages))
    assert found == pytest.approx(expected)


def test_a_rate_halves_in_eight_hours_without_news_and_rises_with_them() -> None:
    quiet = replace(KNOWN, history=replace(KNOWN.history, last_polled_at=NOW - 8 * HOUR))
    assert news_per_hour(poll(quiet), 0) == pytest.approx(1.0)
    rising = news_per_hour(poll(), 10)
    assert rising is not None
    assert 2 < rising < 10


def test_a_steady_feed_has_its_own_rate_however_often_it_is_asked() -> None:
    for minutes in (5, 60, 240):
        feed = replace(KNOWN, history=FeedHistory(last_polled_at=NOW - minutes * MINUTE, news_per_hour=12.0))
        assert news_per_hour(poll(feed), minutes // 5) == pytest.approx(12.0)


def test_what_a_document_asks_for_is_kept_until_the_next_document() -> None:
    found = next_poll(poll(document=document(asked_pace=40 * MINUTE, quiet_hours=(1, 2))), 0)
    assert (found.asked_pace, found.quiet_hours) == (40 * MINUTE, (1, 2))
    feed = replace(KNOWN, history=replace(KNOWN.history, asked_pace=40 * MINUTE, quiet_hours=(1, 2)))
    same = next_poll(poll(feed, header_pace=20 * MINUTE), 0)
    assert (same.asked_pace, same.quiet_hours) == (40 * MINUTE, (1, 2))
    assert next_poll(poll(feed, document=document()), 0).asked_pace is None
    assert next_poll(poll(header_pace=20 * MINUTE), 0).asked_pace == 20 * MINUTE


def test_quiet_hours_are_slept_through_and_not_more_than_a_day() -> None:
    assert after_quiet_hours(NOW, HOUR, "x", {9, 10}).hour == 11
    assert after_quiet_hours(NOW, HOUR, "x", {8, 11}) == NOW
    at = after_quiet_hours(NOW, 15 * MINUTE, "x", {9})
    assert NOW.replace(hour=10, minute=0) <= at < NOW.replace(hour=10, minute=15)
    night = replace(KNOWN, history=replace(KNOWN.history, quiet_hours=tuple(hour for hour in range(24) if hour != 8)))
    assert NOW + 22 * HOUR <= next_poll(poll(night), 0).at <= NOW + DAY


@given(st.sets(st.integers(0, 23), max_size=23), st.integers(1, 3600))
def test_a_poll_lies_in_no_quiet_hour_where_the_pace_lets_it(quiet: set[int], seconds: int) -> None:
    at = after_quiet_hours(NOW, timedelta(seconds=seconds), "x", quiet)
    assert NOW <= at <= NOW + 25 * HOUR
    assert at.hour not in quiet


FAILURES = {
    "a server's trouble counts half": (Failure(Stage.FETCH, Reason.SERVER_ERROR, "500", 500), 0.5),
    "a name that can't be looked up now": (Failure(Stage.FETCH, Reason.UNREACHABLE, "Temporary failure in name"), 0.5),
    "a name that does not exist": (Failure(Stage.FETCH, Reason.UNREACHABLE, "[Name or service not known]"), 1.0),
    "404 heals": (Failure(Stage.FETCH, Reason.NOT_FOUND, "404", 404), 0.5),
    "a page instead of the feed": (Failure(Stage.DISCOVER, Reason.NOT_A_FEED, "<html>", 200), 1.0),
    "a bot wall": (Failure(Stage.FETCH, Reason.BLOCKED, "403", 403), 1.0),
    "a crash of ours": (Failure(Stage.DISCOVER, Reason.CRASH, "Traceback"), 1.0),
    "304 that nobody asked for": (Failure(Stage.FETCH, Reason.HTTP_ERROR, "304", 304), 0.0),
}


@pytest.mark.parametrize(("failure", "weight"), FAILURES.values(), ids=FAILURES)
def test_failures_weigh_by_kind(failure: Failure, weight: float) -> None:
    assert weight_of(failure) == weight


def test_weights_add_up_double_the_interval_and_are_forgotten_after_a_success() -> None:
    first = next_poll(failed(Reason.TIMEOUT), 0)
    assert (first.failure_weight, first.pace, first.news_per_hour) == (0.5, KNOWN.every, 2.0)
    third = next_poll(failed(Reason.NOT_A_FEED, FeedHistory(pace=HOUR, failures=2, failure_weight=2.0)), 0)
    assert (third.failure_weight, third.pace) == (3.0, HOUR)
    assert third.at <= NOW + 8 * HOUR
    assert third.at == next_poll_at(NOW, HOUR, FEED.url, 3.0)
    recovered = replace(KNOWN, history=replace(KNOWN.history, failures=9, failure_weight=7.5))
    assert next_poll(poll(recovered), 0).failure_weight == 0


def test_gone_is_asked_once_a_day_from_the_first_time() -> None:
    found = next_poll(failed(Reason.GONE, status=410), 0)
    slot = found.at
    assert NOW + 11 * HOUR < slot <= NOW + 36 * HOUR
    assert next_poll_at(slot, KNOWN.every, FEED.url, found.failure_weight) == slot + DAY


@pytest.mark.parametrize("reason", Reason)
def test_no_failure_puts_a_feed_off_for_more_than_a_day(reason: Reason) -> None:
    found = next_poll(failed(reason, FeedHistory(failures=1000, failure_weight=1000.0)), 0)
    assert NOW < found.at <= NOW + 2 * DAY
    assert WEIGHTS.get(reason, 1.0) > 0


def test_retry_after_is_a_lower_bound() -> None:
    asked = next_poll(failed(Reason.SERVER_ERROR, status=503, retry_after=5 * HOUR), 0)
    assert NOW + 5 * HOUR <= asked.at <= NOW + 6 * HOUR
    assert next_poll(failed(Reason.SERVER_ERROR, status=503, retry_after=timedelta(0)), 0).at > NOW


def test_429_without_a_word_pauses_half_a_minute_and_doubles() -> None:
    every = replace(KNOWN, every=timedelta(seconds=1), slowest=timedelta(seconds=1))
    for failures, seconds in ((0, 30), (1, 60), (5, 960)):
        history = FeedHistory(failures=failures)
        one = failed(Reason.THROTTLED, history, status=429)
        found = next_poll(replace(one, feed=replace(every, history=history)), 0)
        assert timedelta(seconds=seconds) <= found.at - NOW <= timedelta(seconds=seconds + 2)
    assert next_poll(failed(Reason.THROTTLED, FeedHistory(failures=500), status=429), 0).at <= NOW + 2 * DAY


def test_what_only_robots_txt_names_has_no_next_poll() -> None:
    robots = replace(KNOWN, origin="robots")
    assert next_poll(poll(robots), 3).at == NEVER
    assert next_poll(replace(failed(Reason.TIMEOUT), feed=robots), 0).at == NEVER
