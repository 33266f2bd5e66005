"""The second step of a run: due entries are claimed, fetched and archived."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from config.settings import settings
from sql import connect
from sql.store import frontier, pages, runs
from tasks import rows
from tasks.columns import Row, settled_row
from tasks.fetch.pages import Visited, fetch_pages
from tasks.model import Get, Page
from tasks.outcome import Failure, Reason, Stage
from tasks.steps.run import LEASE, Fetched, Handover, Run, failed, source_counts, stage_row

logger = logging.getLogger(__name__)

# The archive no longer has the page of an entry that waited for extraction: it is fetched again.
PAGE_EXPIRED = Failure(Stage.EXTRACT, Reason.PAGE_EXPIRED, "the archived page has expired; it is fetched again")


async def fetch_due(run: Run, get: Get, handover: Handover, count: int) -> int:
    """Claim up to `count` due entries, fetch and archive them, leave those with a page in `handover`.

    Returns how many entries were claimed; 0 means that nothing is due.
    """
    using = settings()
    hosts, entries = await asyncio.to_thread(_claim_entries, run, count)
    if not hosts:
        return 0
    began = time.monotonic()
    visits = rows.visits_of(hosts, entries)
    visited = await fetch_pages(visits, get, using.user_agent, using.batch_seconds)
    handover.asked = sum(len(one.answers) for one in visited)
    handover.batch = await asyncio.to_thread(_save_answers, run, entries, visited, time.monotonic() - began)
    logger.info("fetched entries=%d hosts=%d pages=%d", len(entries), len(hosts), len(handover.batch))
    return len(entries)


def _claim_entries(run: Run, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    using = settings()
    with connect.engine().begin() as conn:
        now = datetime.now(UTC)
        frontier.release_expired(conn, now)
        return frontier.claim(
            conn,
            run.owner,
            now,
            LEASE,
            frontier.Share(using.max_hosts, count, timedelta(seconds=using.batch_seconds), run.source_ids),
        )


def _save_answers(run: Run, entries: Sequence[Row], visited: Sequence[Visited], seconds: float) -> list[Fetched]:
    """Pages into the archive, failures to their next step, hosts and unasked entries back; all in one transaction."""
    by_id = {row["id"]: row for row in entries}
    answers = [answer for one in visited for answer in one.answers]
    got = [(answer.wanted.entry_id, answer.outcome) for answer in answers if isinstance(answer.outcome, Page)]
    failures = [
        failed(by_id[answer.wanted.entry_id], answer.outcome, by_id[answer.wanted.entry_id]["attempts"] + 1)
        for answer in answers
        if isinstance(answer.outcome, Failure)
    ]
    now = datetime.now(UTC)
    events = [rows.answer_event(answer, run.id) for answer in answers]
    events += [event for one in visited if (event := rows.robots_event(one, run.id, now)) is not None]
    with connect.engine().begin() as conn:
        stored = pages.archive(conn, [rows.page_row(entry_id, page) for entry_id, page in got])
        frontier.mark_fetched(conn, run.owner, stored)
        frontier.settle(conn, run.owner, failures, now)
        frontier.release_entries(conn, run.owner, rows.unasked(entries, answers))
        frontier.release_hosts(conn, run.owner, [rows.host_row(one) for one in visited])
        pages.log(conn, events)
        skipped = sum(row["state"] == "skipped" for row in failures)
        stage = stage_row(Stage.FETCH, len(answers), len(got), skipped, len(failures) - skipped, seconds)
        runs.add_stage_counts(conn, run.id, [stage])
        runs.add_source_counts(conn, run.id, source_counts(failures) + rows.fetched_counts(by_id, got))
        before = _fetched_before(conn, run, entries, now)
    fresh = [
        Fetched(dict(by_id[row["entry_id"]], attempts=by_id[row["entry_id"]]["attempts"] + 1), row["id"], page)
        for row, (_, page) in zip(stored, got, strict=True)
    ]
    return sorted(fresh + before, key=lambda one: int(one.entry["id"]))


def _fetched_before(conn: connect.Connection, run: Run, entries: Sequence[Row], now: datetime) -> list[Fetched]:
    """Entries that a killed run had fetched already: their pages come from the archive, not from the portal.

    One whose page has expired meanwhile is due again, without a page.
    """
    waiting = {row["page_id"]: row for row in entries if row["page_id"] is not None}
    stored = pages.read(conn, [(page_id, row["page_fetched_at"]) for page_id, row in waiting.items()])
    expired = [row for page_id, row in waiting.items() if page_id not in stored]
    again = [settled_row(row, "retry", row["attempts"], failure=PAGE_EXPIRED, due_at=now) for row in expired]
    frontier.settle(conn, run.owner, again, now)
    return [Fetched(waiting[page_id], page_id, rows.page_of(row)) for page_id, row in stored.items()]
