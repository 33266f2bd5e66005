"""The stages as Prefect tasks: thin faces of the steps, side by side.

A task run is a batch, never an article. Batches go in as `opaque` (Prefect must not look into them) and nothing
large is returned (Prefect keeps results for the length of the flow run).
"""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.extract.pool import Extractors
from tasks.model import Get, Web
from tasks.steps.fetch import fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.poll import Polled, poll_due
from tasks.steps.run import Fetched, Handover, Run


@task(name="poll", task_run_name="poll feeds", cache_policy=NO_CACHE)
async def poll_feeds(run: Run, get: Get, *, all_of_them: bool) -> Polled:
    """Poll the due feeds (`all_of_them`: due or not) and add what they list to the frontier."""
    return await poll_due(run, get, all_of_them=all_of_them)


@task(name="fetch", task_run_name="fetch a batch", cache_policy=NO_CACHE)
async def fetch_batch(run: Run, web: Web, handover: Handover, count: int) -> int:
    """Claim and fetch up to `count` due entries, while what the call before brought is archived and left in `handover`.

    Returns how many entries were claimed; 0 means that nothing is due.
    """
    return await fetch_due(run, web, handover, count)


@task(name="load", task_run_name="extract and load a batch", cache_policy=NO_CACHE)
def load_batch(run: Run, batch: Sequence[Fetched], extractors: Extractors) -> dict[str, int]:
    """Extract the pages of a batch and load the articles; counts by outcome."""
    return load_fetched(run, batch, extractors)
