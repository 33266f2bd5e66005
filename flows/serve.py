"""newstape serve: Postgres, Prefect's server with UI, the deployments and one worker, as children of this process."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import FrameType

from config.errors import Misconfigured, Unavailable
from config.settings import settings
from sql import connect, migrate

logger = logging.getLogger(__name__)

POOL = "newstape"
# The first start makes Prefect's database: up to half a minute on a slow disk.
SERVER_START_S = 180.0
STOP_S = 20.0
RESTART_PAUSE_S = 5.0


@dataclass(slots=True)
class Child:
    """A process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: float


class _StopError(Exception):
    """SIGTERM or SIGINT arrived."""


def serve_forever(port: int) -> int:
    """Start everything, keep it running until SIGTERM or SIGINT, end everything; returns the exit code."""
    signal.signal(signal.SIGTERM, _on_signal)
    signal.signal(signal.SIGINT, _on_signal)
    children: list[Child] = []
    try:
        _start_all(port, children)
        while True:
            time.sleep(1)
            _restart_dead(children)
    except _StopError:
        logger.info("stopping: worker, Prefect's server, Postgres")
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in reversed(children):
            _stop(child)


def _on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of handlers
    raise _StopError


def _start_all(port: int, children: list[Child]) -> None:
    migrate.ensure(connect.engine())
    logger.info("Postgres: %s", connect.shown(connect.engine().url))
    _refuse_taken(port)
    api = f"http://127.0.0.1:{port}/api"
    os.environ["PREFECT_API_URL"] = api
    os.environ.setdefault("PREFECT_UI_API_URL", "/api")
    children.append(_spawn("Prefect's server", _prefect("server", "start", "--host", "127.0.0.1", "--port", str(port))))
    _await_server(api, children[0])
    asyncio.run(_make_pool())
    deploy(POOL)
    children.append(_spawn("worker", _prefect("worker", "start", "--pool", POOL, "--type", "process", "--limit", "4")))
    asyncio.run(_trigger())
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


def deploy(pool: str) -> None:
    """Deploy everything that prefect.yaml declares to `pool` of the server that PREFECT_API_URL names."""
    done = subprocess.run(
        _prefect("--no-prompt", "deploy", "--all", "--prefect-file", str(declaration())),
        check=False,
        capture_output=True,
        text=True,
        cwd=declaration().parent,
    )
    if done.returncode:
        raise Unavailable(f"The deployments could not be made on pool {pool}: {(done.stderr or done.stdout).strip()}")


def declaration() -> Path:
    """Path of prefect.yaml: beside the package in a checkout, inside it once installed."""
    inside = Path(str(resources.files("flows").joinpath("prefect.yaml")))
    return inside if inside.exists() else inside.parent.parent / "prefect.yaml"


def _prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


def _spawn(name: str, command: list[str]) -> Child:
    """Each child leads a process group, so that what it starts ends with it."""
    logs = settings().home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name.rpartition(' ')[2]}.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    logger.info("%s: started, process %d, log %s", name, process.pid, log.name)
    return Child(name, command, process, time.monotonic())


def _restart_dead(children: list[Child]) -> None:
    for place, child in enumerate(children):
        code = child.process.poll()
        if code is not None and time.monotonic() - child.started > RESTART_PAUSE_S:
            logger.warning("%s ended with code %s and is started again", child.name, code)
            children[place] = _spawn(child.name, child.command)


def _stop(child: Child) -> None:
    """Ask the child and its group to end, then make them."""
    _signal_group(child, signal.SIGTERM)
    try:
        child.process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        logger.warning("%s did not end within %.0f s and is killed", child.name, STOP_S)
    _signal_group(child, signal.SIGKILL)
    child.process.wait()


def _signal_group(child: Child, number: signal.Signals) -> None:
    try:
        os.killpg(child.process.pid, number)
    except ProcessLookupError:
        return


def _await_server(api: str, child: Child) -> None:
    deadline = time.monotonic() + SERVER_START_S
    while time.monotonic() < deadline:
        if child.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=2):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise Unavailable(
        f"Prefect's server does not answer at {api}. Its log is {settings().home / 'logs' / 'server.log'}; "
        "if the port is taken, choose another with --port."
    )


async def _make_pool() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        except ObjectAlreadyExists:
            logger.debug("the pool is there already")


async def _trigger() -> None:
    """An ingest at once: nobody wants to wait for the clock to see that it works."""
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        deployment = await client.read_deployment_by_name("ingest/ingest")
        await client.create_flow_run_from_deployment(deployment.id)
