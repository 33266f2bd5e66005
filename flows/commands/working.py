"""newstape ingest, demo and serve: what makes the tape grow."""

import asyncio
import os
from pathlib import Path

import click

from config.errors import NewstapeError
from config.settings import settings
from flows.environment import prepare_prefect

EXIT_CODES = {"completed": 0, "active": 0, "degraded": 1}


@click.command()
@click.option("--source", "slugs", multiple=True, help="Only this source (slug); may be given several times.")
@click.option("--limit", type=click.IntRange(min=1), help="Fetch at most so many entries.")
@click.option("--all", "poll_all", is_flag=True, help="Poll every feed now, whether due or not.")
@click.option(
    "--sources", type=click.Path(path_type=Path), help="Folder with source files instead of the shipped ones."
)
@click.option("--database-url", help="Postgres to work on instead of NEWSTAPE_DATABASE_URL or the embedded one.")
def ingest(
    slugs: tuple[str, ...], limit: int | None, *, poll_all: bool, sources: Path | None, database_url: str | None
) -> None:
    """Poll the feeds that are due, load their new articles, and end when everything due is done."""
    given = {"NEWSTAPE_SOURCES_DIR": sources and str(sources), "NEWSTAPE_DATABASE_URL": database_url}
    os.environ.update({name: value for name, value in given.items() if value})
    settings.cache_clear()
    prepare_prefect(settings())
    from flows.ingest import ingest as flow

    async def run() -> object:
        state = await flow(list(slugs) or None, limit, "all" if poll_all else "due", return_state=True)
        outcome = await state.aresult(raise_on_failure=False)
        if not isinstance(outcome, NewstapeError):
            click.echo(state.message)
        return outcome

    outcome = asyncio.run(run())
    if isinstance(outcome, NewstapeError):
        raise outcome
    raise click.exceptions.Exit(EXIT_CODES.get(str(outcome), 3))


@click.command()
@click.option("--keep", is_flag=True, help="Keep what an earlier demo stored instead of starting afresh.")
def demo(*, keep: bool) -> None:
    """Portals to rows in a minute: a sample portal on loopback, an ingest run through Prefect, and what came of it."""
    from flows.demo import run_demo

    raise click.exceptions.Exit(run_demo(keep=keep))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=4200, show_default=True, help="Port of Prefect's UI.")
def serve(port: int) -> None:
    """Everything on a schedule: Postgres, Prefect's server with UI, the deployments, a worker; Ctrl-C ends them all."""
    prepare_prefect(settings())
    from flows.serve import serve_forever

    raise click.exceptions.Exit(serve_forever(port))
