"""Does the frontier stay as fast when it has grown? Claim, settle and add, on a million entries and on ten thousand.

    python bench/frontier.py [--rounds 300]

Two processes' worth of work at once (two threads, each with its own connection), every step in a transaction of its
own as in a run, no manual vacuum. 90 % of what waits belongs to one host. Exit code 1 where a limit is broken.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sampling import this_machine
from services import Postgres, embedded_postgres, end_on_sigterm, temporary_home
from sqlalchemy import Engine, make_url, text

from sql import connect, migrate
from sql.store import frontier
from tasks.listed import listed_rows
from tasks.model import FeedEntry
from tasks.urls import host_key

RESULTS = Path(__file__).parent / "results" / "frontier.md"
BATCH = 500
CLAIMERS = 2
SMALL_HOSTS = 200
BIG_SHARE = 0.9
LAST = 50
LATEST, FIRST = slice(-LAST * CLAIMERS, None), slice(LAST * CLAIMERS)
# What must hold: the last rounds against those of the small database; how long a host with due entries may wait.
MOST_RATIO = 1.3
MOST_ROUNDS_WAITING = 5
LEASE = timedelta(seconds=60)
HOSTS = ("www.big.example", *(f"www.small{number}.example" for number in range(SMALL_HOSTS)))

# Filled as a run would have left them; `kind` tells the two fills apart, so that no address is there twice.
_FILL = """
    INSERT INTO ingest.entries
        (source_id, url, canonical_url, url_hash, portal_id, host, state, due_at, title, first_seen_at, article_id,
         page_id, page_fetched_at, settled_at, attempts)
    SELECT :source_id, a.url, a.url, decode(md5(a.url), 'hex'), a.portal_id, a.host || '\\:443', a.state, now(),
           'Title of ' || a.url, now() - interval '1 day', CASE WHEN a.state = 'loaded' THEN n END,
           CASE WHEN a.state = 'loaded' THEN n END, CASE WHEN a.state = 'loaded' THEN now() END,
           CASE WHEN a.state = 'loaded' THEN now() END, 0
    FROM generate_series(1, :count) n
    CROSS JOIN LATERAL (SELECT (CAST(:hosts AS text[]))[CASE WHEN random() < :share THEN 1
                                ELSE 2 + floor(random() * :small + n * 0) END] AS host) h
    CROSS JOIN LATERAL (SELECT CAST(:state AS text) AS state, CAST(:state AS text) || n AS portal_id) p
    CROSS JOIN LATERAL (SELECT h.host, p.state, p.portal_id,
                               'https://' || h.host || '/markt/ein-titel-von-heute-' || p.portal_id AS url) a
"""
_SIGHTINGS = """
    INSERT INTO ingest.sightings (entry_id, feed_id, listed_hash, listed_url, guid, title, position, first_seen_at)
    SELECT id, :feed_id, url_hash, url, url, title, 0, first_seen_at FROM ingest.entries
"""
_SIZES = """
    SELECT c.relname AS name, pg_relation_size(c.oid) AS bytes FROM pg_class c
    WHERE c.relname IN ('entries', 'sightings', 'hosts') AND c.relkind = 'r'
       OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN
                    ('ingest.entries'::regclass, 'ingest.sightings'::regclass))
    ORDER BY c.relname
"""
_VACUUMS = """
    SELECT relname, autovacuum_count, n_dead_tup, n_live_tup FROM pg_stat_user_tables
    WHERE relname IN ('entries', 'sightings', 'hosts') ORDER BY relname
"""
_SOURCE = """
    INSERT INTO ingest.sources (slug, name, homepage, language, country, time_zone, delay, concurrency)
    VALUES ('big', 'Big', 'https://www.big.example/', 'de', 'CH', 'Europe/Zurich', '1 s', 1) RETURNING id
"""
_FEED = """
    INSERT INTO ingest.feeds (source_id, url, kind, every)
    VALUES (:id, 'https://www.big.example/rss', 'rss', '15 min') RETURNING id
"""


@dataclass(slots=True)
class Waiting:
    """Hosts with due entries: since which round each waits to be served; the longest wait so far."""

    counts: Counter[str]
    since: dict[str, int] = field(default_factory=dict)
    longest: int = 0

    def listed(self, hosts: Sequence[str], number: int) -> None:
        """New entries of these hosts."""
        for host in hosts:
            if not self.counts[host]:
                self.since[host] = number
            self.counts[host] += 1

    def claimed(self, hosts: Sequence[str], number: int) -> None:
        """Entries of these hosts were taken."""
        for host, count in Counter(hosts).items():
            self.longest = max(self.longest, number - self.since.get(host, 0))
            self.counts[host] -= count
            self.since[host] = number

    def over(self, number: int) -> int:
        """The longest wait, of those that still wait, too."""
        return max([self.longest, *(number - self.since.get(host, 0) for host, left in self.counts.items() if left)])


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rounds of one database took, in milliseconds, by step; and what it looked like at their end."""

    rows: int
    steps: dict[str, list[float]]
    rounds_waiting: int
    sizes: list[tuple[str, int]]
    vacuums: list[tuple[Any, ...]]

    def rounds(self, part: slice) -> float:
        """Median time of a round, all steps of one claimer."""
        return float(median(sum(times) for times in list(zip(*self.steps.values(), strict=True))[part]))

    def step(self, name: str, part: slice) -> float:
        """Median time of one step."""
        return median(self.steps[name][part])


def main() -> None:
    """Measure the small database, then the large one; write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--large", type=int, default=1_000_000)
    options = parser.parse_args()
    end_on_sigterm()
    with temporary_home() as home, embedded_postgres(home) as server:
        small = measure(server, "small", 9_000, 1_000, options.rounds)
        large = measure(server, "large", options.large, options.large // 10, options.rounds)
    ratio = large.rounds(LATEST) / small.rounds(LATEST)
    report = "\n".join(lines(small, large, ratio, options.rounds))
    print(report)
    if options.rounds >= 300:
        RESULTS.write_text(report + "\n", encoding="utf-8")
    if ratio > MOST_RATIO or max(small.rounds_waiting, large.rounds_waiting) > MOST_ROUNDS_WAITING:
        sys.exit(1)


def measure(server: Postgres, name: str, settled: int, pending: int, rounds: int) -> Measured:
    """The rounds on a new database with so many settled and pending entries."""
    server.make_database(name)
    engine = connect.make_engine(make_url(server.url(name)).set(drivername="postgresql+psycopg"))
    migrate.upgrade(engine)
    source_id, feed_id, counts = fill(engine, settled, pending)
    waiting = Waiting(Counter(counts), dict.fromkeys(counts, 0))
    steps: dict[str, list[float]] = {"claim": [], "fetched": [], "settle": [], "add": []}
    with ThreadPoolExecutor(CLAIMERS) as pool:
        for number in range(1, rounds + 1):
            jobs = [(engine, number, claimer, source_id, feed_id) for claimer in range(CLAIMERS)]
            for times, claimed, listed in pool.map(lambda job: one_round(*job), jobs):
                for step, took in times.items():
                    steps[step].append(took)
                waiting.claimed(claimed, number)
                waiting.listed(listed, number)
    with engine.connect() as conn:
        sizes = [(row.name, row.bytes) for row in conn.execute(text(_SIZES))]
        vacuums = [tuple(row) for row in conn.execute(text(_VACUUMS))]
    engine.dispose()
    return Measured(settled + pending, steps, waiting.over(rounds), sizes, vacuums)


def fill(engine: Engine, settled: int, pending: int) -> tuple[int, int, dict[str, int]]:
    """Source id and feed id of a database with these entries, and how many wait by host."""
    with engine.begin() as conn:
        source_id = conn.execute(text(_SOURCE)).scalar_one()
        feed_id = conn.execute(text(_FEED), {"id": source_id}).scalar_one()
        conn.execute(text("INSERT INTO ingest.hosts (host) SELECT h || '\\:443' FROM unnest(CAST(:hosts AS text[])) h"),
                     {"hosts": list(HOSTS)})  # fmt: skip
        some = {"source_id": source_id, "hosts": list(HOSTS), "share": BIG_SHARE, "small": SMALL_HOSTS}
        for state, count in (("loaded", settled), ("pending", pending)):
            conn.execute(text(_FILL), some | {"state": state, "count": count})
        conn.execute(text(_SIGHTINGS), {"feed_id": feed_id})
        counts = conn.execute(text("SELECT host, count(*) FROM ingest.entries WHERE state = 'pending' GROUP BY host"))
        waiting = {host: count for host, count in counts.all()}  # noqa: C416 - rows are not tuples to the type checker
        conn.execute(text("ANALYZE"))
    return source_id, feed_id, waiting


def one_round(
    engine: Engine, number: int, claimer: int, source_id: int, feed_id: int
) -> tuple[dict[str, float], list[str], list[str]]:
    """Milliseconds by step, and the hosts of what was claimed and of what was listed."""
    owner, now = f"run:{claimer}:x", datetime.now(UTC)
    clock = stopwatch()
    next(clock)
    with engine.begin() as conn:
        frontier.release_expired(conn, now)
        frontier.due_again(conn, now, None)
        hosts, entries = frontier.claim(conn, owner, now, LEASE, frontier.Share(32, BATCH, timedelta(seconds=10)))
    times = {"claim": next(clock)}
    with engine.begin() as conn:
        pages = [{"entry_id": row["id"], "id": row["id"], "fetched_at": now} for row in entries]
        frontier.mark_fetched(conn, owner, pages)
        plain = dict.fromkeys(("robots_status", "robots_body", "robots_expires_at", "robots_failing_since"))
        frontier.release_hosts(conn, owner, [plain | {"host": row["host"], "next_request_at": now} for row in hosts])
    times["fetched"] = next(clock)
    with engine.begin() as conn:
        frontier.settle(conn, owner, [loaded(row, now) for row in entries], now)
    times["settle"] = next(clock)
    rows = listed_rows(feed_id, source_id, list(listed(number, claimer)), None)
    next(clock)
    with engine.begin() as conn:
        frontier.add(conn, rows, now)
    times["add"] = next(clock)
    return times, [row["host"] for row in entries], [row["host"] for row in rows]


def stopwatch() -> Iterator[float]:
    """Milliseconds since the last question."""
    began = time.perf_counter()
    while True:
        now = time.perf_counter()
        yield (now - began) * 1000
        began = now


def loaded(entry: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The entry as a load settles it."""
    nothing = dict.fromkeys(("reason", "detail", "due_at", "etag", "last_modified"))
    done = {"id": entry["id"], "state": "loaded", "attempts": 1, "article_id": entry["id"]}
    return nothing | done | {"recheck_at": now + timedelta(days=1)}


def listed(number: int, claimer: int) -> Iterator[FeedEntry]:
    """New articles, nine of ten on the big host."""
    for place in range(BATCH):
        few = (number * BATCH + place // 10) % SMALL_HOSTS
        host = HOSTS[0] if place % 10 else HOSTS[1 + few]
        url = f"https://{host}/markt/eine-meldung-von-eben-{number}-{claimer}-{place}"
        assert host_key(url) == f"{host}:443"
        yield FeedEntry(url, url, guid=url, title=f"Meldung {number} {place}")


def lines(small: Measured, large: Measured, ratio: float, rounds: int) -> Iterator[str]:
    """The report."""
    yield "# Does the frontier stay as fast when it has grown?\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}, {this_machine()}, embedded Postgres, {rounds} rounds of {CLAIMERS} claimers"
    yield f"at once, {BATCH} entries each: claim, note as fetched, settle as loaded, add. No manual vacuum.\n"
    yield "| median, ms | " + " | ".join(f"{one.rows:,} entries at first" for one in (small, large)) + " | ratio |"
    yield "|---|---|---|---|"
    for name in small.steps:
        pair = [one.step(name, LATEST) for one in (small, large)]
        yield f"| {name}, last {LAST} rounds | {pair[0]:.1f} | {pair[1]:.1f} | {pair[1] / pair[0]:.2f} |"
    for label, part in ((f"a round, first {LAST}", FIRST), (f"**a round, last {LAST}**", LATEST)):
        pair = [one.rounds(part) for one in (small, large)]
        yield f"| {label} | {pair[0]:.1f} | {pair[1]:.1f} | {pair[1] / pair[0]:.2f} |"
    yield f"| rounds until a host with due entries was served | {small.rounds_waiting} | {large.rounds_waiting} | |"
    yield f"\nLimits: ratio of the last {LAST} rounds at most {MOST_RATIO} (is {ratio:.2f}), a host waits at most"
    yield f"{MOST_ROUNDS_WAITING} rounds. Sizes at the end, in MiB (table, then its indexes):\n"
    yield "| relation | small | large |"
    yield "|---|---|---|"
    for (name, bytes_small), (_, bytes_large) in zip(small.sizes, large.sizes, strict=True):
        yield f"| {name} | {bytes_small / 2**20:.1f} | {bytes_large / 2**20:.1f} |"
    for label, one in (("small", small), ("large", large)):
        said = ", ".join(f"{name} {count} (dead {dead:,} of {live:,})" for name, count, dead, live in one.vacuums)
        yield f"\nAutovacuums, {label}: {said}."


if __name__ == "__main__":
    main()
