"""A backfill while it works: how far it is, as a bar in Prefect's UI, and the wait for the next hour's budget."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flows.artifacts import Progress
from flows.drain import next_slot
from sql import connect
from sql.store import backfill_progress, budgets
from tasks.steps.run import Run

logger = logging.getLogger(__name__)

# Of the bar, listing is the first part. Asking for pages takes longer, but nobody knows how many before it is done.
LISTING = 0.2
# A long wait is made of short ones, so that live entries of the source are looked at in between.
NAP_S = 60.0


class PastBar:
    """The bar of one wish: days that are listed, then entries that are done."""

    def __init__(self, bar: Progress, wish: Mapping[str, Any]) -> None:
        self._bar, self._wish = bar, wish

    @classmethod
    async def started(cls, run_id: int, title: str, wish: Mapping[str, Any]) -> "PastBar":
        """A bar at 0 %."""
        return cls(await Progress.started("backfill-progress", f"Run {run_id}: {title}"), wish)

    async def listed(self, days: int) -> None:
        """Move it to `days` listed of those that were open."""
        wanted = len(self._wish["open_days"])
        await self._bar.at(LISTING * days / wanted if wanted else LISTING)

    async def drained(self, _asked: int) -> None:
        """Move it to the share of the entries that are done."""
        totals = await asyncio.to_thread(self._totals)
        share = 1 - totals["open"] / totals["announced"] if totals["announced"] else 1.0
        await self._bar.at(LISTING + (1 - LISTING) * share)

    async def done(self) -> None:
        """Move it to its end."""
        await self._bar.at(1.0)

    def _totals(self) -> dict[str, int]:
        with connect.engine().connect() as conn:
            return backfill_progress.totals(conn, self._wish["id"])


class BudgetWait:
    """Waits for the next host of a run, or for the next hour where the budget of this one is used up; says so once."""

    def __init__(self) -> None:
        self._told: datetime | None = None

    async def __call__(self, run: Run) -> bool:
        """Wait for a while; False: nothing is left to wait for."""
        if not await asyncio.to_thread(_is_used_up, run):
            return await next_slot(run)
        now = datetime.now(UTC)
        until = budgets.next_hour(now)
        if not await asyncio.to_thread(_has_due, run, now):
            return False
        if self._told != until:
            self._told = until
            logger.info("the budget of %s requests an hour is used up, on at %s UTC", run.budget, f"{until:%H:%M}")
        await asyncio.sleep(min(NAP_S, (until - now).total_seconds()))
        return True


def _is_used_up(run: Run) -> bool:
    if run.budget is None or run.source_ids is None:
        return False
    with connect.engine().connect() as conn:
        now = datetime.now(UTC)
        return not any(budgets.left(conn, source_id, run.budget, now) for source_id in run.source_ids)


def _has_due(run: Run, now: datetime) -> bool:
    with connect.engine().connect() as conn:
        return backfill_progress.has_due(conn, run.source_ids or (), now)
