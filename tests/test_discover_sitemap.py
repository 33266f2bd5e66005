"""Sitemaps as bad as the world: every file in tests/data/sitemaps says in its first comment what it is about.

To add a case, put the sitemap (.xml, .txt) there, and beside it NAME.SUFFIX.expected.json with what should come out:
`failure` and a part of its `detail`; or kind, title, language and entries; or children; with `rejected` (a part of
each line) and `outside_window` where there is any. Fields of an entry that are empty are left out, a date is written
as instant, precision, zone, origin and what was printed. `window` reads the case for these days. All are read as
https://www.nordwerk.example/sitemaps/index.xml in the time zone Europe/Zurich.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.sitemap import MAX_BYTES, MAX_URLS, parse_sitemap
from tasks.discover.sitemap_markup import MAX_TAGS
from tasks.discover.sites import site_of
from tasks.discover.window import Span, article_span, child_spans
from tasks.model import FeedDocument, FeedEntry, FeedKind, SitemapIndex, Timestamp, Window
from tasks.outcome import Failure, Reason, Stage
from tasks.urls import canonical_url

FOLDER = Path(__file__).parent / "data" / "sitemaps"
SITEMAPS = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://www.nordwerk.example/sitemaps/index.xml"
ZONE = "Europe/Zurich"
URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


def date_line(said: Timestamp) -> str:
    return f"{said.at:%Y-%m-%dT%H:%M:%SZ} {said.precision} {said.zone} {said.origin}: {said.raw}"


def entry_fields(entry: FeedEntry) -> dict[str, Any]:
    """An entry as the expected files write it."""
    fields = {
        "url": entry.url,
        "canonical_url": entry.canonical_url if entry.canonical_url != entry.url else None,
        "title": entry.title,
        "published": date_line(entry.published) if entry.published else None,
        "modified": date_line(entry.modified) if entry.modified else None,
        "keywords": list(entry.keywords),
        "tickers": list(entry.tickers),
        "language": entry.language,
        "publication": entry.publication,
    }
    return {name: value for name, value in fields.items() if value}


def written(read: FeedDocument | SitemapIndex) -> dict[str, Any]:
    """An outcome as the expected files write it, but for what was rejected."""
    fields: dict[str, Any]
    if isinstance(read, SitemapIndex):
        fields = {"children": [f"{child.url} {date_line(child.modified)}" if child.modified else child.url
                               for child in read.children]}  # fmt: skip
    else:
        entries = [entry_fields(entry) for entry in read.entries]
        fields = {"kind": str(read.kind), "title": read.title, "language": read.language, "entries": entries}
    if read.outside_window:
        fields["outside_window"] = read.outside_window
    return fields


def document_of(body: str, **options: Any) -> FeedDocument:
    read = parse_sitemap(body.encode(), URL, zone=ZONE, **options)
    assert isinstance(read, FeedDocument)
    return read


def items_of(count: int) -> str:
    return "".join(f"<url><loc>/{number}</loc></url>" for number in range(count))


def sitemap_of(items: list[tuple[str, str]]) -> str:
    return "".join(f"<url><loc>{loc}</loc><lastmod>{lastmod}</lastmod></url>" for loc, lastmod in items)


@pytest.mark.parametrize("path", SITEMAPS, ids=lambda path: path.name)
def test_a_sitemap_reads_as_expected(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in expected.pop("window", [])]
    read = parse_sitemap(path.read_bytes(), URL, zone=ZONE, window=Window(*days) if days else None)
    if isinstance(read, Failure):
        assert (read.stage, read.reason) == (Stage.DISCOVER, expected.get("failure")), read.detail
        assert expected["detail"] in read.detail
        return
    rejected = expected.pop("rejected", [])
    assert len(read.rejected) == len(rejected), read.rejected
    assert all(part in line for part, line in zip(rejected, read.rejected, strict=True)), read.rejected
    assert written(read) == expected


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0"])
def test_a_body_without_a_sign_is_empty(body: bytes) -> None:
    read = parse_sitemap(body, URL, zone=ZONE)
    assert isinstance(read, Failure)
    assert read.reason is Reason.EMPTY_BODY


def test_addresses_beyond_the_protocols_limit_are_counted_in_one_line() -> None:
    document = document_of(f"{URLSET}{items_of(MAX_URLS + 7)}</urlset>")
    assert [len(document.entries), document.entries[-1].url] == [50_000, "https://www.nordwerk.example/49999"]
    assert document.rejected == ("7 items beyond the first 50000 were not read",)


def test_lines_beyond_the_protocols_limit_are_counted_in_one_line() -> None:
    document = document_of("\n".join(f"https://nordwerk.example/{number}" for number in range(MAX_URLS + 7)))
    assert len(document.entries) == 50_000
    assert document.rejected == ("7 lines beyond the first 50000 were not read",)


def test_items_beyond_the_limit_are_counted_in_a_broken_sitemap_too() -> None:
    document = document_of(f"{URLSET}{items_of(MAX_URLS + 7)}")
    assert len(document.entries) == 50_000
    assert document.rejected == (
        "the document breaks off: items may be missing",
        "7 items beyond the first 50000 were not read",
    )


def test_a_body_beyond_the_protocols_limit_is_too_large() -> None:
    read = parse_sitemap(URLSET.encode().ljust(MAX_BYTES + 1), URL, zone=ZONE)
    assert isinstance(read, Failure)
    assert read.reason is Reason.TOO_LARGE


def test_more_tags_than_the_memory_should_hold_are_too_large() -> None:
    read = parse_sitemap(f"{URLSET}{'<a/>' * MAX_TAGS}</urlset>".encode(), URL, zone=ZONE)
    assert isinstance(read, Failure)
    assert read.reason is Reason.TOO_LARGE


def test_hundreds_of_rejected_links_are_a_hundred_lines_and_a_count() -> None:
    items = "".join(f"<url><loc>https://werbung.example/{number}</loc></url>" for number in range(350))
    document = document_of(f"{URLSET}{items}</urlset>")
    assert len(document.rejected) == 101
    assert document.rejected[-1] == "250 more were rejected"


def test_links_to_a_partners_site_are_taken_where_the_source_allows_them() -> None:
    body = (FOLDER / "other_sites.xml").read_text(encoding="utf-8")
    document = document_of(body, partners=["www.werbung.example"])
    assert [entry.url for entry in document.entries if "werbung" in entry.url] == [
        "https://gutscheine.werbung.example/angebot",
        "https://www.nordwerk.example.werbung.example/taeuschung",
    ]
    assert len(document.rejected) == 1


def test_nine_changes_within_a_minute_are_changes_and_ten_are_the_files_own() -> None:
    def changes(count: int, lastmod: str) -> list[Timestamp | None]:
        items = sitemap_of([(f"/{number}", lastmod.format(number)) for number in range(count)])
        return [entry.modified for entry in document_of(f"{URLSET}{items}</urlset>").entries]

    assert all(changes(9, "2025-09-24T10:00:0{}Z"))
    assert not any(changes(10, "2025-09-24T10:00:0{}Z"))
    assert all(changes(10, "2025-09-24T10:0{}:00Z"))
    assert all(changes(10, "2025-09-24"))


def test_the_charset_of_the_header_counts_where_the_sitemap_is_silent() -> None:
    body = f"{URLSET}<url><loc>/a</loc><news:news><news:title>\u0142</news:title></news:news></url></urlset>"
    read = parse_sitemap(body.encode("iso-8859-2"), URL, zone=ZONE, charset="iso-8859-2")
    assert isinstance(read, FeedDocument)
    assert (read.kind, read.entries[0].title) == (FeedKind.NEWS_SITEMAP, "\u0142")


def test_what_breaks_in_a_parser_is_a_crash_with_its_traceback() -> None:
    body = f"{URLSET}<url><loc>/a</loc><lastmod>2025-09-24</lastmod></url></urlset>"
    read = parse_sitemap(body.encode(), URL, zone="Europe/Atlantis")
    assert isinstance(read, Failure)
    assert read.reason is Reason.CRASH
    assert "ZoneInfoNotFoundError" in read.detail


MANY = range(50_000)
HOSTILE = {
    "elements in elements": f"{URLSET}{'<a>' * 100_000}{'</a>' * 100_000}</urlset>",
    "elements in an item": f"{URLSET}<url>{'<a>' * 100_000}{'</a>' * 100_000}</url></urlset>",
    "items in items": f"{URLSET}{'<url>' * 100_000}{'</url>' * 100_000}</urlset>",
    "items without an end": URLSET + "<url>" * 100_000,
    "attributes": URLSET + "<url " + " ".join(f"a{number}='1'" for number in MANY) + "/></urlset>",
    "attributes of the root": "<urlset " + " ".join(f"a{number}='1'" for number in MANY) + "></urlset>",
    "namespaces": "<urlset " + " ".join(f"xmlns:a{number}='1'" for number in MANY) + "></urlset>",
    "prefixes": URLSET + "<url>" + "".join(f"<a{number}:b/>" for number in MANY) + "</url></urlset>",
    "comments without an end": "<!--" * 200_000 + URLSET,
    "comments within": URLSET + "<!--" * 200_000,
    "CDATA without an end": URLSET + "<url><loc><![CDATA[&" * 20_000,
    "declarations without an end": "<?" * 200_000 + URLSET,
    "angle brackets": "<" * 500_000,
    "angle brackets in an item": f"{URLSET}<url><loc>{'<' * 200_000}</loc></url></urlset>",
    "an address of eleven megabytes": f"{URLSET}<url><loc>{'a' * 11_000_000}</loc></url></urlset>",
    "a title of tags": f"{URLSET}<url><loc>/a</loc><news:title>{'&lt;b' * 100_000}</news:title></url></urlset>",
    "keywords": f"{URLSET}<url><loc>/a</loc><news:keywords>{'a,' * 200_000}</news:keywords></url></urlset>",
    "a document type without an end": "<!DOCTYPE urlset [" + "<!ENTITY " * 100_000,
    "numbers in the names": f"<sitemapindex><sitemap><loc>/{'2024-' * 400}</loc></sitemap></sitemapindex>",
}
SPRING = Window(datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC))


@pytest.mark.timeout(30)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_has_an_outcome_within_a_second(body: str) -> None:
    read = parse_sitemap(body.encode(), URL, zone=ZONE, window=SPRING)
    assert not isinstance(read, Failure) or read.reason is Reason.NOT_A_FEED


PIECES = st.sampled_from([
    "<urlset>", "</urlset>", "<sitemapindex>", "</sitemapindex>", "<url>", "</url>", "<sitemap>", "</sitemap>", "<loc>",
    "</loc>", "<lastmod>", "</lastmod>", "<news:news>", "</news:news>", "<news:title>", "</news:title>", "<image:loc>",
    "https://www.nordwerk.example/2024/03/12/a", "https://a.example/", "/sitemap-2024-3.xml", "/202403", "2024-03-12",
    "0000-00-00", "xmlns:news='x'", "xmlns='x'", "<sm:urlset>", "<sm:url>", "</sm:url>", "&", "&uuml;", "&#0;",
    "<![CDATA[", "]]>", "<!--", "-->", "<?xml", "?>", "<!DOCTYPE", "<", ">", "\ud83d", "\x00", "ü", "\n", "http://",
])  # fmt: skip
NUMBERS = st.lists(st.integers(0, 2100) | st.integers(20_240_100, 20_240_400), max_size=4)
ADDRESSES = NUMBERS.map(lambda numbers: "/" + "/".join(map(str, numbers))) | NUMBERS.map(
    lambda numbers: "/" + "-".join(map(str, numbers))
)
CHANGES = st.dates().map(str) | st.text(max_size=5).map(escape)
ITEMS = st.lists(st.tuples(ADDRESSES, CHANGES), max_size=12)


@given(
    st.binary(max_size=300)
    | st.lists(PIECES, max_size=30).map(lambda pieces: "".join(pieces).encode("utf-8", "replace"))
    | ITEMS.map(lambda items: f"{URLSET}{sitemap_of(items)}</urlset>".encode("utf-8", "replace"))
    | ITEMS.map(
        lambda items: f"<sitemapindex>{sitemap_of(items)}</sitemapindex>".replace("url>", "sitemap>").encode(
            "utf-8", "replace"
        )
    )
)
def test_any_bytes_are_an_outcome_without_a_crash_and_a_window_only_takes_away(body: bytes) -> None:
    read = parse_sitemap(body, URL, zone=ZONE)
    inside = parse_sitemap(body, URL, zone=ZONE, window=SPRING)
    assert type(read) is type(inside)
    if isinstance(read, Failure):
        assert read.reason in (Reason.NOT_A_FEED, Reason.EMPTY_BODY), read.detail
    elif isinstance(read, FeedDocument) and isinstance(inside, FeedDocument):
        assert len(read.entries) == len(inside.entries) + inside.outside_window
        assert {entry.canonical_url for entry in inside.entries} <= {canonical_url(one.url) for one in read.entries}
    elif isinstance(read, SitemapIndex) and isinstance(inside, SitemapIndex):
        assert len(read.children) == len(inside.children) + inside.outside_window


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2099, 1, 1)))
def test_a_window_always_keeps_the_article_whose_address_names_a_day_in_it(day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    items = sitemap_of([(f"/{day:%Y/%m/%d}/a", ""), (f"/{day:%Y%m%d}-b", ""), (f"/{day:%Y/%m}/c", "")])
    window = Window(start, start + timedelta(hours=1))
    assert len(document_of(f"{URLSET}{items}</urlset>", window=window).entries) == 3


def day_span(year: int, month: int, day: int) -> Span:
    start = datetime(year, month, day, tzinfo=UTC)
    return Span(start, start + timedelta(days=1))


ARTICLE_DATES = {
    "a path of days": ("https://a.example/2024/02/29/dax", day_span(2024, 2, 29)),
    "a segment that begins with a day": ("https://a.example/news/2024-02-29-dax.html", day_span(2024, 2, 29)),
    "a compact day": ("https://a.example/20240229/dax", day_span(2024, 2, 29)),
    "a day that does not exist": ("https://a.example/2023-02-29/dax", None),
    "a number of six digits": ("https://a.example/202402-dax", None),
    "a year alone": ("https://a.example/2024/dax", None),
    "a date deep in a slug": ("https://a.example/hauptversammlung-am-2024-02-29", None),
    "a number of an article": ("https://a.example/news/20240229123", None),
}


@pytest.mark.parametrize(("url", "span"), ARTICLE_DATES.values(), ids=ARTICLE_DATES)
def test_the_date_in_an_articles_address_is_read(url: str, span: Span | None) -> None:
    assert article_span(url) == span


def test_the_last_day_of_a_month_and_of_a_year_belong_to_it() -> None:
    (month,) = child_spans(["https://a.example/sitemap-2024-12.xml"])
    (year,) = child_spans(["https://a.example/sitemap-2024.xml"])
    assert month == Span(datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    assert year == Span(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))


SITES = {
    "the name itself": ("https://nordwerk.example/a", "nordwerk.example"),
    "a host of the site": ("https://www.boerse.nordwerk.example/a", "nordwerk.example"),
    "a name under two public levels": ("https://www.nordwerk.co.uk/a", "nordwerk.co.uk"),
    "an Austrian association": ("https://www.nordwerk.or.at", "nordwerk.or.at"),
    "a short name is not a public level": ("https://t.co/a", "t.co"),
    "a public level alone": ("https://co.uk/a", "co.uk"),
    "case, port, credentials and a final dot": ("HTTPS://a:b@WWW.Nordwerk.Example.:8443/a", "nordwerk.example"),
    "an address of numbers": ("http://127.0.0.1:8001/a", "127.0.0.1:8001"),
    "an address of IPv6": ("http://[::1]:8001/a", "[::1]:8001"),
    "localhost": ("http://portal.localhost:8001/a", "portal.localhost:8001"),
    "no host": ("mailto:a@nordwerk.example", ""),
}


@pytest.mark.parametrize(("url", "site"), SITES.values(), ids=SITES)
def test_the_site_of_an_address_is_its_registered_name(url: str, site: str) -> None:
    assert site_of(url) == site
