"""Flow runs of dead processes: Prefect would call them Running for ever, so the next run says what they are."""

import logging
from collections.abc import Iterable
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from flows.tolerance import tolerated

logger = logging.getLogger(__name__)


async def mark_crashed(prefect_run_ids: Iterable[UUID], message: str) -> None:
    """Set those of these flow runs to Crashed that Prefect has not seen end; `message` says what happened."""
    for flow_run_id in prefect_run_ids:
        await tolerated(_mark(flow_run_id, message), f"The end of flow run {flow_run_id}")


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
