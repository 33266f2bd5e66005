"""Real Postgres for every test that needs one: the embedded 18, and Debian's 15 where the schema is concerned."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.engine import URL

from config.settings import settings
from sql import connect, migrate

hypothesis_settings.register_profile(
    "newstape", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("newstape")

DEBIAN_POSTGRES = Path("/usr/lib/postgresql/15/bin")


def missing(what: str, install: str) -> None:
    """Skip because something is not installed; under NEWSTAPE_REQUIRE_ALL=1 that is a failure."""
    message = f"{what} is not installed: {install}"
    if os.environ.get("NEWSTAPE_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A NEWSTAPE_HOME for this test process; short, because a socket's path may have 107 characters at most."""
    folder = Path(tempfile.mkdtemp(prefix="nt-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the person who runs the tests gets in."""
    for name in [name for name in os.environ if name.startswith("NEWSTAPE_") and name != "NEWSTAPE_REQUIRE_ALL"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEWSTAPE_HOME", str(home))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def embedded(home: Path) -> Iterator[URL]:
    """The embedded Postgres 18: URL of its `postgres` database."""
    server = connect.embedded_package().get_server(home / "postgres")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()


@pytest.fixture(scope="session")
def debian15() -> Iterator[URL]:
    """Debian's Postgres 15, a cluster of our own on a socket: URL of its `postgres` database."""
    if not (DEBIAN_POSTGRES / "initdb").exists():
        missing("Postgres 15", "apt-get install postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="nt15-"))
    user: list[str | Path] = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    data, sockets = folder / "data", folder
    subprocess.run([*user, DEBIAN_POSTGRES / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
                   check=True, capture_output=True, cwd="/")  # fmt: skip
    control = [*user, DEBIAN_POSTGRES / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
    subprocess.run([*control, "-o", f"-k {sockets} -h ''", "start"], check=True, capture_output=True, cwd="/")
    yield make_url(f"postgresql+psycopg://postgres@/postgres?host={sockets}")
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=["embedded", pytest.param("debian15", marks=pytest.mark.debian)])
def server(request: pytest.FixtureRequest) -> URL:
    """Each server that the schema must work on, in turn."""
    url: URL = request.getfixturevalue(request.param)
    return url


def new_database(server: URL, name: str) -> Engine:
    """An empty database of that name; one that is there already is dropped."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    admin.dispose()
    return connect.make_engine(server.set(database=name))


@pytest.fixture
def empty_database(server: URL) -> Iterator[Engine]:
    """An empty database on each server."""
    made = new_database(server, "empty_one")
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def migrated(server: URL) -> Iterator[Engine]:
    """A database on each server, migrated to head once; tests leave it as it was (see `conn`)."""
    made = new_database(server, "migrated")
    migrate.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def conn(migrated: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back."""
    with migrated.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def tape(embedded: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty, migrated database that the whole process works on, as if NEWSTAPE_DATABASE_URL named it."""
    made = new_database(embedded, "tape_one")
    monkeypatch.setenv("NEWSTAPE_DATABASE_URL", connect.plain(made.url))
    monkeypatch.setenv("NEWSTAPE_ALLOW_PRIVATE_ADDRESSES", "true")
    settings.cache_clear()
    connect.engine.cache_clear()
    migrate.upgrade(made)
    yield made
    connect.engine().dispose()
    connect.engine.cache_clear()
    made.dispose()


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[str]:
    """A Prefect server of this test process, on SQLite in a folder of its own: URL of its API."""
    folder = Path(tempfile.mkdtemp(prefix="nt-prefect-"))
    port = free_port()
    environment = os.environ | {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    api = f"http://127.0.0.1:{port}/api"
    try:
        await_true(lambda: answers(f"{api}/health"), 180, "Prefect's server")
        yield api
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a GET of `url` on loopback is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def await_true(question: Callable[[], object], seconds: float, what: str) -> None:
    """Ask until the answer is true; fails after `seconds` (a bound against hanging, not a measure)."""
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come within {seconds:g} s")
        time.sleep(0.1)
