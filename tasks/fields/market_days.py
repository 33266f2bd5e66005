"""Sessions of markets, from exchange_calendars: holidays, half days and extra sessions; nothing is asked of a clock.

The library and its pandas are loaded with the first session asked for (0.3 s and 46 MB, once a process); a market's
year costs 30 to 80 ms and is remembered. Outwards everything is plain dates and times.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

# The first days of January speak of sessions of December.
_FIRST_DAY_BEFORE = 10
# All markets of config/exchanges.yaml in three years.
_REMEMBERED = 128


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day of one market; `opens_at` and `closes_at` in UTC, earlier closes on half days included."""

    day: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class MarketYear:
    """The sessions of one year and of the weeks before it, in order, and the market's time zone."""

    zone: ZoneInfo
    sessions: tuple[Session, ...]
    days: tuple[date, ...]

    def on(self, day: date) -> Session | None:
        """The session of `day`; None on days without one."""
        at = bisect_left(self.days, day)
        return self.sessions[at] if at < len(self.days) and self.days[at] == day else None

    def before(self, day: date) -> Session | None:
        """The last session before `day`."""
        at = bisect_left(self.days, day)
        return self.sessions[at - 1] if at else None

    def last_begun(self, at: datetime) -> Session | None:
        """The last session that had opened at `at`."""
        index = bisect_right(self.sessions, at, key=lambda session: session.opens_at)
        return self.sessions[index - 1] if index else None

    def last_closed(self, at: datetime) -> Session | None:
        """The last session that had closed at `at`."""
        index = bisect_right(self.sessions, at, key=lambda session: session.closes_at)
        return self.sessions[index - 1] if index else None


@lru_cache(maxsize=_REMEMBERED)
def market_year(code: str, year: int) -> MarketYear | None:
    """The sessions of a market in `year` and in the weeks before it; None where the library does not know the year."""
    import exchange_calendars

    first, last = date(year - 1, 12, _FIRST_DAY_BEFORE), date(year, 12, 31)
    try:
        calendar = exchange_calendars.get_calendar(code, start=first.isoformat(), end=last.isoformat())
    except ValueError:
        # Lunar and religious holidays are only recorded for some years; a guess would be a wrong day.
        return None
    told = zip(calendar.sessions, calendar.opens, calendar.closes, strict=True)
    sessions = tuple(Session(day.date(), _utc(opens), _utc(closes)) for day, opens, closes in told)
    return MarketYear(ZoneInfo(str(calendar.tz)), sessions, tuple(session.day for session in sessions))


def _utc(stamp: datetime) -> datetime:
    """The library's time (a subclass with nanoseconds, always in UTC) as a plain one."""
    return datetime.fromtimestamp(stamp.timestamp(), UTC)


def market_days(code: str, at: datetime) -> MarketYear | None:
    """The sessions around the year that `at` falls in at the market."""
    known = market_year(code, at.astimezone(UTC).year)
    local = at.astimezone(known.zone).year if known else at.year
    return known if known is None or local == at.astimezone(UTC).year else market_year(code, local)
