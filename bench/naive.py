"""The script that every analyst writes first: the yardstick of end_to_end.py, kept as plain as such scripts are.

One page after the other: feedparser, requests, trafilatura, one INSERT each. No politeness, no retries, no archive.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import psycopg
import requests
import trafilatura
import yaml

TIMEOUT_S = 30
TABLE = "CREATE TABLE IF NOT EXISTS articles (url text PRIMARY KEY, source text, title text, published text, text text)"
INSERT = "INSERT INTO articles VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"


def main() -> None:
    """Reads all sources, in one process or, by source, in several."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True, help="folder with source files")
    parser.add_argument("--database", required=True, help="libpq address of the database")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    sources = [yaml.safe_load(file.read_text("utf-8")) for file in sorted(chosen.sources.glob("*.yaml"))]
    with psycopg.connect(chosen.database, autocommit=True) as conn:
        conn.execute(TABLE)
    if chosen.processes == 1:
        read_sources(sources, chosen.database)
        return
    parts = [sources[k :: chosen.processes] for k in range(chosen.processes)]
    with ProcessPoolExecutor(chosen.processes) as pool:
        list(pool.map(read_sources, parts, [chosen.database] * chosen.processes))


def read_sources(sources: list[dict[str, Any]], database: str) -> None:
    """Every article that the feeds of `sources` list, into the table."""
    with psycopg.connect(database, autocommit=True) as conn:
        known = {url for (url,) in conn.execute("SELECT url FROM articles")}
        for source in sources:
            for feed in source["feeds"]:
                read_feed(conn, source["slug"], feed["url"], known)


def read_feed(conn: psycopg.Connection[Any], slug: str, address: str, known: set[str]) -> None:
    """Every article of one feed that is not known yet."""
    for entry in entries_of(requests.get(address, timeout=TIMEOUT_S)):
        url = urljoin(address, entry["link"])
        if url in known:
            continue
        known.add(url)
        page = requests.get(url, timeout=TIMEOUT_S)
        text = trafilatura.extract(page.content) if page.ok else None
        if text:
            conn.execute(INSERT, (url, slug, entry.get("title"), entry.get("published"), text))


def entries_of(answer: requests.Response) -> list[Any]:
    """The entries of a feed that have a link; feedparser does not know JSON Feed."""
    if "json" in answer.headers.get("content-type", ""):
        listed = [
            {**one, "link": one.get("url"), "published": one.get("date_published")} for one in answer.json()["items"]
        ]
    else:
        listed = feedparser.parse(answer.content).entries
    return [entry for entry in listed if entry.get("link")]


if __name__ == "__main__":
    main()
