"""Listing pages: every file in tests/data/listings says in its first comment what it is about.

To add a case, put the page (.html) there, and beside it NAME.html.expected.json with its `selectors` and what should
come out: `failure` and a part of its `detail`; or title, language, entries (url, title and date on one line each) and
`rejected` (a part of each line). All are read as https://www.nordwerk.example/archiv/liste.html in the time zone
Europe/Zurich.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.selectors import Selectors
from tasks.discover.listing_page import MAX_ITEMS, parse_listing
from tasks.model import FeedDocument, FeedEntry, FeedKind
from tasks.outcome import Failure, Reason, Stage

FOLDER = Path(__file__).parent / "data" / "listings"
PAGES = sorted(FOLDER.glob("*.html"))
URL = "https://www.nordwerk.example/archiv/liste.html"
ZONE = "Europe/Zurich"
LINES = Selectors("li")


def entry_line(entry: FeedEntry) -> str:
    said = entry.published
    when = f"{said.at:%Y-%m-%dT%H:%M:%SZ} {said.precision} {said.zone} {said.origin}: {said.raw}" if said else "undated"
    return f"{entry.url} | {entry.title} | {when}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_listing_reads_as_expected(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    read = parse_listing(path.read_bytes(), URL, Selectors(**expected["selectors"]), zone=ZONE)
    if isinstance(read, Failure):
        assert (read.stage, read.reason) == (Stage.DISCOVER, expected.get("failure")), read.detail
        assert expected["detail"] in read.detail
        return
    assert read.kind is FeedKind.LISTING
    assert [read.title, read.language] == [expected["title"], expected["language"]]
    assert [entry_line(entry) for entry in read.entries] == expected["entries"]
    assert len(read.rejected) == len(expected["rejected"]), read.rejected
    assert all(part in line for part, line in zip(expected["rejected"], read.rejected, strict=True)), read.rejected


def document_of(body: str, selectors: Selectors, *partners: str) -> FeedDocument:
    read = parse_listing(body.encode(), URL, selectors, zone=ZONE, partners=partners)
    assert isinstance(read, FeedDocument)
    return read


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\0\0"])
def test_a_body_without_a_sign_is_empty(body: bytes) -> None:
    read = parse_listing(body, URL, LINES, zone=ZONE)
    assert isinstance(read, Failure)
    assert read.reason is Reason.EMPTY_BODY


def test_items_beyond_the_limit_are_counted_in_one_line() -> None:
    items = "".join(f'<li><a href="/{number}">Meldung</a></li>' for number in range(MAX_ITEMS + 7))
    document = document_of(f"<ul>{items}</ul>", LINES)
    assert len(document.entries) == MAX_ITEMS
    assert document.rejected == ("7 items beyond the first 1000 were not read",)


def test_links_to_a_partners_site_are_taken_where_the_source_allows_them() -> None:
    page = '<li><a href="https://news.partner.example/1">Meldung</a></li><li><a href="/2">Meldung</a></li>'
    assert len(document_of(page, LINES).entries) == 1
    assert len(document_of(page, LINES, "partner.example").entries) == 2


def test_a_date_without_a_clock_in_its_format_is_a_day() -> None:
    page = '<li><a href="/1">Meldung</a><b>04/03/26</b></li>'
    (entry,) = document_of(page, Selectors("li", date="b", date_format="%d/%m/%y")).entries
    assert entry_line(entry).endswith("| 2026-03-03T23:00:00Z day Europe/Zurich listing.date: 04/03/26")


def test_an_offset_in_a_format_counts_instead_of_the_portals_zone() -> None:
    page = '<li><a href="/1">Meldung</a><b>4.3.2026 10:15:30 -0500</b></li>'
    (entry,) = document_of(page, Selectors("li", date="b", date_format="%d.%m.%Y %H:%M:%S %z")).entries
    assert entry_line(entry).endswith("| 2026-03-04T15:15:30Z second stated listing.date: 4.3.2026 10:15:30 -0500")


BAD_SELECTORS = {
    "no CSS": ({"item": "li["}, "item: 'li['"),
    "nothing": ({"item": "  "}, "item: '  '"),
    "no XPath": ({"item": "//li["}, "item: '//li['"),
    "an XPath function that nobody knows": ({"item": "li", "title": "shout(.)"}, "title: 'shout(.)'"),
    "such a function behind what is not on every page": ({"item": "li", "title": "./a[shout(.)]"}, "uses shout"),
    "a prefix": ({"item": "li", "title": "./a[x:b]"}, "uses :"),
    "an XPath variable": ({"item": "li", "title": "./a[$n]"}, "title: './a[$n]'"),
    "a pseudo-element": ({"item": "li", "link": "a::attr(href)"}, "link: 'a::attr(href)'"),
    "a path over the whole page": ({"item": "li", "date": "//time"}, "date: '//time' looks at the whole page"),
    "the same in brackets": ({"item": "li", "date": "(//time)[1]"}, "date: '(//time)[1]' looks at the whole page"),
    "a format with names": ({"item": "li", "date_format": "%d %B %Y"}, "date_format: '%d %B %Y' must have"),
    "a format without a year": ({"item": "li", "date_format": "%d.%m."}, "date_format: '%d.%m.'"),
    "a format without directives": ({"item": "li", "date_format": "heute"}, "date_format: 'heute' must have"),
    "a directive twice": ({"item": "li", "date_format": "%d.%d.%Y"}, "date_format: '%d.%d.%Y' must have"),
    "a lone per cent sign": ({"item": "li", "date_format": "%d.%m.%Y %"}, "date_format: '%d.%m.%Y %'"),
}


@pytest.mark.parametrize(("parts", "message"), BAD_SELECTORS.values(), ids=BAD_SELECTORS)
def test_a_bad_selector_is_refused_when_it_is_made(parts: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=r"^(item|link|title|date|date_format): ") as refused:
        Selectors(**parts)
    assert message in str(refused.value)


def test_an_xpath_with_known_functions_axes_and_literals_is_taken() -> None:
    page = "<li><a href='/1'>Kurs: 5 $ (netto)</a><i>Stand: 24.09.2025</i></li>"
    title = "./a[contains(., '$') and not(contains(., 'brutto(x:y)'))]/text()"
    (entry,) = document_of(page, Selectors("li", title=title, date="substring-after(./descendant::i, ': ')")).entries
    assert entry_line(entry).endswith(
        "/1 | Kurs: 5 $ (netto) | 2025-09-23T22:00:00Z day Europe/Zurich listing.date: 24.09.2025"
    )


@given(st.text(max_size=30) | st.text(alphabet="ali.#[]()/:@*$'\"=1 >~+|,", max_size=15))
def test_any_text_is_a_selector_or_a_value_error(text: str) -> None:
    try:
        selectors = Selectors(text, link=text, title=text, date=text, date_format=None)
    except ValueError:
        return
    read = parse_listing(b"<ul><li><a href='/1'>Meldung</a><time>24.09.2025</time>", URL, selectors, zone=ZONE)
    assert not isinstance(read, Failure) or read.reason is Reason.NOT_A_FEED, read.detail


@given(st.text(alphabet="%dmYyHIMSpzjBAaUqQ. /-:\0\u2026", max_size=15))
def test_any_text_is_a_date_format_or_a_value_error(text: str) -> None:
    try:
        selectors = Selectors("li", date="b", date_format=text)
    except ValueError:
        return
    page = b"<li><a href='/1'>Meldung</a><b>24.09.2025</b>"
    read = parse_listing(page, URL, selectors, zone=ZONE)
    assert isinstance(read, FeedDocument)


HOSTILE = {
    "elements in elements": "<div>" * 100_000,
    "items in items": "<ul><li>" * 900 + "<b>x</b>" * 100_000,
    "many items": "<li>x" * 200_000,
    "an item of links": "<li>" + "<a href='/x'></a>" * 50_000,
    "attributes": "<li " + " ".join(f"a{number}='1'" for number in range(20_000)) + ">",
    "comments without an end": "<li><a href='/x'>a</a>" + "<!--" * 200_000,
    "angle brackets": "<" * 300_000,
    "a long date": "<li><a href='/x'>a</a><time>" + "1." * 200_000,
    "a long address": "<li><a href='/" + "x" * 1_000_000 + "'>a</a>",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_page_has_an_outcome_within_a_second(body: str) -> None:
    read = parse_listing(body.encode(), URL, Selectors("li", date="time"), zone=ZONE)
    assert not isinstance(read, Failure) or read.reason is Reason.NOT_A_FEED, read.detail


PIECES = st.sampled_from([
    "<ul>", "<li>", "</li>", "<a href='/1'>", "<a href='https://a.example/'>", "<a href='//['>", "<a href='?'>", "</a>",
    "<time datetime='2025-09-24'>", "</time>", "24.09.2025",
    "<base href='//x.example/'>", "<base href='//['>", "<html lang=de>",
    "<title>", "</title>", "<!--", "-->", "&", "&#0;", "\x00", "ü", "<svg>", "<template>", "<li", "'", ">", "\ud83d",
])  # fmt: skip


@given(
    st.binary(max_size=300)
    | st.lists(PIECES, max_size=25).map(lambda pieces: "".join(pieces).encode("utf-8", "replace"))
)
def test_any_bytes_are_a_document_or_a_failure_without_a_crash(body: bytes) -> None:
    read = parse_listing(body, URL, Selectors("li", date="time"), zone=ZONE)
    if isinstance(read, Failure):
        assert read.reason in (Reason.NOT_A_FEED, Reason.EMPTY_BODY), read.detail
    else:
        assert len({entry.canonical_url for entry in read.entries}) == len(read.entries)


def test_what_breaks_in_a_parser_is_a_crash_with_its_traceback() -> None:
    page = b"<li><a href='/1'>Meldung</a><time>24.09.2025</time>"
    read = parse_listing(page, URL, Selectors("li", date="time"), zone="Europe/Atlantis")
    assert isinstance(read, Failure)
    assert read.reason is Reason.CRASH
    assert "ZoneInfoNotFoundError" in read.detail
