"""The first step of a run: the feeds that are due are polled, and what they list goes to the frontier.

In rounds: what a poll leads to (the sitemaps of an index, the news sitemap after a gap) is polled in the same run.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from config.settings import settings
from sql import connect
from sql.store import feed_family, feeds, pages, warnings
from tasks import poll_rows
from tasks.discover.children import robots_rows
from tasks.discover.polling import Due, Poll, host_of, poll_all
from tasks.fetch.robots import fetch_robots
from tasks.model import Feed, Get
from tasks.outage import is_ours
from tasks.outcome import Failure
from tasks.steps.polled import Saved, save_polls
from tasks.steps.run import LEASE, Run

logger = logging.getLogger(__name__)

# Feeds whose documents are in memory at the same time.
POLL_CHUNK = 500
# Index, child, grandchild ... and a gap that calls a sitemap: more than any portal needs.
MAX_ROUNDS = 12
AFTER_OUTAGE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Polled:
    """What the polls of a run brought: counts by outcome, `feeds` and `new` entries among them.

    `outage` says what happened where we, not the portals, are cut off: then nothing more is to be asked in this run.
    """

    counts: dict[str, int]
    outage: str | None = None


@dataclass(slots=True)
class _Progress:
    """What a run has polled so far, and whether that led to more.

    `called` are feeds that fill gaps, `waiting` those of them for the next round; `gaps` are feeds whose portals'
    robots.txt is to be asked for sitemaps, `searched` the sources where it was.
    """

    leads_on: bool = True
    counts: Counter[str] = field(default_factory=Counter)
    done: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    called: set[int] = field(default_factory=set)
    gaps: dict[int, Feed] = field(default_factory=dict)
    searched: set[int] = field(default_factory=set)

    def start(self, claimed: Sequence[poll_rows.Row]) -> set[int]:
        """Note that these feeds are polled now; returns the ids of those that were called."""
        ids = {row["id"] for row in claimed}
        called, self.waiting = ids & self.waiting, set()
        self.leads_on = False
        self.counts["feeds"] += len(ids)
        self.done |= ids
        return called

    def note(self, saved: Saved) -> None:
        """Note what polls led to; a feed is called once in a run, and a robots.txt asked once."""
        self.counts += saved.counts
        self.waiting |= saved.called - self.called
        self.called |= saved.called
        self.gaps |= {feed.source_id: feed for feed in saved.without_sitemap if feed.source_id not in self.searched}
        self.leads_on |= bool(saved.has_children or self.waiting or self.gaps)

    def take_gaps(self) -> list[Feed]:
        """The feeds whose portals' robots.txt is asked now."""
        taken, self.gaps = list(self.gaps.values()), {}
        self.searched |= {feed.source_id for feed in taken}
        return taken


async def poll_due(run: Run, get: Get, *, all_of_them: bool) -> Polled:
    """Poll the due feeds (`all_of_them`: due or not) and add what they list to the frontier."""
    progress = _Progress()
    for number in range(MAX_ROUNDS):
        if not progress.leads_on:
            break
        claimed = await asyncio.to_thread(_claim_feeds, run, progress, all_of_them=all_of_them and not number)
        called, now = progress.start(claimed), datetime.now(UTC)
        due = [poll_rows.due_of(row, now, settings().full_poll, is_called=row["id"] in called) for row in claimed]
        outage = await _poll_round(run, get, due, progress)
        if outage:
            return Polled(dict(progress.counts), outage)
        for feed in progress.take_gaps():
            await _search_robots(run, get, feed)
    return Polled(dict(progress.counts))


def _claim_feeds(run: Run, progress: _Progress, *, all_of_them: bool) -> list[dict[str, Any]]:
    with connect.engine().begin() as conn:
        return feeds.claim_due(
            conn,
            run.owner,
            datetime.now(UTC),
            LEASE,
            run.slugs,
            all_of_them=all_of_them,
            besides=progress.done - progress.waiting,
            called=progress.waiting,
        )


async def _poll_round(run: Run, get: Get, due: Sequence[Due], progress: _Progress) -> str | None:
    """Poll these feeds and save what comes, one chunk while the next is polled; what happened in an outage of ours."""
    using = settings()
    saving: asyncio.Task[Saved] | None = None
    try:
        for start in range(0, len(due), POLL_CHUNK):
            began = time.monotonic()
            chunk = due[start : start + POLL_CHUNK]
            polls = await poll_all(chunk, get, hosts=using.max_hosts, max_bytes=using.max_body_bytes)
            seconds = time.monotonic() - began
            if saving is not None:
                progress.note(await saving)
                saving = None
            if ours := _our_outage(polls):
                return await asyncio.to_thread(_put_off, run, polls, ours)
            saving = asyncio.create_task(asyncio.to_thread(save_polls, run, polls, seconds))
    finally:
        if saving is not None:
            progress.note(await saving)
    return None


def _our_outage(polls: Sequence[Poll]) -> Failure | None:
    """The failure that says that we are cut off; None: we are not."""
    if any(poll.status is not None for poll in polls):
        return None
    ended: defaultdict[str, list[object]] = defaultdict(list)
    for poll in polls:
        ended[host_of(poll.feed)].append(poll.failure or poll)
    return is_ours(ended)


def _put_off(run: Run, polls: Sequence[Poll], ours: Failure) -> str:
    """Note that nobody could be asked, and book it against nobody; what happened, in a sentence."""
    now = datetime.now(UTC)
    message = (
        f"Nothing was polled: {ours.detail}. The trouble is on our side (line, DNS, proxy), so nothing is booked "
        f"against the portals: all feeds stay due. Check the connection of this machine; the next run goes on."
    )
    with connect.engine().begin() as conn:
        feeds.put_off(conn, run.owner, now + AFTER_OUTAGE)
        pages.log(conn, [poll_rows.poll_event(poll, run.id) for poll in polls])
        outage = {"kind": "outage", "source_id": None, "feed_id": None, "run_id": run.id, "message": message}
        warnings.raise_all(conn, [outage], now)
    logger.warning("outage: %s", message)
    return message


async def _search_robots(run: Run, get: Get, feed: Feed) -> None:
    """Make feeds of the news sitemaps that the robots.txt of a portal with a gap names, to be polled in this run."""
    now = datetime.now(UTC)
    robots, answer = await fetch_robots(feed.homepage, get, now)
    found = robots_rows(feed, robots.body or "", settings().look_back, now)
    await asyncio.to_thread(_adopt, found, poll_rows.robots_event(feed, answer, run.id, now), now)
    logger.info("gap source=%s sitemaps in robots.txt=%d", feed.source, len(found))


def _adopt(found: Sequence[poll_rows.Row], event: poll_rows.Row, now: datetime) -> None:
    with connect.engine().begin() as conn:
        feed_family.adopt(conn, found, now)
        pages.log(conn, [event])
