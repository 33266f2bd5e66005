"""ingest.hosts: the unit of politeness. Which there are, what their robots.txt said, when they may be asked next."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

# In the order of their names: two processes that add the same hosts wait for each other in one direction only.
_ADD = text("""
    INSERT INTO ingest.hosts (host, next_request_at)
    SELECT DISTINCT host, CAST(:now AS timestamptz) FROM unnest(CAST(:host AS text[])) AS v(host) ORDER BY 1
    ON CONFLICT DO NOTHING
""")

_RELEASED = {
    "host": "text", "next_request_at": "timestamptz", "robots_status": "smallint", "robots_body": "text",
    "robots_expires_at": "timestamptz", "robots_failing_since": "timestamptz",
}  # fmt: skip
_RELEASE = text(f"""
    UPDATE ingest.hosts h
    SET lease_owner = NULL, lease_until = NULL, next_request_at = greatest(h.next_request_at, v.next_request_at),
        robots_status = v.robots_status, robots_body = v.robots_body, robots_expires_at = v.robots_expires_at,
        robots_failing_since = CASE WHEN v.robots_failing_since IS NOT NULL
                                    THEN coalesce(h.robots_failing_since, v.robots_failing_since) END
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _RELEASED.items())})
         AS v({", ".join(_RELEASED)})
    WHERE h.host = v.host AND h.lease_owner = :owner
""")

# Skips what is locked, so it never waits: a host that another process has at this moment keeps that one's slot.
_ASKED = text("""
    WITH asked AS MATERIALIZED (
        SELECT h.host, max(v.at + s.delay) AS until
        FROM unnest(CAST(:host AS text[]), CAST(:source_id AS bigint[]), CAST(:at AS timestamptz[]))
             AS v(host, source_id, at)
        JOIN ingest.sources s ON s.id = v.source_id JOIN ingest.hosts h ON h.host = v.host
        GROUP BY h.host
    ), free AS MATERIALIZED (
        SELECT host FROM ingest.hosts WHERE host IN (SELECT host FROM asked) FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE ingest.hosts h SET next_request_at = greatest(h.next_request_at, a.until)
    FROM asked a, free f WHERE h.host = a.host AND h.host = f.host
""")

_FAILING = text("""
    SELECT h.host, h.robots_status, h.robots_failing_since, h.robots_expires_at,
           (SELECT count(*) FROM ingest.entries e
            WHERE e.host = h.host AND e.state IN ('pending', 'retry', 'fetched')) AS waiting
    FROM ingest.hosts h WHERE h.robots_failing_since IS NOT NULL ORDER BY h.robots_failing_since, h.host
""")


def add_hosts(conn: Connection, hosts: Iterable[str], now: datetime) -> None:
    """Make a row for each host that has none; it may be asked at once."""
    conn.execute(_ADD, {"host": list(hosts), "now": now})


def asked(conn: Connection, rows: Sequence[Row]) -> None:
    """Keep the distance between a poll and the pages of its host: a row has host, source_id and at (the poll's end)."""
    if rows:
        conn.execute(_ASKED, arrays(rows, ("host", "source_id", "at")))


def release_hosts(conn: Connection, owner: str, rows: Sequence[Row]) -> None:
    """End the leases of hosts and note the next slot and the robots.txt of each.

    `robots_failing_since` is the time of this visit where robots.txt could not be had, else None; the first time of a
    row of failures stays.
    """
    conn.execute(_RELEASE, arrays(rows, _RELEASED) | {"owner": owner})


def failing(conn: Connection) -> list[dict[str, Any]]:
    """Hosts whose robots.txt can't be had, so that nothing is fetched, with the entries that wait; longest first."""
    return [dict(row) for row in conn.execute(_FAILING).mappings()]
