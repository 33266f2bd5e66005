"""Schedules of source files: what is accepted is what Prefect's scheduler accepts."""

import contextlib

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from prefect.client.schemas.schedules import CronSchedule

from config.cron import checked

GOOD = {
    "every minute": "* * * * *",
    "steps, a range and names": "*/2 8-18 * * mon-fri",
    "lists": "0,15,30 8-12,14-18/2 1,15 jan,mar-jun *",
    "capitals": "0 9 * * MON",
    "sunday twice": "0 9 * * 0,7",
    "blanks": "  0   9 * *   1 ",
}
BAD = {
    "nothing": ("", "five fields"),
    "a nickname": ("@daily", "five fields"),
    "six fields": ("0 0 9 * * 1", "five fields"),
    "a minute too many": ("60 * * * *", "the minute of a schedule goes from 0 to 59"),
    "a day of no month": ("0 0 0 * *", "the day of the month of a schedule goes from 1 to 31"),
    "a word": ("0 0 * * workday", "the day of the week of a schedule can't be 'workday'"),
    "a month as a day": ("0 0 * * jan", "the day of the week of a schedule goes from 0 to 7"),
    "backwards": ("0 18-8 * * *", "the hour of a schedule ends before it begins"),
    "a step of nothing": ("*/0 * * * *", "the minute of a schedule has no such step"),
    "a step from one number": ("5/15 * * * *", "the minute of a schedule has no such step"),
    "an empty part": ("0,, * * * *", "the minute of a schedule can't be ''"),
    "an extension": ("0 0 L * *", "the day of the month of a schedule can't be 'l'"),
}


@pytest.mark.parametrize("expression", GOOD.values(), ids=GOOD.keys())
def test_a_good_schedule_is_kept_with_single_blanks(expression: str) -> None:
    assert checked(expression) == " ".join(expression.split())


@pytest.mark.parametrize(("expression", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_schedule_is_refused_with_the_field_that_is_wrong(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked(expression)


def refusal_of_prefect(expression: str) -> str | None:
    """Why Prefect does not take a schedule; None: it does."""
    try:
        CronSchedule(cron=expression)
    except ValueError as error:
        return str(error)
    return None


NUMBERS = st.integers(0, 62).map(str)
WORDS = st.sampled_from(["*", "sun", "fri", "sat", "jan", "dec", "mon"]) | NUMBERS
RANGES = st.tuples(WORDS, WORDS).map("-".join)
PARTS = st.tuples(WORDS | RANGES, NUMBERS).map("/".join) | RANGES | WORDS
FIELDS = st.lists(PARTS, min_size=1, max_size=2).map(",".join)


@given(st.lists(FIELDS, min_size=5, max_size=5).map(" ".join))
def test_what_is_accepted_is_a_schedule_for_prefect_too(expression: str) -> None:
    with contextlib.suppress(ValueError):
        accepted = checked(expression)
        event("accepted")
        assert refusal_of_prefect(accepted) is None


@given(st.text(max_size=30))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert checked(text).split() == text.split()
