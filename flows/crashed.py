"""Flow runs that Prefect would call Running for ever: those of dead processes, those whose end it never heard of."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Crashed, Failed

from flows.tolerance import tolerated
from sql import connect
from sql.store import run_ends
from sql.store.bulk import Row

logger = logging.getLogger(__name__)

FLOWS = ("ingest", "backfill", "reprocess", "maintain")
# A process tries to tell the end of its run for eight minutes, and then its events; until then it may still succeed.
LONGEST_TELLING = timedelta(minutes=15)
# Prefect gives 200 flow runs at a time, the oldest first here; what is beyond waits for the next night.
MOST_RUNS = 200


async def mark_crashed(prefect_run_ids: Iterable[UUID], message: str) -> None:
    """Set those of these flow runs to Crashed that Prefect has not seen end; `message` says what happened."""
    for flow_run_id in prefect_run_ids:
        await tolerated(_mark(flow_run_id, message), f"The end of flow run {flow_run_id}")


async def close_left_open(now: datetime) -> int:
    """Tell Prefect the end of flow runs that are Running or Pending there and closed in ingest.runs; how many."""
    found = await tolerated(_left_open(), "The end of flow runs that Prefect takes to be at work")
    if not found:
        return 0
    closed = 0
    ends = await asyncio.to_thread(_ends, [one.id for one in found])
    for flow_run, ended in _pairs(found, ends, now - LONGEST_TELLING):
        if await tolerated(_close(flow_run, _state_of(ended)), f"The end of flow run {flow_run.id}"):
            closed += 1
    return closed


async def _mark(flow_run_id: UUID, message: str) -> None:
    async with get_client() as client:
        try:
            found = await client.read_flow_run(flow_run_id)
        except ObjectNotFound:
            # Another server's: a run by hand has a short-lived one of its own.
            logger.debug("flow run %s is unknown to this Prefect server", flow_run_id)
            return
        if found.state is not None and found.state.is_final():
            return
        await client.set_flow_run_state(flow_run_id, Crashed(message=message), force=True)
        logger.info("flow run %s was set to Crashed: %s", found.name, message)


async def _left_open() -> list[FlowRun]:
    types = FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])
    async with get_client() as client:
        return await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=list(FLOWS))),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=types)),
            sort=FlowRunSort.START_TIME_ASC,
            limit=MOST_RUNS,
        )


def _ends(flow_run_ids: list[UUID]) -> dict[UUID, Row]:
    with connect.engine().connect() as conn:
        return {row["prefect_run_id"]: row for row in run_ends.of_flow_runs(conn, flow_run_ids)}


def _pairs(flow_runs: Iterable[FlowRun], ends: dict[UUID, Row], latest: datetime) -> Iterable[tuple[FlowRun, Row]]:
    """Flow runs whose rows were closed before `latest`, each with its row.

    A flow run that entered its state after that was started again in Prefect, and its next row is not open yet.
    """
    for one in flow_runs:
        ended = ends.get(one.id)
        if ended and one.state and one.state.timestamp < ended["finished_at"] < latest:
            yield one, ended


def _state_of(ended: Row) -> State[None]:
    at = f"{ended['finished_at']:%Y-%m-%d %H:%M:%S} UTC"
    said = f"{ended['message']} (run {ended['id']}, ended {at}; nobody told Prefect at the time)"
    match ended["state"]:
        case "crashed":
            return Crashed(message=said)
        case "failed":
            return Failed(message=said)
        case _:
            return Completed(message=said)


async def _close(flow_run: FlowRun, state: State[None]) -> bool:
    async with get_client() as client:
        await client.set_flow_run_state(flow_run.id, state, force=True)
    logger.info("flow run %s was set to %s: %s", flow_run.name, state.name, state.message)
    return True
