"""Columns that several stages write: how an entry is settled, and a publication time. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tasks.model import Precision, Timestamp
from tasks.outcome import Failure
from tasks.retry import after

Row = Mapping[str, Any]
LONGEST_DETAIL = 4000


def failed_row(entry: Row, failure: Failure, attempts: int, max_attempts: int, now: datetime) -> dict[str, Any]:
    """The settled row of an entry that failed as request number `attempts`."""
    step = after(failure, attempts, max_attempts, now, entry["canonical_url"])
    return settled_row(entry, step.state, attempts, failure=failure, due_at=step.due_at)


def settled_row(
    entry: Row,
    state: str,
    attempts: int,
    *,
    article_id: int | None = None,
    failure: Failure | None = None,
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """The row that frontier.settle takes."""
    return {
        "id": entry["id"],
        "source_id": entry["source_id"],
        "state": state,
        "reason": failure.reason.value if failure else None,
        "detail": failure.detail[:LONGEST_DETAIL] if failure else None,
        "due_at": due_at,
        "attempts": attempts,
        "article_id": article_id,
    }


def published_columns(published: Timestamp | None) -> dict[str, Any]:
    """The five columns of a publication time."""
    return {
        "published_at": published.at if published else None,
        "published_raw": published.raw if published else None,
        "published_origin": published.origin if published else None,
        "published_precision": published.precision.value if published else None,
        "published_zone": published.zone if published else None,
    }


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
