"""The dateline of an article: when it was published, and where its writer's day begins."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Dateline:
    """An instant with the zone of its writer; `is_day`: only the day is known, and `at` is its last second."""

    at: datetime
    zone: tzinfo
    is_day: bool = False

    @property
    def day(self) -> date:
        """The writer's day."""
        return self.at.astimezone(self.zone).date()

    def bounds(self) -> tuple[datetime, ...]:
        """The earliest and the latest instant that may be meant."""
        if not self.is_day:
            return (self.at,)
        return datetime.combine(self.day, time.min, self.zone).astimezone(UTC), self.at


def dateline_of(published_at: str, zone: str = "") -> Dateline | None:
    """The dateline in ISO 8601; None where there is none. A time without offset counts in `zone`, else as a day only.

    `zone` is the portal's (IANA); without it the printed offset is the writer's, and a bare date is one of UTC.
    """
    try:
        at = datetime.fromisoformat(published_at.strip())
        writer = ZoneInfo(zone) if zone else at.tzinfo or UTC
        if len(published_at.strip()) <= len("2025-09-24") or (at.tzinfo is None and not zone):
            end = datetime.combine(at.date(), time.min, writer) + timedelta(days=1, seconds=-1)
            return Dateline(end.astimezone(UTC), writer, is_day=True)
        return Dateline((at if at.tzinfo else at.replace(tzinfo=writer)).astimezone(UTC), writer)
    except (ValueError, OverflowError):
        return None
