"""What claiming, politeness, guards and the archive cost on top of bare requests.

    python bench/fetch.py [--pages 1000] [--rounds 5]

The same pages from the same hosts, in turns: by a bare aiohttp loop that inflates each body once under the same limit
and throws it away, and by Newstape's own step (frontier, robots.txt, slots, limits, archive and log in Postgres),
without Prefect.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psycopg
import yaml
from sampling import cpu_s, this_machine
from services import embedded_postgres, end_on_sigterm, temporary_home

from config.settings import settings
from config.sources import load_sources
from flows.definitions import sync_sources
from sql import connect, migrate
from sql.store import frontier, runs
from tasks.fetch.client import Client, limits_of
from tasks.fetch.pages import Visit, Wanted, fetch_pages
from tasks.listed import listed_rows
from tasks.model import FeedEntry, Page
from tasks.outcome import Reason
from tasks.steps.fetch import fetch_due
from tasks.steps.run import Handover, Run
from tasks.text import inflate
from tasks.urls import host_key

HERE = Path(__file__).resolve().parent
RESULT = HERE / "results" / "fetch.md"
HOSTS = 20
PER_HOST = 2
PAGE_KB = 200
PEERS = ("bare loop", "Newstape, fetching alone", "Newstape, the whole step")


@dataclass(frozen=True, slots=True)
class Web:
    """The hosts that are asked; sizes are means in bytes."""

    pid: int
    ports: Sequence[int]
    sent: int
    inflated: int

    def urls(self, pages: int, round_: int) -> list[str]:
        """The addresses of a round, hosts taking turns; each round has its own, for the frontier to take as new."""
        ports = self.ports
        return [f"http://127.0.0.1:{ports[n % len(ports)]}/{n}?round={round_}" for n in range(pages)]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a round cost: pages a second, and CPU milliseconds a page of this process and of Postgres."""

    pages_s: float
    own_ms: float
    postgres_ms: float


def main() -> None:
    """Runs the rounds in turns and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--result", type=Path, default=RESULT, help="file for the report")
    chosen = parser.parse_args()
    end_on_sigterm()
    with temporary_home() as home, embedded_postgres(home) as postgres, serving(chosen.pages) as web:
        postgres.make_database("fetch")
        os.environ |= {"NEWSTAPE_DATABASE_URL": postgres.url("fetch"), "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES": "true"}
        feeds, run = prepared(home / "sources", web)
        costs = [turn(web, postgres.pid, feeds, run, chosen.pages, number) for number in range(chosen.rounds + 1)]
        connect.engine().dispose()
    # The first turn warms up: connections, plans, compiled modules.
    text = report(web, chosen.pages, costs[1:])
    print(text)
    chosen.result.write_text(text, "utf-8")


@contextmanager
def serving(pages: int) -> Iterator[Web]:
    """The hosts, in a process of their own."""
    command = [sys.executable, str(HERE / "fetch_server.py"), str(HOSTS), str(pages), str(PAGE_KB)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        ready = json.loads(child.stdout.readline())
        yield Web(child.pid, ready["ports"], ready["sent"], ready["inflated"])


def prepared(folder: Path, web: Web) -> tuple[dict[int, tuple[int, int]], Run]:
    """A database with a source for each host: (feed id, source id) by port, and an open run."""
    folder.mkdir()
    for port in web.ports:
        source = {
            "slug": f"host-{port}", "name": f"Host {port}", "homepage": f"http://127.0.0.1:{port}/", "language": "de",
            "country": "CH", "time_zone": "Europe/Zurich", "delay": "0s", "concurrency": PER_HOST,
            "feeds": [{"url": f"http://127.0.0.1:{port}/rss", "kind": "rss"}],
        }  # fmt: skip
        (folder / f"host-{port}.yaml").write_text(yaml.safe_dump(source), "utf-8")
    now = datetime.now(UTC)
    migrate.ensure(connect.engine())
    sync_sources(load_sources(folder), now)
    with connect.engine().begin() as conn:
        run_id = runs.open_run(conn, "ingest", process="bench", version="0", parameters={}, prefect_run_id=None)
    with psycopg.connect(settings().database_url or "") as plain:
        found = plain.execute("SELECT url, id, source_id FROM ingest.feeds").fetchall()
    feeds = {int(url.split(":")[2].split("/")[0]): (feed_id, source_id) for url, feed_id, source_id in found}
    return feeds, Run(run_id, f"run:{run_id}:bench", None, None)


def turn(web: Web, postgres: int, feeds: dict[int, tuple[int, int]], run: Run, pages: int, number: int) -> list[Cost]:
    """One round of each peer, in the order of PEERS; another one begins each time."""
    urls = web.urls(pages, number)
    listed(feeds, urls)
    works: list[Any] = [bare(urls, settings().max_body_bytes), alone(urls), ours(run, pages)]
    order = [(number + place) % len(works) for place in range(len(works))]
    costs = {which: measured(works[which], pages, postgres) for which in order}
    return [costs[which] for which in sorted(costs)]


def listed(feeds: dict[int, tuple[int, int]], urls: Sequence[str]) -> None:
    """The addresses as new entries of the frontier; every host must be asked for its robots.txt again."""
    with connect.engine().begin() as conn:
        for port, (feed_id, source_id) in feeds.items():
            own = [FeedEntry(url, url) for url in urls if f":{port}/" in url]
            frontier.add(conn, listed_rows(feed_id, source_id, own, None), datetime.now(UTC))
    with psycopg.connect(settings().database_url or "") as plain:
        plain.execute("UPDATE ingest.hosts SET robots_status = NULL, robots_body = NULL, robots_expires_at = NULL")


def measured(work: Any, pages: int, postgres: int) -> Cost:
    """What `work` costs on a new event loop."""
    before, own, began = cpu_s(postgres), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    asyncio.run(work)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    own_s = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
    return Cost(pages / seconds, own_s / pages * 1000, (cpu_s(postgres) - before) / pages * 1000)


async def bare(urls: Sequence[str], limit: int) -> None:
    """The least that somebody would write: so many requests in flight, each body inflated once and thrown away."""
    waiting = iter(urls)

    async def worker(session: aiohttp.ClientSession) -> None:
        for url in waiting:
            async with session.get(url) as answer:
                body = await answer.read()
                plain = inflate(body, answer.headers.get("Content-Encoding"), limit)
                assert answer.status == 200
                assert not isinstance(plain, Reason)

    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector, auto_decompress=False) as session,
        asyncio.TaskGroup() as all_,
    ):
        for _ in range(HOSTS * PER_HOST):
            all_.create_task(worker(session))


async def alone(urls: Sequence[str]) -> None:
    """The fetcher without a database: robots.txt, slots, limits, digests; the pages are thrown away."""
    by_host: dict[str, list[Wanted]] = {}
    for number, url in enumerate(urls):
        by_host.setdefault(host_key(url), []).append(Wanted(number, url, {}))
    now = datetime.now(UTC)
    visits = [Visit(host, tuple(wanted), timedelta(0), PER_HOST, now, None) for host, wanted in by_host.items()]
    async with Client(limits_of(settings())) as client:
        visited = await fetch_pages(visits, client, settings().user_agent, 600)
    if not all(isinstance(answer.outcome, Page) for one in visited for answer in one.answers):
        sys.exit("not every answer was a page")


async def ours(run: Run, pages: int) -> None:
    """The step of a run, batch after batch, until the frontier is empty; the pages go where load would take them."""
    handover = Handover()
    fetched = 0
    async with Client(limits_of(settings())) as client:
        while await fetch_due(run, client, handover, settings().batch_size):
            fetched += len(handover.take())
    fetched += len(handover.take())
    if fetched != pages:
        sys.exit(f"{fetched} of {pages} pages were fetched")


def report(web: Web, pages: int, rounds: Sequence[Sequence[Cost]]) -> str:
    """The figures as Markdown."""
    rows = "\n".join(_row(name, [one[place] for one in rounds]) for place, name in enumerate(PEERS))
    step, fetching = (_spread([one[place].pages_s / one[0].pages_s for one in rounds], 2) for place in (2, 1))
    return f"""# What claiming, politeness, guards and the archive cost on top of bare requests

{datetime.now(UTC):%Y-%m-%d}, {this_machine()}, embedded Postgres; {pages} pages of {web.inflated / 1024:.0f} KiB
({web.sent / 1024:.0f} KiB as gzip) on {HOSTS} hosts, {PER_HOST} requests in flight each; {len(rounds)} rounds in turns.
Median (least to most).

| | pages a second | CPU ms a page, own process | CPU ms a page, Postgres |
|---|---|---|---|
{rows}

Pages a second as a share of the bare loop's: fetching alone **{fetching}**, the whole step **{step}**.
The step includes the claim, robots.txt, slots, limits, a SHA-256 of every body, the archive, the log and the counters.
The bare loop inflates the bodies; Newstape keeps them as they came, extraction inflates them.
"""


def _row(name: str, costs: Sequence[Cost]) -> str:
    own, postgres = [one.own_ms for one in costs], [one.postgres_ms for one in costs]
    return f"| {name} | {_spread([one.pages_s for one in costs], 0)} | {_spread(own, 2)} | {_spread(postgres, 2)} |"


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


if __name__ == "__main__":
    main()
