"""The captures as files, for those who look into the past without a network: WARC files and folders of pages.

    FOLDER/warc/warc.paths.gz                                       one path per line, below its own folder
    FOLDER/warc/crawl-data/CC-NEWS/2026/03/CC-NEWS-...warc.gz       a file per day (UTC) of the captures of all portals
    FOLDER/pages/SLUG/2026-03/1000017.html                          first captures; every tenth as .html.gz
    FOLDER/pages/SLUG/index.csv                                     file, url, captured_at

Page by page, whatever the number; equal worlds give equal files. Bad records and files come on top: without them the
good ones are the same.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from portal import warc
from portal.captures import STAMP, Capture, Captures, captures_of
from portal.documents import Document, html_document, packed

PACKED_EACH = 10  # of the pages in a folder
CODED_EACH = 5  # of the records
FOREIGN = "https://anderswo.example/wirtschaft/1000001"

_DAY = timedelta(days=1)
_OK = 200


def save(captures: Sequence[Captures], folder: Path, *, has_index: bool, has_bad: bool) -> dict[str, Any]:
    """Writes everything into `folder`; where it is, and how many records of which kind there are."""
    count = _save_warc(captures, folder / "warc", has_bad=has_bad)
    pages = {each.past.portal.slug: folder / "pages" / each.past.portal.slug for each in captures}
    for each in captures:
        _save_pages(each, pages[each.past.portal.slug], has_index=has_index, has_bad=has_bad)
    return {
        "warc": str(folder / "warc" / "warc.paths.gz"),
        "records": dict(count),
        "pages": {slug: str(path) for slug, path in pages.items()},
    }


def _save_warc(captures: Sequence[Captures], folder: Path, *, has_bad: bool) -> Counter[str]:
    """A file for each day from the first capture to the last, and the list of them; the records by kind."""
    days: dict[date, list[tuple[Captures, Capture]]] = {}
    for each in captures:
        for number in range(len(each.past)):
            for capture in captures_of(each.past, number):
                days.setdefault(capture.at.date(), []).append((each, capture))
    first, last = min(days), max(days)
    span = [first + _DAY * k for k in range((last - first).days + 1)]
    count: Counter[str] = Counter()
    paths = []
    for day in span:
        start = datetime.combine(day, time.min, UTC)
        path = f"crawl-data/CC-NEWS/{day:%Y/%m}/CC-NEWS-{start:{STAMP}}-00000.warc.gz"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("wb") as file:
            file.write(warc.info(start, Path(path).name))
            for kind, written in _records(days.get(day, []), has_bad=has_bad):
                count[kind] += 1
                file.write(written)
            if has_bad:
                count["cut"] += 1
                file.write(_cut(start))
        paths.append(path)
    (folder / "warc.paths.gz").write_bytes(packed("".join(f"{path}\n" for path in paths).encode()))
    return count


def _records(found: Sequence[tuple[Captures, Capture]], *, has_bad: bool) -> Iterator[tuple[str, bytes]]:
    """The records of a day by time, with their kind."""
    for place, (captures, capture) in enumerate(sorted(found, key=lambda each: (each[1].at, each[1].path))):
        url = captures.past.portal.base + capture.path
        is_good = capture.status == _OK and not capture.is_revisit
        if not is_good and not has_bad:
            continue
        document = captures.document(capture)
        yield "request", warc.request(url, capture.at)
        if capture.is_revisit:
            yield "revisit", warc.revisit(url, capture.at, document)
        else:
            http = {} if place % CODED_EACH else {"Content-Encoding": "gzip"}
            yield f"response {capture.status}", warc.response(url, capture.at, document, http)
        if has_bad:
            yield from _bad(place, url, capture.at, document)


def _bad(place: int, url: str, at: datetime, document: Document) -> Iterator[tuple[str, bytes]]:
    """One record that is no article of the portal, or one whose header lies; the kind changes from place to place."""
    beside = f"{url}?anhang={place}"
    match place % 5:
        case 0:
            yield "pdf", warc.response(beside, at, Document(packed(b"%PDF-1.4 leer"), "application/pdf"))
        case 1:
            half = replace(document, body=packed(document.plain[: len(document.plain) // 2]))
            yield "truncated", warc.response(beside, at, half, warc={"WARC-Truncated": "length"})
        case 2:
            yield "foreign", warc.response(FOREIGN, at, document)
        case 3:
            yield "wrong length", warc.response(beside, at, document, warc={"Content-Length": "1000000"})
        case _:
            yield "lie", warc.response(url, at + timedelta(seconds=1), document, {"Content-Encoding": "identity"})


def _cut(at: datetime) -> bytes:
    """Half of a record, as where a crawler was killed."""
    page = html_document("<html><body><p>Nie fertig geschrieben.</p></body></html>", "utf-8", "text/html")
    whole = warc.response(FOREIGN, at, page)
    return whole[: len(whole) // 2]


def _save_pages(captures: Captures, folder: Path, *, has_index: bool, has_bad: bool) -> None:
    """The first capture of every article of the past, in a folder per month."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_save_page(captures, number, folder) for number in range(len(captures.past))]
    if has_bad:
        _save_bad(captures, folder)
        rows.append(("fehlt.html", f"{captures.past.portal.base}/fehlt", ""))
    if has_index:
        with (folder / "index.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("file", "url", "captured_at"), *rows])


def _save_page(captures: Captures, number: int, folder: Path) -> tuple[str, str, str]:
    """Saves the page with its capture as the file's time; its row of the index."""
    capture = next(captures_of(captures.past, number))
    document = captures.document(capture)
    is_packed = number % PACKED_EACH == 0
    name = f"{captures.past.day(number):%Y-%m}/{1_000_000 + number}.html{'.gz' if is_packed else ''}"
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(document.body if is_packed else document.plain)
    os.utime(path, (capture.at.timestamp(), capture.at.timestamp()))
    return name, captures.past.portal.base + capture.path, capture.at.astimezone(UTC).isoformat()


def _save_bad(captures: Captures, folder: Path) -> None:
    """Files that hold no article of the portal."""
    page = (
        f'<html><head><link rel="canonical" href="{FOREIGN}"></head><body><p>Aus einem anderen Haus.</p></body></html>'
    )
    for name, content in {
        "leer.html": b"",
        "bild.html": b"\x89PNG\r\n\x1a\n" + bytes(64),
        "fremd.html": page.encode(),
        "ohne-adresse.htm": b"<html><body><p>Niemand weiss, woher.</p></body></html>",
        "kaputt.html.gz": captures.document(next(captures_of(captures.past, 0))).body[:100],
    }.items():
        (folder / name).write_bytes(content)
