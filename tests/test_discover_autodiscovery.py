"""Finding a portal's feeds: every page in tests/data/autodiscovery says in its first comment what it is about.

To add a case, put the page (.html) there, if it matters a NAME.robots.txt, and beside it NAME.html.expected.json with
the candidates in their order, each as "origin kind address title"; the usual places at the end are left out. All are
read as https://www.nordwerk.example/.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.autodiscovery import COMMON_PATHS, MAX_FOUND, FoundFeed, Origin, find_feeds, sitemaps_of
from tasks.model import FeedKind
from tasks.urls import canonical_url

FOLDER = Path(__file__).parent / "data" / "autodiscovery"
PAGES = sorted(FOLDER.glob("*.html"))
URL = "https://www.nordwerk.example/"


def line_of(found: FoundFeed) -> str:
    return f"{found.origin.name.lower()} {found.kind} {found.url} {found.title or ''}".rstrip()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_candidates_of_a_page_are_named_and_ordered(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    robots = path.with_suffix(".robots.txt")
    found = find_feeds(path.read_bytes(), URL, robots=robots.read_text(encoding="utf-8") if robots.exists() else "")
    assert [line_of(one) for one in found if one.origin is not Origin.COMMON] == expected


@pytest.mark.parametrize("body", [b"", b"\0", b"<a>" * 100_000], ids=["empty", "a NUL", "too deep"])
def test_a_page_that_names_nothing_leaves_the_usual_places(body: bytes) -> None:
    found = find_feeds(body, "https://www.nordwerk.example/boerse/index.html")
    assert [one.origin for one in found] == [Origin.COMMON] * len(COMMON_PATHS)
    assert found[0] == FoundFeed("https://www.nordwerk.example/feed/", FeedKind.RSS, Origin.COMMON)


def test_the_usual_places_are_not_named_again_where_somebody_named_them() -> None:
    found = find_feeds(b"<link rel=alternate type=application/rss+xml href=/feed/>", URL)
    assert [one.origin for one in found if one.url.endswith("/feed/")] == [Origin.DECLARED]


def test_no_more_candidates_are_named_than_anybody_would_try() -> None:
    links = "".join(f'<a href="/rss/{number}.xml">Rubrik</a>' for number in range(MAX_FOUND + 50))
    assert len(find_feeds(links.encode(), URL)) == MAX_FOUND


def test_relative_links_hang_on_the_base_of_the_page() -> None:
    page = b"<base href='https://boerse.nordwerk.example/de/'><link rel=alternate type=application/rss+xml href=rss>"
    assert find_feeds(page, URL)[0].url == "https://boerse.nordwerk.example/de/rss"


ROBOTS = {
    "lines anywhere, in any case": (
        "User-agent: a\nDisallow: /\nsitemap: https://a.example/1.xml\nUser-agent: *\nSITEMAP : https://a.example/2.xml",
        ["https://a.example/1.xml", "https://a.example/2.xml"],
    ),
    "a byte order mark in front": ("\ufeffSitemap: https://a.example/1.xml", ["https://a.example/1.xml"]),
    "line ends of all machines": (
        "Sitemap: https://a.example/1.xml\rSitemap: https://a.example/2.xml\r\nSitemap: https://a.example/3.xml",
        ["https://a.example/1.xml", "https://a.example/2.xml", "https://a.example/3.xml"],
    ),
    "beyond ten thousand characters": (
        "# Regel\n" * 60_000 + "Sitemap: /late.xml",
        ["https://www.nordwerk.example/late.xml"],
    ),
    "a comment behind": ("Sitemap: https://a.example/1.xml # alle Artikel", ["https://a.example/1.xml"]),
    "a comment instead": ("# Sitemap: https://a.example/1.xml\nSitemap: # keine\nSitemap:\n/x.xml", []),
    "other lines that speak of it": ("Disallow: /sitemap: x\nX-Sitemap: https://a.example/1.xml", []),
    "twice the same": ("Sitemap: /1.xml\nSitemap: /1.xml", ["https://www.nordwerk.example/1.xml"]),
    "an HTML page": ("<html><body>Sitemap: <a href='/sitemap'>hier</a></body></html>", []),
    "an address that is none": ("Sitemap: javascript:alert(1)\nSitemap: ftp://a.example/1.xml", []),
}


@pytest.mark.parametrize(("robots", "urls"), ROBOTS.values(), ids=ROBOTS)
def test_the_sitemaps_of_a_robots_txt_are_read(robots: str, urls: list[str]) -> None:
    assert [found.url for found in sitemaps_of(robots, "https://www.nordwerk.example/robots.txt")] == urls


def test_a_robots_txt_of_sitemaps_alone_is_read_up_to_a_limit() -> None:
    robots = "".join(f"Sitemap: /{number}.xml\n" for number in range(1_005))
    assert len(sitemaps_of(robots, URL)) == 1_000


def test_a_news_sitemap_is_told_by_its_name_but_not_by_its_host() -> None:
    robots = "Sitemap: https://news.nordwerk.example/a.xml\nSitemap: https://news.nordwerk.example/News/a.xml"
    assert [found.kind for found in sitemaps_of(robots, URL)] == [FeedKind.SITEMAP, FeedKind.NEWS_SITEMAP]


PIECES = st.sampled_from([
    "<link rel=alternate type=application/rss+xml href='", "<link rel=feed href=", "<a href='/feed/'>", "</a>",
    "<a href='rss'>", "'>", "/rss", "//[", "https://a.example/rss", "javascript:rss", "<base href='", "<!--", "-->",
    "title=News", "\x00", "&", "ü", "\ud83d", "<svg>", "Sitemap: ", "\n", "\r", "#", "?feed=rss2",
])  # fmt: skip
ANYTHING = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=200)


@given(st.binary(max_size=300) | ANYTHING.map(lambda text: text.encode("utf-8", "replace")), ANYTHING)
def test_any_bytes_give_candidates_that_can_be_asked(body: bytes, robots: str) -> None:
    found = find_feeds(body, URL, robots=robots)
    assert len({canonical_url(one.url) for one in found}) == len(found)
    assert all(one.url.startswith(("http://", "https://")) for one in found)


HOSTILE = {
    "links": "<a href='/rss/x'>" * 20_000,
    "declared feeds": "<link rel=alternate type=application/rss+xml href=/x>" * 20_000,
    "attributes": "<link " + " ".join(f"a{number}='1'" for number in range(20_000)) + ">",
    "a long address": "<a href='" + "/feed" * 200_000 + "'>",
    "angle brackets": "<" * 300_000,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_page_has_candidates_within_a_second(body: str) -> None:
    assert find_feeds(body.encode(), URL, robots="Sitemap" + " " * 100_000 + "\t" * 100_000)
