"""Does finding an article's story in Postgres stay as fast when the memory has grown? A million texts against 50,000.

    python bench/placing.py [--large 1000000] [--small 50000] [--rounds 40] [--quick]

Three databases on one server whose memory is filled with texts that nobody meets: 50,000 texts of four weeks; a
million of eighty weeks, as the same portals print them; a million of four weeks, of twenty times as many portals.
Batches of 100 new articles of 460 words, a fifth of them copies of earlier ones, are placed in all of them by turns, in
transactions of their own as in a run. Exit code 1: after eighty weeks the lookups take more than 1.2 times as long.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sampling import this_machine
from services import Postgres, embedded_postgres, end_on_sigterm, temporary_home
from sqlalchemy import Engine, make_url, text

from sql import connect, migrate
from sql.store import placing as store
from sql.store import schema
from tasks.dedupe.past import Arrival
from tasks.dedupe.sketch import VERSION, sketch
from tasks.stories import New, tell

RESULTS = Path(__file__).parent / "results" / "placing.md"
BATCH = 100
WORDS = 460
LENGTH = 18
COPIED = 5
KEYS = 17
SENTENCES = 20
WEEKS = 4
PARTS = ("save", "recount")
LOOKUPS = ("by_keys", "by_digest", "counts", "documents", "roots")
# What must hold: the lookups of a batch against those of the small memory; lookups and insert of a batch, in ms.
MOST_RATIO = 1.2
MOST_MS = 60.0

_SOURCE = """
    INSERT INTO ingest.sources (slug, name, homepage, language, country, time_zone, delay, concurrency)
    VALUES ('big', 'Big', 'https://www.big.example/', 'de', 'CH', 'Europe/Zurich', '1 s', 1)
"""
_BARE = (
    "DROP INDEX ingest.ix_sketch_keys_key",
    "DROP INDEX ingest.ix_counted_texts_hash",
)
_FILL = (
    """
    INSERT INTO tape.stories (id, language) OVERRIDING SYSTEM VALUE SELECT n, 'de' FROM generate_series(1, :count) n
    """,
    """
    INSERT INTO tape.articles (id, source_id, entry_id, canonical_url, url_hash, story_id, story_role, placement_no,
                               head_revision_id, first_seen_at, available_at)
    OVERRIDING SYSTEM VALUE
    SELECT n, (SELECT min(id) FROM ingest.sources), n, 'https://www.big.example/' || n, decode(md5(n::text), 'hex'), n,
           'original', n, n, now() - n * (CAST(:span AS interval) / :count),
           now() - n * (CAST(:span AS interval) / :count)
    FROM generate_series(1, :count) n
    """,
    """
    INSERT INTO ingest.sketches (placement_no, article_id, language, source, at, kind, digest, tokens, starts,
                                 sentences, entries, heading, title, title_hash, is_list, is_digest, version, placed_at)
    SELECT n, n, 'de', 'big', a.at, 'original', decode(md5('d' || n), 'hex'), t.blob, substring(t.blob FOR 80),
           substring(t.blob FOR 160), substring(t.blob FOR 20), substring(t.blob FOR 32), '{}', n, false, false,
           :version, a.at
    FROM generate_series(1, :count) n
    CROSS JOIN LATERAL (SELECT now() - n * (CAST(:span AS interval) / :count) AS at) a
    CROSS JOIN LATERAL (SELECT decode(repeat(md5(n::text), 58), 'hex') AS blob) t
    """,
    """
    INSERT INTO ingest.sketch_keys (key, placement_no, placed_at)
    SELECT hashint8extended(n * 64 + k, 7), n, now() - n * (CAST(:span AS interval) / :count)
    FROM generate_series(1, :count) n CROSS JOIN generate_series(1, :keys) k
    """,
    """
    INSERT INTO ingest.counted_texts (hash, is_title, stories, placement_no, day, days, is_boilerplate, counted_at)
    SELECT hashint8extended(n * 64 + k, 11), false, ARRAY[n], n, 739000, 1, false,
           now() - n * (CAST(:span AS interval) / :count)
    FROM generate_series(1, :count) n CROSS JOIN generate_series(1, :sentences) k
    """,
)
_INDEXED = (
    "CREATE INDEX ix_sketch_keys_key ON ingest.sketch_keys (key)",
    "CREATE INDEX ix_counted_texts_hash ON ingest.counted_texts (hash)",
)
_ARTICLES = """
    INSERT INTO tape.articles (id, source_id, entry_id, canonical_url, url_hash, story_id, story_role, placement_no,
                               head_revision_id, first_seen_at, available_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, (SELECT min(id) FROM ingest.sources), id, 'https://www.big.example/' || id, decode(md5(id::text), 'hex'),
           story_id, role, id, id, now(), now()
    FROM unnest(CAST(:ids AS bigint[]), CAST(:stories AS bigint[]), CAST(:roles AS text[])) AS v(id, story_id, role)
"""


@dataclass(slots=True)
class Measured:
    """What the batches took in one database, in ms each: all statements that look up, and the ones that insert."""

    name: str
    count: int
    weeks: int
    engine: Engine
    steps: dict[str, list[float]] = field(default_factory=dict)
    lookup: list[float] = field(default_factory=list)
    insert: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    joined: int = 0


def main() -> None:
    """Fill both, place the batches by turns, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--quick", action="store_true", help="100,000 against 10,000, 15 rounds, no report kept")
    options = parser.parse_args()
    if options.quick:
        options.large, options.small, options.rounds = 100_000, 10_000, 15
    end_on_sigterm()
    with temporary_home() as home, embedded_postgres(home) as server:
        times = options.large // options.small
        small = filled(server, "small", options.small, WEEKS)
        long = filled(server, "long", options.large, WEEKS * times)
        busy = filled(server, "busy", options.large, WEEKS)
        every = [small, long, busy]
        chance = random.Random(20260924)  # noqa: S311 - texts, not secrets
        known: list[str] = []
        for number in range(options.rounds):
            texts = batch(chance, known)
            for one in every if number % 2 else every[::-1]:
                place_batch(one, number, texts)
            known += [body for body in texts if body not in known]
    ratio = after_start(long.lookup) / after_start(small.lookup)
    report = "\n".join(lines(every, ratio, options.rounds))
    print(report)
    if not options.quick:
        RESULTS.write_text(report + "\n", encoding="utf-8")
    if ratio > MOST_RATIO or len({one.joined for one in every}) > 1 or not small.joined:
        sys.exit(1)


def after_start(times: Sequence[float]) -> float:
    """Median without the first rounds, which read the files into memory."""
    return median(times[5:])


def filled(server: Postgres, name: str, count: int, weeks: int) -> Measured:
    """A database whose memory holds so many texts of the last weeks."""
    server.make_database(name)
    engine = connect.make_engine(make_url(server.url(name)).set(drivername="postgresql+psycopg"))
    migrate.upgrade(engine)
    some = {"count": count, "span": f"{weeks * 7} days", "keys": KEYS, "sentences": SENTENCES, "version": VERSION}
    with engine.begin() as conn:
        conn.execute(text(_SOURCE))
        schema.ensure_partitions(conn, datetime.now(UTC) - timedelta(weeks=weeks), months=0, weeks=weeks)
        for statement in _BARE:
            conn.execute(text(statement))
    for statement in _FILL:
        with engine.begin() as conn:
            conn.execute(text(statement), some)
    with engine.begin() as conn:
        conn.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        for statement in _INDEXED:
            conn.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
        conn.execute(text("CHECKPOINT"))
    return Measured(name, count, weeks, engine)


def batch(chance: random.Random, known: Sequence[str]) -> list[str]:
    """New texts, of which one in five is a known one with a sentence of its own in front."""
    copied = chance.sample(known, BATCH // COPIED) if known else []
    fresh = [" ".join(sentence(chance) for _ in range(WORDS // LENGTH)) for _ in range(BATCH - len(copied))]
    return fresh + [f"{sentence(chance)} {body}" for body in copied]


def sentence(chance: random.Random) -> str:
    """Words that nobody has said."""
    words = ("".join(chance.choices("abdefgiklmnorstu", k=chance.randint(3, 9))) for _ in range(LENGTH))
    return f"{' '.join(words).capitalize()}."


def place_batch(one: Measured, number: int, texts: Sequence[str]) -> None:
    """Place a batch as a load does, in one transaction, and add up what the statements took."""
    now = datetime.now(UTC)
    first = 20_000_000 + number * BATCH
    new = [
        New(Arrival(str(first + at), "big", f"article {first + at}", now, sketch(body[:60], body)), "de", first + at,
            first + at)
        for at, body in enumerate(texts)
    ]  # fmt: skip
    spent = dict.fromkeys((*LOOKUPS, *PARTS), 0.0)
    began = time.perf_counter()
    with one.engine.begin() as conn, timed(spent):
        told = tell(conn, new)
        whole = time.perf_counter() - began
        stories = [told[article].story_id for article in told]
        conn.execute(
            text("INSERT INTO tape.stories (id, language) OVERRIDING SYSTEM VALUE "
                 "SELECT s, 'de' FROM unnest(CAST(:ids AS bigint[])) s"),
            {"ids": [story for article, story in zip(told, stories, strict=True) if story == article]},
        )  # fmt: skip
        roles = [told[article].role.value for article in told]
        conn.execute(text(_ARTICLES), {"ids": list(told), "stories": stories, "roles": roles})
    one.joined += sum(story != article for article, story in zip(told, stories, strict=True))
    for name, seconds in spent.items():
        one.steps.setdefault(name, []).append(seconds * 1000)
    one.lookup.append(sum(spent[name] for name in LOOKUPS) * 1000)
    one.insert.append(sum(spent[name] for name in PARTS) * 1000)
    one.whole.append(whole * 1000)


class timed:  # noqa: N801 - reads as a statement
    """Adds up the seconds that each function of the store takes inside the block."""

    def __init__(self, spent: dict[str, float]) -> None:
        self.spent = spent
        self.plain: dict[str, Callable[..., Any]] = {}

    def __enter__(self) -> None:
        for name in self.spent:
            self.plain[name] = getattr(store, name)
            setattr(store, name, partial(self._call, name))

    def __exit__(self, *_: object) -> None:
        for name, function in self.plain.items():
            setattr(store, name, function)

    def _call(self, name: str, *given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return self.plain[name](*given, **named)
        finally:
            self.spent[name] += time.perf_counter() - began


def lines(every: Sequence[Measured], ratio: float, rounds: int) -> Iterator[str]:
    """The report."""
    small, *larger = every
    yield "# Does finding an article's story stay as fast when the memory has grown?\n"
    yield f"{datetime.now(UTC):%Y-%m-%d}, {this_machine()}, embedded Postgres with its defaults, {rounds} batches of"
    yield f"{BATCH} articles of {WORDS} words in each by turns, one in {COPIED} a copy of an earlier one. Medians,"
    yield "in ms a batch, without the first five; in brackets times the first column.\n"
    yield "| | " + " | ".join(f"{one.count:,} texts of {one.weeks} weeks" for one in every) + " |"
    yield "|---|---|---|---|"
    for one in every:
        one.steps["**look up**"], one.steps["**insert**"], one.steps["placing, all of it"] = (
            one.lookup,
            one.insert,
            one.whole,
        )
        one.steps["**look up and insert**"] = [a + b for a, b in zip(one.lookup, one.insert, strict=True)]
    for name in (*LOOKUPS, "**look up**", *PARTS, "**insert**", "**look up and insert**", "placing, all of it"):
        first, *others = (after_start(one.steps[name]) for one in every)
        yield f"| {name} | {first:.1f} | " + " | ".join(f"{one:.1f} ({one / first:.2f})" for one in others) + " |"
    sums = after_start(larger[0].steps["**look up and insert**"])
    yield f"\n{small.joined} articles joined a story, the same everywhere. Limits: after {larger[0].weeks} weeks the"
    yield f"lookups take at most {MOST_RATIO} times as long (is {ratio:.2f}), with the insert {MOST_MS:.0f} ms (is"
    yield f"{sums:.0f})."


if __name__ == "__main__":
    main()
