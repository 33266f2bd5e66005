"""The ingest flow: poll the feeds that are due, then drain the frontier onto the tape.

In: which sources, how many entries. Out: rows in `ingest` and `tape`, a row in ingest.runs. One run at a time per
database. Nothing is cached: what was done already stands in Postgres.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from config.settings import settings
from flows import by_hand
from flows.asking import Asked
from flows.drain import drain, handed
from flows.logs import open_logs
from flows.naming import named
from flows.progress import IngestBar
from flows.report import report, show_sources
from flows.run import Active, Frame, framed
from flows.verdict import source_rows, verdict
from sql import connect
from tasks.enriching import read_chunk
from tasks.extract.pool import LocalExtractors
from tasks.fetch.client import Client, limits_of
from tasks.stages import poll_feeds
from tasks.steps.poll import Polled
from tasks.steps.run import Run

logger = logging.getLogger(__name__)


def run_name() -> str:
    """What the run is about, for Prefect's lists: "ingest nzz", "ingest 3 URLs"."""
    return named("ingest", flow_run.parameters)


@flow(name="ingest", flow_run_name=run_name, validate_parameters=True)
async def ingest(
    sources: list[str] | None = None,
    limit: Annotated[int, Field(ge=1)] | None = None,
    poll: Literal["due", "all"] = "due",
    urls: list[str] | None = None,
) -> State[Any]:
    """Poll the feeds that are due and load their new articles onto the tape.

    Safe to start at any time: if a run is at work already, this one ends at once and says so.

    Args:
        sources: Slugs of the sources to ingest, as `newstape sources list` shows them. Empty: all of them.
        limit: Most entries to fetch in this run. Empty: everything that is due.
        poll: due = feeds whose time has come; all = every feed now, whether due or not.
        urls: Addresses of single articles to ingest at once instead of polling; limit and poll say nothing then.
    """
    open_logs()
    chosen = sources or None
    asked = await asyncio.to_thread(by_hand.wanted, urls, chosen) if urls else []
    parameters = {"sources": chosen, "limit": limit, "poll": poll, "urls": urls}
    try:
        outcome, message = await run_once(chosen, parameters, asked)
    except connect.OperationalError as error:
        raise connect.unavailable(connect.database_url(), error) from error
    logger.info("%s", message)
    return Failed(message=message) if outcome == "failed" else Completed(message=message, data=outcome)


async def run_once(chosen: list[str] | None, parameters: dict[str, Any], asked: list[Asked]) -> tuple[str, str]:
    """One run inside its frame: outcome and message. Outcomes beyond a run's states: active, noted, incomplete."""
    run_id = UUID(flow_run.id) if flow_run.id else None
    async with framed("ingest", chosen, parameters, run_id) as frame:
        if isinstance(frame, Active):
            return await stand_back(frame, asked)
        if asked:
            return await fetch_asked(frame, asked)
        return await read_feeds(frame, parameters["limit"], parameters["poll"])


async def stand_back(active: Active, asked: list[Asked]) -> tuple[str, str]:
    """The end of a run that found another one at work: what it was asked for is left to that one."""
    if not asked:
        return "active", active.message
    await asyncio.to_thread(by_hand.note, asked, datetime.now(UTC))
    return "noted", (
        f"Noted, not fetched yet: {active.other}. It or the next run fetches what was asked for; "
        "`newstape why` with an address tells what became of it."
    )


async def read_feeds(frame: Frame, limit: int | None, poll: Literal["due", "all"]) -> tuple[str, str]:
    """Poll, drain, and close the run with what came of it: state and message."""
    polled = await work(frame.run, limit, poll)
    if polled.outage is not None:
        frame.finish("failed", polled.outage)
        return "failed", polled.outage
    ended = await asyncio.to_thread(verdict, frame, polled.counts)
    frame.finish(ended.state, ended.message)
    await report(ended, frame.run.id)
    return ended.state, ended.message


async def fetch_asked(frame: Frame, asked: list[Asked]) -> tuple[str, str]:
    """Fetch these articles alone and close the run: outcome (incomplete: some are not on the tape) and message."""
    noted = await asyncio.to_thread(by_hand.note, asked, datetime.now(UTC))
    # These entries alone decide: one may have been listed first by a source that was not named.
    run = replace(frame.run, slugs=None, source_ids=None, entry_ids=noted.entry_ids)
    worked = await work(run, None, None)
    complete, message = await asyncio.to_thread(by_hand.told, noted, datetime.now(UTC))
    await show_sources(await asyncio.to_thread(source_rows, run.id), run.id)
    if worked.outage is not None:
        message = f"{worked.outage}\n{message}"
        frame.finish("failed", message)
        return "failed", message
    frame.finish("completed", message)
    return "completed" if complete else "incomplete", message


async def work(run: Run, limit: int | None, poll: Literal["due", "all"] | None) -> Polled:
    """Poll (None: nothing), then drain: the whole of a run. Returns what the polls brought, and an outage of ours."""
    using = settings()
    extractors = LocalExtractors(using.extract_processes, using.extract_timeout, using.max_body_bytes, read_chunk)
    polled = Polled({})
    try:
        async with Client(limits_of(using)) as client:
            if poll:
                polled = await poll_feeds(run, handed(client.get), all_of_them=poll == "all")
                logger.info("polled %s", " ".join(f"{name}={count}" for name, count in polled.counts.items()))
            if polled.outage is None:
                polled = replace(polled, outage=await drain(run, client, extractors, limit, IngestBar(run, limit)))
    finally:
        await asyncio.to_thread(extractors.close)
    return polled
