"""Asking portals to see what they have: one at a time per host, after robots.txt; what a page says about its portal."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from fakes import FakeWeb, VirtualLoop, failing, ok, run
from hypothesis import given
from hypothesis import strategies as st

from config.sources import FeedSpec, Source
from tasks.advice import Advice, advice_on, is_well
from tasks.checkup import Checkup, Contents, Sample, contents_of, manner_of, newest
from tasks.discover.autodiscovery import FoundFeed, Origin
from tasks.finding import Candidate, without_archives
from tasks.model import FeedDocument, FeedEntry, FeedKind, Precision, Timestamp
from tasks.outcome import Failure, Reason, Stage
from tasks.probe import Manner, Prober, Told
from tasks.proposal import Traits, language_of, listing_of, place_of, slug_of, traits_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MANNER = Manner("Newstape/0.1 (+test)", timedelta(seconds=2), {"Accept-Language": "de"})
SOURCE = Source.model_validate({
    "slug": "a", "name": "A", "homepage": "https://www.a.example/", "language": "de", "country": "CH",
    "time_zone": "Europe/Zurich", "feeds": [{"url": "https://www.a.example/rss", "kind": "rss"}],
    "partners": ["www.b.example"],
})  # fmt: skip


async def told(web: FakeWeb, *urls: str) -> list[Told]:
    prober = Prober(web.get, 8)
    return [await prober.ask(url, MANNER) for url in urls]


def rhythm(web: FakeWeb) -> list[float]:
    """The seconds between two requests."""
    return [after - before for before, after in pairwise(web.starts())]


def test_a_host_is_asked_for_its_rules_once_and_in_its_rhythm() -> None:
    web = FakeWeb({f"https://a.example/{n}": ok(b"x") for n in range(3)})
    run(told(web, *web.answers), VirtualLoop)
    assert [one.url for one in web.asked] == ["https://a.example/robots.txt", *web.answers]
    assert rhythm(web) == [2, 2, 2]


def test_a_crawl_delay_that_is_longer_holds() -> None:
    web = FakeWeb({"https://a.example/robots.txt": ok(b"User-agent: *\nCrawl-delay: 9\n")})
    run(told(web, "https://a.example/1", "https://a.example/2"), VirtualLoop)
    assert rhythm(web) == [9, 9]


def test_requests_are_made_under_the_sources_name_and_with_its_headers() -> None:
    web = FakeWeb()
    run(told(web, "https://a.example/1"), VirtualLoop)
    assert {one.headers["User-Agent"] for one in web.asked} == {"Newstape/0.1 (+test)"}
    assert web.asked[1].headers["Accept-Language"] == "de"


@pytest.mark.parametrize(
    ("robots", "verdict"),
    [
        (ok(b"User-agent: *\nDisallow: /x\n"), "allowed"),
        (ok(b"User-agent: Newstape\nDisallow: /\n"), "disallowed"),
        (ok(b""), "no_rules"),
        (failing(Reason.NOT_FOUND, 404), "no_rules"),
        (failing(Reason.SERVER_ERROR, 503), "unknown"),
        (failing(Reason.UNREACHABLE), "unknown"),
    ],
    ids=["rules that allow", "rules that forbid", "an empty file", "no file", "trouble", "no answer"],
)
def test_the_verdict_of_robots_txt_is_told(robots: Failure, verdict: str) -> None:
    web = FakeWeb({"https://a.example/robots.txt": robots, "https://a.example/1": ok(b"x")})
    (answer,) = run(told(web, "https://a.example/1"), VirtualLoop)
    assert answer.robots == verdict
    assert len(web.starts("/1")) == (verdict in {"allowed", "no_rules"})


def test_a_host_that_does_not_answer_is_not_taken_for_one_that_forbids() -> None:
    web = FakeWeb({"https://a.example/robots.txt": failing(Reason.UNREACHABLE)})
    answers = run(told(web, "https://a.example/1", "https://a.example/2"), VirtualLoop)
    assert [one.answer.reason for one in answers if isinstance(one.answer, Failure)] == [Reason.UNREACHABLE] * 2
    assert len(web.asked) == 1


def test_what_is_no_address_is_an_outcome() -> None:
    (answer,) = run(told(FakeWeb(), "https:///nowhere"), VirtualLoop)
    assert isinstance(answer.answer, Failure)
    assert answer.answer.reason is Reason.BAD_URL


def test_hosts_are_asked_side_by_side() -> None:
    web = FakeWeb(seconds=1.0)

    async def scenario() -> None:
        prober = Prober(web.get, 8)
        await asyncio.gather(*(prober.ask(f"https://h{n}.example/", MANNER) for n in range(4)))

    run(scenario(), VirtualLoop)
    assert web.peak() == 4


def test_a_source_is_asked_as_its_file_says() -> None:
    own = SOURCE.model_copy(update={"delay": timedelta(0), "user_agent": "Tape/1"})
    assert manner_of(own, "Newstape", timedelta(seconds=1)) == Manner("Tape/1", timedelta(0), {})
    assert manner_of(SOURCE, "Newstape", timedelta(seconds=1)) == Manner("Newstape", timedelta(seconds=1), {})


def entry(url: str, age: timedelta | None) -> FeedEntry:
    stamp = Timestamp(NOW - age, Precision.SECOND, "raw", "feed.pubDate", "stated") if age is not None else None
    return FeedEntry(url, url, published=stamp)


ENTRIES = (
    entry("https://www.a.example/advert", None),
    entry("https://www.a.example/old", timedelta(days=3)),
    entry("https://news.a.example/young", timedelta(hours=2)),
    entry("https://www.c.example/stranger", timedelta(hours=1)),
    entry("https://www.a.example/agenda", -timedelta(days=400)),
)


def test_a_document_is_counted_and_its_newest_entry_is_the_latest_that_is_not_in_the_future() -> None:
    document = FeedDocument(FeedKind.RSS, None, None, ENTRIES, ("https://d.example/x: on another site, d.example",))
    counted = contents_of(document, {"a.example"}, NOW)
    assert counted == Contents(FeedKind.RSS, 5, 4, 2, 1, NOW - timedelta(hours=1))
    assert newest(ENTRIES, NOW) is ENTRIES[3]
    assert newest(ENTRIES[:1], NOW) is ENTRIES[0]
    assert newest((), NOW) is None


def seen(contents: Contents | None, failure: Failure | None = None, kind: str = "rss", **more: object) -> Checkup:
    feed = FeedSpec.model_validate({"url": "https://www.a.example/rss", "kind": kind})
    found = {"moved_to": None, "sample": None} | more
    return Checkup(SOURCE, feed, "allowed", 200, failure, contents=contents, **found)  # type: ignore[arg-type] # of a table


def listed(kind: FeedKind = FeedKind.RSS, **more: object) -> Contents:
    found = {"entries": 20, "dated": 20, "strangers": 0, "future": 0, "newest_at": NOW} | more
    return Contents(kind, **found)  # type: ignore[arg-type] # of a table


def lacking(reason: Reason) -> Sample:
    return Sample("https://www.a.example/1", "allowed", 200, Failure(Stage.EXTRACT, reason, "why"))


# What was found, whether it is well, and a part of each line that is said.
ADVICE: dict[str, tuple[Callable[[], Checkup], bool, list[str]]] = {
    "well": (lambda: seen(listed()), True, []),
    "moved": (lambda: seen(listed(), moved_to="https://www.a.example/new"), False, ["put that address into the file"]),
    "stale": (lambda: seen(listed(newest_at=NOW - timedelta(days=85))), False, ["newest entry is 85 days old"]),
    "slow, as central banks are": (lambda: seen(listed(newest_at=NOW - timedelta(days=13))), True, []),
    "undated": (lambda: seen(listed(dated=0, newest_at=None)), True, ["no dates"]),
    "a calendar": (lambda: seen(listed(future=3)), True, ["3 entries are dated in the future"]),
    "strangers": (lambda: seen(listed(strangers=4)), True, ["4 entries lead to other sites"]),
    "no entry": (lambda: seen(listed(entries=0, dated=0, newest_at=None)), False, ["lists no entry"]),
    "undated sitemap": (
        lambda: seen(listed(FeedKind.SITEMAP, entries=0, dated=0, newest_at=None, undated=900), kind="sitemap"),
        False,
        ["900 entries have no date"],
    ),
    "another kind of feed": (lambda: seen(listed(FeedKind.ATOM)), True, ["it is of kind atom"]),
    "a sitemap under a feed": (lambda: seen(listed(FeedKind.SITEMAP)), True, ["it is of kind sitemap"]),
    "no news tags": (lambda: seen(listed(FeedKind.SITEMAP), kind="news_sitemap"), True, ["no entry has news tags"]),
    "news tags in a plain one": (lambda: seen(listed(FeedKind.NEWS_SITEMAP), kind="sitemap"), True, []),
    "an index": (lambda: seen(listed(FeedKind.NEWS_SITEMAP, children=3), kind="sitemap"), True, []),
    "blocked": (
        lambda: seen(None, Failure(Stage.FETCH, Reason.BLOCKED, "403 with cf-mitigated")),
        False,
        ["blocked (403 with cf-mitigated): name yourself in NEWSTAPE_CONTACT"],
    ),
    "gone": (
        lambda: seen(None, Failure(Stage.FETCH, Reason.GONE, "410")),
        False,
        ["newstape sources add https://www.a.example/"],
    ),
    "crashed": (lambda: seen(None, Failure(Stage.DISCOVER, Reason.CRASH, "a\nb\nKeyError: 'x'")), False, ["KeyError"]),
    "an article behind a wall": (lambda: seen(listed(), sample=lacking(Reason.BLOCKED)), False, ["can't be read"]),
    "an article without text": (lambda: seen(listed(), sample=lacking(Reason.NO_TEXT)), False, ["newstape extract"]),
    "a paid article": (lambda: seen(listed(), sample=lacking(Reason.PAYWALL)), True, ["paywall"]),
}  # fmt: skip


@pytest.mark.parametrize("case", ADVICE)
def test_each_finding_has_its_advice(case: str) -> None:
    make, well, parts = ADVICE[case]
    lines = advice_on(make(), NOW)
    assert is_well(make(), NOW) is well
    assert len(lines) == len(parts)
    for line, part in zip(lines, parts, strict=True):
        assert part in line.text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_remedy_in_one_line(reason: Reason) -> None:
    (line,) = advice_on(seen(None, Failure(Stage.FETCH, reason, "why {this}")), NOW)
    assert line == Advice(line.text, is_trouble=True)
    assert line.text.startswith(f"{reason} (why {{this}}): ")
    assert "\n" not in line.text
    assert len(line.text) > 40


PAGES = {
    "a page that names itself": (
        b"<html lang='de-CH'><title>B | A</title><meta property='og:site_name' content='Der Alpenbote'><p>x</html>",
        Traits("Der Alpenbote", "de", "CH"),
    ),
    "a title with a slogan": (
        b"<html><head><title>Alpenbote - Nachrichten aus der Wirtschaft</title></head><body>x</body></html>",
        Traits("Alpenbote", None, None),
    ),
    "a locale alone": (
        b"<html><head><meta property='og:locale' content='en_GB'></head><body>x</body></html>",
        Traits(None, "en", "GB"),
    ),
    "nothing": (b"", Traits()),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_page_says_who_it_is(case: str) -> None:
    body, traits = PAGES[case]
    assert traits_of(body, "utf-8") == traits


@given(st.binary(max_size=300))
def test_any_bytes_have_traits_and_may_be_a_listing(body: bytes) -> None:
    assert isinstance(traits_of(body, None), Traits)
    assert listing_of(body, "https://a.example/", "UTC", None) is None


TAGS = {"de": ("de", None), "de-CH": ("de", "CH"), "en_us": ("en", "US"), "": (None, None), "x": (None, None)}


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_tag_gives_language_and_country(tag: str) -> None:
    assert language_of(tag) == TAGS[tag]


PLACES = {
    ("https://www.a.ch/", None): ("CH", "Europe/Zurich"),
    ("https://www.a.co.uk/", None): ("GB", "Europe/London"),
    ("https://www.a.com/", "CH"): ("CH", "Europe/Zurich"),
    ("https://www.a.de/", "CH"): ("DE", "Europe/Berlin"),
    ("https://www.a.com/", None): None,
    ("https://www.a.com.au/", "AU"): None,
}  # fmt: skip


@pytest.mark.parametrize("case", PLACES)
def test_country_and_zone_come_from_the_end_of_the_host_or_are_left_open(case: tuple[str, str | None]) -> None:
    assert place_of(*case) == PLACES[case]


SLUGS = {
    ("https://www.alpenbote.ch/", None, ""): "alpenbote",
    ("https://news.alpenbote.co.uk/", None, ""): "alpenbote",
    ("https://www.alpenbote.ch/", None, "alpenbote"): "alpenbote-ch",
    ("http://127.0.0.1:8000/", "Börse & Märkte", ""): "boerse-maerkte",
    ("http://127.0.0.1:8000/", None, ""): None,
}


@pytest.mark.parametrize("case", SLUGS)
def test_a_slug_comes_from_the_host_and_is_free(case: tuple[str, str | None, str]) -> None:
    url, name, taken = case
    assert slug_of(url, name, {taken}) == SLUGS[case]


def test_a_page_of_headlines_gives_selectors_that_leave_its_menu_out() -> None:
    menu = "<a href='/impressum'>Impressum</a><a href='/news/'>News</a>"
    teasers = "".join(
        f"<li><a href='/news/aktien/muster-ag-hebt-prognose-an-{n}'>Muster AG hebt Prognose {n}</a></li>"
        for n in range(8)
    )
    found = listing_of(f"<html><body>{menu}{teasers}</body></html>".encode(), "https://a.example/", "UTC", "utf-8")
    assert found
    assert len(found.document.entries) == 8


def test_a_sitemap_of_everything_is_proposed_only_where_there_is_nothing_else() -> None:
    def candidate(kind: FeedKind, left_out: str | None = None) -> Candidate:
        document = FeedDocument(kind, None, None, ENTRIES)
        found = FoundFeed(f"https://a.example/{kind}", kind, Origin.ROBOTS)
        return Candidate(found, Told(found.url, ok(b"x"), "allowed"), document, left_out)

    plain, feed = candidate(FeedKind.SITEMAP), candidate(FeedKind.RSS)
    assert [one.left_out for one in without_archives([plain])] == [None]
    assert [one.left_out for one in without_archives([plain, candidate(FeedKind.RSS, "not_found")])] == [
        None,
        "not_found",
    ]
    assert [one.left_out is None for one in without_archives([plain, feed])] == [False, True]
