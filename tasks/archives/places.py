"""Addresses with the parts of a date in them: one document for each wanted day, month or year. Pure."""

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from config.errors import Misconfigured
from tasks.archives.stretches import Stretch

PAGE = "{page}"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARTS: dict[str, Callable[[date], str]] = {
    "year": lambda day: f"{day.year:04}",
    "month": lambda day: str(day.month),
    "month2": lambda day: f"{day.month:02}",
    "day": lambda day: str(day.day),
    "day2": lambda day: f"{day.day:02}",
}
_MONTHS, _DAYS = frozenset({"month", "month2"}), frozenset({"day", "day2"})
_LAST_MONTH, _LAST_DAY = 12, 31


@dataclass(frozen=True, slots=True)
class Dated:
    """One document of a place with dates in it: its address, and the wanted days and the whole time it is about."""

    url: str
    days: frozenset[date]
    stretch: Stretch


def check_place(place: str, others: frozenset[str] = frozenset()) -> None:
    """Misconfigured where a placeholder is none of ours, or a finer one comes without the coarser."""
    names = set(_PLACEHOLDER.findall(place))
    known = sorted([*_PARTS, *others])
    if strange := sorted(names - set(known)):
        raise Misconfigured(
            f"place {place!r}: {{{strange[0]}}} is no placeholder; nothing was asked. Use {_listed(known)}."
        )
    for part, needs in (("a day", (_DAYS, _MONTHS)), ("a month", (_MONTHS, frozenset({"year"})))):
        if names & needs[0] and not names & needs[1]:
            missing = _listed(sorted(needs[1]))
            raise Misconfigured(f"place {place!r} has {part} but not {missing}; nothing was asked. Add it.")


def has_dates(place: str) -> bool:
    """Whether the place has a part of a date in it."""
    return any(name in _PARTS for name in _PLACEHOLDER.findall(place))


def dated_documents(place: str, days: Iterable[date]) -> list[Dated]:
    """The documents that the days are in, in the order of the days; other placeholders stay as they are."""
    names = set(_PLACEHOLDER.findall(place))
    by_url: dict[str, list[date]] = {}
    for day in days:
        by_url.setdefault(_filled(place, day), []).append(day)
    return [Dated(url, frozenset(found), _stretch(found[0], names)) for url, found in by_url.items()]


def _filled(place: str, day: date) -> str:
    return _PLACEHOLDER.sub(lambda found: _PARTS[found[1]](day) if found[1] in _PARTS else found[0], place)


def _stretch(day: date, names: set[str]) -> Stretch:
    """The day, month or year of `day`: as fine as the placeholders are."""
    if names & _DAYS:
        return Stretch(day, day)
    if names & _MONTHS:
        return Stretch(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))
    return Stretch(day.replace(month=1, day=1), day.replace(month=_LAST_MONTH, day=_LAST_DAY))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
