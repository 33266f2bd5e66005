"""Whose turn it is among the open wishes: one whose budget is used up gives way to the others until the next hour."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flows import wish_book
from flows.drain import next_slot
from flows.wish_book import Ended
from sql import connect
from sql.store import backfill_progress, budgets
from tasks.steps.run import Run

logger = logging.getLogger(__name__)

Row = Mapping[str, Any]
# A long wait is made of short ones, so that live entries of the source and new wishes are looked at in between.
NAP_S = 60.0


class Turns:
    """The wishes of a run: `ended` holds what came of each so far; those that gave way have another turn."""

    def __init__(self) -> None:
        self.ended: dict[int, Ended] = {}
        self._waiting: dict[int, Row] = {}
        self._at_work: int | None = None

    async def next(self) -> Row | None:
        """The oldest open wish that has had no turn yet, else the one that has waited longest; None: all had theirs."""
        wish = await asyncio.to_thread(wish_book.next_open, self.ended)
        while wish is None and self._waiting:
            number = next(iter(self._waiting))
            del self._waiting[number]
            # None: its source was paused meanwhile.
            wish = await asyncio.to_thread(wish_book.open_one, number)
        self._at_work = wish["id"] if wish else None
        return wish

    def over(self, wish: Row, ended: Ended, *, gave_way: bool = False) -> None:
        """Note what came of a turn."""
        self.ended[wish["id"]] = ended
        if gave_way:
            self._waiting[wish["id"]] = wish

    async def others_may_go_on(self) -> bool:
        """Whether a wish is open that has had no turn yet, or one that gave way has a budget again."""
        return await asyncio.to_thread(self._others_may_go_on)

    def _others_may_go_on(self) -> bool:
        if wish_book.next_open([*self.ended, *([] if self._at_work is None else [self._at_work])]):
            return True
        return any(not is_used_up(one["source_id"], one["budget"]) for one in self._waiting.values())


class BudgetWait:
    """Waits for the next host of a run, or for the next hour where its budget is used up and no other wish can go on.

    `gave_way`: the wish has more to do, and others are waiting.
    """

    def __init__(self, wish: Row, turns: Turns) -> None:
        self._wish, self._turns = wish, turns
        self._told: datetime | None = None
        self.gave_way = False

    async def __call__(self, run: Run) -> bool:
        """Wait for a while; False: nothing is left to wait for, or others go first."""
        if not await asyncio.to_thread(is_used_up, self._wish["source_id"], self._wish["budget"]):
            return await next_slot(run)
        now = datetime.now(UTC)
        if not await asyncio.to_thread(_has_due, self._wish["source_id"], now):
            return False
        until = budgets.next_hour(now)
        if self._told != until:
            self._told = until
            said = "the budget of %s requests an hour to %s is used up, on at %s UTC"
            logger.info(said, self._wish["budget"], self._wish["slug"], f"{until:%H:%M}")
        self.gave_way = await self._turns.others_may_go_on()
        if not self.gave_way:
            await asyncio.sleep(min(NAP_S, (until - now).total_seconds()))
        return not self.gave_way


def is_used_up(source_id: int, budget: int | None) -> bool:
    """Whether no request is left of the budget of a source in this hour."""
    if budget is None:
        return False
    with connect.engine().connect() as conn:
        return budgets.left(conn, source_id, budget, datetime.now(UTC)) == 0


def _has_due(source_id: int, now: datetime) -> bool:
    with connect.engine().connect() as conn:
        return backfill_progress.has_due(conn, [source_id], now)
