"""Gaps: a feed that shows nothing of what it showed before has moved on too far; what lay between may be lost. Pure."""

from collections.abc import Collection

from tasks.discover.polling import Poll
from tasks.discover.reading import SITEMAPS

_SHOWN = 3


def has_gap(poll: Poll, listed: int, listed_before: int) -> bool:
    """Whether a feed that was read before lists entries, and none of them for the second time.

    Sitemaps have none: they are what gaps are filled from.
    """
    was_read = poll.feed.body_sha256 is not None and poll.document is not None
    return was_read and poll.feed.kind not in SITEMAPS and listed > 0 and not listed_before


def is_expected(poll: Poll) -> bool:
    """Whether the feed was not polled for much longer than its interval, though it answered: nobody polled it.

    Its source was paused or absent, or Newstape did not run. A shorter interval would not have helped.
    """
    before = poll.feed.history
    since = poll.at - before.last_polled_at if before.last_polled_at else poll.feed.slowest
    return not before.failures and since > 2 * max(poll.feed.slowest, poll.feed.every)


def gap_message(poll: Poll, listed: int, sitemaps: Collection[str]) -> str:
    """What a person should know about a gap, and what to do."""
    feed, before = poll.feed, poll.feed.history
    last = f"{before.last_polled_at:%Y-%m-%d %H:%M:%S} UTC" if before.last_polled_at else "before"
    read_now = ", ".join(sorted(sitemaps)[:_SHOWN]) + (", ..." if len(sitemaps) > _SHOWN else "")
    instead = f"Read in full instead: {read_now}." if sitemaps else "Its source has no sitemap to read instead."
    minutes = feed.every.total_seconds() / 60
    return (
        f"{feed.url} lists {listed} entries at {poll.at:%Y-%m-%d %H:%M:%S} UTC, and none of them is known from its "
        f"last poll ({last}): entries in between may be missing. {instead} If this comes again, give the feed a "
        f"shorter `every` in {feed.source}.yaml (now {minutes:g}m)."
    )
