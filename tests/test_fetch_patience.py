"""Wishes for a pause: what Retry-After means by the server's clock, and how long a host is left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fakes import failing, ok
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.patience import LONGEST_RETRY_AFTER, Patience, retry_after
from tasks.outcome import Failure, Reason, Stage

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def http(at: datetime) -> str:
    """An instant as headers write it."""
    return format_datetime(at, usegmt=True)


PAUSES = {
    "seconds": ("120", timedelta(minutes=2)),
    "seconds with blanks": (" 5 ", timedelta(seconds=5)),
    "now": ("0", timedelta(0)),
    "88 hours": ("317100", timedelta(days=1)),
    "a date": (http(NOW + HOUR), HOUR),
    "a date of the old forms": ("Sunday, 01-Mar-26 12:30:00 GMT", timedelta(minutes=30)),
    "a date that has passed": (http(NOW - HOUR), timedelta(0)),
    "a negative number": ("-5", timedelta(0)),
    "a negative number beyond reason": ("-" + "9" * 30, timedelta(0)),
    "a number beyond reason": ("1000000000000", timedelta(days=1)),
    "a date beyond reason": ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
    "a date without a zone": ("Sun, 01 Mar 2026 13:00:00", None),
    "a fraction": ("1.5", None),
    "two signs": ("--5", None),
    "words": ("soon", None),
    "nothing": ("", None),
    "a digit that is no number": ("²", None),
    "more digits than Python reads": ("9" * 5000, timedelta(days=1)),
    "no header": (None, None),
}


@pytest.mark.parametrize("case", PAUSES)
def test_a_retry_after_means(case: str) -> None:
    value, expected = PAUSES[case]
    assert retry_after(value, None, NOW) == expected


LATE, EARLY = NOW - timedelta(days=1), NOW + timedelta(days=1)
# The server's Date, and the clock by which its Retry-After is meant then.
CLOCKS = {
    "a day late": (http(LATE), LATE),
    "a day early": (http(EARLY), EARLY),
    "one that nobody can read": ("today", NOW),
    "one without a zone": ("Sun, 01 Mar 2026 03:00:00", NOW),
    "none": (None, NOW),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_a_date_is_read_by_the_clock_of_the_server(case: str) -> None:
    date, clock = CLOCKS[case]
    assert retry_after(http(clock + HOUR), date, NOW) == HOUR


def test_seconds_do_not_depend_on_any_clock() -> None:
    assert retry_after("60", http(NOW - timedelta(days=1)), NOW) == timedelta(minutes=1)


TEXTS = st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(format_datetime)


@given(TEXTS, st.none() | TEXTS)
def test_any_retry_after_is_none_or_within_a_day(value: str, date: str | None) -> None:
    wait = retry_after(value, date, NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST_RETRY_AFTER


def throttled(wish: timedelta | None = None) -> Failure:
    """A 429."""
    return Failure(Stage.FETCH, Reason.THROTTLED, "429", 429, wish)


def test_one_throttled_address_is_no_reason_to_leave_its_host_alone() -> None:
    assert Patience().pause_s(throttled(HOUR), 0, 1) == 0


def test_from_the_second_address_on_the_pause_doubles_while_it_goes_on() -> None:
    patience = Patience()
    pauses = [patience.pause_s(throttled(), at, at + 1) for at in range(0, 1000, 100)]
    assert pauses[:5] == [0, 30, 60, 120, 240]


def test_a_pause_never_grows_beyond_a_day() -> None:
    patience = Patience()
    assert max(patience.pause_s(throttled(), at, at) for at in range(50)) == LONGEST_RETRY_AFTER.total_seconds()


def test_answers_that_were_on_their_way_do_not_double_a_pause() -> None:
    patience = Patience()
    assert [patience.pause_s(throttled(), 0.5, at) for at in (1, 2, 3)] == [0, 30, 0]
    assert patience.pause_s(throttled(), 40, 41) == 60


def test_an_answer_in_between_ends_the_doubling_but_not_the_suspicion() -> None:
    patience = Patience()
    outcomes = [throttled(), throttled(), throttled(), ok(b"page"), throttled()]
    assert [patience.pause_s(one, at, at + 0.1) for at, one in enumerate(outcomes)] == [0, 30, 60, 0, 30]


def test_what_the_host_says_counts_before_our_own_guess() -> None:
    patience = Patience()
    wishes = [None, HOUR, timedelta(0), None]
    assert [patience.pause_s(throttled(wish), at, at) for at, wish in enumerate(wishes)] == [0, 3600, 0, 30]


NO_WISH = {
    "a server error without a time": failing(Reason.SERVER_ERROR, 500),
    "a wall": Failure(Stage.FETCH, Reason.BLOCKED, "403", 403, HOUR),
    "a missing page": failing(Reason.NOT_FOUND, 404),
}


@pytest.mark.parametrize("case", NO_WISH)
def test_other_failures_are_no_wish_for_a_pause(case: str) -> None:
    patience = Patience()
    assert [patience.pause_s(NO_WISH[case], at, at) for at in range(3)] == [0, 0, 0]


def test_a_server_error_that_names_a_time_is_a_wish_for_a_pause() -> None:
    busy = Failure(Stage.FETCH, Reason.SERVER_ERROR, "500", 500, HOUR)
    patience = Patience()
    assert [patience.pause_s(busy, at, at) for at in range(2)] == [0, 3600]
