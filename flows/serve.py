"""newstape serve: Postgres, Prefect's server with UI, the deployments and one worker, as children of this process."""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from types import FrameType

from config.errors import Misconfigured, Unavailable
from config.settings import settings
from flows.supervision import Supervisor
from sql import connect, migrate

logger = logging.getLogger(__name__)

POOL = "newstape"
# One run of each flow, and one to spare that finds another one at work.
RUNS_AT_ONCE = 5


class _StopError(Exception):
    """SIGTERM or SIGINT arrived."""


def serve_forever(port: int) -> int:
    """Start everything, keep it running until SIGTERM or SIGINT, end everything; returns the exit code."""
    signal.signal(signal.SIGTERM, _on_signal)
    signal.signal(signal.SIGINT, _on_signal)
    supervisor = Supervisor(settings().home / "logs")
    try:
        _start_all(port, supervisor)
        while True:
            time.sleep(1)
            supervisor.look_after()
    except _StopError:
        logger.info("stopping: worker, Prefect's server, Postgres")
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor.stop_all()


def _on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of handlers
    raise _StopError


def _start_all(port: int, supervisor: Supervisor) -> None:
    migrate.ensure(connect.engine())
    logger.info("Postgres: %s", connect.shown(connect.engine().url))
    _refuse_taken(port)
    api = f"http://127.0.0.1:{port}/api"
    os.environ["PREFECT_API_URL"] = api
    os.environ.setdefault("PREFECT_UI_API_URL", "/api")
    # Everything is on this machine: asking for runs every three seconds costs nothing, and starts them sooner.
    os.environ.setdefault("PREFECT_WORKER_QUERY_SECONDS", "3")
    command = _prefect("server", "start", "--host", "127.0.0.1", "--port", str(port))
    server = supervisor.start("Prefect's server", command, f"{api}/health")
    # Imported while the server comes up: Prefect reads the environment when it is imported, and takes two seconds.
    from flows.deploying import deploy

    if not supervisor.await_health(server):
        raise Unavailable(
            f"Prefect's server does not answer at {api}. Its log is {supervisor.logs / 'server.log'}; "
            "if the port is taken, choose another with --port."
        )
    deployed = asyncio.run(deploy(POOL))
    logger.info("deployed: %s", ", ".join(deployed))
    # Created before the worker starts, so that its first question finds it.
    asyncio.run(_trigger())
    worker = _prefect("worker", "start", "--pool", POOL, "--type", "process", "--limit", str(RUNS_AT_ONCE))
    supervisor.start("worker", worker)
    logger.info("UI: http://127.0.0.1:%d  (an ingest has been started; Ctrl-C or SIGTERM ends everything)", port)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Misconfigured(
                f"Port {port} is in use, perhaps by another `newstape serve`. Stop that, or choose one with --port."
            ) from error


def _prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


async def _trigger() -> None:
    """An ingest at once: nobody wants to wait for the clock to see that it works."""
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        deployment = await client.read_deployment_by_name("ingest/ingest")
        await client.create_flow_run_from_deployment(deployment.id)
