"""Asking feeds: when, with which conditions, and what is remembered for the next time."""

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import FakeWeb, VirtualLoop, failing, ok, run
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.pace import LONGEST_BACKOFF, next_poll_at
from tasks.discover.polling import (
    ACCEPT,
    ACCEPT_LISTING,
    ACCEPT_SITEMAP,
    Due,
    Poll,
    PollOutcome,
    conditions,
    poll,
    poll_all,
)
from tasks.feed_history import FeedHistory
from tasks.model import Feed, FeedKind, Response, SitemapIndex, Validators
from tasks.outcome import Failure, Reason, Stage

URL = "https://www.nordwerk.example/feeds/news.xml"
EVERY = timedelta(minutes=15)
OLD = Validators('W/"1"', "Sun, 01 Mar 2026 12:00:00 GMT")
RSS = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Nordwerk</title>
<item><title>Gewinn steigt</title><link>https://www.nordwerk.example/a</link></item></channel></rss>"""
MAX_BYTES = 100_000


def feed(validators: Validators = OLD, body: bytes | None = b"before", url: str = URL) -> Feed:
    """A feed that was last seen with these validators and this body."""
    digest = hashlib.sha256(body).digest() if body is not None else None
    return Feed(1, 1, "nordwerk", url, "Europe/Zurich", EVERY, validators, digest)


def due(known: Feed, headers: Mapping[str, str] | None = None, delay: float = 1, *, is_full: bool = False) -> Due:
    """A feed to poll."""
    return Due(known, headers or {}, timedelta(seconds=delay), is_full)


def polled(answer: Response | Failure, known: Feed | None = None, *, is_full: bool = False) -> Poll:
    """What a poll makes of this answer."""
    return run(poll(due(known or feed(), is_full=is_full), FakeWeb({URL: answer}).get, MAX_BYTES))


# From the epoch of polling (1970) to the end of the century.
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
INTERVALS = st.timedeltas(timedelta(seconds=1), timedelta(days=40))


@given(MOMENTS, INTERVALS, st.text(max_size=40), st.integers(0, 2000))
def test_the_next_poll_lies_ahead_by_one_interval_at_most_and_by_half_to_one_and_a_half_after_failures(
    now: datetime, every: timedelta, key: str, failures: int
) -> None:
    at = next_poll_at(now, every, key, failures)
    added = min(every * 2 ** min(failures, 20), max(LONGEST_BACKOFF, every)) - every
    assert added / 2 < at - now <= added * 1.5 + every


@given(MOMENTS, INTERVALS, st.text(max_size=40), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_slots_keep_their_phase_whenever_they_are_asked_for(
    now: datetime, every: timedelta, key: str, later: timedelta
) -> None:
    first, second = next_poll_at(now, every, key), next_poll_at(now + later, every, key)
    assert (second - first) % every == timedelta(0)


@given(MOMENTS, INTERVALS, st.text(max_size=40))
def test_a_late_poll_does_not_move_the_slots(now: datetime, every: timedelta, key: str) -> None:
    slot = next_poll_at(now, every, key)
    late = slot + every * 0.9
    assert next_poll_at(slot, every, key) == next_poll_at(late, every, key) == slot + every


def test_feeds_are_spread_over_the_interval() -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    waits = sorted(next_poll_at(now, EVERY, f"https://nordwerk.example/{number}") - now for number in range(200))
    assert waits[0] < EVERY * 0.1
    assert waits[-1] > EVERY * 0.9
    assert len(set(waits)) > 190


def test_each_failure_in_a_row_doubles_the_interval_up_to_a_day() -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def interval(failures: int) -> timedelta:
        first = next_poll_at(now, EVERY, URL, failures)
        return next_poll_at(first, EVERY, URL, failures) - first

    assert [interval(number) / EVERY for number in range(8)] == [1, 2, 4, 8, 16, 32, 64, 96]
    assert interval(1000) == LONGEST_BACKOFF


def test_a_feed_that_is_asked_less_than_daily_keeps_its_interval_when_it_fails() -> None:
    now, week = datetime(2026, 3, 1, 12, 0, tzinfo=UTC), timedelta(days=7)
    assert next_poll_at(now, week, URL, 5) == next_poll_at(now, week, URL)


CONDITIONS = {
    "none known": (Validators(), {}),
    "an ETag": (Validators(etag='"1"'), {"If-None-Match": '"1"'}),
    "a date": (Validators(last_modified="x"), {"If-Modified-Since": "x"}),
    "both": (OLD, {"If-None-Match": 'W/"1"', "If-Modified-Since": "Sun, 01 Mar 2026 12:00:00 GMT"}),
    "without quotes": (Validators(etag="1-gzip"), {"If-None-Match": "1-gzip"}),
    "empty": (Validators("", ""), {}),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_validators_are_sent_back_byte_for_byte(case: str) -> None:
    validators, headers = CONDITIONS[case]
    assert conditions(validators) == headers
    web = FakeWeb({URL: ok(status=304)})
    run(poll(due(feed(validators)), web.get, MAX_BYTES))
    assert web.asked[0].headers == {"Accept": ACCEPT} | headers


def test_the_headers_of_a_source_win() -> None:
    web = FakeWeb({URL: ok(status=304)})
    run(poll(due(feed(), {"Accept": "text/xml", "Accept-Language": "fr"}), web.get, MAX_BYTES))
    assert (web.asked[0].headers["Accept"], web.asked[0].headers["Accept-Language"]) == ("text/xml", "fr")


def test_304_keeps_what_is_known() -> None:
    found = polled(ok(status=304))
    assert (found.outcome, found.status, found.document) == (PollOutcome.NOT_MODIFIED, 304, None)
    assert (found.validators, found.body_sha256) == (OLD, feed().body_sha256)


def test_304_may_bring_new_validators() -> None:
    assert polled(ok(status=304, etag='"2"')).validators == Validators('"2"', OLD.last_modified)


def test_a_full_poll_sends_no_validators_and_says_so() -> None:
    web = FakeWeb({URL: ok(RSS)})
    found = run(poll(due(feed(), is_full=True), web.get, MAX_BYTES))
    assert web.asked[0].headers == {"Accept": ACCEPT}
    assert found.is_full
    assert polled(ok(RSS, etag='"2"'), feed(body=RSS), is_full=True).is_full
    assert not polled(ok(RSS)).is_full


@pytest.mark.parametrize("answer", [ok(status=304), failing(Reason.HTTP_ERROR, 304)], ids=["an answer", "a failure"])
def test_a_304_that_nobody_asked_for_is_a_failure_that_names_it(answer: Response | Failure) -> None:
    found = polled(answer, is_full=True)
    assert found.failure is not None
    assert (found.outcome, found.failure.reason, found.status) == (PollOutcome.FAILED, Reason.HTTP_ERROR, 304)
    assert "304 to a request without conditions" in found.failure.detail
    assert found.validators == OLD
    assert not found.is_full


def test_an_answer_that_has_expired_as_it_comes_leaves_no_validators() -> None:
    assert polled(ok(RSS, etag='"2"', expires="0")).validators == Validators()
    assert polled(ok(status=304, etag='"2"', expires="0")).validators == Validators()
    assert polled(ok(RSS, etag='"2"', expires="Sun, 01 Mar 2026 12:00:00 GMT")).validators == Validators('"2"')


def test_a_304_with_a_body_is_a_304() -> None:
    found = polled(ok(RSS, status=304))
    assert (found.outcome, found.document) == (PollOutcome.NOT_MODIFIED, None)


EMPTY = RSS.replace(RSS[RSS.index(b"<item>") : RSS.index(b"</channel>")], b"")


def test_a_feed_that_lists_nothing_is_empty_and_no_failure() -> None:
    found = polled(ok(EMPTY, etag='"2"'))
    assert (found.outcome, found.failure, found.validators.etag) == (PollOutcome.EMPTY, None, '"2"')
    assert polled(ok(EMPTY), feed(body=EMPTY)).outcome is PollOutcome.SAME_BODY


def test_a_last_modified_that_goes_backwards_hides_nothing() -> None:
    found = polled(ok(RSS, last_modified="Sun, 01 Feb 2026 12:00:00 GMT"))
    assert (found.outcome, found.validators.last_modified) == (PollOutcome.CHANGED, "Sun, 01 Feb 2026 12:00:00 GMT")


ACCEPTED = {FeedKind.ATOM: ACCEPT, FeedKind.NEWS_SITEMAP: ACCEPT_SITEMAP, FeedKind.LISTING: ACCEPT_LISTING}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_a_request_says_what_it_takes_and_takes_anything(kind: FeedKind) -> None:
    web = FakeWeb({URL: failing(Reason.NOT_FOUND, 404)})
    run(poll(due(replace(feed(), kind=kind)), web.get, MAX_BYTES))
    assert web.asked[0].headers["Accept"] == ACCEPTED[kind]
    assert ACCEPTED[kind].endswith("*/*;q=0.1")


def test_a_feed_that_moved_is_asked_where_it_is() -> None:
    moved = replace(feed(), history=FeedHistory(moved_to="https://www.nordwerk.example/neu.xml"))
    web = FakeWeb({"https://www.nordwerk.example/neu.xml": ok(status=304)})
    assert run(poll(due(moved), web.get, MAX_BYTES)).outcome is PollOutcome.NOT_MODIFIED


def test_an_index_is_handed_on_as_an_index() -> None:
    body = b"<sitemapindex><sitemap><loc>https://www.nordwerk.example/news-1.xml</loc></sitemap></sitemapindex>"
    found = polled(ok(body), replace(feed(), kind=FeedKind.SITEMAP))
    assert isinstance(found.index, SitemapIndex)
    assert (found.outcome, found.document) == (PollOutcome.CHANGED, None)


def test_a_heavy_document_is_read_beside_the_event_loop() -> None:
    items = b"".join(b"<item><title>T</title><link>/a%d</link></item>" % number for number in range(300))
    body = RSS.replace(b"</channel>", items + b"</channel>")
    threads: list[str] = []

    class Noted(Response):
        @property
        def charset(self) -> str | None:
            threads.append(threading.current_thread().name)
            return None

    async def get(url: str, headers: Mapping[str, str]) -> Response:
        return Noted(url, url, 200, {}, body, datetime.now(UTC), 7)

    polls = run(poll_all([due(feed())], get, hosts=1, max_bytes=MAX_BYTES))
    assert polls[0].outcome is PollOutcome.CHANGED
    assert threads
    assert threading.main_thread().name not in threads


def test_200_replaces_the_validators_even_by_none() -> None:
    assert polled(ok(RSS, etag='"2"')).validators == Validators('"2"', None)
    assert polled(ok(RSS)).validators == Validators()


def test_a_changed_feed_is_read() -> None:
    found = polled(ok(RSS, etag='"2"'))
    assert (found.outcome, found.status, found.failure) == (PollOutcome.CHANGED, 200, None)
    assert found.document is not None
    assert found.document.kind is FeedKind.RSS
    assert [entry.title for entry in found.document.entries] == ["Gewinn steigt"]
    assert found.body_sha256 == hashlib.sha256(RSS).digest()
    assert (found.received_bytes, found.duration_ms) == (len(RSS), 7)


def test_a_feed_that_was_never_read_is_changed() -> None:
    assert polled(ok(RSS), feed(Validators(), None)).outcome is PollOutcome.CHANGED


@pytest.mark.parametrize("level", [1, 9])
def test_the_same_body_is_not_read_again_however_it_is_compressed(level: int) -> None:
    found = polled(ok(gzip.compress(RSS, level), content_encoding="gzip", etag='"2"'), feed(body=RSS))
    assert (found.outcome, found.document) == (PollOutcome.SAME_BODY, None)
    assert (found.validators, found.body_sha256) == (Validators('"2"'), hashlib.sha256(RSS).digest())


def test_the_charset_of_the_header_is_used() -> None:
    body = RSS.replace(b' encoding="utf-8"', b"").replace(b"Gewinn", b"B\xf6rse")
    found = polled(ok(body, content_type="application/rss+xml; charset=ISO-8859-1"))
    assert found.document is not None
    assert found.document.entries[0].title == "Börse steigt"


REFUSED = {
    "half a compressed body": (gzip.compress(RSS)[:-12], Reason.TRUNCATED),
    "a bomb": (gzip.compress(bytes(MAX_BYTES + 1)), Reason.TOO_LARGE),
    "a page": (b"<!DOCTYPE html><html><body><h1>Willkommen</h1></body></html>", Reason.NOT_A_FEED),
    "nothing": (b"", Reason.EMPTY_BODY),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_body_that_is_no_feed_is_a_failure_that_forgets_nothing(case: str) -> None:
    body, reason = REFUSED[case]
    found = polled(ok(body, etag='"2"'))
    assert found.failure is not None
    assert (found.outcome, found.failure.reason, found.failure.stage) == (PollOutcome.FAILED, reason, Stage.DISCOVER)
    assert (found.validators, found.body_sha256) == (OLD, feed().body_sha256)
    assert (found.status, found.received_bytes, found.duration_ms) == (200, len(body), 7)


def test_a_request_that_fails_forgets_nothing() -> None:
    no = failing(Reason.SERVER_ERROR, 503)
    before = datetime.now(UTC)
    found = polled(no)
    assert (found.outcome, found.failure, found.status) == (PollOutcome.FAILED, no, 503)
    assert (found.validators, found.body_sha256) == (OLD, feed().body_sha256)
    assert found.at >= before


def at(url: str, delay: float = 1) -> Due:
    """The feed of that address, to poll."""
    return due(feed(url=url), {}, delay)


def all_polled(web: FakeWeb, *feeds: Due, hosts: int = 10) -> list[Poll]:
    """What polling all of them brings."""
    return run(poll_all(feeds, web.get, hosts=hosts, max_bytes=MAX_BYTES), VirtualLoop)


def test_feeds_of_one_host_are_asked_one_after_the_other_and_spaced() -> None:
    web = FakeWeb(seconds=0.3)
    polls = all_polled(web, at("https://a.example/1", 1), at("https://a.example/2", 4), at("https://a.example/3", 0))
    assert web.starts() == [0, 4, 8]
    assert len(polls) == 3


def test_http_and_https_of_a_host_are_two_hosts() -> None:
    web = FakeWeb()
    all_polled(web, at("https://a.example/1"), at("http://a.example/1"), at("https://A.example:443/2"))
    assert web.starts("http://a") == [0]
    assert sorted(web.starts("https://")) == [0, 1]


def test_hosts_are_asked_side_by_side() -> None:
    web = FakeWeb(seconds=0.5)
    all_polled(web, *(at(f"https://{letter}.example/{number}") for number in range(2) for letter in "abcd"))
    assert web.starts() == [0] * 4 + [1] * 4
    assert web.peak() == 4


def test_no_more_hosts_are_asked_at_a_time_than_allowed() -> None:
    web = FakeWeb(seconds=1)
    all_polled(web, *(at(f"https://{letter}.example/") for letter in "abcde"), hosts=2)
    assert web.peak() == 2
    assert web.starts() == [0, 0, 1, 1, 2]


def test_a_host_that_hangs_does_not_hold_up_the_others() -> None:
    class OneHangs(FakeWeb):
        async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
            answer = await super().get(url, headers)
            await asyncio.sleep(30 if "slow" in url else 0)
            return answer

    web = OneHangs()
    all_polled(web, at("https://slow.example/1"), at("https://slow.example/2"), *map(at, FAST))
    assert web.starts("fast") == [0, 1, 2]
    assert web.starts("slow") == [0, 30]


FAST = [f"https://fast.example/{number}" for number in range(3)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=12, unique=True), st.integers(1, 3))
def test_every_feed_is_polled_exactly_once(feeds: list[tuple[str, int]], hosts: int) -> None:
    urls = [f"https://{host}.example/{number}" for host, number in feeds]
    web = FakeWeb()
    polls = all_polled(web, *map(at, urls), hosts=hosts)
    assert sorted(one.feed.url for one in polls) == sorted(one.url for one in web.asked) == sorted(urls)
