"""From rows to nouns and back: nothing gets lost on the way."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import zstandard
from makers import NOW, said
from sqlalchemy import Connection

from config.page_rules import PageRules
from sql.store import pages
from tasks import rows
from tasks.columns import (
    LONGEST_DETAIL,
    failed_row,
    moved_row,
    published_columns,
    published_of,
    settled_row,
    unchanged_row,
)
from tasks.fetch.pages import Answer, Visit, Visited, Wanted
from tasks.fetch.robots import NO_ANSWER, Robots
from tasks.model import Moved, Page, Precision, Profile, Response, Timestamp, Unchanged
from tasks.outcome import Failure, Reason, Stage
from tasks.text import inflate

FAILURE = Failure(Stage.FETCH, Reason.TIMEOUT, "no answer", None)


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
        "article_id": None,
        "etag": None,
        "last_modified": None,
        "hops": 0,
    }
    return plain | changes


def host(name: str = "alpha.example:443", **robots: Any) -> dict[str, Any]:
    unknown: dict[str, Any] = {"robots_status": None, "robots_body": None, "robots_expires_at": None}
    return {"host": name, "next_request_at": NOW} | unknown | robots


def test_what_was_asked_becomes_an_event_that_the_log_takes(conn: Connection) -> None:
    wanted = Wanted(5, "https://alpha.example/5", {})
    visit = Visit("alpha.example:443", (wanted,), timedelta(0), 1, NOW, None)
    found = Robots(200, "", NOW)
    answer = Response("https://alpha.example/robots.txt", "x", 200, {}, b"ab", NOW, 3, requests=2)
    long = Failure(Stage.FETCH, Reason.HTTP_ERROR, "x" * 10_000, 418, requests=1)
    same = Unchanged(wanted.url, wanted.url, {"etag": '"2"'}, NOW, 3)
    events = [
        rows.answer_event(Answer(wanted, page(), NOW, 7, 3), 1),
        rows.answer_event(Answer(wanted, same, NOW, 7, 1), 1),
        rows.answer_event(Answer(wanted, Moved(wanted.url, "https://beta.example/5", 301), NOW, 7, 1), 1),
        rows.answer_event(Answer(wanted, long, NOW, 7, 1), 1),
        rows.robots_event(Visited(visit, found, NOW, robots_answer=answer), 1, NOW),
        rows.robots_event(Visited(visit, Robots(NO_ANSWER, None, NOW), NOW, robots_answer=FAILURE), 1, NOW),
    ]
    assert rows.robots_event(Visited(visit, found, NOW), 1, NOW) is None
    logged = [event for event in events if event is not None]
    pages.log(conn, logged)
    names = ("what", "outcome", "reason", "status", "bytes", "requests")
    assert [tuple(event[name] for name in names) for event in logged] == [
        ("page", "fetched", None, 200, len(page().body), 3),
        ("page", "not_modified", None, 304, 0, 1),
        ("page", "moved", None, 301, 0, 1),
        ("page", "failed", "http_error", 418, 0, 1),
        ("robots", "fetched", None, 200, 2, 2),
        ("robots", "failed", "timeout", None, 0, 0),
    ]
    assert [event["detail"] for event in logged[1:3]] == [None, "moved to https://beta.example/5"]
    assert len(logged[3]["detail"]) == LONGEST_DETAIL
    assert {event["url"] for event in logged[4:]} == {"https://alpha.example/robots.txt"}


CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "both": ({"article_id": 7, "etag": 'W/"1"', "last_modified": "Mon"},
             {"If-None-Match": 'W/"1"', "If-Modified-Since": "Mon"}),
    "one": ({"article_id": 7, "last_modified": "Mon"}, {"If-Modified-Since": "Mon"}),
    "none": ({"article_id": 7}, {}),
    "an entry without an article wants the page whatever it is": ({"etag": '"1"'}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "expected"), CONDITIONS.values(), ids=CONDITIONS)
def test_an_article_that_we_have_is_asked_for_on_condition(columns: dict[str, Any], expected: dict[str, str]) -> None:
    (visit,) = rows.visits_of([host()], [entry(1, headers={"X": "1"}, **columns)])
    assert visit.wanted[0].headers == {"X": "1"} | expected


def test_a_host_that_can_not_say_what_is_allowed_is_noted_and_one_that_was_put_off_is_as_before() -> None:
    visit = Visit("alpha.example:443", (), timedelta(0), 1, NOW, Robots(404, "", NOW))
    later = NOW + timedelta(hours=1)
    trouble = Visited(visit, Robots(503, None, later), later)
    assert rows.host_row(trouble, later)["robots_failing_since"] == later
    assert rows.host_row(Visited(visit, visit.robots, later), later)["robots_failing_since"] is None
    assert rows.host_row(Visited(visit, None, later), later)["robots_failing_since"] is None
    before = rows.host_row_before(visit)
    assert (before["next_request_at"], before["robots_status"], before["robots_failing_since"]) == (NOW, 404, None)


def test_the_extractor_is_told_what_it_needs_of_the_source() -> None:
    row = {"slug": "alpha", "name": "Alpha", "language": "de", "time_zone": "Europe/Zurich", "homepage": "https://a/"}
    plain = Profile("alpha", "Alpha", "de", "Europe/Zurich", "https://a/")
    assert rows.profile_of(row | {"pages": None}) == plain
    assert rows.profile_of(row | {"pages": {"title": ["h1"]}}) == replace(plain, pages=PageRules(title=("h1",)))


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


def test_fetched_pages_are_counted_for_the_source_of_their_entry() -> None:
    assert rows.fetched_counts([(entry(1), page(b"abc"))]) == [{"source_id": 2, "fetched": 1, "bytes": 3}]


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
    assert settled_row(entry(1, etag='"1"'), "loaded", 2, article_id=9) == {
        "id": 1, "source_id": 2, "state": "loaded", "counted": "loaded", "reason": None, "detail": None, "due_at": None,
        "attempts": 2, "article_id": 9, "recheck_at": None, "etag": '"1"', "last_modified": None,
    }  # fmt: skip


AGAIN: dict[str, tuple[Failure, int, tuple[str, str]]] = {
    "trouble is tried again": (FAILURE, 1, ("retry", "retry")),
    "trouble without end": (FAILURE, 6, ("loaded", "dead")),
    "a rule": (Failure(Stage.FETCH, Reason.TOO_LARGE, "x"), 1, ("loaded", "skipped")),
    "gone": (Failure(Stage.FETCH, Reason.GONE, "x"), 1, ("gone", "gone")),
    "a page that looks like an error": (Failure(Stage.EXTRACT, Reason.SOFT_404, "x"), 2, ("loaded", "gone")),
}


@pytest.mark.parametrize(("failure", "attempts", "expected"), AGAIN.values(), ids=AGAIN)
def test_an_entry_with_an_article_is_never_given_up(failure: Failure, attempts: int, expected: tuple[str, str]) -> None:
    row = failed_row(entry(1, article_id=7), failure, attempts, 6, NOW)
    assert (row["state"], row["counted"], row["article_id"]) == (*expected, 7)


def test_an_unchanged_article_keeps_the_validators_that_the_304_does_not_renew() -> None:
    known = entry(1, article_id=7, etag='"1"', last_modified="Mon", attempts=0)
    row = unchanged_row(known, Unchanged("u", "u", {"etag": '"2"'}, NOW, 1))
    assert (row["state"], row["counted"], row["attempts"]) == ("loaded", "rechecked", 1)
    assert (row["etag"], row["last_modified"], row["article_id"]) == ('"2"', "Mon", 7)


def test_a_move_names_the_address_and_its_host() -> None:
    row = moved_row(entry(1), Moved("https://alpha.example/1", "http://beta.example:8080/x", 302))
    assert row == {"id": 1, "url": "http://beta.example:8080/x", "host": "beta.example:8080"}
