"""Bytes to documents by the kind of the feed: the bytes decide, the window holds, nothing raises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.reading import read
from tasks.model import Feed, FeedDocument, FeedEntry, FeedKind, Precision, Response, SitemapIndex
from tasks.outcome import Failure, Reason, Stage

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
URL = "https://www.nordwerk.example/feeds/news.xml"
FEED = Feed(1, 1, "nordwerk", URL, "Europe/Paris", timedelta(minutes=15), look_back=timedelta(days=2))
SELECTORS = {"item": "li", "link": None, "title": None, "date": "time", "date_format": None}
RSS = b"""<rss version="2.0"><channel><title>N</title><item><title>Gewinn</title><link>/a</link>
<pubDate>Mon, 02 Mar 2026 09:00:00 GMT</pubDate></item></channel></rss>"""
SITEMAP = b"<urlset><url><loc>https://www.nordwerk.example/a</loc><lastmod>2026-03-02</lastmod></url></urlset>"
INDEX = b"<sitemapindex><sitemap><loc>https://www.nordwerk.example/s1.xml</loc></sitemap></sitemapindex>"
PAGE = b"<html><ul><li><a href='/a'>Gewinn</a><time>02.03.2026 09:00</time></li></ul></html>"


def of_kind(kind: FeedKind, **more: object) -> Feed:
    """A feed of this kind, with selectors where it needs some."""
    feed = replace(FEED, kind=kind, selectors=SELECTORS if kind is FeedKind.LISTING else None)
    return replace(feed, **more)  # type: ignore[arg-type]


def read_as(kind: FeedKind, body: bytes, **more: object) -> FeedDocument | SitemapIndex | Failure:
    return read(body, Response(URL, URL, 200, {}, body, NOW, 5), of_kind(kind, **more))


def entries_of(found: FeedDocument | SitemapIndex | Failure) -> tuple[FeedEntry, ...]:
    assert isinstance(found, FeedDocument), found
    return found.entries


ALIKE = {
    "a feed under a feed's address": (FeedKind.ATOM, RSS, FeedKind.RSS),
    "a sitemap under a feed's address": (FeedKind.RSS, SITEMAP, FeedKind.SITEMAP),
    "a feed under a sitemap's address": (FeedKind.NEWS_SITEMAP, RSS, FeedKind.RSS),
    "a sitemap without news tags under that of a news sitemap": (FeedKind.NEWS_SITEMAP, SITEMAP, FeedKind.SITEMAP),
    "a listing": (FeedKind.LISTING, PAGE, FeedKind.LISTING),
}


@pytest.mark.parametrize(("kind", "body", "expected"), ALIKE.values(), ids=ALIKE)
def test_the_bytes_decide_what_is_read(kind: FeedKind, body: bytes, expected: FeedKind) -> None:
    found = read_as(kind, body)
    assert isinstance(found, FeedDocument)
    assert found.kind is expected
    assert [entry.url for entry in found.entries] == ["https://www.nordwerk.example/a"]


@pytest.mark.parametrize("kind", [FeedKind.RSS, FeedKind.SITEMAP])
def test_an_index_is_an_index_wherever_it_stands(kind: FeedKind) -> None:
    found = read_as(kind, INDEX)
    assert isinstance(found, SitemapIndex)
    assert [child.url for child in found.children] == ["https://www.nordwerk.example/s1.xml"]


@pytest.mark.parametrize("kind", [FeedKind.RSS, FeedKind.NEWS_SITEMAP])
def test_what_is_neither_feed_nor_sitemap_is_called_what_it_is(kind: FeedKind) -> None:
    found = read_as(kind, PAGE)
    assert isinstance(found, Failure)
    assert (found.reason, "<html>" in found.detail) == (Reason.NOT_A_FEED, True)


def test_a_listing_is_nothing_else_and_needs_its_selectors() -> None:
    found = read_as(FeedKind.LISTING, RSS)
    assert isinstance(found, Failure)
    without = read_as(FeedKind.LISTING, PAGE, selectors=None)
    assert isinstance(without, Failure)
    assert "nordwerk.yaml" in without.detail


def sitemap(*items: str) -> bytes:
    urls = "".join(f"<url>{item}</url>" for item in items)
    return f'<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'.encode()


def loc(path: str, *more: str) -> str:
    return f"<loc>https://www.nordwerk.example/{path}</loc>{''.join(more)}"


def test_of_a_sitemap_only_what_lies_in_the_window_and_can_be_dated_is_taken() -> None:
    body = sitemap(
        loc("young", "<lastmod>2026-03-01T10:00:00Z</lastmod>"),
        loc("old", "<lastmod>2025-03-01T10:00:00Z</lastmod>"),
        loc("2026/03/01/by-its-address"),
        loc("undated"),
        loc("undated-too", "<lastmod>0000-00-00</lastmod>"),
    )
    found = read_as(FeedKind.SITEMAP, body)
    assert isinstance(found, FeedDocument)
    assert [entry.url.rpartition("/")[2] for entry in found.entries] == ["young", "by-its-address"]
    assert found.outside_window == 3
    (line,) = found.rejected
    urls = "https://www.nordwerk.example/undated, https://www.nordwerk.example/undated-too"
    assert line == f"2 entries without a date, which may be of any age: {urls}"


def test_an_undated_item_with_news_tags_is_taken() -> None:
    found = read_as(FeedKind.SITEMAP, sitemap(loc("a", "<news:news><news:title>Gewinn</news:title></news:news>")))
    assert [entry.title for entry in entries_of(found)] == ["Gewinn"]


def test_how_far_back_a_sitemap_is_read_is_the_feeds_own() -> None:
    body = sitemap(loc("a", "<lastmod>2026-02-20T10:00:00Z</lastmod>"))
    assert entries_of(read_as(FeedKind.SITEMAP, body)) == ()
    assert len(entries_of(read_as(FeedKind.SITEMAP, body, look_back=timedelta(days=10)))) == 1


def test_links_to_other_sites_are_rejected_unless_they_are_partners() -> None:
    body = SITEMAP.replace(b"www.nordwerk", b"shop.anders")
    found = read_as(FeedKind.SITEMAP, body)
    assert isinstance(found, FeedDocument)
    assert (found.entries, "anders.example" in found.rejected[0]) == ((), True)
    assert len(entries_of(read_as(FeedKind.SITEMAP, body, partners=("shop.anders.example",)))) == 1


def test_a_sitemap_that_was_moved_to_a_store_of_files_still_leads_to_its_portal() -> None:
    answer = Response(URL, "https://files.store.example/nordwerk.xml", 200, {}, SITEMAP, NOW, 5)
    assert len(entries_of(read(SITEMAP, answer, of_kind(FeedKind.SITEMAP)))) == 1


def test_a_zone_that_is_printed_wrong_is_ignored_where_the_source_says_so() -> None:
    (as_printed,) = entries_of(read_as(FeedKind.RSS, RSS))
    (as_meant,) = entries_of(read_as(FeedKind.RSS, RSS, ignore_zone=True))
    assert as_printed.published is not None
    assert as_meant.published is not None
    assert (as_printed.published.at.hour, as_printed.published.zone) == (9, "stated")
    assert (as_meant.published.at.hour, as_meant.published.zone) == (8, "Europe/Paris")
    assert as_meant.published.raw == as_printed.published.raw


def test_unix_seconds_have_no_zone_to_ignore() -> None:
    body = RSS.replace(b"Mon, 02 Mar 2026 09:00:00 GMT", b"1772442000")
    (entry,) = entries_of(read_as(FeedKind.RSS, body, ignore_zone=True))
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_zone_is_ignored_in_sitemaps_and_listings_too() -> None:
    body = sitemap(loc("a", "<lastmod>2026-03-02T09:00:00Z</lastmod>"))
    (entry,) = entries_of(read_as(FeedKind.SITEMAP, body, ignore_zone=True))
    assert entry.modified is not None
    assert (entry.modified.at.hour, entry.modified.precision) == (8, Precision.SECOND)
    page = PAGE.replace(b"02.03.2026 09:00", b"02.03.2026 09:00 UTC")
    (item,) = entries_of(read_as(FeedKind.LISTING, page, ignore_zone=True))
    assert item.published is not None
    assert item.published.at.hour == 8


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><entry><title>T</title><link href="/a"/>
<published>2026-03-02T08:00:00Z</published><updated>2026-03-02T09:15:00Z</updated></entry></feed>"""
JSON = b"""{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "/a",
"date_published": "2026-03-02T08:00:00Z", "date_modified": "2026-03-02T09:15:00Z"}]}"""


@pytest.mark.parametrize("body", [ATOM, JSON], ids=["atom", "json"])
def test_the_time_of_change_is_kept_beside_that_of_publication(body: bytes) -> None:
    (entry,) = entries_of(read_as(FeedKind.ATOM, body))
    assert entry.published is not None
    assert entry.modified is not None
    assert (entry.published.at.hour, entry.modified.at.minute) == (8, 15)


def test_google_news_links_are_no_articles() -> None:
    blob = b"https://news.google.com/rss/articles/CBMiX2h0dHBz?oc=5"
    found = read_as(FeedKind.RSS, RSS.replace(b"/a<", blob + b"<"))
    assert isinstance(found, FeedDocument)
    assert found.entries == ()
    assert "news.google.com" in found.rejected[0]


HINTED = b"""<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>N</title>
<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>
<skipHours><hour>2</hour><hour>1</hour><hour>24</hour></skipHours></channel></rss>"""


def test_a_feed_says_how_often_it_wants_to_be_asked() -> None:
    found = read_as(FeedKind.RSS, HINTED)
    assert isinstance(found, FeedDocument)
    assert (found.asked_pace, found.quiet_hours) == (timedelta(hours=1), (0, 1, 2))


@given(st.binary(max_size=400) | st.sampled_from([RSS, SITEMAP, INDEX, PAGE, ATOM, JSON]), st.sampled_from(FeedKind))
def test_any_bytes_are_a_document_an_index_or_a_failure(body: bytes, kind: FeedKind) -> None:
    found = read_as(kind, body)
    assert isinstance(found, (FeedDocument, SitemapIndex, Failure))
    if isinstance(found, Failure):
        assert found.stage is Stage.DISCOVER
        assert found.reason is not Reason.CRASH


@given(st.lists(st.sampled_from([RSS, SITEMAP, INDEX, PAGE, ATOM, JSON, b"<", b">", b"&", b"\0", b"\xff"]), max_size=4),
       st.integers(0, 300), st.sampled_from(FeedKind))  # fmt: skip
def test_broken_and_glued_documents_are_a_document_an_index_or_a_failure(
    parts: list[bytes], cut: int, kind: FeedKind
) -> None:
    found = read_as(kind, b"".join(parts)[cut:])
    assert isinstance(found, (FeedDocument, SitemapIndex, Failure))
