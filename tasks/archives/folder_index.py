"""The index of a folder of pages: which address each file was saved from, and when. Pure but for reading the file.

index.csv with the columns file, url and perhaps captured_at, or index.jsonl with an object of these names a line.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from tasks.archives.addresses import portal_address
from tasks.archives.basket import Left
from tasks.dates import parse_date
from tasks.text import decode

NAMES = ("index.csv", "index.jsonl")
# A line of 200 bytes: a quarter of a million pages.
MAX_INDEX_BYTES = 50 * 1024 * 1024
BAD_LINE = "lines of the index that name no file and address"
BAD_INDEX = "indexes that can't be read"


@dataclass(frozen=True, slots=True)
class Saved:
    """What the index says of a file: its address, and when it was saved, UTC (None: it does not say)."""

    url: str
    captured_at: datetime | None = None


def read_index(folder: Path, zone: str) -> tuple[dict[str, Saved], list[Left]]:
    """What the index of a folder says, by the file's path below it; what in it can't be read. No index: nothing.

    Times without a zone are read in `zone`. OSError where the index is there and can't be opened.
    """
    saved: dict[str, Saved] = {}
    left: list[Left] = []
    for path in (folder / name for name in NAMES):
        if not path.is_file():
            continue
        if path.stat().st_size > MAX_INDEX_BYTES:
            left.append(Left(BAD_INDEX, f"{path.name}: larger than {MAX_INDEX_BYTES // 2**20} MiB"))
            continue
        text = decode(path.read_bytes(), None)
        rows = _csv_rows(text) if path.suffix == ".csv" else _json_rows(text)
        for number, row in rows:
            found = _saved(row, zone)
            if isinstance(found, Saved):
                saved.setdefault(_below(str(row["file"])), found)
            else:
                left.append(Left(BAD_LINE, f"{path.name}:{number}"))
    return saved, left


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    reader = csv.DictReader(text.replace("\0", "").splitlines())
    try:
        for row in reader:
            yield reader.line_num, {(name or "").strip().lower(): value for name, value in row.items()}
    except csv.Error:
        yield reader.line_num, {}


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield number, row if isinstance(row, dict) else {}


def _saved(row: Mapping[str, object], zone: str) -> Saved | None:
    """What a line says; None where it names no file, no address, or a time that is none."""
    file, written, printed = (str(row.get(name) or "").strip() for name in ("file", "url", "captured_at"))
    url = portal_address(written) if file and written else None
    at = parse_date(printed, zone=zone, origin="index.captured_at") if printed else None
    return Saved(url, at.at if at else None) if url and (at or not printed) else None


def _below(written: str) -> str:
    """The path of a file below its folder, as we write it: no leading "./", slashes."""
    return str(PurePosixPath(written.strip().replace("\\", "/")))
