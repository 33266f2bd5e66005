"""Artifacts: tables, texts and progress bars beside a run in Prefect's UI. They show what Postgres keeps; no copy.

Keys are lower-case letters, digits and dashes; artifacts of one key are its history. Where Prefect's API is away an
artifact is left out with a warning. An artifact costs about 0.1 s: one a run, never one an article.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from flows.tolerance import tolerated

# The UI draws every row at once; beyond this many it is no longer readable, and the tables of Postgres have them all.
MOST_ROWS = 1000
# A bar that could not be moved is left alone for so long: the work must not wait for an API that is away at every step.
QUIET_S = 60.0


async def table(key: str, rows: Sequence[Mapping[str, object]], description: str) -> None:
    """A table, its columns those of the first row; beyond MOST_ROWS rows the description says how many are left out."""
    left_out = len(rows) - MOST_ROWS
    if left_out > 0:
        description = f"{description} (the first {MOST_ROWS} rows; {left_out} more are in Postgres)"
    shown = [{name: _cell(value) for name, value in row.items()} for row in rows[:MOST_ROWS]]
    await tolerated(acreate_table_artifact(table=shown, key=key, description=description), f"The table {key}")


async def markdown(key: str, text: str, description: str) -> None:
    """A text in Markdown."""
    await tolerated(acreate_markdown_artifact(markdown=text, key=key, description=description), f"The text {key}")


class Progress:
    """A progress bar of a run; `at` moves it."""

    def __init__(self, key: str, artifact_id: UUID | None) -> None:
        self.key, self._id, self._percent, self._quiet_until = key, artifact_id, 0, 0.0

    @classmethod
    async def started(cls, key: str, description: str) -> "Progress":
        """A bar at 0 %."""
        made = acreate_progress_artifact(progress=0.0, key=key, description=description)
        return cls(key, await tolerated(made, f"The progress bar {key}"))

    async def at(self, share: float) -> None:
        """Move the bar to `share` of the work (0 to 1); steps below one percent are not sent."""
        percent = round(100 * min(max(share, 0.0), 1.0))
        if self._id is None or percent == self._percent or time.monotonic() < self._quiet_until:
            return
        moved = await tolerated(aupdate_progress_artifact(self._id, float(percent)), f"The progress bar {self.key}")
        if moved is None:
            self._quiet_until = time.monotonic() + QUIET_S
        else:
            self._percent = percent


def _cell(value: object) -> str | int | float | bool | None:
    """A value as JSON has it; numbers that a float would bend are written out."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}" + (" UTC" if value.utcoffset() is not None else "")
        case _:
            return str(value)
