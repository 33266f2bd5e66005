"""Entries that somebody wants: addresses asked for by hand, and ends that are opened again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, lock, new_ids
from sql.store.identity import identities, insert_entries

# A revived duplicate may turn out to be an article of its own; one that was gone is still the article it was.
_OPENED = """
    UPDATE ingest.entries e
    SET state = 'pending', due_at = :now, attempts = 0, hops = 0, reason = NULL, detail = NULL, settled_at = NULL,
        recheck_at = NULL, page_id = NULL, page_fetched_at = NULL,
        article_id = CASE WHEN e.state <> 'duplicate' THEN e.article_id END
"""
# In the order of their ids: two processes that want the same ones wait for each other in one direction only.
_LOCK = text("SELECT id FROM ingest.entries WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
# Open ones become due, loaded ones are asked again, all others are opened; what somebody works on is left to them.
_WANTED = (
    text("""
        UPDATE ingest.entries e SET due_at = least(e.due_at, :now), priority = :priority
        WHERE id = ANY(CAST(:ids AS bigint[])) AND state IN ('pending', 'retry', 'fetched')
    """),
    text("""
        UPDATE ingest.entries e SET recheck_at = :now, priority = :priority
        WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'loaded'
    """),
    text(f"""
        {_OPENED}, priority = :priority
        WHERE id = ANY(CAST(:ids AS bigint[])) AND state IN ('skipped', 'dead', 'gone', 'duplicate')
          AND reason IS DISTINCT FROM 'taken_down'
    """),
)
_ENDED = """
    state = ANY(CAST(:states AS text[])) AND state IN ('skipped', 'dead', 'gone')
    AND reason IS DISTINCT FROM 'taken_down'
    AND (CAST(:source_id AS bigint) IS NULL OR source_id = :source_id)
    AND (CAST(:reason AS text) IS NULL OR reason = :reason)
"""
# The latest ends first; those that another process opens at this moment are left to it.
_REVIVE = text(f"""
    WITH chosen AS MATERIALIZED (
        SELECT id FROM ingest.entries WHERE {_ENDED}
        ORDER BY settled_at DESC, id DESC LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    )
    {_OPENED}, priority = 0 FROM chosen c WHERE e.id = c.id RETURNING e.id
""")
_REVIVABLE = text(f"""
    SELECT s.slug AS source, f.state, f.reason, f.entries, f.first_at, f.last_at
    FROM (
        SELECT source_id, state, reason, count(*) AS entries, min(settled_at) AS first_at, max(settled_at) AS last_at
        FROM ingest.entries WHERE {_ENDED} GROUP BY source_id, state, reason
    ) f JOIN ingest.sources s ON s.id = f.source_id
    ORDER BY s.slug, f.state, f.reason
""")


def add_by_hand(conn: Connection, rows: Sequence[Row], now: datetime) -> list[int]:
    """Have these articles asked for now, known or not; the entry id of each row, in the order given.

    A row has source_id, url, canonical_url, url_hash, host and portal_id. New ones are live and of origin `hand`;
    known ones are opened again, loaded ones by a re-check (`due_again`); what is worked on at present is left alone.
    """
    lock(conn, "frontier.add")
    wanted = [dict(row, feed_id=0, listed_hash=row["url_hash"], guid=None) for row in rows]
    known = identities(conn, wanted)
    again = sorted({entry_id for row in wanted if (entry_id := known.of(row)) is not None})
    open_again(conn, again, now, priority=0)
    fresh: dict[int, Row] = {}
    ids = []
    for row in wanted:
        entry_id = known.of(row)
        if entry_id is None:
            (entry_id,) = new_ids(conn, "ingest.entries_id_seq", 1)
            fresh[entry_id] = dict(row, id=entry_id)
        known.learn(row, entry_id)
        ids.append(entry_id)
    insert_entries(conn, list(fresh.values()), now, priority=0, origin="hand")
    return ids


def open_again(conn: Connection, ids: Sequence[int], now: datetime, *, priority: int) -> None:
    """Have known entries asked for now, as live (0) or backfill (1) work; what somebody works on is left alone."""
    conn.execute(_LOCK, {"ids": ids})
    for statement in _WANTED:
        conn.execute(statement, {"ids": ids, "now": now, "priority": priority})


def revive(
    conn: Connection,
    now: datetime,
    *,
    source_id: int | None,
    reason: str | None,
    states: Sequence[str],
    limit: int | None,
) -> list[int]:
    """Open entries that were skipped, dead or gone (of a source, for a reason; None: any), the latest first; their ids.

    They are live then, whoever announced them. `states` other than skipped, dead and gone are left out; `limit` None:
    all.
    """
    chosen = {"now": now, "source_id": source_id, "reason": reason, "states": list(states), "limit": limit}
    return sorted(conn.execute(_REVIVE, chosen).scalars())


def revivable(
    conn: Connection, *, source_id: int | None, reason: str | None, states: Sequence[str]
) -> list[dict[str, Any]]:
    """What `revive` would open: number of entries by source, state and reason, with the span of their ends."""
    chosen = {"source_id": source_id, "reason": reason, "states": list(states)}
    return [dict(row) for row in conn.execute(_REVIVABLE, chosen).mappings()]
