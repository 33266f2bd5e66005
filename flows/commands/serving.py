"""newstape serve and deploy: what makes the tape grow by itself."""

import asyncio

import click

from config.settings import settings
from flows.environment import prepare_prefect


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=4200, show_default=True, help="Port of Prefect's UI.")
def serve(port: int) -> None:
    """Everything on a schedule: Postgres, Prefect's server with UI, the deployments, a worker; Ctrl-C ends them all."""
    prepare_prefect(settings())
    from flows.serve import serve_forever

    raise click.exceptions.Exit(serve_forever(port))


@click.command()
@click.option("--pool", default="newstape", show_default=True, help="Work pool whose workers run the flows.")
def deploy(pool: str) -> None:
    """Deploy every flow to the Prefect server that PREFECT_API_URL names, with the schedules of the source files.

    Do it again after an upgrade and after a change of source files; schedules that were paused by hand stay paused. The
    pool is made (of the type process) if it is missing. Its workers need Newstape and its settings.
    """
    prepare_prefect(settings())
    from flows.deploying import deploy as deploy_all

    names = asyncio.run(deploy_all(pool))
    click.echo(f"deployed to pool {pool}: {', '.join(names)}")
    click.echo(f"A worker that runs them: prefect worker start --pool {pool}")
