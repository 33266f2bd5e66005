"""Articles asked for by their addresses: noted in the frontier, and what became of each, in a line.

Noting is durable: an address that this run does not get to is fetched by the next one, as if a feed had listed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.settings import settings
from config.sources import load_sources
from flows.asking import Asked, asked_for, ground_of
from flows.conclusion import explained, moment
from flows.definitions import chosen_sources, sync_sources
from sql import connect
from sql.store import frontier, sources, trail
from tasks.text import clean
from tasks.urls import host_key, url_hash

Row = Mapping[str, Any]
DONE = ("loaded", "duplicate")


@dataclass(frozen=True, slots=True)
class Noted:
    """Articles that were asked for, the entry of each, and the entries as they were then, by id."""

    asked: Sequence[Asked]
    entry_ids: tuple[int, ...]
    before: Mapping[int, Row]


def wanted(urls: Sequence[str], slugs: Sequence[str] | None) -> list[Asked]:
    """The articles that `urls` name, on the ground of these sources (None: all); Misconfigured names what is wrong."""
    chosen = chosen_sources(slugs, load_sources(settings().sources_dir))
    return asked_for(urls, [ground_of(source) for source in chosen])


def note(asked: Sequence[Asked], now: datetime) -> Noted:
    """Have the articles asked for as soon as possible, known or not; their sources are synced first."""
    sync_sources(load_sources(settings().sources_dir), now)
    with connect.engine().begin() as conn:
        ids = sources.slugs(conn)
        entry_ids = frontier.add_by_hand(conn, [_row(one, ids[one.slug]) for one in asked], now)
        return Noted(asked, tuple(entry_ids), trail.outcomes(conn, entry_ids, now))


def told(noted: Noted, now: datetime) -> tuple[bool, str]:
    """Whether all of them are on the tape, and what became of each, a line an article."""
    with connect.engine().connect() as conn:
        after = trail.outcomes(conn, noted.entry_ids, now)
    lines = [
        clean(f"{one.address.url}: {became(noted.before[entry_id], after[entry_id])}")
        for one, entry_id in zip(noted.asked, noted.entry_ids, strict=True)
    ]
    return all(row["state"] in DONE for row in after.values()), "\n".join(lines)


def became(before: Row, after: Row) -> str:
    """What became of an entry, from its outcome before and after it was asked for."""
    match after["state"]:
        case "loaded":
            return _loaded(before, after)
        case "duplicate":
            return f"duplicate of article {after['article_id']} ({after['article_url']}): {after['title']}"
        case "skipped" | "gone" | "dead":
            return f"{after['state']}: {explained(after['reason'], after['detail'])}; `newstape why` tells more"
        case _ if after["paused_at"]:
            until = f" until {moment(after['paused_until'])}" if after["paused_until"] else ""
            return (
                f"noted, but {after['source']} is paused{until}; `newstape sources resume {after['source']}` ends that"
            )
        case _ if after["robots_failing_since"]:
            since, again = moment(after["robots_failing_since"]), moment(after["next_request_at"])
            return (
                f"noted, but robots.txt of its host can't be had since {since}; the first run after {again} tries again"
            )
        case "retry" if after["reason"]:
            failed = explained(after["reason"], after["detail"])
            return f"failed for now: {failed}; the first run after {moment(after['due_at'])} tries again"
        case _:
            return f"noted; the first run after {moment(after['next_request_at'])} asks for it"


def _loaded(before: Row, after: Row) -> str:
    article = f"article {after['article_id']}"
    if before["article_id"] != after["article_id"]:
        return f"loaded as {article}: {after['title']}"
    if after["reason"]:
        return f"{article} stays as it was; asked again: {explained(after['reason'], after['detail'])}"
    if before["number"] != after["number"]:
        return f"{article} says something else now, loaded as its revision {after['number']}: {after['title']}"
    return f"{article} was asked again and says the same: {after['title']}"


def _row(one: Asked, source_id: int) -> dict[str, Any]:
    """An article as frontier.add_by_hand takes it."""
    return {
        "source_id": source_id,
        "url": one.address.url,
        "canonical_url": one.address.canonical_url,
        "url_hash": url_hash(one.address.canonical_url),
        "host": host_key(one.address.url),
        "portal_id": one.portal_id,
    }
