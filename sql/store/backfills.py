"""ingest.backfills: wishes for the past, the days that are still to be listed, and what archives announced of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays, lock, new_ids
from sql.store.hosts import add_hosts
from sql.store.identity import identities, insert_entries
from sql.store.revival import open_again

_NOTE = text("""
    INSERT INTO ingest.backfills AS b (source_id, via, place, first_day, last_day, known, budget)
    VALUES (:source_id, :via, :place, :first_day, :last_day, :known, :budget)
    ON CONFLICT (source_id, via, coalesce(place, ''), first_day, last_day, known) WHERE state = 'open'
    DO UPDATE SET budget = excluded.budget
    RETURNING b.id
""")
_DAYS = text("""
    INSERT INTO ingest.backfill_days (backfill_id, day)
    SELECT :id, CAST(d AS date)
    FROM generate_series(CAST(:first_day AS timestamp), CAST(:last_day AS timestamp), interval '1 day') AS d
    ON CONFLICT DO NOTHING
""")
_OPEN = text("""
    SELECT b.id, b.source_id, s.slug, b.via, b.place, b.first_day, b.last_day, b.known, b.budget, b.requested_at,
           s.homepage, s.time_zone, s.delay, s.user_agent, s.headers, s.partners, s.article_id,
           (SELECT f.selectors FROM ingest.feeds f WHERE f.source_id = s.id AND f.kind = 'listing'
            AND f.absent_since IS NULL ORDER BY f.id LIMIT 1) AS selectors,
           array(SELECT d.day FROM ingest.backfill_days d
                 WHERE d.backfill_id = b.id AND d.state = 'open' ORDER BY d.day) AS open_days
    FROM ingest.backfills b JOIN ingest.sources s ON s.id = b.source_id
    WHERE b.state = 'open' AND s.absent_since IS NULL AND (s.paused_at IS NULL OR s.paused_until <= :now)
    ORDER BY b.requested_at, b.id
""")
_RESTING = text("""
    SELECT s.slug FROM ingest.backfills b JOIN ingest.sources s ON s.id = b.source_id
    WHERE b.state = 'open' AND (s.absent_since IS NOT NULL
          OR (s.paused_at IS NOT NULL AND (s.paused_until IS NULL OR s.paused_until > :now)))
    ORDER BY b.id
""")
_CANDIDATE = {
    "entry_id": "bigint", "listed_hash": "bytea", "url": "text", "day": "date", "title": "text",
    "captured_at": "timestamptz", "place": "text",
}  # fmt: skip
# What is told again, after a stop or by two documents, is no news: only what is new here counts.
_ANNOUNCE = text(f"""
    INSERT INTO ingest.candidates
        (entry_id, listed_hash, listed_url, day, title, captured_at, place, backfill_id, first_seen_at)
    SELECT v.*, :id, CAST(:now AS timestamptz)
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _CANDIDATE.items())}) AS v
    ON CONFLICT DO NOTHING RETURNING entry_id, day
""")
_KNOWN = text("""
    SELECT e.id, e.article_id, e.state FROM ingest.entries e WHERE e.id = ANY(CAST(:ids AS bigint[]))
""")
# An article that the portal does not give any more may still be had from the archive that announces it.
_ASK_THERE = text("""
    UPDATE ingest.entries e SET url = v.asked_url, host = v.host, etag = NULL, last_modified = NULL
    FROM unnest(CAST(:entry_id AS bigint[]), CAST(:asked_url AS text[]), CAST(:host AS text[]))
         AS v(entry_id, asked_url, host)
    WHERE e.id = v.entry_id AND e.article_id IS NULL AND e.lease_owner IS NULL
""")
_COUNT = text("""
    UPDATE ingest.backfill_days d
    SET announced = d.announced + v.announced, added = d.added + v.added, again = d.again + v.again
    FROM unnest(CAST(:day AS date[]), CAST(:announced AS int[]), CAST(:added AS int[]), CAST(:again AS int[]))
         AS v(day, announced, added, again)
    WHERE d.backfill_id = :id AND d.day = v.day
""")
_SETTLE_DAYS = text("""
    UPDATE ingest.backfill_days SET state = :state, message = v.message, listed_at = :now
    FROM unnest(CAST(:days AS date[]), CAST(:messages AS text[])) AS v(day, message)
    WHERE backfill_id = :id AND backfill_days.day = v.day AND state = 'open'
""")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a piece brought: addresses that this backfill had not met, of these new entries, and known ones due again.

    `ids` are the entries of the rows given, in their order; `fresh` those that are new to the frontier.
    """

    announced: int
    added: int
    again: int
    ids: tuple[int, ...]
    fresh: frozenset[int]


def note(conn: Connection, wish: Row) -> int:
    """Keep a wish with its days; the same one while it is open is one. Returns its id.

    A wish has source_id, via, place, first_day, last_day, known and budget.
    """
    backfill_id = int(conn.execute(_NOTE, dict(wish)).scalar_one())
    conn.execute(_DAYS, {"id": backfill_id, "first_day": wish["first_day"], "last_day": wish["last_day"]})
    return backfill_id


def open_ones(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """The open wishes, the oldest first, with what an archive needs to know of the source, and the days to be listed.

    Those of paused sources and of sources without a file wait.
    """
    return [dict(row) for row in conn.execute(_OPEN, {"now": now}).mappings()]


def resting(conn: Connection, now: datetime) -> list[str]:
    """The slug of each open wish that waits because its source is paused or has no file."""
    return list(conn.execute(_RESTING, {"now": now}).scalars())


def announce(conn: Connection, backfill_id: int, rows: Sequence[Row], known: str, now: datetime) -> Counts:
    """Bring what an archive announces to the frontier: new entries, candidates, known entries after the rule `known`.

    A row has source_id, url, canonical_url, url_hash, listed_hash, host, portal_id, asked_url (None: url), day, title,
    captured_at, place and the published_ columns. New entries are of origin `backfill` and give way to live ones.
    """
    if not rows:
        return Counts(0, 0, 0, (), frozenset())
    lock(conn, "frontier.add")
    ids, fresh = _entries(conn, rows, now)
    told = [dict(row, entry_id=entry_id) for row, entry_id in zip(rows, ids, strict=True)]
    met = conn.execute(_ANNOUNCE, arrays(told, _CANDIDATE) | {"id": backfill_id, "now": now}).all()
    again = _again(conn, sorted({one.entry_id for one in met} - fresh), known, now)
    _ask_there(conn, [row for row in told if row["entry_id"] in again and row["asked_url"]], now)
    days: dict[date, Counter[str]] = {}
    for entry_id, day in {(one.entry_id, one.day) for one in met}:
        if day is not None:
            counted = days.setdefault(day, Counter())
            counted.update(announced=1, added=int(entry_id in fresh), again=int(entry_id in again))
    _count(conn, backfill_id, days)
    return Counts(len({one.entry_id for one in met}), len(fresh), len(again), tuple(ids), frozenset(fresh))


def settle_days(
    conn: Connection, backfill_id: int, listed: Sequence[date], failed: Mapping[date, str], now: datetime
) -> None:
    """Note days of which everything is announced, and days that can't be listed with the reason."""
    for state, said in (("listed", dict.fromkeys(listed)), ("failed", dict(failed))):
        if said:
            values = {"id": backfill_id, "state": state, "days": list(said), "messages": list(said.values())}
            conn.execute(_SETTLE_DAYS, values | {"now": now})


def finish(conn: Connection, backfill_id: int, state: str, message: str) -> None:
    """End a wish (done, failed) with what came of it."""
    statement = text(
        "UPDATE ingest.backfills SET state = :state, message = :message, finished_at = now() WHERE id = :id"
    )
    conn.execute(statement, {"id": backfill_id, "state": state, "message": message})


def days(conn: Connection, backfill_id: int) -> list[dict[str, Any]]:
    """The days of a wish in order: state, what was announced, and how far its entries are."""
    statement = text("""
        SELECT d.day, d.state, d.announced, d.added, d.again, d.message,
               count(e.id) FILTER (WHERE e.page_id IS NOT NULL) AS fetched,
               count(e.id) FILTER (WHERE e.state = 'loaded') AS loaded,
               count(e.id) FILTER (WHERE e.state = 'duplicate') AS duplicates,
               count(e.id) FILTER (WHERE e.state IN ('skipped', 'gone', 'dead')) AS failed,
               count(e.id) FILTER (WHERE e.state IN ('pending', 'leased', 'fetched', 'retry')) AS open
        FROM ingest.backfill_days d
        LEFT JOIN (SELECT DISTINCT backfill_id, day, entry_id FROM ingest.candidates WHERE backfill_id = :id) c
            ON c.day = d.day
        LEFT JOIN ingest.entries e ON e.id = c.entry_id
        WHERE d.backfill_id = :id GROUP BY d.backfill_id, d.day ORDER BY d.day
    """)
    return [dict(row) for row in conn.execute(statement, {"id": backfill_id}).mappings()]


def _ask_there(conn: Connection, rows: Sequence[Row], now: datetime) -> None:
    if rows:
        add_hosts(conn, (row["host"] for row in rows), now)
        conn.execute(_ASK_THERE, arrays(rows, ("entry_id", "asked_url", "host")))


def _entries(conn: Connection, rows: Sequence[Row], now: datetime) -> tuple[list[int], set[int]]:
    """The entry of each row, new ones made; and which are new."""
    wanted = [dict(row, feed_id=0, guid=None) for row in rows]
    known = identities(conn, wanted)
    made: list[Row] = []
    places: list[int] = []
    for row in wanted:
        entry_id = known.of(row)
        if entry_id is None:
            made.append(dict(row, url=row["asked_url"] or row["url"]))
            entry_id = -len(made)
        known.learn(row, entry_id)
        places.append(entry_id)
    new = new_ids(conn, "ingest.entries_id_seq", len(made)) if made else []
    fresh = [dict(row, id=entry_id) for row, entry_id in zip(made, new, strict=True)]
    insert_entries(conn, fresh, now, priority=1, origin="backfill")
    return [place if place > 0 else new[-place - 1] for place in places], set(new)


def _again(conn: Connection, ids: Sequence[int], rule: str, now: datetime) -> set[int]:
    """Open known entries after the rule; those that were opened."""
    if rule == "skip" or not ids:
        return set()
    rows = conn.execute(_KNOWN, {"ids": list(ids)}).all()
    ended = [row for row in rows if row.state in ("loaded", "duplicate", "skipped", "gone", "dead")]
    chosen = {row.id for row in ended if rule == "again" or row.article_id is None}
    open_again(conn, sorted(chosen), now, priority=1)
    return chosen


def _count(conn: Connection, backfill_id: int, days: Mapping[date, Counter[str]]) -> None:
    rows = [{"day": day} | {name: days[day][name] for name in ("announced", "added", "again")} for day in sorted(days)]
    if rows:
        conn.execute(_COUNT, arrays(rows, ("day", "announced", "added", "again")) | {"id": backfill_id})
