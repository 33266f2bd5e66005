"""Which records of a WARC file are pages of the source of wanted days, and the pages that they hold. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from tasks.archives.address_dates import address_day
from tasks.archives.addresses import is_own, own_hosts, portal_address
from tasks.archives.basket import Left
from tasks.archives.page_facts import NO_FACTS, PageFacts, facts_of
from tasks.archives.stretches import Wanted, wanted_of
from tasks.archives.warc_records import Head, Record
from tasks.dates import parse_date
from tasks.model import Page
from tasks.outcome import Reason
from tasks.past import Candidate, Past

OTHER_DAY = "pages of other days"
OTHER_HOST = "of other hosts"
REVISIT = "revisits (the page is in another file)"
REQUEST = "requests"
OTHER_TYPE = "of another type (warcinfo, metadata, ...)"
SHORTENED = "shortened by their crawler (WARC-Truncated)"
NO_HTTP = "without a readable HTTP answer"
NOT_OK = "with another status than 200"
NO_HTML = "not HTML"
EMPTY = "without a body"
NO_DATE = "without a readable WARC-Date"
NO_ADDRESS = "with an address that can't be an article's"
BAD_BODY = "whose compression is broken or hides too much"
_OK = "200"
_TYPES = {"revisit": REVISIT, "request": REQUEST}
_PARSER = StatusAndHeadersParser(["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/2", "HTTP/3"])


class _Answer(NamedTuple):
    """An HTTP answer as it was stored: its status, headers with names in small letters, body without its chunks."""

    status: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WarcReader:
    """What of a WARC file is wanted: pages on `hosts` that were published on wanted days. `now` is their fetch time."""

    past: Past
    now: datetime
    hosts: tuple[str, ...]
    wanted: Wanted

    def judge(self, head: Head) -> str | None:
        """Why a record is left out by its head alone; None: its block must be read."""
        kind = head.headers.get("warc-type", "").strip().lower()
        if kind != "response":
            return _TYPES.get(kind, OTHER_TYPE)
        if not is_own(_target(head), self.hosts):
            return OTHER_HOST
        return SHORTENED if "warc-truncated" in head.headers else None

    def candidate_of(self, record: Record, file: str) -> Candidate | Left:
        """The page of a record as the file announces it, or why it is none that is wanted."""
        answer = _answer(record.block)
        if answer is None:
            return Left(NO_HTTP, f"at {record.head.offset}")
        if answer.status != _OK or not answer.body:
            return Left(EMPTY if answer.status == _OK else NOT_OK)
        if not _is_html(answer.headers, record.head):
            return Left(NO_HTML)
        said = parse_date(record.head.headers.get("warc-date", ""), zone="UTC", origin="warc.date")
        if said is None:
            return Left(NO_DATE, f"at {record.head.offset}")
        url = portal_address(_target(record.head))
        if url is None:
            return Left(NO_ADDRESS, f"at {record.head.offset}")
        page = _page(url, answer, said.at, self.now)
        # An address that names its day spares the parsing: most pages of a crawl are of other days.
        needs_page = address_day(url) is None
        facts = facts_of(page.body, page.content_encoding, page.charset, self.past) if needs_page else NO_FACTS
        if isinstance(facts, Reason):
            return Left(BAD_BODY, f"at {record.head.offset}")
        return dated_candidate(page, f"{file}@{record.head.offset}", facts, self.wanted)


def reader_of(past: Past, now: datetime) -> WarcReader:
    """What of WARC files is wanted for the past of a source."""
    return WarcReader(past, now, own_hosts(past), wanted_of(past.days))


def dated_candidate(page: Page, place: str, facts: PageFacts, wanted: Wanted) -> Candidate | Left:
    """The candidate that a page is, unless it is of another day.

    The day is that of its address, else the one that the page says, else that on which it was captured.
    """
    at = facts.published.at if facts.published else page.captured_at
    day = address_day(page.url) or (wanted.local(at) if at else None)
    if day not in wanted.days:
        return Left(OTHER_DAY)
    return Candidate(
        url=page.url, place=place, day=day, published=facts.published, captured_at=page.captured_at, page=page
    )


def _target(head: Head) -> str:
    """The address of a record; wget 1.19 wrote it in angle brackets."""
    return head.headers.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">")


def _answer(block: bytes) -> _Answer | None:
    stream = BytesIO(block)
    try:
        head = _PARSER.parse(stream)
    except (StatusAndHeadersParserException, EOFError):
        return None
    if not head.protocol:
        return None
    headers = {name.strip().lower(): _storable(value) for name, value in head.headers}
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _Answer(head.get_statuscode(), headers, ChunkedDataReader(stream).read())
    return _Answer(head.get_statuscode(), headers, stream.read())


def _storable(value: str) -> str:
    """A header's value as Postgres takes it; warcio decodes bytes that are not UTF-8 as latin-1."""
    return value.replace("\0", "")


def _is_html(headers: Mapping[str, str], head: Head) -> bool:
    said = headers.get("content-type") or head.headers.get("warc-identified-payload-type") or ""
    return "html" in said.lower()


def _page(url: str, answer: _Answer, captured_at: datetime, now: datetime) -> Page:
    _, _, charset = answer.headers.get("content-type", "").lower().partition("charset=")
    return Page(
        url=url,
        final_url=url,
        status=int(answer.status),
        headers=answer.headers,
        content_encoding=answer.headers.get("content-encoding"),
        charset=charset.split(";")[0].strip(" \"'") or None,
        body=answer.body,
        body_sha256=hashlib.sha256(answer.body).digest(),
        fetched_at=now,
        duration_ms=0,
        captured_at=min(captured_at, now),
    )
