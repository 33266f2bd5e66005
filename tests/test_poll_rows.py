"""From rows to feeds and from polls to rows: nothing gets lost on the way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from makers import NOW, known_feeds, source_row
from makers import feed_row as feed_definition
from sqlalchemy import Connection

from sql.store import feeds, pages, sources
from tasks.columns import LONGEST_DETAIL
from tasks.discover.moves import Course
from tasks.discover.pace import NextPoll
from tasks.discover.polling import Poll, PollOutcome
from tasks.feed_history import FeedHistory
from tasks.model import Feed, FeedDocument, FeedEntry, FeedKind, SitemapIndex, Validators
from tasks.outcome import Failure, Reason, Stage
from tasks.poll_rows import (
    due_of,
    entry_rows,
    feed_of,
    feed_row,
    headers_of,
    is_quiet,
    poll_counts,
    poll_event,
    robots_event,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FEED = Feed(3, 2, "alpha", "https://alpha.example/all.rss", "Europe/Zurich", 15 * MINUTE, Validators('"1"'), b"x" * 32)
FAILURE = Failure(Stage.FETCH, Reason.TIMEOUT, "no answer", None)
DUE = NextPoll(NOW + 15 * MINUTE, 15 * MINUTE, 2.0, None, (), 0.0)


def poll(outcome: PollOutcome = PollOutcome.CHANGED, **more: Any) -> Poll:
    values: dict[str, Any] = {"at": NOW, "validators": FEED.validators, "body_sha256": b"x" * 32}
    return Poll(FEED, outcome, **(values | more))


def claimed(conn: Connection, **more: Any) -> dict[str, Any]:
    (row,) = feeds.claim_due(conn, "me", NOW, timedelta(minutes=1), None, all_of_them=True, **more)
    return row


def test_a_listing_of_a_source_becomes_a_feed_with_all_that_reading_it_takes(conn: Connection) -> None:
    wanted = {"item": "li", "link": None, "title": None, "date": "time", "date_format": "%d.%m.%Y"}
    row = feed_definition("alpha", "page", kind="listing", selectors=wanted, ignore_zone=True, slowest=2 * DAY)
    source = source_row("alpha", partners=["www.beta.example"], article_id=r"/(\d+)", headers={"X": "1"})
    sources.sync(conn, [source], [row], NOW)
    found = claimed(conn)
    feed = feed_of(found)
    assert (feed.kind, feed.selectors, feed.ignore_zone) == (FeedKind.LISTING, wanted, True)
    assert (feed.partners, feed.article_id, feed.homepage) == (
        ("www.beta.example",),
        r"/(\d+)",
        "https://alpha.example/",
    )
    assert (feed.slowest, feed.origin, feed.asked_url) == (2 * DAY, "file", row["url"])
    assert feed.history == FeedHistory()
    assert headers_of(found) == {"X": "1"}


def test_what_a_poll_leaves_in_its_feed_is_what_the_next_poll_finds(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn)
    due = NextPoll(NOW + MINUTE, 30 * MINUTE, 1.25, 20 * MINUTE, (0, 5), 1.5)
    course = Course("https://alpha.example/neu", 3, NOW - DAY, None)
    one = replace(poll(failure=FAILURE, outcome=PollOutcome.FAILED, is_full=False), feed=replace(FEED, id=feed_id))
    feeds.settle(conn, "me", [feed_row(one, due, course, is_gap=True)])
    history = feed_of(claimed(conn)).history
    assert history == FeedHistory(
        pace=30 * MINUTE, news_per_hour=1.25, asked_pace=20 * MINUTE, quiet_hours=(0, 5), last_polled_at=NOW,
        last_gap_at=NOW, failures=1, failure_weight=1.5, redirect_to="https://alpha.example/neu", redirects=3,
        redirected_since=NOW - DAY,
    )  # fmt: skip
    done = replace(poll(is_full=True), feed=replace(FEED, id=feed_id))
    feeds.settle(conn, "me", [feed_row(done, DUE, Course(moved_to="https://alpha.example/neu"))])
    after = feed_of(claimed(conn))
    assert after.history == FeedHistory(
        pace=15 * MINUTE, news_per_hour=2.0, last_full_at=NOW, last_polled_at=NOW, last_gap_at=NOW,
        moved_to="https://alpha.example/neu",
    )  # fmt: skip
    assert (after.validators, after.body_sha256) == (FEED.validators, FEED.body_sha256)
    assert after.asked_url == "https://alpha.example/neu"


def test_a_quiet_poll_changes_what_a_full_settlement_would_change(conn: Connection) -> None:
    known = known_feeds(conn, "alpha", feeds=["one", "two"])
    rows = [
        feed_row(replace(poll(is_full=True), feed=replace(FEED, id=feed_id)), DUE, Course())
        for _, feed_id in known.values()
    ]
    lease = timedelta(minutes=1)
    feeds.claim_due(conn, "me", NOW, lease, None, all_of_them=True)
    feeds.settle(conn, "me", rows)
    claims = feeds.claim_due(conn, "me", NOW, lease, None, all_of_them=True)
    later = replace(DUE, at=NOW + DAY, pace=30 * MINUTE, news_per_hour=0.5)
    again = [replace(poll(PollOutcome.NOT_MODIFIED), feed=feed_of(row), at=NOW + MINUTE) for row in claims]
    assert all(is_quiet(one, later, Course()) for one in again)
    feeds.settle(conn, "me", [feed_row(again[0], later, Course())])
    feeds.settle_quietly(conn, "me", [feed_row(again[1], later, Course())])
    first, second = feeds.claim_due(conn, "me", NOW, lease, None, all_of_them=True)
    differ = {name for name in first if first[name] != second[name]}
    assert differ == {"id", "url"}
    assert (first["pace"], first["last_polled_at"]) == (30 * MINUTE, NOW + MINUTE)


FAILED_BEFORE = replace(FEED, history=FeedHistory(failures=1))
REDIRECTED_BEFORE = replace(FEED, history=FeedHistory(redirect_to="https://alpha.example/neu"))
LOUD = {
    "a new body": (poll(), DUE, Course()),
    "a full poll": (poll(PollOutcome.SAME_BODY, is_full=True), DUE, Course()),
    "new validators": (poll(PollOutcome.NOT_MODIFIED, validators=Validators('"2"')), DUE, Course()),
    "another wish": (poll(PollOutcome.NOT_MODIFIED), replace(DUE, asked_pace=MINUTE), Course()),
    "a redirect": (poll(PollOutcome.NOT_MODIFIED), DUE, Course("https://alpha.example/neu", 1, NOW)),
    "the end of failures": (replace(poll(PollOutcome.NOT_MODIFIED), feed=FAILED_BEFORE), DUE, Course()),
    "the end of a redirect": (replace(poll(PollOutcome.NOT_MODIFIED), feed=REDIRECTED_BEFORE), DUE, Course()),
    "a failure": (poll(PollOutcome.FAILED, failure=FAILURE), DUE, Course()),
}


@pytest.mark.parametrize(("one", "due", "course"), LOUD.values(), ids=LOUD)
def test_whatever_is_to_be_remembered_is_not_quiet(one: Poll, due: NextPoll, course: Course) -> None:
    assert not is_quiet(one, due, course)
    assert is_quiet(poll(PollOutcome.NOT_MODIFIED), DUE, Course())


def test_a_feed_is_asked_in_full_the_first_time_after_a_day_and_when_a_gap_calls(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    row = claimed(conn)
    assert row["id"] == feed_id
    assert due_of(row, NOW, DAY).is_full
    known = dict(row, last_full_at=NOW - 23 * timedelta(hours=1))
    assert not due_of(known, NOW, DAY).is_full
    assert due_of(known, NOW + timedelta(hours=1), DAY).is_full
    assert due_of(known, NOW, DAY, is_called=True).is_full


def test_a_document_that_was_cut_is_read_again() -> None:
    row = feed_row(poll(), DUE, Course(), is_cut=True)
    assert (row["etag"], row["last_modified"], row["body_sha256"]) == (None, None, None)


def document(*entries: FeedEntry, **more: Any) -> FeedDocument:
    return FeedDocument(FeedKind.RSS, None, None, entries, **more)


def test_entries_carry_the_article_id_of_their_portal() -> None:
    entry = FeedEntry("https://alpha.example/a/17", "https://alpha.example/a/17")
    one = replace(poll(document=document(entry)), feed=replace(FEED, article_id=r"/a/(\d+)"))
    assert [row["portal_id"] for row in entry_rows(one)] == ["17"]
    assert entry_rows(poll(PollOutcome.NOT_MODIFIED)) == []
    assert entry_rows(poll(index=SitemapIndex(()))) == []


def test_each_poll_becomes_an_event_that_the_log_takes_and_that_says_what_was_left_out(conn: Connection) -> None:
    refused = document(rejected=("item 1: no link", "item 2: no link"), outside_window=3)
    moved = replace(FEED, history=FeedHistory(moved_to="https://alpha.example/neu"))
    events = [
        poll_event(poll(status=200, received_bytes=9, duration_ms=4, requests=2, document=refused), 1, ["a note"]),
        poll_event(poll(PollOutcome.FAILED, failure=replace(FAILURE, detail="x" * 10_000), requests=0), 1),
        poll_event(replace(poll(PollOutcome.NOT_MODIFIED), feed=moved), 1),
        robots_event(FEED, FAILURE, 1, NOW),
    ]
    pages.log(conn, events)
    names = ("what", "outcome", "reason", "requests", "url")
    assert [tuple(event[name] for name in names) for event in events] == [
        ("feed", "changed", None, 2, FEED.url),
        ("feed", "failed", "timeout", 0, FEED.url),
        ("feed", "not_modified", None, 1, "https://alpha.example/neu"),
        ("robots", "failed", "timeout", 0, FEED.homepage),
    ]
    details = [event["detail"] for event in events]
    assert details[0] == "3 outside the window; 2 rejected: item 1: no link; item 2: no link; a note"
    assert (len(details[1] or ""), details[2]) == (LONGEST_DETAIL, None)


def test_polls_are_counted_by_source_and_the_first_trouble_is_the_message() -> None:
    entry = FeedEntry("https://alpha.example/1", "https://alpha.example/1")
    not_a_feed = Failure(Stage.DISCOVER, Reason.NOT_A_FEED, "HTML")
    polls = [
        poll(document=document(entry, entry)),
        poll(PollOutcome.EMPTY, document=document()),
        poll(PollOutcome.SAME_BODY),
        poll(PollOutcome.FAILED, failure=FAILURE),
        poll(PollOutcome.FAILED, failure=not_a_feed),
    ]
    (row,) = poll_counts(polls, {2: 1})
    assert row == {
        "source_id": 2, "feeds_polled": 5, "feeds_unchanged": 1, "feeds_failed": 2, "entries_listed": 2,
        "entries_new": 1, "request_ms": 0, "message": f"{FEED.url}: timeout: no answer",
    }  # fmt: skip
