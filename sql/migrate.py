"""Bring a database to this version: drop our views, migrate the tables, make the views, grant; one transaction.

Tables are migrated, views are rebuilt. Views are dropped by name and without CASCADE: an analyst's own view on one
of ours must stop us with its name, not vanish.
"""

import logging
from datetime import UTC, datetime
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from config.errors import Misconfigured, Unavailable
from sql import connect, roles
from sql.store import schema

logger = logging.getLogger(__name__)

# Two upgrades at once wait for each other (transaction-level advisory lock, number chosen by us).
MIGRATION_LOCK = 0x6E657773
PACKAGE = resources.files("sql")


def head_revision() -> str:
    """The schema version that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def upgrade(engine: Engine, *, revision: str = "head") -> str:
    """Bring the database to `revision`; returns a sentence that says what happened.

    Raises Misconfigured where the database is newer than this code or somebody's view hangs on ours, Unavailable
    where a lock could not be had; in all cases the database is as before.
    """
    try:
        with engine.begin() as conn:
            return _upgrade(conn, revision)
    except OperationalError as error:
        raise Unavailable(
            f"The schema upgrade of {connect.shown(engine.url)} was rolled back: {_first_line(error)}. "
            "Somebody holds a lock, or the server is busy or away; nothing was changed. Run `newstape db upgrade` "
            "again."
        ) from error


def ensure(engine: Engine) -> None:
    """Make sure that the schema is the one that this code knows, before any work.

    The embedded database and an entirely empty one are brought up by themselves; any other that differs raises
    Misconfigured, which says what to do.
    """
    with engine.connect() as conn:
        current = schema.current_revision(conn)
        empty = current is None and schema.is_empty(conn)
    if current == head_revision():
        return
    _refuse_newer(current)
    if not (connect.is_embedded() or empty):
        found = f"has schema version {current}" if current else "holds tables, but none of Newstape's"
        raise Misconfigured(
            f"{connect.shown(engine.url)} {found}; this Newstape needs {head_revision()}. Nothing was done. Back it up "
            "if it matters, then run `newstape db upgrade`."
        )
    logger.info(upgrade(engine))


def _upgrade(conn: Connection, revision: str) -> str:
    conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    before = schema.current_revision(conn)
    _refuse_newer(before)
    if roles.may_create(conn):
        roles.create_missing(conn)
    for name in schema.SCHEMAS:
        conn.execute(text(f"CREATE SCHEMA IF NOT EXISTS {name}"))
    _drop_views(conn)
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, revision)
    schema.ensure_partitions(conn, datetime.now(UTC))
    for statement in view_statements():
        conn.exec_driver_sql(statement, execution_options={"no_parameters": True})
    missing = roles.grant(conn)
    after = schema.current_revision(conn)
    done = f"schema version {after}" if before == after else f"schema version {before or 'none'} -> {after}"
    return done + (f"; roles missing: {', '.join(missing)} (`newstape db roles`)" if missing else "")


def view_statements() -> list[str]:
    """The text of each file of views/, in name order."""
    files = sorted(PACKAGE.joinpath("views").iterdir(), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql")]


def _drop_views(conn: Connection) -> None:
    """Drop the views and functions of `news`, last made first, so that those that others read go last."""
    views = text("""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'news' AND c.relkind = 'v' ORDER BY c.oid DESC
    """)
    functions = text("""
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'news' ORDER BY p.oid DESC
    """)
    try:
        for name in conn.execute(functions).scalars().all():
            conn.execute(text(f"DROP FUNCTION {name}"))
        for name in conn.execute(views).scalars().all():
            conn.execute(text(f'DROP VIEW news."{name}"'))
    except (InternalError, ProgrammingError) as error:
        diagnosis = getattr(error.orig, "diag", None)
        raise Misconfigured(
            f"The upgrade stopped, nothing was changed: objects that are not ours read the views of `news`.\n"
            f"{getattr(diagnosis, 'message_detail', None) or _first_line(error)}\n"
            "Save their definitions (pg_dump --schema-only, or \\d+ in psql), drop them, run `newstape db upgrade`, "
            "and create them again."
        ) from error


def _refuse_newer(current: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise Misconfigured(
            f"The database has schema version {current}, which this Newstape (up to {head_revision()}) does not know: "
            "a newer Newstape made it. Nothing was done. Install that version here too."
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(PACKAGE.joinpath("migrations")).replace("%", "%%"))
    return config


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
