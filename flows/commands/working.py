"""newstape ingest and demo: what makes the tape grow."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Literal

import click

from config.errors import Unavailable
from config.settings import settings
from config.sources import load_sources
from flows.definitions import chosen_sources
from flows.environment import prepare_prefect

# Of a run: noted and incomplete are those that were asked for single articles.
EXIT_CODES = {"completed": 0, "active": 0, "degraded": 1, "noted": 1, "incomplete": 1}


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--source", "slugs", multiple=True, help="Only this source (slug); may be given several times.")
@click.option("--limit", type=click.IntRange(min=1), help="Fetch at most so many entries.")
@click.option("--all", "poll_all", is_flag=True, help="Poll every feed now, whether due or not.")
@click.option(
    "--sources", type=click.Path(path_type=Path), help="Folder with source files instead of the shipped ones."
)
@click.option("--database-url", help="Postgres to work on instead of NEWSTAPE_DATABASE_URL or the embedded one.")
def ingest(
    urls: tuple[str, ...],
    slugs: tuple[str, ...],
    limit: int | None,
    *,
    poll_all: bool,
    sources: Path | None,
    database_url: str | None,
) -> None:
    """Poll the feeds that are due, load their new articles, and end when everything due is done.

    With the URL of one article or several, no feed is polled: these articles are fetched at once, under robots.txt and
    at the usual pace, whether they are new, were given up, or are on the tape already. What became of each is said.

    Exit codes: 0 done; 1 some sources failed, or a URL is not on the tape; 2 wrong use, or a URL that no source covers.
    """
    if urls and (limit or poll_all):
        raise click.UsageError("--limit and --all are about feeds; with a URL no feed is polled")
    given = {"NEWSTAPE_SOURCES_DIR": sources and str(sources), "NEWSTAPE_DATABASE_URL": database_url}
    os.environ.update({name: value for name, value in given.items() if value})
    settings.cache_clear()
    _check(slugs, urls)
    prepare_prefect(settings())
    outcome, message = asyncio.run(_ingest(list(slugs) or None, limit, "all" if poll_all else "due", list(urls)))
    click.echo(message)
    raise click.exceptions.Exit(EXIT_CODES.get(outcome, 3))


def _check(slugs: tuple[str, ...], urls: tuple[str, ...]) -> None:
    """Misconfigured for what the flow would refuse as well, but before Prefect has been started for it."""
    if urls:
        from flows.by_hand import wanted

        wanted(urls, slugs)
    else:
        chosen_sources(slugs, load_sources(settings().sources_dir))


async def _ingest(
    slugs: list[str] | None, limit: int | None, poll: Literal["due", "all"], urls: list[str]
) -> tuple[str, str]:
    """Outcome and message of the flow; what it died of is raised here, once, instead of logged by Prefect."""
    from httpx import HTTPError
    from prefect.exceptions import FailedRun
    from prefect.settings import PREFECT_API_URL

    from flows.ingest import ingest as flow

    logging.getLogger("prefect.flow_runs").setLevel(logging.CRITICAL)
    try:
        state = await flow(slugs, limit, poll, urls or None, return_state=True)
    except (HTTPError, RuntimeError) as error:
        # What the flow itself dies of is in its state; this is Prefect, which can't reach its API.
        raise Unavailable(
            f"Prefect's API at {PREFECT_API_URL.value()} does not answer: {error}. If the run was at work "
            "already, it is done all the same, and `newstape status` says how it ended. Check PREFECT_API_URL and that "
            "the server runs; without PREFECT_API_URL a server is started for the run."
        ) from error
    outcome = await state.aresult(raise_on_failure=False)
    if isinstance(outcome, Exception) and not isinstance(outcome, FailedRun):
        raise outcome
    return str(outcome), state.message or ""


@click.command()
@click.option("--keep", is_flag=True, help="Keep what an earlier demo stored instead of starting afresh.")
def demo(*, keep: bool) -> None:
    """Portals to rows in a minute: a sample portal on loopback, an ingest run through Prefect, and what came of it."""
    from flows.demo import run_demo

    raise click.exceptions.Exit(run_demo(keep=keep))
