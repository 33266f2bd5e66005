"""newstape sources pause and resume: a source leaves the runs and comes back, without a change of its file."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from config.durations import parse_duration
from config.errors import Misconfigured, NewstapeError
from config.settings import settings
from config.sources import load_sources
from config.values import near


def pause(slug: str, folder: Path | None, until: str | None, reason: str) -> str:
    """Pause a source; what to tell who did it."""
    from sql import connect
    from sql.store import pauses

    now = datetime.now(UTC)
    end = end_of_pause(until, now) if until else None
    if not reason.strip():
        raise Misconfigured("A pause needs a reason in words: --reason TEXT, so that others know why.")
    _make_known(slug, folder, now)
    with connect.engine().begin() as conn:
        pauses.pause(conn, slug, now, end, reason.strip())
    return (
        f"{slug} is paused {_until(end)}: {reason.strip()}\n"
        "From the next batch on it is neither polled nor fetched; what waits for it stays in the frontier."
        + ("" if end else f"\n`newstape sources resume {slug}` ends it.")
    )


def resume(slug: str, folder: Path | None) -> str:
    """End the pause of a source; what to tell who did it."""
    from sql import connect
    from sql.store import pauses

    _make_known(slug, folder, datetime.now(UTC))
    with connect.engine().begin() as conn:
        ended = pauses.resume(conn, slug)
    return f"{slug} is at work again: the next run polls it." if ended else f"{slug} was not paused."


def end_of_pause(text: str, now: datetime) -> datetime:
    """The instant that --until means: 2026-12-24, 2026-12-24T08:00 (UTC) or a duration from now, such as 2d."""
    try:
        end = _instant(text, now)
    except (ValueError, OverflowError):
        raise Misconfigured(
            f"--until {text!r} is no time; wanted: 2026-12-24, 2026-12-24T08:00 (UTC), or how long, such as 2d or 12h."
        ) from None
    if end <= now:
        raise Misconfigured(f"--until {text} is over already: it is {now:%Y-%m-%dT%H:%M} UTC.")
    return end


def pauses_now() -> dict[str, dict[str, Any]]:
    """The pauses that last, by slug; Unavailable or Misconfigured where the database can't say."""
    from sql import connect, migrate
    from sql.store import pauses

    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        return {row["slug"]: row for row in pauses.paused(conn, datetime.now(UTC))}


def pauses_if_known() -> dict[str, dict[str, Any]]:
    """The pauses that last; without a database none, and a word about that on standard error."""
    from sql import connect

    if connect.is_embedded() and not (settings().home / "postgres").exists():
        return {}
    try:
        return pauses_now()
    except NewstapeError as error:
        click.echo(f"newstape: which sources are paused is not known: {error}", err=True)
        return {}


def shown(row: dict[str, Any]) -> str:
    """How long a pause lasts, and why, behind the word paused."""
    return f"{_until(row['paused_until'])}: {row['pause_reason']}"


def unknown(slug: str, known: Iterable[str]) -> Misconfigured:
    """What to raise for a slug that nobody knows."""
    return Misconfigured(f"No such source: {slug}{near(slug, known)}. `newstape sources list` shows them.")


def _make_known(slug: str, folder: Path | None, now: datetime) -> None:
    """See to it that the source is in the database; Misconfigured where no file and no row has that slug."""
    from flows.definitions import sync_sources
    from sql import connect, migrate
    from sql.store import sources as store

    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        stored = store.slugs(conn)
    if slug in stored:
        return
    loaded = load_sources(folder)
    if slug not in {source.slug for source in loaded}:
        raise unknown(slug, [*stored, *(source.slug for source in loaded)])
    sync_sources(loaded, now)


def _instant(text: str, now: datetime) -> datetime:
    if text[:4].isdigit() and "-" in text:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    length = parse_duration(text)
    if not isinstance(length, timedelta):
        raise TypeError("a duration is a timedelta")
    return now + length


def _until(end: datetime | None) -> str:
    return f"until {end:%Y-%m-%d %H:%M} UTC" if end else "until it is resumed"
