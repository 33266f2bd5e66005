"""The captures of the sample portal's archives: their index, what they show, and the files made of them."""

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from past_asking import SLUGS, gold_of, new_world, rows_of
from portal_asking import base, get
from warcio.archiveiterator import ArchiveIterator

from portal import client
from portal.client import RunningPortal
from portal.past import CORRECTED
from portal.saving import save


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """One portal for the tests that change nothing but faults; each withdraws its own."""
    with client.start(articles=40) as portal:
        yield portal


@pytest.fixture(autouse=True)
def _no_faults_left(running: RunningPortal) -> Iterator[None]:
    yield
    running.clear_faults()


def test_the_index_of_captures_has_rows_of_every_kind_within_the_days_asked(running: RunningPortal) -> None:
    rows = rows_of(running, "&from=20260301&to=20260320")
    assert rows == sorted(rows, key=lambda row: row[:2])
    assert {"20260301" <= row[1][:8] <= "20260320" for row in rows} == {True}
    kinds = Counter((row[3], row[4]) for row in rows)
    assert kinds.keys() == {("text/html", "200"), ("warc/revisit", "-"), ("text/html", "404")}
    digests = Counter(row[5] for row in rows if row[4] in ("200", "-"))
    assert set(digests.values()) == {1, 2, 3}
    assert rows_of(running, "&from=2031") == []


@pytest.mark.parametrize("encoded", [False, True])
def test_resume_keys_lead_through_all_rows_once(running: RunningPortal, *, encoded: bool) -> None:
    query = "&fl=timestamp,original,digest&filter=statuscode:200&filter=!mimetype:warc/.*&collapse=urlkey&from=2026"
    every = rows_of(running, query)
    assert len(every) == 96
    parts: list[list[str]] = []
    key = ""
    for _ in range(4):
        *rows, empty, (key,) = rows_of(running, f"{query}&limit=20&showResumeKey=true&resumeKey={key}")
        assert (len(rows), empty) == (20, [])
        key = quote_plus(key) if encoded else key
        parts += rows
    parts += rows_of(running, f"{query}&limit=20&showResumeKey=true&resumeKey={key}")
    assert parts == every


def test_the_index_answers_as_text_and_explains_what_it_does_not_understand(running: RunningPortal) -> None:
    asked = f"{base(running)}/cdx/search/cdx"
    host = base(running).removeprefix("http://")
    lines = get(f"{asked}?url={host}/*&fl=timestamp,statuscode&limit=2&showResumeKey=true").text.splitlines()
    assert [bool(re.fullmatch(r"\d{14} 200", line)) for line in lines] == [True, True, False, False]
    assert get(f"{asked}?url=anderswo.example/*&output=json").text == "[]"
    for query, message in {
        "": "url is missing",
        "?url=x&fl=foo": "unknown fields",
        "?url=x&filter=digest:(": "filter",
    }.items():
        answer = get(asked + query)
        assert (answer.status, message in answer.text) == (400, True), query


def test_a_page_can_be_asked_for_with_its_exact_address_or_a_prefix_and_without_the_port(
    running: RunningPortal,
) -> None:
    url = gold_of(running, "alpenboerse")[0]["url"]
    asked = f"{base(running)}/cdx/search/cdx?output=json&fl=original"
    exact = json.loads(get(f"{asked}&url={quote_plus(url)}").text)
    assert {row[0] for row in exact[1:]} == {url}
    prefix = json.loads(get(f"{asked}&url=127.0.0.1/nachrichten/aktien/&matchType=prefix").text)
    domain = json.loads(get(f"{asked}&url=127.0.0.1&matchType=domain").text)
    assert len(prefix) == len(domain) > 96


def test_a_throttled_index_answers_after_its_pause(running: RunningPortal) -> None:
    running.fault("retry_after", path="^/cdx/", value={"form": "seconds", "status": 429}, times=1)
    asked = f"{base(running)}/cdx/search/cdx?url=127.0.0.1/*&limit=1"
    first = get(asked)
    assert (first.status, first.headers["Retry-After"]) == (429, "5")
    assert get(asked).status == 200


def test_a_capture_shows_what_the_page_was_and_a_wrong_stamp_leads_to_the_nearest(running: RunningPortal) -> None:
    row, later = rows_of(running, "&fl=timestamp,original&filter=original:.*-1000009")
    url = row[1]
    was, now = (get(f"{base(running)}/web/{stamp}id_/{url}") for stamp in (row[0], later[0]))
    assert was.headers["Memento-Datetime"].startswith("Tue, 03 Mar 2026")
    assert "korrigiert" not in was.text
    assert "korrigiert" in now.text
    assert now.text == get(url).text
    near = get(f"{base(running)}/web/20260304000000id_/{url}")
    assert (near.status, near.location) == (302, f"{base(running)}/web/{row[0]}id_/{url}")
    for wrong in (f"{base(running)}/nix", "http://anderswo.example/a", ""):
        assert get(f"{base(running)}/web/{row[0]}id_/{wrong}").status == 404


def test_a_lost_page_and_a_revisit_are_replayed_as_they_were_captured(running: RunningPortal) -> None:
    (lost, *_), (again, *_) = (rows_of(running, f"&filter=statuscode:{code}") for code in ("404", "-"))
    assert get(f"{base(running)}/web/{lost[1]}id_/{lost[2]}").status == 404
    answer = get(f"{base(running)}/web/{again[1]}id_/{again[2]}")
    assert (answer.status, answer.location.endswith(again[2])) == (302, True)


def test_what_a_feed_lists_was_captured_before_it_changed() -> None:
    with client.start(articles=10) as portal:
        before = next(one for one in portal.gold() if one["id"] == "archetype")
        (row,) = rows_of(portal, "&to=2025&filter=original:.*archetype&fl=timestamp,original,digest")
        captured = get(f"{base(portal)}/web/{row[0]}id_/{row[1]}").text
        assert captured == get(before["url"]).text
        portal.edit("archetype", "correction")
        assert captured != get(before["url"]).text
        assert get(f"{base(portal)}/web/{row[0]}id_/{row[1]}").text == captured
        assert rows_of(portal, "&to=2025&filter=original:.*archetype&fl=timestamp,original,digest") == [row]


def read_warcs(folder: Path) -> tuple[Counter[str], dict[str, bytes]]:
    """Types of the records, and the bodies of responses of alpenboerse and its sister by address (the first)."""
    types: Counter[str] = Counter()
    bodies: dict[str, bytes] = {}
    for path in gzip.decompress((folder / "warc.paths.gz").read_bytes()).decode().split():
        with (folder / path).open("rb") as file:
            for record in ArchiveIterator(file):
                types[record.rec_type] += 1
                if record.rec_type == "response" and record.http_headers.get_statuscode() == "200":
                    bodies.setdefault(record.rec_headers["WARC-Target-URI"], record.content_stream().read())
    return types, bodies


def test_warc_files_hold_every_capture_of_the_archive_in_a_file_per_day(running: RunningPortal, tmp_path: Path) -> None:
    written = running.write_archive(tmp_path)
    types, bodies = read_warcs(Path(written["warc"]).parent)
    assert bodies.keys() == {one["url"] for one in running.archive_gold()}
    for slug in SLUGS:
        row = rows_of(running, "&filter=original:.*1000010/?", slug)[0]
        assert bodies[row[2]] == get(f"{base(running, slug)}/web/{row[1]}id_/{row[2]}").body
    assert types["response"] == written["records"]["response 200"] == types["request"]
    assert types.keys() == {"warcinfo", "request", "response"}
    names = sorted(path.name for path in tmp_path.rglob("*.warc.gz"))
    assert (names[0], len(names)) == ("CC-NEWS-20260227000000-00000.warc.gz", types["warcinfo"])


def test_bad_records_come_on_top_of_the_good_ones(running: RunningPortal, tmp_path: Path) -> None:
    written = running.write_archive(tmp_path, bad=True)
    kinds = {"pdf", "truncated", "foreign", "wrong length", "lie", "revisit", "response 404", "cut"}
    assert kinds <= written["records"].keys()
    last = max(tmp_path.rglob("*.warc.gz"))
    with pytest.raises(EOFError):
        gzip.GzipFile(fileobj=BytesIO(last.read_bytes())).read()
    names = {path.name for path in Path(written["pages"]["alpenboerse"]).iterdir()}
    assert {"leer.html", "bild.html", "fremd.html", "ohne-adresse.htm", "kaputt.html.gz"} <= names


def test_a_folder_of_pages_has_the_first_captures_and_an_index_on_wish(running: RunningPortal, tmp_path: Path) -> None:
    folder = Path(running.write_archive(tmp_path / "a")["pages"]["alpenboerse"])
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["url"] for row in rows} == {one["url"] for one in gold_of(running, "alpenboerse")}
    for row in rows:
        path = folder / row["file"]
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert f'rel="canonical" href="{row["url"]}"'.encode() in body
        assert datetime.fromisoformat(row["captured_at"]).timestamp() == path.stat().st_mtime
    corrected = next(row for row in rows if row["url"].endswith(str(1_000_000 + CORRECTED)))
    assert "korrigiert" not in (folder / corrected["file"]).read_text("utf-8")
    bare = Path(running.write_archive(tmp_path / "b", index=False)["pages"]["cornhill-courier"])
    assert not (bare / "index.csv").exists()


def test_equal_worlds_write_equal_files(tmp_path: Path) -> None:
    def written(folder: Path) -> dict[str, bytes]:
        world = new_world()
        save([world.captures(slug) for slug in SLUGS], folder, has_index=True, has_bad=True)
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert written(tmp_path / "first") == written(tmp_path / "second")
