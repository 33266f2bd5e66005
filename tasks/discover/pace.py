"""When a feed is asked again: as fast as news comes, as slowly as it asks for, and less and less while it fails. Pure.

A feed is never given up: what fails for months is still asked once a day.
"""

import math
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks.discover.polling import Poll
from tasks.model import Feed, FeedEntry
from tasks.outcome import Failure, Reason

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# For feeds that are read when something calls for it, and not by the clock. Not infinity: drivers can't read that.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
LONGEST_BACKOFF = timedelta(days=1)
# After this time without news the rate is half of what it was: a night makes a feed slow, a morning quick again.
HALF_LIFE_HOURS = 8.0
# What a feed listed within this time tells its rate before the second poll.
SEEDED_BY = timedelta(hours=24)
# The first pause after 429 without Retry-After, which doubles with each failure.
THROTTLED_FOR = timedelta(seconds=30)
# 2 to this power is more than a day by any interval of a second or more.
_ENOUGH = 17.0
_HOUR = timedelta(hours=1)
_HOURS_A_DAY = 24
_UNASKED_304 = 304

# How much of a doubling a failure is worth. Half for what mostly is over by itself; what says that the address is wrong
# or that we are unwelcome counts in full. Anything else: 1.
WEIGHTS = {
    Reason.UNREACHABLE: 0.5,
    Reason.TIMEOUT: 0.5,
    Reason.TRUNCATED: 0.5,
    Reason.THROTTLED: 0.5,
    Reason.SERVER_ERROR: 0.5,
    Reason.NOT_FOUND: 0.5,
    Reason.GONE: _ENOUGH,
}
# What C libraries say where a name does not exist; nothing else tells that from a look-up that failed for now.
_NO_SUCH_NAME = ("Name or service not known", "nodename nor servname", "No address associated", "Domain name not found")


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When a feed is due and what that follows from; the columns of ingest.feeds of the same names say more."""

    at: datetime
    pace: timedelta
    news_per_hour: float | None
    asked_pace: timedelta | None
    quiet_hours: tuple[int, ...]
    failure_weight: float


def next_poll(poll: Poll, new: int) -> NextPoll:
    """The next poll after this one, which listed `new` entries that its feed had not listed before."""
    feed, before = poll.feed, poll.feed.history
    if poll.failure:
        weight = before.failure_weight + weight_of(poll.failure)
        pace = before.pace or feed.every
        at = next_poll_at(_not_before(poll, poll.failure), pace, feed.url, weight)
        asked, quiet, rate = before.asked_pace, before.quiet_hours, before.news_per_hour
    else:
        weight, rate = 0.0, news_per_hour(poll, new)
        asked, quiet = asked_pace(poll), poll.document.quiet_hours if poll.document else before.quiet_hours
        pace = chosen_pace(feed, rate, asked)
        at = next_poll_at(poll.at, pace, feed.url)
    awake = after_quiet_hours(at, pace, feed.url, quiet)
    due = NEVER if feed.origin == "robots" else min(awake, max(at, poll.at + LONGEST_BACKOFF))
    return NextPoll(due, pace, rate, asked, quiet, weight)


def next_poll_at(now: datetime, every: timedelta, key: str, weight: float = 0) -> datetime:
    """Start of the first slot after `now`; slots are `every` long and shifted by a fixed offset per feed (`key`).

    A late tick never halves the rate, and feeds of one host are not asked all at :00. Each unit of `weight` that
    failures have in all doubles the interval, up to a day; half of what that adds passes in any case, as the next slot
    of a day-long interval may be minutes away.
    """
    interval = min(every * 2 ** min(weight, _ENOUGH), max(LONGEST_BACKOFF, every)) if weight else every
    earliest = now + (interval - every) / 2
    offset = interval * (zlib.crc32(key.encode()) / 2**32)
    return EPOCH + offset + ((earliest - EPOCH - offset) // interval + 1) * interval


def weight_of(failure: Failure) -> float:
    """How much of a doubling this failure is worth; an unasked 304 is the server's own muddle and costs nothing."""
    if failure.status == _UNASKED_304:
        return 0.0
    if failure.reason is Reason.UNREACHABLE and any(said in failure.detail for said in _NO_SUCH_NAME):
        return 1.0
    return WEIGHTS.get(failure.reason, 1.0)


def chosen_pace(feed: Feed, rate: float | None, asked: timedelta | None) -> timedelta:
    """Half of the expected time between two new entries, or what the feed asks for where that is longer.

    Never below `every` nor above `slowest`, and `every` doubled a whole number of times, so that slots stay where they
    are while the rate wavers.
    """
    wanted = feed.every if rate is None else feed.slowest
    if rate:
        wanted = _HOUR * min(0.5 / rate, feed.slowest / _HOUR)
    least = max(feed.every, min(asked or feed.every, feed.slowest))
    if wanted >= feed.slowest:
        return max(least, feed.slowest)
    doublings = max(0, math.floor(math.log2(wanted / feed.every)))
    return max(least, feed.every * float(1 << doublings))


def news_per_hour(poll: Poll, new: int) -> float | None:
    """New entries per hour after this poll, older ones weighing less; before the second poll by what is listed."""
    before = poll.feed.history
    if poll.feed.body_sha256 is None or before.last_polled_at is None:
        return _seeded(poll.document.entries if poll.document else (), poll.at)
    hours = max((poll.at - before.last_polled_at) / _HOUR, 1 / 3600)
    kept = 0.5 ** (hours / HALF_LIFE_HOURS) if before.news_per_hour is not None else 0.0
    return (before.news_per_hour or 0.0) * kept + new / hours * (1 - kept)


def _seeded(entries: Iterable[FeedEntry], now: datetime) -> float | None:
    """The rate of the last day as far as the document reaches back; None: it dates nothing."""
    ages = [now - entry.published.at for entry in entries if entry.published and entry.published.at <= now]
    if not ages:
        return None
    young = [age for age in ages if age <= SEEDED_BY]
    reach = SEEDED_BY if len(young) < max(2, len(ages)) else max(young)
    return len(young) / max(reach / _HOUR, 1 / 60)


def asked_pace(poll: Poll) -> timedelta | None:
    """The longest time between two polls that the document or its headers ask for.

    An answer without a document keeps what the last one asked for.
    """
    said = poll.document.asked_pace if poll.document else poll.feed.history.asked_pace
    return max((span for span in (said, poll.header_pace) if span), default=None)


def after_quiet_hours(at: datetime, pace: timedelta, key: str, quiet: Collection[int]) -> datetime:
    """The first slot from `at` on that lies in none of the quiet hours (UTC)."""
    for _ in range(_HOURS_A_DAY):
        if at.hour not in quiet:
            break
        hour_end = at.replace(minute=0, second=0, microsecond=0) + _HOUR
        at = next_poll_at(hour_end - timedelta(microseconds=1), pace, key)
    return at


def _not_before(poll: Poll, failure: Failure) -> datetime:
    """The earliest time at which the feed may be asked again: what Retry-After said, or our own pause after 429."""
    wait = failure.retry_after or timedelta(0)
    if failure.reason is Reason.THROTTLED and failure.retry_after is None:
        wait = min(THROTTLED_FOR * 2 ** min(poll.feed.history.failures, _ENOUGH), LONGEST_BACKOFF)
    return poll.at + wait
