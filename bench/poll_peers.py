"""One peer of poll.py: reads the feeds once, then measures a round in which every feed answers 304; prints it as JSON.

Arguments: newstape or reader, a file with addresses, a folder to write to, the process id of Postgres.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sampling import cpu_s


def measured(round_of: Callable[[], object], postgres_pid: int) -> dict[str, float]:
    """Wall seconds, CPU seconds of this process and of Postgres, for one round."""
    postgres, cpu, began = cpu_s(postgres_pid), time.process_time(), time.perf_counter()
    round_of()
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    return {"wall_s": wall, "cpu_s": used, "postgres_cpu_s": cpu_s(postgres_pid) - postgres}


def newstape(urls: Sequence[str]) -> Callable[[], object]:
    """The first step of a run, without Prefect: all feeds due or not, their state from and into Postgres."""
    from config.settings import settings
    from sql import connect, migrate
    from sql.store import runs, sources
    from tasks.fetch.client import Client, limits_of
    from tasks.steps.poll import poll_due
    from tasks.steps.run import Run

    migrate.ensure(connect.engine())
    hosts = sorted({urlsplit(url).netloc for url in urls})
    slug_of = {host: f"portal{number}" for number, host in enumerate(hosts)}
    with connect.engine().begin() as conn:
        feeds = [_feed_row(slug_of[urlsplit(url).netloc], url) for url in urls]
        sources.sync(conn, [_source_row(slug_of[host], host) for host in hosts], feeds, datetime.now(UTC))

    async def poll() -> None:
        with connect.engine().begin() as conn:
            run_id = runs.open_run(conn, "ingest", process="b", version="b", parameters={}, prefect_run_id=None)
        async with Client(limits_of(settings())) as client:
            await poll_due(Run(run_id, f"run:{run_id}:b", None, None), client.get, all_of_them=True)

    return lambda: asyncio.run(poll())


def _source_row(slug: str, host: str) -> dict[str, object]:
    plain: dict[str, object] = {
        "article_id": None,
        "user_agent": None,
        "verified_on": None,
        "notes": None,
        "headers": {},
        "formerly": (),
    }
    return plain | {
        "slug": slug, "name": slug, "homepage": f"http://{host}/", "language": "de", "country": "CH",
        "time_zone": "Europe/Zurich", "delay": timedelta(0), "concurrency": 1, "partners": [], "pages": None,
    }  # fmt: skip


def _feed_row(slug: str, url: str) -> dict[str, object]:
    plain: dict[str, object] = dict.fromkeys(("name", "time_zone", "parent_id", "selectors", "look_back"))
    return plain | {
        "slug": slug, "url": url, "kind": "rss", "origin": "file", "ignore_zone": False,
        "every": timedelta(minutes=15), "slowest": timedelta(hours=1),
    }  # fmt: skip


def reader(urls: Sequence[str], folder: Path) -> Callable[[], object]:
    """The update of reader's feeds by ten workers, due or not, its state in SQLite on disk."""
    from reader import make_reader

    made = make_reader(str(folder / "reader.sqlite"))
    for url in urls:
        made.add_feed(url)
    return lambda: made.update_feeds(scheduled=False, workers=10)


def main() -> None:
    """Fill, then measure."""
    peer, addresses, folder, postgres_pid = sys.argv[1:]
    urls = Path(addresses).read_text("utf-8").split()
    round_of = newstape(urls) if peer == "newstape" else reader(urls, Path(folder))
    round_of()
    print(json.dumps(measured(round_of, int(postgres_pid))))


if __name__ == "__main__":
    main()
