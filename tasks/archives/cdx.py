"""The index of a web archive (CDX): the questions that are asked of it, what its answers say, where captures are. Pure.

After the README of the Wayback CDX Server, and pywb's CDXJ Server API, which answers with one JSON object a line and
knows no resume key.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from urllib.parse import parse_qsl, quote, urlsplit

from config.errors import Misconfigured
from tasks.outcome import Failure, Reason, Stage
from tasks.past import Days
from tasks.text import decode

INTERNET_ARCHIVE = "https://web.archive.org/cdx/search/cdx"
LIMIT = 5_000
REVISIT = "warc/revisit"
_FIELDS = "urlkey,timestamp,original,mimetype,statuscode,digest"
_WISHES = (
    ("output", "json"), ("fl", _FIELDS), ("filter", "statuscode:200"), ("filter", "mimetype:text/html"),
    ("collapse", "urlkey"), ("limit", str(LIMIT)), ("showResumeKey", "true"),
)  # fmt: skip
_OWN = frozenset({"capture", "url", "matchType"})
# pywb's names of the same.
_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}
_STAMP_FORM = "%Y%m%d%H%M%S"
_STAMP_DIGITS = 14
_CAPTURE = re.compile(r"/([0-9]{14})(?:[a-z]{2}_)?/((?:https?:/*|www\.).+)$", re.IGNORECASE | re.DOTALL)
_BROKEN_SCHEME = re.compile(r"^(https?):/*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Index:
    """Where to ask: the address without its query, what is always asked, and the template of a capture's address.

    `scope` says which addresses are wanted: url and matchType.
    """

    endpoint: str
    scope: tuple[tuple[str, str], ...]
    wishes: tuple[tuple[str, str], ...]
    capture: str


@dataclass(frozen=True, slots=True)
class Capture:
    """One row of an index, as written; "" for what it does not say."""

    timestamp: str
    original: str
    mimetype: str
    status: str
    digest: str


@dataclass(frozen=True, slots=True)
class Captures:
    """The rows of one answer in its order, and the key with which the rest is asked for; None: there is no rest."""

    rows: tuple[Capture, ...]
    resume_key: str | None = None


def index_of(place: str | None, homepage: str) -> Index:
    """The index at `place`, asked for everything on the host of `homepage` and below it; Misconfigured: it is none.

    The place may have a query: `url` (and matchType, else prefix) for one part of a portal, `capture` for the address
    of a capture with {timestamp} and {url} in it, and parameters that the server wants. Without `capture` it is
    /web/{timestamp}id_/{url} at the Internet Archive and its like, and for a path that ends with /cdx (pywb's
    collections) the same without /cdx.
    """
    parts = urlsplit(place or INTERNET_ARCHIVE)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Misconfigured(
            f"The place {place!r} is no address of a web archive's index; nothing was asked. Leave it empty for the "
            f"Internet Archive, or name one such as {INTERNET_ARCHIVE}?url=portal.example/news/"
        )
    query = dict(parse_qsl(parts.query))
    origin = f"{parts.scheme}://{parts.netloc}"
    capture = query.get("capture") or _usual_capture(origin, parts.path)
    if "{timestamp}" not in capture or "{url}" not in capture:
        raise Misconfigured(f"The template {capture!r} needs {{timestamp}} and {{url}}; nothing was asked.")
    wishes = tuple(pair for pair in query.items() if pair[0] not in _OWN)
    return Index(origin + parts.path, _scope(query, homepage), wishes + _WISHES, capture)


def _usual_capture(origin: str, path: str) -> str:
    if path.endswith("/cdx") and not path.endswith("/search/cdx"):
        return f"{origin}{path.removesuffix('/cdx')}/{{timestamp}}id_/{{url}}"
    return f"{origin}/web/{{timestamp}}id_/{{url}}"


def _scope(query: Mapping[str, str], homepage: str) -> tuple[tuple[str, str], ...]:
    """A star at the end and a matchType are two ways to say the same; servers do not agree on what both mean."""
    if wanted := query.get("url"):
        return (("url", wanted.removesuffix("*")), ("matchType", query.get("matchType", "prefix")))
    return (("url", urlsplit(homepage).netloc.lower().removeprefix("www.")), ("matchType", "domain"))


def question(index: Index, days: Days, resume_key: str | None = None) -> str:
    """The address that asks for the captures of some days, from where the last answer ended."""
    window = days.window
    last = window.end - timedelta(seconds=1)
    span = (("from", f"{window.start:{_STAMP_FORM}}"), ("to", f"{last:{_STAMP_FORM}}"))
    query = "&".join(f"{name}={quote(value, safe=':/,')}" for name, value in (*index.scope, *span, *index.wishes))
    return f"{index.endpoint}?{query}{f'&resumeKey={_sent_key(resume_key)}' if resume_key else ''}"


def _sent_key(key: str) -> str:
    """A resume key, fit for a query: the Wayback server writes it as it wants it, other servers plainly."""
    return key if "%" in key and not set(key) & set("&#= ") else quote(key, safe="")


def read_captures(body: bytes) -> Captures | Failure:
    """The rows of an answer: arrays under a header, or an object a line; a Failure for what is neither."""
    text = decode(body, "utf-8").strip()
    try:
        rows = list(_rows(text))
    except (ValueError, RecursionError) as error:
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"no answer of a CDX server: {error}: {text[:100]!r}")
    objects = [row for row in rows if isinstance(row, dict)]
    if objects:
        return _captures_of(objects, None)
    arrays = [row for row in rows if isinstance(row, list)]
    if not arrays:
        return Captures(())
    header = [str(name) for name in arrays[0]]
    # Behind an empty row stands the key; without one every row is a capture.
    end = next((number for number, row in enumerate(arrays) if not row), len(arrays))
    named = [dict(zip(header, row, strict=False)) for row in arrays[1:end]]
    key = next((str(row[0]) for row in arrays[end + 1 :] if row and row[0]), None)
    return _captures_of(named, key)


def _rows(text: str) -> Iterator[object]:
    """What an answer consists of: the elements of one array, or the value of each line."""
    if text.startswith("["):
        yield from json.loads(text)
    else:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())


def _captures_of(rows: Sequence[Mapping[str, object]], key: str | None) -> Captures | Failure:
    captures = tuple(_capture_of(row) for row in rows)
    if captures and not any(one.timestamp and one.original for one in captures):
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"no answer of a CDX server: {str(rows[0])[:200]}")
    return Captures(captures, key)


def _capture_of(row: Mapping[str, object]) -> Capture:
    names = ("timestamp", "original", "mimetype", "statuscode", "digest")
    return Capture(*(str(row.get(name) or row.get(_NAMES.get(name, name)) or "") for name in names))


def capture_address(index: Index, capture: Capture) -> str:
    """Where the bytes of a capture are, as the portal sent them."""
    return index.capture.replace("{timestamp}", capture.timestamp).replace("{url}", capture.original)


def stamp_of(timestamp: str) -> datetime | None:
    """The instant of a 14-digit stamp, UTC; None for what is none."""
    try:
        return (
            datetime.strptime(timestamp, _STAMP_FORM).replace(tzinfo=UTC) if len(timestamp) == _STAMP_DIGITS else None
        )
    except ValueError:
        return None


def captured_at_of(final_url: str) -> datetime | None:
    """When the capture at an archive's address was made, UTC; None: it is no such address.

    An archive leads from the stamp that was asked for to the nearest one that it has: ask with the final address.
    """
    found = _CAPTURE.search(final_url)
    return stamp_of(found[1]) if found else None


def original_of(final_url: str) -> str | None:
    """The portal's address in an archive's address of a capture; None: it is no such address."""
    found = _CAPTURE.search(final_url)
    return _BROKEN_SCHEME.sub(r"\1://", found[2]) if found else None


def spans(days: Days) -> list[Days]:
    """The days in spans that are asked for at once: days in a row within a month."""
    numbered = enumerate(days.days)
    groups = groupby(numbered, key=lambda one: (one[1].year, one[1].month, one[1].toordinal() - one[0]))
    return [Days(tuple(day for _, day in group), days.zone) for _, group in groups]
