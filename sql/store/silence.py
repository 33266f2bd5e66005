"""What raises no error and is wrong all the same, found in what the tape knows of its feeds and sources. Reads only.

Only sources at work are looked at: neither paused nor without a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row
from sql.store.schema import PARTITIONED

# A feed that brought nothing for two weeks has less than this left of any rate: half of it goes every eight hours.
QUIET_RATE = 0.001
# Its usual gap is that between its last so many items.
ITEMS_LOOKED_AT = 50
# Weeks of the same weekday that make a norm, and days that make a share, with those before them to compare.
NORM_WEEKS, SHARE_DAYS, BEFORE_DAYS = 8, 7, 28

_AT_WORK = "s.absent_since IS NULL AND (s.paused_at IS NULL OR s.paused_until <= :now)"

# Asked lately, and it answered.
_ANSWERS = "f.failures = 0 AND f.last_polled_at > CAST(:now AS timestamptz) - interval '2 days'"

# The time of an item is what its feed says, but not later than we saw it: a feed of old items is as stale as they are.
# One pass over the sightings for all feeds: no index finds those of one feed, so that a subquery per feed reads all of
# them each time (300 quiet feeds, 1.2 million sightings: 41 s; in one pass 1.4 s; 2026-11-23, 2 cores, Postgres 18).
_STALE = text(f"""
    WITH alive AS MATERIALIZED (
        SELECT f.id, f.source_id, f.url, f.created_at, s.slug, s.name
        FROM ingest.feeds f JOIN ingest.sources s ON s.id = f.source_id
        WHERE {_AT_WORK} AND f.absent_since IS NULL AND f.retired_at IS NULL AND {_ANSWERS}
          AND coalesce(f.news_per_hour, 0) < :quiet
          AND NOT EXISTS (SELECT FROM ingest.feeds c WHERE c.parent_id = f.id)
    ), listed AS (
        SELECT t.feed_id, t.at, row_number() OVER (PARTITION BY t.feed_id ORDER BY t.at DESC) AS place
        FROM (
            SELECT g.feed_id, least(e.published_at, g.first_seen_at) AS at
            FROM ingest.sightings g JOIN ingest.entries e ON e.id = g.entry_id
            WHERE g.feed_id IN (SELECT id FROM alive)
        ) t
    ), heard AS (
        SELECT feed_id, max(at) AS newest, (max(at) - min(at)) / nullif(count(*) - 1, 0) AS gap
        FROM listed WHERE place <= :items GROUP BY feed_id
    )
    SELECT a.id AS feed_id, a.source_id, a.url, a.slug, a.name, h.newest, h.gap
    FROM alive a LEFT JOIN heard h ON h.feed_id = a.id
    WHERE CAST(:now AS timestamptz) - coalesce(h.newest, a.created_at)
          > greatest(CAST(:shortest AS interval), :factor * coalesce(h.gap, interval '0'))
    ORDER BY a.slug, a.url
""")
_UNHEARD = text(f"""
    SELECT f.source_id, f.id AS feed_id
    FROM ingest.feeds f JOIN ingest.sources s ON s.id = f.source_id
    WHERE {_AT_WORK} AND f.absent_since IS NULL AND f.retired_at IS NULL AND ({_ANSWERS}) IS NOT TRUE
""")

# Yesterday in the zone of the source is the last day that is over there.
_VOLUMES = text(f"""
    SELECT s.id AS source_id, s.slug, s.name, y.day, d.loaded, n.weeks, n.norm
    FROM ingest.sources s
    CROSS JOIN LATERAL (SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE s.time_zone AS date) - 1 AS day) y
    LEFT JOIN ingest.source_days d ON d.source_id = s.id AND d.day = y.day
    CROSS JOIN LATERAL (
        SELECT count(*) AS weeks, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.loaded) AS norm
        FROM ingest.source_days p
        WHERE p.source_id = s.id AND p.day BETWEEN y.day - 7 * :weeks AND y.day - 7 AND (y.day - p.day) % 7 = 0
    ) n
    WHERE {_AT_WORK} ORDER BY s.slug
""")

_ENDED = "loaded + d.duplicates + d.blocked + d.walled + d.failed"
# What is counted, and of what it is a share.
SHARES = {
    "blocked_share": ("d.blocked", f"d.{_ENDED}"),
    "walled_share": ("d.walled", f"d.{_ENDED}"),
    "undated_share": ("d.undated", "d.loaded"),
    "short_share": ("d.short", "d.loaded"),
}
_COUNT_STRAYS = "SELECT count(*), min({key}), max({key}) FROM {table}_default"
_SHARES = text(f"""
    SELECT s.id AS source_id, s.slug, s.name, k.kind,
           coalesce(sum(k.part) FILTER (WHERE {{recent}}), 0) AS part,
           coalesce(sum(k.whole) FILTER (WHERE {{recent}}), 0) AS whole,
           coalesce(sum(k.part) FILTER (WHERE NOT {{recent}}), 0) AS part_before,
           coalesce(sum(k.whole) FILTER (WHERE NOT {{recent}}), 0) AS whole_before
    FROM ingest.sources s
    CROSS JOIN LATERAL (SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE s.time_zone AS date) - 1 AS day) y
    LEFT JOIN ingest.source_days d ON d.source_id = s.id AND d.day BETWEEN y.day - :days - :before + 1 AND y.day
    CROSS JOIN LATERAL (VALUES {", ".join(f"('{kind}', {part}, {whole})" for kind, (part, whole) in SHARES.items())})
        AS k(kind, part, whole)
    WHERE {_AT_WORK} GROUP BY s.id, k.kind ORDER BY s.slug, k.kind
""".format(recent="d.day > y.day - :days"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Volume:
    """How much a source brought on its last whole day, and the median of that weekday over `weeks` weeks before.

    `loaded` is None where that day has not been counted.
    """

    source: Row
    day: date
    loaded: int | None
    weeks: int
    norm: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what a source brought in the last week, and in the four weeks before."""

    source: Row
    kind: str
    part: int
    whole: int
    part_before: int
    whole_before: int


@dataclass(frozen=True, slots=True)
class Stray:
    """Rows in the default partition of `table`, with the times of the first and the last of them."""

    table: str
    rows: int
    first: datetime
    last: datetime


def stale_feeds(conn: Connection, now: datetime, shortest: timedelta, factor: int) -> list[dict[str, Any]]:
    """Feeds that answer and bring nothing: their newest item is older than `shortest` and `factor` usual gaps.

    Rows have feed_id, source_id, slug, name, url, newest (None: it never listed anything) and gap (None: not known).
    """
    chosen = {"now": now, "shortest": shortest, "factor": factor, "quiet": QUIET_RATE, "items": ITEMS_LOOKED_AT}
    return [dict(row) for row in conn.execute(_STALE, chosen).mappings()]


def unheard_feeds(conn: Connection, now: datetime) -> list[tuple[int, int]]:
    """Source and feed (ids) of the feeds at work that fail or were not asked lately: nobody knows if they are stale."""
    return [(row.source_id, row.feed_id) for row in conn.execute(_UNHEARD, {"now": now})]


def volumes(conn: Connection, now: datetime) -> list[Volume]:
    """What each source brought yesterday, and what it usually brings on that weekday."""
    rows = conn.execute(_VOLUMES, {"now": now, "weeks": NORM_WEEKS}).mappings()
    return [Volume(dict(row), row["day"], row["loaded"], row["weeks"], Decimal(str(row["norm"] or 0))) for row in rows]


def shares(conn: Connection, now: datetime) -> list[Share]:
    """The shares of SHARES of each source."""
    rows = conn.execute(_SHARES, {"now": now, "days": SHARE_DAYS, "before": BEFORE_DAYS}).mappings()
    return [
        Share(dict(row), row["kind"], *(int(row[name]) for name in ("part", "whole", "part_before", "whole_before")))
        for row in rows
    ]


def strays(conn: Connection) -> list[Stray]:
    """What lies in default partitions, which should be empty."""
    found: Sequence[Stray] = [
        Stray(table, *conn.execute(text(_COUNT_STRAYS.format(table=table, key=parts.key))).one())
        for table, parts in PARTITIONED.items()
    ]
    return [one for one in found if one.rows]
