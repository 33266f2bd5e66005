"""Permanent redirects of feeds: counted, believed late, forgotten soon."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tasks.discover.moves import MIN_POLLS, MIN_SPAN, Course, course_after, moved_message, target_of
from tasks.discover.polling import Poll, PollOutcome
from tasks.feed_history import FeedHistory
from tasks.model import Feed, Validators
from tasks.outcome import Failure, Reason, Stage

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
URL, NEW = "https://alpha.example/all.rss", "https://www.alpha.example/neu/all.rss"
FEED = Feed(1, 1, "alpha", URL, "Europe/Zurich", timedelta(minutes=15))
LOST = Failure(Stage.FETCH, Reason.NOT_FOUND, "404", 404)


def poll(course: Course, moved_to: str | None, at: datetime = NOW, failure: Failure | None = None) -> Poll:
    """A poll of a feed with this course behind it."""
    history = FeedHistory(
        redirect_to=course.redirect_to,
        redirects=course.redirects,
        redirected_since=course.redirected_since,
        moved_to=course.moved_to,
    )
    outcome = PollOutcome.FAILED if failure else PollOutcome.CHANGED
    feed = replace(FEED, history=history)
    return Poll(feed, outcome, at, Validators(), b"x" * 32, failure=failure, moved_to=moved_to)


def followed(targets: Sequence[str | None], span: timedelta = MIN_SPAN, taken: Sequence[str] = ()) -> Course:
    """The course after polls spread over `span` that were redirected so."""
    course = Course()
    for number, target in enumerate(targets):
        course = course_after(poll(course, target, NOW + span * number / max(1, len(targets) - 1)), taken)
    return course


def test_five_equal_redirects_over_two_days_are_believed() -> None:
    assert followed([NEW] * MIN_POLLS) == Course(moved_to=NEW)


NOT_BELIEVED = {
    "one less": [NEW] * (MIN_POLLS - 1),
    "a poll in between that stayed": [NEW, NEW, NEW, None, NEW, NEW],
    "another target in between": [NEW, NEW, f"{URL}?x", NEW, NEW, NEW],
    "the homepage": ["https://alpha.example/"] * 9,
    "the homepage without a slash": ["https://alpha.example"] * 9,
    "itself": [URL] * 9,
}


@pytest.mark.parametrize("targets", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_what_may_be_a_mistake_is_not_believed(targets: Sequence[str | None]) -> None:
    assert followed(targets).moved_to is None


def test_many_redirects_within_an_hour_are_not_believed() -> None:
    course = followed([NEW] * 50, span=timedelta(hours=1))
    assert (course.redirect_to, course.redirects, course.moved_to) == (NEW, 50, None)


def test_the_address_of_another_feed_is_never_believed() -> None:
    assert followed([NEW] * 9, taken=[NEW]).moved_to is None


def test_a_failed_poll_neither_counts_nor_ends_the_row() -> None:
    course = Course(NEW, 4, NOW - MIN_SPAN)
    assert course_after(poll(course, None, failure=LOST)) == course
    assert target_of(poll(course, None, failure=LOST)) is None
    assert course_after(poll(course, NEW)) == Course(moved_to=NEW)


def test_what_was_never_read_as_a_feed_there_is_not_believed() -> None:
    unread = replace(poll(Course(NEW, 9, NOW - MIN_SPAN), NEW), body_sha256=None)
    assert (target_of(unread), course_after(unread).moved_to) == (None, None)


FORGOTTEN = {
    "404": poll(Course(moved_to=NEW), None, failure=LOST),
    "410": poll(Course(moved_to=NEW), None, failure=replace(LOST, reason=Reason.GONE)),
    "a page": poll(Course(moved_to=NEW), None, failure=replace(LOST, reason=Reason.NOT_A_FEED)),
    "a redirect to elsewhere": poll(Course(moved_to=NEW), "https://alpha.example/third.rss"),
}


@pytest.mark.parametrize("one", FORGOTTEN.values(), ids=FORGOTTEN)
def test_an_address_that_was_believed_is_forgotten_when_it_is_lost(one: Poll) -> None:
    assert course_after(one) == Course()


def test_an_address_that_was_believed_outlives_a_bad_day() -> None:
    trouble = Failure(Stage.FETCH, Reason.SERVER_ERROR, "500", 500)
    assert course_after(poll(Course(moved_to=NEW), None, failure=trouble)) == Course(moved_to=NEW)
    assert course_after(poll(Course(moved_to=NEW), None)) == Course(moved_to=NEW)
    assert target_of(poll(Course(moved_to=NEW), None)) is None


def test_people_are_told_which_address_to_write_into_which_file() -> None:
    message = moved_message(poll(Course(), NEW), NEW)
    assert all(part in message for part in (URL, NEW, "alpha.yaml"))
