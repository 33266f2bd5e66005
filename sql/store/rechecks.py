"""Loaded entries that are asked again: because their listing changed, or because their time has come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

# A listing that changes all the time (a time of change that is the time of building) must not make us ask for ever.
MOST_RECHECKS = 5
# What was just fetched is not asked again at once: feeds often lag behind their pages.
SETTLING = timedelta(minutes=10)
# How many of them one call takes; the rest come with the next claim.
AT_ONCE = 5000

# Locked in the order of their ids: two processes that saw the same change wait for each other in one direction only.
_CHANGED = text("""
    WITH known AS MATERIALIZED (
        SELECT id FROM ingest.entries
        WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'loaded' AND rechecks < :most
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE ingest.entries e
    SET recheck_at = least(e.recheck_at, greatest(:now, e.settled_at + CAST(:settling AS interval)))
    FROM known k WHERE e.id = k.id
""")

# The validators of the page that it was loaded from; those on the entry are newer (a 304 may renew them), and a page
# behind a failure is none that it was loaded from. Skips what is locked, so it never waits while it holds locks.
_DUE_AGAIN = text("""
    WITH due AS MATERIALIZED (
        SELECT id, page_id, page_fetched_at FROM ingest.entries
        WHERE recheck_at <= :now AND state = 'loaded'
          AND (CAST(:sources AS bigint[]) IS NULL OR source_id = ANY(CAST(:sources AS bigint[])))
        ORDER BY recheck_at LIMIT :count FOR NO KEY UPDATE SKIP LOCKED
    ), known AS MATERIALIZED (
        SELECT due.id, p.headers ->> 'etag' AS etag, p.headers ->> 'last-modified' AS last_modified
        FROM due LEFT JOIN LATERAL (
            SELECT headers FROM ingest.pages WHERE id = due.page_id AND fetched_at = due.page_fetched_at
        ) p ON true
    )
    UPDATE ingest.entries e
    SET state = 'retry', due_at = :now, attempts = 0, rechecks = e.rechecks + 1, recheck_at = NULL, settled_at = NULL,
        etag = CASE WHEN e.etag IS NULL AND e.last_modified IS NULL AND e.reason IS NULL THEN k.etag ELSE e.etag END,
        last_modified = CASE WHEN e.etag IS NULL AND e.last_modified IS NULL AND e.reason IS NULL
                             THEN k.last_modified ELSE e.last_modified END,
        reason = NULL, detail = NULL, page_id = NULL, page_fetched_at = NULL
    FROM known k WHERE e.id = k.id
""")


def changed(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """Have loaded entries asked again whose listing changed; at most five times, not within ten minutes."""
    if ids:
        bounds = {"now": now, "settling": SETTLING, "most": MOST_RECHECKS}
        conn.execute(_CHANGED, bounds | {"ids": sorted(set(ids))})


def due_again(conn: Connection, now: datetime, sources: Sequence[int] | None) -> int:
    """Open the loaded entries (of `sources`, None: all) whose re-check is due, the longest due first; how many.

    They carry the validators of their page, where it had some, for a conditional GET.
    """
    chosen = None if sources is None else list(sources)
    return conn.execute(_DUE_AGAIN, {"now": now, "sources": chosen, "count": AT_ONCE}).rowcount
