"""What is remembered of a feed from one poll to the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """What earlier polls of a feed left: the columns of ingest.feeds of the same names say what each means."""

    pace: timedelta | None = None
    news_per_hour: float | None = None
    asked_pace: timedelta | None = None
    quiet_hours: tuple[int, ...] = ()
    last_full_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_gap_at: datetime | None = None
    failures: int = 0
    failure_weight: float = 0.0
    redirect_to: str | None = None
    redirects: int = 0
    redirected_since: datetime | None = None
    moved_to: str | None = None


NO_HISTORY = FeedHistory()
