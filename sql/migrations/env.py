"""Alembic's entry: runs inside the connection and transaction that sql/migrate.py hands over."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

import sql.tables.archive
import sql.tables.backfill
import sql.tables.boilerplate
import sql.tables.fields
import sql.tables.frontier
import sql.tables.ingest
import sql.tables.ledger
import sql.tables.placing
import sql.tables.takedowns
import sql.tables.tape
import sql.tables.upkeep  # noqa: F401 - importing declares the tables
from sql.tables import metadata

# A migration waits 4 s for a lock and works 5 s at most: longer work belongs into a flow, in batches.
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "4s", "5s"
SCHEMAS = ("ingest", "tape")


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:  # noqa: ARG001, FBT001
    """Leave Alembic's own table and the partitions (they come and go) out of comparisons."""
    if kind == "table" and reflected and other is None:
        return not (name == "alembic_version" or _is_partition(name or ""))
    return True


def include_name(name: str | None, kind: str, parents: Any) -> bool:  # noqa: ARG001
    """Look at our two schemas only."""
    return kind != "schema" or name in SCHEMAS


def _is_partition(name: str) -> bool:
    return name.endswith("_default") or name[-7:].replace("_", "").isdigit()


def run() -> None:
    """Migrate on the connection in the configuration's attributes."""
    connection: Connection = context.config.attributes["connection"]
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema="ingest",
        include_schemas=True,
        include_name=include_name,
        include_object=include_object,
        compare_type=True,
        compare_server_default=True,
    )
    context.run_migrations()


run()
