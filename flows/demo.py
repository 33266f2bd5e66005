"""newstape demo: the whole way once, on a sample portal on loopback, in a database and a Prefect home of its own."""

import asyncio
import logging
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from config.settings import settings
from flows.environment import prepare_prefect
from portal.client import RunningPortal, start

DATABASE = "newstape_demo"
ARCHETYPE_KICKER = "Mehrjahres-Hoch"
SHOWN_TEXT = 700
NOT_MODIFIED = 304
# Width of the tables where the output is no terminal.
PLAIN_WIDTH = 130

logger = logging.getLogger(__name__)


def run_demo(*, keep: bool) -> int:
    """Run the demo; returns the exit code. `keep`: on top of what an earlier demo stored."""
    began = time.monotonic()
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    folder = settings().home / "demo"
    _use(folder)
    console.print("[bold]Newstape demo[/bold]: a sample portal, Postgres and Prefect, all on this machine.\n")
    with start(sources_dir=folder / "sources", end_with_stdin=True) as portal:
        slugs = ", ".join(one["slug"] for one in portal.portals)
        console.print(f"1. Sample portal: {len(portal.gold())} articles on {len(portal.portals)} portals: {slugs}")
        _fresh_database(keep=keep)
        console.print(f"2. Postgres: embedded, database {DATABASE} in {settings().home / 'postgres'}")
        console.print("3. Prefect: its server starts (the first time it makes its own database), then the ingest flow")
        code = asyncio.run(_two_runs(console, portal))
    _show(console)
    console.print(f"\n[bold]Done in {time.monotonic() - began:.0f} s.[/bold] Ask further:")
    # Outside an activated environment the bare name would not be found.
    program = "newstape" if shutil.which("newstape") else os.path.relpath(sys.argv[0])
    for question in ('search "Alibaba"', "db psql", "status"):
        console.print(f"  {program} --demo {question}")
    return code


def _use(folder: Path) -> None:
    """Point this process and its children at the demo's own database, sources and Prefect home."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    os.environ.pop("NEWSTAPE_DATABASE_URL", None)
    os.environ.pop("PREFECT_API_URL", None)
    os.environ |= {
        "NEWSTAPE_DATABASE_NAME": DATABASE,
        "NEWSTAPE_SOURCES_DIR": str(folder / "sources"),
        "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES": "true",
        # Small batches, so that one sees it work.
        "NEWSTAPE_BATCH_SIZE": "25",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_PROFILES_PATH": str(folder / "prefect" / "profiles.toml"),
    }
    settings.cache_clear()
    prepare_prefect(settings())


def _fresh_database(*, keep: bool) -> None:
    from sql import connect, migrate

    if not keep:
        connect.drop_embedded_database(DATABASE)
    migrate.ensure(connect.engine())


async def _two_runs(console: Console, portal: RunningPortal) -> int:
    """The ingest, and the same again: nothing may be fetched or stored twice."""
    from flows.ingest import ingest

    first = await ingest(poll="all", return_state=True)
    console.print(f"\n4. First run: {first.name}: {first.message}")
    asked, stored = len(portal.ledger()), await asyncio.to_thread(_counts)
    second = await ingest(poll="all", return_state=True)
    console.print(f"5. Second run: {second.name}: {second.message}")
    again = portal.ledger()[asked:]
    unchanged = sum(request["status"] == NOT_MODIFIED for request in again)
    after = await asyncio.to_thread(_counts)
    console.print(
        f"   The portal saw {len(again)} requests, {unchanged} of them answered 304 (nothing new); "
        f"rows before and after: {stored} and {after}"
    )
    ok = first.is_completed() and second.is_completed() and after == stored
    return 0 if ok else 1


def _counts() -> dict[str, int]:
    from sql import connect
    from sql.store import articles

    with connect.engine().connect() as conn:
        return articles.row_counts(conn)


def _show(console: Console) -> None:
    from sql import connect
    from sql.store import articles, runs

    with connect.engine().connect() as conn:
        first = runs.latest(conn, 2)[-1]
        _show_sources(console, runs.source_counts(conn, first["run_id"]))
        _show_rows(console, articles.newest(conn, 5))
        archetype = articles.titled(conn, ARCHETYPE_KICKER)
    if archetype is not None:
        _show_article(console, archetype)


def _show_sources(console: Console, counts: list[dict[str, Any]]) -> None:
    table = Table(title="\nWhat the first run brought, per portal (news.run_sources)", title_justify="left")
    columns = (
        "source", "feeds_polled", "entries_listed", "entries_new", "fetched", "loaded", "duplicates", "skipped", "gone",
    )  # fmt: skip
    for name in columns:
        table.add_column(name, justify="left" if name == "source" else "right")
    for row in counts:
        table.add_row(*(str(row[name]) for name in columns))
    console.print(table)


def _show_rows(console: Console, newest: list[dict[str, Any]]) -> None:
    table = Table(title="\nFive rows (news.articles)", title_justify="left")
    for name in ("published_at (UTC)", "source", "lang", "words", "title"):
        table.add_column(name)
    for row in newest:
        at = f"{row['published_at']:%Y-%m-%d %H:%M}" if row["published_at"] else "-"
        table.add_row(at, row["source"], row["language"], str(row["word_count"]), row["title"])
    console.print(table)


def _show_article(console: Console, row: dict[str, Any]) -> None:
    console.print("\n[bold]One article, field by field (news.articles)[/bold]")
    fields = (
        "source", "url", "kicker", "title", "summary", "lead", "authors", "agency", "published_at", "published_raw",
        "published_origin", "published_precision", "published_zone", "first_seen_at", "language", "section", "tags",
        "image_url", "image_credit", "paywall", "kind", "word_count", "story_role", "provenance", "text",
    )  # fmt: skip
    for name in fields:
        value = str(row[name])
        shown = value if len(value) <= SHOWN_TEXT else f"{value[:SHOWN_TEXT]} ..."
        console.print(f"[cyan]{name:20}[/cyan] ", end="")
        console.print(shown, markup=False)
