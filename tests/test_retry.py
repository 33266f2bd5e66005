"""After a failure: which reason is tried again, which ends an entry, and how long the pauses grow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.outcome import Failure, Kind, Reason, Stage
from tasks.retry import FIRST_PAUSE, LONGEST_PAUSE, NextStep, after, may_move, pause

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAX_ATTEMPTS = 6
KEY = "https://nordwerk.example/a"

# State after the first, the second and the sixth request.
STATES = {
    Reason.UNREACHABLE: ("retry", "retry", "dead"),
    Reason.TIMEOUT: ("retry", "retry", "dead"),
    Reason.TRUNCATED: ("retry", "retry", "dead"),
    Reason.THROTTLED: ("retry", "retry", "dead"),
    Reason.SERVER_ERROR: ("retry", "retry", "dead"),
    Reason.PAGE_EXPIRED: ("retry", "retry", "dead"),
    Reason.NOT_FOUND: ("retry", "gone", "gone"),
    Reason.GONE: ("gone", "gone", "gone"),
    Reason.HTTP_ERROR: ("dead", "dead", "dead"),
    Reason.REDIRECT_LOOP: ("dead", "dead", "dead"),
    Reason.NOT_A_FEED: ("dead", "dead", "dead"),
    Reason.NOT_A_PAGE: ("skipped", "skipped", "skipped"),
    Reason.EMPTY_BODY: ("retry", "skipped", "skipped"),
    Reason.NO_TEXT: ("skipped", "skipped", "skipped"),
    Reason.BAD_URL: ("skipped", "skipped", "skipped"),
    Reason.CRASH: ("dead", "dead", "dead"),
    Reason.HUNG: ("dead", "dead", "dead"),
    Reason.SOFT_404: ("retry", "gone", "gone"),
    Reason.JS_ONLY: ("skipped", "skipped", "skipped"),
    Reason.REDIRECTED: ("dead", "dead", "dead"),
    Reason.CONSENT_WALL: ("skipped", "skipped", "skipped"),
    Reason.LOGIN_WALL: ("skipped", "skipped", "skipped"),
    Reason.PAYWALL: ("skipped", "skipped", "skipped"),
    Reason.ROBOTS: ("skipped", "skipped", "skipped"),
    Reason.BLOCKED: ("retry", "skipped", "skipped"),
    Reason.TOO_LARGE: ("skipped", "skipped", "skipped"),
    Reason.FORBIDDEN_ADDRESS: ("skipped", "skipped", "skipped"),
    Reason.TAKEN_DOWN: ("skipped", "skipped", "skipped"),
}


def failed(reason: Reason, retry_after: timedelta | None = None) -> Failure:
    """A failure for this reason."""
    return Failure(Stage.FETCH, reason, "scripted", retry_after=retry_after)


def test_the_table_has_every_reason() -> None:
    assert set(STATES) == set(Reason)


@pytest.mark.parametrize("reason", STATES)
def test_a_reason_leads_to_a_state(reason: Reason) -> None:
    states = tuple(after(failed(reason), attempts, MAX_ATTEMPTS, NOW, KEY).state for attempts in (1, 2, 6))
    assert states == STATES[reason]


@given(st.sampled_from(Reason), st.integers(0, 100), st.integers(1, 100), st.text(max_size=20))
def test_only_a_retry_has_a_time_and_it_lies_ahead(reason: Reason, attempts: int, most: int, key: str) -> None:
    step = after(failed(reason), attempts, most, NOW, key)
    assert (step.due_at is not None) == (step.state == "retry")
    assert step.due_at is None or NOW < step.due_at <= NOW + 1.5 * LONGEST_PAUSE


@given(st.sampled_from(Reason), st.integers(1, 100))
def test_nothing_is_asked_more_often_than_allowed(reason: Reason, most: int) -> None:
    assert after(failed(reason), most, most, NOW, KEY).state != "retry"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.kind is Kind.TRANSIENT])
def test_what_a_server_asks_for_is_waited_for(reason: Reason) -> None:
    wish = timedelta(hours=20)
    assert after(failed(reason, wish), 1, MAX_ATTEMPTS, NOW, KEY) == NextStep("retry", NOW + wish)


def test_a_server_can_not_shorten_the_pause() -> None:
    hasty = after(failed(Reason.THROTTLED, timedelta(0)), 3, MAX_ATTEMPTS, NOW, KEY)
    assert hasty == after(failed(Reason.THROTTLED), 3, MAX_ATTEMPTS, NOW, KEY)


@given(st.integers(1, 10_000), st.text(max_size=40))
def test_a_pause_grows_and_is_bounded(attempts: int, key: str) -> None:
    shorter, longer = pause(attempts, key), pause(attempts + 1, key)
    assert FIRST_PAUSE <= shorter <= longer <= 1.5 * LONGEST_PAUSE
    assert longer == shorter or longer > 1.3 * shorter


@given(st.integers(0, 50), st.text(max_size=40))
def test_a_pause_is_the_same_whenever_it_is_asked_for(attempts: int, key: str) -> None:
    assert pause(attempts, key) == pause(attempts, key)


def test_pauses_of_many_entries_are_spread() -> None:
    pauses = {pause(4, f"https://nordwerk.example/{number}") for number in range(100)}
    assert max(pauses) - min(pauses) > timedelta(minutes=3)


@pytest.mark.parametrize(("hops", "may"), [(0, True), (4, True), (5, False), (6, False)])
def test_an_entry_moves_five_times(hops: int, *, may: bool) -> None:
    assert may_move({"hops": hops}) is may
