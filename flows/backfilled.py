"""What a backfill came to, for people: sentences, and the rows of tables. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tasks.steps.rehearsal import Rehearsal

Row = Mapping[str, Any]
# Days that a message names; the table has them all.
MOST_DAYS = 3


def sentence(totals: Row, days: Sequence[Row]) -> str:
    """How far a wish is, in a line: what was announced, what became of it, and the days that can't be listed."""
    known = totals["announced"] - totals["added"]
    parts = [f"{totals['announced']:,} announced, {totals['added']:,} new, {known:,} known"]
    counted = ((totals[name], name) for name in ("loaded", "duplicates", "failed", "open"))
    parts.append(", ".join(f"{count:,} {name}" for count, name in counted if count or name == "loaded"))
    if failed := [row for row in days if row["state"] == "failed"]:
        named = ", ".join(str(row["day"]) for row in failed[:MOST_DAYS]) + (" ..." if len(failed) > MOST_DAYS else "")
        parts.append(f"{many(len(failed), 'day')} can't be listed ({named}): {failed[0]['message']}")
    if unlisted := sum(row["state"] == "open" for row in days):
        parts.append(f"{many(unlisted, 'day')} still to be listed")
    return "; ".join(parts)


def resting_sentence(slugs: Sequence[str]) -> str:
    """Why a run had nothing to go on with; `slugs` are the sources of wishes that are open all the same."""
    if not slugs:
        return "Nothing is open: every backfill that was asked for is done."
    named = ", ".join(sorted(set(slugs)))
    return (
        f"Nothing to go on with: {many(len(slugs), 'backfill')} of sources that are paused or have no file any more "
        f"({named}) wait until they are back (`newstape sources resume SLUG`)."
    )


def day_rows(days: Sequence[Row]) -> list[dict[str, Any]]:
    """The table of a wish, a row per day."""
    return [
        {
            "day": row["day"],
            "listed": row["state"],
            "announced": row["announced"],
            "new": row["added"],
            "known": row["announced"] - row["added"],
        }
        | {name: row[name] for name in ("fetched", "loaded", "duplicates", "failed", "open")}
        | {"note": row["message"] or ""}
        for row in days
    ]


def coverage_rows(days: Sequence[Row]) -> list[dict[str, Any]]:
    """The table of coverage: rows of news.coverage as they are shown."""
    return [{name: row[name] for name in ("day", "announced", "fetched", "loaded", "duplicates", "failed", "open")}
            for row in days]  # fmt: skip


def rehearsed_sentence(rehearsal: Rehearsal) -> str:
    """What a dry run found, in a line."""
    known = rehearsal.announced - rehearsal.fresh
    size = f"{rehearsal.bytes / 1e6:,.1f} MB" if rehearsal.bytes is not None else "an unknown amount (no page yet)"
    reasons = list(rehearsal.failed.values())
    failed = [f"{many(len(reasons), 'day')} can't be listed: {reasons[0]}"] if reasons else []
    return "; ".join([
        f"Dry run, nothing was noted: {rehearsal.announced:,} announced, {rehearsal.fresh:,} new, {known:,} known",
        f"it took {many(rehearsal.requests, 'request')}",
        f"a run would make about {many(rehearsal.wanted, 'request')} in about {lasting(rehearsal.duration)} for {size}",
        *failed,
    ])  # fmt: skip


def rehearsed_rows(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """The table of a dry run, a row per day; undated candidates stand at the end."""
    dated = sorted(day for day in rehearsal.days if day is not None)
    order = [*dated, *([None] if None in rehearsal.days else [])]
    return [
        {
            "day": day or "(undated)",
            "announced": rehearsal.days[day]["announced"],
            "known": rehearsal.days[day]["announced"] - rehearsal.days[day]["fresh"],
            "new": rehearsal.days[day]["fresh"],
            "note": rehearsal.failed.get(day, "") if day else "",
        }
        for day in order
    ]


def lasting(duration: timedelta) -> str:
    """A duration for people: 40 s, 12 min, 3.5 h, 2.1 days."""
    seconds = duration.total_seconds()
    for unit, size, least in (("days", 86_400, 172_800), ("h", 3_600, 7_200), ("min", 60, 120)):
        if seconds >= least:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def many(count: int, what: str) -> str:
    """1 day, 1,200 days."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
