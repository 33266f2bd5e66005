"""The frontier onto the tape, batch by batch: what the flows share."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar, cast

from prefect.utilities.annotations import opaque

from config.settings import settings
from flows.run import pause_until_next_slot
from tasks.extract.pool import LocalExtractors
from tasks.fetch.client import Client
from tasks.stages import fetch_batch, load_batch
from tasks.steps.run import Fetched, Handover, Run

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
Watch = Callable[[int], Awaitable[object]]
# Waits until something may be claimed again; False: there is nothing to wait for.
Wait = Callable[[Run], Awaitable[bool]]
# A host that may be asked again within this time is waited for; a longer pause is left to a later run.
LONGEST_WAIT = timedelta(seconds=60)


async def _unwatched(asked: int) -> None:
    """Nobody wants to know."""


async def next_slot(run: Run) -> bool:
    """Wait for the next host that may be asked; False: there is none to wait for."""
    pause = await asyncio.to_thread(pause_until_next_slot, run, LONGEST_WAIT)
    if pause is None:
        return False
    await asyncio.sleep(pause.total_seconds())
    return True


async def drain(
    run: Run,
    client: Client,
    extractors: LocalExtractors,
    limit: int | None,
    watch: Watch = _unwatched,
    wait: Wait = next_slot,
) -> str | None:
    """Empty the frontier in batches: while one is extracted and loaded, one is archived and the next is fetched.

    Ends at once where we are cut off, and returns what happened then. `watch` is told how many were asked so far.
    """
    handover = Handover()
    loading: asyncio.Task[None] | None = None
    left, asked = limit, 0
    try:
        while True:
            size = settings().batch_size if left is None else min(settings().batch_size, left)
            claimed = await fetch_batch(run, handed(client), handed(handover), size)
            left = left - handover.asked if left is not None else None
            asked += handover.asked
            batch = handover.take()
            if loading is not None:
                await loading
                loading = None
            if batch:
                loading = asyncio.create_task(_load(run, batch, extractors, watch(asked)))
            elif not claimed and (left == 0 or handover.outage is not None or not await wait(run)):
                break
    finally:
        if loading is not None:
            await loading
    return handover.outage


def handed(value: Value) -> Value:
    """`value` as an argument of a task that Prefect hands on without looking into it."""
    return cast("Value", opaque(value))


async def _load(run: Run, batch: list[Fetched], extractors: LocalExtractors, telling: Awaitable[object]) -> None:
    """Load a batch, and meanwhile tell how far we are."""
    loading = asyncio.to_thread(load_batch, run, handed(batch), handed(extractors))
    counts, _ = await asyncio.gather(loading, telling)
    logger.info("settled entries=%d %s", len(batch), " ".join(f"{name}={n}" for name, n in sorted(counts.items())))
