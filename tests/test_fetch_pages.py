"""Visits of hosts, on a clock that jumps: each in its own rhythm, after its robots.txt, and side by side."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import FakeWeb, VirtualLoop, failing, ok, run

from tasks.fetch.pages import ACCEPT, Visit, Visited, Wanted, fetch_pages
from tasks.fetch.robots import KEEP_TROUBLE, Robots
from tasks.model import Moved, Page, Response, Unchanged
from tasks.outcome import Failure, Reason, Stage

US = "Newstape/0.1"
HTML = ok(b"<p>text", content_encoding="", content_type="text/html; charset=utf-8")
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ALLOWING = Robots(200, "", datetime.now(UTC) + DAY)


def plan(
    host: str,
    pages: int,
    *,
    robots: Robots | None = ALLOWING,
    delay: timedelta = SECOND,
    concurrency: int = 1,
    ahead: timedelta = timedelta(0),
) -> Visit:
    """A visit to so many pages of `host`, /0 and on, not before `ahead` from now."""
    wanted = tuple(Wanted(number, f"https://{host}/{number}", {"X-Source": host}) for number in range(pages))
    return Visit(f"{host}:443", wanted, delay, concurrency, datetime.now(UTC) + ahead, robots)


def pages_of(*hosts: str, count: int = 20) -> dict[str, Response | Moved | Failure]:
    """A page for each address of `plan`."""
    return {f"https://{host}/{number}": HTML for host in hosts for number in range(count)}


def fetched(web: FakeWeb, *visits: Visit, seconds: float = 1000) -> list[Visited]:
    """What the visits bring."""
    return run(fetch_pages(visits, web, US, seconds), VirtualLoop)


def reasons(visited: Visited) -> list[Reason | None]:
    """Of each answer the reason of its failure, None for a page."""
    return [answer.outcome.reason if isinstance(answer.outcome, Failure) else None for answer in visited.answers]


def until(visited: Visited) -> float:
    """In how many seconds the host may be asked next."""
    return (visited.next_request_at - datetime.now(UTC)).total_seconds()


def ids(visited: Visited) -> Sequence[int]:
    """The entries that got an answer."""
    return [answer.wanted.entry_id for answer in visited.answers]


def test_a_page_is_what_came() -> None:
    web = FakeWeb({"https://a.example/0": ok(b"\x1f\x8b", content_encoding="gzip", content_type="text/html")})
    [visited] = fetched(web, plan("a.example", 1))
    page = visited.answers[0].outcome
    assert isinstance(page, Page)
    assert (page.url, page.status, page.body, page.content_encoding) == (web.asked[0].url, 200, b"\x1f\x8b", "gzip")
    assert page.charset is None
    assert len(page.body_sha256) == 32
    assert web.asked[0].headers == {"Accept": ACCEPT, "X-Source": "a.example"}


def test_the_requests_to_a_host_keep_their_distance() -> None:
    web = FakeWeb(pages_of("a.example"), seconds=0.3)
    [visited] = fetched(web, plan("a.example", 4))
    assert web.starts() == [0, 1, 2, 3]
    assert ids(visited) == [0, 1, 2, 3]
    assert web.peak() == 1


def test_more_in_flight_is_a_matter_of_the_source() -> None:
    web = FakeWeb(pages_of("a.example"), seconds=10)
    fetched(web, plan("a.example", 6, concurrency=3))
    assert web.starts() == [0, 1, 2, 10, 11, 12]
    assert web.peak() == 3


def test_hosts_are_visited_side_by_side_and_reported_in_order() -> None:
    hosts = [f"{letter}.example" for letter in "abcde"]
    web = FakeWeb(pages_of(*hosts), seconds=0.9)
    visited = fetched(web, *(plan(host, 3) for host in hosts))
    assert [one.visit.host for one in visited] == [f"{host}:443" for host in hosts]
    assert web.starts() == [0] * 5 + [1] * 5 + [2] * 5
    assert web.peak() == 5


def test_no_request_starts_after_the_end_and_the_rest_stays_unasked() -> None:
    web = FakeWeb(pages_of("a.example"), seconds=0.1)
    [visited] = fetched(web, plan("a.example", 9), seconds=2.5)
    assert ids(visited) == [0, 1, 2]
    assert until(visited) == pytest.approx(0.9, abs=0.5)


def test_a_host_is_not_asked_before_its_time() -> None:
    web = FakeWeb(pages_of("a.example"))
    fetched(web, plan("a.example", 2, ahead=timedelta(seconds=30)))
    assert web.starts() == pytest.approx([30, 31], abs=0.5)


@pytest.mark.parametrize("robots", [None, ALLOWING], ids=["rules unknown", "rules known"])
def test_a_host_whose_time_lies_beyond_the_end_is_not_waited_for(robots: Robots | None) -> None:
    async def scenario() -> tuple[Visited, float]:
        [visited] = await fetch_pages([far], web, US, 10)
        return visited, asyncio.get_running_loop().time()

    web = FakeWeb(pages_of("a.example"))
    far = plan("a.example", 2, robots=robots, ahead=timedelta(hours=1))
    visited, end = run(scenario(), VirtualLoop)
    assert (web.asked, visited.answers, visited.robots, end) == ([], [], robots, 0)
    assert until(visited) == pytest.approx(3600, abs=5)


def test_a_host_with_nothing_to_ask_is_not_asked() -> None:
    web = FakeWeb()
    [visited] = fetched(web, plan("a.example", 0, robots=None))
    assert (web.asked, visited.answers, visited.robots_answer) == ([], [], None)


def test_the_rules_are_asked_once_and_before_the_pages() -> None:
    web = FakeWeb(pages_of("a.example") | {"https://a.example/robots.txt": ok(b"User-agent: *\nDisallow: /1")})
    [visited] = fetched(web, plan("a.example", 4, robots=None))
    assert [one.url for one in web.asked] == [f"https://a.example/{path}" for path in ("robots.txt", "0", "2", "3")]
    assert web.starts() == [0, 1, 2, 3]
    assert isinstance(visited.robots_answer, Response)
    assert visited.robots is not None
    assert visited.robots.body == "User-agent: *\nDisallow: /1"


def test_known_rules_are_not_asked_again_before_they_expire() -> None:
    web = FakeWeb(pages_of("a.example", "b.example"))
    old = Robots(200, "User-agent: *\nDisallow: /", datetime.now(UTC) - SECOND)
    fresh, stale = fetched(web, plan("a.example", 1), plan("b.example", 1, robots=old))
    assert (web.starts("a.example/robots.txt"), web.starts("b.example/robots.txt")) == ([], [0])
    assert (fresh.robots_answer, reasons(stale)) == (None, [None])


def test_what_the_rules_forbid_is_answered_without_a_request() -> None:
    web = FakeWeb(pages_of("a.example"))
    rules = Robots(200, "User-agent: newstape\nDisallow: /\nAllow: /2", datetime.now(UTC) + DAY)
    [visited] = fetched(web, plan("a.example", 3, robots=rules))
    assert [one.url for one in web.asked] == ["https://a.example/2"]
    assert {answer.wanted.entry_id: answer.outcome for answer in visited.answers}.keys() == {0, 1, 2}
    assert sorted(map(str, reasons(visited))) == ["None", "robots", "robots"]


def test_the_distance_that_a_host_asks_for_holds_from_its_first_page() -> None:
    web = FakeWeb(pages_of("a.example") | {"https://a.example/robots.txt": ok(b"User-agent: *\nCrawl-delay: 7")})
    [visited] = fetched(web, plan("a.example", 3, robots=None))
    assert web.starts() == [0, 7, 14, 21]
    assert until(visited) == pytest.approx(7, abs=0.5)


def test_a_known_distance_does_not_put_the_first_page_off() -> None:
    web = FakeWeb(pages_of("a.example"))
    fetched(web, plan("a.example", 2, robots=Robots(200, "User-agent: *\nCrawl-delay: 7", datetime.now(UTC) + DAY)))
    assert web.starts() == [0, 7]


def test_our_own_distance_holds_where_it_is_longer() -> None:
    web = FakeWeb(pages_of("a.example"))
    rules = Robots(200, "User-agent: *\nCrawl-delay: 1", datetime.now(UTC) + DAY)
    fetched(web, plan("a.example", 2, robots=rules, delay=timedelta(seconds=4)))
    assert web.starts() == [0, 4]


TROUBLE = {"503": failing(Reason.SERVER_ERROR, 503), "no answer": failing(Reason.TIMEOUT)}


@pytest.mark.parametrize("case", TROUBLE)
def test_a_host_that_can_not_say_its_rules_is_left_alone_and_its_entries_wait(case: str) -> None:
    web = FakeWeb(pages_of("a.example") | {"https://a.example/robots.txt": TROUBLE[case]})
    [visited] = fetched(web, plan("a.example", 5, robots=None))
    assert len(web.asked) == 1
    assert visited.answers == []
    assert visited.robots_answer == TROUBLE[case]
    assert until(visited) == pytest.approx(KEEP_TROUBLE.total_seconds(), abs=5)


def test_a_host_that_could_not_say_its_rules_just_now_is_not_asked_again() -> None:
    web = FakeWeb(pages_of("a.example"))
    silent = Robots(503, None, datetime.now(UTC) + timedelta(minutes=5))
    [visited] = fetched(web, plan("a.example", 2, robots=silent))
    assert (web.asked, visited.answers, visited.robots) == ([], [], silent)
    assert until(visited) == pytest.approx(300, abs=5)


def throttling(*numbers: int, wish: timedelta | None = None, status: int = 429) -> FakeWeb:
    """A host that answers with `status` on some of its pages."""
    reason = Reason.THROTTLED if status == 429 else Reason.SERVER_ERROR
    no = Failure(Stage.FETCH, reason, str(status), status, wish)
    return FakeWeb(pages_of("a.example") | {f"https://a.example/{number}": no for number in numbers}, seconds=0.1)


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_twice_for_a_pause_gets_it(status: int) -> None:
    web = throttling(1, 2, wish=timedelta(minutes=10), status=status)
    [visited] = fetched(web, plan("a.example", 9), seconds=60)
    assert ids(visited) == [0, 1, 2]
    assert until(visited) == pytest.approx(600, abs=5)


def test_a_pause_without_a_length_is_half_a_minute() -> None:
    web = throttling(0, 1)
    [visited] = fetched(web, plan("a.example", 9), seconds=20)
    assert ids(visited) == [0, 1]
    assert until(visited) == pytest.approx(30, abs=5)


def test_a_short_pause_is_waited_for() -> None:
    web = throttling(0, 1, wish=timedelta(seconds=5))
    [visited] = fetched(web, plan("a.example", 4), seconds=60)
    assert web.starts() == [0, 1, 6.1, 7.1]
    assert len(visited.answers) == 4


def test_requests_that_wait_for_their_turn_see_the_pause() -> None:
    web = throttling(*range(9), wish=timedelta(hours=1))
    web.seconds = 0.9
    [visited] = fetched(web, plan("a.example", 9, concurrency=5, delay=timedelta(seconds=0.5)), seconds=60)
    assert ids(visited) == [0, 1, 2]


def test_one_throttled_address_does_not_stop_its_host() -> None:
    web = throttling(1, wish=timedelta(hours=1))
    [visited] = fetched(web, plan("a.example", 4))
    assert reasons(visited) == [None, Reason.THROTTLED, None, None]


@pytest.mark.parametrize("status", [500, 404])
def test_other_failures_do_not_stop_a_host(status: int) -> None:
    web = FakeWeb(dict.fromkeys(pages_of("a.example"), failing(Reason.SERVER_ERROR, status)))
    [visited] = fetched(web, plan("a.example", 4))
    assert len(visited.answers) == 4


def test_every_entry_is_answered_at_most_once_and_a_pause_of_one_host_is_not_anothers() -> None:
    web = throttling(0, 1, wish=timedelta(hours=1))
    web.answers |= pages_of("b.example")
    one, other = fetched(web, plan("a.example", 9, concurrency=2), plan("b.example", 9), seconds=60)
    assert ids(one) == [0, 1]
    assert ids(other) == list(range(9))


def test_an_article_that_is_elsewhere_or_unchanged_is_answered_so() -> None:
    web = FakeWeb(pages_of("a.example"))
    moved = Moved("https://a.example/0", "https://b.example/0", 301, 3)
    web.answers |= {"https://a.example/0": moved, "https://a.example/1": ok(status=304, etag='"2"')}
    [visited] = fetched(web, plan("a.example", 3))
    outcomes = [answer.outcome for answer in visited.answers]
    assert outcomes[0] == moved
    assert isinstance(outcomes[1], Unchanged)
    assert (outcomes[1].url, outcomes[1].headers) == ("https://a.example/1", {"etag": '"2"'})
    assert isinstance(outcomes[2], Page)
    assert [answer.requests for answer in visited.answers] == [3, 1, 1]


def test_a_304_that_nobody_asked_for_is_an_empty_answer() -> None:
    web = FakeWeb({"https://a.example/0": failing(Reason.HTTP_ERROR, 304)})
    [visited] = fetched(web, plan("a.example", 1))
    assert reasons(visited) == [Reason.EMPTY_BODY]


def test_redirects_are_made_up_for_in_the_rhythm_of_their_host() -> None:
    web = FakeWeb(pages_of("a.example"))
    web.answers["https://a.example/0"] = replace(HTML, requests=4)
    [visited] = fetched(web, plan("a.example", 3))
    assert web.starts() == [0, 4, 5]
    assert [answer.requests for answer in visited.answers] == [4, 1, 1]


def test_redirects_of_the_rules_are_made_up_for_too() -> None:
    robots = replace(ok(b"User-agent: *\nDisallow:"), requests=3)
    web = FakeWeb(pages_of("a.example") | {"https://a.example/robots.txt": robots})
    fetched(web, plan("a.example", 2, robots=None))
    assert web.starts() == [0, 3, 4]


def test_throttling_without_a_length_doubles_the_pause_while_it_goes_on() -> None:
    web = throttling(*range(5))
    [visited] = fetched(web, plan("a.example", 6))
    assert web.starts() == pytest.approx([0, 1, 31.1, 91.2, 211.3, 451.4])
    assert reasons(visited) == [Reason.THROTTLED] * 5 + [None]


VERDICTS = {
    "rules": (Robots(200, "User-agent: *\nDisallow: /1", datetime.now(UTC) + DAY), ["allowed", "disallowed"]),
    "an empty file": (Robots(200, "", datetime.now(UTC) + DAY), ["no_rules", "no_rules"]),
    "no file": (Robots(404, "", datetime.now(UTC) + DAY), ["no_rules", "no_rules"]),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_an_answer_tells_what_the_rules_said(case: str) -> None:
    robots, verdicts = VERDICTS[case]
    [visited] = fetched(FakeWeb(pages_of("a.example")), plan("a.example", 2, robots=robots))
    answers = sorted(visited.answers, key=lambda answer: answer.wanted.entry_id)
    assert [answer.robots for answer in answers] == verdicts
    assert [answer.requests for answer in answers] == [int(verdict != "disallowed") for verdict in verdicts]
