"""What do several processes that load at once gain? Articles a second with one process, with two and with four.

    python bench/loading.py FILE.jsonl [FILE.jsonl ...] [--times 6]

The files are JSON Lines as `newstape dedupe --jsonl` reads them; each is loaded `--times` times, with other words at
the end of each sentence, so that copies are of the same time only. A process makes the sketches of its share and loads
it in batches of 100, as a run does after extraction; placing is serialised, the rest is not. Every number of processes
gets a database of its own. Exit code 1: articles are missing or there twice.
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sampling import this_machine
from services import embedded_postgres, end_on_sigterm, temporary_home
from sqlalchemy import Engine, make_url, text

from sql import connect, migrate
from tasks.columns import published_columns
from tasks.dedupe.sketch import sketch
from tasks.extracted import Extracted
from tasks.load import load
from tasks.model import Article
from tasks.urls import url_hash

PROCESSES = (1, 2, 4)
BATCH = 100
_SOURCE = """
    INSERT INTO ingest.sources (slug, name, homepage, language, country, time_zone, delay, concurrency)
    VALUES (:slug, :slug, 'https://www.big.example/', 'de', 'CH', 'Europe/Zurich', '1 s', 1) RETURNING id
"""
_LOADED = """
    SELECT count(*) AS rows, count(DISTINCT url_hash) AS addresses, count(DISTINCT story_id) AS stories
    FROM tape.articles
"""


def main() -> None:
    """Load the same articles with each number of processes, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--times", type=int, default=6)
    options = parser.parse_args()
    end_on_sigterm()
    lines = [line for file in options.files for line in file.read_text(encoding="utf-8").splitlines()]
    rows = varied([json.loads(line) for line in lines], options.times)
    print(f"{len(rows)} articles, {this_machine()}, embedded Postgres with its defaults, batches of {BATCH}")
    rates: list[float] = []
    with temporary_home() as home, embedded_postgres(home) as server:
        for count in PROCESSES:
            server.make_database(f"with_{count}")
            url = str(
                make_url(server.url(f"with_{count}")).set(drivername="postgresql+psycopg").render_as_string(False)
            )
            loaded, seconds = loading(url, rows, count)
            rates.append(len(rows) / seconds)
            print(
                f"{count} processes: {rates[-1]:.0f} articles a second ({rates[-1] / rates[0]:.2f} times one), {loaded}"
            )
            if loaded["rows"] != loaded["addresses"]:
                sys.exit(1)


def varied(rows: Sequence[dict[str, Any]], times: int) -> list[dict[str, Any]]:
    """The articles so many times, weeks apart and in other words each time, in the order of publication."""
    found = []
    for number in range(times):
        for row in rows:
            at = datetime.fromisoformat(row["published_at"]).astimezone(UTC) + timedelta(days=60 * number)
            body = row["text"].replace(". ", f" zum {number}. Mal. ") if number else row["text"]
            found.append(row | {"url": f"{row['url']}/{number}", "text": body, "at": at})
    return sorted(found, key=lambda row: row["at"])


def loading(url: str, rows: Sequence[dict[str, Any]], count: int) -> tuple[dict[str, int], float]:
    """What stands on the tape, and the seconds that it took; the processes have started and imported before."""
    engine = connect.make_engine(make_url(url))
    migrate.upgrade(engine)
    ids = sources(engine, sorted({row["source"] for row in rows}))
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    shares = [[(at, row) for at, row in enumerate(rows) if at // BATCH % count == number] for number in range(count)]
    work = [context.Process(target=load_share, args=(url, share, ids, ready, go)) for share in shares]
    for one in work:
        one.start()
    for _ in work:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for one in work:
        one.join()
    seconds = time.perf_counter() - began
    if any(one.exitcode for one in work):
        sys.exit("a process failed; what it said stands above")
    with engine.connect() as conn:
        loaded = dict(conn.execute(text(_LOADED)).mappings().one())
    engine.dispose()
    return loaded, seconds


def sources(engine: Engine, slugs: Sequence[str]) -> dict[str, int]:
    """Ids of new sources."""
    with engine.begin() as conn:
        return {slug: conn.execute(text(_SOURCE), {"slug": slug}).scalar_one() for slug in slugs}


def load_share(url: str, share: Sequence[tuple[int, dict[str, Any]]], ids: dict[str, int], ready: Any, go: Any) -> None:
    """What one process does."""
    engine = connect.make_engine(make_url(url))
    ready.release()
    go.wait()
    for first in range(0, len(share), BATCH):
        batch = [extracted(at, row, ids[row["source"]]) for at, row in share[first : first + BATCH]]
        with engine.begin() as conn:
            load(conn, batch)
    engine.dispose()


def extracted(number: int, row: dict[str, Any], source_id: int) -> Extracted:
    """An article with the entry that it came from, as a run has them."""
    entry: dict[str, Any] = {
        "id": number + 1, "source_id": source_id, "slug": row["source"], "canonical_url": row["url"],
        "url_hash": url_hash(row["url"]), "attempts": 1, "article_id": None, "etag": None, "last_modified": None,
        "first_seen_at": row["at"], "origin": "listed", **published_columns(None),
    }  # fmt: skip
    article = Article(title=row["title"], text=row["text"], language=row["lang"], word_count=len(row["text"].split()))
    made = sketch(row["title"], row["text"])
    return Extracted(entry, number + 1, row["at"], bytes(32), "bench", article, None, made)


if __name__ == "__main__":
    main()
