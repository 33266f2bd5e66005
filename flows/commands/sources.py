"""newstape sources: the portals that are read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click

from config.settings import settings
from config.sources import FeedSpec, Source, load_sources

_KINDS = get_args(FeedSpec.model_fields["kind"].annotation)


@click.group()
def sources() -> None:
    """The portals that are read: find, list, check, examine, pause and show them."""


_folder: Callable[..., Any] = click.option(
    "--sources", "folder", type=click.Path(path_type=Path), help="Folder with source files instead of the shipped ones."
)


@sources.command()
@click.argument("url")
@click.option("--slug", help="Short name of the source, and of its file.")
@click.option("--name", help="The portal's name as people know it.")
@click.option("--language", help="Its language by two letters, such as de.")
@click.option("--country", help="Its country by two letters, such as CH.")
@click.option("--time-zone", help="Zone of times that name none, such as Europe/Zurich.")
@click.option("--kind", type=click.Choice(_KINDS), help="Propose only feeds of this kind.")
@click.option("--write", is_flag=True, help="Write the file into the folder of your sources; nothing is overwritten.")
@_folder
def add(url: str, folder: Path | None, *, write: bool, **wishes: str | None) -> None:
    """Look for the feeds of a portal and propose its source file. URL is one of its pages, or a feed.

    Asks robots.txt and the page, then at most 12 candidates: what the page declares and links to, the sitemaps that
    robots.txt names, and where nobody names a feed the usual places. Exit code 1 if no new feed was found.
    """
    from flows.commands.adding import Wishes
    from flows.commands.adding import add as add_source

    found = add_source(url, Wishes(**wishes), folder or settings().sources_dir, write=write)
    raise click.exceptions.Exit(0 if found else 1)


@sources.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--write", is_flag=True, help="Set `verified` to today in the files of the sources that are well.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of feeds instead of a table.")
@_folder
def doctor(slugs: tuple[str, ...], folder: Path | None, *, write: bool, as_json: bool) -> None:
    """Ask each feed of the sources SLUG (without one: of all) and its newest article, and say what is not well.

    Works without the database and writes nothing there: it is no run, so that no fetch_events are logged. Hosts are
    asked side by side, each after its robots.txt and with its delay. Exit code 1 if a source is not well.
    """
    from flows.commands.doctor import examine

    are_well = examine(slugs, folder or settings().sources_dir, write=write, as_json=as_json)
    raise click.exceptions.Exit(0 if are_well else 1)


@sources.command()
@click.argument("slug")
@click.option("--until", help="When the pause ends by itself: 2026-12-24, 2026-12-24T08:00 (UTC), or after 2d or 12h.")
@click.option("--reason", required=True, help="Why, for whoever looks at it later.")
@_folder
def pause(slug: str, until: str | None, reason: str, folder: Path | None) -> None:
    """Leave a source alone: from the next batch on it is neither polled nor fetched, and nothing of it is lost."""
    from flows.commands.pausing import pause as pause_source

    click.echo(pause_source(slug, folder or settings().sources_dir, until, reason))


@sources.command()
@click.argument("slug")
@_folder
def resume(slug: str, folder: Path | None) -> None:
    """End the pause of a source."""
    from flows.commands.pausing import resume as resume_source

    click.echo(resume_source(slug, folder or settings().sources_dir))


@sources.command()
@click.argument("slug")
@click.option(
    "--keep", multiple=True, metavar="ID", help="Never drop this paragraph (the beginning of its id will do)."
)
@click.option("--drop", multiple=True, metavar="ID", help="Drop this paragraph, even if only two articles print it.")
@click.option("--undo", multiple=True, metavar="ID", help="Let the counts decide about this paragraph again.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Show so many paragraphs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of paragraphs instead of a table.")
@_folder
def boilerplate(slug: str, folder: Path | None, limit: int, *, as_json: bool, **wishes: tuple[str, ...]) -> None:
    """Show the paragraphs that many articles of a source print and that are dropped from new ones, or decide on them.

    What is decided holds for articles that are extracted from then on. How they are counted: docs/sources.md.
    """
    from flows.commands.boilerplate import decide, show

    rulings = {id_: None if name == "undo" else name for name, ids in wishes.items() for id_ in ids}
    if len(rulings) < sum(map(len, wishes.values())):
        raise click.UsageError("an id is named twice; wanted: one of --keep, --drop and --undo for each")
    if rulings:
        click.echo("\n".join(decide(slug, folder or settings().sources_dir, rulings, datetime.now(UTC))))
    else:
        show(slug, folder or settings().sources_dir, limit, as_json=as_json)


@sources.command("list")
@_folder
def list_sources(folder: Path | None) -> None:
    """One line per source: slug, country, language, number of feeds, name, and whether it is paused."""
    from flows.commands.pausing import pauses_if_known, shown

    loaded = load_sources(folder or settings().sources_dir)
    paused = pauses_if_known()
    for source in loaded:
        feeds = f"{len(source.feeds)} feed{'s' if len(source.feeds) > 1 else ' '}"
        pause = f"  (paused {shown(paused[source.slug])})" if source.slug in paused else ""
        click.echo(f"{source.slug:28} {source.country}  {source.language}  {feeds}  {source.name}{pause}")


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
    """Everything that is known about one source: its file, whether it is paused, and how its feeds are doing."""
    from flows.commands.pausing import unknown
    from flows.commands.showing import show_state

    loaded = {source.slug: source for source in load_sources(folder or settings().sources_dir)}
    if slug not in loaded:
        raise unknown(slug, loaded)
    click.echo(json.dumps(loaded[slug].model_dump(mode="json"), indent=2, ensure_ascii=False))
    show_state(slug, datetime.now(UTC))


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
