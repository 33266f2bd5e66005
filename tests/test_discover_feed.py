"""Feeds as bad as the world: every file in tests/data/feeds says in its first comment what is wrong with it.

To add a case, put the feed (.rss, .atom, .rdf, .json) there, and beside it NAME.SUFFIX.expected.json with what should
come out: `failure` and a part of its `detail`, or kind, title, language, entries and rejected. All feeds are read as
https://www.nordwerk.example/feeds/news.xml in the time zone Europe/Zurich.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.feed import MAX_ENTRIES, parse_feed
from tasks.discover.markup import plain
from tasks.model import FeedDocument, FeedEntry, FeedKind
from tasks.outcome import Failure, Reason, Stage
from tasks.urls import canonical_url

FOLDER = Path(__file__).parent / "data" / "feeds"
FEEDS = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))
URL = "https://www.nordwerk.example/feeds/news.xml"
ZONE = "Europe/Zurich"


def entry_fields(entry: FeedEntry) -> dict[str, str | None]:
    """An entry as the expected files write it; a date as instant, precision, zone, origin and raw."""
    date = entry.published
    return {
        "url": entry.url,
        "canonical_url": entry.canonical_url,
        "guid": entry.guid,
        "title": entry.title,
        "summary": entry.summary,
        "published": f"{date.at:%Y-%m-%dT%H:%M:%S%z} {date.precision} {date.zone} {date.origin}: {date.raw}"
        if date
        else None,
    }


def feed_of(items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def document_of(body: bytes) -> FeedDocument:
    document = parse_feed(body, URL, zone=ZONE)
    assert isinstance(document, FeedDocument)
    return document


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_a_feed_reads_as_expected(path: Path) -> None:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    read = parse_feed(path.read_bytes(), URL, zone=ZONE)
    if isinstance(read, Failure):
        assert (read.stage, read.reason) == (Stage.DISCOVER, expected.get("failure"))
        assert expected["detail"] in read.detail
        return
    assert {
        "kind": read.kind,
        "title": read.title,
        "language": read.language,
        "entries": [entry_fields(entry) for entry in read.entries],
        "rejected": list(read.rejected),
    } == expected
    assert all(entry.canonical_url == canonical_url(entry.url) for entry in read.entries)


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0"])
def test_a_body_without_a_sign_is_empty(body: bytes) -> None:
    read = parse_feed(body, URL, zone=ZONE)
    assert isinstance(read, Failure)
    assert read.reason is Reason.EMPTY_BODY


def test_the_charset_of_the_header_counts_where_the_feed_is_silent() -> None:
    body = feed_of("<item><title>\u0142</title><link>/a</link></item>").decode().encode("iso-8859-2")
    read = parse_feed(body, URL, zone=ZONE, charset="iso-8859-2")
    assert isinstance(read, FeedDocument)
    assert read.entries[0].title == "\u0142"


def test_items_beyond_the_limit_are_counted_in_one_line() -> None:
    items = "".join(f"<item><link>/{number}</link></item>" for number in range(MAX_ENTRIES + 7))
    document = document_of(feed_of(items))
    assert [len(document.entries), document.entries[-1].url] == [5000, "https://www.nordwerk.example/4999"]
    assert document.rejected == ("7 items beyond the first 5000 were not read",)


def test_items_of_a_json_feed_beyond_the_limit_are_counted_in_one_line() -> None:
    items = [{"id": str(number), "url": f"/{number}"} for number in range(MAX_ENTRIES + 7)]
    document = document_of(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode())
    assert document.kind is FeedKind.JSON_FEED
    assert len(document.entries) == MAX_ENTRIES
    assert document.rejected == ("7 items beyond the first 5000 were not read",)


def test_a_monstrous_title_is_cut() -> None:
    document = document_of(feed_of(f"<item><title>{'Wort ' * 400_000}</title><link>/a</link></item>"))
    title = document.entries[0].title or ""
    assert len(title) <= 500
    assert title.endswith("…")


HOSTILE = {
    "entities that multiply": (FOLDER / "entity_bomb.rss").read_bytes(),
    "one entity, often": b"<!DOCTYPE rss [<!ENTITY a '" + b"a" * 100_000 + b"'>]>" + feed_of("&a;" * 100_000),
    "html entities, often": feed_of("<item><link>/a</link><title>" + "&uuml;" * 100_000 + "</title></item>"),
    "a DOCTYPE without an end": b"<!DOCTYPE rss [" + b"<!ENTITY " * 100_000,
    "comments without an end": b"<!--" * 200_000,
    "declarations without an end": b"<?" * 200_000,
    "angle brackets": b"<" * 500_000,
    "elements in elements": feed_of("<a>" * 20_000 + "</a>" * 20_000),
    "attributes": feed_of("<item " + " ".join(f"a{number}='1'" for number in range(50_000)) + "/>"),
    "elements without an end": feed_of("<item><link>/a</link>" + "<a>" * 20_000),
    "CDATA without an end": feed_of("<item><title>" + "<![CDATA[&" * 50_000),
    "a title of angle brackets": feed_of("<item><link>/a</link><title>" + "&lt;" * 100_000 + "</title></item>"),
    "a title of comments": feed_of("<item><link>/a</link><title>" + "&lt;!--" * 50_000 + "</title></item>"),
    "brackets in brackets": b'{"items": ' + b"[" * 200_000,
    "a number without an end": b'{"items": [' + b"1" * 200_000 + b"]}",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_has_an_outcome_within_a_second(body: bytes) -> None:
    read = parse_feed(body, URL, zone=ZONE)
    assert not isinstance(read, Failure) or read.reason is Reason.NOT_A_FEED


PIECES = st.sampled_from([
    "<rss version='2.0'>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<link>", "</link>", "<title>",
    "</title>", "<guid>", "/a", "https://a.example/", "&", "&uuml;", "&#0;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml",
    "?>", "<feed>", "<entry>", "<rdf:RDF>", "<link href='x'/>", "<!DOCTYPE", "[", "]", ">", "<", "\ud83d", "\x00", "ü",
    '{"items": [', '{"url": "/a"}', "]}", ",", "xml:base='//['", "<pubDate>", "24.09.2025",
])  # fmt: skip


@given(
    st.binary(max_size=300)
    | st.lists(PIECES, max_size=25).map(lambda pieces: "".join(pieces).encode("utf-8", "replace"))
)
def test_any_bytes_are_a_document_or_a_failure_without_a_crash(body: bytes) -> None:
    read = parse_feed(body, URL, zone=ZONE)
    if isinstance(read, Failure):
        assert read.reason in (Reason.NOT_A_FEED, Reason.EMPTY_BODY), read.detail
    else:
        assert len({entry.canonical_url for entry in read.entries}) == len(read.entries)


def test_what_breaks_in_a_parser_is_a_crash_with_its_traceback() -> None:
    read = parse_feed(feed_of("<item><link>/a</link><pubDate>24.09.2025</pubDate></item>"), URL, zone="Europe/Atlantis")
    assert isinstance(read, Failure)
    assert read.reason is Reason.CRASH
    assert "ZoneInfoNotFoundError" in read.detail


@given(st.text(alphabet=st.sampled_from("ab <>/&;!-#x3")))
def test_plain_text_is_one_short_line(markup: str) -> None:
    text = plain(markup, 40)
    assert text is None or (0 < len(text) <= 40 and text == " ".join(text.split()))
