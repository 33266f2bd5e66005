"""newstape reprocess: archived pages are read again with the present extractor."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from config.settings import settings
from config.sources import load_sources
from flows.commands.tables import show_table
from flows.commands.working import EXIT_CODES
from flows.definitions import chosen_sources
from flows.environment import prepare_prefect

DAY = click.DateTime(["%Y-%m-%d"])
COLUMNS = ("source", "field", "before", "after", "changed", "appeared", "vanished")


@click.command()
@click.option("--source", "slug", help="Only pages of this source (slug).")
@click.option("--start", type=DAY, help="First day: of publication, else of first sight, in the source's zone.")
@click.option("--end", type=DAY, help="Last day, inclusive.")
@click.option("--dry-run", is_flag=True, help="Read and compare, and say what would change; nothing is replaced.")
@click.option("--again", is_flag=True, help="Also read what the present extractor has read already.")
@click.option("--limit", type=click.IntRange(min=1), help="Read at most so many pages.")
def reprocess(
    slug: str | None, start: datetime | None, end: datetime | None, limit: int | None, *, dry_run: bool, again: bool
) -> None:
    """Read archived pages again with the present extractor and replace what was read before; no portal is asked.

    Prints how many revisions have a value before and after, per column. What is replaced is kept in
    ingest.reprocess_changes.

    Exit codes: 0 done; 2 wrong use; 3 our code failed on too many pages, or the database is away.
    """
    if start and end and end < start:
        raise click.UsageError(f"--end {end:%Y-%m-%d} lies before --start {start:%Y-%m-%d}")
    if slug:
        chosen_sources([slug], load_sources(settings().sources_dir))
    prepare_prefect(settings())
    parameters = {"source": slug, "start": start and start.date(), "end": end and end.date(), "limit": limit}
    outcome, message, found = asyncio.run(_reprocess(parameters | {"dry_run": dry_run, "again": again}))
    if found:
        show_table(COLUMNS, [[str(row[name]) for name in COLUMNS] for row in found])
    click.echo(message)
    raise click.exceptions.Exit(EXIT_CODES.get(outcome, 3))


async def _reprocess(parameters: Mapping[str, Any]) -> tuple[str, str, Sequence[Mapping[str, Any]]]:
    """Outcome, message and table of the flow; what it died of is raised here, once, instead of logged by Prefect."""
    from prefect.exceptions import FailedRun

    from flows.reprocess import reprocess as flow
    from flows.reprocess import table_of

    logging.getLogger("prefect.flow_runs").setLevel(logging.CRITICAL)
    state = await flow(**parameters, return_state=True)
    outcome = await state.aresult(raise_on_failure=False)
    if isinstance(outcome, Exception) and not isinstance(outcome, FailedRun):
        raise outcome
    found = await asyncio.to_thread(table_of, state.state_details.flow_run_id)
    return str(outcome), state.message or "", found
