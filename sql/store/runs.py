"""ingest.runs with their counters, and the lock that keeps one run per flow."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sql.store.bulk import Row, arrays, storable

_COUNTERS = (
    "feeds_polled", "feeds_unchanged", "feeds_failed", "entries_listed", "entries_new", "fetched", "loaded",
    "duplicates", "skipped", "gone", "retried", "dead", "rechecked", "bytes",
    "request_ms",
)  # fmt: skip

_ADD_SOURCES = text(f"""
    INSERT INTO ingest.run_sources AS r (run_id, source_id, message, {", ".join(_COUNTERS)})
    SELECT :run_id, v.* FROM unnest(CAST(:source_id AS bigint[]), CAST(:message AS text[]),
        {", ".join(f"CAST(:{name} AS bigint[])" for name in _COUNTERS)}) AS v
    ON CONFLICT (run_id, source_id) DO UPDATE SET message = coalesce(r.message, excluded.message),
        {", ".join(f"{name} = r.{name} + excluded.{name}" for name in _COUNTERS)}
""")


def try_lock(conn: Connection, flow: str) -> bool:
    """Take the session-level lock of `flow` on `conn`, if no other session has it; closing `conn` lets it go.

    A connection that has the lock leaves its pool: back in it, its session would keep the lock.
    """
    statement = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
    taken = bool(conn.execute(statement, {"name": f"newstape.flow.{flow}"}).scalar())
    if taken:
        conn.detach()
    return taken


def open_run(
    conn: Connection, flow: str, *, process: str, version: str, parameters: dict[str, Any], prefect_run_id: UUID | None
) -> int:
    """Open the row of a run; returns its id."""
    statement = text("""
        INSERT INTO ingest.runs (flow, state, process, version, parameters, prefect_run_id)
        VALUES (:flow, 'running', :process, :version, :parameters, :prefect_run_id) RETURNING id
    """).bindparams(bindparam("parameters", type_=JSONB))
    values = {"flow": flow, "process": process, "version": version, "parameters": parameters}
    return int(conn.execute(statement, values | {"prefect_run_id": prefect_run_id}).scalar_one())


def close_run(conn: Connection, run_id: int, state: str, message: str) -> None:
    """Close the row of a run with what happened."""
    statement = text("UPDATE ingest.runs SET state = :state, message = :message, finished_at = now() WHERE id = :id")
    conn.execute(statement, {"id": run_id, "state": state, "message": storable(message)})


def close_stale(conn: Connection, flow: str) -> list[int]:
    """Close open rows of `flow` as crashed; returns their ids. Only for the holder of the flow's lock."""
    statement = text("""
        UPDATE ingest.runs SET state = 'crashed', finished_at = now(),
            message = 'The process ended without a word (killed, or the machine went down); '
                'the next run took over its work.'
        WHERE flow = :flow AND state = 'running' RETURNING id
    """)
    return list(conn.execute(statement, {"flow": flow}).scalars())


def prefect_runs(conn: Connection, run_ids: Sequence[int]) -> list[UUID]:
    """Prefect's ids of these runs, of those that have one."""
    statement = text("SELECT prefect_run_id FROM ingest.runs WHERE id = ANY(:ids) AND prefect_run_id IS NOT NULL")
    return list(conn.execute(statement, {"ids": list(run_ids)}).scalars())


def active(conn: Connection, flow: str) -> dict[str, Any] | None:
    """The open run of `flow`; None: none is open."""
    statement = text("""
        SELECT id, started_at, process FROM ingest.runs WHERE flow = :flow AND state = 'running'
        ORDER BY started_at DESC LIMIT 1
    """)
    row = conn.execute(statement, {"flow": flow}).mappings().first()
    return dict(row) if row else None


def open_runs(conn: Connection, besides: int) -> list[dict[str, Any]]:
    """The open rows of flows, with flow, run_id and prefect_run_id; without those of the flow of run `besides`."""
    statement = text("""
        SELECT flow, id AS run_id, prefect_run_id FROM ingest.runs
        WHERE state = 'running' AND flow NOT IN (SELECT flow FROM ingest.runs WHERE id = :besides) ORDER BY id
    """)
    return [dict(row) for row in conn.execute(statement, {"besides": besides}).mappings()]


def latest(conn: Connection, count: int) -> list[dict[str, Any]]:
    """The `count` latest runs, newest first."""
    statement = text("SELECT * FROM news.runs ORDER BY started_at DESC, run_id DESC LIMIT :count")
    return [dict(row) for row in conn.execute(statement, {"count": count}).mappings()]


def add_source_counts(conn: Connection, run_id: int, rows: Sequence[Row]) -> None:
    """Add to the counters of sources in a run.

    A row has source_id and any of the counters and message; rows of one source are added up, its first message stays.
    """
    sums: dict[int, dict[str, Any]] = {}
    for row in rows:
        total = sums.setdefault(row["source_id"], dict.fromkeys(_COUNTERS, 0) | {"message": None})
        total["source_id"] = row["source_id"]
        total["message"] = total["message"] or row.get("message")
        for name in _COUNTERS:
            total[name] += row.get(name, 0)
    if sums:
        ordered = [sums[source_id] for source_id in sorted(sums)]
        conn.execute(_ADD_SOURCES, arrays(ordered, ("source_id", "message", *_COUNTERS)) | {"run_id": run_id})


def add_stage_counts(conn: Connection, run_id: int, rows: Sequence[Row]) -> None:
    """Add to the counters of stages in a run; a row has stage, received, passed, skipped, failed, seconds, crashed.

    `crashed` may be left out where it is 0.
    """
    statement = text("""
        INSERT INTO ingest.run_stages AS r (run_id, stage, received, passed, skipped, failed, crashed, seconds)
        VALUES (:run_id, :stage, :received, :passed, :skipped, :failed, :crashed, :seconds)
        ON CONFLICT (run_id, stage) DO UPDATE SET received = r.received + excluded.received,
            passed = r.passed + excluded.passed, skipped = r.skipped + excluded.skipped,
            failed = r.failed + excluded.failed, crashed = r.crashed + excluded.crashed,
            seconds = r.seconds + excluded.seconds
    """)
    if rows:
        conn.execute(statement, [{"crashed": 0} | dict(row, run_id=run_id) for row in rows])


def source_counts(conn: Connection, run_id: int) -> list[dict[str, Any]]:
    """What came of each source in a run, by slug."""
    statement = text("SELECT * FROM news.run_sources WHERE run_id = :id ORDER BY source")
    return [dict(row) for row in conn.execute(statement, {"id": run_id}).mappings()]
