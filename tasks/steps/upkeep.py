"""The chores of a night: partitions, retention, what dead processes left, the days of each source, statistics.

Each opens short transactions of its own and can be done again: killed between any two of them, or kept from one by
live work that holds its lock, it is finished by the next night. A rehearsal says what there is to do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from sql import connect
from sql.connect import Connection
from sql.store import boilerplate, frontier, partitions, placing, retention, runs, schema, source_days, statistics
from tasks.columns import Row
from tasks.upkeep import Chore, Done, Night, size

Thing = TypeVar("Thing")
# Replaced values that one transaction deletes: a fraction of a second.
CHANGES_AT_ONCE = 10_000
# Paragraphs that one transaction forgets: a fraction of a second.
PARAGRAPHS_AT_ONCE = 10_000
# Sketches that one transaction forgets: a fraction of a second.
SKETCHES_AT_ONCE = 5_000
# How long a paragraph is remembered that no article printed again: nearly all are of one article only, and boilerplate
# comes back within days. What several articles print may come back after a season.
KEEP_SINGLE = timedelta(days=14)
KEEP_SHARED = timedelta(days=90)
# Days of all sources that one transaction counts; a night has eight, the first one after a long time many.
DAYS_AT_ONCE = 31


def partitions_ahead(night: Night) -> Done:
    """Move rows of default partitions to partitions of their own, and make those of the next months and weeks."""
    with connect.engine().connect() as conn:
        strays = partitions.strays(conn)
        missing = [{"partition": name, "rows": 0} for name in schema.missing_partitions(conn, night.now)]
    moved, busy = _each(night, partitions.move, strays)
    made, late = _each(night, _make_ahead, [night.now] if missing else [])
    rows = [{"partition": one.partition, "rows": one.rows} for one in moved] + (missing if made else [])
    stray_rows = sum(one.rows for one in moved)
    said = [
        _told(night, len(rows), "partition", "made", "to make"),
        _told(night, stray_rows, "row", "moved out of default partitions", "to move out of default partitions"),
        _waiting(len(busy) + (len(missing) if late else 0)),
    ]
    return Done(_joined(said), rows)


def _make_ahead(conn: Connection, now: datetime) -> None:
    partitions.wait_briefly(conn)
    schema.ensure_partitions(conn, now)


def keep_for_a_time(night: Night) -> Done:
    """Drop the partitions and delete the replaced values that are older than they are kept."""
    kept = {
        "ingest.pages": night.keep_pages,
        "ingest.fetch_events": night.keep_fetch_events,
        "ingest.sketch_keys": night.keep_sketches,
        "ingest.counted_texts": night.keep_sketches,
    }
    before = {table: night.now - time for table, time in kept.items()}
    with connect.engine().connect() as conn:
        found = partitions.expired(conn, before)
    dropped, busy = _each(night, partitions.drop, found)
    forgotten = _forget_changes(night)
    if not night.is_rehearsal:
        with connect.engine().begin() as conn:
            # Budgets look at the present hour only; the log of requests has the rest.
            retention.forget_hours(conn, before["ingest.fetch_events"])
    rows: list[Row] = [{"table": one.table, "partition": one.name, "rows": None, "bytes": one.size} for one in dropped]
    if forgotten:
        rows.append({"table": "ingest.reprocess_changes", "partition": None, "rows": forgotten, "bytes": None})
    freed = f" ({size(sum(one.size for one in dropped))})" if dropped else ""
    said = [
        _told(night, len(dropped), "partition", "dropped", "to drop") + freed,
        _told(night, forgotten, "replaced value", "deleted", "to delete"),
        _waiting(len(busy)),
    ]
    return Done(_joined(said), rows)


def _forget_changes(night: Night) -> int:
    """How many replaced values were deleted, in a rehearsal how many would be."""
    before, total = night.now - night.keep_changes, 0
    if night.is_rehearsal:
        with connect.engine().connect() as conn:
            return retention.old_changes(conn, before)
    while True:
        with connect.engine().begin() as conn:
            count = retention.forget_changes(conn, before, CHANGES_AT_ONCE)
        total += count
        if count < CHANGES_AT_ONCE:
            return total


def forget_paragraphs(night: Night) -> Done:
    """Forget paragraphs that no article printed for long, but for those that a person decided on."""
    before = (night.now - KEEP_SINGLE, night.now - KEEP_SHARED)
    if night.is_rehearsal:
        with connect.engine().connect() as conn:
            return Done(_told(night, boilerplate.old(conn, *before), "paragraph", "", "to forget"))
    total, count = 0, PARAGRAPHS_AT_ONCE
    while count == PARAGRAPHS_AT_ONCE:
        with connect.engine().begin() as conn:
            count = boilerplate.forget(conn, *before, PARAGRAPHS_AT_ONCE)
        total += count
    rows: list[Row] = [{"table": "ingest.boilerplate", "rows": total}] if total else []
    return Done(_told(night, total, "paragraph", "forgotten", ""), rows)


def forget_sketches(night: Night) -> Done:
    """Forget by what copies are recognised, when they are not looked for any more; keys and counts go by partitions."""
    before = night.now - night.keep_sketches
    if night.is_rehearsal:
        with connect.engine().connect() as conn:
            return Done(_told(night, placing.old(conn, before), "text", "", "to compare no more"))
    total, count = 0, 1
    while count:
        with connect.engine().begin() as conn:
            count = placing.forget(conn, before, SKETCHES_AT_ONCE)
        total += count
    rows: list[Row] = [{"table": "ingest.sketches", "rows": total}] if total else []
    return Done(_told(night, total, "text", "compared no more", ""), rows)


def end_leases(night: Night) -> Done:
    """End the leases that ran out; those of processes at work are renewed all the time."""
    with connect.engine().begin() as conn:
        ended = (frontier.expired if night.is_rehearsal else frontier.end_expired)(conn, night.now)
    rows = [{"table": table, "rows": count} for table, count in ended.items() if count]
    return Done(_told(night, sum(ended.values()), "lease", "of dead processes ended", "of dead processes to end"), rows)


def close_runs(night: Night) -> Done:
    """Close the rows of runs whose processes are dead; rows with flow, run_id and prefect_run_id (None: it has none).

    A process at work holds the lock of its flow. The flow of this run is left out: that lock is held by ourselves.
    """
    with connect.engine().connect() as conn:
        flows = {row["flow"] for row in runs.open_runs(conn, night.run_id)}
    rows = [row for flow in sorted(flows) for row in _dead_runs(night, flow)]
    return Done(_told(night, len(rows), "run", "of dead processes closed", "of dead processes to close"), rows)


def _dead_runs(night: Night, flow: str) -> Sequence[Row]:
    """The open rows of a flow that nobody works for, closed and their leases ended.

    As long as we have the lock no run of the flow can open a row: one that starts at this moment gives way, as to any
    other run, so it is held for two statements only.
    """
    with connect.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        if not runs.try_lock(holder, flow):
            return []
        with connect.engine().begin() as conn:
            dead = [row for row in runs.open_runs(conn, night.run_id) if row["flow"] == flow]
            if not night.is_rehearsal:
                runs.close_stale(conn, flow)
                for row in dead:
                    frontier.release_run(conn, row["run_id"])
        return dead


def count_days(night: Night) -> Done:
    """Count the days of each source: the last ones anew, and all that were missed."""
    with connect.engine().connect() as conn:
        wanted = source_days.wanted(conn, night.now)
    if night.is_rehearsal:
        return Done(_told(night, sum(wanted.values()), "day", "", "of sources to count"))
    counted = 0
    for first, last in _spans(wanted):
        with connect.engine().begin() as conn:
            counted += source_days.book(conn, first, last, night.now)
    return Done(_told(night, counted, "day", "of sources counted", ""))


def _spans(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """First and last of each piece of ascending days that lie within DAYS_AT_ONCE."""
    rest = list(days)
    while rest:
        stop = rest[0] + timedelta(days=DAYS_AT_ONCE)
        piece = [day for day in rest if day < stop]
        yield piece[0], piece[-1]
        rest = rest[len(piece) :]


def renew_statistics(night: Night) -> Done:
    """Let the planner look at the large tables again."""
    if night.is_rehearsal:
        return Done()
    done, busy = _each(night, statistics.analyze, statistics.LARGE)
    said = f"statistics of {', '.join(busy)} wait for the next night, others were at work there" if busy else ""
    return Done(said, [{"table": table.split()[0]} for table in done])


def _each(
    night: Night, act: Callable[[Connection, Thing], object], things: Sequence[Thing]
) -> tuple[Sequence[Thing], Sequence[Thing]]:
    """Do `act` for each thing in a transaction of its own: those that are done, and those that others were at work on.

    In a rehearsal nothing is done, and all could be.
    """
    if night.is_rehearsal:
        return things, []
    is_done = [_is_done(act, thing) for thing in things]
    done = [thing for thing, done in zip(things, is_done, strict=True) if done]
    return done, [thing for thing, done in zip(things, is_done, strict=True) if not done]


def _is_done(act: Callable[[Connection, Thing], object], thing: Thing) -> bool:
    try:
        with connect.engine().begin() as conn:
            act(conn, thing)
    except connect.OperationalError as error:
        if not connect.is_busy(error):
            raise
        return False
    return True


def _told(night: Night, count: int, noun: str, done: str, to_do: str) -> str:
    """A number with what became of it, as "2 partitions dropped"; "" for none."""
    if not count:
        return ""
    return f"{count:,} {noun}{'' if count == 1 else 's'} {to_do if night.is_rehearsal else done}"


def _waiting(count: int) -> str:
    if not count:
        return ""
    what = "1 partition waits" if count == 1 else f"{count} partitions wait"
    return f"{what} for the next night, others were at work there"


def _joined(said: Iterable[str]) -> str:
    return ", ".join(part for part in said if part)


# In this order: rows that are moved out of a default partition can expire in the same night.
CHORES: tuple[tuple[str, Chore], ...] = (
    ("partitions", partitions_ahead),
    ("retention", keep_for_a_time),
    ("boilerplate", forget_paragraphs),
    ("stories", forget_sketches),
    ("leases", end_leases),
    ("runs", close_runs),
    ("source_days", count_days),
    ("statistics", renew_statistics),
)
