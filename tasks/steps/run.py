"""What the steps of a run share: the run, what travels between them, and how they count."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from config.settings import settings
from tasks.columns import Row, failed_row
from tasks.model import Page
from tasks.outcome import Failure, Reason, Stage

LEASE = timedelta(seconds=60)
_COUNTERS = {"duplicate": "duplicates", "retry": "retried"}


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage of a run needs to know: its row, its name on leases, and what it is about.

    `slugs` and `source_ids`: these sources only; `entry_ids`: these entries only; None: all. `is_backfill`: it works on
    the entries of backfills too, which are left alone otherwise unless they are named; with a `budget` those of one
    source alone, which is then asked at most so many times an hour on their account, live requests counted.
    """

    id: int
    owner: str
    slugs: tuple[str, ...] | None
    source_ids: tuple[int, ...] | None
    entry_ids: tuple[int, ...] | None = None
    is_backfill: bool = False
    budget: int | None = None

    @property
    def is_live_only(self) -> bool:
        """Whether entries of backfills are none of its business."""
        return not self.is_backfill and self.entry_ids is None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An entry with its archived page."""

    entry: Row
    page_id: int
    page: Page


@dataclass(slots=True)
class Handover:
    """Where fetch leaves a batch for load; `asked` counts the entries that were asked for last.

    `unsaved` archives what was fetched last; None: that is done. `outage` says what happened where we, not the portals,
    are cut off: then nothing more is to be asked in this run.
    """

    batch: list[Fetched] = field(default_factory=list)
    asked: int = 0
    unsaved: Callable[[], list[Fetched]] | None = None
    outage: str | None = None

    def take(self) -> list[Fetched]:
        """The batch, which is no longer here then."""
        taken, self.batch = self.batch, []
        return taken

    def take_unsaved(self) -> Callable[[], list[Fetched]] | None:
        """What archives the last answers, which is no longer here then."""
        taken, self.unsaved = self.unsaved, None
        return taken


def failed(entry: Row, failure: Failure, attempts: int) -> dict[str, Any]:
    """The settled row of an entry that failed now, as request number `attempts`."""
    return failed_row(entry, failure, attempts, settings().max_attempts, datetime.now(UTC))


def crashed(reasons: Iterable[Reason | str | None]) -> dict[str, int]:
    """The counter of run_stages for those of these reasons that are our code's fault."""
    return {"crashed": sum(reason in {Reason.CRASH, Reason.HUNG} for reason in reasons)}


def stage_row(stage: Stage, received: int, passed: int, skipped: int, failed: int, seconds: float) -> dict[str, Any]:
    """A row of run_stages; every item is counted exactly once, or the run stops."""
    if received != passed + skipped + failed:
        raise RuntimeError(f"{stage}: {received} items came in, {passed} + {skipped} + {failed} are accounted for")
    names = ("received", "passed", "skipped", "failed", "seconds")
    return {"stage": stage.value} | dict(zip(names, (received, passed, skipped, failed, seconds), strict=True))


def source_counts(settled: Sequence[Row]) -> list[dict[str, Any]]:
    """Settled entries as counters per source."""
    counts = Counter((row["source_id"], _COUNTERS.get(str(row["counted"]), str(row["counted"]))) for row in settled)
    return [{"source_id": source_id, name: count} for (source_id, name), count in counts.items()]
