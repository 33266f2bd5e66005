"""newstape db: the database behind the tape."""

import os
import subprocess

import click

from sql import connect, migrate, roles
from sql.store import schema


@click.group()
def db() -> None:
    """The database behind the tape: upgrade it, look at it, open psql."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this version: tables migrated, views rebuilt, rights granted, in one transaction."""
    click.echo(migrate.upgrade(connect.engine()))


@db.command()
def status() -> None:
    """Where the database is, its versions, and whether the roles exist."""
    engine = connect.engine()
    with engine.connect() as conn:
        current, head = schema.current_revision(conn), migrate.head_revision()
        click.echo(f"database  {connect.shown(engine.url)}{' (embedded)' if connect.is_embedded() else ''}")
        click.echo(f"server    Postgres {schema.server_version(conn)}")
        click.echo(f"schema    {current or 'none'}{_advice(current, head)}")
        for role in roles.ROLES:
            there = role in roles.existing(conn)
            click.echo(f"role      {role}: {'exists' if there else 'missing (`newstape db roles` creates it)'}")


@db.command()
def url() -> None:
    """Print the URL of the database, password included, for psql and other clients."""
    click.echo(connect.plain(connect.engine().url))


@db.command(context_settings={"ignore_unknown_options": True})
@click.option("--role", type=click.Choice(["analyst", "writer", "owner"]), default="analyst", show_default=True,
              help="Whose rights to work with: analyst reads `news`; writer and owner see the tables too.")  # fmt: skip
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(role: str, arguments: tuple[str, ...]) -> None:
    """Open psql on the tape.

    ARGUMENTS go to psql, for example: newstape db psql -- -c "SELECT count(*) FROM news.articles".
    """
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        wanted = f"newstape_{role}"
        options = f"-c role={wanted} -c search_path=news,public" if wanted in roles.existing(conn) else ""
    environment = os.environ | {"PGOPTIONS": f"{os.environ.get('PGOPTIONS', '')} {options} -c timezone=UTC".strip()}
    raise click.exceptions.Exit(_run([connect.psql_program(), connect.plain(engine.url), *arguments], environment))


@db.command("roles")
def make_roles() -> None:
    """Create the roles newstape_owner, newstape_writer and newstape_analyst, and grant them their rights."""
    engine = connect.engine()
    with engine.begin() as conn:
        created = roles.create_missing(conn)
        missing = roles.grant(conn) if schema.current_revision(conn) else []
    click.echo(f"created: {', '.join(created) or 'none'}; missing: {', '.join(missing) or 'none'}")
    click.echo("Make a login a member to use one, for example: GRANT newstape_analyst TO alice;")


def _advice(current: str | None, head: str) -> str:
    return "" if current == head else f"; this Newstape needs {head}: run `newstape db upgrade`"


def _run(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(command, env=environment, check=False).returncode
