"""newstape search and status: what is on the tape, and how the machine is doing."""

from datetime import UTC, datetime

import click

from flows.commands.pausing import shown
from sql import connect, migrate
from sql.store import articles, feeds, frontier, pauses, runs


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--source", help="Only this source (slug).")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Only first seen since, UTC.")
@click.option("--count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many at most.")
def search(words: tuple[str, ...], source: str | None, since: datetime | None, count: int) -> None:
    """Articles about WORDS, best first; "exact phrase", or, and -not work as in a web search."""
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        found = articles.search(conn, " ".join(words), source=source, since=since, count=count)
    for row in found:
        at = row["published_at"] or row["first_seen_at"]
        kicker = f"{row['kicker']}: " if row["kicker"] else ""
        click.echo(f"{at:%Y-%m-%d %H:%M}  {row['source']}  {click.style(kicker + row['title'], bold=True)}")
        click.echo(f"    {' '.join(row['snippet'].split())}\n    {row['url']}")
    if not found:
        click.echo("Nothing found. `newstape status` tells what is on the tape.")


@click.command()
def status() -> None:
    """What is on the tape, what waits in the frontier, which sources are paused, and how the last runs ended."""
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        totals, open_entries = articles.totals(conn), frontier.counts(conn)
        recent = f"{totals['articles_last_day']} in the last 24 hours"
        click.echo(
            f"tape      {totals['articles']} articles ({recent}), {totals['stories']} stories, "
            f"{totals['sources']} sources"
        )
        click.echo("frontier  " + (", ".join(f"{n} {state}" for state, n in open_entries.items()) or "empty"))
        click.echo(
            f"next      feed due {_when(feeds.next_due_at(conn))}; entry due {_when(frontier.next_due_at(conn))}"
        )
        for source in pauses.paused(conn, datetime.now(UTC)):
            click.echo(f"paused    {source['slug']} {shown(source)}")
        for run in runs.latest(conn, 5):
            at = f"{run['started_at']:%Y-%m-%d %H:%M:%S} UTC"
            click.echo(f"run {run['run_id']:<5} {at}  {run['flow']}  {run['state']}  {run['seconds']} s")
            click.echo(f"          {run['message'] or 'still at work'}")


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "none"
