"""Real Postgres for every test that needs one: the embedded 18, and Debian's 15 where the schema is concerned."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
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
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
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


def _new_database(server: URL, name: str) -> Engine:
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    admin.dispose()
    return connect.make_engine(server.set(database=name))


@pytest.fixture
def empty_database(server: URL) -> Iterator[Engine]:
    """An empty database on each server."""
    made = _new_database(server, "empty_one")
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def migrated(server: URL) -> Iterator[Engine]:
    """A database on each server, migrated to head once; tests leave it as it was (see `conn`)."""
    made = _new_database(server, "migrated")
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
    made = _new_database(embedded, "tape_one")
    monkeypatch.setenv("NEWSTAPE_DATABASE_URL", connect.plain(made.url))
    monkeypatch.setenv("NEWSTAPE_ALLOW_PRIVATE_ADDRESSES", "true")
    settings.cache_clear()
    connect.engine.cache_clear()
    migrate.upgrade(made)
    yield made
    connect.engine().dispose()
    connect.engine.cache_clear()
    made.dispose()
