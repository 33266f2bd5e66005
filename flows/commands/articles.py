"""newstape articles: taking an article down for good, and the list of those that were."""

import json
from datetime import UTC, datetime

import click

from config.errors import Misconfigured
from config.settings import settings
from config.sources import load_sources
from flows.asking import address_of
from flows.conclusion import moment
from flows.trail import gather
from sql import connect, migrate
from sql.store import takedowns
from sql.store.takedowns import Scope
from tasks.takedown import scope_of, take_down
from tasks.text import clean


@click.group()
def articles() -> None:
    """Articles on the tape: taking one down for good."""


@articles.command()
@click.argument("url")
@click.option("--reason", required=True, help="Why; kept with the tombstone, and shown by `newstape why`.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--beforehand", is_flag=True, help="Forbid an address that nobody knows yet.")
@click.option("--json", "as_json", is_flag=True, help="Print what went as JSON; goes with --yes.")
def remove(url: str, reason: str, *, yes: bool, beforehand: bool, as_json: bool) -> None:
    """Remove the article under URL: its texts, facts, archived pages and teasers.

    Any of its addresses will do. A tombstone keeps its addresses with your reason; polls, backfills, `newstape ingest`
    and reprocesses leave them alone for ever. Copies on other portals are articles of their own and stay. There is no
    way back.
    """
    if as_json and not yes:
        raise click.UsageError("--json goes with --yes: nobody can be asked")
    if not reason.strip():
        raise click.UsageError("--reason is empty; say why, somebody will want to know")
    engine, now = connect.engine(), datetime.now(UTC)
    migrate.ensure(engine)
    with engine.connect() as conn:
        known = _known(conn, url, now)
        found = scope_of(conn, known)
    if not found.entries and not found.articles and not beforehand:
        raise Misconfigured(
            f"Nobody knows {url}: no feed listed it, and no article has it. Nothing was removed. See whether it is "
            "complete, or forbid it with --beforehand."
        )
    if not as_json:
        click.echo("\n".join(_foretold(url, found)))
    if not yes:
        click.confirm("Remove it for good?", abort=True)
    with engine.begin() as conn:
        found = take_down(conn, known, reason.strip(), now)
    if as_json:
        click.echo(json.dumps(_as_json(url, found), ensure_ascii=False, indent=2))
    else:
        click.echo("Done. `newstape articles removed` lists it; backups may still hold it.")


@articles.command()
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
def removed(count: int) -> None:
    """The latest tombstones: when, whose article, who took it down and why; an address a line, times in UTC."""
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        found = takedowns.listed(conn, count)
    for row in found:
        said = f"{row['taken_down_by']}: {clean(row['reason'])}"
        click.echo(f"{moment(row['taken_down_at'])}  {row['source'] or 'no source'}  {row['url']}\n    {said}")
    if not found:
        click.echo("Nothing was taken down.")


def _known(conn: connect.Connection, url: str, now: datetime) -> str:
    """The address in the normal form by which it is known; Misconfigured where it is none."""
    address = address_of(url)
    if address is None:
        raise Misconfigured(f"No web address: {url[:200]!r}. Nothing was removed.")
    trail = gather(conn, address, load_sources(settings().sources_dir), now)
    return str(trail.entry["canonical_url"]) if trail.entry else address.canonical_url


def _foretold(url: str, found: Scope) -> list[str]:
    lines = [
        f"{row['source']}  {clean(row['title'])}\n    {row['url']}: {row['revisions']} revision(s)"
        + (f"; {row['others']} other article(s) of its story stay" if row["others"] else "")
        for row in found.articles
    ]
    lines += [] if lines else [f"{url}: no article on the tape"]
    return [*lines, f"{len(found.entries)} address(es) are forbidden for good, {found.pages} archived page(s) go."]


def _as_json(url: str, found: Scope) -> dict[str, object]:
    articles_ = [{"id": row["id"], "source": row["source"], "url": row["url"]} for row in found.articles]
    return {"url": url, "articles": articles_, "entries": len(found.entries), "pages": found.pages}
