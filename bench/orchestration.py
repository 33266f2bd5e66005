"""What does Prefect cost? The same ingest through the Prefect flow and by the same steps without Prefect, in turns.

    python bench/orchestration.py [--articles 2000] [--rounds 3] [--quick]

One sample portal, one embedded Postgres, one Prefect server that runs already; a fresh database for each run. Start-up
(process, imports, migration of the empty database, up to the first request) stands apart. The report says whether the
limit of Prefect's share of the wall time is reached. Exit code 1 where a run breaks, or the two left different rows.
"""

import argparse
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg
from sampling import Cost, adopt_orphans, cpu_s, measure, this_machine
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

from portal.client import RunningPortal, start

HERE = Path(__file__).resolve().parent
QUICK_ARTICLES = 200
FLOW, STEPS = "Prefect flow", "steps alone"
PEERS = (FLOW, STEPS)
# What must hold: the share of the flow's wall time that the steps alone do not need.
MOST_SHARE, LIMIT_ARTICLES = 0.05, 2000
# Rounds that differ by more were disturbed by something else: on a quiet machine it was half of it (2026-11-23).
MOST_SPREAD = 0.10
_STATES = "SELECT state || coalesce(' (' || reason || ')', ''), count(*) FROM ingest.entries GROUP BY 1 ORDER BY 1"
# What a run leaves in Prefect's own database: the calls that it made, as their rows.
_LEFT = {
    "flow runs": "flow_run",
    "task runs": "task_run",
    "state changes of flow runs": "flow_run_state",
    "state changes of task runs": "task_run_state",
    "log lines": "log",
    "artifacts": "artifact",
    "events": "events",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs share."""

    home: Path
    sources: Path
    portal: RunningPortal
    postgres: Postgres
    prefect: Prefect


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one peer; `left` counts what it added to Prefect's database, `states` the entries by their end."""

    peer: str
    cost: Cost
    first_request: float
    postgres_cpu_s: float
    prefect_cpu_s: float
    left: Mapping[str, int]
    states: tuple[tuple[str, int], ...]

    @property
    def start_s(self) -> float:
        """From the start of the process to its first request."""
        return self.first_request - self.cost.began

    @property
    def work_s(self) -> float:
        """From the first request to the end of the process."""
        return self.cost.ended - self.first_request

    @property
    def work_cpu_s(self) -> float:
        """CPU of the process tree in that time."""
        return self.cost.cpu_s - self.cost.cpu_before(self.first_request)


COLUMNS: dict[str, Callable[[Run], float]] = {
    "wall from the first request, s": lambda run: run.work_s,
    "CPU of the process tree in it, s": lambda run: run.work_cpu_s,
    "CPU of Prefect's server, s": lambda run: run.prefect_cpu_s,
    "CPU of Postgres, s": lambda run: run.postgres_cpu_s,
    "start-up before, s": lambda run: run.start_s,
    "CPU of it, s": lambda run: run.cost.cpu_s - run.work_cpu_s,
}


def main() -> None:
    """Runs both in every round and writes the report."""
    chosen = parse_arguments()
    end_on_sigterm()
    adopt_orphans()
    load_before = os.getloadavg()[0]
    with temporary_home() as home:
        sources = home / "sources"
        portal = start(articles=chosen.articles, page_kb=chosen.page_kb, sources_dir=sources, warm=True)
        with portal as running, embedded_postgres(home) as postgres, prefect_server(home) as prefect:
            stage = Stage(home, sources, running, postgres, prefect)
            # One that does not count: compiled modules, caches of the disk, Prefect's first flow.
            for peer in PEERS:
                run_peer(stage, peer, "warm")
            runs = [run_peer(stage, peer, str(n)) for n in range(chosen.rounds) for peer in PEERS[:: 1 - 2 * (n % 2)]]
    text = report(runs, chosen, load_before)
    print(text)
    if chosen.result is not None:
        chosen.result.write_text(text, "utf-8")
    sys.exit(0 if have_same_ends(runs) else 1)


def parse_arguments() -> argparse.Namespace:
    """The command line's options; --quick is small and without a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--page-kb", type=int, default=250, help="ballast per page in KiB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ARTICLES} articles, one round, no result file")
    parser.add_argument("--result", type=Path, help="file for the report (default: results/orchestration.md)")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.articles, chosen.rounds = QUICK_ARTICLES, 1
    elif chosen.result is None:
        chosen.result = HERE / "results" / "orchestration.md"
    return chosen


def run_peer(stage: Stage, peer: str, name: str) -> Run:
    """One run of one peer in a database of its own."""
    database = f"{'flow' if peer == FLOW else 'steps'}_{name}"
    stage.postgres.make_database(database)
    stage.portal.clear_ledger()
    log = stage.home / f"{database}.log"
    print(f"{peer}, {name} ...", file=sys.stderr, flush=True)
    rows_before, before = prefect_rows(stage.home), [cpu_s(stage.postgres.pid), cpu_s(stage.prefect.pid)]
    environment = newstape_environment(stage.home, NEWSTAPE_DATABASE_NAME=database, PREFECT_API_URL=stage.prefect.api)
    cost = measure(_command(stage, peer), environment, log)
    check_exit(peer, cost.exit_code, log)
    rows_after = prefect_rows(stage.home)
    with psycopg.connect(stage.postgres.url(database)) as conn:
        states = tuple((str(state), int(count)) for state, count in conn.execute(_STATES))
    return Run(
        peer=peer,
        cost=cost,
        first_request=min(datetime.fromisoformat(one["at"]).timestamp() for one in stage.portal.ledger()),
        postgres_cpu_s=cpu_s(stage.postgres.pid) - before[0],
        prefect_cpu_s=cpu_s(stage.prefect.pid) - before[1],
        left={kind: rows_after[kind] - rows_before[kind] for kind in _LEFT},
        states=states,
    )


def _command(stage: Stage, peer: str) -> list[str]:
    if peer == FLOW:
        return [newstape_program(), "ingest", "--all", "--sources", str(stage.sources)]
    return [sys.executable, str(HERE / "plain_ingest.py"), "--sources", str(stage.sources)]


def prefect_rows(home: Path) -> dict[str, int]:
    """How many rows of each kind Prefect's server has in its SQLite file."""
    file = home / "prefect-server" / "prefect.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as conn:
        return {
            kind: int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of our own
            for kind, table in _LEFT.items()
        }


def have_same_ends(runs: Sequence[Run]) -> bool:
    """Whether all runs left as many entries with each end."""
    return len({run.states for run in runs}) == 1


def share(runs: Sequence[Run]) -> float:
    """Prefect's share of the wall time: what the flow takes longer than the steps alone, medians."""
    flow, steps = (median(run.work_s for run in runs if run.peer == peer) for peer in PEERS)
    return (flow - steps) / flow


def _headline(runs: Sequence[Run], articles: int) -> str:
    """The share in a sentence: that of the medians, those of the single rounds, and whether the limit is reached."""
    pairs = zip(*([run for run in runs if run.peer == peer] for peer in PEERS), strict=True)
    rounds = [share(pair) for pair in pairs]
    by_round = ", ".join(f"{one:.1%}" for one in rounds)
    limit = f"The limit, at most {MOST_SHARE:.0%} of an ingest of {LIMIT_ARTICLES:,}"
    return (
        f"Prefect's share of the wall time: **{share(runs):.1%}** (by round: {by_round}).\n"
        f"{limit}: {_verdict(share(runs), rounds, articles)}."
    )


def _verdict(found: float, rounds: Sequence[float], articles: int) -> str:
    # What a run costs once (its first and last states, its table) weighs more where there are fewer articles.
    if articles < LIMIT_ARTICLES:
        return "says nothing here, there are fewer"
    if max(rounds) - min(rounds) > MOST_SPREAD:
        return "undecided, the rounds differ too much; measure again on a quiet machine"
    return "reached" if found <= MOST_SHARE else "not reached"


def report(runs: Sequence[Run], chosen: argparse.Namespace, load_before: float) -> str:
    """The figures as Markdown."""
    by_peer = [[run for run in runs if run.peer == peer] for peer in PEERS]
    rows = "\n".join(
        f"| {name} | {' | '.join(_spread([column(run) for run in same]) for same in by_peer)} |"
        for name, column in COLUMNS.items()
    )
    calls = "\n".join(f"| {kind} | {median(run.left[kind] for run in by_peer[0]):.0f} |" for kind in _LEFT)
    ends = "; OTHER ENDS: ".join(
        ", ".join(f"{count} {state}" for state, count in states) for states in dict.fromkeys(run.states for run in runs)
    )
    load = f"load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after"
    return f"""# What Prefect costs: an ingest through its flow, and by the same steps alone

{datetime.now(UTC):%Y-%m-%d}, {this_machine()}; {chosen.articles} articles, {chosen.page_kb} KiB of ballast a page;
rounds: {chosen.rounds}, in turns after one to warm up; {load}. Median (least to most).

{_headline(runs, chosen.articles)}

| | {" | ".join(PEERS)} |
|---|---:|---:|
{rows}

Entries after each run: {ends}.

| what one run of the flow leaves in Prefect's database | rows |
|---|---:|
{calls}

The flow also shows its table of sources, moves a progress bar and sends its log to the server. The server is a process
beside it on the same machine; its idling counts in both columns. Wall and CPU are those up to the end of the process.
"""


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
