"""What a night of maintenance came to, for people: state, sentence, and the rows of its tables. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.upkeep import Done, Report

Row = Mapping[str, Any]
# Sources that the message names per kind of warning; the table has them all.
MOST_NAMES = 3


@dataclass(slots=True)
class Nightly:
    """What came of the chores of a night, by name in the order in which they were done.

    `failed` has the errors of those that raised, `report` is None where the report is among them; `warnings` are the
    rows of the table of warnings: those that are open now, in a rehearsal those that a night would find.
    """

    is_rehearsal: bool = False
    done: dict[str, Done] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    report: Report | None = None
    warnings: Sequence[Row] = ()


def judged(night: Nightly) -> tuple[str, str]:
    """State and message: failed where most chores failed, degraded where one did, else completed."""
    chores = len(night.seconds)
    broken = 2 * len(night.failed) > chores
    return "failed" if broken else "degraded" if night.failed else "completed", sentence(night)


def sentence(night: Nightly) -> str:
    """What happened, or in a rehearsal would happen, in a line."""
    parts = []
    if night.failed:
        named = ", ".join(f"{name} ({error})" for name, error in night.failed.items())
        parts.append(f"{len(night.failed)} of {len(night.seconds)} chores failed, tried again next time: {named}")
    if night.report is not None:
        parts.append(_warnings(night.warnings, night.report))
    parts += [done.said for done in night.done.values() if done.said]
    return ("Dry run, nothing was changed: " if night.is_rehearsal else "") + ("; ".join(parts) or "nothing to do")


def chore_rows(night: Nightly) -> list[dict[str, Any]]:
    """The table of chores: what each did or why it failed, and its seconds."""
    return [
        {
            "chore": name,
            "state": "failed" if name in night.failed else "done",
            "seconds": round(seconds, 2),
            "said": night.failed.get(name) or (night.done[name].said if name in night.done else ""),
        }
        for name, seconds in night.seconds.items()
    ]


def detail_rows(night: Nightly, chore: str) -> list[dict[str, Any]]:
    """The rows of one chore."""
    return [dict(row) for row in night.done[chore].rows] if chore in night.done else []


def warning_rows(opened: Sequence[Row]) -> list[dict[str, Any]]:
    """The table of warnings from rows of news.warnings."""
    return [
        {"kind": row["kind"], "source": row["source"] or "", "feed": row["feed_url"] or "", "since": row["first_at"],
         "message": row["message"]}
        for row in opened
    ]  # fmt: skip


def foreseen_rows(report: Report) -> list[dict[str, Any]]:
    """The table of warnings of a rehearsal, which stores none: what it found."""
    return [
        {"kind": found.kind, "source": found.slug or "", "feed": "", "since": None, "message": found.message}
        for found in report.open
    ]


def _warnings(rows: Sequence[Row], report: Report) -> str:
    """How many warnings are open, how many of them are new or over, and per kind which sources they are about."""
    turned = [f"{count} {word}" for count, word in ((len(report.new), "new"), (report.resolved, "over")) if count]
    head = f"{len(rows)} warning{'' if len(rows) == 1 else 's'} open" + (f" ({', '.join(turned)})" if turned else "")
    kinds: dict[str, list[str]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row["source"])
    told = [f"{kind} {len(slugs)}{_named(slugs)}" for kind, slugs in sorted(kinds.items(), key=_most_first)]
    return head + (f": {', '.join(told)}" if told else "")


def _most_first(kind: tuple[str, Sequence[str]]) -> tuple[int, str]:
    return -len(kind[1]), kind[0]


def _named(slugs: Sequence[str]) -> str:
    """The sources behind a number, " (a, b)"; "" where the warnings are about none."""
    distinct = sorted({slug for slug in slugs if slug})
    more = len(distinct) - MOST_NAMES
    names = ", ".join(distinct[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f" ({names})" if names else ""
