"""Feeds that follow from other feeds: the children of a sitemap index, and the sitemaps that fill a gap."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# As long without a change, a sitemap is not polled any more.
STALE = timedelta(days=180)
_ADOPTED = {
    "source_id": "bigint", "url": "text", "kind": "text", "origin": "text", "parent_id": "bigint",
    "look_back": "interval", "time_zone": "text", "ignore_zone": "boolean", "every": "interval", "slowest": "interval",
    "next_poll_at": "timestamptz",
}  # fmt: skip
_ADOPT = text(f"""
    INSERT INTO ingest.feeds ({", ".join(_ADOPTED)}, created_at)
    SELECT v.*, CAST(:now AS timestamptz)
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _ADOPTED.items())})
         AS v({", ".join(_ADOPTED)})
    ORDER BY v.source_id, v.url
    ON CONFLICT (source_id, url) DO NOTHING RETURNING id
""")

# What was retired is read afresh: what it listed meanwhile is not known. One that was given up for its age comes back
# when its index says that it changed.
_REVIVE = text("""
    UPDATE ingest.feeds f
    SET retired_at = NULL, parent_id = v.parent_id, next_poll_at = :now, etag = NULL, last_modified = NULL,
        body_sha256 = NULL, last_full_at = NULL
    FROM unnest(CAST(:source_id AS bigint[]), CAST(:url AS text[]), CAST(:parent_id AS bigint[]),
                CAST(:modified_at AS timestamptz[])) AS v(source_id, url, parent_id, modified_at)
    WHERE f.source_id = v.source_id AND f.url = v.url AND f.retired_at IS NOT NULL AND f.origin <> 'file'
      AND (coalesce(f.last_changed_at, f.created_at) >= :fresh OR v.modified_at > f.last_polled_at)
    RETURNING f.id
""")

# Whatever hangs on a retired index goes with it.
_RETIRE = text("""
    WITH RECURSIVE dropped AS (
        SELECT f.id FROM ingest.feeds f
        WHERE f.parent_id = :parent_id AND f.origin <> 'file' AND f.url <> ALL(CAST(:named AS text[]))
        UNION
        SELECT f.id FROM ingest.feeds f JOIN dropped d ON f.parent_id = d.id WHERE f.origin <> 'file'
    )
    UPDATE ingest.feeds SET retired_at = :now WHERE retired_at IS NULL AND id IN (SELECT id FROM dropped)
""")

_DEPTHS = text("""
    WITH RECURSIVE up AS (
        SELECT id AS start, parent_id FROM ingest.feeds WHERE id = ANY(CAST(:ids AS bigint[]))
        UNION
        SELECT u.start, f.parent_id FROM up u JOIN ingest.feeds f ON f.id = u.parent_id
    )
    SELECT start, count(*) FROM up GROUP BY start
""")

# Plain sitemaps only where a source has none of news: they may be fifty.
_CALL = text("""
    WITH sitemaps AS (
        SELECT id, source_id, kind FROM ingest.feeds
        WHERE source_id = ANY(CAST(:source_ids AS bigint[])) AND kind IN ('news_sitemap', 'sitemap')
          AND absent_since IS NULL AND retired_at IS NULL
    )
    UPDATE ingest.feeds f SET next_poll_at = :now, last_full_at = NULL
    FROM sitemaps c
    WHERE f.id = c.id AND (c.kind = 'news_sitemap' OR NOT EXISTS (
        SELECT FROM sitemaps n WHERE n.source_id = c.source_id AND n.kind = 'news_sitemap'))
    RETURNING f.id, f.source_id, f.url, f.kind
""")


def hold(conn: Connection, ids: Collection[int], source_ids: Collection[int]) -> None:
    """Lock these feeds and all of these sources' in the order of their ids, as everybody does who locks several."""
    statement = text("""
        SELECT id FROM ingest.feeds
        WHERE id = ANY(CAST(:ids AS bigint[])) OR source_id = ANY(CAST(:source_ids AS bigint[]))
        ORDER BY id FOR NO KEY UPDATE
    """)
    conn.execute(statement, {"ids": list(ids), "source_ids": list(source_ids)})


def adopt(conn: Connection, rows: Sequence[Row], now: datetime) -> list[int]:
    """Make feeds of what an index or robots.txt names, due as the rows say; returns the ids of new and revived ones.

    A row has source_id, url, kind, origin, parent_id, look_back, time_zone, ignore_zone, every, slowest, next_poll_at
    and modified_at (when it changed last; None: not said). A feed that there is already, of whatever origin, is left
    alone; one that was retired is polled again, unless it is as dead as before.
    """
    if not rows:
        return []
    fresh = {"now": now, "fresh": now - STALE}
    revived = conn.execute(_REVIVE, arrays(rows, ("source_id", "url", "parent_id", "modified_at")) | fresh).scalars()
    found = list(revived)
    return found + list(conn.execute(_ADOPT, arrays(rows, _ADOPTED) | {"now": now}).scalars())


def retire(conn: Connection, named: Mapping[int, Sequence[str]], now: datetime) -> int:
    """Poll no longer what an index (by id) does not name any more, nor what hangs on that; returns how many."""
    return sum(
        conn.execute(_RETIRE, {"parent_id": parent_id, "named": list(urls), "now": now}).rowcount
        for parent_id, urls in sorted(named.items())
    )


def depths(conn: Connection, ids: Collection[int]) -> dict[int, int]:
    """How deep each of these feeds stands: 1 for one that nothing named, 2 for a child of an index, and so on."""
    if not ids:
        return {}
    return {row[0]: row[1] for row in conn.execute(_DEPTHS, {"ids": list(ids)})}


def call_sitemaps(conn: Connection, source_ids: Collection[int], now: datetime) -> list[dict[str, Any]]:
    """Have the sitemaps of these sources polled now and in full: id, source_id, url and kind of each."""
    if not source_ids:
        return []
    rows = conn.execute(_CALL, {"source_ids": list(source_ids), "now": now}).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: row["id"])
