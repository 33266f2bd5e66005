"""How far an ingest is, as a bar in Prefect's UI: only where there is more than one batch."""

import asyncio
from datetime import UTC, datetime

from flows.artifacts import Progress
from sql import connect
from sql.store import backlog
from tasks.steps.run import Run


class IngestBar:
    """Told how many entries were asked so far; shows a bar as soon as there is a batch that is not the last."""

    def __init__(self, run: Run, limit: int | None) -> None:
        self._run, self._limit = run, limit
        self._total = 0
        self._bar: Progress | None = None

    async def __call__(self, asked: int) -> None:
        """Move the bar to `asked` entries of those that were due when it was first shown."""
        if self._bar is None:
            left = await asyncio.to_thread(self._left)
            if not left or not asked:
                return
            self._total = asked + left if self._limit is None else min(asked + left, self._limit)
            self._bar = await Progress.started("ingest-progress", f"Run {self._run.id}: {self._total} entries to ask")
        await self._bar.at(asked / self._total)

    def _left(self) -> int:
        with connect.engine().connect() as conn:
            return backlog.due(conn, datetime.now(UTC), self._run.source_ids, self._run.entry_ids)
