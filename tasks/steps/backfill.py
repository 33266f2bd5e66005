"""The first step of a backfill: what an archive announces goes to the frontier, piece by piece and day by day.

A piece is saved in one transaction with the days that it completes. A run that is killed goes on with the days that
are left; what is announced again then is known by its address and counts once.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from config.settings import settings
from sql import connect
from sql.store import backfills, budgets, hosts, pages, past_pages, rights, runs
from tasks import rows
from tasks.archives import archive_of
from tasks.archives.asking import May, request_of
from tasks.columns import Row
from tasks.fetch.robots import Robots, fetch_robots, refusal
from tasks.model import Get, Page
from tasks.past import Announced, Archive, ArchiveRequest, Candidate, Via
from tasks.past_rows import candidate_rows, hosts_asked, past_of, request_event
from tasks.steps.run import Run
from tasks.urls import host_key

logger = logging.getLogger(__name__)

# Told how many days are done, listed or not.
DaysWatch = Callable[[int], Awaitable[object]]
# They answer for themselves: what they hold is not asked from the portal.
_BESIDES = frozenset({Via.WAYBACK, Via.WARC, Via.FOLDER})


async def list_days(run: Run, wish: Row, get: Get, watch: DaysWatch) -> Counter[str]:
    """List the open days of a wish (a row of backfills.open_ones); counts of what was announced, added, again, failed.

    Misconfigured where its place can't be one of its kind.
    """
    counts: Counter[str] = Counter()
    if not wish["open_days"]:
        return counts
    archive, asked = await archive_for(wish, get)
    await asyncio.to_thread(_save, run, wish, asked)
    async for piece in archive.announced():
        counts += await asyncio.to_thread(_save, run, wish, piece)
        for line in piece.left_out:
            logger.info("backfill=%d %s", wish["id"], line)
        await watch(counts["days"] + counts["failed"])
    logger.info("listed backfill=%d %s", wish["id"], " ".join(f"{name}={n}" for name, n in sorted(counts.items())))
    return counts


async def archive_for(wish: Row, get: Get) -> tuple[Archive, Announced]:
    """The archive of a wish, and the request for the robots.txt that it obeys, as a piece that announces nothing."""
    via, now, past = Via(wish["via"]), datetime.now(UTC), past_of(wish)
    may, asked = (None, ()) if via in _BESIDES else await _permission(past.place or past.homepage, wish, get)
    return archive_of(via, past, get, now, may), Announced(requests=asked)


async def _permission(url: str, wish: Row, get: Get) -> tuple[May, tuple[ArchiveRequest, ...]]:
    """What robots.txt of the host of `url` lets be asked; where that host can't say, nothing.

    Other hosts (a store of sitemaps) are asked when they are led to: their documents are named for everybody.
    """
    robots, answer = await fetch_robots(url, get, datetime.now(UTC))
    host, user_agent = host_key(url), wish["user_agent"] or settings().user_agent

    def may(asked: str) -> bool:
        return _is_allowed(robots, user_agent, asked) if host_key(asked) == host else True

    return may, (request_of(f"{url.partition('//')[0]}//{url.split('/')[2]}/robots.txt", answer),)


def _is_allowed(robots: Robots, user_agent: str, url: str) -> bool:
    return refusal(robots, user_agent, url) is None


def _save(run: Run, wish: Row, piece: Announced) -> Counter[str]:
    """Entries, candidates, pages that came along, requests and days of a piece, in one transaction."""
    now = datetime.now(UTC)
    pairs = candidate_rows(wish, piece.candidates)
    with connect.engine().begin() as conn:
        told = backfills.announce(conn, wish["id"], [row for _, row in pairs], wish["known"], now)
        found = [(entry_id, one) for entry_id, (one, _) in zip(told.ids, pairs, strict=True)]
        if wish["known"] == "skip":
            found = [(entry_id, one) for entry_id, one in found if entry_id in told.fresh]
        kept = _keep_pages(conn, found, now, again=wish["known"] == "again")
        backfills.settle_days(conn, wish["id"], sorted(piece.complete), piece.failed, now)
        pages.log(conn, [request_event(request, run.id) for request in piece.requests])
        hosts.asked(conn, hosts_asked(wish, piece.requests))
        runs.add_source_counts(conn, run.id, [_counts(wish, told), *rows.fetched_counts([(wish, one) for one in kept])])
        asked = sum(request.requests for request in piece.requests)
        budgets.book(conn, [{"source_id": wish["source_id"], "is_backfill": True, "requests": asked}], now)
    return Counter(
        announced=told.announced, added=told.added, again=told.again, days=len(piece.complete), failed=len(piece.failed)
    )


def _counts(wish: Row, told: backfills.Counts) -> Row:
    return {"source_id": wish["source_id"], "entries_listed": told.announced, "entries_new": told.added}


def _keep_pages(
    conn: connect.Connection, found: Sequence[tuple[int, Candidate]], now: datetime, *, again: bool
) -> list[Page]:
    """Archive the pages that came along, each for an entry that waits for one; of several the first."""
    came = {entry_id: one.page for entry_id, one in reversed(found) if one.page is not None}
    wanting = past_pages.wanting(conn, list(came), again=again)
    kept = {key: page for key, page in came.items() if key in wanting}
    stored = pages.archive(conn, [rows.page_row(key, page) for key, page in kept.items()])
    rights.book(conn, [rows.rights_row(row, "unknown") for row in stored])
    past_pages.take(conn, stored, now)
    return list(kept.values())
