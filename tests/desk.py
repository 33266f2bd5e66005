"""A news desk in small: the sample portal, a database, and the steps of a run between them, without Prefect.

Time passes by order: `later` moves every clock in the database back, so that what was due in an hour is due now.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver
from sqlalchemy import Engine, text

from config.settings import settings
from flows.run import pause_until_next_slot
from portal.client import RunningPortal
from sql.store import runs, sources
from tasks.extract.pool import Job, Outcome, extract_chunk
from tasks.fetch.client import Client
from tasks.fetch.limits import limits_of
from tasks.outcome import Reason
from tasks.steps.fetch import fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.poll import poll_due
from tasks.steps.run import Handover, Run

# Long enough to be told from the time that a request takes, short enough for a hundred of them.
DELAY = timedelta(milliseconds=50)
REDIRECTS = (301, 302, 303, 307, 308)
LONGEST_PAUSE = timedelta(seconds=2)
OUTCOMES = {"changed", "not_modified", "same_body", "empty", "fetched", "moved", "failed"}
_CLOCKS = {
    "ingest.entries": ("due_at", "recheck_at", "first_seen_at", "settled_at", "lease_until"),
    "ingest.hosts": ("lease_until", "next_request_at", "robots_expires_at", "robots_failing_since"),
    "ingest.feeds": (
        "lease_until",
        "next_poll_at",
        "last_polled_at",
        "last_full_at",
        "redirected_since",
        "last_changed_at",
    ),
    "ingest.warnings": ("first_at", "last_at"),
}


class Inline:
    """Extraction in this process: the pages are small and our own."""

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        """The outcome of each job, in order."""
        return extract_chunk(jobs, settings().max_body_bytes)


@dataclass
class Desk:
    """The portals that are read, the database, and how the client reaches the portals."""

    portal: RunningPortal
    tape: Engine
    slugs: tuple[str, ...] = ("alpenboerse",)
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None
    resolver: AbstractResolver | None = None
    allow_private: bool = True
    visible: set[str] = field(default_factory=set)
    """Ids of the articles that were published before some ingest."""
    runs: list[int] = field(default_factory=list)
    """How many requests the portals had served when each run began."""

    def know(self, source_rows: Sequence[dict[str, Any]], feed_rows: Sequence[dict[str, Any]]) -> None:
        """Sync these sources and feeds."""
        with self.tape.begin() as conn:
            sources.sync(conn, source_rows, feed_rows, datetime.now(UTC))

    def ingest(self, *, all_of_them: bool = True) -> str | None:
        """One run over all sources; what it says of an outage of ours."""
        self.runs.append(len(self.portal.ledger()))
        with asyncio.Runner(loop_factory=self.loop) as runner:
            outage = runner.run(self._run(all_of_them=all_of_them))
        self.visible |= {one["id"] for one in self.portal.gold() if one["portal"] in self.slugs}
        return outage

    def later(self, passed: timedelta) -> None:
        """Let time pass: every clock in the database goes back."""
        with self.tape.begin() as conn:
            for table, columns in _CLOCKS.items():
                moved = ", ".join(f"{column} = {column} - CAST(:passed AS interval)" for column in columns)
                conn.execute(text(f"UPDATE {table} SET {moved}"), {"passed": passed})

    def rows(self, statement: str) -> list[Any]:
        """What the database answers."""
        with self.tape.connect() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]

    def count(self, statement: str) -> Counter[str]:
        """Counts by the words of the first columns, as `loaded` or `skipped robots`."""
        return Counter(
            {" ".join(str(part) for part in row[:-1] if part is not None): row[-1] for row in self.rows(statement)}
        )

    async def _run(self, *, all_of_them: bool) -> str | None:
        with self.tape.begin() as conn:
            run_id = runs.open_run(conn, "ingest", process="test", version="test", parameters={}, prefect_run_id=None)
        run = Run(run_id, f"run:{run_id}:desk", None, None)
        limits = replace(limits_of(settings()), allow_private=self.allow_private)
        async with Client(limits, self.resolver) as client:
            polled = await poll_due(run, client.get, all_of_them=all_of_them)
            outage = polled.outage or await self._drain(run, client)
        with self.tape.begin() as conn:
            runs.close_run(conn, run_id, "completed", "")
        return outage

    async def _drain(self, run: Run, client: Client) -> str | None:
        handover = Handover()
        while True:
            claimed = await fetch_due(run, client, handover, 50)
            if batch := handover.take():
                await asyncio.to_thread(load_fetched, run, batch, Inline())
            if handover.outage:
                return handover.outage
            if not claimed:
                pause = await asyncio.to_thread(pause_until_next_slot, run, LONGEST_PAUSE)
                if pause is None:
                    return None
                await asyncio.sleep(pause.total_seconds())


def missing_articles(desk: Desk) -> set[str]:
    """I1: ids of articles that were visible in a poll that succeeded and are not on the tape."""
    stored = {urlsplit(url).path for (url,) in desk.rows("SELECT canonical_url FROM tape.articles")}
    stored |= {urlsplit(url).path for (url,) in desk.rows("SELECT url FROM ingest.entries WHERE state = 'duplicate'")}
    gold = {one["id"]: urlsplit(one["url"]).path for one in desk.portal.gold() if one["portal"] in desk.slugs}
    return {name for name in desk.visible if name in gold and gold[name] not in stored}


def stored_twice(desk: Desk) -> dict[str, int]:
    """I2: article numbers of the portal that several articles on the tape have."""
    numbers = Counter(
        (source, urlsplit(url).path.rpartition("-")[2])
        for source, url in desk.rows("SELECT source_id, canonical_url FROM tape.articles")
    )
    return {number: count for (_, number), count in numbers.items() if count > 1}


def unlogged_requests(desk: Desk) -> tuple[int, int]:
    """I5: how many requests the portals served, and how many the log accounts for."""
    served = [line for line in desk.portal.ledger() if line["portal"] in desk.slugs]
    logged = desk.rows("SELECT coalesce(sum(requests), 0) FROM ingest.fetch_events")
    return len(served), int(logged[0][0])


def unknown_outcomes(desk: Desk) -> set[str]:
    """I5: outcomes and reasons in the log that are not on the closed lists."""
    events = desk.rows("SELECT DISTINCT outcome, reason FROM ingest.fetch_events")
    return {outcome for outcome, _ in events} - OUTCOMES | {why for _, why in events if why} - {*map(str, Reason)}


def hosts_outside(desk: Desk) -> set[str]:
    """I6: hosts in the log that are not on this machine, though something was received from them."""
    received = desk.rows("SELECT DISTINCT url FROM ingest.fetch_events WHERE status IS NOT NULL")
    hosts = {urlsplit(url if "//" in url else f"//{url}").hostname or "" for (url,) in received}
    return {host for host in hosts if host not in {"127.0.0.1", "localhost"} and not host.endswith(".example")}


def hurried_runs(desk: Desk) -> list[str]:
    """I7: runs in which a portal got more requests than its delay allows, by the portal's own clock.

    Hops of a redirect belong to one request, and so does the same address asked twice in a row. Of the time that
    spaced requests take, half may be lost to a busy machine.
    """
    hurried = []
    for (start, stop), slug in product(pairwise([*desk.runs, None]), desk.slugs):
        lines = [line for line in desk.portal.ledger()[start:stop] if line["portal"] == slug]
        lines.sort(key=lambda line: line["at"])
        starts = [
            datetime.fromisoformat(line["at"])
            for before, line in pairwise([{"status": 0, "path": ""}, *lines])
            if before["status"] not in REDIRECTS and before["path"] != line["path"]
        ]
        least = (len(starts) - 1) * DELAY / 2
        if len(starts) > 1 and starts[-1] - starts[0] < least:
            hurried.append(f"{slug}: {len(starts)} requests within {starts[-1] - starts[0]}, wanted {least} at least")
    return hurried
