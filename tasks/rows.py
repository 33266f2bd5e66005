"""From rows to nouns and back: the only place that knows the names of both. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import zstandard

from tasks.columns import LONGEST_DETAIL, published_columns
from tasks.discover.polling import Poll, PollOutcome, next_poll_at
from tasks.fetch.pages import Answer, Visit, Visited, Wanted
from tasks.fetch.robots import NO_ANSWER, Robots
from tasks.model import Feed, Page, Profile, Response, Validators
from tasks.outcome import Failure
from tasks.urls import host_key, url_hash

Row = Mapping[str, Any]
ZSTD_LEVEL = 3
_POLL_COUNTERS = ("feeds_polled", "feeds_unchanged", "feeds_failed", "entries_listed")


def feed_of(row: Row) -> Feed:
    """A leased row of ingest.feeds as the poller needs it."""
    return Feed(
        id=row["id"],
        source_id=row["source_id"],
        source=row["slug"],
        url=row["url"],
        time_zone=row["time_zone"],
        every=row["every"],
        validators=Validators(row["etag"], row["last_modified"]),
        body_sha256=row["body_sha256"],
    )


def headers_of(row: Row) -> dict[str, str]:
    """Extra request headers that a source wants, its own user agent included."""
    own = {"User-Agent": row["user_agent"]} if row["user_agent"] else {}
    return dict(row["headers"]) | own


def listed_rows(poll: Poll) -> list[dict[str, Any]]:
    """The entries of a changed feed as rows of the frontier, in the order of the feed."""
    entries = poll.document.entries if poll.document else ()
    return [
        {
            "feed_id": poll.feed.id,
            "source_id": poll.feed.source_id,
            "url": entry.url,
            "canonical_url": entry.canonical_url,
            "url_hash": url_hash(entry.canonical_url),
            "listed_hash": url_hash(entry.url),
            "host": host_key(entry.url),
            "guid": entry.guid,
            "title": entry.title,
            "summary": entry.summary,
            "position": position,
            **published_columns(entry.published),
        }
        for position, entry in enumerate(entries)
    ]


def feed_row(poll: Poll, failures: int) -> dict[str, Any]:
    """What a poll leaves behind in ingest.feeds; `failures` is the number of failed polls in a row before it."""
    failed = poll.outcome is PollOutcome.FAILED
    in_a_row = failures + 1 if failed else 0
    return {
        "id": poll.feed.id,
        "etag": poll.validators.etag,
        "last_modified": poll.validators.last_modified,
        "body_sha256": poll.body_sha256,
        "next_poll_at": next_poll_at(poll.at, poll.feed.every, poll.feed.url, in_a_row),
        "polled_at": poll.at,
        "changed": poll.outcome is PollOutcome.CHANGED,
        "outcome": poll.failure.reason.value if poll.failure else poll.outcome.value,
        "detail": poll.failure.detail[:LONGEST_DETAIL] if poll.failure else None,
        "failed": failed,
    }


def poll_event(poll: Poll, run_id: int) -> dict[str, Any]:
    """The request of a poll as a row of fetch_events."""
    return _event(run_id, "feed", poll.feed.url, poll.at, poll.outcome.value, poll.failure) | {
        "feed_id": poll.feed.id,
        "status": poll.status,
        "bytes": poll.received_bytes,
        "duration_ms": poll.duration_ms,
    }


def answer_event(answer: Answer, run_id: int) -> dict[str, Any]:
    """The request of an entry as a row of fetch_events."""
    page = answer.outcome if isinstance(answer.outcome, Page) else None
    failure = answer.outcome if isinstance(answer.outcome, Failure) else None
    return _event(run_id, "page", answer.wanted.url, answer.at, "fetched", failure) | {
        "entry_id": answer.wanted.entry_id,
        "status": page.status if page else failure and failure.status,
        "bytes": len(page.body) if page else 0,
        "duration_ms": answer.duration_ms,
    }


def robots_event(visited: Visited, run_id: int, now: datetime) -> dict[str, Any] | None:
    """The request for a host's robots.txt as a row of fetch_events; None: it was not asked."""
    answer = visited.robots_answer
    if answer is None:
        return None
    url = answer.url if isinstance(answer, Response) else f"{visited.visit.host}/robots.txt"
    failure = answer if isinstance(answer, Failure) else None
    return _event(run_id, "robots", url, now, "fetched", failure) | {
        "status": visited.robots.status if visited.robots and visited.robots.status != NO_ANSWER else None,
        "bytes": len(answer.body) if isinstance(answer, Response) else 0,
        "duration_ms": answer.duration_ms if isinstance(answer, Response) else 0,
    }


def _event(run_id: int, what: str, url: str, at: datetime, outcome: str, failure: Failure | None) -> dict[str, Any]:
    return {
        "at": at,
        "run_id": run_id,
        "feed_id": None,
        "entry_id": None,
        "what": what,
        "url": url,
        "outcome": "failed" if failure else outcome,
        "reason": failure.reason.value if failure else None,
        "detail": failure.detail[:LONGEST_DETAIL] if failure else None,
    }


def visits_of(hosts: Iterable[Row], entries: Iterable[Row]) -> list[Visit]:
    """What each leased host is asked for: its entries that have no page yet, in order."""
    by_host = {
        host: list(rows) for host, rows in groupby(sorted(entries, key=lambda r: r["host"]), lambda r: r["host"])
    }
    return [_visit(host, [row for row in by_host.get(host["host"], []) if row["page_id"] is None]) for host in hosts]


def _visit(host: Row, entries: list[Row]) -> Visit:
    """A host that several sources share is asked at the pace of the most careful one."""
    known = host["robots_status"] is not None and host["robots_expires_at"] is not None
    return Visit(
        host=host["host"],
        wanted=tuple(Wanted(row["id"], row["url"], headers_of(row)) for row in entries),
        delay=max((row["delay"] for row in entries), default=timedelta(0)),
        concurrency=min((row["concurrency"] for row in entries), default=1),
        not_before=host["next_request_at"],
        robots=Robots(host["robots_status"], host["robots_body"], host["robots_expires_at"]) if known else None,
    )


def host_row(visited: Visited) -> dict[str, Any]:
    """What a visit leaves behind in ingest.hosts."""
    robots = visited.robots
    return {
        "host": visited.visit.host,
        "next_request_at": visited.next_request_at,
        "robots_status": robots.status if robots else None,
        "robots_body": robots.body if robots else None,
        "robots_expires_at": robots.expires_at if robots else None,
    }


def page_row(entry_id: int, page: Page) -> dict[str, Any]:
    """A page as a row of the archive: the body as received, compressed by us only where nobody had."""
    body, encoding = page.body, page.content_encoding
    if not encoding or encoding.lower() == "identity":
        body, encoding = zstandard.compress(page.body, ZSTD_LEVEL), "zstd"
    return {
        "entry_id": entry_id,
        "fetched_at": page.fetched_at,
        "url": page.url,
        "final_url": page.final_url,
        "status": page.status,
        "headers": dict(page.headers),
        "content_encoding": encoding,
        "charset": page.charset,
        "body": body,
        "body_sha256": page.body_sha256,
        "body_bytes": len(page.body),
        "duration_ms": page.duration_ms,
    }


def page_of(row: Row) -> Page:
    """A row of the archive as a page; inflating goes by magic bytes, so our own zstd needs no special case."""
    names = ("url", "final_url", "status", "headers", "content_encoding", "charset", "body_sha256", "fetched_at")
    return Page(**{name: row[name] for name in names}, body=bytes(row["body"]), duration_ms=row["duration_ms"])


def profile_of(row: Row) -> Profile:
    """What the source of an entry tells the extractor."""
    return Profile(source=row["slug"], name=row["name"], language=row["language"], time_zone=row["time_zone"])


def poll_counts(polls: Iterable[Poll], new: Mapping[int, int]) -> list[dict[str, Any]]:
    """Polls as counters per source; `new` = new entries by source id. The first failure of a source is its message."""
    by_source: dict[int, dict[str, Any]] = {}
    for poll in polls:
        row = by_source.setdefault(
            poll.feed.source_id, {"source_id": poll.feed.source_id, "message": None} | dict.fromkeys(_POLL_COUNTERS, 0)
        )
        row["feeds_polled"] += 1
        row["feeds_failed"] += poll.outcome is PollOutcome.FAILED
        row["feeds_unchanged"] += poll.outcome in (PollOutcome.NOT_MODIFIED, PollOutcome.SAME_BODY)
        row["entries_listed"] += len(poll.document.entries) if poll.document else 0
        if poll.failure and row["message"] is None:
            row["message"] = f"{poll.feed.url}: {poll.failure.reason}: {poll.failure.detail}"[:LONGEST_DETAIL]
    return [row | {"entries_new": new.get(source_id, 0)} for source_id, row in by_source.items()]


def fetched_counts(entries: Mapping[int, Row], got: Sequence[tuple[int, Page]]) -> list[dict[str, Any]]:
    """Fetched pages as counters per source; one row a page, the store adds them up."""
    return [{"source_id": entries[key]["source_id"], "fetched": 1, "bytes": len(page.body)} for key, page in got]


def unasked(entries: Iterable[Row], answers: Iterable[Answer]) -> list[int]:
    """Ids of entries that were claimed, have no page, and whose time to be asked did not come."""
    asked = {answer.wanted.entry_id for answer in answers}
    return [row["id"] for row in entries if row["page_id"] is None and row["id"] not in asked]
