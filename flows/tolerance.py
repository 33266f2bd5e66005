"""Calls to Prefect's API that nothing depends on: where it is away, they are left out with a warning."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

import httpx
from prefect.exceptions import PrefectException

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
# A server that hangs would hold up the work for minutes: Prefect's own limit is 60 s a try, and there are several.
LONGEST_S = 10.0
# RuntimeError is how Prefect's client says that there is no API at the address it was given.
AWAY = (httpx.HTTPError, PrefectException, OSError, RuntimeError)


async def tolerated(call: Awaitable[Value], what: str) -> Value | None:
    """What the call brought; None where Prefect's API is away or refuses, after a warning that `what` is missing."""
    try:
        return await asyncio.wait_for(call, LONGEST_S)
    except AWAY as error:
        # wait_for's TimeoutError says nothing.
        reason = next(iter(str(error).splitlines()), f"no answer within {LONGEST_S:.0f} s")
        logger.warning("%s is missing in Prefect's UI, the work goes on: %s", what, reason)
        return None
