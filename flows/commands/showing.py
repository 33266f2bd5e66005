"""What the database knows about one source, for `newstape sources show`: its pause, its feeds, its open warnings."""

from datetime import datetime, timedelta
from typing import Any

import click

from flows.commands.pausing import shown
from sql import connect, migrate
from sql.store import pauses, selectors, warnings
from sql.store import sources as store
from tasks.discover.pace import NEVER


def show_state(slug: str, now: datetime) -> None:
    """Print it below the source's file."""
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        feeds = [row for row in store.overview(conn) if row["slug"] == slug]
        paused = [row for row in pauses.paused(conn, now) if row["slug"] == slug]
        counted = selectors.counts(conn, [slug])
        open_ones = [row for row in warnings.open_warnings(conn) if row["source"] == slug]
    for row in paused:
        click.echo(f"paused {shown(row)} (since {_moment(row['paused_at'])})")
    for row in feeds:
        if row["retired_at"] is None:
            click.echo("\n".join(_feed_lines(row)))
    retired = sum(row["retired_at"] is not None for row in feeds)
    if retired:
        click.echo(f"{retired} more are no longer polled: their index dropped them, or they are long without news")
    for row in counted:
        click.echo(_selector_line(row))
    for row in open_ones:
        about = f" {row['feed_url']}" if row["feed_url"] else ""
        click.echo(f"! {row['kind']}{about} since {_moment(row['first_at'])}: {row['message']}")
    if not feeds:
        click.echo("not in the database yet: the next ingest syncs it")


def _feed_lines(row: dict[str, Any]) -> list[str]:
    """A feed on a few lines: where it is, how often it is asked, what it said last."""
    said = f"{row['last_outcome'] or '-'}{': ' + row['last_detail'] if row['last_detail'] else ''}"
    lines = [f"{row['url']}  ({row['kind']})"]
    if row["feed_absent_since"]:
        return [*lines, f"  not in the file any more since {_moment(row['feed_absent_since'])}"]
    if row["moved_to"]:
        lines.append(f"  moved for good, asked at {row['moved_to']}: put that address into the file")
    polled = f"last polled {_moment(row['last_polled_at'])}" if row["last_polled_at"] else "never polled"
    pace = f"polled every {_length(row['pace'])}" if row["pace"] else "pace not known yet"
    return [
        *lines,
        f"  {polled}; {said}; failures in a row: {row['failures']}",
        f"  {pace}; next poll {_moment(row['next_poll_at'])}",
    ]


def _selector_line(row: dict[str, Any]) -> str:
    """How selectors of the file fare on new pages."""
    since = f", and nothing on the last {row['missed']} (such as {row['missed_url']})" if row["missed"] else ""
    return f"pages.{row['key']}: found something on {row['found']} of {row['pages']} pages{since}"


def _moment(at: datetime) -> str:
    """An instant in UTC; never is what stands for feeds that are read when something calls for it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at < NEVER else "when another feed has a gap"


def _length(length: timedelta) -> str:
    """A length of time as it is written in source files."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
