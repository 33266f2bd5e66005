"""newstape sources: the portals that are read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from config.errors import Misconfigured
from config.settings import settings
from config.sources import Source, load_sources


@click.group()
def sources() -> None:
    """The portals that are read: list, check and show their files."""


_folder = click.option(
    "--sources", "folder", type=click.Path(path_type=Path), help="Folder with source files instead of the shipped ones."
)


@sources.command("list")
@_folder
def list_sources(folder: Path | None) -> None:
    """One line per source: slug, country, language, number of feeds, name."""
    for source in load_sources(folder or settings().sources_dir):
        feeds = f"{len(source.feeds)} feed{'s' if len(source.feeds) > 1 else ' '}"
        click.echo(f"{source.slug:28} {source.country}  {source.language}  {feeds}  {source.name}")


@sources.command()
@_folder
@click.option("--diff", is_flag=True, help="Also show what the next run would change in the database.")
def check(folder: Path | None, *, diff: bool) -> None:
    """Read all source files and report every error with file and line; exit code 2 if there is one."""
    loaded = load_sources(folder or settings().sources_dir)
    click.echo(f"{len(loaded)} sources, {sum(len(source.feeds) for source in loaded)} feeds: all fine")
    if diff:
        _show_diff(loaded)


@sources.command()
@click.argument("slug")
@_folder
def show(slug: str, folder: Path | None) -> None:
    """Everything that is known about one source: its file, and what its feeds last said."""
    loaded = {source.slug: source for source in load_sources(folder or settings().sources_dir)}
    if slug not in loaded:
        raise Misconfigured(f"No such source: {slug}. `newstape sources list` shows them.")
    click.echo(json.dumps(loaded[slug].model_dump(mode="json"), indent=2, ensure_ascii=False))
    _show_state(slug)


def _show_diff(loaded: tuple[Source, ...]) -> None:
    """The sync itself, in a transaction that is rolled back."""
    from flows.definitions import rehearse_sync

    report = rehearse_sync(loaded, datetime.now(UTC))
    lines = [
        f"{label}: {name}"
        for label, names in (
            ("renamed", report.renamed), ("new source", report.added), ("changed source", report.changed),
            ("absent source", report.absent), ("new feed", report.feeds_added), ("changed feed", report.feeds_changed),
            ("absent feed", report.feeds_absent),
        )
        for name in names
    ]  # fmt: skip
    click.echo("\n".join(lines) if lines else "the database is up to date")


def _show_state(slug: str) -> None:
    from sql import connect, migrate
    from sql.store import sources as store

    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        rows = [row for row in store.overview(conn) if row["slug"] == slug]
    for row in rows:
        polled = f"{row['last_polled_at']:%Y-%m-%d %H:%M:%S} UTC" if row["last_polled_at"] else "never"
        said = f"{row['last_outcome'] or '-'}{': ' + row['last_detail'] if row['last_detail'] else ''}"
        click.echo(f"{row['url']}\n  last polled {polled}; {said}; failures in a row: {row['failures']}")
    if not rows:
        click.echo("not in the database yet: the next ingest syncs it")
