"""The stages as Prefect tasks: thin faces of the steps, side by side.

A task run is a batch, never an article. Batches go in as `opaque` (Prefect must not look into them) and nothing
large is returned (Prefect keeps results for the length of the flow run).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run
from prefect.utilities.annotations import BaseAnnotation

from tasks.columns import Row
from tasks.extract.pool import Extractors
from tasks.model import Get, Web
from tasks.steps.backfill import DaysWatch, list_days
from tasks.steps.fetch import fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.poll import Polled, poll_due
from tasks.steps.rehearsal import Rehearsal, rehearse
from tasks.steps.reprocess import Sweep, Tally, Wanted, read_again
from tasks.steps.run import Fetched, Handover, Run
from tasks.upkeep import Night

Value = TypeVar("Value")


def _poll_name() -> str:
    return "poll all feeds" if task_run.parameters["all_of_them"] else "poll the feeds that are due"


def _load_name() -> str:
    batch = task_run.parameters["batch"]
    pages = len(batch.unwrap() if isinstance(batch, BaseAnnotation) else batch)
    return f"extract and load {pages} page{'' if pages == 1 else 's'}"


@task(name="poll", task_run_name=_poll_name, cache_policy=NO_CACHE)
async def poll_feeds(run: Run, get: Get, *, all_of_them: bool) -> Polled:
    """Poll the due feeds (`all_of_them`: due or not) and add what they list to the frontier."""
    return await poll_due(run, get, all_of_them=all_of_them)


@task(name="fetch", task_run_name="fetch up to {count} entries", cache_policy=NO_CACHE)
async def fetch_batch(run: Run, web: Web, handover: Handover, count: int) -> int:
    """Claim and fetch up to `count` due entries, while what the call before brought is archived and left in `handover`.

    Returns how many entries were claimed; 0 means that nothing is due.
    """
    return await fetch_due(run, web, handover, count)


@task(name="load", task_run_name=_load_name, cache_policy=NO_CACHE)
def load_batch(run: Run, batch: Sequence[Fetched], extractors: Extractors) -> dict[str, int]:
    """Extract the pages of a batch and load the articles; counts by outcome."""
    return load_fetched(run, batch, extractors)


@task(name="read again", task_run_name="read {sweep} beyond {after} again", cache_policy=NO_CACHE)
def read_batch_again(run: Run, wanted: Wanted, sweep: Sweep, after: int, count: int, extractors: Extractors) -> Tally:
    """Read the next archived pages beyond the id `after` again; what came of them."""
    return read_again(run, wanted, sweep, after, count, extractors)


def _list_name() -> str:
    wish = task_run.parameters["wish"]
    days = (wish.unwrap() if isinstance(wish, BaseAnnotation) else wish)["open_days"]
    return f"list {len(days)} day{'' if len(days) == 1 else 's'} of the past"


@task(name="list", task_run_name=_list_name, cache_policy=NO_CACHE)
async def list_past(run: Run, wish: Row, get: Get, watch: DaysWatch) -> Counter[str]:
    """Bring what an archive announces for the open days of a wish to the frontier; counts."""
    return await list_days(run, wish, get, watch)


@task(name="rehearse", task_run_name="count what an archive announces", cache_policy=NO_CACHE)
async def rehearse_past(run: Run, wish: Row, get: Get, watch: DaysWatch) -> Rehearsal:
    """Count what a backfill would find; nothing is kept of it."""
    return await rehearse(run, wish, get, watch)


@task(name="keep house", task_run_name="{name}", cache_policy=NO_CACHE)
def keep_house(name: str, night: Night, chore: Callable[[Night], Value]) -> Value:  # noqa: ARG001 - it names the task run
    """Do one chore of a night of maintenance; what it came to."""
    return chore(night)
