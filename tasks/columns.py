"""Columns that several stages write: what becomes of an entry, and a publication time. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tasks.model import Article, Moved, Precision, Timestamp, Unchanged
from tasks.outcome import Failure, Reason
from tasks.retry import after
from tasks.urls import host_key

Row = Mapping[str, Any]
LONGEST_DETAIL = 4000
_SAID = (
    "title", "kicker", "subtitle", "lead", "text", "language", "agency", "section", "image_url", "image_credit",
    "paywall", "kind", "word_count",
)  # fmt: skip
_LISTED = ("summary", "headings", "authors", "organisations", "tags", "flags")
_TIME = ("at", "raw", "origin", "precision", "zone")


def failed_row(entry: Row, failure: Failure, attempts: int, max_attempts: int, now: datetime) -> dict[str, Any]:
    """The settled row of an entry that failed as request number `attempts`.

    An entry that has its article already goes back to `loaded` where another would be given up: the article stays.
    """
    step = after(failure, attempts, max_attempts, now, entry["canonical_url"])
    row = settled_row(entry, step.state, attempts, failure=failure, due_at=step.due_at)
    # That an article was taken down is the portal's word to give (404, 410), not for us to read from a page.
    ours = step.state in {"skipped", "dead"} or (step.state == "gone" and failure.reason is Reason.SOFT_404)
    if entry["article_id"] is not None and ours:
        row["state"] = "loaded"
    return row


def settled_row(
    entry: Row,
    state: str,
    attempts: int,
    *,
    article_id: int | None = None,
    failure: Failure | None = None,
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """The row that frontier.settle takes; `counted` is what it counts as, here the state."""
    return {
        "id": entry["id"],
        "source_id": entry["source_id"],
        "state": state,
        "counted": state,
        "reason": failure.reason.value if failure else None,
        "detail": failure.detail[:LONGEST_DETAIL] if failure else None,
        "due_at": due_at,
        "attempts": attempts,
        "article_id": entry["article_id"] if article_id is None else article_id,
        "recheck_at": None,
        "etag": entry["etag"],
        "last_modified": entry["last_modified"],
    }


def unchanged_row(entry: Row, answer: Unchanged) -> dict[str, Any]:
    """The settled row of an entry whose article says what it said; a 304 may renew validators (RFC 9111, 4.3.4)."""
    return settled_row(entry, "loaded", entry["attempts"] + 1) | {
        "counted": "rechecked",
        "etag": answer.headers.get("etag", entry["etag"]),
        "last_modified": answer.headers.get("last-modified", entry["last_modified"]),
    }


def moved_row(entry: Row, move: Moved) -> dict[str, Any]:
    """The row that frontier.move takes."""
    return {"id": entry["id"], "url": move.to, "host": host_key(move.to)}


def extracted_columns(article: Article) -> dict[str, Any]:
    """The columns of a revision that extraction fills; the digests of what it says are not among them."""
    said = {name: getattr(article, name) for name in _SAID}
    listed = {name: list(getattr(article, name)) for name in _LISTED}
    return said | listed | _time_columns("modified", article.modified) | {"provenance": dict(article.provenance)}


def published_columns(published: Timestamp | None) -> dict[str, Any]:
    """The five columns of a publication time."""
    return _time_columns("published", published)


def published_of(row: Row) -> Timestamp | None:
    """The publication time that a feed gave an entry."""
    if row["published_at"] is None:
        return None
    return Timestamp(
        at=row["published_at"],
        precision=Precision(row["published_precision"]),
        raw=row["published_raw"],
        origin=row["published_origin"],
        zone=row["published_zone"],
    )


def _time_columns(what: str, stamp: Timestamp | None) -> dict[str, Any]:
    """The five columns of an instant that somebody stated."""
    if stamp is None:
        return {f"{what}_{name}": None for name in _TIME}
    return {f"{what}_{name}": getattr(stamp, name) for name in _TIME} | {f"{what}_precision": stamp.precision.value}
