"""Polling state of ingest.feeds: which are due, who polls them, what came of it. What they lead to: feed_family.py."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# Feeds that are polled at all; `f` and `s` are feeds and sources.
_POLLED = """
    f.absent_since IS NULL AND f.retired_at IS NULL AND s.absent_since IS NULL
    AND (s.paused_at IS NULL OR s.paused_until <= {now})
"""

# What only robots.txt names is read when something calls for it, never because everything is asked for.
_CLAIM = text(f"""
    WITH chosen AS MATERIALIZED (
        SELECT f.id FROM ingest.feeds f JOIN ingest.sources s ON s.id = f.source_id
        WHERE {_POLLED.format(now=":now")} AND (f.next_poll_at <= :now OR (:all_of_them AND f.origin <> 'robots')
              OR f.id = ANY(CAST(:called AS bigint[])))
          AND (f.lease_until IS NULL OR f.lease_until < :now) AND f.id <> ALL(CAST(:besides AS bigint[]))
          AND (CAST(:slugs AS text[]) IS NULL OR s.slug = ANY(CAST(:slugs AS text[])))
        FOR NO KEY UPDATE OF f SKIP LOCKED
    )
    UPDATE ingest.feeds f SET lease_owner = :owner, lease_until = :until
    FROM chosen c, ingest.sources s
    WHERE f.id = c.id AND s.id = f.source_id
    RETURNING f.id, f.source_id, s.slug, f.url, f.kind, f.origin, coalesce(f.time_zone, s.time_zone) AS time_zone,
        f.selectors, f.look_back, f.ignore_zone, s.partners, s.article_id, s.homepage, f.every, f.slowest, f.pace,
        f.news_per_hour, f.asked_pace, f.quiet_hours, f.etag, f.last_modified, f.body_sha256, f.last_full_at,
        f.last_polled_at, f.last_gap_at, f.redirect_to, f.redirects, f.redirected_since, f.moved_to, f.failures,
        f.failure_weight, s.delay, s.user_agent, nullif(s.headers, '{{}}') AS headers
""")

_SETTLED = {
    "id": "bigint", "etag": "text", "last_modified": "text", "body_sha256": "bytea", "next_poll_at": "timestamptz",
    "polled_at": "timestamptz", "changed": "boolean", "outcome": "text", "detail": "text", "failed": "boolean",
    "is_full": "boolean", "is_gap": "boolean", "pace": "interval", "news_per_hour": "double precision",
    "asked_pace": "interval", "quiet_hours": "text", "failure_weight": "double precision", "redirect_to": "text",
    "redirects": "integer", "redirected_since": "timestamptz", "moved_to": "text",
}  # fmt: skip

# What a poll without news changes; the same columns come with each poll that brought some.
_SETTLED_QUIETLY = {
    name: _SETTLED[name] for name in ("id", "next_poll_at", "polled_at", "outcome", "pace", "news_per_hour")
}

# Locked in the order of their ids, as a sync does (sql/store/sources.py), so that the two can't deadlock.
_MINE = """
    WITH mine AS MATERIALIZED (
        SELECT id FROM ingest.feeds WHERE id = ANY(CAST(:id AS bigint[])) AND lease_owner = :owner
        ORDER BY id FOR NO KEY UPDATE
    )
"""
# A sitemap that an index names mints no news for ever: after half a year without any it is retired.
_RETIRED = """
    CASE WHEN f.origin = 'index' AND NOT {changed}
         AND coalesce(f.last_changed_at, f.created_at) < v.polled_at - interval '180 days'
    THEN v.polled_at ELSE f.retired_at END
"""
_SETTLE_QUIETLY = text(f"""
    {_MINE}
    UPDATE ingest.feeds f
    SET next_poll_at = v.next_poll_at, last_polled_at = v.polled_at, last_outcome = v.outcome, pace = v.pace,
        news_per_hour = v.news_per_hour, lease_owner = NULL, lease_until = NULL,
        retired_at = {_RETIRED.format(changed="false")}
    FROM mine, unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _SETTLED_QUIETLY.items())})
         AS v({", ".join(_SETTLED_QUIETLY)})
    WHERE f.id = v.id AND f.id = mine.id
""")
_SETTLE = text(f"""
    {_MINE}
    UPDATE ingest.feeds f
    SET etag = v.etag, last_modified = v.last_modified, body_sha256 = v.body_sha256, next_poll_at = v.next_poll_at,
        last_polled_at = v.polled_at, last_outcome = v.outcome, last_detail = v.detail,
        last_changed_at = CASE WHEN v.changed THEN v.polled_at ELSE f.last_changed_at END,
        last_full_at = CASE WHEN v.is_full THEN v.polled_at ELSE f.last_full_at END,
        last_gap_at = CASE WHEN v.is_gap THEN v.polled_at ELSE f.last_gap_at END,
        failures = CASE WHEN v.failed THEN f.failures + 1 ELSE 0 END, failure_weight = v.failure_weight,
        pace = v.pace, news_per_hour = v.news_per_hour, asked_pace = v.asked_pace,
        quiet_hours = CAST(string_to_array(v.quiet_hours, ' ') AS smallint[]),
        redirect_to = v.redirect_to, redirects = v.redirects, redirected_since = v.redirected_since,
        moved_to = v.moved_to, lease_owner = NULL, lease_until = NULL,
        retired_at = {_RETIRED.format(changed="v.changed")}
    FROM mine, unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _SETTLED.items())})
         AS v({", ".join(_SETTLED)})
    WHERE f.id = v.id AND f.id = mine.id
""")

# Asked at least once a day, so that one of the two days before has a poll where it has failed since then.
_MISSING_SINCE = text("""
    SELECT v.id FROM unnest(CAST(:ids AS bigint[])) AS v(id)
    WHERE EXISTS (
        SELECT FROM ingest.fetch_events e
        WHERE e.feed_id = v.id AND e.at >= CAST(:since AS timestamptz) - interval '2 days' AND e.at < :since
            AND e.reason = 'not_found'
    ) AND NOT EXISTS (
        SELECT FROM ingest.fetch_events e
        WHERE e.feed_id = v.id AND e.at >= :since AND e.reason IS DISTINCT FROM 'not_found'
    )
""")


def claim_due(  # noqa: PLR0913 - who, when, and which ones
    conn: Connection,
    owner: str,
    now: datetime,
    lease: timedelta,
    slugs: Sequence[str] | None,
    *,
    all_of_them: bool,
    besides: Collection[int] = (),
    called: Collection[int] = (),
) -> list[dict[str, Any]]:
    """Lease the due feeds (of `slugs`, None: all) for `owner`; `all_of_them`: due or not. In the order of their ids.

    The ids `called` are taken in any case; those of absent and paused sources, and the ids `besides`, in none.
    """
    chosen = {"owner": owner, "now": now, "until": now + lease, "all_of_them": all_of_them}
    chosen |= {"besides": list(besides), "called": list(called)}
    rows = conn.execute(_CLAIM, chosen | {"slugs": list(slugs) if slugs is not None else None}).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: row["id"])


def settle(conn: Connection, owner: str, rows: Sequence[Row]) -> None:
    """Write what the polls brought and end their leases; feeds that another process took over are left alone.

    `quiet_hours` of a row are text, separated by blanks.
    """
    if rows:
        conn.execute(_SETTLE, arrays(rows, _SETTLED) | {"owner": owner})


def settle_quietly(conn: Connection, owner: str, rows: Sequence[Row]) -> None:
    """The same for polls that brought nothing new, not even about the feed itself: of a row only what then changes."""
    if rows:
        conn.execute(_SETTLE_QUIETLY, arrays(rows, _SETTLED_QUIETLY) | {"owner": owner})


def put_off(conn: Connection, owner: str, due_at: datetime) -> int:
    """End all leases of `owner` without booking anything: the feeds are due at `due_at`. Returns how many."""
    statement = text("""
        UPDATE ingest.feeds SET next_poll_at = :due_at, lease_owner = NULL, lease_until = NULL
        WHERE id IN (SELECT id FROM ingest.feeds WHERE lease_owner = :owner ORDER BY id FOR NO KEY UPDATE)
    """)
    return conn.execute(statement, {"owner": owner, "due_at": due_at}).rowcount


def missing_since(conn: Connection, ids: Sequence[int], since: datetime) -> set[int]:
    """Those of the feeds that answered 404 and nothing else from `since` on, and before."""
    if not ids:
        return set()
    return set(conn.execute(_MISSING_SINCE, {"ids": list(ids), "since": since}).scalars())


def taken(conn: Connection, urls: Collection[str]) -> set[str]:
    """Those of `urls` under which a feed of any source is polled."""
    if not urls:
        return set()
    statement = text("""
        SELECT a.url FROM ingest.feeds f CROSS JOIN LATERAL (VALUES (f.url), (f.moved_to)) AS a(url)
        WHERE f.absent_since IS NULL AND a.url = ANY(CAST(:urls AS text[]))
    """)
    return set(conn.execute(statement, {"urls": list(urls)}).scalars())


def unlisted(conn: Connection, feed_id: int, listed_hashes: Sequence[bytes]) -> set[bytes]:
    """Those of the addresses (by their digest) that this feed has not listed before."""
    statement = text("""
        SELECT v.listed_hash FROM unnest(CAST(:hashes AS bytea[])) AS v(listed_hash)
        WHERE NOT EXISTS (
            SELECT FROM ingest.sightings s WHERE s.listed_hash = v.listed_hash AND s.feed_id = :feed_id
        )
    """)
    rows = conn.execute(statement, {"feed_id": feed_id, "hashes": list(listed_hashes)}).scalars()
    return {bytes(one) for one in rows}


def next_due_at(conn: Connection) -> datetime | None:
    """When the next feed is due; None: there is none. Feeds that are read on call only are left out."""
    statement = text(f"""
        SELECT min(f.next_poll_at) FROM ingest.feeds f JOIN ingest.sources s ON s.id = f.source_id
        WHERE {_POLLED.format(now="now()")} AND (f.origin <> 'robots' OR f.next_poll_at <= now())
    """)
    return conn.execute(statement).scalar()
