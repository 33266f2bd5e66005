"""The past of a source from a folder of saved pages: each file is a page of a wanted day, or it is named."""

import gzip
import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pasts import NOW, announced, candidates, complete, html, left_out, no_web, past

from config.errors import Misconfigured
from tasks.archives.folder import FolderArchive
from tasks.archives.page_facts import MAX_PAGE_BYTES
from tasks.past import Announced
from tasks.text import inflate

SECOND_TO_FOURTH = {date(2026, 3, day) for day in (2, 3, 4)}
SAVED_AT = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)


def save(folder: Path, name: str, body: bytes | str) -> Path:
    """A file that was saved on 4 March."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    os.utime(path, (SAVED_AT.timestamp(), SAVED_AT.timestamp()))
    return path


def linked(url: str, published: str | None = "2026-03-03T08:15:00+01:00") -> bytes:
    """A page with a canonical link."""
    return html(f"Page {url}", published, f'<link rel="canonical" href="{url}">')


def read(folder: Path, **changes: Any) -> list[Announced]:
    return announced(FolderArchive(past(place=str(folder), **changes), no_web, NOW))


def test_a_page_names_its_own_address_and_comes_along(tmp_path: Path) -> None:
    path = save(tmp_path, "deep/a.html", linked("https://www.nordwerk.example/a"))
    found = read(tmp_path)
    (one,) = candidates(found)
    assert (one.url, one.place, one.day) == ("https://www.nordwerk.example/a", str(path), date(2026, 3, 3))
    assert one.captured_at == SAVED_AT
    assert one.page
    assert (one.page.body, one.page.captured_at, one.page.fetched_at) == (path.read_bytes(), SAVED_AT, NOW)
    assert complete(found) == SECOND_TO_FOURTH
    assert left_out(found) == ""


OG = '<meta property="og:url" content="https://nordwerk.example/b">'
ADDRESSES = {
    "og:url": (OG, "https://nordwerk.example/b"),
    "the canonical link before og:url": (
        OG + '<link rel="Canonical nofollow" href="https://nordwerk.example/c">', "https://nordwerk.example/c"),
    "a relative link, below the homepage": ('<link rel="canonical" href="/d?e=1">', "https://www.nordwerk.example/d?e=1"),
    "an address by http": ('<link rel="canonical" href="http://nordwerk.example:80/e#top">', "https://nordwerk.example/e"),
}  # fmt: skip


@pytest.mark.parametrize("case", ADDRESSES)
def test_where_a_page_names_its_address(tmp_path: Path, case: str) -> None:
    more, url = ADDRESSES[case]
    save(tmp_path, "a.html", html("Page", more=more))
    assert [one.url for one in candidates(read(tmp_path))] == [url]


JSON_LD = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-03-02T23:30:00Z"}</script>'
)
DATES = {
    "a meta tag": ("2026-03-02", "", date(2026, 3, 2)),
    "JSON-LD, in the zone of the source": (None, JSON_LD, date(2026, 3, 3)),
    "a meta tag before JSON-LD": ("2026-03-02", JSON_LD, date(2026, 3, 2)),
    "a time element": (None, '<time datetime="2026-03-02T10:00:00+01:00">heute</time>', date(2026, 3, 2)),
    "a date that is printed alone": (None, '<span class="news__date">02.03.2026 10:15</span>', date(2026, 3, 2)),
    "a date that is none": ("yesterday", "", date(2026, 3, 4)),
    "none, so that the time of saving counts": (None, "", date(2026, 3, 4)),
}  # fmt: skip


@pytest.mark.parametrize("case", DATES)
def test_the_day_of_a_page(tmp_path: Path, case: str) -> None:
    published, more, day = DATES[case]
    save(tmp_path, "a.html", html("Page", published, more + OG))
    assert [one.day for one in candidates(read(tmp_path))] == [day]


INDEXES: dict[str, bytes | str] = {
    "index.csv": b"\xef\xbb\xbfURL,File,captured_at\nhttps://other.example/x,./a.html,2026-03-02 10:00\n",
    "index.jsonl": json.dumps({"file": "a.html", "url": "https://other.example/x", "captured_at": "2026-03-02T09:00Z"}),
}


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_says_more_than_the_page(tmp_path: Path, name: str) -> None:
    save(tmp_path, "a.html", linked("https://nordwerk.example/a", None))
    save(tmp_path, name, INDEXES[name])
    (one,) = candidates(read(tmp_path))
    assert (one.url, one.captured_at) == ("https://other.example/x", datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert one.day == date(2026, 3, 2)


def test_an_index_may_be_wrong_in_parts(tmp_path: Path) -> None:
    save(tmp_path, "a.html", linked("https://nordwerk.example/a"))
    rows = "file,url,captured_at\nb.html,https://nordwerk.example/b,\na.html,mailto:x,\na.html,https://n.example/,soon\n,,\n"
    save(tmp_path, "index.csv", rows)
    save(tmp_path, "index.jsonl", '[1]\n{"file": 3\n')
    found = read(tmp_path)
    assert [one.url for one in candidates(found)] == ["https://nordwerk.example/a"]
    assert (
        "5 lines of the index that name no file and address (index.csv:3, index.csv:4, index.csv:5, ...)"
        in left_out(found)
    )
    assert "1 that the index names and that are not there (b.html)" in left_out(found)


def test_packed_pages_stay_packed(tmp_path: Path) -> None:
    plain = linked("https://nordwerk.example/a")
    save(tmp_path, "a.html.gz", gzip.compress(plain))
    (one,) = candidates(read(tmp_path))
    assert one.page
    assert one.page.body == gzip.compress(plain)
    assert inflate(one.page.body, one.page.content_encoding, 1 << 20) == plain


BAD = {
    "that name no address (canonical link, og:url, index.csv or index.jsonl)": html("Page"),
    "of other sites": linked("https://www.elsewhere.example/a"),
    "without a page": b" \n",
    "whose compression is broken or hides too much": gzip.compress(html("Page" * 500))[:-20],
    "larger than 16 MiB": bytes(MAX_PAGE_BYTES + 1),
    "pages of other days": linked("https://nordwerk.example/b", "2026-02-27"),
}


def test_what_can_not_be_taken_is_counted_and_named(tmp_path: Path) -> None:
    for number, body in enumerate(BAD.values()):
        save(tmp_path, f"{number}.htm", body)
    save(tmp_path, "notes.txt", linked("https://nordwerk.example/no"))
    save(tmp_path, "z.html", linked("https://nordwerk.example/z"))
    found = read(tmp_path)
    assert [one.url for one in candidates(found)] == ["https://nordwerk.example/z"]
    for number, why in enumerate(BAD):
        example = "" if why == "pages of other days" else f" ({number}.htm)"
        assert f"1 {why}{example}" in left_out(found)
    assert complete(found) == SECOND_TO_FOURTH


@pytest.mark.timeout(20)
def test_what_is_no_file_is_named_and_links_do_not_lead_out(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    save(folder, "a.html", linked("https://nordwerk.example/a"))
    save(outside, "b.html", linked("https://nordwerk.example/b"))
    (folder / "link.html").symlink_to(outside / "b.html")
    (folder / "linked").symlink_to(outside)
    (folder / "round.html").symlink_to(folder / "round.html")
    (folder / "gone.html").symlink_to(folder / "nothing.html")
    (folder / "folder.html").mkdir()
    os.mkfifo(folder / "pipe.html")
    found = read(folder)
    assert [one.url for one in candidates(found)] == ["https://nordwerk.example/a"]
    line = left_out(found)
    assert "3 that can't be read" in line
    for name in ("gone.html", "pipe.html", "round.html"):
        assert name in line


def test_pages_come_by_path_in_pieces(tmp_path: Path) -> None:
    for number in range(120):
        save(tmp_path, f"{number % 3}/{number:03}.html", linked(f"https://nordwerk.example/{number % 3}-{number:03}"))
    found = read(tmp_path)
    assert [len(piece.candidates) for piece in found] == [50, 50, 20]
    urls = [one.url for one in candidates(found)]
    assert urls == sorted(urls)
    assert [bool(piece.complete) for piece in found] == [False, False, True]


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert left_out(read(tmp_path)) == f"{tmp_path}: nothing is in it"


@pytest.mark.parametrize("place", [None, "/nowhere/at/all", __file__])
def test_a_place_that_is_no_folder_is_refused_at_once(place: str | None) -> None:
    with pytest.raises(Misconfigured, match=re.escape(f"There is no folder {place or '(none was named)'}")):
        FolderArchive(past(place=place), no_web, NOW)


TAGS = ["<html>", "<head>", '<link rel="canonical" href="', "https://nordwerk.example/", '">', "<base href='", "http://[",
        '<meta property="og:url" content="', "<time datetime=", "\x00", "\ud800", "é"]  # fmt: skip
MARKUP = st.lists(st.sampled_from(TAGS)).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=200) | MARKUP, st.binary(max_size=100) | st.just(b'file,url\n"a.html,https://a.example/'))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_page_or_a_named_reason(tmp_path: Path, body: bytes, index: bytes) -> None:
    save(tmp_path, "a.html", body)
    save(tmp_path, "index.csv", index)
    save(tmp_path, "index.jsonl", index)
    found = read(tmp_path)
    assert len(candidates(found)) + len(left_out(found).splitlines()) >= 1
    assert complete(found) == SECOND_TO_FOURTH
