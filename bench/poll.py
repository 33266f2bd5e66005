"""A thousand feeds that have nothing new: what does it cost to find that out? Newstape against the library reader.

    python bench/poll.py [--feeds 1000] [--rounds 3]

Both ask the same server in the same run, in turns, each process anew: it reads all feeds once, and then the round in
which every feed answers 304 is timed. Newstape's round is the real step, from the lease of the feeds in Postgres to
their new state, the log of requests and the counters of the run. Exit code 1 where a limit is broken.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sampling import this_machine
from services import Postgres, embedded_postgres, end_on_sigterm, newstape_environment, temporary_home

HERE = Path(__file__).resolve().parent
# Portals, so that hosts are asked side by side: as many as Newstape asks at a time, three times reader's workers.
PORTS = 32
PEERS = ("newstape", "reader")
LEAST_RATE_RATIO = 10.0
MOST_CPU_RATIO = 1 / 5


@dataclass(frozen=True, slots=True)
class Round:
    """One timed round of one peer."""

    peer: str
    feeds: int
    wall_s: float
    cpu_s: float
    postgres_cpu_s: float

    @property
    def feeds_per_s(self) -> float:
        """Feeds a second."""
        return self.feeds / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the process a feed."""
        return self.cpu_s * 1000 / self.feeds

    @property
    def postgres_cpu_ms(self) -> float:
        """CPU milliseconds of Postgres a feed."""
        return self.postgres_cpu_s * 1000 / self.feeds


def main() -> None:
    """Runs both peers in every round and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--result", type=Path, default=HERE / "results" / "poll.md")
    chosen = parser.parse_args()
    end_on_sigterm()
    with temporary_home() as home, embedded_postgres(home) as postgres, feed_server() as ports:
        urls = [f"http://127.0.0.1:{ports[number % PORTS]}/feed/{number}" for number in range(chosen.feeds)]
        (home / "urls").write_text("\n".join(urls), "utf-8")
        done = [
            timed(peer, number, home, postgres, ports[0], len(urls))
            for number in range(chosen.rounds)
            for peer in (PEERS if number % 2 == 0 else PEERS[::-1])
        ]
    text, is_good = report(done)
    print(text)
    chosen.result.write_text(text, "utf-8")
    sys.exit(0 if is_good else 1)


@contextmanager
def feed_server() -> Iterator[list[int]]:
    """The ports of a running server, which ends after the block."""
    command = [sys.executable, str(HERE / "feed_server.py"), str(PORTS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        yield json.loads(server.stdout.readline())
        server.communicate()


def timed(peer: str, number: int, home: Path, postgres: Postgres, port: int, feeds: int) -> Round:
    """One round of a peer in a process and a database of its own; stops where not every feed answered 304."""
    database = f"{peer}_{number}"
    postgres.make_database(database)
    environment = newstape_environment(home, NEWSTAPE_DATABASE_URL=postgres.url(database), NEWSTAPE_LOG_LEVEL="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "poll_peers.py"), peer, str(home / "urls"), folder, str(postgres.pid)]
        answers_of(port)
        ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    asked = answers_of(port)
    if asked != {"200": feeds, "304": feeds}:
        sys.exit(f"{peer}: {feeds} feeds were to be read once and to answer 304 once, and the server answered {asked}")
    return Round(peer, feeds, **json.loads(ended.stdout))


def answers_of(port: int) -> dict[str, int]:
    """How often the server answered which status since the last time."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/counts") as answer:
        return dict(json.load(answer))


def report(done: Sequence[Round]) -> tuple[str, bool]:
    """The report, and whether the limits hold."""
    ours, theirs = ([one for one in done if one.peer == peer] for peer in PEERS)
    pairs = list(zip(ours, theirs, strict=True))
    rates = [our.feeds_per_s / their.feeds_per_s for our, their in pairs]
    costs = [our.cpu_ms / their.cpu_ms for our, their in pairs]
    rows = "\n".join(
        f"| {one.peer} | {one.feeds_per_s:.0f} | {one.cpu_ms:.2f} | {one.postgres_cpu_ms:.2f} |" for one in done
    )
    is_good = median(rates) >= LEAST_RATE_RATIO and median(costs) <= MOST_CPU_RATIO
    text = (
        f"# Polling feeds that have nothing new\n\n{datetime.now(UTC):%Y-%m-%d}, {this_machine()}; {done[0].feeds} "
        f"feeds on {PORTS} loopback hosts, all answering 304; load {os.getloadavg()[0]:.1f}.\n\n"
        f"**{median(rates):.1f} x the feeds a second of reader ({min(rates):.1f} to {max(rates):.1f}; wanted: "
        f"{LEAST_RATE_RATIO:.0f}) at {median(costs):.2f} of its CPU ({min(costs):.2f} to {max(costs):.2f}; wanted: "
        f"{MOST_CPU_RATIO:.2f}).**\n\n"
        f"| round of | feeds/s | CPU ms a feed | Postgres CPU ms a feed |\n|---|---|---|---|\n{rows}\n\n"
        "Newstape's time includes the lease of the feeds, their new state, a log row per request and the counters of "
        "the run, in Postgres; that of reader its state in SQLite.\n"
    )
    return text, is_good


if __name__ == "__main__":
    main()
