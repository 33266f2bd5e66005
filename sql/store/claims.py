"""Who works on what: hosts and their due entries are leased together, so that one process owns a host at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

_PAUSED = text("""
    SELECT id FROM ingest.sources WHERE paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > :now)
""")

# Free hosts with something due, live before backfill, then the longest unasked; the caller waits for near slots itself.
# Not more than entries are wanted, so that each gets one. Materialized: a join must not run the locking twice.
_CLAIM_HOSTS = """
    WITH chosen AS MATERIALIZED (
        SELECT h.host FROM ingest.hosts h CROSS JOIN LATERAL ({first}) due
        WHERE (h.lease_owner IS NULL OR h.lease_until < :now) AND h.next_request_at <= :soon
        ORDER BY due.priority, h.next_request_at, h.host
        LIMIT least(CAST(:hosts AS bigint), CAST(:count AS bigint))
        FOR NO KEY UPDATE OF h SKIP LOCKED
    )
    UPDATE ingest.hosts h SET lease_owner = :owner, lease_until = :until
    FROM chosen c WHERE h.host = c.host
    RETURNING h.host, h.robots_status, h.robots_body, h.robots_expires_at, h.next_request_at
"""

# Of each of our hosts its first due entries, hosts taking turns, until the batch is full. Only those are locked. They
# are looked up by an array of ids: before the first ANALYZE a join would walk over all open entries for each of them.
_CLAIM_ENTRIES = """
    WITH found AS (
        SELECT d.*, row_number() OVER (PARTITION BY d.priority ORDER BY d.turn, d.id) AS number
        FROM unnest(CAST(:held AS text[])) h(host)
        CROSS JOIN LATERAL (
            SELECT e.id, e.priority, row_number() OVER (ORDER BY e.priority, e.due_at, e.id) AS turn FROM ({some}) e
        ) d
    ), due AS (
        SELECT id FROM found
        WHERE priority = 0 OR CAST(:backfill AS bigint) IS NULL OR number <= CAST(:backfill AS bigint)
        ORDER BY turn, id LIMIT :count
    ), chosen AS MATERIALIZED (
        SELECT e.id FROM ingest.entries e
        WHERE e.id = ANY (ARRAY(SELECT id FROM due))
          AND e.lease_owner IS NULL AND e.state IN ('pending', 'retry', 'fetched')
        FOR NO KEY UPDATE OF e SKIP LOCKED
    )
    UPDATE ingest.entries e
    SET state = CASE WHEN e.state = 'fetched' THEN 'fetched' ELSE 'leased' END,
        lease_owner = :owner, lease_until = :until
    FROM chosen c, ingest.sources s
    WHERE e.id = c.id AND s.id = e.source_id
    RETURNING e.id, e.source_id, s.slug, s.name, s.homepage, s.language, s.time_zone, s.delay, s.concurrency,
        s.user_agent, s.headers, s.pages, e.url, e.canonical_url, e.url_hash, e.host, e.state, e.attempts, e.hops,
        e.etag, e.last_modified, e.title, e.summary, e.published_at, e.published_raw, e.published_origin,
        e.published_precision, e.published_zone, e.first_seen_at, e.page_id, e.page_fetched_at, e.article_id, e.origin,
        e.priority
"""
# A host that another process has is looked at again soon: that one is a backfill, or died and holds it a minute longer.
_NEXT_SLOT = """
    SELECT min(CASE WHEN h.lease_owner IS NULL OR h.lease_until < :now THEN h.next_request_at ELSE :soon END)
    FROM ingest.hosts h CROSS JOIN LATERAL ({first}) due
"""
HELD_BY_OTHERS = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Share:
    """How much a claim may take: up to `hosts` hosts and `count` entries, no host whose next slot is beyond `horizon`.

    `sources`: entries of these sources only; `entries`: these entries only; None: all. `backfill`: most entries of
    backfills; 0: live ones only; None: as many as there are. `live_of_all`: live entries of other sources, too, that
    wait at the hosts that are taken: nobody else can work on them meanwhile.
    """

    hosts: int
    count: int
    horizon: timedelta
    sources: Sequence[int] | None = None
    entries: Sequence[int] | None = None
    backfill: int | None = None
    live_of_all: bool = False


def claim(
    conn: Connection, owner: str, now: datetime, lease: timedelta, share: Share
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lease hosts and their due entries for `owner`: (host rows, entry rows, live ones first and by id).

    Paused sources are left out.
    """
    free, chosen = _free(conn, now, share.sources, share.entries)
    chosen |= {"owner": owner, "until": now + lease, "count": share.count}
    wanted = chosen | {"hosts": share.hosts, "soon": now + share.horizon}
    live_only = share.backfill == 0
    live = _free(conn, now, None, None)[0] if share.live_of_all else free
    first, some = _first(free, "1", live_only=live_only), _first(free, ":count", live_only=live_only, live=live)
    hosts = [dict(row) for row in conn.execute(text(_CLAIM_HOSTS.format(first=first)), wanted).mappings()]
    if not hosts:
        return [], []
    found = chosen | {"held": [row["host"] for row in hosts], "backfill": share.backfill}
    entries = conn.execute(text(_CLAIM_ENTRIES.format(some=some)), found).mappings()
    return hosts, sorted((dict(row) for row in entries), key=lambda row: (row["priority"], row["id"]))


def next_slot_at(
    conn: Connection,
    now: datetime,
    sources: Sequence[int] | None,
    entries: Sequence[int] | None = None,
    *,
    live_only: bool = False,
) -> datetime | None:
    """When the next host with a due entry may be asked, or looked at again where another process has it.

    None: nothing is due. `live_only`: entries of backfills do not count.
    """
    free, chosen = _free(conn, now, sources, entries)
    statement = text(_NEXT_SLOT.format(first=_first(free, "1", live_only=live_only)))
    return conn.execute(statement, chosen | {"soon": now + HELD_BY_OTHERS}).scalar()


def _free(
    conn: Connection, now: datetime, sources: Sequence[int] | None, entries: Sequence[int] | None
) -> tuple[str, dict[str, Any]]:
    """The condition for entries that may be taken, with its values; says nothing of what is not limited."""
    conditions = ["e.state IN ('pending', 'retry', 'fetched')", "e.lease_owner IS NULL", "e.due_at <= :now"]
    limits: dict[str, Any] = {"now": now}
    paused = list(conn.execute(_PAUSED, {"now": now}).scalars())
    for name, values, condition in (
        ("sources", sources, "e.source_id = ANY(CAST(:sources AS bigint[]))"),
        ("entries", entries, "e.id = ANY(CAST(:entries AS bigint[]))"),
        ("paused", paused or None, "e.source_id <> ALL(CAST(:paused AS bigint[]))"),
    ):
        if values is not None:
            conditions.append(condition)
            limits[name] = list(values)
    return " AND ".join(conditions), limits


def _first(free: str, count: str, *, live_only: bool, live: str | None = None) -> str:
    """The first free entries of host h: live ones (by the condition `live`, None: `free`), then backfill, by due time.

    One look into the index per priority: what is due later is not walked over on the way to the other priority.
    """
    one = f"""
        (SELECT e.id, e.priority, e.due_at FROM ingest.entries e
         WHERE e.host = h.host AND e.priority = {{priority}} AND {{free}} ORDER BY e.due_at, e.id LIMIT {count})
    """
    each = {0: live or free} if live_only else {0: live or free, 1: free}
    both = " UNION ALL ".join(one.format(priority=priority, free=condition) for priority, condition in each.items())
    return f"SELECT * FROM ({both}) p ORDER BY priority, due_at, id LIMIT {count}"
