"""Stretches of days in a portal's calendar, and which wanted days they touch. Pure."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tasks.discover.window import MARGIN, Span
from tasks.past import Days


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        """Whether it is a single day."""
        return self.first == self.last

    def near(self, day: date) -> bool:
        """Whether a day lies in it or at most two days beside it: names and clocks are that wrong."""
        return self.first - MARGIN <= day <= self.last + MARGIN


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wanted days as a set and ascending, and the zone of the calendar that they are days of."""

    days: frozenset[date]
    zone: ZoneInfo
    ordered: tuple[date, ...]

    def local(self, at: datetime) -> date:
        """The day of that calendar on which an instant lies, wanted or not."""
        return at.astimezone(self.zone).date()

    def near(self, stretch: Stretch) -> frozenset[date]:
        """The wanted days that a document may hold which says that it is about `stretch`: two days more on each side.

        The margin is for names and clocks that are wrong.
        """
        return frozenset(self._between(stretch.first - MARGIN, stretch.last + MARGIN))

    def has_all(self, stretch: Stretch) -> bool:
        """Whether every day of `stretch` is wanted."""
        return len(self._between(stretch.first, stretch.last)) == (stretch.last - stretch.first).days + 1

    def has_any(self, stretch: Stretch) -> bool:
        """Whether a day of `stretch` is wanted."""
        return bool(self._between(stretch.first, stretch.last))

    def _between(self, first: date, last: date) -> tuple[date, ...]:
        return self.ordered[bisect_left(self.ordered, first) : bisect_right(self.ordered, last)]


def wanted_of(days: Days) -> Wanted:
    """The wanted days, quick to look up."""
    return Wanted(frozenset(days.days), ZoneInfo(days.zone), tuple(sorted(set(days.days))))


def stretch_of(span: Span | None) -> Stretch | None:
    """The days that a name speaks of; None where it speaks of none."""
    return Stretch(span.start.date(), (span.end - timedelta(days=1)).date()) if span else None
