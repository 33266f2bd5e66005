"""An ingest without Prefect, which bench/orchestration.py compares with: the same steps in the same order.

    python bench/plain_ingest.py --sources DIR

As flows/ingest.py and flows/drain.py do it: poll, then fetch one batch while the one before is extracted and loaded.
Left out is what an operator sees: task runs, states, logs and artifacts in Prefect. Database: NEWSTAPE_DATABASE_NAME.
"""

import argparse
import asyncio
import logging
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import settings
from config.sources import load_sources
from flows.definitions import sync_sources
from sql import connect, migrate
from sql.store import frontier, runs, schema
from tasks.enriching import read_chunk
from tasks.extract.pool import LocalExtractors
from tasks.fetch.client import Client, limits_of
from tasks.steps.fetch import fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.poll import poll_due
from tasks.steps.run import LEASE, Handover, Run

# A pause between two slots of a host is waited for up to here, as the flow does.
LONGEST_WAIT = timedelta(seconds=60)


def main() -> None:
    """One ingest of every feed of the folder, due or not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, required=True, help="folder with source files")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    asyncio.run(ingest(chosen.sources))


async def ingest(folder: Path) -> None:
    """Open the run, poll, drain, close the run."""
    run = opened(folder)
    using = settings()
    extractors = LocalExtractors(using.extract_processes, using.extract_timeout, using.max_body_bytes, read_chunk)
    renewing = asyncio.create_task(keep_leases(run))
    try:
        async with Client(limits_of(using)) as client:
            await poll_due(run, client.get, all_of_them=True)
            await drain(run, client, extractors)
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        extractors.close()
    with connect.engine().begin() as conn:
        runs.close_run(conn, run.id, "completed", "without Prefect")


def opened(folder: Path) -> Run:
    """An open run on a database that is brought up for it, the sources of the folder in it."""
    engine, now = connect.engine(), datetime.now(UTC)
    migrate.ensure(engine)
    with engine.begin() as conn:
        schema.ensure_partitions(conn, now, months=2)
    sync_sources(load_sources(folder), now)
    with engine.begin() as conn:
        run_id = runs.open_run(
            conn, "ingest", process=f"bench:{os.getpid()}", version="0", parameters={}, prefect_run_id=None
        )
    return Run(run_id, f"run:{run_id}:bench", None, None)


async def drain(run: Run, client: Client, extractors: LocalExtractors) -> None:
    """The pipeline of flows/drain.py over the bare steps."""
    handover, size = Handover(), settings().batch_size
    loading: asyncio.Task[dict[str, int]] | None = None
    while True:
        claimed = await fetch_due(run, client, handover, size)
        batch = handover.take()
        if loading is not None:
            await loading
            loading = None
        if batch:
            loading = asyncio.create_task(asyncio.to_thread(load_fetched, run, batch, extractors))
        elif not claimed:
            pause = await asyncio.to_thread(until_next_slot, run)
            if pause is None:
                return
            await asyncio.sleep(pause.total_seconds())


def until_next_slot(run: Run) -> timedelta | None:
    """How long until a host with due entries may be asked; None: there is nothing to wait for."""
    now = datetime.now(UTC)
    with connect.engine().connect() as conn:
        at = frontier.next_slot_at(conn, now, run.source_ids, run.entry_ids, live_only=run.is_live_only)
    return None if at is None or at - now > LONGEST_WAIT else max(at - now, timedelta(milliseconds=50))


async def keep_leases(run: Run) -> None:
    """Renew until cancelled."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        await asyncio.to_thread(_renew, run)


def _renew(run: Run) -> None:
    with connect.engine().begin() as conn:
        frontier.renew(conn, run.owner, datetime.now(UTC) + LEASE)


if __name__ == "__main__":
    main()
