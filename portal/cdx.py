"""The index of the captures, asked as the Wayback Machine's CDX server is: a row per capture, by address and time.

Known are url, matchType, from, to, filter, collapse, fl, limit, showResumeKey, resumeKey and output; pages are not.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import parse_qsl, quote_plus, unquote_plus, urlsplit

from portal.captures import Capture, Captures
from portal.documents import Document, packed
from portal.warc import digest

CDX_PATH = "/cdx/search/cdx"
FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")

_OF_THE_PAGE = {"digest", "length"}  # dear: the page is made for them
_MOST_ROWS = 150_000


@dataclass(frozen=True, slots=True)
class Row:
    """A capture and its cells by field."""

    capture: Capture
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for. `collapse` is a field ("": none) and how many of its characters count (None: all)."""

    wanted: Callable[[str, str], bool]
    first: str
    last: str
    filters: tuple[tuple[str, re.Pattern[str], bool], ...]
    collapse: tuple[str, int | None]
    fields: tuple[str, ...]
    limit: int
    resume: tuple[str, str]
    shows_key: bool
    is_json: bool


def index(captures: Captures, path: str) -> Document | None:
    """The answer at `path`; None where that is not the index."""
    parts = urlsplit(path)
    if parts.path != CDX_PATH:
        return None
    try:
        query = _query(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError as error:
        return Document(packed(f"{error}\n".encode()), "text/plain; charset=utf-8", status=400)
    rows, has_more = _rows(captures, query)
    return _answer(query, rows, rows[-1] if has_more and rows else None)


def _query(pairs: Sequence[tuple[str, str]]) -> Query:
    """The query; ValueError says what is wrong with it."""
    asked = dict(pairs)
    if not asked.get("url"):
        raise ValueError("url is missing")
    collapse, _, length = asked.get("collapse", "").partition(":")
    fields = tuple(filter(None, asked.get("fl", "").split(","))) or FIELDS
    filters = tuple(_filter(value) for name, value in pairs if name == "filter")
    if unknown := {*fields, *(name for name, _, _ in filters), *filter(None, [collapse])} - {*FIELDS}:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    key, _, stamp = unquote_plus(asked.get("resumeKey", "")).rpartition(" ")
    return Query(
        wanted=_matcher(asked["url"], asked.get("matchType")),
        first=asked.get("from", ""),
        last=asked.get("to", ""),
        filters=filters,
        collapse=(collapse, int(length) if length else None),
        fields=fields,
        limit=int(asked.get("limit") or _MOST_ROWS),
        resume=(key, stamp),
        shows_key=asked.get("showResumeKey", "false") == "true",
        is_json=asked.get("output") == "json",
    )


def _filter(value: str) -> tuple[str, re.Pattern[str], bool]:
    """Field, pattern, and whether a row must match it; a `!` before the field negates."""
    name, _, pattern = value.removeprefix("!").partition(":")
    try:
        return name, re.compile(pattern), not value.startswith("!")
    except re.error as error:
        raise ValueError(f"filter {value!r} is not a regular expression: {error}") from error


def _matcher(url: str, match_type: str | None) -> Callable[[str, str], bool]:
    """Whether an address (host with port, path with query) is asked for; the port may be left out."""
    kind = match_type or ("domain" if url.startswith("*.") else "prefix" if url.endswith("*") else "exact")
    host, _, rest = re.sub(r"^(https?://|\*\.)", "", url.removesuffix("*").lower()).partition("/")

    def matches(netloc: str, path: str) -> bool:
        same = host in (netloc, netloc.rpartition(":")[0])
        if kind == "exact":
            return same and path == f"/{rest}"
        if kind == "prefix":
            return same and path.startswith(f"/{rest}")
        return same or (kind == "domain" and netloc.endswith(f".{host}"))

    return matches


def _rows(captures: Captures, query: Query) -> tuple[list[Row], bool]:
    """The rows asked for, and whether there are more."""
    netloc = urlsplit(captures.past.portal.base).netloc
    asked = (one for one in captures.all() if _is_asked(query, netloc, one))
    found = sorted((_row(netloc, one) for one in asked), key=_place)
    if _OF_THE_PAGE & {name for name, _, _ in query.filters} | _OF_THE_PAGE & {query.collapse[0]}:
        found = [_completed(captures, row) for row in found]
    kept = [row for row in _collapsed(query, _filtered(query, found)) if query.resume < _place(row)]
    shown = kept[: query.limit]
    if _OF_THE_PAGE & {*query.fields}:
        shown = [_completed(captures, row) for row in shown]
    return shown, len(kept) > len(shown)


def _is_asked(query: Query, netloc: str, capture: Capture) -> bool:
    stamp = capture.stamp
    is_in_time = query.first <= stamp[: len(query.first)] and stamp[: len(query.last)] <= query.last
    return is_in_time and query.wanted(netloc, capture.path.lower())


def _row(netloc: str, capture: Capture) -> Row:
    """The cells that cost nothing."""
    told = ("warc/revisit", "-") if capture.is_revisit else ("text/html", str(capture.status))
    original = f"http://{netloc}{capture.path}"
    cells = (f"{netloc}){capture.path}".lower(), capture.stamp, original, *told)
    return Row(capture, dict(zip(FIELDS, cells, strict=False)))


def _completed(captures: Captures, row: Row) -> Row:
    """The row with the cells for which its page must be made."""
    if row.cells.keys() >= _OF_THE_PAGE:
        return row
    document = captures.document(row.capture)
    named = digest(document.plain).removeprefix("sha1:")
    return Row(row.capture, row.cells | {"digest": named, "length": str(len(document.body))})


def _place(row: Row) -> tuple[str, str]:
    return row.cells["urlkey"], row.cells["timestamp"]


def _filtered(query: Query, rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        if all((pattern.fullmatch(row.cells[name]) is not None) == must for name, pattern, must in query.filters):
            yield row


def _collapsed(query: Query, rows: Iterable[Row]) -> Iterator[Row]:
    """The first of neighbouring rows that are equal in the field, or in so many of its first characters."""
    name, length = query.collapse
    if not name:
        yield from rows
        return
    for _, same in groupby(rows, key=lambda row: row.cells[name][:length]):
        yield next(same)


def _answer(query: Query, rows: Sequence[Row], last: Row | None) -> Document:
    """The rows as JSON or text, and behind an empty one the key that goes on after the last."""
    table = [[row.cells[name] for name in query.fields] for row in rows]
    key = [[], [quote_plus(" ".join(_place(last)))]] if last and query.shows_key else []
    if query.is_json:
        lines = [list(query.fields), *table, *key] if table else []
        return Document(packed(json.dumps(lines).encode()), "application/json")
    text = "".join(" ".join(line) + "\n" for line in [*table, *key])
    return Document(packed(text.encode()), "text/plain; charset=utf-8")
