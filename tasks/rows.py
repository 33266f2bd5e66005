"""From rows to nouns and back, of what is fetched and loaded (of polls: poll_rows.py). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urljoin

import zstandard

from config.page_rules import rules_of
from tasks.captures import least_delay
from tasks.columns import LONGEST_DETAIL
from tasks.fetch.pages import Answer, Visit, Visited, Wanted
from tasks.fetch.robots import NO_ANSWER, Robots
from tasks.model import Article, Moved, Page, Profile, Response, Unchanged
from tasks.outcome import Failure
from tasks.poll_rows import headers_of

Row = Mapping[str, Any]
ZSTD_LEVEL = 3
NOT_MODIFIED = 304


def answer_event(answer: Answer, run_id: int) -> dict[str, Any]:
    """What an entry was asked, as a row of fetch_events."""
    outcome, status, body = "failed", None, b""
    match answer.outcome:
        case Page():
            outcome, status, body = "fetched", answer.outcome.status, answer.outcome.body
        case Unchanged():
            outcome, status = "not_modified", NOT_MODIFIED
        case Moved():
            outcome, status = "moved", answer.outcome.status
        case Failure():
            status = answer.outcome.status
    failure = answer.outcome if isinstance(answer.outcome, Failure) else None
    event = _event(run_id, "page", answer.wanted.url, answer.at, outcome, failure)
    if isinstance(answer.outcome, Moved):
        event["detail"] = f"moved to {answer.outcome.to}"[:LONGEST_DETAIL]
    return event | {
        "entry_id": answer.wanted.entry_id,
        "requests": answer.requests,
        "status": status,
        "bytes": len(body),
        "duration_ms": answer.duration_ms,
    }


def robots_event(visited: Visited, run_id: int, now: datetime) -> dict[str, Any] | None:
    """The request for a host's robots.txt as a row of fetch_events; None: it was not asked."""
    answer = visited.robots_answer
    if answer is None:
        return None
    url = answer.url if isinstance(answer, Response) else urljoin(visited.visit.wanted[0].url, "/robots.txt")
    failure = answer if isinstance(answer, Failure) else None
    return _event(run_id, "robots", url, now, "fetched", failure) | {
        "requests": answer.requests,
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
    """A host that several sources share is asked at the pace of the most careful one, a web archive at its own."""
    least = least_delay(row["url"] for row in entries)
    known = host["robots_status"] is not None and host["robots_expires_at"] is not None
    return Visit(
        host=host["host"],
        wanted=tuple(Wanted(row["id"], row["url"], _headers(row)) for row in entries),
        delay=max([least or timedelta(0), *(row["delay"] for row in entries)]),
        concurrency=min((row["concurrency"] for row in entries), default=1) if least is None else 1,
        not_before=host["next_request_at"],
        robots=Robots(host["robots_status"], host["robots_body"], host["robots_expires_at"]) if known else None,
    )


def _headers(row: Row) -> dict[str, str]:
    """The headers of a request for an entry; what a source wants to be told is no business of a web archive."""
    is_capture = least_delay([row["url"]]) is not None
    return headers_of(dict(row, headers=None) if is_capture else row) | _validators(row)


def _validators(entry: Row) -> dict[str, str]:
    """What makes the request for an article that we have a conditional one (RFC 9110, 13.1)."""
    if entry["article_id"] is None:
        return {}
    pairs = {"If-None-Match": entry["etag"], "If-Modified-Since": entry["last_modified"]}
    return {name: value for name, value in pairs.items() if value}


def host_row(visited: Visited, now: datetime) -> dict[str, Any]:
    """What a visit leaves behind in ingest.hosts."""
    robots = visited.robots
    return {
        "host": visited.visit.host,
        "next_request_at": visited.next_request_at,
        "robots_status": robots.status if robots else None,
        "robots_body": robots.body if robots else None,
        "robots_expires_at": robots.expires_at if robots else None,
        "robots_failing_since": now if robots and not robots.is_known else None,
    }


def host_row_before(visit: Visit) -> dict[str, Any]:
    """The row of a host about which a visit is to say nothing: as it was."""
    return host_row(Visited(visit, visit.robots, visit.not_before), visit.not_before)


def page_row(entry_id: int, page: Page) -> dict[str, Any]:
    """A page as a row of the archive: the body as received, compressed by us only where nobody had."""
    body, encoding = page.body, page.content_encoding
    if not encoding or encoding.lower() == "identity":
        body, encoding = zstandard.compress(page.body, ZSTD_LEVEL), "zstd"
    return {
        "entry_id": entry_id,
        "fetched_at": page.fetched_at,
        "captured_at": page.captured_at,
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
    plain = (
        "url", "final_url", "status", "headers", "content_encoding", "charset", "body_sha256", "fetched_at",
        "captured_at",
    )  # fmt: skip
    return Page(**{name: row[name] for name in plain}, body=bytes(row["body"]), duration_ms=row["duration_ms"])


def rights_row(stored: Row, robots: str) -> dict[str, Any]:
    """What was said about automated use of an archived page (a row with its id) before it was read."""
    headers = stored["headers"]
    return {
        "page_id": stored["id"],
        "page_fetched_at": stored["fetched_at"],
        "entry_id": stored["entry_id"],
        "robots": robots,
        "x_robots_tag": headers.get("x-robots-tag"),
        "tdm_reservation": headers.get("tdm-reservation"),
        "tdm_policy": headers.get("tdm-policy"),
    }


def stated_rights(page_id: int, page_fetched_at: datetime, article: Article) -> dict[str, Any]:
    """What a page itself says about automated use."""
    return {
        "page_id": page_id,
        "page_fetched_at": page_fetched_at,
        "meta_robots": article.meta_robots,
        "tdm_reservation": article.tdm_reservation,
        "tdm_policy": article.tdm_policy,
        "paywall": article.paywall,
    }


def profile_of(row: Row, boilerplate: frozenset[bytes] = frozenset()) -> Profile:
    """What the source of an entry tells the extractor, and the digests of what is known as its boilerplate."""
    return Profile(
        source=row["slug"],
        name=row["name"],
        language=row["language"],
        time_zone=row["time_zone"],
        homepage=row["homepage"],
        boilerplate=boilerplate,
        pages=rules_of(row["pages"]),
    )


def fetched_counts(got: Sequence[tuple[Row, Page]]) -> list[dict[str, Any]]:
    """Entries with their pages as counters per source; one row a page, the store adds them up."""
    return [{"source_id": entry["source_id"], "fetched": 1, "bytes": len(page.body)} for entry, page in got]


def time_spent(entries: Mapping[int, Row], answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """How long the requests for entries (by id) took, as counters per source; one row a request."""
    return [
        {"source_id": entries[answer.wanted.entry_id]["source_id"], "request_ms": answer.duration_ms}
        for answer in answers
    ]


def requests_made(entries: Mapping[int, Row], visited: Iterable[Visited]) -> list[dict[str, Any]]:
    """Requests as budgets.book takes them; one row a request. That for robots.txt is on account of its first entry."""
    made = []
    for one in visited:
        made += [(answer.wanted.entry_id, answer.requests) for answer in one.answers]
        if one.robots_answer is not None:
            made.append((one.visit.wanted[0].entry_id, one.robots_answer.requests))
    return [
        {
            "source_id": entries[entry_id]["source_id"],
            "is_backfill": entries[entry_id]["priority"] > 0,
            "requests": requests,
        }
        for entry_id, requests in made
    ]


def unasked(entries: Iterable[Row], answers: Iterable[Answer]) -> list[int]:
    """Ids of entries that were claimed, have no page, and whose time to be asked did not come."""
    asked = {answer.wanted.entry_id for answer in answers}
    return [row["id"] for row in entries if row["page_id"] is None and row["id"] not in asked]
