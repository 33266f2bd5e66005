"""The backfill flow: the past of a source, from where it can be had, onto the tape.

In: a wish. It is noted before anything is asked, and the run that has the lock takes up every open wish before it ends:
it lists the days that are open, then drains what they announced. Out: rows in `ingest` and `tape`. Killed anywhere, run
twice, beside the live ingest: the end is the same, and live entries go first.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from config.errors import Misconfigured
from config.settings import settings
from config.sources import load_sources
from flows import artifacts, backfilled, wish_book
from flows.choices import Source
from flows.drain import drain, handed
from flows.logs import open_logs
from flows.past_watch import PastBar
from flows.run import Active, Frame, framed
from flows.turns import BudgetWait, Turns
from flows.verdict import error_line
from flows.wish_book import Ended
from flows.wishes import Wish, run_title, titled, wished
from sql import connect
from tasks.enriching import read_chunk
from tasks.extract.pool import LocalExtractors
from tasks.fetch.client import Client, limits_of
from tasks.past import KnownRule, Via
from tasks.stages import list_past, rehearse_past
from tasks.steps.run import Run

logger = logging.getLogger(__name__)

DAYS, COVERAGE, REHEARSAL = "backfill-days", "backfill-coverage", "backfill-rehearsal"


@dataclass(frozen=True, slots=True)
class Means:
    """What a wish is fulfilled with; `limit`: most pages to ask for, None: all."""

    client: Client
    extractors: LocalExtractors
    turns: Turns
    limit: int | None


def run_name() -> str:
    """What the run is about, for Prefect's lists: "backfill nzz 2026-03-01..2026-03-20 sitemaps"."""
    return run_title(flow_run.parameters)


@flow(name="backfill", flow_run_name=run_name, validate_parameters=True)
async def backfill(  # noqa: PLR0913 - a field of the form each
    source: Source | None = None,
    start: date | None = None,
    end: date | None = None,
    via: Via = Via.SITEMAPS,
    place: str | None = None,
    known: KnownRule = KnownRule.SKIP,
    *,
    dry_run: bool = False,
    budget: Annotated[int, Field(ge=1)] | None = 600,
    limit: Annotated[int, Field(ge=1)] | None = None,
) -> State[Any]:
    """Bring articles of the past onto the tape; the same wish twice, or beside the live ingest, changes nothing more.

    Without a source, what earlier runs left open is gone on with.

    Args:
        source: Source whose past is wanted. Empty: go on with what is open, whatever source it is of.
        start: First day wanted, inclusive, in the source's zone.
        end: Last day wanted, inclusive. Empty: today.
        via: Where its articles are looked for: archive sitemaps, a paginated listing, WARC files, a web archive's index
            (wayback), or a folder of saved pages.
        place: Address or path of that: needed for warc and folder. Empty: what is usual, such as what robots.txt names.
        known: What is done about known articles: skip; failed = try those again that are not on the tape; again = all.
        dry_run: Count what the archive announces, and estimate the cost, without fetching or noting anything.
        budget: Most requests an hour to the source, live ones counted; live ones are never held back. Empty: no limit.
        limit: Most pages to ask for in this run; the rest stays open. Empty: all.
    """
    open_logs()
    parameters: dict[str, Any] = {"source": source and str(source), "start": start, "end": end, "via": str(via)}
    parameters |= {"place": place, "known": str(known), "dry_run": dry_run, "budget": budget, "limit": limit}
    try:
        outcome, message = await run_once(parameters)
    except Misconfigured as error:
        # A wrong form, not a fault: the sentence is all that the operator needs.
        logger.warning("%s", error)
        return Failed(message=str(error))
    except connect.OperationalError as error:
        raise connect.unavailable(connect.database_url(), error) from error
    logger.info("%s", message)
    return Failed(message=message) if outcome == "failed" else Completed(message=message, data=outcome)


async def run_once(parameters: Mapping[str, Any]) -> tuple[str, str]:
    """One run inside its frame: outcome and message. Outcomes beyond a run's states: active, noted."""
    loaded = load_sources(settings().sources_dir)
    wish = await asyncio.to_thread(wished, parameters, loaded, datetime.now(UTC))
    number = await asyncio.to_thread(wish_book.note, wish) if wish and not parameters["dry_run"] else None
    run_id = UUID(flow_run.id) if flow_run.id else None
    kept = {name: str(value) if isinstance(value, date) else value for name, value in parameters.items()}
    async with framed("backfill", None, kept, run_id) as frame:
        if isinstance(frame, Active):
            return _stand_back(frame, number)
        if wish and number is None:
            return await rehearse(frame, wish)
        return await work(frame, parameters["limit"])


def _stand_back(active: Active, number: int | None) -> tuple[str, str]:
    if number is None:
        return "active", active.message
    return "noted", f"Noted as backfill {number}: {active.other}. It takes up every open backfill before it ends."


async def work(frame: Frame, limit: int | None) -> tuple[str, str]:
    """Take up every open wish, the oldest first, also those that come meanwhile: state and message."""
    using = settings()
    extractors = LocalExtractors(using.extract_processes, using.extract_timeout, using.max_body_bytes, read_chunk)
    turns = Turns()
    try:
        async with Client(limits_of(using)) as client:
            while (wish := await turns.next()) is not None:
                left = None if limit is None else limit - await asyncio.to_thread(wish_book.asked, frame.run.id)
                if left is not None and left <= 0:
                    break
                await take_up(frame.run, wish, Means(client, extractors, turns, left))
                if turns.ended[wish["id"]].outage:
                    break
    finally:
        await asyncio.to_thread(extractors.close)
    state, message = await asyncio.to_thread(wish_book.judged, frame.run.id, list(turns.ended.values()))
    frame.finish(state, message)
    return state, message


async def take_up(run: Run, wish: Mapping[str, Any], means: Means) -> None:
    """Give a wish its turn; what our own code dies of stops this wish, not the others."""
    try:
        await fulfil(run, wish, means)
    except connect.OperationalError:
        raise
    except Exception as error:
        logger.exception("backfill=%d was stopped by an error of ours", wish["id"])
        said = f"stopped by {error_line(error)}; the log has the rest"
        means.turns.over(wish, Ended(titled(wish), "open", said, broken=True))


async def fulfil(run: Run, wish: Mapping[str, Any], means: Means) -> None:
    """List the open days of a wish, drain what they announced, and note what came of it."""
    bar = await PastBar.started(run.id, titled(wish), wish)
    mine = replace(run, slugs=(wish["slug"],), source_ids=(wish["source_id"],), is_backfill=True, budget=wish["budget"])
    try:
        await list_past(mine, handed(dict(wish)), handed(means.client.get), handed(bar.listed))
    except Misconfigured as error:
        means.turns.over(wish, await asyncio.to_thread(wish_book.refuse, wish, str(error)))
        return
    wait = BudgetWait(wish, means.turns)
    outage = await drain(mine, means.client, means.extractors, means.limit, bar.drained, wait)
    ended = await asyncio.to_thread(wish_book.conclude, wish, outage)
    means.turns.over(wish, ended, gave_way=wait.gave_way)
    if not wait.gave_way:
        await bar.done()
    await _show(run.id, ended)


async def _show(run_id: int, ended: Ended) -> None:
    """The tables of a wish; the same stands in ingest.backfill_days and news.coverage."""
    about = f"Run {run_id}, {ended.title}: {ended.message}. What became of an address: newstape why URL"
    await artifacts.table(DAYS, backfilled.day_rows(ended.days), about)
    if ended.coverage:
        about = f"{ended.title}: all that is known of these days, by day of publication"
        await artifacts.table(COVERAGE, backfilled.coverage_rows(ended.coverage), about)


async def rehearse(frame: Frame, wish: Wish) -> tuple[str, str]:
    """Count what a wish would bring: state and message."""
    row = await asyncio.to_thread(wish_book.as_open, wish)
    bar = await PastBar.started(frame.run.id, f"{wish.title} (dry run)", row)
    async with Client(limits_of(settings())) as client:
        found = await rehearse_past(frame.run, handed(row), handed(client.get), handed(bar.listed))
    await bar.done()
    message = f"{wish.title}: {backfilled.rehearsed_sentence(found)}"
    await artifacts.table(REHEARSAL, backfilled.rehearsed_rows(found), f"Run {frame.run.id}, {message}")
    frame.finish("completed", message)
    return "completed", message
