"""robots.txt after RFC 9309: what a file means, and what it means that there is none."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from fakes import FakeWeb, failing, ok, run
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.robots import (
    KEEP,
    KEEP_TROUBLE,
    READ_BYTES,
    Robots,
    crawl_delay_s,
    fetch_robots,
    permission,
    refusal,
    verdict,
)
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
US = "Newstape/0.1 (+https://bot.example/otherbot)"
HOST = "https://nordwerk.example"
ROBOTS_URL = f"{HOST}/robots.txt"


def robots(text: str) -> Robots:
    """Rules with this text."""
    return Robots(200, text, NOW + KEEP)


def fetched(answer: Response | Failure) -> Robots:
    """The rules that follow from an answer to the request for robots.txt."""
    rules, came_with = run(fetch_robots(f"{HOST}/markt/a?b=c", FakeWeb({ROBOTS_URL: answer}).get, NOW))
    assert isinstance(came_with, Response) == isinstance(answer, Response)
    return rules


def is_allowed(rules: Robots, path: str) -> bool:
    """Whether we may ask for `path`; a refusal by a rule is always the policy ROBOTS."""
    no = refusal(rules, US, f"{HOST}{path}")
    assert no is None or (no.stage, no.reason) == (Stage.FETCH, Reason.ROBOTS)
    return no is None


RULES = {
    "an empty file allows all": ("", "/a", True),
    "an empty rule allows all": ("User-agent: *\nDisallow:", "/a", True),
    "disallow all": ("User-agent: *\nDisallow: /", "/a", False),
    "a prefix": ("User-agent: *\nDisallow: /a", "/abc", False),
    "beside a prefix": ("User-agent: *\nDisallow: /a", "/b", True),
    "case of a path matters": ("User-agent: *\nDisallow: /A", "/a", True),
    "the longest match wins: allow": ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
    "the longest match wins: disallow": ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", False),
    "of equally long ones allow wins": ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
    "order does not matter": ("User-agent: *\nAllow: /a/b\nDisallow: /", "/a/b", True),
    "a wildcard": ("User-agent: *\nDisallow: /*/print", "/markt/print", False),
    "a wildcard in the query": ("User-agent: *\nDisallow: /*?*sort=", "/a?b=1&sort=up", False),
    "the end of an address": ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
    "beyond the end": ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?b", True),
    "escapes are compared decoded": ("User-agent: *\nDisallow: /b%C3%B6rse", "/börse", False),
    "our own group": ("User-agent: newstape\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
    "our own group frees us": ("User-agent: *\nDisallow: /\n\nUser-agent: NewsTape\nAllow: /", "/a", True),
    "a group with several names": ("User-agent: a\nUser-agent: newstape\nDisallow: /", "/a", False),
    "two groups of ours are one": (
        "User-agent: newstape\nDisallow: /a\nUser-agent: newstape\nDisallow: /b",
        "/b",
        False,
    ),
    "a group of others": ("User-agent: googlebot\nDisallow: /", "/a", True),
    "a name within our contact is another's": ("User-agent: otherbot\nDisallow: /", "/a", True),
    "a name within our contact, nearer": ("User-agent: bot\nDisallow: /", "/a", True),
    "comments": ("# no\nUser-agent: * # all\nDisallow: /a # this", "/a", False),
    "blanks and capitals": ("  USER-AGENT :  *  \n  DISALLOW :  /a  ", "/a", False),
    "line ends of old Macs": ("User-agent: *\rDisallow: /a", "/a", False),
    "line ends of Windows": ("User-agent: *\r\nDisallow: /a\r\n", "/a", False),
    "rules before a group": ("Disallow: /\nUser-agent: *\nDisallow: /b", "/a", True),
    "unknown lines": ("User-agent: *\nNoindex: /\nClean-param: a\nDisallow: /a", "/a", False),
    "sitemaps do not end a group": ("User-agent: *\nSitemap: https://a.example/s.xml\nDisallow: /a", "/a", False),
    "robots.txt itself": ("User-agent: *\nDisallow: /", "/robots.txt", True),
    "HTML instead of rules": ("<!DOCTYPE html><html><title>Disallow: /</title><p>User-agent: *</p></html>", "/a", True),
}


@pytest.mark.parametrize("case", RULES)
def test_a_file_means(case: str) -> None:
    text, path, allowed = RULES[case]
    assert is_allowed(robots(text), path) is allowed


DISALLOWING = b"User-agent: *\nDisallow: /a\n"
FILES = {
    "plain": ok(DISALLOWING),
    "with a byte order mark": ok(b"\xef\xbb\xbf" + DISALLOWING),
    "in UTF-16": ok(DISALLOWING.decode().encode("utf-16")),
    "in Latin-1": ok(b"# B\xf6rse\n" + DISALLOWING),
    "gzip by its header": ok(gzip.compress(DISALLOWING), content_encoding="gzip"),
    "gzip that nobody announced": ok(gzip.compress(DISALLOWING)),
    "announced as gzip and plain": ok(DISALLOWING, content_encoding="gzip"),
    "with NUL bytes": ok(b"User-agent: *\x00\nDisallow: /a\x00\n"),
    "with more than we read": ok(DISALLOWING + b"#" * 600 * 1024),
    "with much more than we read": ok(DISALLOWING + b"# a comment\n" * 2**18),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_is_read(case: str) -> None:
    rules = fetched(FILES[case])
    assert (rules.status, rules.expires_at, rules.is_known) == (200, NOW + KEEP, True)
    assert rules.body is not None
    assert "\x00" not in rules.body
    assert len(rules.body) <= READ_BYTES
    assert not is_allowed(rules, "/a")
    assert is_allowed(rules, "/b")


def test_a_rule_that_our_limit_cuts_in_two_does_not_count() -> None:
    head = DISALLOWING.ljust(READ_BYTES - 12, b"#") + b"\n"
    rules = fetched(ok(head + b"Disallow: /b" + b"bb" * 100))
    assert not is_allowed(rules, "/a")
    assert is_allowed(rules, "/b")


ALL_ALLOWED = {
    "no such file": failing(Reason.NOT_FOUND, 404),
    "gone": failing(Reason.GONE, 410),
    "not for us": failing(Reason.BLOCKED, 403),
    "behind a login": failing(Reason.BLOCKED, 401),
    "another client error": failing(Reason.HTTP_ERROR, 400),
    "nothing in it": failing(Reason.EMPTY_BODY, 204),
    "redirects without end": failing(Reason.REDIRECT_LOOP),
    "an address that the pages will fail on too": failing(Reason.FORBIDDEN_ADDRESS),
}


@pytest.mark.parametrize("case", ALL_ALLOWED)
def test_without_a_file_all_is_allowed_for_a_day(case: str) -> None:
    answer = ALL_ALLOWED[case]
    rules = fetched(answer)
    assert rules == Robots(answer.status or 0, "", NOW + KEEP)
    assert is_allowed(rules, "/a")
    assert crawl_delay_s(rules, US) == 0


TROUBLE: dict[str, Response | Failure] = {
    "500": failing(Reason.SERVER_ERROR, 500),
    "503": failing(Reason.SERVER_ERROR, 503),
    "429": failing(Reason.THROTTLED, 429),
    "no answer": failing(Reason.TIMEOUT),
    "no connection": failing(Reason.UNREACHABLE),
    "half a body": failing(Reason.TRUNCATED),
    "a body without end": failing(Reason.TOO_LARGE, 200),
    "half a compressed body": ok(gzip.compress(DISALLOWING)[:-9]),
    "a bomb": ok(gzip.compress(bytes(40 * 2**20))),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_a_host_in_trouble_is_left_alone_for_a_while(case: str) -> None:
    answer = TROUBLE[case]
    rules = fetched(answer)
    assert rules == Robots(answer.status or 0, None, NOW + KEEP_TROUBLE)
    assert not rules.is_known
    no = refusal(rules, US, f"{HOST}/a")
    assert no is not None
    assert no.reason is Reason.SERVER_ERROR
    assert crawl_delay_s(rules, US) == 0


SAYS_NOTHING = {
    "a wall that looks like an outage": failing(Reason.BLOCKED, 503),
    "a wall that looks like throttling": failing(Reason.BLOCKED, 429),
    "a challenge as a success": failing(Reason.BLOCKED, 202),
    "403 that is throttling": failing(Reason.THROTTLED, 403),
    "nothing under 202": failing(Reason.EMPTY_BODY, 202),
}


@pytest.mark.parametrize("case", SAYS_NOTHING)
def test_an_answer_that_says_nothing_of_rules_does_not_allow_all(case: str) -> None:
    assert not fetched(SAYS_NOTHING[case]).is_known


SAID = {
    "rules": ("User-agent: *\nDisallow: /a", ["disallowed", "allowed"]),
    "rules that forbid nothing": ("User-agent: *\nDisallow:", ["allowed", "allowed"]),
    "rules of others": ("User-agent: googlebot\nDisallow: /", ["allowed", "allowed"]),
    "rules after a comment, on an old Mac": ("# no\rUSER-AGENT : *\rDisallow: /a", ["disallowed", "allowed"]),
    "nothing": ("", ["no_rules", "no_rules"]),
    "comments alone": ("# User-agent: *\n", ["no_rules", "no_rules"]),
    "sitemaps alone": ("Sitemap: https://a.example/s.xml", ["no_rules", "no_rules"]),
    "HTML": ("<!DOCTYPE html><p>User-agent: *</p>", ["no_rules", "no_rules"]),
    "a host that could not say": (None, ["unknown", "unknown"]),
}


@pytest.mark.parametrize("case", SAID)
def test_a_verdict_is(case: str) -> None:
    body, verdicts = SAID[case]
    rules = Robots(200, body, NOW + KEEP)
    assert [verdict(rules, US, f"{HOST}{path}") for path in ("/a", "/b")] == verdicts
    assert permission(rules) == verdicts[1]


def test_a_host_in_trouble_may_ask_for_a_longer_pause() -> None:
    def until(wish: timedelta) -> datetime:
        return fetched(Failure(Stage.FETCH, Reason.SERVER_ERROR, "503", 503, wish)).expires_at

    assert until(timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert until(timedelta(seconds=1)) == NOW + KEEP_TROUBLE


def test_the_rules_of_another_port_are_asked_there() -> None:
    web = FakeWeb({"http://nordwerk.example:8080/robots.txt": ok(DISALLOWING)})
    rules, _ = run(fetch_robots("http://nordwerk.example:8080/markt/a?b=c#d", web.get, NOW))
    assert [one.url for one in web.asked] == ["http://nordwerk.example:8080/robots.txt"]
    assert not is_allowed(rules, "/a")


DELAYS = {
    "none": ("User-agent: *\nDisallow:", 0),
    "seconds": ("User-agent: *\nCrawl-delay: 5", 5),
    "a fraction": ("User-agent: *\nCrawl-delay: 0.5", 0.5),
    "an hour is capped": ("User-agent: *\nCrawl-delay: 3600", 30),
    "without end is capped or ignored": ("User-agent: *\nCrawl-delay: 1e999", 0),
    "no number": ("User-agent: *\nCrawl-delay: slow", 0),
    "not a number": ("User-agent: *\nCrawl-delay: nan", 0),
    "negative": ("User-agent: *\nCrawl-delay: -5", 0),
    "of others": ("User-agent: otherbot\nCrawl-delay: 5", 0),
    "ours": ("User-agent: *\nCrawl-delay: 20\n\nUser-agent: Newstape\nCrawl-delay: 3", 3),
}


@pytest.mark.parametrize("case", DELAYS)
def test_a_crawl_delay_means(case: str) -> None:
    text, seconds = DELAYS[case]
    assert crawl_delay_s(robots(text), US) == seconds


LINES = st.lists(
    st.sampled_from(["User-agent: *", "Disallow: /a*$", "Allow: %", "Crawl-delay: nan", "\x00", "Disallow: /**", "#"])
    | st.text(max_size=20),
    max_size=8,
).map("\n".join)


@given(LINES, st.text(max_size=30))
def test_any_file_has_an_answer_for_any_address(text: str, path: str) -> None:
    rules = robots(text)
    assert refusal(rules, US, f"{HOST}/{path}") is None or not is_allowed(rules, f"/{path}")
    assert 0 <= crawl_delay_s(rules, US) <= 30


@given(st.binary(max_size=200))
def test_any_bytes_are_rules_or_trouble(body: bytes) -> None:
    rules = fetched(ok(body))
    assert rules.is_known == (rules.expires_at == NOW + KEEP)
