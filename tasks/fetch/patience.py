"""How long a host is left alone that asks us to wait. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.outcome import Failure, Reason

LONGEST_RETRY_AFTER = timedelta(days=1)
# Where a host asks for a pause and does not say how long; doubled while it goes on.
DEFAULT_PAUSE = timedelta(seconds=30)
# A host that throttles two addresses is left alone as a whole; one may be the fault of a single route.
THROTTLED_ADDRESSES = 2
_SECONDS = re.compile(r"-?[0-9]+")


def retry_after(value: str | None, date: str | None, now: datetime) -> timedelta | None:
    """How long the server asks us to wait (RFC 9110, 10.2.3), from 0 to a day; None: it does not say, or nonsense.

    A time of day is read by the server's own clock, its `date` header, where that can be read: clocks differ.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        wait = timedelta(seconds=max(-1, min(int(text[:20]), 10**8)))
    else:
        at, clock = _instant(text), _instant(date or "") or now
        if at is None:
            return None
        wait = at - clock
    return max(timedelta(0), min(wait, LONGEST_RETRY_AFTER))


def _instant(text: str) -> datetime | None:
    """The instant of an HTTP date; None: it is none, or has no zone."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else None


@dataclass(slots=True)
class Patience:
    """What a host said about waiting during one visit; clock times are the event loop's, in seconds."""

    throttled: int = 0
    doublings: int = 0
    since: float = 0.0

    def pause_s(self, outcome: object, asked_at: float, now: float) -> float:
        """How long the whole host is to be left alone after this outcome of a request; 0: it need not."""
        if not isinstance(outcome, Failure):
            self.doublings = 0
        if not isinstance(outcome, Failure) or not _asks_to_wait(outcome):
            return 0.0
        self.throttled += 1
        if self.throttled < THROTTLED_ADDRESSES:
            return 0.0
        if outcome.retry_after is not None:
            return outcome.retry_after.total_seconds()
        if asked_at < self.since:
            # It was on its way when the pause began, and says nothing new.
            return 0.0
        pause = min(DEFAULT_PAUSE * (1 << min(self.doublings, 12)), LONGEST_RETRY_AFTER)
        self.doublings += 1
        self.since = now
        return pause.total_seconds()


def _asks_to_wait(failure: Failure) -> bool:
    """Throttling, or a server error that names a time to come back (RFC 9110, 10.2.3)."""
    return failure.reason is Reason.THROTTLED or (
        failure.reason is Reason.SERVER_ERROR and failure.retry_after is not None
    )
