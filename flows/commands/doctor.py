"""newstape sources doctor: are the feeds of the source files well, and what is to be done where they are not."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from config.settings import settings
from config.source_files import folder_to_edit, verify
from config.sources import Source, load_sources
from flows.commands.tables import show_table
from flows.definitions import chosen_sources
from sql import connect, migrate
from sql.store import selectors
from tasks.advice import advice_on, is_well
from tasks.checkup import Checkup, Contents, Sample, examine_all, extracted, with_silences
from tasks.extract.pool import LocalExtractors
from tasks.fetch.client import Client
from tasks.fetch.limits import limits_of
from tasks.model import Article, Page, Timestamp
from tasks.outcome import Failure
from tasks.probe import Prober

_HEADINGS = ("source", "feed", "robots", "status", "kind", "entries", "newest", "dated", "elsewhere", "article")
_LONGEST_TITLE = 40
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def examine(slugs: Sequence[str], folder: Path | None, *, write: bool, as_json: bool) -> bool:
    """Examine sources, print what was found, set `verified` where that is wanted; whether all of them are well."""
    editable = folder_to_edit(folder) if write else None
    chosen = chosen_sources(slugs or None, load_sources(folder))
    checkups = with_silences(asyncio.run(_examined(chosen)), _counted(chosen))
    now = datetime.now(UTC)
    ill = {one.source.slug for one in checkups if not is_well(one, now)}
    well = [source.slug for source in chosen if source.slug not in ill]
    changed = [slug for slug in well if editable and verify(editable / f"{slug}.yaml", now.date())]
    if as_json:
        click.echo(json.dumps([_plain(one, now) for one in checkups], ensure_ascii=False, indent=2))
        return not ill
    _show(checkups, now)
    click.echo(f"{len(well)} of {len(chosen)} sources are well.")
    if editable:
        click.echo(f"verified: {now:%Y-%m-%d} written in {editable} for: {', '.join(changed) or 'none'}")
    return not ill


async def _examined(chosen: Sequence[Source]) -> list[Checkup]:
    """The checkup of each feed, with its newest article extracted in child processes, as in a run."""
    using = settings()
    async with Client(limits_of(using)) as web:
        prober = Prober(web.get, using.max_hosts)
        checkups = await examine_all(chosen, prober, using.user_agent, using.host_delay, using.max_body_bytes)
    with LocalExtractors(using.extract_processes, using.extract_timeout, using.max_body_bytes) as extractors:
        return await asyncio.to_thread(extracted, checkups, extractors)


def _counted(chosen: Sequence[Source]) -> list[dict[str, Any]]:
    """What runs counted of the selectors in the files; where no file has any, no database is needed."""
    told = [source.slug for source in chosen if source.pages]
    if not told:
        return []
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        return selectors.counts(conn, told)


def _show(checkups: Sequence[Checkup], now: datetime) -> None:
    """The table, then what is to be said about each feed."""
    show_table(_HEADINGS, [_cells(one, now) for one in checkups])
    for one in checkups:
        for line in advice_on(one, now):
            click.echo(f"{'!' if line.is_trouble else '-'} {one.source.slug} {one.feed.url}\n    {line.text}")


def _cells(one: Checkup, now: datetime) -> tuple[str, ...]:
    """The row of a feed; kinds that differ are shown as declared > found."""
    named = (one.source.slug, one.feed.name or one.feed.url, one.robots, str(one.status or "-"))
    if one.contents is None:
        return (*named, one.feed.kind, "-", "-", "-", "-", str(one.failure.reason) if one.failure else "-")
    found = one.contents
    kind = one.feed.kind if found.kind == one.feed.kind else f"{one.feed.kind} > {found.kind}"
    entries = f"{found.entries} ({found.children} sitemaps)" if found.children else str(found.entries)
    dated = f"{100 * found.dated // found.entries} %" if found.entries else "-"
    return (*named, kind, entries, _age(found.newest_at, now), dated, str(found.strangers), _article(one.sample))


def _age(at: datetime | None, now: datetime) -> str:
    """How long ago something was, in its largest unit."""
    if at is None:
        return "-"
    age = now - at
    if age >= _DAY:
        return f"{age // _DAY} d"
    return f"{age // _HOUR} h" if age >= _HOUR else f"{age // timedelta(minutes=1)} min"


def _article(sample: Sample | None) -> str:
    match sample.outcome if sample else None:
        case Article() as article:
            title = article.title if len(article.title) <= _LONGEST_TITLE else f"{article.title[:_LONGEST_TITLE]}…"
            published = (
                f"{article.published.at:%Y-%m-%d %H:%M} ({article.published.origin})"
                if article.published
                else "undated"
            )
            return f"{title}, {published}, {article.word_count} words"
        case Failure() as failure:
            return str(failure.reason)
        case _:
            return "-"


def _plain(one: Checkup, now: datetime) -> dict[str, Any]:
    """A checkup for machines."""
    lines = advice_on(one, now)
    return {
        "source": one.source.slug,
        "url": one.feed.url,
        "declared_kind": one.feed.kind,
        "robots": one.robots,
        "status": one.status,
        "moved_to": one.moved_to,
        "reason": one.failure and one.failure.reason.value,
        "detail": one.failure and one.failure.detail,
        "contents": one.contents and _plain_contents(one.contents),
        "article": one.sample and _plain_sample(one.sample),
        "troubles": [line.text for line in lines if line.is_trouble],
        "remarks": [line.text for line in lines if not line.is_trouble],
        "well": is_well(one, now),
    }


def _plain_contents(found: Contents) -> dict[str, Any]:
    counts = ("entries", "dated", "strangers", "future", "undated", "children")
    newest_at = found.newest_at.isoformat() if found.newest_at else None
    return {"kind": found.kind.value, "newest_at": newest_at} | {name: getattr(found, name) for name in counts}


def _plain_sample(sample: Sample) -> dict[str, Any]:
    asked = {"url": sample.url, "robots": sample.robots, "status": sample.status}
    match sample.outcome:
        case Article() as article:
            words = {"title": article.title, "words": article.word_count}
            return asked | words | _plain_time(article.published) | {"reason": None, "detail": None}
        case Failure() as failure:
            return asked | {"reason": failure.reason.value, "detail": failure.detail}
        case Page():
            raise TypeError("a page must be extracted before it is shown")


def _plain_time(published: Timestamp | None) -> dict[str, Any]:
    if published is None:
        return {"published": None, "published_origin": None}
    return {"published": published.at.isoformat(), "published_origin": published.origin}
