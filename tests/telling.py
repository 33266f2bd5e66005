"""A flow that tells everything it can: artifacts and events, also where Prefect's API is away. A program of its own.

Prefect leaves sockets to the garbage collector, so its flows don't run in the process of the tests.
"""

import asyncio
import logging
import sys
from contextvars import Context
from datetime import UTC, datetime
from decimal import Decimal

from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import artifacts, events
from flows.artifacts import MOST_ROWS, Progress

ROW = {"source": "alpenboerse", "share": Decimal("0.30"), "new": 3, "at": datetime(2026, 11, 23, 1, 2, tzinfo=UTC)}
SHARES = (0.0, 0.25, 0.251, 7.0)


@flow
async def telling(nobody: str) -> None:
    """Tell everything to the server, then to the address where nobody listens."""
    await artifacts.table("per-source", [ROW, ROW | {"source": None}], "What came of it")
    await artifacts.table("long", [{"n": n} for n in range(MOST_ROWS + 7)], "Numbers")
    await artifacts.markdown("said", "# Words", "A text")
    for place, share in enumerate(SHARES):
        bar = await Progress.started(f"bar-{place}", "How far it is")
        await bar.at(share)
    events.emit("newstape.source.told", "newstape.source.nzz", "NZZ", {"run": 7, "share": Decimal("0.5")})
    events.emit("newstape.source.failed", "newstape.source.large", "Large", {"text": "x" * 3_000_000})
    # A context without the flow's client, which is connected to the server.
    await asyncio.create_task(_to_nobody(nobody), context=Context())


async def _to_nobody(address: str) -> None:
    with temporary_settings({PREFECT_API_URL: address}):
        await artifacts.table("nowhere", [{"n": 1}], "Numbers")
        bar = await Progress.started("nowhere-bar", "How far it is")
        await bar.at(0.5)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    asyncio.run(telling(sys.argv[1]))
    sys.stdout.write("done\n")
