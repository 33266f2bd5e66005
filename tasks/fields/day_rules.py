"""Which session a word means at one market: the rules of today, yesterday, weekdays, dates, and of no word at all.

A session counts only once it has begun (after hours: closed; before the open: on its local day), so none lies in the
future of the dateline. None where the words leave a choice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dateutil.easter import easter

from config.exchanges import markets
from tasks.fields.datelines import Dateline
from tasks.fields.market_days import MarketYear, Session, market_days, market_year
from tasks.fields.session_words import WEEKDAYS, DayWord

PREMARKET, AFTERHOURS = "premarket", "afterhours"
_ROUND_THE_CLOCK = ("24/5", "24/7")
_DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Clock:
    """One market at one instant: its sessions, its local day, and the writer's day."""

    code: str
    at: datetime
    known: MarketYear
    local: date
    writer: date

    @property
    def never_closes(self) -> bool:
        """Whether it is traded round the clock, so that there is nothing before the open or after the close."""
        return self.code in _ROUND_THE_CLOCK

    def on(self, day: date, label: str) -> date | None:
        """`day`, if it is a session that had begun; `label` is the part of the day (premarket, regular ...)."""
        year = self.known if day >= self.known.days[0] else market_year(self.code, day.year)
        session = year.on(day) if year else None
        return day if session and self._has_begun(session, label) else None

    def before(self, day: date) -> date | None:
        """The last session before `day`."""
        session = self.known.before(day)
        return session.day if session else None

    def _has_begun(self, session: Session, label: str) -> bool:
        if label == PREMARKET and not self.never_closes:
            return session.day <= self.local
        ended = label == AFTERHOURS and not self.never_closes
        return (session.closes_at if ended else session.opens_at) <= self.at


def clock_of(code: str, dateline: Dateline, at: datetime) -> Clock | None:
    """The market at `at`; None where its calendar does not reach."""
    known = market_days(code, at)
    if known is None or not known.days:
        return None
    writer = at.astimezone(dateline.zone).date()
    local = writer if code in _ROUND_THE_CLOCK else at.astimezone(known.zone).date()
    return Clock(code, at, known, local, writer)


def day_of_word(word: DayWord, clock: Clock, label: str, anchor: date | None) -> date | None:
    """The session that `word` names; `anchor` is the day that the text speaks of, for "am Vortag"."""
    if word.kind == "sometime":
        return None
    if word.kind == "session":
        day = clock.before(anchor or clock.writer)
        return clock.on(day, label) if day else None
    if word.kind in ("weekday", "last"):
        latest = clock.writer if word.kind == "last" else max(clock.local, clock.writer)
        back = (latest.weekday() - WEEKDAYS.index(word.value)) % _DAYS_OF_A_WEEK
        whole = _DAYS_OF_A_WEEK if word.kind == "last" and not back else 0
        return clock.on(latest - timedelta(days=back + whole), label)
    if word.kind == "date":
        return _of_literal(word.value, clock, label)
    if word.kind == "easter":
        return _of_easter(int(word.value), clock, label)
    if word.value != "0":
        return clock.on(clock.writer + timedelta(days=int(word.value)), label)
    # Past midnight "today" is the writer's day or the market's: only one of them has begun, or nobody can know.
    found = {day for day in (clock.local, clock.writer) if clock.on(day, label)}
    return found.pop() if len(found) == 1 else None


def day_of_dateline(clock: Clock, label: str, *, closed: bool) -> date | None:
    """The session that a sentence without a word of time speaks of; `closed`: it tells how a session ended.

    Between the first indications and the open it may be the last session or the one to come: None.
    """
    day = _present(clock, label, closed=closed)
    return day if day and (clock.local - day).days < _DAYS_OF_A_WEEK else None


def _present(clock: Clock, label: str, *, closed: bool) -> date | None:
    today = clock.known.on(clock.local)
    if label == PREMARKET and not clock.never_closes:
        return clock.local if today else None
    if (closed or label == AFTERHOURS) and not clock.never_closes:
        session = clock.known.last_closed(clock.at)
        return session.day if session else None
    if today is None:
        return clock.before(clock.local)
    if today.opens_at <= clock.at:
        return clock.local
    first = datetime.combine(clock.local, markets().premarket.get(clock.code, time.min), clock.known.zone)
    return clock.before(clock.local) if clock.at < first.astimezone(UTC) else None


def _of_easter(days: int, clock: Clock, label: str) -> date | None:
    """The session so many days after the last Easter Sunday; None for one that is still to come this year."""
    meant = easter(clock.writer.year) + timedelta(days=days)
    return clock.on(meant, label) if meant <= clock.writer else None


def _of_literal(value: str, clock: Clock, label: str) -> date | None:
    """The session of a printed date; without a year the last such day."""
    year, month, day = map(int, value.split("-"))
    latest = max(clock.local, clock.writer)
    for candidate in (year,) if year else (latest.year, latest.year - 1):
        try:
            meant = date(candidate, month, day)
        except ValueError:
            continue
        if meant <= latest:
            return clock.on(meant, label)
    return None
