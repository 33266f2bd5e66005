"""newstape entries: the addresses that feeds listed, and those of them that are to be tried once more."""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from config.errors import Misconfigured
from config.values import near
from flows.conclusion import MEANINGS, moment, pause_of
from flows.trail import Row
from sql import connect, migrate
from sql.store import frontier, sources, trail
from sql.tables.frontier import ENTRY_STATES
from tasks.outcome import Reason
from tasks.text import clean

ENDS = ("skipped", "dead", "gone")


@click.group()
def entries() -> None:
    """The addresses that feeds listed: which stand how and why, and which are tried once more."""


def _known_reason(_context: click.Context, _option: click.Parameter, reason: str | None) -> str | None:
    if reason is None or reason in MEANINGS:
        return reason
    known = [one.value for one in Reason]
    raise click.BadParameter(f"{reason!r} is no reason{near(reason, known)}; known are: {', '.join(known)}")


_source = click.option("--source", "slug", help="Only of this source (slug).")
_reason = click.option("--reason", callback=_known_reason, help="Only for this reason, such as blocked or no_text.")


@entries.command("list")
@_source
@click.option("--state", type=click.Choice(ENTRY_STATES), help="Only in this state.")
@_reason
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
def list_entries(slug: str | None, state: str | None, reason: str | None, count: int) -> None:
    """The newest entries: since when in which state (open ones: due when), source, reason and address; times in UTC."""
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        source_id = _source_id(conn, slug)
        found = trail.listed(conn, source_id=source_id, state=state, reason=reason, count=count)
    for row in found:
        click.echo(_listed(row))
    if not found:
        click.echo("No such entries. `newstape status` counts them by state.")


@entries.command()
@_source
@_reason
@click.option(
    "--state", "states", type=click.Choice(ENDS), multiple=True, help="Only in this state; several may be given."
)
@click.option("--limit", type=click.IntRange(min=1), help="Only so many, the latest first.")
@click.option("--dry-run", is_flag=True, help="Count them, change nothing.")
def retry(slug: str | None, reason: str | None, states: Sequence[str], limit: int | None, *, dry_run: bool) -> None:
    """Try entries once more that were skipped, given up as dead, or gone.

    --source, --reason or both say which. They become due at once and the next run fetches them, at the usual pace and
    under robots.txt; what stood against them may do so again.
    """
    if slug is None and reason is None:
        raise click.UsageError("say which: --source SLUG, --reason REASON, or both")
    engine, now = connect.engine(), datetime.now(UTC)
    migrate.ensure(engine)
    chosen = tuple(states) or ENDS
    with engine.begin() as conn:
        source_id = _source_id(conn, slug)
        found = frontier.revivable(conn, source_id=source_id, reason=reason, states=chosen)
        opened = 0 if dry_run else len(
            frontier.revive(conn, now, source_id=source_id, reason=reason, states=chosen, limit=limit)
        )  # fmt: skip
        paused = _paused(trail.sources(conn, now), {row["source"] for row in found})
    for row in found:
        click.echo(_counted(row))
    click.echo(_foretold(found, limit) if dry_run else _told(opened))
    if found and paused:
        click.echo("\n".join(paused))


def _source_id(conn: connect.Connection, slug: str | None) -> int | None:
    if slug is None:
        return None
    ids = sources.slugs(conn)
    if slug not in ids:
        raise Misconfigured(
            f"No source {slug} in the database{near(slug, ids)}. "
            "`newstape sources list` shows those that are described; a run brings them into the database."
        )
    return ids[slug]


def _listed(row: Row) -> str:
    reason = f"  {row['reason']}" if row["reason"] else ""
    detail = f"\n    {clean(row['detail'])[:200]}" if row["detail"] else ""
    return f"{row['at']:%Y-%m-%d %H:%M:%S}  {row['state']:9}  {row['source']}{reason}  {row['canonical_url']}{detail}"


def _counted(row: Row) -> str:
    meaning = f" ({MEANINGS[Reason(row['reason'])]})" if row["reason"] else ""
    span = f"{moment(row['first_at'])} to {moment(row['last_at'])}"
    return f"{row['entries']:7}  {row['source']}  {row['state']}  {row['reason'] or 'no reason noted'}{meaning}, {span}"


def _foretold(found: Sequence[Row], limit: int | None) -> str:
    total = sum(row["entries"] for row in found)
    would = total if limit is None else min(total, limit)
    return f"{would} of {total} entries would be tried once more; nothing was changed."


def _told(opened: int) -> str:
    if opened == 0:
        return "No such entries, nothing was changed. `newstape entries list` shows what there is."
    return f"{opened} entries are due now; the next run fetches them (`newstape ingest` starts one)."


def _paused(known: Sequence[Row], slugs: set[str]) -> list[str]:
    """A line for each of these sources that is paused: its entries wait longer."""
    return [
        f"{row['slug']} is {pause_of(row)}: its entries wait; `newstape sources resume {row['slug']}` ends that."
        for row in known
        if row["slug"] in slugs and row["paused_at"]
    ]
