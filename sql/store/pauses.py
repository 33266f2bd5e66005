"""Pauses of sources: a paused one is neither polled nor fetched, whatever its file says, from the next claim on."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from sql.tables.ingest import sources

_PAUSED = sources.c.paused_at.is_not(None)


def pause(conn: Connection, slug: str, now: datetime, until: datetime | None, reason: str) -> bool:
    """Pause a source until an instant (None: until it is resumed); False: there is no such source.

    A second pause replaces the first one's end and reason and keeps its beginning, unless that pause is over.
    """
    over = sources.c.paused_at.is_(None) | (sources.c.paused_until <= now)
    told = {"paused_until": until, "pause_reason": reason}
    same = update(sources).where(sources.c.slug == slug)
    if conn.execute(same.where(over).values(paused_at=now, **told)).rowcount:
        return True
    return bool(conn.execute(same.values(**told)).rowcount)


def resume(conn: Connection, slug: str) -> bool:
    """End the pause of a source; False: it was not paused, or there is no such source."""
    ended = {"paused_at": None, "paused_until": None, "pause_reason": None}
    return bool(conn.execute(update(sources).where(sources.c.slug == slug, _PAUSED).values(ended)).rowcount)


def paused(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """The sources that are paused at `now`: slug, paused_at, paused_until, pause_reason; by slug."""
    statement = (
        select(sources.c.slug, sources.c.paused_at, sources.c.paused_until, sources.c.pause_reason)
        .where(_PAUSED, or_(sources.c.paused_until.is_(None), sources.c.paused_until > now))
        .order_by(sources.c.slug)
    )
    return [dict(row) for row in conn.execute(statement).mappings()]
