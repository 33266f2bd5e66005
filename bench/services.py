"""What the benchmarks run Newstape against: an embedded Postgres, a Prefect server, all in one temporary folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psycopg
from psycopg.sql import SQL, Identifier
from sampling import end_tree

from sql.connect import embedded_package

# The first start makes Prefect's database: up to half a minute on a busy machine.
PREFECT_START_S = 180.0
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Postgres:
    """The embedded server of a benchmark; `pid` is the one of its postmaster."""

    server: Any
    pid: int

    def url(self, database: str) -> str:
        """Address of a database on it, as libpq takes it."""
        return str(self.server.get_uri(database=database))

    def make_database(self, name: str) -> None:
        """An empty database, as Newstape makes its own."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            conn.execute(
                SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(Identifier(name)),
            )


@dataclass(frozen=True, slots=True)
class Prefect:
    """A running Prefect server."""

    api: str
    pid: int


def end_on_sigterm() -> None:
    """SIGTERM ends the program as Ctrl-C does: what it started is ended and its files are removed."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder for everything that is written, gone after the block; short, for the sake of socket paths."""
    folder = Path(tempfile.mkdtemp(prefix="nb-"))
    # The embedded Postgres runs under a user of its own where we are root, and must get in.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def embedded_postgres(home: Path) -> Iterator[Postgres]:
    """The server that Newstape itself would start in `home`; a program that works there finds it running."""
    server = embedded_package().get_server(home / "postgres")
    try:
        yield Postgres(server, server.get_pid())
    finally:
        server.cleanup()


@contextmanager
def prefect_server(home: Path) -> Iterator[Prefect]:
    """A Prefect server of its own on a free loopback port."""
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    log = home / "prefect-server.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env=os.environ | _PREFECT | {"PREFECT_HOME": str(home / "prefect-server")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_answer(f"{api}/health", child, log)
        yield Prefect(api, child.pid)
    finally:
        end_tree(child.pid, STOP_S)
        child.wait()


_PREFECT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
}


def newstape_environment(home: Path, **settings: str) -> dict[str, str]:
    """Environment of a `newstape` that knows only these settings, and may ask portals on loopback."""
    # Compiled files are kept, as on any machine: without them each start would compile our modules anew.
    unwanted = ("NEWSTAPE_", "PREFECT_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    own = {"NEWSTAPE_HOME": str(home), "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES": "true"}
    return kept | own | settings


def newstape_program() -> str:
    """Path of the `newstape` command that is installed beside this Python."""
    return str(Path(sys.executable).with_name("newstape"))


def check_exit(program: str, exit_code: int, log: Path, accepted: Container[int] = (0,)) -> None:
    """Stops with exit code 1 and the end of the program's log, where it did not end as it should."""
    if exit_code not in accepted:
        sys.exit(f"{program} ended with exit code {exit_code}; the end of what it said:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_answer(url: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PREFECT_START_S
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    sys.exit(f"Prefect's server did not start; the end of what it said:\n{log.read_text()[-3000:]}")
