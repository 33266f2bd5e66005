"""Real pages through the whole pipeline: `python bench/corpus_ingest.py DIR`.

DIR holds gold pairs as tasks.extract.scoring describes them. Each publisher becomes a portal on loopback with a port of
its own and a feed that gives addresses and nothing else, so that titles, authors and times must come from the pages.
`newstape ingest` reads them; what stands on the tape is compared with the gold. Exit code 1: a page is neither an
article nor named with the reason why it is none.
"""

import argparse
import asyncio
import gzip
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import yaml
from aiohttp import web
from corpus_ingest_report import Outcome, report
from psycopg.rows import dict_row
from psycopg.sql import SQL
from sampling import this_machine
from services import (
    check_exit,
    embedded_postgres,
    end_on_sigterm,
    newstape_environment,
    newstape_program,
    temporary_home,
)

from config.errors import Misconfigured
from tasks.extract.scoring import GERMAN, ZONES, read_gold

RESULT = Path(__file__).resolve().parent / "results" / "corpus_ingest.md"
# The slowest page may take its 20 s of extraction, and Prefect's own server starts within the run.
INGEST_S = 900
DATABASE = "corpus"
FEED_PATH = "/feed.rss"
ENTRIES = SQL("""
    SELECT e.url, e.state, e.reason, a.title, a.authors, a.text,
           a.published_at, a.published_precision, a.published_raw, a.published_origin, a.published_zone
    FROM ingest.entries e LEFT JOIN news.articles a ON e.state = 'loaded' AND a.article_id = e.article_id
""")

Page = Mapping[str, Any]


def main() -> int:
    """Serves, ingests, compares; exit code 2 where DIR holds no pairs."""
    parser = argparse.ArgumentParser(description="Run gold pages through the whole pipeline and score the tape.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with NAME.html.gz and NAME.json")
    parser.add_argument("--result", type=Path, default=RESULT, help="file for the report")
    chosen = parser.parse_args()
    try:
        pages = [asdict(gold) for gold in read_gold(chosen.folder)]
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 2
    end_on_sigterm()
    with temporary_home() as home, embedded_postgres(home) as postgres:
        began = time.monotonic()
        addresses = asyncio.run(ingest(pages, home))
        seconds = time.monotonic() - began
        with psycopg.connect(postgres.url(DATABASE), row_factory=dict_row) as conn:
            rows = {row["url"]: row for row in conn.execute(ENTRIES)}
    outcomes = [Outcome.of(page, rows.get(addresses[page["id"]])) for page in pages]
    text = report(f"{datetime.now(UTC):%Y-%m-%d}, {this_machine()}; ingest {seconds:.0f} s in all.", outcomes)
    print(text)
    chosen.result.write_text(text, "utf-8")
    return 0 if all(outcome.is_accounted for outcome in outcomes) else 1


async def ingest(pages: Sequence[Page], home: Path) -> dict[str, str]:
    """Serves the pages, runs `newstape ingest` on them; the address of each page by its id."""
    addresses: dict[str, str] = {}
    folder = home / "sources"
    folder.mkdir()
    runners = []
    try:
        for slug, portal in by_portal(pages).items():
            runner = web.ServerRunner(web.Server(Portal(portal).answer, access_log=None), shutdown_timeout=1)
            runners.append(runner)
            base = await _opened(runner)
            addresses |= {page["id"]: base + path_of(page) for page in portal}
            text = yaml.safe_dump(source_file(slug, portal, base), allow_unicode=True)
            (folder / f"{slug}.yaml").write_text(text, "utf-8")
        await _run_newstape(folder, home)
    finally:
        await asyncio.gather(*(runner.cleanup() for runner in runners))
    return addresses


class Portal:
    """The pages of one publisher, as its server gives them."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = {path_of(page): page for page in pages}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The feed, a page as gzip, or 404: for robots.txt, too."""
        if request.path == FEED_PATH:
            return web.Response(body=self._feed(f"http://{request.host}"), content_type="application/rss+xml")
        page = self._pages.get(request.path)
        if page is None:
            return web.Response(status=404, text="There is no such page.")
        headers = {"Content-Type": f"text/html; charset={page['charset']}", "Content-Encoding": "gzip"}
        return web.Response(body=gzip.compress(page["html"], mtime=0), headers=headers)

    def _feed(self, base: str) -> bytes:
        items = "".join(
            f"<item><link>{base}{path}</link><guid isPermaLink='false'>{page['id']}</guid></item>"
            for path, page in self._pages.items()
        )
        frame = f"<rss version='2.0'><channel><title>Pages</title><link>{base}/</link>{items}</channel></rss>"
        return f"<?xml version='1.0' encoding='utf-8'?>{frame}".encode()


def by_portal(pages: Sequence[Page]) -> dict[str, list[Page]]:
    """The pages of each publisher under the slug of its portal: country and name."""
    portals: dict[str, list[Page]] = {}
    for page in pages:
        letters = "".join(letter for letter in page["publisher"].lower() if letter.isascii() and letter.isalnum())
        portals.setdefault(f"{country_of(page)}-{letters}", []).append(page)
    return portals


def source_file(slug: str, pages: Sequence[Page], base: str) -> dict[str, Any]:
    """What a source file says of this portal: language and time zone by country."""
    country = country_of(pages[0])
    return {
        "slug": slug,
        "name": pages[0]["publisher"],
        "homepage": f"{base}/",
        "language": "de" if country in GERMAN else "fr" if country == "fr" else "en",
        "country": country[:2].upper(),
        "time_zone": ZONES.get(country, "UTC"),
        "feeds": [{"url": base + FEED_PATH, "kind": "rss"}],
        "delay": "0s",
        "concurrency": 4,
    }


def country_of(page: Page) -> str:
    """The country that a page's id begins with."""
    return str(page["id"]).partition("-")[0]


def path_of(page: Page) -> str:
    """Path of the page on its portal."""
    return f"/{page['id']}.html"


async def _opened(runner: web.ServerRunner) -> str:
    """Starts the server on a free loopback port; its address."""
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _run_newstape(folder: Path, home: Path) -> None:
    """Runs the ingest to its end; 1 means that some sources failed, which the report will tell in detail."""
    environment = newstape_environment(home, NEWSTAPE_DATABASE_NAME=DATABASE)
    command = [newstape_program(), "ingest", "--all", "--sources", str(folder)]
    log = home / "newstape.log"
    with log.open("wb") as output:
        child = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            code = await asyncio.wait_for(child.wait(), INGEST_S)
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()
    check_exit("newstape ingest", code, log, accepted=(0, 1))


if __name__ == "__main__":
    sys.exit(main())
