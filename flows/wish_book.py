"""The book of wishes for the past: noted, taken up, concluded, each in a transaction of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from config.settings import settings
from config.sources import load_sources
from flows.backfilled import many, resting_sentence, sentence
from flows.definitions import sync_sources
from flows.verdict import CRASH_SHARE, FEWEST_CRASHES
from flows.wishes import Wish, titled
from sql import connect, migrate
from sql.store import backfill_progress, backfills, run_ends, sources

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a wish in a run: `state` open, done or failed.

    `outage`: what happened where we were cut off. `broken`: our own code failed.
    """

    title: str
    state: str
    message: str
    days: Sequence[Row] = ()
    coverage: Sequence[Row] = ()
    outage: str | None = None
    broken: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every day could be listed."""
        return self.state != "failed" and not any(row["state"] == "failed" for row in self.days)


def note(wish: Wish) -> int:
    """Keep a wish; its number. The schema and the sources are brought up to date first."""
    migrate.ensure(connect.engine())
    sync_sources(load_sources(settings().sources_dir), datetime.now(UTC))
    with connect.engine().begin() as conn:
        return backfills.note(conn, wish.row(sources.slugs(conn)[wish.source.slug]))


def as_open(wish: Wish) -> dict[str, Any]:
    """A wish that nobody keeps, as an open one."""
    with connect.engine().connect() as conn:
        return wish.as_open(sources.slugs(conn)[wish.source.slug])


def next_open(besides: Collection[int]) -> dict[str, Any] | None:
    """The oldest open wish besides those; None: there is none."""
    with connect.engine().connect() as conn:
        return next((row for row in backfills.open_ones(conn, datetime.now(UTC)) if row["id"] not in besides), None)


def open_one(number: int) -> dict[str, Any] | None:
    """The wish of that number; None: it is not open, or its source is paused."""
    with connect.engine().connect() as conn:
        return next((row for row in backfills.open_ones(conn, datetime.now(UTC)) if row["id"] == number), None)


def asked(run_id: int) -> int:
    """How many pages a run has asked for."""
    with connect.engine().connect() as conn:
        return backfill_progress.asked(conn, run_id)


def refuse(wish: Row, message: str) -> Ended:
    """End a wish that can't be fulfilled."""
    with connect.engine().begin() as conn:
        backfills.finish(conn, wish["id"], "failed", message)
    return Ended(titled(wish), "failed", message)


def conclude(wish: Row, outage: str | None) -> Ended:
    """End a wish where all is done of it, else leave it open; and say how far it is."""
    with connect.engine().begin() as conn:
        days = backfills.days(conn, wish["id"])
        counts = backfill_progress.totals(conn, wish["id"])
        coverage = backfill_progress.coverage(conn, wish["source_id"], wish["first_day"], wish["last_day"])
        message, state = sentence(counts, days), "open"
        # What a feed listed meanwhile is brought to its end by the live ingest.
        if counts["open"] == counts["live"] and all(row["state"] != "open" for row in days):
            state = "failed" if all(row["state"] == "failed" for row in days) else "done"
            backfills.finish(conn, wish["id"], state, message)
    return Ended(titled(wish), state, message, days, coverage, outage, counts=counts)


def judged(run_id: int, ended: Sequence[Ended]) -> tuple[str, str]:
    """State and message of a run: failed where all failed, we were cut off, or our own code failed too often."""
    with connect.engine().connect() as conn:
        crashes = run_ends.crashes(conn, run_id, CRASH_SHARE, FEWEST_CRASHES)
        resting = backfills.resting(conn, datetime.now(UTC))
    if not ended:
        return "completed", resting_sentence(resting)
    said = [f"our code failed on {row['crashed']} of {row['received']} inputs of {row['stage']}" for row in crashes]
    said += [one.outage for one in ended if one.outage]
    said += [f"{one.title}: {one.message}" for one in ended]
    if left := sum(one.state == "open" for one in ended):
        said.append(f"{many(left, 'backfill')} still open: the next run goes on (`newstape backfill`)")
    broken = (
        bool(crashes) or any(one.outage or one.broken for one in ended) or all(one.state == "failed" for one in ended)
    )
    whole = all(one.is_whole for one in ended)
    return "failed" if broken else "completed" if whole else "degraded", "; ".join(said)
