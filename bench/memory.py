"""Does memory stay bounded when there is ten times as much to do? Ingest and backfill at 2,000 and at 20,000 entries.

    python bench/memory.py [--sizes 2000 20000] [--quick]

The same flows, as a person starts them, on the sample portal at both sizes, against a Prefect server that runs already.
What counts is the most that our whole process tree held at one moment, without Postgres, Prefect's server and the
portal. Exit code 1 where an entry is lost, or the limit is broken at the sizes that it is meant for: where there is
less to do, what is held at all times weighs less, and a ratio says nothing.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sampling import Cost, adopt_orphans, measure, this_machine
from services import (
    Postgres,
    Prefect,
    check_exit,
    embedded_postgres,
    end_on_sigterm,
    newstape_environment,
    newstape_program,
    prefect_server,
    temporary_home,
)

from portal.client import start

HERE = Path(__file__).resolve().parent
SIZES, QUICK_SIZES = (2000, 20000), (500, 2000)
FLOWS = ("ingest", "backfill")
# The source whose past is wanted, the days of it, and how many articles it has of them at a scale of 1.
PAST, FIRST, LAST, PAST_ARTICLES = "cornhill-courier", "2026-02-27", "2026-04-01", 96
MIB = 1024 * 1024
# What must hold: the peak at the larger size against that at the smaller one.
MOST_RATIO = 1.2
# Every entry has an end; what is not loaded has a reason that the report names.
_ENDS = """
    SELECT state || coalesce(' (' || reason || ')', ''), count(*) FROM ingest.entries GROUP BY 1 ORDER BY 2 DESC, 1
"""
_OPEN = "SELECT count(*) FROM ingest.entries WHERE state IN ('pending', 'leased', 'fetched', 'retry')"


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs share."""

    home: Path
    postgres: Postgres
    prefect: Prefect


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one flow: how many articles there were, what became of the entries, and what it cost."""

    flow: str
    articles: int
    ends: tuple[tuple[str, int], ...]
    unsettled: int
    cost: Cost

    @property
    def entries(self) -> int:
        """How many entries the frontier had in the end."""
        return sum(count for _, count in self.ends)

    @property
    def is_complete(self) -> bool:
        """Whether every article became an entry and every entry has an end."""
        return self.entries >= self.articles and not self.unsettled

    @property
    def peak_at(self) -> float:
        """When the peak was, as a share of the run: near its end, something grows."""
        peak = max(self.cost.samples, key=lambda one: one.pss_bytes)
        return (peak.at - self.cost.began) / self.cost.wall_s

    def pss_mib(self, first: float, last: float) -> float:
        """Mean PSS between two shares of the run, in MiB."""
        began, wall = self.cost.began, self.cost.wall_s
        found = [one.pss_bytes for one in self.cost.samples if first <= (one.at - began) / wall <= last]
        return sum(found) / max(1, len(found)) / MIB


def main() -> None:
    """Runs every flow at every size and writes the report."""
    chosen = parse_arguments()
    end_on_sigterm()
    adopt_orphans()
    with temporary_home() as home, embedded_postgres(home) as postgres, prefect_server(home) as prefect:
        stage = Stage(home, postgres, prefect)
        load_before = os.getloadavg()[0]
        runs = [run_at(stage, flow, size) for flow in chosen.flows for size in chosen.sizes]
    text = report(runs, load_before)
    print(text)
    if chosen.result is not None:
        chosen.result.write_text(text, "utf-8")
    is_lost, is_limited = any(not run.is_complete for run in runs), min(chosen.sizes) >= SIZES[0]
    sys.exit(1 if is_lost or (is_limited and max(ratios(runs).values(), default=0) > MOST_RATIO) else 0)


def parse_arguments() -> argparse.Namespace:
    """The command line's options; --quick is small and without a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="articles, ascending")
    parser.add_argument("--flows", nargs="+", choices=FLOWS, default=FLOWS)
    parser.add_argument(
        "--quick", action="store_true", help=f"at {QUICK_SIZES[0]} and {QUICK_SIZES[1]}, no result file"
    )
    parser.add_argument("--result", type=Path, help="file for the report (default: results/memory.md)")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.sizes = QUICK_SIZES
    elif chosen.result is None:
        chosen.result = HERE / "results" / "memory.md"
    return chosen


def run_at(stage: Stage, flow: str, size: int) -> Run:
    """One run of a flow, in a database of its own, with a portal of that size."""
    database = f"{flow}_{size}"
    stage.postgres.make_database(database)
    log = stage.home / f"{database}.log"
    print(f"{flow} at {size:,} articles ...", file=sys.stderr, flush=True)
    with world(stage, flow, size) as (articles, sources, command):
        environment = newstape_environment(
            stage.home,
            NEWSTAPE_DATABASE_NAME=database,
            NEWSTAPE_SOURCES_DIR=str(sources),
            PREFECT_API_URL=stage.prefect.api,
        )
        cost = measure([newstape_program(), *command], environment, log)
    check_exit(flow, cost.exit_code, log)
    with psycopg.connect(stage.postgres.url(database)) as conn:
        ends = conn.execute(_ENDS).fetchall()
        (unsettled,) = conn.execute(_OPEN).fetchone() or (0,)
    return Run(flow, articles, tuple(ends), unsettled, cost)


@contextmanager
def world(stage: Stage, flow: str, size: int) -> Iterator[tuple[int, Path, list[str]]]:
    """A portal with about so many articles: how many it has, its source files, and what newstape is told to do."""
    sources = stage.home / f"sources-{flow}-{size}"
    if flow == "ingest":
        with start(articles=size, sources_dir=sources, warm=True) as portal:
            yield len(portal.gold()), sources, ["ingest", "--all"]
        return
    scale = round(size / PAST_ARTICLES)
    with start(articles=10, archive_scale=scale, sources_dir=sources, warm=True) as portal:
        count = sum(one["portal"] == PAST for one in portal.archive_gold())
        wish = ["--source", PAST, "--start", FIRST, "--end", LAST, "--budget", str(10 * size)]
        yield count, sources, ["backfill", *wish]


def ratios(runs: Sequence[Run]) -> dict[str, float]:
    """The peak at the largest size against that at the smallest, by flow."""
    by_flow = {run.flow: [one for one in runs if one.flow == run.flow] for run in runs}
    return {
        flow: max(same, key=_size).cost.peak_pss_bytes / min(same, key=_size).cost.peak_pss_bytes
        for flow, same in by_flow.items()
        if len(same) > 1
    }


def _size(run: Run) -> int:
    return run.articles


def report(runs: Sequence[Run], load_before: float) -> str:
    """The figures as Markdown."""
    rows = "\n".join(_row(run) for run in runs)
    fates = "\n".join(f"- {run.flow} at {run.articles:,}: {_fate(run)}" for run in runs)
    held = "; ".join(f"{flow} **{ratio:.2f}**" for flow, ratio in ratios(runs).items())
    return f"""# Memory: ten times as much to do

{datetime.now(UTC):%Y-%m-%d}, {this_machine()}; load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after.

Peak at the largest size against the smallest (at most {MOST_RATIO} at {SIZES[1]:,} against {SIZES[0]:,}): {held}

| flow | articles | peak PSS, MiB | at share of run | second quarter, MiB | last quarter, MiB | processes | s | per s |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

{fates}

PSS: summed over the process tree (flow and extraction children), every 0.2 s, without Postgres, Prefect's server and
the portal. The quarters are means: where the last one is not above the second, nothing grows with what was done.
"""


def _row(run: Run) -> str:
    cost = run.cost
    peak, speed = cost.peak_pss_bytes / MIB, run.articles / cost.wall_s
    quarters = f"{run.pss_mib(0.25, 0.5):.0f} | {run.pss_mib(0.75, 1):.0f}"
    return (
        f"| {run.flow} | {run.articles:,} | {peak:.0f} | {run.peak_at:.2f} | {quarters} | {cost.peak_processes} "
        f"| {cost.wall_s:.0f} | {speed:.0f} |"
    )


def _fate(run: Run) -> str:
    states = ", ".join(f"{count:,} {state}" for state, count in run.ends)
    return f"{run.entries:,} entries: {states}" + ("" if run.is_complete else "; SOME ARE LOST OR STILL OPEN")


if __name__ == "__main__":
    main()
