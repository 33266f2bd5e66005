"""Events of ours in Prefect's event feed, for automations: a source failed or came back, a report found something."""

import logging
from collections.abc import Mapping

from prefect.events import emit_event

from flows.tolerance import AWAY

logger = logging.getLogger(__name__)


def emit(event: str, resource: str, name: str, payload: Mapping[str, object]) -> None:
    """Send `event` (newstape.source.failed) about `resource` (newstape.source.nzz), which people call `name`.

    It is sent behind the caller's back: this costs nothing, and an event that can't be sent is logged and lost.
    """
    about = {"prefect.resource.id": resource, "prefect.resource.name": name}
    try:
        emit_event(event, about, payload=dict(payload))
    except (*AWAY, ValueError) as error:
        logger.warning("The event %s of %s was not sent: %s", event, resource, error)
