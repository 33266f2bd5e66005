"""Feeds to rows, side by side: Newstape, the script that every analyst writes, and that script in two processes.

One sample portal, one embedded Postgres and one running Prefect server for all; a fresh database for each run; the
peers take turns, so that a busy moment of the machine hits all of them. Only ratios travel to other machines.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from calibration import heaviness
from end_to_end_report import Run, Setting, report
from gold import agreement
from psycopg.sql import SQL
from sampling import adopt_orphans, cpu_s, measure
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
QUICK_ARTICLES = 100
PEERS = ("naive", "procs2", "newstape")
ROWS = {
    "naive": SQL("SELECT url, text FROM articles"),
    "procs2": SQL("SELECT url, text FROM articles"),
    "newstape": SQL("SELECT url, text FROM news.articles"),
}
# What became of the entries that are no article of their own; none may be in another state.
OTHERS = SQL("SELECT canonical_url, state, reason FROM ingest.entries WHERE state <> 'loaded' ORDER BY id")


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs of a benchmark share."""

    home: Path
    sources: Path
    portal: RunningPortal
    postgres: Postgres
    prefect: Prefect
    gold: list[dict[str, Any]]


def main() -> None:
    """Runs every peer in every round and writes the report."""
    chosen = parse_arguments()
    end_on_sigterm()
    adopt_orphans()
    with temporary_home() as home:
        sources = home / "sources"
        portal = start(articles=chosen.articles, page_kb=chosen.page_kb, sources_dir=sources, warm=True)
        with portal as running, embedded_postgres(home) as postgres, prefect_server(home) as prefect:
            stage = Stage(home, sources, running, postgres, prefect, running.gold())
            setting = Setting.now(chosen.articles, chosen.page_kb, chosen.rounds, heaviness(stage.gold))
            runs = [run_peer(stage, peer, number) for number in range(chosen.rounds) for peer in _turns(number)]
    text = report(replace(setting, load_after=os.getloadavg()[0]), runs)
    print(text)
    if chosen.result is not None:
        chosen.result.write_text(text, "utf-8")
    sys.exit(1 if any(run.lost for run in runs) else 0)


def parse_arguments() -> argparse.Namespace:
    """The command line's options; --quick is a small world, once, without a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--page-kb", type=int, default=250, help="ballast per page in KiB")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ARTICLES} articles, one round, no result file")
    parser.add_argument("--result", type=Path, help="file for the report (default: results/end_to_end.md)")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.articles, chosen.rounds = QUICK_ARTICLES, 1
    elif chosen.result is None:
        chosen.result = HERE / "results" / "end_to_end.md"
    return chosen


def run_peer(stage: Stage, peer: str, number: int) -> Run:
    """One run of one peer in a database of its own."""
    database = f"{peer}_{number}"
    stage.postgres.make_database(database)
    stage.portal.clear_ledger()
    servers = (stage.postgres.pid, stage.prefect.pid, stage.portal.pid)
    before = [cpu_s(pid) for pid in servers]
    log = stage.home / f"{database}.log"
    print(f"round {number + 1}: {peer} ...", file=sys.stderr, flush=True)
    cost = measure(_command(stage, peer, database), _environment(stage, database), log)
    used = [cpu_s(pid) - earlier for pid, earlier in zip(servers, before, strict=True)]
    check_exit(peer, cost.exit_code, log)
    requests = stage.portal.ledger()
    with psycopg.connect(stage.postgres.url(database)) as conn:
        found = agreement(conn.execute(ROWS[peer]).fetchall(), stage.gold)
        others = conn.execute(OTHERS).fetchall() if peer == "newstape" else []
    return Run(
        peer=peer,
        cost=cost,
        first_request=min(datetime.fromisoformat(one["at"]).timestamp() for one in requests),
        requests=len(requests),
        postgres_cpu_s=used[0],
        prefect_cpu_s=used[1],
        portal_cpu_s=used[2],
        found=found,
        others=tuple(others),
    )


def _turns(number: int) -> Sequence[str]:
    """The peers in the order of that round: each begins once, so that none always runs on a warm machine."""
    first = number % len(PEERS)
    return PEERS[first:] + PEERS[:first]


def _command(stage: Stage, peer: str, database: str) -> list[str]:
    if peer == "newstape":
        return [newstape_program(), "ingest", "--all", "--sources", str(stage.sources)]
    script = [sys.executable, str(HERE / "naive.py"), "--sources", str(stage.sources)]
    processes = {"naive": 1, "procs2": 2}[peer]
    return [*script, "--database", stage.postgres.url(database), "--processes", str(processes)]


def _environment(stage: Stage, database: str) -> dict[str, str]:
    return newstape_environment(stage.home, NEWSTAPE_DATABASE_NAME=database, PREFECT_API_URL=stage.prefect.api)


if __name__ == "__main__":
    main()
