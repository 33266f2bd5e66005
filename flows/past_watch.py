"""A backfill while it works: how far a wish is, as a bar in Prefect's UI."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from flows.artifacts import Progress
from sql import connect
from sql.store import backfill_progress

# Of the bar, listing is the first part. Asking for pages takes longer, but nobody knows how many before it is done.
LISTING = 0.2
# Counting the entries of a large wish takes a while: it may cost this share of the time.
COUNTING = 0.02


class PastBar:
    """The bar of one wish: days that are listed, then entries that are done."""

    def __init__(self, bar: Progress, wish: Mapping[str, Any]) -> None:
        self._bar, self._wish = bar, wish
        self._next = 0.0

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
        began = time.monotonic()
        if began < self._next:
            return
        totals = await asyncio.to_thread(self._totals)
        ended = time.monotonic()
        self._next = ended + (ended - began) / COUNTING
        share = 1 - totals["open"] / totals["announced"] if totals["announced"] else 1.0
        await self._bar.at(LISTING + (1 - LISTING) * share)

    async def done(self) -> None:
        """Move it to its end."""
        await self._bar.at(1.0)

    def _totals(self) -> dict[str, int]:
        with connect.engine().connect() as conn:
            return backfill_progress.totals(conn, self._wish["id"])
