"""The stages as Prefect tasks: thin faces that read rows, call the plain functions, and write what came of it.

A task run is a batch, never an article. Batches go in as `opaque` (Prefect must not look into them) and nothing
large is returned (Prefect keeps results for the length of the flow run).
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from config.settings import settings
from sql import connect
from sql.store import feeds, frontier, pages, runs
from tasks import rows
from tasks.columns import Row, failed_row, settled_row
from tasks.discover.polling import Due, Poll, PollOutcome, poll_all
from tasks.extract.pool import Extractors, Job
from tasks.extract.version import EXTRACTOR_VERSION
from tasks.fetch.pages import Visited, fetch_pages
from tasks.load import Extracted, load
from tasks.model import Article, Get, Page
from tasks.outcome import Failure, Reason, Stage

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
# Feeds whose documents are in memory at the same time.
POLL_CHUNK = 500
# The archive no longer has the page of an entry that waited for extraction: it is fetched again.
PAGE_EXPIRED = Failure(Stage.EXTRACT, Reason.PAGE_EXPIRED, "the archived page has expired; it is fetched again")
_ENDS = {"skipped": "skipped", "gone": "gone", "retry": "retried", "dead": "dead"}


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage of a run needs to know: its row, its name on leases, and which sources it is about."""

    id: int
    owner: str
    slugs: tuple[str, ...] | None
    source_ids: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An entry with its archived page."""

    entry: Row
    page_id: int
    page: Page


@dataclass(slots=True)
class Handover:
    """Where fetch leaves a batch for load; `asked` counts the entries that it settled or fetched."""

    batch: list[Fetched] = field(default_factory=list)
    asked: int = 0

    def take(self) -> list[Fetched]:
        """The batch, which is no longer here then."""
        taken, self.batch = self.batch, []
        return taken


@task(name="poll", task_run_name="poll feeds", cache_policy=NO_CACHE)
async def poll_feeds(run: Run, get: Get, *, all_of_them: bool) -> dict[str, int]:
    """Poll the due feeds (`all_of_them`: due or not) and add what they list to the frontier; counts by outcome."""
    using = settings()
    claimed = await asyncio.to_thread(_claim_feeds, run, all_of_them=all_of_them)
    failures = {row["id"]: row["failures"] for row in claimed}
    totals: Counter[str] = Counter(feeds=len(claimed))
    for start in range(0, len(claimed), POLL_CHUNK):
        due = [Due(rows.feed_of(r), rows.headers_of(r), r["delay"]) for r in claimed[start : start + POLL_CHUNK]]
        began = time.monotonic()
        polls = await poll_all(due, get, hosts=using.max_hosts, max_bytes=using.max_body_bytes)
        totals += await asyncio.to_thread(_save_polls, run, polls, failures, time.monotonic() - began)
    return dict(totals)


@task(name="fetch", task_run_name="fetch a batch", cache_policy=NO_CACHE)
async def fetch_batch(run: Run, get: Get, handover: Handover, count: int) -> int:
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


@task(name="load", task_run_name="extract and load a batch", cache_policy=NO_CACHE)
def load_batch(run: Run, batch: Sequence[Fetched], extractors: Extractors) -> dict[str, int]:
    """Extract the pages of a batch and load the articles; counts by outcome."""
    began = time.monotonic()
    outcomes = extractors.map([Job(one.page, rows.profile_of(one.entry)) for one in batch])
    extracted_in = time.monotonic() - began
    articles = [
        Extracted(one.entry, one.page_id, one.page.fetched_at, one.page.body_sha256, EXTRACTOR_VERSION, outcome)
        for one, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, Article)
    ]
    failed = [
        _failed(one.entry, outcome, one.entry["attempts"])
        for one, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, Failure)
    ]
    with connect.engine().begin() as conn:
        held = frontier.held(conn, run.owner, [one.entry["id"] for one in batch])
        loaded = load(conn, [one for one in articles if one.entry["id"] in held])
        settled = [*loaded, *(row for row in failed if row["id"] in held)]
        frontier.settle(conn, run.owner, settled, datetime.now(UTC))
        skipped = sum(row["state"] == "skipped" for row in failed)
        runs.add_stage_counts(
            conn,
            run.id,
            [
                _stage(Stage.EXTRACT, len(batch), len(articles), skipped, len(failed) - skipped, extracted_in),
                _load_stage(articles, loaded, time.monotonic() - began - extracted_in),
            ],
        )
        runs.add_source_counts(conn, run.id, _source_counts(settled))
    return dict(Counter(row["state"] for row in settled))


def _claim_feeds(run: Run, *, all_of_them: bool) -> list[dict[str, Any]]:
    with connect.engine().begin() as conn:
        return feeds.claim_due(conn, run.owner, datetime.now(UTC), LEASE, run.slugs, all_of_them=all_of_them)


def _save_polls(run: Run, polls: Sequence[Poll], failures: dict[int, int], seconds: float) -> Counter[str]:
    """Entries, validators, log and counters of polls in one transaction: a crash can't hide entries behind a 304."""
    listed = [row for poll in polls for row in rows.listed_rows(poll)]
    outcomes = Counter(poll.outcome for poll in polls)
    with connect.engine().begin() as conn:
        new = Counter(frontier.add(conn, listed, datetime.now(UTC)))
        feeds.settle(conn, run.owner, [rows.feed_row(poll, failures[poll.feed.id]) for poll in polls])
        pages.log(conn, [rows.poll_event(poll, run.id) for poll in polls])
        runs.add_source_counts(conn, run.id, rows.poll_counts(polls, new))
        changed, failed = outcomes[PollOutcome.CHANGED], outcomes[PollOutcome.FAILED]
        stage = _stage(Stage.DISCOVER, len(polls), changed, len(polls) - changed - failed, failed, seconds)
        runs.add_stage_counts(conn, run.id, [stage])
    return Counter({outcome.value: count for outcome, count in outcomes.items()}) + Counter(new=new.total())


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
    failed = [
        _failed(by_id[answer.wanted.entry_id], answer.outcome, by_id[answer.wanted.entry_id]["attempts"] + 1)
        for answer in answers
        if isinstance(answer.outcome, Failure)
    ]
    now = datetime.now(UTC)
    events = [rows.answer_event(answer, run.id) for answer in answers]
    events += [event for one in visited if (event := rows.robots_event(one, run.id, now)) is not None]
    with connect.engine().begin() as conn:
        stored = pages.archive(conn, [rows.page_row(entry_id, page) for entry_id, page in got])
        frontier.mark_fetched(conn, run.owner, stored)
        frontier.settle(conn, run.owner, failed, now)
        frontier.release_entries(conn, run.owner, rows.unasked(entries, answers))
        frontier.release_hosts(conn, run.owner, [rows.host_row(one) for one in visited])
        pages.log(conn, events)
        skipped = sum(row["state"] == "skipped" for row in failed)
        stage = _stage(Stage.FETCH, len(answers), len(got), skipped, len(failed) - skipped, seconds)
        runs.add_stage_counts(conn, run.id, [stage])
        runs.add_source_counts(conn, run.id, _source_counts(failed) + rows.fetched_counts(by_id, got))
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


def _failed(entry: Row, failure: Failure, attempts: int) -> dict[str, Any]:
    return failed_row(entry, failure, attempts, settings().max_attempts, datetime.now(UTC))


def _load_stage(articles: Sequence[Extracted], loaded: Sequence[Row], seconds: float) -> dict[str, Any]:
    """Skipped are repeats, and articles whose entry another process took over meanwhile."""
    passed = sum(row["state"] == "loaded" for row in loaded)
    return _stage(Stage.LOAD, len(articles), passed, len(articles) - passed, 0, seconds)


def _stage(stage: Stage, received: int, passed: int, skipped: int, failed: int, seconds: float) -> dict[str, Any]:
    """A row of run_stages; every item is counted exactly once, or the run stops."""
    if received != passed + skipped + failed:
        raise RuntimeError(f"{stage}: {received} items came in, {passed} + {skipped} + {failed} are accounted for")
    names = ("received", "passed", "skipped", "failed", "seconds")
    return {"stage": stage.value} | dict(zip(names, (received, passed, skipped, failed, seconds), strict=True))


def _source_counts(settled: Sequence[Row]) -> list[dict[str, Any]]:
    """Settled entries as counters per source."""
    names = {"loaded": "loaded", "duplicate": "duplicates"} | _ENDS
    counts = Counter((row["source_id"], names[row["state"]]) for row in settled)
    return [{"source_id": source_id, name: count} for (source_id, name), count in counts.items()]
