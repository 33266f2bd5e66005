"""Faults of encoding, caching, markup and entries: each does what it says."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

import brotli
import feedparser
import lxml.etree
import lxml.html
import pytest
import zstandard
from portal_asking import FEED, Answer, article, base, feed, get

from portal import client
from portal.addresses import VARIANTS
from portal.client import RunningPortal
from portal.faults import caching, encodings, entries, markup

FEEDS = {"alpenboerse": FEED, "tagesfinanz": "/feed/atom.xml", "donaumarkt": "/rdf/meldungen.rdf",
         "harbor-street": "/feed.json", "boersenpuls": "/rss.php"}  # fmt: skip


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal]:
    """One portal for all faults; each test withdraws its own."""
    with client.start(articles=60) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(portal: RunningPortal) -> Iterator[None]:
    yield
    portal.clear_faults()


def feed_of(portal: RunningPortal, slug: str) -> Answer:
    return get(base(portal, slug) + FEEDS[slug])


def entries_of(text: str) -> list[str]:
    return re.findall(r"<(?:item|entry)\b.*?</(?:item|entry)>", text, re.DOTALL)


def links_of(text: str) -> list[str]:
    return re.findall(r"<link>\s*(\S+)\s*</link>", "".join(entries_of(text)))


def guids_of(text: str) -> list[str]:
    return re.findall(r"<guid[^>]*>(.*?)</guid>", text)


def explodes(portal: RunningPortal) -> None:
    inflate = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    }
    for coding, inflated in inflate.items():
        portal.fault("bomb", value={"mib": 20, "coding": coding}, times=1)
        answer = feed(portal)
        assert answer.headers["Content-Encoding"] == coding
        assert len(answer.body) < 100_000
        assert len(inflated(answer.body)) == 20 << 20
    portal.fault("bomb", value=3, times=1)
    assert len(gzip.decompress(feed(portal).body)) == 3 << 20
    portal.fault("bomb", value="br", times=1)
    assert len(brotli.decompress(feed(portal).body)) == 100 << 20


def nests_gzip(portal: RunningPortal) -> None:
    portal.fault("nested_gzip", value=3)
    body = feed(portal).body
    for _ in range(3):
        body = gzip.decompress(body)
    assert body.startswith(b"<?xml")


def lies_about_its_encoding(portal: RunningPortal) -> None:
    portal.fault("wrong_encoding_header")
    answer = feed(portal, Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body.startswith(b"<?xml")


def hides_its_encoding(portal: RunningPortal) -> None:
    portal.fault("unnamed_gzip")
    answer = feed(portal, Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers
    assert gzip.decompress(answer.body).startswith(b"<?xml")


def sends_brotli_unasked(portal: RunningPortal) -> None:
    portal.fault("unsolicited_br")
    answer = feed(portal, Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.body).startswith(b"<?xml")


def cuts_gzip(portal: RunningPortal) -> None:
    portal.fault("cut_gzip")
    answer = feed(portal)
    assert len(answer.body) == int(answer.headers["Content-Length"])
    with pytest.raises(EOFError):
        gzip.decompress(answer.body)


def writes_in_many_charsets(portal: RunningPortal) -> None:
    url = article(portal)["url"]
    title = article(portal)["title"]
    for name, how in encodings.CHARSETS.items():
        portal.fault("charset", value=name, times=1)
        answer = get(url)
        named = answer.headers.get_content_charset()
        assert named == how.header, name
        assert answer.body.startswith(how.mark)
        page = answer.body.removeprefix(how.mark)
        assert "ü".encode(how.charset if name != "mixed" else "utf-8") in page
        if name != "mixed":
            text = page.decode(how.charset)
            assert (
                title
                in lxml.html.fromstring(text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8")).text_content()
            )
            assert (f'charset="{how.label}"' in text) if how.label else ("<meta charset" not in text), name
        else:
            with pytest.raises(UnicodeDecodeError):
                page.decode()


def labels_feeds_too(portal: RunningPortal) -> None:
    portal.fault("charset", value="utf-16", times=1)
    body = feed(portal).body
    assert 'encoding="utf-16"' in body.decode("utf-16")
    assert feedparser.parse(body).entries


def tags_oddly(portal: RunningPortal) -> None:
    for kind in caching.TAGS:
        portal.fault("etag", value=kind, times=2)
        first = feed(portal)
        again = feed(portal, If_None_Match=first.headers["ETag"])
        known = kind not in ("suffixed", "rotating")
        assert (first.status, again.status) == (200, 304 if known else 200), kind
        changes = kind in ("rotating", "renewed")
        assert (first.headers["ETag"] != again.headers["ETag"]) == changes, kind
    portal.fault("etag", value="suffixed")
    tag = feed(portal).headers["ETag"]
    assert tag.endswith('-gzip"')
    assert feed(portal, If_None_Match=tag.replace("-gzip", "")).status == 304
    portal.clear_faults()
    portal.fault("etag", value="long", times=1)
    assert len(feed(portal).headers["ETag"]) > 500
    portal.fault("etag", value="unquoted", times=1)
    assert '"' not in feed(portal).headers["ETag"]


def goes_back_in_time(portal: RunningPortal) -> None:
    portal.fault("last_modified_backwards")
    dates = [parsedate_to_datetime(feed(portal).headers["Last-Modified"]) for _ in range(3)]
    assert dates == sorted(set(dates), reverse=True)


def is_always_just_changed(portal: RunningPortal) -> None:
    portal.fault("last_modified_now")
    answer = feed(portal)
    assert answer.status == 200
    apart = parsedate_to_datetime(answer.headers["Date"]) - parsedate_to_datetime(answer.headers["Last-Modified"])
    assert abs(apart.total_seconds()) < 5


def stays_stale(portal: RunningPortal) -> None:
    portal.fault("stale")
    assert feed(portal).status == 304


def is_frozen(portal: RunningPortal) -> None:
    portal.fault("frozen")
    tag = feed(portal).headers["ETag"]
    (new,) = portal.publish("alpenboerse")
    assert feed(portal, If_None_Match=tag).status == 304
    assert feed(portal, If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 304
    assert new["url"] in feed(portal).text


def answers_304_unasked(portal: RunningPortal) -> None:
    portal.fault("unasked_304")
    assert feed(portal).status == 304
    assert feed(portal, If_None_Match='"x"').status == 200


def puts_a_body_on_304(portal: RunningPortal) -> None:
    portal.fault("body_on_304")
    answer = feed(portal)
    # A client after the book reads no body; the length says that one was sent.
    assert (answer.status, answer.body) == (304, b"")
    assert int(answer.headers["Content-Length"]) > 1000


def claims_html(portal: RunningPortal) -> None:
    portal.fault("feed_as_html")
    answer = feed(portal)
    assert answer.headers.get_content_type() == "text/html"
    assert answer.text.startswith("<?xml")
    assert feed(portal, If_None_Match=answer.headers["ETag"]).status == 304


def is_not_a_feed(portal: RunningPortal) -> None:
    portal.fault("not_a_feed")
    answer = feed(portal)
    assert answer.headers.get_content_type() == "application/rss+xml"
    assert answer.text.startswith("<!DOCTYPE html>")


def is_empty(portal: RunningPortal) -> None:
    portal.fault("empty")
    assert (feed(portal).status, feed(portal).body) == (200, b"")
    assert feed(portal, If_None_Match="*").status == 200


def has_no_items(portal: RunningPortal) -> None:
    portal.fault("no_items")
    for slug in ("alpenboerse", "tagesfinanz", "boersenpuls"):
        text = feed_of(portal, slug).text
        assert feedparser.parse(text).feed.title
        assert not entries_of(text)
    assert json.loads(feed_of(portal, "harbor-street").body)["items"] == []


def has_one_bad_item(portal: RunningPortal) -> None:
    right = entries_of(feed(portal).text)
    for kind in markup.BAD_ITEMS:
        portal.fault("bad_item", value=kind, times=1)
        body = feed(portal).body
        wrong = entries_of(body.decode("utf-8", "backslashreplace"))
        assert [k for k, pair in enumerate(zip(right, wrong, strict=True)) if len(set(pair)) == 2] == [len(right) // 2]
        marks = {"link": b"javascript:", "markup": b"<b>Kurs < 10 &", "date": b"32. Smarch", "bytes": b"\xc3\x28\xff"}
        assert marks[kind] in body
    portal.fault("bad_item", value="date", times=1)
    told = json.loads(feed_of(portal, "harbor-street").body)["items"]
    assert ["Smarch" in one["date_published"] for one in told].count(True) == 1


def starts_with_a_mark(portal: RunningPortal) -> None:
    portal.fault("byte_order_mark")
    assert feed(portal).body.startswith(b"\xef\xbb\xbf<?xml")


def starts_with_blanks(portal: RunningPortal) -> None:
    portal.fault("blank_lines")
    assert re.match(rb"\s{4,}<\?xml", feed(portal).body)


def starts_with_a_warning(portal: RunningPortal) -> None:
    portal.fault("php_warning")
    assert re.match(rb"<br />\n<b>Warning</b>:[^\n]*\n<\?xml", feed(portal).body)


def has_control_characters(portal: RunningPortal) -> None:
    portal.fault("nul")
    assert b"\x00\x0b</title>" in feed(portal).body
    assert "\x00" in json.loads(feed_of(portal, "harbor-street").body)["items"][0]["title"]


def has_a_lone_surrogate(portal: RunningPortal) -> None:
    portal.fault("lone_surrogate")
    assert b"&#xD83D;\xed\xa0\xbd</title>" in feed(portal).body
    assert "\ud83d" in json.loads(feed_of(portal, "harbor-street").body)["items"][0]["title"]


def has_bare_ampersands(portal: RunningPortal) -> None:
    portal.fault("bare_ampersand")
    assert " (S&P 500, H&M)</title>" in feed(portal).text


def has_an_entity_bomb(portal: RunningPortal) -> None:
    portal.fault("entity_bomb")
    text = feed(portal).text
    assert "&b9;</title>" in text
    with pytest.raises(lxml.etree.XMLSyntaxError, match=r"amplification|reference loop"):
        lxml.etree.fromstring(text.encode(), lxml.etree.XMLParser(resolve_entities=True))


def wants_outer_entities(portal: RunningPortal) -> None:
    for kind, target in (("file", "file:///etc/hostname"), ("http", base(portal) + markup.ENTITY_PATH)):
        portal.fault("external_entity", value=kind, times=1)
        root = lxml.etree.fromstring(feed(portal).body, lxml.etree.XMLParser(resolve_entities=False))
        doctype = root.getroottree().docinfo.internalDTD
        assert doctype is not None
        declared = {one.name: one.system_url for one in doctype.iterentities()}
        assert declared == {"wanted": target}


def nests_xml_deeply(portal: RunningPortal) -> None:
    portal.fault("deep_nesting")
    for slug in ("alpenboerse", "tagesfinanz", "donaumarkt"):
        assert feed_of(portal, slug).body.count(b"<x>") == 100_000
    assert feed_of(portal, "harbor-street").body.startswith(b"[" * 100_000)


def nests_html_deeply(portal: RunningPortal) -> None:
    portal.fault("crash_page")
    assert feed(portal).body.count(b"<div>") == 50_000


def confuses_guids(portal: RunningPortal) -> None:
    right = feed(portal).text
    seen = {}
    for kind in entries.GUIDS:
        portal.fault("guid", value=kind, times=2)
        polls = [feed(portal).text for _ in range(2)]
        assert [links_of(poll) for poll in polls] == [links_of(right)] * 2
        seen[kind] = [guids_of(poll) for poll in polls]
    count = len(links_of(right))
    assert seen["same"] == [["1"] * count] * 2
    assert seen["missing"] == [[], []]
    assert seen["empty"] == [[""] * count] * 2
    first, second = seen["random"]
    assert len({*first, *second}) == 2 * count
    assert seen["reused"][0] == seen["reused"][1]
    portal.fault("guid", value="reused")
    before = feed(portal).text
    (new,) = portal.publish("alpenboerse")
    after = feed(portal).text
    assert dict(zip(guids_of(after), links_of(after), strict=True))["top-1"] == new["url"]
    assert dict(zip(guids_of(before), links_of(before), strict=True))["top-1"] != new["url"]
    assert "<id>top-1</id>" in feed_of(portal, "tagesfinanz").text
    assert json.loads(feed_of(portal, "harbor-street").body)["items"][0]["id"] == "top-1"


def rewrites_slugs(portal: RunningPortal) -> None:
    right = links_of(feed(portal).text)
    portal.fault("new_slugs")
    polls = [links_of(feed(portal).text) for _ in range(2)]
    assert len({right[0], polls[0][0], polls[1][0]}) == 3
    portal.clear_faults()
    assert {get(poll[0]).body for poll in [right, *polls]} == {get(right[0]).body}


def shows_a_window(portal: RunningPortal) -> None:
    right = links_of(feed(portal).text)
    portal.fault("window", value=3)
    assert links_of(feed(portal).text) == right[:3]
    assert len(json.loads(feed_of(portal, "harbor-street").body)["items"]) == 3


def overflows_its_window(portal: RunningPortal) -> None:
    portal.fault("surge", value={"new": 12, "window": 5}, path="^/rss", portal="alpenboerse")
    first, second = (links_of(feed(portal).text) for _ in range(2))
    assert len(first) == len(second) == 5
    assert not set(first) & set(second)
    announced = get(f"{base(portal)}/news-sitemap.xml").text
    gold = {one["url"] for one in portal.gold() if one["portal"] == "alpenboerse" and one["id"].startswith("gen-1-p")}
    assert len(gold) >= 24
    assert all(url in announced for url in gold)


def lists_many_addresses(portal: RunningPortal) -> None:
    right = links_of(feed(portal).text)
    portal.fault("variants")
    listed = links_of(feed(portal).text.replace("&amp;", "&"))
    assert len(listed) == 6 * len(right)
    assert right[0] in listed
    canonical = f'<link rel="canonical" href="{right[0]}">'
    assert all(canonical in get(url).text for url in listed[:6])
    portal.clear_faults()
    portal.fault("variants", value=list(VARIANTS))
    assert len(links_of(feed(portal).text)) == 9 * len(right)
    hosts = [url for url in links_of(feed(portal).text)[:9] if "127.0.0.1" not in url]
    assert [url.split("localhost")[0] for url in hosts] == ["http://www.", "http://m."]


CHECKS: dict[str, Callable[[RunningPortal], None]] = {
    "bomb": explodes,
    "nested_gzip": nests_gzip,
    "wrong_encoding_header": lies_about_its_encoding,
    "unnamed_gzip": hides_its_encoding,
    "unsolicited_br": sends_brotli_unasked,
    "cut_gzip": cuts_gzip,
    "charset": writes_in_many_charsets,
    "etag": tags_oddly,
    "last_modified_backwards": goes_back_in_time,
    "last_modified_now": is_always_just_changed,
    "stale": stays_stale,
    "frozen": is_frozen,
    "unasked_304": answers_304_unasked,
    "body_on_304": puts_a_body_on_304,
    "feed_as_html": claims_html,
    "not_a_feed": is_not_a_feed,
    "empty": is_empty,
    "no_items": has_no_items,
    "bad_item": has_one_bad_item,
    "byte_order_mark": starts_with_a_mark,
    "blank_lines": starts_with_blanks,
    "php_warning": starts_with_a_warning,
    "nul": has_control_characters,
    "lone_surrogate": has_a_lone_surrogate,
    "bare_ampersand": has_bare_ampersands,
    "entity_bomb": has_an_entity_bomb,
    "external_entity": wants_outer_entities,
    "deep_nesting": nests_xml_deeply,
    "crash_page": nests_html_deeply,
    "guid": confuses_guids,
    "new_slugs": rewrites_slugs,
    "window": shows_a_window,
    "surge": overflows_its_window,
    "variants": lists_many_addresses,
}


@pytest.mark.parametrize("fault", sorted({**encodings.FAULTS, **caching.FAULTS, **markup.FAULTS, **entries.FAULTS}))
def test_each_fault_does_what_it_says_and_ends_when_withdrawn(portal: RunningPortal, fault: str) -> None:
    CHECKS[fault](portal)
    portal.clear_faults()
    assert entries_of(feed(portal).text)


def test_charsets_reach_the_declaration_of_a_feed(portal: RunningPortal) -> None:
    labels_feeds_too(portal)


def test_an_altered_feed_is_seen_by_those_who_hold_the_right_one(portal: RunningPortal) -> None:
    tag = feed(portal).headers["ETag"]
    portal.fault("guid", value="same")
    assert feed(portal, If_None_Match=tag).status == 200


@pytest.mark.parametrize("slug", sorted(FEEDS))
@pytest.mark.parametrize("fault", sorted({**markup.FAULTS, **entries.FAULTS}))
def test_no_fault_of_documents_fails_itself_on_any_kind_of_document(
    portal: RunningPortal, fault: str, slug: str
) -> None:
    portal.fault(fault, portal=slug)
    pages = [
        FEEDS[slug],
        "/",
        "/robots.txt",
        "/news-sitemap.xml",
        article(portal, slug)["url"].removeprefix(base(portal, slug)),
    ]
    for path in pages:
        assert get(base(portal, slug) + path).status != 500, path
