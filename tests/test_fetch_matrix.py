"""The rows of the fault matrix (docs/portal.md) that are the fetcher's: a visit to the sample portal, faults and all.

What a page says under 200 (a captcha, a consent page) is the extractor's to judge; feeds are the poller's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asking import GUARDED
from fakes import FakeResolver, RoutedLoop, run
from portal_asking import base

from portal import client as portals
from portal.client import RunningPortal
from tasks.fetch.client import Client, Limits
from tasks.fetch.pages import Answer, Visit, Visited, Wanted, fetch_pages
from tasks.fetch.robots import LONGEST_CRAWL_DELAY_S, Robots, crawl_delay_s
from tasks.model import Moved, Page, Response, Unchanged
from tasks.outcome import Failure, Reason
from tasks.text import inflate

US = "Newstape/0.1"
LIMITS = Limits(timedelta(seconds=5), 5 * 2**20, US, allow_private=True, min_rate=500, grace=timedelta(seconds=0.3))
IMPATIENT = Limits(timedelta(seconds=0.5), 5 * 2**20, US, allow_private=True)
ARTICLES = "nachrichten|markt|news|boerse|article|actualite"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """One portal for all rows; each test withdraws its own faults."""
    with portals.start(articles=40) as portal:
        yield portal


@pytest.fixture
def portal(running: RunningPortal) -> Iterator[RunningPortal]:
    """The portal without faults, every door open, and an empty ledger."""
    running.clear_ledger()
    yield running
    running.clear_faults()
    running.open("alpenboerse")


def articles(portal: RunningPortal, count: int = 1) -> list[str]:
    """Addresses of articles of the first portal."""
    return [one["url"] for one in portal.gold() if one["portal"] == "alpenboerse"][:count]


def visited(
    portal: RunningPortal, *, count: int = 1, limits: Limits = LIMITS, headers: dict[str, str] | None = None
) -> Visited:
    """What a visit to the first portal brings that asks for so many articles, its rules first."""

    async def scenario() -> Visited:
        wanted = tuple(Wanted(number, url, headers or {}) for number, url in enumerate(articles(portal, count)))
        plan = Visit("alpenboerse", wanted, timedelta(0), 1, datetime.now(UTC), None)
        async with Client(limits) as client:
            [one] = await fetch_pages([plan], client, US, 20)
            return one

    return run(scenario())


def answer(portal: RunningPortal, **more: Any) -> Answer:
    """What comes of asking for one article."""
    [one] = visited(portal, **more).answers
    return one


def reason(portal: RunningPortal, **more: Any) -> Reason:
    """Why there is no page of one article."""
    outcome = answer(portal, **more).outcome
    assert isinstance(outcome, Failure), outcome
    return outcome.reason


@dataclass(frozen=True)
class Row:
    """A fault on all articles, and what an entry ends with."""

    fault: str
    reason: Reason
    value: Any = None
    detail: str = ""
    limits: Limits = field(default=LIMITS)


ROWS = {
    "3 nothing is sent": Row("hang", Reason.TIMEOUT, limits=IMPATIENT),
    "3 half a body, then silence": Row("stall", Reason.TIMEOUT, limits=IMPATIENT),
    "4 a byte a second": Row("drip", Reason.TIMEOUT, 1, "500 bytes a second"),
    "5 reset": Row("reset", Reason.TRUNCATED),
    "5 a body shorter than announced": Row("truncate", Reason.TRUNCATED),
    "6 an error of the server": Row("status", Reason.SERVER_ERROR, 500),
    "7 a pause in seconds": Row("retry_after", Reason.THROTTLED, "seconds"),
    "8 throttling": Row("status", Reason.THROTTLED, 429),
    "9 a wall with its header": Row("forbidden", Reason.BLOCKED, detail="403 with cf-mitigated: challenge"),
    "9 a wall that says JSON": Row("unauthorised", Reason.BLOCKED, detail="401 with x-datadome: protected"),
    "9 a challenge as a success": Row("challenge", Reason.BLOCKED, detail="202 with x-amzn-waf-action: challenge"),
    "10 a missing page": Row("status", Reason.NOT_FOUND, 404),
    "10 a page that is gone": Row("status", Reason.GONE, 410),
    "11 a circle": Row("redirect_loop", Reason.REDIRECT_LOOP),
    "11 to itself": Row("redirect_self", Reason.REDIRECT_LOOP),
    "11 to itself for a cookie": Row("redirect_cookie", Reason.REDIRECT_LOOP),
    "11 forty hops": Row("redirect_hops", Reason.REDIRECT_LOOP, 40),
    "12 a file": Row("redirect_inside", Reason.BAD_URL, "file"),
    "12 gopher": Row("redirect_inside", Reason.BAD_URL, "gopher"),
    "20 an unasked 304": Row("unasked_304", Reason.EMPTY_BODY, detail="304 to a request without conditions"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_fault_has_its_name(portal: RunningPortal, case: str) -> None:
    row = ROWS[case]
    portal.fault(row.fault, path=ARTICLES, value=row.value)
    outcome = answer(portal, limits=row.limits).outcome
    assert isinstance(outcome, Failure), outcome
    assert outcome.reason is row.reason
    assert row.detail in outcome.detail


def test_row_1_a_host_that_refuses_connections_is_left_alone(portal: RunningPortal) -> None:
    wanted = articles(portal)

    async def scenario() -> Visited:
        plan = Visit("alpenboerse", (Wanted(1, wanted[0], {}),), timedelta(0), 1, datetime.now(UTC), None)
        async with Client(LIMITS) as client:
            [one] = await fetch_pages([plan], client, US, 20)
            return one

    portal.shut("alpenboerse")
    one = run(scenario())
    assert one.answers == []
    assert isinstance(one.robots_answer, Failure)
    assert one.robots_answer.reason is Reason.UNREACHABLE


def test_row_1_a_redirect_to_a_host_that_does_not_exist_is_a_move(portal: RunningPortal) -> None:
    portal.fault("redirect_inside", path=ARTICLES, value="unknown_host")
    outcome = answer(portal).outcome
    assert isinstance(outcome, Moved)
    assert outcome.to == "http://gibt-es-nicht.invalid/"


def test_row_5_a_broken_chunk_is_tried_again(portal: RunningPortal) -> None:
    portal.fault("broken_chunk", path=ARTICLES)
    # Where it comes after the headers, aiohttp (3.14.5) tells nobody who waits for the body: the deadline does.
    assert reason(portal, limits=IMPATIENT) in {Reason.UNREACHABLE, Reason.TIMEOUT}


def test_row_6_an_answer_after_two_errors_is_a_page(portal: RunningPortal) -> None:
    portal.fault("statuses", path=ARTICLES, value=[500, 500, 200])
    assert [reason(portal), reason(portal)] == [Reason.SERVER_ERROR] * 2
    assert isinstance(answer(portal).outcome, Page)


PAUSES = {
    "seconds": (5, 5),
    "date": (55, 65),
    "past": (0, 0),
    "skewed": (55, 65),
    "negative": (0, 0),
    "huge": (86_400, 86_400),
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", PAUSES)
def test_row_7_a_pause_is_as_long_as_the_server_means(portal: RunningPortal, form: str, status: int) -> None:
    portal.fault("retry_after", path=ARTICLES, value={"form": form, "status": status})
    outcome = answer(portal).outcome
    assert isinstance(outcome, Failure)
    assert outcome.retry_after is not None
    assert PAUSES[form][0] <= outcome.retry_after.total_seconds() <= PAUSES[form][1]


@pytest.mark.parametrize("form", ["word", "missing"])
def test_row_7_a_pause_of_no_length_is_not_one(portal: RunningPortal, form: str) -> None:
    portal.fault("retry_after", path=ARTICLES, value=form)
    outcome = answer(portal).outcome
    assert isinstance(outcome, Failure)
    assert (outcome.reason, outcome.retry_after) == (Reason.SERVER_ERROR, None)


def test_row_8_one_throttled_address_backs_off_alone_and_two_as_a_host(portal: RunningPortal) -> None:
    portal.fault("status", path=articles(portal)[0].rsplit("/", 1)[1], value=429)
    one = visited(portal, count=5)
    assert [isinstance(answer.outcome, Page) for answer in one.answers] == [False, True, True, True, True]
    portal.fault("status", path=articles(portal, 2)[1].rsplit("/", 1)[1], value=429)
    both = visited(portal, count=5)
    assert len(both.answers) == 2
    assert both.next_request_at > datetime.now(UTC) + timedelta(seconds=20)


def test_row_9_a_page_for_other_names_only_is_a_plain_refusal(portal: RunningPortal) -> None:
    wish = {"header": "User-Agent", "wants": "^Mozilla", "status": 403}
    portal.fault("choosy", path=ARTICLES, value=wish)
    assert reason(portal) is Reason.BLOCKED
    assert isinstance(answer(portal, headers={"User-Agent": "Mozilla/5.0"}).outcome, Page)


def test_row_11_a_moved_page_is_a_page_at_its_new_address(portal: RunningPortal) -> None:
    portal.fault("moved", path=ARTICLES)
    one = answer(portal)
    assert isinstance(one.outcome, Page)
    assert "/neu/" in one.outcome.final_url
    assert one.requests == 2


INSIDE = ["ssh", "metadata", "mapped", "private", "shared", "zero", "decimal", "credentials"]


@pytest.mark.parametrize("value", INSIDE)
def test_row_12_no_redirect_leads_into_our_own_network(portal: RunningPortal, value: str) -> None:
    port = int(base(portal).rsplit(":", 1)[1])
    loop = RoutedLoop()
    loop.routes = {("198.51.99.7", 80): port}

    async def scenario() -> tuple[Response | Moved | Failure, Response | Failure]:
        async with Client(GUARDED, FakeResolver(alpenboerse_example=[["198.51.99.7"]])) as client:
            url = f"http://alpenboerse.example/{articles(portal)[0].split('/', 3)[3]}"
            return await client.get_here(url, {}), await client.get(url, {})

    portal.fault("redirect_inside", path=ARTICLES, value=value)
    here, anywhere = run(scenario(), lambda: loop)
    for found in (here, anywhere):
        assert isinstance(found, Failure)
        assert (found.reason, found.requests) == (Reason.FORBIDDEN_ADDRESS, 1)
    assert set(loop.connected) == {("198.51.99.7", 80)}


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_row_14_a_bomb_is_archived_as_it_came(portal: RunningPortal, coding: str) -> None:
    portal.fault("bomb", path=ARTICLES, value={"mib": 100, "coding": coding})
    outcome = answer(portal).outcome
    assert isinstance(outcome, Page)
    assert len(outcome.body) < 2**20
    assert inflate(outcome.body, outcome.content_encoding, LIMITS.max_bytes) is Reason.TOO_LARGE


@pytest.mark.parametrize("fault", ["wrong_encoding_header", "unnamed_gzip", "unsolicited_br"])
def test_row_16_a_body_is_kept_as_it_came_whatever_its_header_says(portal: RunningPortal, fault: str) -> None:
    plain = answer(portal).outcome
    portal.fault(fault, path=ARTICLES)
    outcome = answer(portal).outcome
    assert isinstance(plain, Page)
    assert isinstance(outcome, Page)
    texts = [inflate(page.body, page.content_encoding, LIMITS.max_bytes) for page in (plain, outcome)]
    assert texts[0] == texts[1]


def test_row_16_half_a_gzip_body_is_known_when_it_is_read(portal: RunningPortal) -> None:
    portal.fault("cut_gzip", path=ARTICLES)
    outcome = answer(portal).outcome
    assert isinstance(outcome, Page)
    assert inflate(outcome.body, outcome.content_encoding, LIMITS.max_bytes) is Reason.TRUNCATED


def test_row_20_a_page_that_we_have_is_unchanged(portal: RunningPortal) -> None:
    first = answer(portal).outcome
    assert isinstance(first, Page)
    assert "etag" in first.headers
    again = answer(portal, headers={"If-None-Match": first.headers["etag"]}).outcome
    assert isinstance(again, Unchanged)
    assert (again.url, again.final_url) == (first.url, first.final_url)


def test_row_20_a_304_with_a_body_costs_a_whole_answer(portal: RunningPortal) -> None:
    first = answer(portal).outcome
    assert isinstance(first, Page)
    portal.fault("body_on_304", path=ARTICLES, times=1)
    one = visited(portal, count=3, headers={"If-None-Match": first.headers["etag"]})
    assert [answer.requests for answer in one.answers] == [2, 1, 1]
    assert all(isinstance(answer.outcome, Page) for answer in one.answers)


@pytest.mark.parametrize("count", [150, 500])
def test_row_20_more_than_a_hundred_headers_are_fine(portal: RunningPortal, count: int) -> None:
    portal.fault("many_headers", path=ARTICLES, value=count)
    outcome = answer(portal).outcome
    assert isinstance(outcome, Page)
    assert len(outcome.headers) > count


def rules(portal: RunningPortal) -> tuple[Robots, Visited]:
    """The rules of the first portal, with the visit that asked for them."""
    one = visited(portal, limits=IMPATIENT)
    assert one.robots is not None
    return one.robots, one


# What robots.txt is like -> what it says of an article (unknown: nothing may be asked).
RULES: dict[str, tuple[str, Any, str]] = {
    "as it should be": ("slow", 1, "allowed"),
    "disallow": ("robots", "disallow", "disallowed"),
    "HTML": ("robots", "html", "no_rules"),
    "a byte order mark": ("robots", "byte_order_mark", "allowed"),
    "not in UTF-8": ("robots", "latin-1", "allowed"),
    "600 KiB": ("robots", "large", "allowed"),
    "late sitemaps": ("robots", "late_sitemaps", "allowed"),
    "the longest match": ("robots", "longest_match", "allowed"),
    "404": ("status", 404, "no_rules"),
    "403": ("status", 403, "no_rules"),
    "410": ("status", 410, "no_rules"),
    "a wall": ("forbidden", None, "no_rules"),
    "a challenge": ("challenge", None, "unknown"),
    "429": ("status", 429, "unknown"),
    "500": ("status", 500, "unknown"),
    "503 with a time": ("retry_after", "seconds", "unknown"),
    "no answer": ("hang", None, "unknown"),
    "half of it": ("truncate", None, "unknown"),
    "empty": ("empty", None, "no_rules"),
    "five redirects": ("redirect_hops", 5, "allowed"),
    "six redirects": ("redirect_hops", 6, "allowed"),
    "redirects without end": ("redirect_loop", None, "no_rules"),
}


@pytest.mark.parametrize("case", RULES)
def test_row_32_robots_txt_means(portal: RunningPortal, case: str) -> None:
    fault, value, verdict = RULES[case]
    portal.fault(fault, path="^/robots", value=value)
    known, one = rules(portal)
    assert known.is_known is (verdict != "unknown")
    assert [answer.robots for answer in one.answers] == ([] if verdict == "unknown" else [verdict])
    asked = [line["path"] for line in portal.ledger() if not line["path"].startswith("/robots")]
    assert len(asked) == (verdict in {"allowed", "no_rules"})


def test_row_32_an_hour_between_requests_is_capped(portal: RunningPortal) -> None:
    portal.fault("robots", value="crawl_delay")
    known, one = rules(portal)
    assert crawl_delay_s(known, US) == LONGEST_CRAWL_DELAY_S
    assert one.answers == []
    assert one.next_request_at <= datetime.now(UTC) + timedelta(seconds=LONGEST_CRAWL_DELAY_S)


def test_row_32_the_requests_for_robots_txt_are_counted(portal: RunningPortal) -> None:
    portal.fault("redirect_hops", path="^/robots", value=5)
    one = visited(portal)
    assert one.robots_answer is not None
    assert one.robots_answer.requests == 6
    assert len(portal.ledger()) == 6 + sum(answer.requests for answer in one.answers)


def test_row_33_a_page_that_leads_on_by_its_markup_is_followed_once(portal: RunningPortal) -> None:
    portal.fault("meta_refresh", path=ARTICLES, value=1)
    one = answer(portal)
    assert isinstance(one.outcome, Page)
    assert (one.requests, b"refresh" in one.outcome.body) == (2, False)


def test_row_33_a_chain_of_such_pages_is_not(portal: RunningPortal) -> None:
    portal.fault("meta_refresh", path=ARTICLES, value=3)
    one = answer(portal)
    assert isinstance(one.outcome, Page)
    assert (one.requests, b"refresh" in one.outcome.body) == (2, True)


@pytest.mark.parametrize("fault", ["consent", "login_wall", "soft_404", "js_shell", "captcha", "redirect_notice"])
def test_row_33_a_page_under_200_is_a_page_here(portal: RunningPortal, fault: str) -> None:
    portal.fault(fault, path=ARTICLES)
    assert isinstance(answer(portal).outcome, Page)


def test_every_request_is_counted_once(portal: RunningPortal) -> None:
    portal.fault("redirect_hops", path=articles(portal, 2)[1].rsplit("/", 1)[1], value=3)
    portal.fault("meta_refresh", path=articles(portal, 3)[2].rsplit("/", 1)[1])
    portal.fault("status", path=articles(portal, 4)[3].rsplit("/", 1)[1], value=503)
    one = visited(portal, count=5)
    assert [answer.requests for answer in one.answers] == [1, 4, 2, 1, 1]
    assert one.robots_answer is not None
    assert len(portal.ledger()) == one.robots_answer.requests + sum(answer.requests for answer in one.answers)
