"""From wishes to what an archive is asked for, and from what it announces to rows. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tasks.columns import LONGEST_DETAIL, published_columns
from tasks.listed import portal_id
from tasks.past import ArchiveRequest, Candidate, Days, Past
from tasks.poll_rows import headers_of
from tasks.urls import canonical_url, host_key, url_hash

Row = Mapping[str, Any]


def past_of(wish: Row) -> Past:
    """What an archive is asked for: the days of a wish (a row of backfills.open_ones) that are still to be listed."""
    return Past(
        source=wish["slug"],
        homepage=wish["homepage"],
        days=Days(tuple(wish["open_days"]), wish["time_zone"]),
        place=wish["place"],
        headers=headers_of(wish),
        delay=wish["delay"] or timedelta(0),
        partners=tuple(wish["partners"]),
        selectors=wish["selectors"],
    )


def candidate_rows(wish: Row, candidates: Sequence[Candidate]) -> list[tuple[Candidate, dict[str, Any]]]:
    """Candidates with their rows as backfills.announce takes them; what is no web address is left out."""
    pattern = re.compile(wish["article_id"]) if wish["article_id"] else None
    found = []
    for one in candidates:
        canonical = canonical_url(one.url)
        if canonical is not None:
            found.append((one, _row(wish["source_id"], one, canonical, portal_id(pattern, canonical, one.url))))
    return found


def _row(source_id: int, one: Candidate, canonical: str, own_id: str | None) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "url": one.url,
        "asked_url": one.asked_url,
        "canonical_url": canonical,
        "url_hash": url_hash(canonical),
        "listed_hash": url_hash(one.url),
        "host": host_key(one.asked_url or one.url),
        "portal_id": own_id,
        "title": one.title,
        "summary": None,
        "day": one.day,
        "captured_at": one.captured_at,
        "place": one.place,
        **published_columns(one.published),
    }


def hosts_asked(wish: Row, requests: Sequence[ArchiveRequest]) -> list[dict[str, Any]]:
    """Requests as hosts.asked takes them: they keep their distance from those for pages of the same host."""
    return [{"host": host_key(one.url), "source_id": wish["source_id"], "at": one.at} for one in requests]


def request_event(request: ArchiveRequest, run_id: int) -> dict[str, Any]:
    """A request for a document that announces the past, as a row of fetch_events."""
    failure = request.failure
    return {
        "at": request.at,
        "run_id": run_id,
        "feed_id": None,
        "entry_id": None,
        "what": "archive",
        "url": request.url,
        "outcome": "failed" if failure else "fetched",
        "requests": request.requests,
        "reason": failure.reason.value if failure else None,
        "detail": failure.detail[:LONGEST_DETAIL] if failure else None,
        "status": request.status,
        "bytes": request.received_bytes,
        "duration_ms": request.duration_ms,
    }
