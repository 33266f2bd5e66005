"""How a run ended: its state and the sentence that says what happened.

completed: all is well; degraded: some sources failed; failed: most of them did, or our own code failed too often.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flows.run import Frame
from sql import connect
from sql.store import run_ends, runs

Row = Mapping[str, Any]

# Single odd pages are the world's; more than this share of what came in is a fault of ours that somebody must look at.
CRASH_SHARE = 0.01
FEWEST_CRASHES = 3
# Failing sources that a message names; the artifact and the table have them all.
MOST_NAMES = 10
ARTIFACT = "ingest-sources"
# An error may carry a whole statement; its beginning says what it was.
LONGEST_ERROR = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended; `sources` are its rows of news.run_sources, `turn` those sources whose state changed."""

    state: str
    message: str
    sources: Sequence[Row]
    turn: run_ends.Turn


def verdict(frame: Frame, polled_counts: Mapping[str, int]) -> Verdict:
    """How the run of `frame` ended; the warnings about failing sources are opened and closed with it."""
    with connect.engine().begin() as conn:
        turn = run_ends.note_sources(conn, frame.run.id, datetime.now(UTC))
        crashes = run_ends.crashes(conn, frame.run.id, CRASH_SHARE, FEWEST_CRASHES)
        sources = runs.source_counts(conn, frame.run.id)
    state, message = judged(sources, crashes, polled_counts.get("new", 0))
    return Verdict(state, message, sources, turn)


def source_rows(run_id: int) -> Sequence[Row]:
    """What came of each source in a run, by slug: its rows of news.run_sources."""
    with connect.engine().connect() as conn:
        return runs.source_counts(conn, run_id)


def judged(sources: Sequence[Row], crashes: Sequence[Row], new: int) -> tuple[str, str]:
    """State and message of a run from its rows of news.run_sources and the stages whose code failed too often. Pure."""
    polled = [row for row in sources if row["feeds_polled"]]
    failing = [row["source"] for row in polled if row["feeds_failed"]]
    said = [f"our code failed on {row['crashed']} of {row['received']} inputs of {row['stage']}" for row in crashes]
    if failing:
        said.append(f"{len(failing)} of {len(polled)} sources failed: {_named(failing)}")
    said.append(_done(sources, len(polled), new))
    said += ["`newstape entries list --reason crash` names the pages, which are kept"] if crashes else []
    said += [f"why: the artifact {ARTIFACT}, or newstape sources show {failing[0]}"] if failing else []
    broken = bool(crashes) or 2 * len(failing) > len(polled)
    return "failed" if broken else "degraded" if failing else "completed", "; ".join(said)


def _done(sources: Sequence[Row], polled: int, new: int) -> str:
    done = (
        f"{polled} sources polled, {new} new entries, "
        f"{sum(row['loaded'] for row in sources)} loaded, {sum(row['duplicates'] for row in sources)} duplicates"
    )
    trouble = {name: sum(row[name] for row in sources) for name in ("skipped", "gone", "retried", "dead")}
    return done + "".join(f", {count} {name}" for name, count in trouble.items() if count)


def _named(slugs: Sequence[str]) -> str:
    more = len(slugs) - MOST_NAMES
    return ", ".join(slugs[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def error_line(error: BaseException) -> str:
    """The beginning of what an error says, with its name."""
    said = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {said}"[:LONGEST_ERROR].rstrip(": ")
