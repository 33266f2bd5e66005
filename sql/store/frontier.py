"""ingest.entries: the frontier. Every function works on sets.

How addresses get in stands in identity.py and revival.py, who works on them in claims.py, which are asked again in
rechecks.py; here is what becomes of them. All of it is called by this module's name.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, TextClause, text

from sql.store.bulk import Row, arrays
from sql.store.claims import Share, claim, next_slot_at
from sql.store.hosts import add_hosts, release_hosts
from sql.store.identity import Added, add
from sql.store.rechecks import due_again
from sql.store.revival import add_by_hand, revivable, revive

__all__ = [
    "Added",
    "Share",
    "add",
    "add_by_hand",
    "claim",
    "counts",
    "due_again",
    "end_expired",
    "expired",
    "held",
    "mark_fetched",
    "move",
    "next_due_at",
    "next_slot_at",
    "put_off",
    "release_entries",
    "release_expired",
    "release_hosts",
    "release_run",
    "renew",
    "revivable",
    "revive",
    "settle",
]

_SETTLED = {
    "id": "bigint", "state": "text", "reason": "text", "detail": "text", "due_at": "timestamptz",
    "attempts": "integer", "article_id": "bigint", "recheck_at": "timestamptz", "etag": "text",
    "last_modified": "text",
}  # fmt: skip
# A loaded entry without a page was asked again and brought no new one: its page is the one its article was read from.
_PAGE_OF_HEAD = """
    (SELECT r.{column} FROM tape.articles a JOIN tape.revisions r ON r.id = a.head_revision_id
     WHERE a.id = coalesce(v.article_id, e.article_id))
"""
_KEPT_PAGE = (
    "CASE WHEN v.state = 'retry' THEN NULL WHEN v.state = 'loaded' AND e.page_id IS NULL THEN {head} ELSE {own} END"
)
_SETTLE = text(f"""
    UPDATE ingest.entries e
    SET state = v.state, reason = v.reason, detail = v.detail, due_at = coalesce(v.due_at, e.due_at),
        page_id = {_KEPT_PAGE.format(head=_PAGE_OF_HEAD.format(column="page_id"), own="e.page_id")},
        page_fetched_at =
            {_KEPT_PAGE.format(head=_PAGE_OF_HEAD.format(column="page_fetched_at"), own="e.page_fetched_at")},
        attempts = v.attempts, article_id = coalesce(v.article_id, e.article_id), recheck_at = v.recheck_at,
        etag = v.etag, last_modified = v.last_modified, lease_owner = NULL, lease_until = NULL,
        settled_at = CASE WHEN v.state = 'retry' THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _SETTLED.items())})
         AS v({", ".join(_SETTLED)})
    WHERE e.id = v.id AND e.lease_owner = :owner
""")

# The identity stays: it is the address that was listed. At the new host it starts afresh, but for the hops.
_MOVE = text("""
    UPDATE ingest.entries e
    SET url = v.url, host = v.host, hops = e.hops + 1, state = 'pending', due_at = :now, attempts = 0, reason = NULL,
        detail = NULL, etag = NULL, last_modified = NULL, lease_owner = NULL, lease_until = NULL
    FROM unnest(CAST(:id AS bigint[]), CAST(:url AS text[]), CAST(:host AS text[])) AS v(id, url, host)
    WHERE e.id = v.id AND e.lease_owner = :owner
""")

_MARK_FETCHED = text("""
    UPDATE ingest.entries e
    SET state = 'fetched', page_id = v.page_id, page_fetched_at = v.fetched_at, attempts = e.attempts + 1
    FROM unnest(CAST(:entry_id AS bigint[]), CAST(:id AS bigint[]), CAST(:fetched_at AS timestamptz[]))
         AS v(entry_id, page_id, fetched_at)
    WHERE e.id = v.entry_id AND e.lease_owner = :owner
""")

# Back to where a lease was taken: with a page, after a failure, or never tried.
_RELEASED = """
    UPDATE ingest.entries
    SET state = CASE WHEN page_id IS NOT NULL THEN 'fetched' WHEN reason IS NOT NULL THEN 'retry' ELSE 'pending' END,
        lease_owner = NULL, lease_until = NULL
"""
_KEYS = {"entries": "id", "hosts": "host", "feeds": "id"}


def renew(conn: Connection, owner: str, until: datetime) -> None:
    """Move the end of every lease of `owner`; rows that are being written keep theirs until the next call."""
    for table in _KEYS:
        statement = _unless_locked(f"UPDATE ingest.{table} SET lease_until = :until", table, "lease_owner = :owner")
        conn.execute(statement, {"owner": owner, "until": until})


def mark_fetched(conn: Connection, owner: str, pages: Sequence[Row]) -> None:
    """Note the archived page of each entry; the lease stays."""
    if pages:
        conn.execute(_MARK_FETCHED, arrays(pages, ("entry_id", "id", "fetched_at")) | {"owner": owner})


def settle(conn: Connection, owner: str, rows: Sequence[Row], now: datetime) -> None:
    """Write the outcome of entries and end their leases; entries that another process took over are left alone."""
    if rows:
        conn.execute(_SETTLE, arrays(rows, _SETTLED) | {"owner": owner, "now": now})


def move(conn: Connection, owner: str, rows: Sequence[Row], now: datetime) -> None:
    """Have entries (id) asked at another address (url, host), at once, and end their leases."""
    if rows:
        add_hosts(conn, (row["host"] for row in rows), now)
        conn.execute(_MOVE, arrays(rows, ("id", "url", "host")) | {"owner": owner, "now": now})


def held(conn: Connection, owner: str, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that `owner` still holds, locked until the end of the transaction."""
    statement = text("""
        SELECT id FROM ingest.entries WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_owner = :owner
        ORDER BY id FOR NO KEY UPDATE
    """)
    return set(conn.execute(statement, {"ids": list(ids), "owner": owner}).scalars())


def release_entries(conn: Connection, owner: str, ids: Sequence[int]) -> None:
    """Put entries back that were claimed and not worked on."""
    conn.execute(
        text(f"{_RELEASED} WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_owner = :owner"),
        {"ids": list(ids), "owner": owner},
    )


def put_off(conn: Connection, owner: str, ids: Sequence[int], due_at: datetime) -> None:
    """Put entries back as they were claimed, due at `due_at`: nothing is booked against them."""
    statement = text(f"{_RELEASED}, due_at = :due_at WHERE id = ANY(CAST(:ids AS bigint[])) AND lease_owner = :owner")
    conn.execute(statement, {"ids": list(ids), "owner": owner, "due_at": due_at})


def release_expired(conn: Connection, now: datetime) -> int:
    """Free the entries whose lease ran out (their process died); returns how many."""
    statement = _unless_locked(_RELEASED, "entries", "lease_owner IS NOT NULL AND lease_until < :now")
    return conn.execute(statement, {"now": now}).rowcount


def expired(conn: Connection, now: datetime) -> dict[str, int]:
    """How many entries, hosts and feeds have a lease that ran out."""
    counted = "SELECT count(*) FROM ingest.{} WHERE lease_owner IS NOT NULL AND lease_until < :now"
    return {table: int(conn.execute(text(counted.format(table)), {"now": now}).scalar_one()) for table in _KEYS}


def end_expired(conn: Connection, now: datetime) -> dict[str, int]:
    """End the leases that ran out on entries, hosts and feeds; returns how many of each.

    Nobody waits for it: who wants a host or a feed takes it over. It keeps the books in order.
    """
    ended = {"entries": release_expired(conn, now)}
    for table in ("hosts", "feeds"):
        change = f"UPDATE ingest.{table} SET lease_owner = NULL, lease_until = NULL"
        statement = _unless_locked(change, table, "lease_owner IS NOT NULL AND lease_until < :now")
        ended[table] = conn.execute(statement, {"now": now}).rowcount
    return ended


def release_run(conn: Connection, run_id: int) -> None:
    """Free everything that processes of a dead run still hold (owners are called `run:<id>:...`)."""
    mine = {"owners": f"run:{run_id}:%"}
    conn.execute(_unless_locked(_RELEASED, "entries", "lease_owner LIKE :owners"), mine)
    for table in ("hosts", "feeds"):
        change = f"UPDATE ingest.{table} SET lease_owner = NULL, lease_until = NULL"
        conn.execute(_unless_locked(change, table, "lease_owner LIKE :owners"), mine)


def _unless_locked(change: str, table: str, condition: str) -> TextClause:
    """`change` for the rows that nobody is writing: sweeps over many rows never wait, so they can't deadlock."""
    key = _KEYS[table]
    return text(f"""
        {change} WHERE {key} IN (SELECT {key} FROM ingest.{table} WHERE {condition} FOR NO KEY UPDATE SKIP LOCKED)
    """)


def counts(conn: Connection) -> dict[str, int]:
    """Number of entries by state."""
    rows = conn.execute(text("SELECT state, count(*) FROM ingest.entries GROUP BY state ORDER BY state"))
    return {state: count for state, count in rows.all()}  # noqa: C416 - rows are not tuples to the type checker


def next_due_at(conn: Connection) -> datetime | None:
    """When the next open entry is due; None: none is open."""
    statement = text("SELECT min(due_at) FROM ingest.entries WHERE state IN ('pending', 'retry', 'fetched')")
    return conn.execute(statement).scalar()
