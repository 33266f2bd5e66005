"""Pages that only lead on: which refresh counts, and that it is followed once, politely and under the same rules."""

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from fakes import FakeWeb, VirtualLoop, failing, ok, run
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.pages import Answer, Visit, Visited, Wanted, fetch_pages
from tasks.fetch.refresh import MOST_BYTES, refresh_target
from tasks.fetch.robots import Robots
from tasks.model import Moved, Page, Response, Unchanged
from tasks.outcome import Failure, Reason

URL = "https://nordwerk.example/markt/a"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def answer(body: bytes, **headers: str) -> Response:
    """An answer of URL."""
    return Response(URL, URL, 200, {name.replace("_", "-"): value for name, value in headers.items()}, body, NOW, 7)


def page(content: str, head: str = "", name: str = "refresh") -> bytes:
    """A page with a refresh."""
    return f'<html><head>{head}<meta http-equiv="{name}" content="{content}"></head></html>'.encode()


PAGES = {
    "at once": (page("0; url=/b"), "https://nordwerk.example/b"),
    "beside it": (page("0;url=b"), "https://nordwerk.example/markt/b"),
    "elsewhere": (page("5;URL=https://suedwerk.example/b?c=d"), "https://suedwerk.example/b?c=d"),
    "without a scheme": (page("0;url=//suedwerk.example/b"), "https://suedwerk.example/b"),
    "quoted": (page("0;url='/b'"), "https://nordwerk.example/b"),
    "quoted, with more behind": (page("0;url='/b' target=_top"), "https://nordwerk.example/b"),
    "with blanks": (page("  1 ;  url = /b  "), "https://nordwerk.example/b"),
    "with a comma": (page("1, url=/b"), "https://nordwerk.example/b"),
    "with a blank alone": (page("1 /b"), "https://nordwerk.example/b"),
    "without the word": (page("1;/b"), "https://nordwerk.example/b"),
    "with a fraction": (page("0.5;url=/b"), "https://nordwerk.example/b"),
    "in capitals": (page("0;URL=/b", name="REFRESH").upper(), "https://nordwerk.example/B"),
    "relative to its base": (page("0;url=b", '<base href="/neu/">'), "https://nordwerk.example/neu/b"),
    "relative to a base elsewhere": (
        page("0;url=b", '<base href="//suedwerk.example/">'),
        "https://suedwerk.example/b",
    ),
    "with a base that is none": (page("0;url=b", '<base href="javascript:">'), "https://nordwerk.example/markt/b"),
    "with an escaped ampersand": (page("0;url=/b?c=1&amp;d=2"), "https://nordwerk.example/b?c=1&d=2"),
    "with an umlaut": (page("0;url=/börse"), "https://nordwerk.example/b%C3%B6rse"),
    "after half a minute": (page("30;url=/b"), "https://nordwerk.example/b"),
    "later": (page("31;url=/b"), None),
    "much later": (page("99999999999;url=/b"), None),
    "without an address": (page("0"), None),
    "with an empty address": (page("0; url="), None),
    "without a time": (page("url=/b"), None),
    "to itself": (page("5;url=/markt/a"), None),
    "to a place in itself": (page("5;url=#top"), None),
    "to itself by its whole address": (page(f"0;url={URL}#top"), None),
    "to a script": (page("0;url=javascript:go()"), None),
    "to a file": (page("0;url=file:///etc/passwd"), None),
    "a second one, as the first leads nowhere": (
        page("0;url=/b", "<meta http-equiv=refresh content=300>"),
        "https://nordwerk.example/b",
    ),
    "another header": (page("0;url=/b", name="content-type"), None),
    "for browsers without scripts": (b"<noscript>" + page("0;url=/b") + b"</noscript>", None),
    "for them, in the head": (b"<head><noscript><meta http-equiv=refresh content='0;url=/b'></noscript></head>", None),
    "in a comment": (b"<!--" + page("0;url=/b") + b"-->", None),
    "in a script": (b"<script>var a = '<meta http-equiv=refresh content=\"0;url=/b\">'</script>", None),
    "in a text": (b"<p>&lt;meta http-equiv=refresh content='0;url=/b'&gt;</p>", None),
    "no page": (b"http-equiv", None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_leads_on(case: str) -> None:
    body, target = PAGES[case]
    assert refresh_target(answer(body, content_type="text/html; charset=utf-8")) == target


ENCODED = {
    "gzip": (gzip.compress(page("0;url=/b")), "gzip"),
    "gzip that nobody announced": (gzip.compress(page("0;url=/b")), ""),
    "brotli": (brotli.compress(page("0;url=/b")), "br"),
    "announced and plain": (page("0;url=/b"), "gzip"),
}


@pytest.mark.parametrize("case", ENCODED)
def test_a_compressed_page_leads_on(case: str) -> None:
    body, coding = ENCODED[case]
    assert refresh_target(answer(body, content_encoding=coding)) == "https://nordwerk.example/b"


def test_a_page_in_utf_16_leads_on() -> None:
    body = page("0;url=/b").decode().encode("utf-16")
    assert refresh_target(answer(body, content_type="text/html; charset=utf-16")) == "https://nordwerk.example/b"


def test_a_large_page_does_not_lead_on() -> None:
    assert refresh_target(answer(page("0;url=/b") + b" " * MOST_BYTES)) is None
    assert refresh_target(answer(gzip.compress(page("0;url=/b") + b" " * 70_000))) is None


def test_a_broken_page_does_not_lead_on() -> None:
    assert refresh_target(answer(gzip.compress(page("0;url=/b"))[:-9], content_encoding="gzip")) is None


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_bomb_is_not_inflated(coding: str) -> None:
    plain = bytes(20 * 2**20)
    bomb = gzip.compress(plain) if coding == "gzip" else brotli.compress(plain, quality=5)
    assert len(bomb) < MOST_BYTES
    tracemalloc.start()
    assert refresh_target(answer(bomb, content_encoding=coding)) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "br", "deflate", "zstd"]))
def test_any_bytes_lead_nowhere_or_somewhere(body: bytes, coding: str) -> None:
    assert refresh_target(answer(body, content_encoding=coding)) is None or b"http-equiv" in body.lower()


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_refresh_leads_to_a_web_address_or_nowhere(content: str, base: str) -> None:
    target = refresh_target(answer(page(content, f'<base href="{base}">')))
    assert target is None or target.startswith(("http://", "https://"))


ALLOWING = Robots(200, "User-agent: *\nDisallow: /intern/", datetime.now(UTC) + timedelta(days=1))
HTML = ok(b"<p>text")


def fetched(web: FakeWeb, *, wanted: int = 1, seconds: float = 1000, headers: dict[str, str] | None = None) -> Visited:
    """What a visit to nordwerk.example brings, which is asked once a second for /0 and on."""
    asked = tuple(Wanted(number, f"https://nordwerk.example/{number}", headers or {}) for number in range(wanted))
    plan = Visit("nordwerk.example:443", asked, timedelta(seconds=1), 1, datetime.now(UTC), ALLOWING)
    [visited] = run(fetch_pages([plan], web, "Newstape/0.1", seconds), VirtualLoop)
    return visited


def leading(to: str, **more: Response | Moved | Failure) -> FakeWeb:
    """A host whose /0 leads on; `more` answers by path."""
    answers: dict[str, Response | Moved | Failure] = {"https://nordwerk.example/0": ok(page(f"0;url={to}"))}
    return FakeWeb(answers | {f"https://nordwerk.example/{path}": one for path, one in more.items()})


def only(visited: Visited) -> Answer:
    """The one answer of a visit."""
    [one] = visited.answers
    return one


def test_the_page_that_a_page_leads_to_is_the_page() -> None:
    one = only(fetched(leading("/b", b=HTML)))
    assert isinstance(one.outcome, Page)
    assert (one.outcome.url, one.outcome.final_url) == ("https://nordwerk.example/0", "https://nordwerk.example/b")
    assert (one.outcome.body, one.requests) == (b"<p>text", 2)


def test_following_takes_its_turn_at_the_host() -> None:
    web = leading("/b", **{"b": HTML, "1": HTML})
    fetched(web, wanted=2)
    assert [(call.url[-2:], call.start) for call in web.asked] == [("/0", 0), ("/b", 1), ("/1", 2)]


def test_the_same_headers_and_conditions_go_along() -> None:
    web = leading("/b", b=ok(status=304))
    one = only(fetched(web, headers={"If-None-Match": '"1"', "X-Key": "k"}))
    assert web.asked[0].headers == web.asked[1].headers
    assert isinstance(one.outcome, Unchanged)
    assert (one.outcome.url, one.requests) == ("https://nordwerk.example/0", 2)


def test_a_second_one_in_a_row_is_not_followed() -> None:
    web = leading("/b", b=ok(page("0;url=/c")), c=HTML)
    one = only(fetched(web))
    assert isinstance(one.outcome, Page)
    assert one.outcome.body == page("0;url=/c")
    assert len(web.asked) == 2


def test_one_to_another_host_is_a_move() -> None:
    web = leading("https://suedwerk.example/b")
    one = only(fetched(web))
    assert one.outcome == Moved("https://nordwerk.example/0", "https://suedwerk.example/b", 200, 1)
    assert (len(web.asked), one.requests) == (1, 1)


def test_one_to_www_stays_here() -> None:
    web = leading("http://www.nordwerk.example/b")
    web.answers["http://www.nordwerk.example/b"] = HTML
    assert isinstance(only(fetched(web)).outcome, Page)


def test_one_to_what_the_rules_forbid_is_not_followed() -> None:
    web = leading("/intern/b")
    one = only(fetched(web))
    assert isinstance(one.outcome, Failure)
    assert (one.outcome.reason, one.outcome.requests, one.requests) == (Reason.ROBOTS, 1, 1)
    assert len(web.asked) == 1


def test_one_that_the_time_no_longer_allows_comes_back_at_its_new_address() -> None:
    web = leading("/b", b=HTML)
    one = only(fetched(web, seconds=0.5))
    assert one.outcome == Moved("https://nordwerk.example/0", "https://nordwerk.example/b", 200, 1)
    assert len(web.asked) == 1


FAILING: dict[str, Response | Moved | Failure] = {
    "a failure": failing(Reason.NOT_FOUND, 404),
    "a move": Moved("https://nordwerk.example/b", "https://suedwerk.example/b", 302, 3),
}


@pytest.mark.parametrize("case", FAILING)
def test_what_the_page_behind_it_ends_with_is_the_end(case: str) -> None:
    end = FAILING[case]
    one = only(fetched(leading("/b", b=end)))
    assert type(one.outcome) is type(end)
    assert one.requests == 1 + end.requests
    if isinstance(one.outcome, Moved):
        assert (one.outcome.url, one.outcome.to) == ("https://nordwerk.example/0", "https://suedwerk.example/b")
