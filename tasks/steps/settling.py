"""What became of entries, booked everywhere it counts: the frontier, the tape, the counters of the run."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sql.connect import Connection
from sql.store import articles, frontier, runs
from tasks.columns import Row
from tasks.steps.run import Run, source_counts


def book(conn: Connection, run: Run, settled: Sequence[Row], now: datetime, more: Sequence[Row] = ()) -> None:
    """Settle entries of `run`; their articles are marked as gone, or as back, where that is what was found.

    `more` are further counters of sources, written in the same statement: two in a transaction can deadlock with
    another step's.
    """
    frontier.settle(conn, run.owner, settled, now)
    known = [row for row in settled if row["article_id"] is not None]
    articles.mark_gone(conn, [row["article_id"] for row in known if row["state"] == "gone"], now)
    articles.mark_back(conn, [row["article_id"] for row in known if row["state"] == "loaded" and row["reason"] is None])
    runs.add_source_counts(conn, run.id, [*source_counts(settled), *more])


def with_recheck(row: Row, entry: Row, now: datetime, recheck_after: timedelta) -> Row:
    """The settled row of an entry, to be asked again after a while where it brought its article just now.

    What a backfill brings is old, and its corrections are behind it.
    """
    is_past = entry["origin"] == "backfill"
    if row["state"] != "loaded" or entry["article_id"] is not None or is_past or not recheck_after:
        return row
    return dict(row, recheck_at=now + recheck_after)
