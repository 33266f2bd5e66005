"""newstape maintain: the chores of the night now, and the warnings that are open."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import click

from config.settings import settings
from flows.commands.tables import show_table
from flows.commands.working import EXIT_CODES
from flows.environment import prepare_prefect

COLUMNS = ("kind", "source", "feed", "since", "message")


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what would be done and warned of; nothing is changed.")
def maintain(*, dry_run: bool) -> None:
    """Do now what is done every night: partitions, retention, what dead processes left, statistics, the report.

    Prints the warnings that are open, and what was done. No portal is asked; it may run beside everything else.

    Exit codes: 0 done; 1 some of it failed; 3 most of it failed, or the database is away.
    """
    prepare_prefect(settings())
    outcome, message, found = asyncio.run(_maintain(dry_run=dry_run))
    if found:
        show_table(COLUMNS, [_cells(row) for row in found])
    click.echo(message)
    raise click.exceptions.Exit(EXIT_CODES.get(outcome, 3))


def _cells(row: Mapping[str, Any]) -> list[str]:
    since = f"{row['since']:%Y-%m-%d %H:%M}" if row["since"] else ""
    return [row["kind"], row["source"], row["feed"], since, row["message"]]


async def _maintain(*, dry_run: bool) -> tuple[str, str, Sequence[Mapping[str, Any]]]:
    """Outcome, message and warnings of the flow; what it died of is raised here, once, instead of logged by Prefect."""
    from prefect.client.schemas.objects import State
    from prefect.exceptions import FailedRun

    from flows.maintain import maintain as flow

    logging.getLogger("prefect.flow_runs").setLevel(logging.CRITICAL)
    state: State[Any] = await flow(dry_run=dry_run, return_state=True)
    told: Any = await state.aresult(raise_on_failure=False)
    if isinstance(told, FailedRun):
        return "failed", state.message or "", []
    if isinstance(told, Exception):
        raise told
    return told["outcome"], state.message or "", told["warnings"]
