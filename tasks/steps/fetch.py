"""The second step of a run: due entries are claimed, fetched and archived, one batch while the next is fetched."""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from config.settings import settings
from sql import connect
from sql.store import budgets, frontier, pages, rights, runs, takedowns, warnings
from sql.store.bulk import commit_lazily
from tasks import rows
from tasks.captures import as_kept
from tasks.columns import Row, moved_row, settled_row, unchanged_row
from tasks.fetch.pages import Answer, Visited, fetch_pages
from tasks.model import Moved, Page, Unchanged, Web
from tasks.outage import is_ours
from tasks.outcome import Failure, Reason, Stage
from tasks.retry import TOO_MANY_HOPS, may_move
from tasks.steps.run import LEASE, Fetched, Handover, Run, failed, stage_row
from tasks.steps.settling import book

logger = logging.getLogger(__name__)

# The archive no longer has the page of an entry that waited for extraction: it is fetched again.
PAGE_EXPIRED = Failure(Stage.EXTRACT, Reason.PAGE_EXPIRED, "the archived page has expired; it is fetched again")
# How soon entries are due again after an outage of ours.
AFTER_OUTAGE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was claimed, by id, what came of it, and how long that took in seconds."""

    entries: Mapping[int, Row]
    visited: Sequence[Visited]
    seconds: float

    @property
    def answers(self) -> list[Answer]:
        """What came of each request for an article."""
        return [answer for one in self.visited for answer in one.answers]

    def of(self, kind: type[Any]) -> Iterator[tuple[Row, Any]]:
        """Entries with their outcomes of this kind."""
        for answer in self.answers:
            if isinstance(answer.outcome, kind):
                yield self.entries[answer.wanted.entry_id], answer.outcome


async def fetch_due(run: Run, web: Web, handover: Handover, count: int) -> int:
    """Claim up to `count` due entries and fetch them, while what the call before brought is archived.

    That is then in `handover`. Returns how many entries were claimed; 0 means that nothing is due, or that we are cut
    off (`handover.outage`). A `count` of 0 archives only.
    """
    archiving = asyncio.create_task(archive_fetched(handover))
    try:
        return await _fetch(run, web, handover, count)
    finally:
        await archiving


async def archive_fetched(handover: Handover) -> None:
    """Archive what was fetched last, if it is not archived yet, and leave what has a page in `handover`."""
    save = handover.take_unsaved()
    if save is not None:
        handover.batch += await asyncio.to_thread(save)


async def _fetch(run: Run, web: Web, handover: Handover, count: int) -> int:
    using, handover.asked = settings(), 0
    hosts, entries = await asyncio.to_thread(_claim_entries, run, count) if count else ([], [])
    if not hosts:
        return 0
    began = time.monotonic()
    visited = await fetch_pages(rows.visits_of(hosts, entries), web, using.user_agent, using.batch_seconds)
    batch = Batch({row["id"]: row for row in entries}, visited, time.monotonic() - began)
    ours = is_ours({one.visit.host: _asked(one) for one in visited})
    if ours is not None:
        handover.outage = await asyncio.to_thread(_put_off, run, batch, ours)
        return 0
    await asyncio.to_thread(_hand_back, run, batch)
    handover.asked = len(batch.answers)
    handover.unsaved = partial(_save_answers, run, batch)
    logger.info("fetched entries=%d hosts=%d asked=%d", len(entries), len(hosts), handover.asked)
    return len(entries)


def _asked(visited: Visited) -> list[object]:
    """What the requests to a host ended with, that for robots.txt included; not what robots.txt forbade to ask."""
    ends: list[object] = [answer.outcome for answer in visited.answers if answer.robots != "disallowed"]
    return ends if visited.robots_answer is None else [visited.robots_answer, *ends]


def _claim_entries(run: Run, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    using = settings()
    with connect.engine().begin() as conn:
        now = datetime.now(UTC)
        frontier.release_expired(conn, now)
        frontier.due_again(conn, now, run.source_ids)
        return frontier.claim(
            conn,
            run.owner,
            now,
            LEASE,
            frontier.Share(
                using.max_hosts,
                count,
                timedelta(seconds=using.batch_seconds),
                run.source_ids,
                run.entry_ids,
                backfill=_share(conn, run, now),
                live_of_all=run.is_backfill,
            ),
        )


def _share(conn: connect.Connection, run: Run, now: datetime) -> int | None:
    """How many entries of backfills may be asked; None: as many as there are."""
    if run.is_live_only:
        return 0
    if run.budget is None or run.source_ids is None:
        return None
    return sum(budgets.left(conn, source_id, run.budget, now) for source_id in run.source_ids)


def _put_off(run: Run, batch: Batch, ours: Failure) -> str:
    """Note that nobody could be asked, and book it against nobody; what happened, in a sentence."""
    now = datetime.now(UTC)
    message = (
        f"Nothing was fetched: {ours.detail}. The trouble is on our side (line, DNS, proxy), so nothing is booked "
        f"against the portals: all entries stay due. Check the connection of this machine; the next run goes on."
    )
    with connect.engine().begin() as conn:
        frontier.put_off(conn, run.owner, list(batch.entries), now + AFTER_OUTAGE)
        visits = [one.visit for one in batch.visited]
        frontier.release_hosts(conn, run.owner, [rows.host_row_before(visit) for visit in visits])
        pages.log(conn, _events(run, batch, now))
        outage = {"kind": "outage", "source_id": None, "feed_id": None, "run_id": run.id, "message": message}
        warnings.raise_all(conn, [outage], now)
    logger.warning("outage: %s", message)
    return message


def _hand_back(run: Run, batch: Batch) -> None:
    """Hosts and unasked entries back, so that they can be claimed while the answers are archived.

    A run that is killed in between asks for these pages again: their entries are still leased, and have no page.
    """
    now = datetime.now(UTC)
    with connect.engine().begin() as conn:
        frontier.release_entries(conn, run.owner, rows.unasked(batch.entries.values(), batch.answers))
        frontier.release_hosts(conn, run.owner, [rows.host_row(one, now) for one in batch.visited])
        # Here, not with the answers: the next claim must know what this one has cost.
        budgets.book(conn, rows.requests_made(batch.entries, batch.visited), now)


def _save_answers(run: Run, batch: Batch) -> list[Fetched]:
    """Pages into the archive, the rest to its next step, all in one transaction; the entries that have a page now."""
    now = datetime.now(UTC)
    got: list[tuple[Row, Page]] = [(entry, as_kept(page)) for entry, page in batch.of(Page)]
    settled, moved = _outcomes(batch)
    verdicts = {answer.wanted.entry_id: answer.robots for answer in batch.answers}
    with connect.engine().begin() as conn:
        # Lost with the machine's power, the pages are asked for again; waiting for the disk costs a third of the time.
        commit_lazily(conn)
        stored = pages.archive(conn, [rows.page_row(entry["id"], page) for entry, page in got])
        rights.book(conn, [rows.rights_row(row, verdicts[row["entry_id"]]) for row in stored])
        frontier.mark_fetched(conn, run.owner, stored)
        frontier.move(conn, run.owner, moved, now)
        pages.log(conn, _events(run, batch, now))
        book(conn, run, settled, now, [*rows.fetched_counts(got), *rows.time_spent(batch.entries, batch.answers)])
        runs.add_stage_counts(conn, run.id, [_stage(batch, got, settled, moved)])
        # What was taken down while it was fetched leaves no page.
        takedowns.enforce(conn, [entry["id"] for entry, _ in got], now)
        before = _fetched_before(conn, run, list(batch.entries.values()), now)
    fresh = [
        Fetched(dict(entry, attempts=entry["attempts"] + 1), row["id"], page)
        for row, (entry, page) in zip(stored, got, strict=True)
    ]
    return sorted(fresh + before, key=lambda one: int(one.entry["id"]))


def _outcomes(batch: Batch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The settled rows of what has no new page, and the rows of what moved to another host.

    A move to the address of another entry is followed like any other: that costs one request, and the load knows the
    same article by its address or its text; waiting for the other entry would need states of its own.
    """
    settled = [failed(entry, failure, entry["attempts"] + 1) for entry, failure in batch.of(Failure)]
    settled += [unchanged_row(entry, answer) for entry, answer in batch.of(Unchanged)]
    moves: list[tuple[Row, Moved]] = list(batch.of(Moved))
    settled += [failed(entry, TOO_MANY_HOPS, entry["attempts"] + 1) for entry, _ in moves if not may_move(entry)]
    return settled, [moved_row(entry, move) for entry, move in moves if may_move(entry)]


def _stage(batch: Batch, got: Sequence[Any], settled: Sequence[Row], moved: Sequence[Row]) -> dict[str, Any]:
    """Skipped are rules, articles that say what they said, and entries that go on at another host."""
    skipped = sum(row["counted"] in {"skipped", "rechecked"} for row in settled)
    return stage_row(
        Stage.FETCH, len(batch.answers), len(got), skipped + len(moved), len(settled) - skipped, batch.seconds
    )


def _events(run: Run, batch: Batch, now: datetime) -> list[dict[str, Any]]:
    events = [rows.answer_event(answer, run.id) for answer in batch.answers]
    return events + [event for one in batch.visited if (event := rows.robots_event(one, run.id, now)) is not None]


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
