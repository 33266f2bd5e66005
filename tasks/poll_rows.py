"""From rows to feeds and from polls to rows: the only place that knows the names of both. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from tasks.columns import LONGEST_DETAIL
from tasks.discover.moves import Course
from tasks.discover.pace import NextPoll
from tasks.discover.polling import Due, Poll, PollOutcome, host_of
from tasks.feed_history import FeedHistory
from tasks.listed import listed_rows
from tasks.model import Feed, FeedKind, Response, Validators
from tasks.outcome import Failure

Row = Mapping[str, Any]
# Entries of one document that are new to its feed and taken at a time; the others come with the next polls.
MAX_NEW_ENTRIES = 5_000
_COUNTERS = ("feeds_polled", "feeds_unchanged", "feeds_failed", "entries_listed", "request_ms")
_UNCHANGED = (PollOutcome.NOT_MODIFIED, PollOutcome.SAME_BODY)


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
        kind=FeedKind(row["kind"]),
        slowest=row["slowest"],
        selectors=row["selectors"],
        look_back=row["look_back"],
        ignore_zone=row["ignore_zone"],
        partners=tuple(row["partners"]),
        origin=row["origin"],
        homepage=row["homepage"],
        article_id=row["article_id"],
        history=_history_of(row),
    )


def _history_of(row: Row) -> FeedHistory:
    return FeedHistory(
        pace=row["pace"],
        news_per_hour=row["news_per_hour"],
        asked_pace=row["asked_pace"],
        quiet_hours=tuple(row["quiet_hours"]),
        last_full_at=row["last_full_at"],
        last_polled_at=row["last_polled_at"],
        last_gap_at=row["last_gap_at"],
        failures=row["failures"],
        failure_weight=row["failure_weight"],
        redirect_to=row["redirect_to"],
        redirects=row["redirects"],
        redirected_since=row["redirected_since"],
        moved_to=row["moved_to"],
    )


def due_of(row: Row, now: datetime, full_poll: timedelta, *, is_called: bool = False) -> Due:
    """A leased row of ingest.feeds as a poll to make.

    It is made without validators where it is called to fill a gap, and where the last such poll is `full_poll` ago.
    """
    full_at = row["last_full_at"]
    is_full = is_called or full_at is None or now - full_at >= full_poll
    return Due(feed_of(row), headers_of(row), row["delay"], is_full)


def headers_of(row: Row) -> dict[str, str]:
    """Extra request headers that a source wants, its own user agent included."""
    own = {"User-Agent": row["user_agent"]} if row["user_agent"] else {}
    return dict(row["headers"] or {}) | own


def entry_rows(poll: Poll) -> list[dict[str, Any]]:
    """The entries of a document as rows of the frontier, in its order; none of any other poll."""
    if poll.document is None or not poll.document.entries:
        return []
    return listed_rows(poll.feed.id, poll.feed.source_id, poll.document.entries, _pattern(poll.feed.article_id))


@lru_cache(maxsize=1024)
def _pattern(article_id: str | None) -> re.Pattern[str] | None:
    return re.compile(article_id) if article_id else None


def feed_row(
    poll: Poll, due: NextPoll, course: Course, *, is_cut: bool = False, is_gap: bool = False
) -> dict[str, Any]:
    """What a poll leaves behind in ingest.feeds.

    Of a document that was cut, nothing is remembered to compare the next one with: it must be read again.
    """
    return quiet_row(poll, due) | {
        "etag": None if is_cut else poll.validators.etag,
        "last_modified": None if is_cut else poll.validators.last_modified,
        "body_sha256": None if is_cut else poll.body_sha256,
        "changed": poll.outcome in (PollOutcome.CHANGED, PollOutcome.EMPTY),
        "detail": poll.failure.detail[:LONGEST_DETAIL] if poll.failure else None,
        "failed": poll.failure is not None,
        "is_full": poll.is_full,
        "is_gap": is_gap,
        "asked_pace": due.asked_pace,
        "quiet_hours": " ".join(map(str, due.quiet_hours)),
        "failure_weight": due.failure_weight,
        "redirect_to": course.redirect_to,
        "redirects": course.redirects,
        "redirected_since": course.redirected_since,
        "moved_to": course.moved_to,
    }


def quiet_row(poll: Poll, due: NextPoll) -> dict[str, Any]:
    """What a poll that brought nothing new leaves behind (see `is_quiet`)."""
    return {
        "id": poll.feed.id,
        "next_poll_at": due.at,
        "polled_at": poll.at,
        "outcome": poll.failure.reason.value if poll.failure else poll.outcome.value,
        "pace": due.pace,
        "news_per_hour": due.news_per_hour,
    }


def is_quiet(poll: Poll, due: NextPoll, course: Course) -> bool:
    """Whether a poll leaves nothing to remember but that it was made, and when the next one is: most do."""
    feed, before = poll.feed, poll.feed.history
    return (
        poll.outcome in _UNCHANGED
        and not (poll.is_full or before.failures or before.redirect_to)
        and (poll.validators, poll.body_sha256) == (feed.validators, feed.body_sha256)
        and (due.asked_pace, due.quiet_hours) == (before.asked_pace, before.quiet_hours)
        and (course.redirect_to, course.moved_to) == (None, before.moved_to)
    )


def poll_event(poll: Poll, run_id: int, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The request of a poll as a row of fetch_events; `notes` are what else a person should know of it."""
    said = [poll.failure.detail] if poll.failure else [*_left_out(poll), *notes]
    return {
        "at": poll.at,
        "run_id": run_id,
        "feed_id": poll.feed.id,
        "entry_id": None,
        "what": "feed",
        "url": poll.feed.asked_url,
        "outcome": poll.outcome.value,
        "requests": poll.requests,
        "reason": poll.failure.reason.value if poll.failure else None,
        "detail": "; ".join(said)[:LONGEST_DETAIL] or None,
        "status": poll.status,
        "bytes": poll.received_bytes,
        "duration_ms": poll.duration_ms,
    }


def requests_made(polls: Iterable[Poll]) -> list[dict[str, Any]]:
    """The requests of polls as budgets.book takes them; one row a poll."""
    return [{"source_id": one.feed.source_id, "is_backfill": False, "requests": one.requests} for one in polls]


def host_asked(poll: Poll) -> dict[str, Any]:
    """The row of hosts.asked: a poll is a request to its host like any other."""
    return {"host": host_of(poll.feed), "source_id": poll.feed.source_id, "at": poll.at}


def _left_out(poll: Poll) -> list[str]:
    """What of a document did not become entries, and why."""
    found = poll.document or poll.index
    if found is None:
        return []
    outside = [f"{found.outside_window} outside the window"] if found.outside_window else []
    return outside + ([f"{len(found.rejected)} rejected: {'; '.join(found.rejected)}"] if found.rejected else [])


def robots_event(feed: Feed, answer: Response | Failure, run_id: int, now: datetime) -> dict[str, Any]:
    """The request for the robots.txt of a feed's portal, made to find sitemaps, as a row of fetch_events."""
    failure = answer if isinstance(answer, Failure) else None
    return {
        "at": now,
        "run_id": run_id,
        "feed_id": feed.id,
        "entry_id": None,
        "what": "robots",
        "url": feed.homepage if isinstance(answer, Failure) else answer.url,
        "outcome": "failed" if failure else "fetched",
        "requests": answer.requests,
        "reason": failure.reason.value if failure else None,
        "detail": failure.detail[:LONGEST_DETAIL] if failure else None,
        "status": answer.status,
        "bytes": 0 if isinstance(answer, Failure) else len(answer.body),
        "duration_ms": 0 if isinstance(answer, Failure) else answer.duration_ms,
    }


def poll_counts(polls: Iterable[Poll], new: Mapping[int, int]) -> list[dict[str, Any]]:
    """Polls as counters per source; `new` = new entries by source id. The first failure of a source is its message."""
    by_source: dict[int, dict[str, Any]] = {}
    for poll in polls:
        row = by_source.setdefault(
            poll.feed.source_id, {"source_id": poll.feed.source_id, "message": None} | dict.fromkeys(_COUNTERS, 0)
        )
        row["feeds_polled"] += 1
        row["feeds_failed"] += poll.outcome is PollOutcome.FAILED
        row["feeds_unchanged"] += poll.outcome in _UNCHANGED
        row["request_ms"] += poll.duration_ms
        row["entries_listed"] += len(poll.document.entries) if poll.document else 0
        if poll.failure and row["message"] is None:
            row["message"] = f"{poll.feed.url}: {poll.failure.reason}: {poll.failure.detail}"[:LONGEST_DETAIL]
    return [row | {"entries_new": new.get(source_id, 0)} for source_id, row in by_source.items()]
