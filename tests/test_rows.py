"""From rows to nouns and back: nothing gets lost on the way."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import zstandard
from makers import NOW, said
from sqlalchemy import Connection

from sql.store import pages
from tasks import rows
from tasks.columns import LONGEST_DETAIL, failed_row, published_columns, published_of, settled_row
from tasks.discover.polling import Poll, PollOutcome
from tasks.fetch.pages import Answer, Visit, Visited, Wanted
from tasks.fetch.robots import NO_ANSWER, Robots
from tasks.model import Feed, FeedDocument, FeedEntry, FeedKind, Page, Precision, Response, Timestamp, Validators
from tasks.outcome import Failure, Reason, Stage
from tasks.text import inflate
from tasks.urls import url_hash

FEED = Feed(3, 2, "alpha", "https://alpha.example/all.rss", "Europe/Zurich", timedelta(minutes=15), Validators('"1"'))
FAILURE = Failure(Stage.FETCH, Reason.TIMEOUT, "no answer", None)


def poll(outcome: PollOutcome = PollOutcome.CHANGED, **more: Any) -> Poll:
    values: dict[str, Any] = {"at": NOW, "validators": FEED.validators, "body_sha256": b"x" * 32}
    return Poll(FEED, outcome, **(values | more))


def page(body: bytes = b"<p>Guten Tag</p>" * 50, encoding: str | None = None) -> Page:
    url = "https://alpha.example/1"
    digest = hashlib.sha256(body).digest()
    return Page(url, f"{url}?final", 200, {"server": "x"}, encoding, "utf-8", body, digest, NOW, 12)


def entry(entry_id: int, host: str = "alpha.example:443", **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": entry_id,
        "source_id": 2,
        "host": host,
        "url": f"https://{host}/{entry_id}",
        "canonical_url": f"https://{host}/{entry_id}",
        "page_id": None,
        "attempts": 0,
        "delay": timedelta(seconds=1),
        "concurrency": 2,
        "user_agent": None,
        "headers": {},
    }
    return plain | changes


def host(name: str = "alpha.example:443", **robots: Any) -> dict[str, Any]:
    unknown: dict[str, Any] = {"robots_status": None, "robots_body": None, "robots_expires_at": None}
    return {"host": name, "next_request_at": NOW} | unknown | robots


def test_a_feed_row_becomes_a_feed() -> None:
    row = {"id": 3, "source_id": 2, "slug": "alpha", "url": FEED.url, "time_zone": FEED.time_zone, "every": FEED.every,
           "etag": '"1"', "last_modified": None, "body_sha256": None}  # fmt: skip
    assert rows.feed_of(row) == FEED


def test_a_source_s_user_agent_wins_over_its_headers() -> None:
    assert rows.headers_of({"user_agent": "We/1", "headers": {"X": "1", "User-Agent": "no"}}) == {
        "X": "1",
        "User-Agent": "We/1",
    }
    assert rows.headers_of({"user_agent": None, "headers": {"X": "1"}}) == {"X": "1"}


def test_a_document_s_entries_become_rows_in_its_order() -> None:
    urls = ("https://alpha.example/b?utm_source=x", "http://m.alpha.example:8080/a")
    canonical = ("https://alpha.example/b", "http://m.alpha.example:8080/a")
    entries = tuple(FeedEntry(u, c, f"g{u}", "T", None, said(NOW)) for u, c in zip(urls, canonical, strict=True))
    listed = rows.listed_rows(poll(document=FeedDocument(FeedKind.RSS, None, None, entries)))
    assert [row["position"] for row in listed] == [0, 1]
    assert [row["host"] for row in listed] == ["alpha.example:443", "m.alpha.example:8080"]
    assert listed[0]["url_hash"] == url_hash(canonical[0])
    assert listed[0]["listed_hash"] == url_hash(urls[0])
    assert {row["published_at"] for row in listed} == {NOW}
    assert rows.listed_rows(poll(PollOutcome.NOT_MODIFIED)) == []


POLLS = {
    "changed": (poll(), 2, "changed", False, 0),
    "not modified": (poll(PollOutcome.NOT_MODIFIED), 2, "not_modified", False, 0),
    "failed": (poll(PollOutcome.FAILED, failure=FAILURE), 2, "timeout", True, 3),
}


@pytest.mark.parametrize(("one", "before", "outcome", "failed", "in_a_row"), POLLS.values(), ids=POLLS)
def test_what_a_poll_leaves_in_its_feed(one: Poll, before: int, outcome: str, in_a_row: int, *, failed: bool) -> None:
    row = rows.feed_row(one, before)
    assert (row["outcome"], row["failed"], row["changed"]) == (outcome, failed, outcome == "changed")
    assert NOW < row["next_poll_at"] <= NOW + FEED.every * 2**in_a_row
    assert (row["etag"], row["detail"]) == ('"1"', "no answer" if failed else None)


def test_each_request_becomes_an_event_that_the_log_takes(conn: Connection) -> None:
    wanted = Wanted(5, "https://alpha.example/5", {})
    visit = Visit("alpha.example:443", (wanted,), timedelta(0), 1, NOW, None)
    found = Robots(200, "", NOW)
    answer = Response("https://alpha.example/robots.txt", "x", 200, {}, b"ab", NOW, 3)
    long = Failure(Stage.FETCH, Reason.HTTP_ERROR, "x" * 10_000, 418)
    events = [
        rows.poll_event(poll(status=200, received_bytes=9, duration_ms=4), 1),
        rows.poll_event(poll(PollOutcome.FAILED, failure=FAILURE), 1),
        rows.answer_event(Answer(wanted, page(), NOW, 7), 1),
        rows.answer_event(Answer(wanted, long, NOW, 7), 1),
        rows.robots_event(Visited(visit, found, NOW, robots_answer=answer), 1, NOW),
        rows.robots_event(Visited(visit, Robots(NO_ANSWER, None, NOW), NOW, robots_answer=FAILURE), 1, NOW),
    ]
    assert rows.robots_event(Visited(visit, found, NOW), 1, NOW) is None
    logged = [event for event in events if event is not None]
    pages.log(conn, logged)
    names = ("what", "outcome", "reason", "status", "bytes")
    assert [tuple(event[name] for name in names) for event in logged] == [
        ("feed", "changed", None, 200, 9),
        ("feed", "failed", "timeout", None, 0),
        ("page", "fetched", None, 200, len(page().body)),
        ("page", "failed", "http_error", 418, 0),
        ("robots", "fetched", None, 200, 2),
        ("robots", "failed", "timeout", None, 0),
    ]
    assert len(logged[3]["detail"]) == LONGEST_DETAIL


def test_a_host_is_visited_for_its_entries_without_a_page_at_the_pace_of_the_most_careful_source() -> None:
    entries = [
        entry(1, delay=timedelta(seconds=5)),
        entry(2, "beta.example:80"),
        entry(3, concurrency=1, user_agent="We/1"),
        entry(4, page_id=9, delay=timedelta(seconds=60)),
    ]
    known = host(robots_status=404, robots_expires_at=NOW)
    first, second, third = rows.visits_of([known, host("beta.example:80"), host("idle.example:443")], entries)
    assert [one.entry_id for one in first.wanted] == [1, 3]
    assert (first.delay, first.concurrency, first.robots) == (timedelta(seconds=5), 1, Robots(404, None, NOW))
    assert first.wanted[1].headers == {"User-Agent": "We/1"}
    assert ([one.entry_id for one in second.wanted], second.concurrency, second.robots) == ([2], 2, None)
    assert (third.wanted, third.delay, third.concurrency) == ((), timedelta(0), 1)


def test_what_was_not_asked_is_known() -> None:
    answers = [Answer(Wanted(1, "u", {}), FAILURE, NOW, 0)]
    assert rows.unasked([entry(1), entry(2), entry(3, page_id=7)], answers) == [2]


@pytest.mark.parametrize("encoding", [None, "identity", "IDENTITY", ""])
def test_a_page_that_came_uncompressed_is_compressed_in_the_archive(conn: Connection, encoding: str | None) -> None:
    row = rows.page_row(5, page(encoding=encoding))
    assert (row["content_encoding"], row["body_bytes"]) == ("zstd", len(page().body))
    assert len(row["body"]) < len(page().body)
    back = stored(conn, row)
    assert inflate(back.body, back.content_encoding, 10**6) == page().body


def stored(conn: Connection, row: dict[str, Any]) -> Page:
    """The page that the archive gives back."""
    (kept,) = pages.archive(conn, [row])
    return rows.page_of(pages.read(conn, [(kept["id"], kept["fetched_at"])])[kept["id"]])


def test_a_page_that_came_compressed_is_kept_as_it_came(conn: Connection) -> None:
    came = page(zstandard.compress(b"<p>Guten Tag</p>"), "br")
    assert stored(conn, rows.page_row(5, came)) == came


def test_polls_are_counted_per_source_with_their_first_trouble() -> None:
    entries = (FeedEntry("https://a.example/1", "https://a.example/1"),) * 3
    polls = [
        poll(document=FeedDocument(FeedKind.RSS, None, None, entries)),
        poll(PollOutcome.SAME_BODY),
        poll(PollOutcome.FAILED, failure=FAILURE),
        poll(PollOutcome.FAILED, failure=Failure(Stage.DISCOVER, Reason.NOT_A_FEED, "HTML")),
    ]
    assert rows.poll_counts(polls, {2: 1}) == [
        {
            "source_id": 2,
            "message": f"{FEED.url}: timeout: no answer",
            "feeds_polled": 4,
            "feeds_unchanged": 1,
            "feeds_failed": 2,
            "entries_listed": 3,
            "entries_new": 1,
        }
    ]


def test_fetched_pages_are_counted_for_the_source_of_their_entry() -> None:
    assert rows.fetched_counts({1: entry(1)}, [(1, page(b"abc"))]) == [{"source_id": 2, "fetched": 1, "bytes": 3}]


TIMES = {
    "with an offset": said(NOW),
    "a bare day": Timestamp(NOW, Precision.DAY, "2. März 2026", "text.dateline", "Europe/Zurich"),
    "none": None,
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
def test_a_publication_time_comes_back_from_its_columns(time: Timestamp | None) -> None:
    assert published_of(published_columns(time)) == time


def test_a_failure_goes_into_the_entry_with_its_next_step() -> None:
    row = failed_row(entry(1), FAILURE, 1, 6, NOW)
    assert (row["state"], row["reason"], row["detail"], row["attempts"]) == ("retry", "timeout", "no answer", 1)
    assert row["due_at"] > NOW
    assert failed_row(entry(1), FAILURE, 6, 6, NOW)["state"] == "dead"
    assert settled_row(entry(1), "loaded", 2, article_id=9) == {
        "id": 1, "source_id": 2, "state": "loaded", "reason": None, "detail": None, "due_at": None, "attempts": 2,
        "article_id": 9,
    }  # fmt: skip
