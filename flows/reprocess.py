"""The reprocess flow: archived pages are read again, and what a better extractor reads replaces what was read before.

In: which articles. Out: revisions replaced in place, rows in ingest.reprocess_changes, reprocess_diffs and runs.
No request leaves: there is no client. A run that was killed is simply started again: what is done is not done twice.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from config.errors import Misconfigured
from config.settings import settings
from flows import artifacts, reprocessed
from flows.choices import Source
from flows.drain import handed
from flows.logs import open_logs
from flows.run import Active, Frame, framed
from flows.verdict import CRASH_SHARE, FEWEST_CRASHES
from sql import connect
from sql.store import reprocess as store
from sql.store import run_ends
from tasks.enriching import read_chunk
from tasks.extract.pool import LocalExtractors
from tasks.extract.version import EXTRACTOR_VERSION
from tasks.fields.version import FIELDS_VERSION
from tasks.stages import read_batch_again
from tasks.steps.reprocess import SWEEPS, Tally, Wanted
from tasks.steps.run import Run

logger = logging.getLogger(__name__)

COLUMNS, EXAMPLES, PROGRESS = "reprocess-columns", "reprocess-examples", "reprocess-progress"


def run_name() -> str:
    """What the run is about, for Prefect's lists: "reprocess nzz, dry run"."""
    given = flow_run.parameters
    return " ".join(["reprocess", *filter(None, [given.get("source")])]) + (", dry run" if given.get("dry_run") else "")


@flow(name="reprocess", flow_run_name=run_name, validate_parameters=True)
async def reprocess(  # noqa: PLR0913 - a field of the form each
    source: Source | None = None,
    start: date | None = None,
    end: date | None = None,
    stages: list[Literal["extract"]] | None = None,
    *,
    dry_run: bool = False,
    again: bool = False,
    limit: Annotated[int, Field(ge=1)] | None = None,
) -> State[Any]:
    """Read archived pages again with the present extractor and replace what was read before; no portal is asked.

    What is replaced is kept in ingest.reprocess_changes. Pages without an article are tried again, too.

    Args:
        source: Source whose pages are read again. Empty: all of them.
        start: First day, inclusive: of publication, else of first sight, in the source's zone. Empty: from the start.
        end: Last day, inclusive. Empty: until now.
        stages: Which stages work again; extract is the only one so far. Empty: all of them.
        dry_run: Read and compare, and count what would change, without replacing anything.
        again: Also read what the present extractor has read already.
        limit: Most pages to read in this run. Empty: all.
    """
    open_logs()
    if start and end and end < start:
        raise Misconfigured(f"The end, {end}, lies before the start, {start}. Nothing was read; give days in order.")
    parameters: dict[str, Any] = {
        "source": source,
        "start": start and str(start),
        "end": end and str(end),
        "stages": stages,
    }
    parameters |= {"dry_run": dry_run, "again": again, "limit": limit}
    scope = store.Scope(start=start, stop=end)
    if not again:
        scope = replace(scope, version=EXTRACTOR_VERSION, fields_version=FIELDS_VERSION)
    try:
        outcome, message = await run_once(Wanted(scope, dry_run), [source.value] if source else None, limit, parameters)
    except connect.OperationalError as error:
        raise connect.unavailable(connect.database_url(), error) from error
    logger.info("%s", message)
    return Failed(message=message) if outcome == "failed" else Completed(message=message, data=outcome)


async def run_once(
    wanted: Wanted, chosen: list[str] | None, limit: int | None, parameters: dict[str, Any]
) -> tuple[str, str]:
    """One run inside its frame: outcome (a run's state, or active) and message."""
    run_id = UUID(flow_run.id) if flow_run.id else None
    async with framed("reprocess", chosen, parameters, run_id) as frame:
        if isinstance(frame, Active):
            return "active", frame.message
        mine = replace(wanted, scope=replace(wanted.scope, source_ids=frame.run.source_ids))
        tally = await work(frame.run, mine, limit)
        state, message = await asyncio.to_thread(judged, frame, mine, tally)
        frame.finish(state, message)
        await _show(frame.run, tally, message)
        return state, message


async def work(run: Run, wanted: Wanted, limit: int | None) -> Tally:
    """Read all that is wanted again, in batches; what came of it."""
    using = settings()
    total = await asyncio.to_thread(_count, wanted)
    total = total if limit is None else min(total, limit)
    progress = await artifacts.Progress.started(PROGRESS, f"Run {run.id}: {total:,} pages to read again")
    extractors = LocalExtractors(using.extract_processes, using.extract_timeout, using.max_body_bytes, read_chunk)
    tally = Tally()
    try:
        for sweep in SWEEPS:
            tally.last_id = 0
            while tally.last_id is not None and (limit is None or tally.seen < limit):
                size = using.batch_size if limit is None else min(using.batch_size, limit - tally.seen)
                batch = await asyncio.to_thread(
                    read_batch_again, run, wanted, sweep, tally.last_id, size, handed(extractors)
                )
                tally.add(batch)
                logger.info("read again sweep=%s pages=%d changed=%d", sweep, batch.seen, batch.changed)
                await progress.at(tally.seen / total if total else 1.0)
    finally:
        await asyncio.to_thread(extractors.close)
    return tally


def _count(wanted: Wanted) -> int:
    with connect.engine().connect() as conn:
        return store.count(conn, wanted.scope)


def judged(frame: Frame, wanted: Wanted, tally: Tally) -> tuple[str, str]:
    """State and message: failed where our own code failed too often, else completed."""
    message = reprocessed.sentence(tally, is_rehearsal=wanted.is_rehearsal)
    with connect.engine().connect() as conn:
        crashes = run_ends.crashes(conn, frame.run.id, CRASH_SHARE, FEWEST_CRASHES)
    said = [f"our code failed on {row['crashed']} of {row['received']} pages" for row in crashes]
    return ("failed" if said else "completed"), "; ".join([*said, message])


async def _show(run: Run, tally: Tally, message: str) -> None:
    """The artifacts of the run; the same stands in ingest.reprocess_diffs and reprocess_changes."""
    if found := await asyncio.to_thread(_columns, run.id):
        about = f"Run {run.id}: {message}. Revisions with a value before and after, per column"
        await artifacts.table(COLUMNS, found, about)
    if told := reprocessed.examples(tally):
        await artifacts.markdown(EXAMPLES, told, f"Run {run.id}: examples of what changed, and what could not be read")


def _columns(run_id: int) -> list[dict[str, Any]]:
    with connect.engine().connect() as conn:
        return reprocessed.columns(store.diffs(conn, run_id))


def table_of(flow_run_id: UUID | None) -> list[dict[str, Any]]:
    """The counts per column of the run that a flow run was; []: it did not get to work."""
    with connect.engine().connect() as conn:
        run_id = None if flow_run_id is None else store.run_of(conn, flow_run_id)
    return [] if run_id is None else _columns(run_id)
