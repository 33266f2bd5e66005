"""What follows from polls besides entries: gaps are filled, and people are told what they should look at."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sql.connect import Connection
from sql.store import feed_family, feeds, warnings
from tasks.discover.gaps import gap_message, is_expected
from tasks.discover.moves import Course, moved_message
from tasks.discover.polling import Poll
from tasks.model import Feed, FeedKind
from tasks.outcome import Reason
from tasks.steps.run import Run

logger = logging.getLogger(__name__)

# A feed that is not found for so long is worth a person's time; fewer failures than this can't last so long.
GONE_AFTER = timedelta(days=7)
_LEAST_FAILURES = 7
# robots.txt is searched for sitemaps once in this time, however often a feed has gaps.
SEARCH_AGAIN = timedelta(days=1)


@dataclass(slots=True)
class Aftermath:
    """What polls of a run led to, by feed id where it is a mapping.

    `overlaps`: how many entries a feed listed, and how many of them it had listed before; `courses`: where its
    redirects lead. `notes` are lines for the log of requests, `raised` rows of warnings.
    """

    run: Run
    overlaps: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    courses: Mapping[int, Course] = field(default_factory=dict)
    gaps: list[Poll] = field(default_factory=list)
    notes: dict[int, list[str]] = field(default_factory=dict)
    raised: list[dict[str, Any]] = field(default_factory=list)

    def overlap(self, poll: Poll) -> tuple[int, int]:
        """How many entries a poll listed, and how many of them its feed had listed before."""
        return self.overlaps.get(poll.feed.id, (0, 0))

    def note(self, poll: Poll, line: str) -> None:
        """Say something about a poll in the log of requests."""
        self.notes.setdefault(poll.feed.id, []).append(line)

    def warn(self, kind: str, poll: Poll, message: str) -> None:
        """Tell people about the feed of a poll."""
        about = {"source_id": poll.feed.source_id, "feed_id": poll.feed.id, "run_id": self.run.id}
        self.raised.append(about | {"kind": kind, "message": message})
        logger.warning("%s source=%s %s", kind, poll.feed.source, message)


def fill_gaps(conn: Connection, aftermath: Aftermath, now: datetime) -> tuple[set[int], list[Feed]]:
    """Call the sitemaps of sources whose feeds have gaps; returns them, and the feeds that have no news sitemap.

    Where a gap was to be expected, nobody is told.
    """
    if not aftermath.gaps:
        return set(), []
    called: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in feed_family.call_sitemaps(conn, {poll.feed.source_id for poll in aftermath.gaps}, now):
        called[row["source_id"]].append(row)
    without = []
    for poll in aftermath.gaps:
        sitemaps = called[poll.feed.source_id]
        message = gap_message(poll, aftermath.overlap(poll)[0], [row["url"] for row in sitemaps])
        if is_expected(poll):
            aftermath.note(poll, message)
        else:
            aftermath.warn("gap", poll, message)
        before = poll.feed.history.last_gap_at
        has_news = any(row["kind"] == FeedKind.NEWS_SITEMAP for row in sitemaps)
        if not has_news and (before is None or now - before > SEARCH_AGAIN):
            without.append(poll.feed)
    return {row["id"] for rows in called.values() for row in rows}, without


def judge(conn: Connection, polls: Sequence[Poll], aftermath: Aftermath, now: datetime) -> None:
    """Warn of feeds that moved or are gone, and end the warnings that are over."""
    lost = [p.feed.id for p in polls if _reason(p) is Reason.NOT_FOUND and p.feed.history.failures >= _LEAST_FAILURES]
    missing = feeds.missing_since(conn, lost, now - GONE_AFTER)
    for poll in polls:
        target = aftermath.courses[poll.feed.id].moved_to
        if target and not poll.feed.history.moved_to:
            aftermath.warn("feed_moved", poll, moved_message(poll, target))
        if _reason(poll) is Reason.GONE or poll.feed.id in missing:
            aftermath.warn("feed_gone", poll, _gone_message(poll))
    over = {
        "feed_moved": [p for p in polls if p.feed.history.moved_to and not aftermath.courses[p.feed.id].moved_to],
        "feed_gone": [p for p in polls if not p.failure and p.feed.history.failures],
        "gap": [p for p in polls if p.feed.history.last_gap_at and aftermath.overlap(p)[1]],
    }
    for kind, ended in over.items():
        if ended:
            warnings.resolve(conn, kind, now, feed_ids=[poll.feed.id for poll in ended])
    if any(poll.status is not None for poll in polls):
        warnings.resolve(conn, "outage", now)


def _reason(poll: Poll) -> Reason | None:
    return poll.failure.reason if poll.failure else None


def _gone_message(poll: Poll) -> str:
    feed = poll.feed
    said = "says that it is gone for good (410)" if _reason(poll) is Reason.GONE else "has answered 404 for a week"
    return (
        f"{feed.asked_url} {said}. It is asked once a day in case it comes back; look for its new address "
        f"(`newstape sources doctor {feed.source}`) and change {feed.source}.yaml."
    )
