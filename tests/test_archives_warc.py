"""The past of a source from WARC files: its own pages of wanted days come out, everything else is counted."""

import gzip
import random
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeWeb, ok
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pasts import (
    NOW,
    announced,
    announced_in_real_time,
    candidates,
    complete,
    days,
    failed,
    html,
    left_out,
    no_web,
    past,
    warc_record,
)

from config.errors import Misconfigured
from tasks.archives.warc import WarcArchive
from tasks.archives.warc_files import wanted_files
from tasks.archives.warc_parts import LEAST_PART_BYTES
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage
from tasks.past import Announced
from tasks.text import inflate

SECOND_TO_FOURTH = {date(2026, 3, day) for day in (2, 3, 4)}


def packed(*records: bytes) -> bytes:
    return b"".join(gzip.compress(record) for record in records)


def read(folder: Path, *records: bytes, name: str = "one.warc.gz", **changes: Any) -> list[Announced]:
    """What a file with these records announces."""
    (folder / name).write_bytes(packed(*records) if name.endswith(".gz") else b"".join(records))
    return announced_in_real_time(WarcArchive(past(place=str(folder / name), **changes), no_web, NOW))


def test_a_page_comes_along_as_it_was_stored_with_the_time_of_its_capture(tmp_path: Path) -> None:
    other = warc_record("https://elsewhere.example/x")
    body = html("Zinsen steigen")
    found = read(tmp_path, other, warc_record("http://nordwerk.example:80/a?id=1", body))
    (one,) = candidates(found)
    assert one.url == "https://nordwerk.example/a?id=1"
    assert one.place == f"{tmp_path / 'one.warc.gz'}@{len(packed(other))}"
    assert one.captured_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert one.day == date(2026, 3, 3)
    assert one.published
    assert one.published.at == datetime(2026, 3, 3, 7, 15, tzinfo=UTC)
    assert one.page
    assert (one.page.body, one.page.url, one.page.fetched_at) == (body, one.url, NOW)
    assert (one.page.captured_at, one.page.charset, one.page.status) == (one.captured_at, "utf-8", 200)
    assert complete(found) == SECOND_TO_FOURTH
    assert one.page.headers["content-type"] == "text/html; charset=utf-8"


UTF8 = ("Content-Type", "text/html; charset=utf-8")
PAGE = html("Text")
BODIES = {
    "gzip, as the header says": ([("Content-Encoding", "gzip")], gzip.compress(PAGE)),
    "gzip, and the header says nothing": ([], gzip.compress(PAGE)),
    "plain, and the header says gzip": ([("Content-Encoding", "gzip")], PAGE),
    "deflate": ([("Content-Encoding", "deflate")], zlib.compress(PAGE)),
    "in chunks": ([("Transfer-Encoding", "chunked")], b"5\r\n" + PAGE[:5] + b"\r\n%x\r\n" % (len(PAGE) - 5) + PAGE[5:]
                  + b"\r\n0\r\n\r\n"),
    "without chunks, and the header says chunked": ([("Transfer-Encoding", "chunked")], PAGE),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_the_body_is_the_page_whatever_the_headers_say(tmp_path: Path, case: str) -> None:
    headers, stored = BODIES[case]
    (one,) = candidates(read(tmp_path, warc_record(body=stored, http=[UTF8, *headers])))
    assert one.page
    assert inflate(one.page.body, one.page.content_encoding, 1 << 20) == PAGE


LEFT_OUT = {
    "requests": warc_record(kind="request", body=b"GET / HTTP/1.1\r\n\r\n"),
    "revisits (the page is in another file)": warc_record(kind="revisit", body=b""),
    "of another type (warcinfo, metadata, ...)": warc_record(kind="metadata", body=b"a: b"),
    "of other hosts": warc_record("https://www.nordwerk.example.com/a"),
    "shortened by their crawler (WARC-Truncated)": warc_record(headers={"WARC-Truncated": "length"}),
    "with another status than 200": warc_record(status="404 Not Found"),
    "not HTML": warc_record(http=[("Content-Type", "image/jpeg")]),
    "without a readable WARC-Date": warc_record(date="yesterday"),
    "without a body": warc_record(body=b""),
    "without a readable HTTP answer": warc_record().replace(b"HTTP/1.1 200 OK", b"GOPHER/1.1 2 OK", 1),
    "pages of other days": warc_record("https://www.nordwerk.example/2019/05/07/a.html"),
    "whose compression is broken or hides too much": warc_record(body=gzip.compress(html("x" * 5000))[:-20]),
    "broken gzip": b"",
}


def test_what_is_no_page_of_the_source_is_counted_by_kind(tmp_path: Path) -> None:
    damaged = bytearray(packed(warc_record()))
    damaged[-6] ^= 0xFF
    members = [packed(record) if record else bytes(damaged) for record in LEFT_OUT.values()]
    (tmp_path / "all.warc.gz").write_bytes(b"".join([*members, members[0], packed(warc_record())]))
    found = announced_in_real_time(WarcArchive(past(place=str(tmp_path)), no_web, NOW))
    assert len(candidates(found)) == 1
    line = left_out(found)
    assert line.startswith(f"{tmp_path / 'all.warc.gz'}: 1 pages taken, left out: 2 requests")
    for why in LEFT_OUT:
        assert re.search(rf"\b{2 if why == 'requests' else 1} {re.escape(why)}", line), why
    assert complete(found) == SECOND_TO_FOURTH


def test_a_file_that_breaks_off_keeps_what_came_before_and_says_where(tmp_path: Path) -> None:
    whole = packed(warc_record())
    (tmp_path / "cut.warc.gz").write_bytes(whole + packed(warc_record())[:50])
    found = announced_in_real_time(WarcArchive(past(place=str(tmp_path)), no_web, NOW))
    assert len(candidates(found)) == 1
    assert left_out(found) == (
        f"{tmp_path}/cut.warc.gz: 1 pages taken, left out: 1 cut off by the end of the file (at {len(whole)})"
    )


DAYS = {
    "the day in the address decides": ("https://nordwerk.example/2026/03/04/a", "2026-03-02T10:00", date(2026, 3, 4)),
    "else what the page says": ("https://nordwerk.example/a", "2026-03-02T10:00+01:00", date(2026, 3, 2)),
    "in the zone of the source": ("https://nordwerk.example/a", "2026-03-02T23:30:00Z", date(2026, 3, 3)),
    "else the day of the capture": ("https://nordwerk.example/a", None, date(2026, 3, 3)),
    "a date that is none is overlooked": ("https://nordwerk.example/a", "soon", date(2026, 3, 3)),
}


@pytest.mark.parametrize("case", DAYS)
def test_the_day_of_a_page(tmp_path: Path, case: str) -> None:
    url, published, day = DAYS[case]
    (one,) = candidates(read(tmp_path, warc_record(url, html("Text", published))))
    assert one.day == day


def test_pages_of_subdomains_and_partners_are_the_sources(tmp_path: Path) -> None:
    urls = ["https://news.nordwerk.example/a", "https://NORDWERK.example/b", "https://partner.example/c",
            "https://x.www.partner.example/d", "https://notpartner.example/e", "https://example/f"]  # fmt: skip
    found = read(tmp_path, *map(warc_record, urls), partners=("www.partner.example",))
    assert [one.url[-1] for one in candidates(found)] == ["a", "b", "c", "d"]


def test_pieces_have_at_most_fifty_pages_or_sixteen_mebibytes(tmp_path: Path) -> None:
    small = [warc_record(f"https://nordwerk.example/{number}") for number in range(120)]
    assert [len(piece.candidates) for piece in read(tmp_path, *small) if piece.candidates] == [50, 50, 20]
    large = [warc_record(f"https://nordwerk.example/2026/03/03/{n}", bytes(6 << 20)) for n in range(5)]
    assert [len(piece.candidates) for piece in read(tmp_path, *large) if piece.candidates] == [3, 2]


def test_folders_are_read_with_their_subfolders_and_never_left(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    (inside / "deep").mkdir(parents=True)
    outside.mkdir()
    for folder, name in ((inside, "b.warc"), (inside / "deep", "a.warc"), (outside, "c.warc")):
        (folder / name).write_bytes(warc_record(f"https://nordwerk.example/{name[0]}"))
    (inside / "notes.txt").write_text("no WARC file")
    (inside / "link.warc").symlink_to(outside / "c.warc")
    (inside / "folder").symlink_to(outside)
    found = announced_in_real_time(WarcArchive(past(place=str(inside)), no_web, NOW))
    assert [one.url[-1] for one in candidates(found)] == ["b", "a"]


def stamped(stamp: str, number: int = 0) -> str:
    return f"crawl-data/CC-NEWS/CC-NEWS-{stamp}-{number:05}.warc.gz"


def test_files_are_chosen_by_the_stamp_in_their_name() -> None:
    """Days in Zurich begin at 23:00 UTC; three days later they are over."""
    stamps = ["20260301100000", "20260301215959", "20260301225959", "20260302120000", "20260305120000",
              "20260307225959", "20260307230000"]  # fmt: skip
    found = wanted_files([stamped(stamp) for stamp in stamps], days("2026-03-02", "2026-03-04"))
    assert [one.place for one in found] == [stamped(stamp) for stamp in stamps[1 + 1 : 6]]
    assert found[0].days == {date(2026, 3, 2)}
    assert found[-1].days == {date(2026, 3, 4)}


def test_a_file_without_a_stamp_may_hold_any_day() -> None:
    (one,) = wanted_files(["mine.warc.gz"], days("2026-03-02", "2026-03-04"))
    assert one.days == SECOND_TO_FOURTH


def test_days_that_no_file_covers_are_not_said_to_be_complete(tmp_path: Path) -> None:
    name = "CC-NEWS-20260303000000-00001.warc.gz"
    (tmp_path / name).write_bytes(packed(warc_record()))
    found = announced_in_real_time(WarcArchive(past("2026-03-03", "2026-03-09", place=str(tmp_path)), no_web, NOW))
    assert complete(found) == {date(2026, 3, 3)}
    assert set(failed(found)) == {date(2026, 3, day) for day in range(4, 10)}
    assert "no WARC file of this day" in failed(found)[date(2026, 3, 9)]


def test_a_list_names_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.warc.gz").write_bytes(packed(warc_record()))
    (tmp_path / "warc.paths.gz").write_bytes(gzip.compress(b"crawl/a.warc.gz\ncrawl/a.warc.gz\n\n# no more\n"))
    found = announced_in_real_time(WarcArchive(past(place=str(tmp_path / "warc.paths.gz")), no_web, NOW))
    assert len(candidates(found)) == 1


def test_a_line_that_names_no_file_here_is_one_of_common_crawl(tmp_path: Path) -> None:
    (tmp_path / "warc.paths").write_text(stamped("20260303000000") + "\n")
    web = FakeWeb()
    found = announced(WarcArchive(past("2026-03-03", "2026-03-03", place=str(tmp_path / "warc.paths")), web.get, NOW))
    address = f"https://data.commoncrawl.org/{stamped('20260303000000')}"
    assert [one.url for one in web.asked] == [address]
    assert failed(found)[date(2026, 3, 3)].startswith(f"{address} can't be read from byte 0: not_found")


WRONG = {
    "no place": (None, "Nothing says where the WARC files are"),
    "no such file": ("/nowhere/a.warc", "There is no file or folder /nowhere/a.warc"),
    "a placeholder that is none": ("https://x.example/{stamp}/warc.paths", "{stamp} is no placeholder"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_place_that_can_not_be_is_refused_at_once(case: str) -> None:
    place, message = WRONG[case]
    with pytest.raises(Misconfigured, match=re.escape(message)):
        WarcArchive(past(place=place), no_web, NOW)


UNUSABLE = {
    "an empty folder": (None, "names no WARC file"),
    "a list that names none": (b"one\ntwo\n", "names no WARC file"),
    "a list that is broken": (gzip.compress(b"a.warc.gz\n" * 100)[:-9], "can't be read: truncated"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_days_fail_where_no_file_is_known(tmp_path: Path, case: str) -> None:
    body, message = UNUSABLE[case]
    place = tmp_path
    if body is not None:
        place = tmp_path / "warc.paths"
        place.write_bytes(body)
    found = announced_in_real_time(WarcArchive(past(place=str(place)), no_web, NOW))
    assert set(failed(found)) == SECOND_TO_FOURTH
    assert not complete(found)
    assert all(message in reason for reason in failed(found).values())


class Store:
    """A server that gives parts of files; `failures` are what goes wrong, by the number of the request."""

    def __init__(self, files: Mapping[str, bytes], failures: Mapping[int, Failure] | None = None) -> None:
        self.files = files
        self.failures = failures or {}
        self.ranges: list[str] = []
        self.limit = 1 << 30

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        self.ranges.append(headers.get("Range", ""))
        if failure := self.failures.get(len(self.ranges)):
            return failure
        if url not in self.files:
            return Failure(Stage.FETCH, Reason.NOT_FOUND, "404", 404)
        file = self.files[url]
        if "Range" not in headers:
            return replace(ok(file), url=url, final_url=url)
        start, stop = (int(number) for number in headers["Range"].removeprefix("bytes=").split("-"))
        part = file[start : stop + 1]
        if stop + 1 - start > self.limit:
            return Failure(Stage.FETCH, Reason.TOO_LARGE, "too large", 206)
        said = f"bytes {start}-{start + len(part) - 1}/{len(file)}"
        return replace(ok(part, 206, content_range=said, etag='"1"'), url=url, final_url=url)


NEWS = "https://data.commoncrawl.org/crawl-data/CC-NEWS/{year}/{month2}/warc.paths.gz"
ROOT = "https://data.commoncrawl.org/"


def crawl(*records: bytes, stamp: str = "20260303000000") -> dict[str, bytes]:
    """A month of Common Crawl with one file."""
    path = stamped(stamp)
    listed = gzip.compress(f"{path}\n".encode())
    return {f"{ROOT}crawl-data/CC-NEWS/2026/03/warc.paths.gz": listed, f"{ROOT}{path}": packed(*records)}


def test_a_month_of_common_crawl_is_read_over_the_network_in_parts() -> None:
    noise = warc_record("https://elsewhere.example/y", random.Random(1).randbytes(9 << 20))
    store = Store(crawl(warc_record(), noise, warc_record("https://nordwerk.example/b")))
    found = announced(WarcArchive(past("2026-03-03", "2026-03-03", place=NEWS), store.get, NOW))
    assert [one.url[-1] for one in candidates(found)] == ["a", "b"]
    assert store.ranges == ["", "bytes=0-8388607", "bytes=8388608-16777215"]
    assert complete(found) == {date(2026, 3, 3)}
    assert sum(len(piece.requests) for piece in found) == 3


def test_a_part_is_asked_again_after_trouble_and_the_file_goes_on_where_it_was() -> None:
    trouble = Failure(Stage.FETCH, Reason.UNREACHABLE, "reset")
    store = Store(crawl(warc_record()), {2: trouble, 3: trouble})
    found = announced(WarcArchive(past("2026-03-03", "2026-03-03", place=NEWS), store.get, NOW))
    assert len(candidates(found)) == 1
    requests = [request for piece in found for request in piece.requests]
    assert [request.failure is None for request in requests] == [True, False, False, True]


def test_limits_of_the_client_make_the_parts_smaller() -> None:
    store = Store(crawl(warc_record()))
    store.limit = LEAST_PART_BYTES
    found = announced(WarcArchive(past("2026-03-03", "2026-03-03", place=NEWS), store.get, NOW))
    assert len(candidates(found)) == 1
    assert store.ranges[-1] == f"bytes=0-{LEAST_PART_BYTES - 1}"


BAD_PARTS = {
    "other bytes than asked for": ({"content_range": "bytes 5-9/10"}, "sent other bytes"),
    "no range": ({}, "says nothing useful"),
    "a range without an end": ({"content_range": "bytes 0-4/*"}, "says nothing useful"),
}


@pytest.mark.parametrize("case", BAD_PARTS)
def test_a_server_that_confuses_the_parts_is_not_believed(case: str) -> None:
    headers, message = BAD_PARTS[case]
    url = "https://store.example/a.warc.gz"
    web = FakeWeb({url: ok(b"12345", 206, **headers)})
    found = announced(WarcArchive(past(place=url), web.get, NOW))
    assert all(message in reason for reason in failed(found).values())
    assert set(failed(found)) == SECOND_TO_FOURTH


def test_a_server_without_parts_gives_the_whole_file() -> None:
    url = "https://store.example/a.warc.gz"
    web = FakeWeb({url: ok(packed(warc_record(), warc_record("https://nordwerk.example/b")))})
    found = announced(WarcArchive(past(place=url), web.get, NOW))
    assert len(candidates(found)) == 2
    assert complete(found) == SECOND_TO_FOURTH


def test_one_file_that_is_away_fails_its_days_and_stops_no_other() -> None:
    files = crawl(warc_record())
    away, there = stamped("20260303000000"), stamped("20260310000000")
    files[f"{ROOT}crawl-data/CC-NEWS/2026/03/warc.paths.gz"] = gzip.compress(f"{away}\n{there}\n".encode())
    later = warc_record(body=html("Later", "2026-03-10T09:00:00+01:00"), date="2026-03-10T10:00:00Z")
    store = Store({url: body for url, body in files.items() if away not in url} | {f"{ROOT}{there}": packed(later)})
    found = announced(WarcArchive(past("2026-03-03", "2026-03-10", place=NEWS), store.get, NOW))
    assert len(candidates(found)) == 1
    assert date(2026, 3, 3) in failed(found)
    assert complete(found) >= {date(2026, 3, 10)}
    assert complete(found) | set(failed(found)) == {date(2026, 3, day) for day in range(3, 11)}


def test_parts_of_a_host_are_asked_for_with_the_delay_of_the_source_between_them() -> None:
    web = FakeWeb({f"https://store.example/{name}.warc": ok(warc_record()) for name in "abc"})
    web.answers["https://store.example/list.txt"] = ok(b"/a.warc\n/b.warc\n/c.warc\n")
    announced(WarcArchive(past(place="https://store.example/list.txt", delay=timedelta(seconds=3)), web.get, NOW))
    assert web.starts() == [0, 3, 6, 9]


def test_servers_of_others_do_not_get_the_headers_of_the_portal() -> None:
    web = FakeWeb({"https://store.example/list.txt": ok(b"/a.warc\n")})
    wish = past(place="https://store.example/list.txt", headers={"X-Key": "secret", "User-Agent": "Tester"})
    announced(WarcArchive(wish, web.get, NOW))
    assert len(web.asked) == 2
    assert all("X-Key" not in one.headers and one.headers["User-Agent"] == "Tester" for one in web.asked)


@given(st.binary(max_size=300), st.sampled_from(["x.warc", "x.warc.gz", "warc.paths", "warc.paths.gz"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_pieces_or_a_named_reason(tmp_path: Path, body: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(body)
    found = announced_in_real_time(WarcArchive(past(place=str(tmp_path / name)), no_web, NOW))
    assert complete(found) | set(failed(found)) == SECOND_TO_FOURTH
    assert candidates(found) or left_out(found) or failed(found)


OK_HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
STARTS = [b"", b"HTTP/1.1 ", OK_HTML, OK_HTML + b"\r\n", OK_HTML + b"Transfer-Encoding: chunked\r\n\r\n"]


@given(st.binary(max_size=400), st.sampled_from(STARTS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_block_of_a_record_is_a_page_or_a_named_reason(tmp_path: Path, rest: bytes, start: bytes) -> None:
    block = start + rest
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://nordwerk.example/a\r\n"
    record = head + b"WARC-Date: 2026-03-03T09:00:00Z\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (len(block), block)
    found = read(tmp_path, record)
    assert len(candidates(found)) + len(left_out(found).splitlines()) >= 1
