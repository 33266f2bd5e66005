"""newstape backfill: articles of the past, from where they can be had, onto the tape."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import click

from config.settings import settings
from config.sources import load_sources
from flows.commands.working import EXIT_CODES
from flows.environment import prepare_prefect
from tasks.past import KnownRule, Via

DAY = click.DateTime(["%Y-%m-%d"])
RULES = click.Choice([rule.value for rule in KnownRule])


@click.command()
@click.option("--source", help="Source (slug) whose past is wanted. Without it, what is open is gone on with.")
@click.option("--start", type=DAY, help="First day wanted, in the source's zone.")
@click.option("--end", type=DAY, help="Last day wanted, inclusive; without it, today.")
@click.option("--via", type=click.Choice([via.value for via in Via]), default="sitemaps", show_default=True,
              help="Where its articles are looked for.")  # fmt: skip
@click.option("--place", help="Address or path of that; needed for warc and folder.")
@click.option("--known", type=RULES, default="skip", show_default=True, help="What is done about known articles.")
@click.option("--dry-run", is_flag=True, help="Count what is announced and estimate the cost; nothing is noted.")
@click.option("--budget", type=click.IntRange(min=1), default=600, show_default=True,
              help="Most requests an hour to the source, live ones counted.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), help="Ask for at most so many pages; the rest stays open.")
def backfill(start: datetime | None, end: datetime | None, **given: Any) -> None:
    """Bring articles of the past of a source onto the tape.

    via: archive sitemaps, a paginated listing, WARC files (a file, a folder, a list of paths, or an address of these),
    a web archive's index (wayback), or a folder of saved pages. The same wish twice changes nothing more; one that was
    stopped goes on where it was. If a backfill is at work already, the wish is noted, and that run takes it up.

    Exit codes: 0 done; 1 noted, or some days can't be listed; 2 wrong use; 3 all failed, or the database is away.
    """
    from flows.wishes import wished

    parameters = given | {"start": _day(start), "end": _day(end)}
    # What the flow would refuse as well, but before Prefect has been started for it.
    wished(parameters, load_sources(settings().sources_dir), datetime.now(UTC))
    prepare_prefect(settings())
    outcome, message = asyncio.run(_backfill(parameters))
    click.echo(message)
    raise click.exceptions.Exit(EXIT_CODES.get(outcome, 3))


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


async def _backfill(parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Outcome and message of the flow; what it died of is raised here, once, instead of logged by Prefect."""
    from prefect.exceptions import FailedRun

    from flows.backfill import backfill as flow

    logging.getLogger("prefect.flow_runs").setLevel(logging.CRITICAL)
    state = await flow(**parameters, return_state=True)
    outcome = await state.aresult(raise_on_failure=False)
    if isinstance(outcome, Exception) and not isinstance(outcome, FailedRun):
        raise outcome
    return str(outcome), state.message or ""
