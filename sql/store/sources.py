"""ingest.sources and ingest.feeds as the source files declare them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, exists, func, not_, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from sql.store.bulk import Row, lock
from sql.tables.ingest import feeds, sources

_SOURCE_COLUMNS = (
    "name", "homepage", "language", "country", "time_zone", "delay", "concurrency", "user_agent", "headers",
    "article_id", "partners", "pages", "verified_on", "notes",
)  # fmt: skip
_FEED_COLUMNS = (
    "kind", "name", "time_zone", "ignore_zone", "origin", "parent_id", "selectors", "look_back", "every", "slowest",
)  # fmt: skip
# What an index or robots.txt named is absent with what named it.
_ABSENT_BELOW = text("""
    WITH RECURSIVE below AS (
        SELECT id, absent_since FROM ingest.feeds WHERE origin = 'file'
        UNION ALL
        SELECT f.id, b.absent_since FROM ingest.feeds f JOIN below b ON f.parent_id = b.id WHERE f.origin = 'index'
    )
    UPDATE ingest.feeds f SET absent_since = b.absent_since FROM below b
    WHERE f.id = b.id AND f.origin = 'index' AND f.absent_since IS DISTINCT FROM b.absent_since
""")


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync changed, as lists of slugs (sources) and `slug url` (feeds)."""

    renamed: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    feeds_added: tuple[str, ...]
    feeds_changed: tuple[str, ...]
    feeds_absent: tuple[str, ...]


def sync(conn: Connection, rows: Sequence[Row], feed_rows: Sequence[Row], now: datetime) -> SyncReport:
    """Make sources and feeds equal to the files; nothing is deleted.

    A source row has the table's columns and `formerly` (earlier slugs: the row is renamed); a feed row has `slug`.
    What is missing in `rows` gets absent_since = now; what came back loses it.
    """
    lock(conn, "sources")
    # In the order of their ids, as feeds.settle does: an upsert locks the rows that it leaves alone too.
    conn.execute(select(feeds.c.id).order_by(feeds.c.id).with_for_update(key_share=True))
    renamed = _rename(conn, rows, now)
    added, changed = _upsert_sources(conn, rows, now)
    absent = _mark_absent_sources(conn, [row["slug"] for row in rows], now)
    ids = slugs(conn)
    by_id = {source_id: slug for slug, source_id in ids.items()}
    feeds_added, feeds_changed = _upsert_feeds(conn, feed_rows, ids, now)
    feeds_absent = _mark_absent_feeds(conn, feed_rows, ids, now)
    return SyncReport(
        renamed,
        added,
        changed,
        absent,
        *(
            tuple(f"{by_id[source_id]} {url}" for source_id, url in found)
            for found in (feeds_added, feeds_changed, feeds_absent)
        ),
    )


def slugs(conn: Connection) -> dict[str, int]:
    """Ids of all sources by slug."""
    return {row.slug: row.id for row in conn.execute(select(sources.c.slug, sources.c.id))}


def overview(conn: Connection) -> list[dict[str, Any]]:
    """All present sources with what their feeds last said, in the order of their slugs."""
    statement = (
        select(
            sources.c.slug, sources.c.name, sources.c.country, sources.c.language, sources.c.absent_since,
            feeds.c.url, feeds.c.kind, feeds.c.last_polled_at, feeds.c.last_outcome, feeds.c.last_detail,
            feeds.c.next_poll_at, feeds.c.failures, feeds.c.absent_since.label("feed_absent_since"),
            feeds.c.pace, feeds.c.moved_to, feeds.c.retired_at,
        )
        .join(feeds, feeds.c.source_id == sources.c.id)
        .order_by(sources.c.slug, feeds.c.id)
    )  # fmt: skip
    return [dict(row) for row in conn.execute(statement).mappings()]


def _rename(conn: Connection, rows: Sequence[Row], now: datetime) -> tuple[str, ...]:
    renamed = []
    for row in rows:
        for old in row["formerly"]:
            taken = exists().where(sources.c.slug == row["slug"])
            renaming = update(sources).where(sources.c.slug == old, not_(taken))
            if conn.execute(renaming.values(slug=row["slug"], updated_at=now)).rowcount:
                renamed.append(f"{old} -> {row['slug']}")
    return tuple(renamed)


def _upsert_sources(conn: Connection, rows: Sequence[Row], now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not rows:
        return (), ()
    known = set(slugs(conn))
    values = [{"slug": row["slug"], "created_at": now, **{c: row[c] for c in _SOURCE_COLUMNS}} for row in rows]
    statement = _upsert(insert(sources), sources, ["slug"], _SOURCE_COLUMNS, {"updated_at": now})
    names = sorted(conn.execute(statement.returning(sources.c.slug), values).scalars())
    return tuple(n for n in names if n not in known), tuple(n for n in names if n in known)


def _upsert_feeds(
    conn: Connection, rows: Sequence[Row], ids: dict[str, int], now: datetime
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    if not rows:
        return [], []
    known = {(row.source_id, row.url) for row in conn.execute(select(feeds.c.source_id, feeds.c.url))}
    values = [
        {"source_id": ids[row["slug"]], "url": row["url"], "created_at": now, "next_poll_at": now}
        | {c: row[c] for c in _FEED_COLUMNS}
        for row in rows
    ]
    new = insert(feeds)
    # A shorter interval counts at once, not after the long one has passed.
    sooner = {"next_poll_at": func.least(feeds.c.next_poll_at, new.excluded.next_poll_at + new.excluded.every)}
    statement = _upsert(new, feeds, ["source_id", "url"], _FEED_COLUMNS, sooner).returning(
        feeds.c.source_id, feeds.c.url
    )
    touched = sorted((row.source_id, row.url) for row in conn.execute(statement, values))
    return [key for key in touched if key not in known], [key for key in touched if key in known]


def _upsert(statement: Any, table: Table, key: list[str], columns: Sequence[str], more: dict[str, Any]) -> Any:
    """Insert, or update rows that differ or come back from absence, with `more`; the rest is left untouched."""
    new = statement.excluded
    differs = or_(
        *(table.c[column].is_distinct_from(new[column]) for column in columns), table.c.absent_since.is_not(None)
    )
    values = {column: new[column] for column in columns} | {"absent_since": None} | more
    return statement.on_conflict_do_update(index_elements=key, set_=values, where=differs)


def _mark_absent_sources(conn: Connection, present: list[str], now: datetime) -> tuple[str, ...]:
    statement = (
        update(sources)
        .where(sources.c.slug.not_in(present), sources.c.absent_since.is_(None))
        .values(absent_since=now)
        .returning(sources.c.slug)
    )
    return tuple(sorted(conn.execute(statement).scalars()))


def _mark_absent_feeds(
    conn: Connection, rows: Sequence[Row], ids: dict[str, int], now: datetime
) -> list[tuple[int, str]]:
    """Feeds that no file lists any more; those of an absent source included."""
    listed = {(ids[row["slug"]], row["url"]) for row in rows}
    keys = select(feeds.c.id, feeds.c.source_id, feeds.c.url).where(
        feeds.c.absent_since.is_(None), feeds.c.origin == "file"
    )
    gone = {row.id: (row.source_id, row.url) for row in conn.execute(keys) if (row.source_id, row.url) not in listed}
    if gone:
        marked = update(feeds).where(feeds.c.id == bindparam("feed_id")).values(absent_since=now)
        conn.execute(marked, [{"feed_id": feed_id} for feed_id in gone])
    conn.execute(_ABSENT_BELOW)
    return sorted(gone.values())
