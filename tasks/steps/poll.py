"""The first step of a run: the feeds that are due are polled, and what they list goes to the frontier."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from config.settings import settings
from sql import connect
from sql.store import feeds, frontier, pages, runs
from tasks import rows
from tasks.discover.polling import Due, Poll, PollOutcome, poll_all
from tasks.model import Get
from tasks.outcome import Stage
from tasks.steps.run import LEASE, Run, stage_row

# Feeds whose documents are in memory at the same time.
POLL_CHUNK = 500


async def poll_due(run: Run, get: Get, *, all_of_them: bool) -> dict[str, int]:
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
        stage = stage_row(Stage.DISCOVER, len(polls), changed, len(polls) - changed - failed, failed, seconds)
        runs.add_stage_counts(conn, run.id, [stage])
    return Counter({outcome.value: count for outcome, count in outcomes.items()}) + Counter(new=new.total())
