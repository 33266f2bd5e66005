"""The maintain flow: once a night the house is kept, and what raises no error is looked for.

In: nothing, or a rehearsal. Out: partitions ahead, expired rows gone, what dead processes left ended, the days of each
source, warnings (ingest.warnings) and an event of each new one. No request leaves. A chore that fails stops none of the
others. Each can be done again, so a run that was killed is simply started once more, or left to the next night.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from config.settings import settings
from flows import artifacts, events, maintained
from flows.crashed import close_left_open, mark_crashed
from flows.logs import open_logs
from flows.maintained import Nightly
from flows.report import DEGRADED, tag_degraded
from flows.run import Active, framed
from flows.verdict import error_line
from sql import connect
from sql.store import runs, warnings
from sql.store.bulk import Row
from tasks.stages import keep_house
from tasks.steps.silence import report, sizes
from tasks.steps.story_look import look_at_stories
from tasks.steps.upkeep import CHORES
from tasks.upkeep import Finding, Night

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
WARNINGS, SIZES, CHORE_TABLE = "maintain-warnings", "maintain-sizes", "maintain-chores"
STORIES = "maintain-stories"


def run_name() -> str:
    """What the run is about, for Prefect's lists."""
    return "maintain" + (", dry run" if flow_run.parameters.get("dry_run") else "")


@flow(name="maintain", flow_run_name=run_name, validate_parameters=True)
async def maintain(*, dry_run: bool = False) -> State[Any]:
    """Keep the house: partitions, retention, what dead processes left, statistics; and report silent failures.

    Safe to start at any time, beside everything else; no portal is asked.

    Args:
        dry_run: Count what would be done and warned of, without changing anything.
    """
    open_logs()
    try:
        outcome, message, found = await run_once(is_rehearsal=dry_run)
    except connect.OperationalError as error:
        raise connect.unavailable(connect.database_url(), error) from error
    logger.info("%s", message)
    told = {"outcome": outcome, "warnings": found}
    return Failed(message=message) if outcome == "failed" else Completed(message=message, data=told)


async def run_once(*, is_rehearsal: bool) -> tuple[str, str, Sequence[Row]]:
    """One run inside its frame: outcome (a run's state, or active), message and the table of warnings."""
    run_id = UUID(flow_run.id) if flow_run.id else None
    async with framed("maintain", None, {"dry_run": is_rehearsal}, run_id) as frame:
        if isinstance(frame, Active):
            return "active", frame.message, []
        night = _night(frame.run.id, is_rehearsal=is_rehearsal)
        nightly = await work(night)
        state, message = maintained.judged(nightly)
        frame.finish(state, message)
        if not is_rehearsal:
            await _tell_prefect(nightly, night)
        await _show(nightly, f"Run {night.run_id}: {message}")
        if state == DEGRADED:
            await tag_degraded()
        return state, message, nightly.warnings


async def work(night: Night) -> Nightly:
    """Do all chores, whatever becomes of each, then look for what is wrong; what came of it."""
    nightly = Nightly(night.is_rehearsal)
    for name, chore in (*CHORES, ("sizes", sizes), ("story_report", look_at_stories)):
        if (done := await _attempted(nightly, night, name, chore)) is not None:
            nightly.done[name] = done
    nightly.report = await _attempted(nightly, night, "report", report)
    nightly.warnings = await asyncio.to_thread(_warnings, nightly)
    return nightly


async def _attempted(nightly: Nightly, night: Night, name: str, chore: Callable[[Night], Value]) -> Value | None:
    """What a chore came to; None: it raised, which is noted in `nightly`. Either way the run's stages have it."""
    started, done = time.monotonic(), None
    try:
        done = await asyncio.to_thread(keep_house, name, night, chore)
    except Exception as error:  # noqa: BLE001 - what one chore stumbles over must not keep the others from being done
        # Prefect has logged the traceback with the task run.
        nightly.failed[name] = error_line(error)
        logger.warning("chore=%s failed, the others go on, the next run tries it again: %s", name, error)
    nightly.seconds[name] = time.monotonic() - started
    # Raises where the database is away: then no other chore is of any use.
    await asyncio.to_thread(_book, nightly, night, name)
    return done


def _night(run_id: int, *, is_rehearsal: bool) -> Night:
    using = settings()
    return Night(
        run_id=run_id,
        now=datetime.now(UTC),
        keep_pages=using.keep_pages,
        keep_fetch_events=using.keep_fetch_events,
        keep_changes=using.keep_changes,
        keep_sketches=using.keep_sketches,
        is_rehearsal=is_rehearsal,
    )


def _book(nightly: Nightly, night: Night, name: str) -> None:
    """The row of a chore in ingest.run_stages."""
    crashed = int(name in nightly.failed)
    row = {"stage": name, "received": 1, "passed": 1 - crashed, "skipped": 0, "failed": crashed, "crashed": crashed}
    with connect.engine().begin() as conn:
        runs.add_stage_counts(conn, night.run_id, [row | {"seconds": nightly.seconds[name]}])


def _warnings(nightly: Nightly) -> Sequence[Row]:
    """The table of warnings: all that are open, whoever raised them; in a rehearsal what was found."""
    if nightly.is_rehearsal:
        return maintained.foreseen_rows(nightly.report) if nightly.report else []
    with connect.engine().connect() as conn:
        return maintained.warning_rows(warnings.open_warnings(conn))


async def _tell_prefect(nightly: Nightly, night: Night) -> None:
    """Events about new warnings; the end of flow runs whose processes ended without telling it."""
    for finding in nightly.report.new if nightly.report else ():
        announce(finding, night.run_id)
    dead = [row["prefect_run_id"] for row in maintained.detail_rows(nightly, "runs") if row["prefect_run_id"]]
    await mark_crashed(dead, f"Its process ended without a word, as run {night.run_id} (maintain) found.")
    await close_left_open(night.now)


def announce(finding: Finding, run_id: int) -> None:
    """The event of a new warning, `newstape.stale_feed` and the like, about its source, else about the tape."""
    resource = f"newstape.source.{finding.slug}" if finding.slug else "newstape.tape"
    payload = {"kind": finding.kind, "source": finding.slug, "run": run_id, "message": finding.message}
    events.emit(f"newstape.{finding.kind}", resource, finding.slug or "the tape", payload)


async def _show(nightly: Nightly, about: str) -> None:
    """The artifacts of the run; a table without rows is left out."""
    tables: dict[str, Sequence[Row]] = {
        WARNINGS: nightly.warnings,
        SIZES: maintained.detail_rows(nightly, "sizes"),
        STORIES: maintained.detail_rows(nightly, "story_report"),
        CHORE_TABLE: maintained.chore_rows(nightly),
    }
    for key, rows in tables.items():
        if rows:
            await artifacts.table(key, rows, about)
