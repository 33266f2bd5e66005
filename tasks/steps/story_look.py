"""The stories of the last week as a chore of the night: the largest, and those that look wrongly put together."""

from collections.abc import Sequence
from datetime import timedelta

from sql import connect
from tasks.columns import Row
from tasks.story_report import Story, largest, suspicious
from tasks.upkeep import Done, Night

LOOK_BACK = timedelta(days=7)
SHOWN = 20


def look_at_stories(night: Night) -> Done:
    """Rows of both kinds; nothing is changed."""
    since = night.now - LOOK_BACK
    with connect.engine().connect() as conn:
        large, odd = largest(conn, since, SHOWN), suspicious(conn, since, SHOWN)
    said = f"{len(odd)} stories look wrongly put together (`newstape stories --suspicious`)" if len(odd) > 1 else ""
    if len(odd) == 1:
        said = f"story {odd[0].id} looks wrongly put together (`newstape story {odd[0].id}`)"
    return Done(said, [*_rows("suspicious", odd), *_rows("large", large)])


def _rows(kind: str, found: Sequence[Story]) -> list[Row]:
    return [
        {
            "kind": kind,
            "story": one.id,
            "sources": len(one.sources),
            "articles": len(one.members),
            "hours": round(one.hours, 1),
            "first": one.first["source"],
            "agency": one.agency,
            "title": one.original["title"],
            "signs": "; ".join(sign.what for sign in one.signs),
        }
        for one in found
    ]
