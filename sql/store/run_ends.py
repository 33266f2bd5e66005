"""How a run ended: which sources fail and which came back, and where our own code failed too often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from sql.store import warnings
from sql.store.bulk import Row

KIND = "source_failed"

_FAILING = text("""
    SELECT s.id AS source_id, s.slug, s.name, c.message, w.id IS NOT NULL AS is_known
    FROM ingest.run_sources c
    JOIN ingest.sources s ON s.id = c.source_id
    LEFT JOIN ingest.warnings w ON w.source_id = s.id AND w.kind = :kind AND w.resolved_at IS NULL
    WHERE c.run_id = :run_id AND c.feeds_failed > 0
    ORDER BY s.slug
""")

# A feed that failed keeps its count of failures until it is polled well, whichever run does that.
_RECOVERED = text("""
    SELECT s.id AS source_id, s.slug, s.name
    FROM ingest.warnings w
    JOIN ingest.sources s ON s.id = w.source_id
    LEFT JOIN ingest.run_sources c ON c.source_id = s.id AND c.run_id = :run_id
    WHERE w.kind = :kind AND w.resolved_at IS NULL AND (s.absent_since IS NOT NULL OR (
        c.feeds_polled > 0 AND c.feeds_failed = 0 AND NOT EXISTS (
            SELECT FROM ingest.feeds f
            WHERE f.source_id = s.id AND f.failures > 0 AND f.absent_since IS NULL AND f.retired_at IS NULL)))
    ORDER BY s.slug
""")

_CRASHED = text("""
    SELECT stage, received, crashed FROM ingest.run_stages
    WHERE run_id = :run_id AND crashed >= :least AND crashed > received * CAST(:share AS double precision)
    ORDER BY stage
""")

# A flow run that Prefect starts again keeps its id there and has several rows here; the last one counts.
_OF_FLOW_RUNS = text("""
    SELECT * FROM (
        SELECT DISTINCT ON (prefect_run_id) prefect_run_id, id, flow, state, message, finished_at
        FROM ingest.runs WHERE prefect_run_id = ANY(CAST(:ids AS uuid[]))
        ORDER BY prefect_run_id, id DESC) r
    WHERE state <> 'running'
""")


@dataclass(frozen=True, slots=True)
class Turn:
    """Sources whose state changed in a run; rows with source_id, slug and name, of failed ones message as well."""

    failed: Sequence[Row]
    recovered: Sequence[Row]


def note_sources(conn: Connection, run_id: int, now: datetime) -> Turn:
    """Keep one open warning for every source that a run found failing, end those that are over; what changed."""
    failing = [dict(row) for row in conn.execute(_FAILING, {"run_id": run_id, "kind": KIND}).mappings()]
    recovered = [dict(row) for row in conn.execute(_RECOVERED, {"run_id": run_id, "kind": KIND}).mappings()]
    warnings.raise_all(conn, [_warning(row, run_id) for row in failing], now)
    warnings.resolve(conn, KIND, now, source_ids=[row["source_id"] for row in recovered])
    return Turn([row for row in failing if not row["is_known"]], recovered)


def crashes(conn: Connection, run_id: int, share: float, least: int) -> list[dict[str, Any]]:
    """Stages of a run whose code failed on more than `share` of their input, and on `least` of it at least."""
    chosen = {"run_id": run_id, "share": share, "least": least}
    return [dict(row) for row in conn.execute(_CRASHED, chosen).mappings()]


def of_flow_runs(conn: Connection, prefect_run_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """How those of these flow runs (Prefect's ids) ended whose rows are closed: state, message, finished_at."""
    chosen = {"ids": [str(one) for one in prefect_run_ids]}
    return [dict(row) for row in conn.execute(_OF_FLOW_RUNS, chosen).mappings()]


def _warning(row: Row, run_id: int) -> dict[str, Any]:
    message = (
        f"Of {row['name']} a feed can't be read: {row['message']}. It is tried again at growing distances; what else "
        f"there is of the source is read. `newstape sources doctor {row['slug']}` says what to do."
    )
    return {"kind": KIND, "source_id": row["source_id"], "feed_id": None, "run_id": run_id, "message": message}
