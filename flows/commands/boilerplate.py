"""newstape sources boilerplate: paragraphs that many articles of a source share, and what a person decides on them."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from config.errors import Misconfigured
from config.sources import load_sources
from flows.commands.pausing import unknown
from flows.commands.tables import show_table
from sql import connect, migrate
from sql.connect import Connection
from sql.store import boilerplate
from sql.store import sources as store
from sql.store.bulk import Row

# Shorter beginnings of an id are a slip of the hand sooner than a choice.
_ID = re.compile(r"[0-9a-f]{4,32}")
_HEADINGS = ("id", "fate", "articles", "first", "last", "paragraph", "printed by")
_FATES = {
    ("keep", False): "kept by hand",
    ("drop", True): "dropped by hand",
    (None, True): "dropped",
    (None, False): "",
}


def decide(slug: str, folder: Path | None, rulings: Mapping[str, str | None], now: datetime) -> list[str]:
    """Book what a person decided, by id (None: the counts decide again); all of it or nothing. What to tell them."""
    engine = _made_ready()
    with engine.begin() as conn:
        _refuse_unknown(conn, slug, folder)
        texts = {id_: _ruled(conn, slug, id_, ruling, now) for id_, ruling in rulings.items()}
    return [f"{_told(rulings[id_])}: {_one_line(text)}" for id_, text in texts.items()]


def show(slug: str, folder: Path | None, most: int, *, as_json: bool) -> None:
    """Print what is dropped from the articles of a source, and what several of them print."""
    engine = _made_ready()
    with engine.connect() as conn:
        _refuse_unknown(conn, slug, folder)
        rows, articles = boilerplate.listed(conn, slug, most), boilerplate.total(conn, slug)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=_written))
        return
    if rows:
        show_table(_HEADINGS, [_cells(row) for row in rows])
    click.echo(_summary(slug, rows, articles, most))


def _made_ready() -> connect.Engine:
    engine = connect.engine()
    migrate.ensure(engine)
    return engine


def _refuse_unknown(conn: Connection, slug: str, folder: Path | None) -> None:
    """A source without a file may have articles, and one without articles a file."""
    stored = store.slugs(conn)
    if slug not in stored:
        known = [*stored, *(source.slug for source in load_sources(folder))]
        if slug not in known:
            raise unknown(slug, known)


def _ruled(conn: Connection, slug: str, id_: str, ruling: str | None, now: datetime) -> str:
    """The text of the paragraph that was decided on; raising rolls all of it back."""
    if not _ID.fullmatch(id_.lower()):
        raise Misconfigured(f"{id_!r} is no id of a paragraph, nothing was changed. Wanted: four hex digits or more.")
    found = boilerplate.rule(conn, slug, id_.lower(), ruling, now)
    if len(found) == 1:
        return found[0]
    problem = f"fits {len(found)} paragraphs" if found else "fits no paragraph that several articles print"
    raise Misconfigured(
        f"{id_} {problem} of {slug}, nothing was changed. `newstape sources boilerplate {slug}` shows their ids."
    )


def _cells(row: Row) -> list[str]:
    return [
        row["id"],
        _FATES[row["ruling"], row["is_dropped"]],
        f"{row['articles']:,} of {row['of_articles']:,}",
        f"{row['first_at']:%Y-%m-%d}",
        f"{row['last_at']:%Y-%m-%d}",
        _one_line(row["text"]),
        row["example"] or "",
    ]


def _summary(slug: str, rows: Sequence[Row], articles: int, most: int) -> str:
    """What the table comes to."""
    if not rows:
        return f"{slug}: no paragraph stands in two articles or more ({articles:,} looked through)."
    dropped = sum(row["is_dropped"] for row in rows)
    more = f" There may be more than these {most}: --limit." if len(rows) == most else ""
    return (
        f"{slug}: {dropped} of {len(rows)} paragraphs are dropped from new articles, {articles:,} articles were looked "
        f"through.{more}\nTo decide by hand: --keep ID, --drop ID, --undo ID."
    )


def _told(ruling: str | None) -> str:
    if ruling is None:
        return "The counts decide again about"
    return "Kept from now on" if ruling == "keep" else "Dropped from now on"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _written(value: Any) -> str:
    """An instant as JSON has it; nothing else in a row is foreign to JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")
