"""The frame of a run: its lock, its row opened first and closed last, its leases kept alive."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID, uuid4

from config.settings import settings
from config.sources import load_sources
from flows.crashed import mark_crashed
from flows.definitions import chosen_sources, sync_sources
from sql import connect, migrate
from sql.store import frontier, runs, schema, sources
from tasks.steps.run import LEASE, Run

logger = logging.getLogger(__name__)

# A third of the lease: two renewals may fail before another process takes the work over.
RENEW_EVERY_S = LEASE.total_seconds() / 3


@dataclass(slots=True)
class Frame:
    """An open run; what `finish` was told is written when it closes.

    `dead` are the flow runs, by Prefect's ids, whose processes ended without a word and whose work this run took over.
    """

    run: Run
    state: str = "completed"
    message: str = ""
    dead: tuple[UUID, ...] = ()

    def finish(self, state: str, message: str) -> None:
        """Say how the run ended."""
        self.state, self.message = state, message


@dataclass(frozen=True, slots=True)
class Active:
    """The run that is at work already, so that this one has nothing to do; `other` names it in a clause."""

    message: str
    other: str


@asynccontextmanager
async def framed(
    flow: str, slugs: Sequence[str] | None, parameters: dict[str, Any], prefect_run_id: UUID | None
) -> AsyncIterator[Frame | Active]:
    """An open run of `flow` over the sources `slugs` (None: all), or Active where another one holds the lock.

    Syncs the source files, closes rows of dead runs and frees their work, keeps the leases alive, and closes the row
    with what happened, an exception included.
    """
    await asyncio.to_thread(_prepare)
    lock = await asyncio.to_thread(_lock, flow)
    if isinstance(lock, Active):
        yield lock
        return
    try:
        frame = await asyncio.to_thread(_open, flow, slugs, parameters, prefect_run_id)
        renewing = asyncio.create_task(_keep_leases(frame.run.owner))
        try:
            await mark_crashed(frame.dead, f"Its process ended without a word; run {frame.run.id} took its work over.")
            yield frame
        except BaseException as error:
            frame.finish("failed", f"{type(error).__name__}: {error}"[:2000])
            raise
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            await asyncio.to_thread(_close, frame)
    finally:
        lock.close()


def _prepare() -> None:
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.begin() as conn:
        schema.ensure_partitions(conn, datetime.now(UTC), months=2)


def _lock(flow: str) -> connect.Connection | Active:
    conn = connect.engine().connect().execution_options(isolation_level="AUTOCOMMIT")
    if runs.try_lock(conn, flow):
        return conn
    other = runs.active(conn, flow)
    conn.close()
    said = "another run is just starting"
    if other is not None:
        since = f"{other['started_at']:%Y-%m-%d %H:%M:%S} UTC"
        said = f"run {other['id']} is active since {since} ({other['process']})"
    return Active(f"Nothing done: {said}. What is due and not done by it waits for the next run.", said)


def _open(flow: str, slugs: Sequence[str] | None, parameters: dict[str, Any], prefect_run_id: UUID | None) -> Frame:
    loaded = load_sources(settings().sources_dir)
    chosen_sources(slugs, loaded)
    sync_sources(loaded, datetime.now(UTC))
    with connect.engine().begin() as conn:
        stale = runs.close_stale(conn, flow)
        for dead in stale:
            logger.warning("run=%s ended without a word; its work is taken over", dead)
            frontier.release_run(conn, dead)
        dead_flow_runs = tuple(runs.prefect_runs(conn, stale))
        run_id = runs.open_run(
            conn,
            flow,
            process=f"{socket.gethostname()}:{os.getpid()}",
            version=version("newstape"),
            parameters=parameters,
            prefect_run_id=prefect_run_id,
        )
        ids = sources.slugs(conn)
    chosen = tuple(slugs) if slugs is not None else None
    source_ids = tuple(ids[slug] for slug in chosen) if chosen is not None else None
    return Frame(Run(run_id, f"run:{run_id}:{uuid4().hex[:12]}", chosen, source_ids), dead=dead_flow_runs)


def _close(frame: Frame) -> None:
    with connect.engine().begin() as conn:
        frontier.release_run(conn, frame.run.id)
        runs.close_run(conn, frame.run.id, frame.state, frame.message)


async def _keep_leases(owner: str) -> None:
    """Renew until cancelled; a database that is away for a moment is asked again."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            await asyncio.to_thread(_renew, owner)
        except connect.OperationalError as error:
            logger.warning("leases were not renewed, another try in %.0f s: %s", RENEW_EVERY_S, error.orig)


def _renew(owner: str) -> None:
    with connect.engine().begin() as conn:
        frontier.renew(conn, owner, datetime.now(UTC) + LEASE)


def pause_until_next_slot(run: Run, longest: timedelta) -> timedelta | None:
    """How long until the next host with due entries may be asked; None: nothing is due, or only beyond `longest`."""
    now = datetime.now(UTC)
    with connect.engine().connect() as conn:
        at = frontier.next_slot_at(conn, now, run.source_ids, run.entry_ids, live_only=run.is_live_only)
    if at is None or at - now > longest:
        return None
    return max(at - now, timedelta(milliseconds=50))
