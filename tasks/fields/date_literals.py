"""Printed dates: 24. September, Sept 24, 24 septembre 2025, 24.09.2025, 24.9., 2025-09-24. Which year is left open.

Months are marks of config/lexicons/<language>/fields/calendar.txt. 03/04/2025 has two meanings and is read
in French only.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from tasks.fields.reading import Reading

_NUMERIC = re.compile(
    r"(?<![\d.,/-])(?:(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)"
    r"|(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>20\d\d|\d\d))?"
    r"|(?P<slash>\d\d)/(?P<other>\d\d)/(?P<of>20\d\d))(?![\d,/-]|\.\d)"
)
_LAST_DAY, _LAST_MONTH, _CENTURY = 31, 12, 2000
_ORDINALS = ("er", "st", "nd", "rd", "th")

Literal = tuple[str, int, int]


def date_literals(reading: Reading, first: int, last: int) -> Iterator[Literal]:
    """Dates between two tokens as (YEAR-MONTH-DAY, first token, token after the last one); year 0 where none stands."""
    yield from _numeric(reading, first, last)
    known = reading.marks_at
    for at in [at for at in range(first, last) if at in known]:
        mark = reading.has("month", at)
        if mark is not None and mark.last <= last:
            yield from _named(reading, int(mark.value), mark.first, mark.last)


def _numeric(reading: Reading, first: int, last: int) -> Iterator[Literal]:
    start, stop = reading.span(first, last)
    for match in _NUMERIC.finditer(reading.text, start, stop):
        value = _value(match, day_first=reading.language.startswith("fr"))
        if value:
            yield value, bisect_left(reading.starts, match.start()), bisect_left(reading.starts, match.end())


def _value(match: re.Match[str], *, day_first: bool) -> str:
    """The date as text; empty where the numbers are none, or can be read in two ways."""
    if match["y"]:
        return _text(int(match["y"]), int(match["m"]), int(match["d"]))
    if match["of"]:
        one, two = int(match["slash"]), int(match["other"])
        if two > _LAST_MONTH:
            return _text(int(match["of"]), one, two)
        return _text(int(match["of"]), two, one) if day_first or one > _LAST_MONTH or one == two else ""
    year = int(match["year"] or 0)
    return _text(year + _CENTURY if 0 < year < _CENTURY else year, int(match["month"]), int(match["day"]))


def _named(reading: Reading, month: int, first: int, last: int) -> Iterator[Literal]:
    """A month's name with the day in front of it or behind it, and the year behind."""
    if reading.low(last) == "." and _day(reading.low(last + 1)):
        last += 1
    day, begin = _day_before(reading, first)
    stop = last
    if not day:
        day, begin = _day(reading.low(last)), first
        stop = last + 1 + (reading.low(last + 1) in _ORDINALS)
    if not day:
        return
    at = stop + (reading.low(stop) == ",")
    year = int(reading.low(at)) if re.fullmatch(r"20\d\d", reading.low(at)) else 0
    value = _text(year, month, day)
    if value:
        yield value, begin, at + 1 if year else stop


def _day_before(reading: Reading, first: int) -> tuple[int, int]:
    """The day in front of a month and its token: "24. September", "1er janvier", "24th of September"."""
    at = first - 1
    if reading.low(at) == "of":
        at -= 1
    if reading.low(at) == "." or reading.low(at) in _ORDINALS:
        at -= 1
    return _day(reading.low(at)), at


def _day(printed: str) -> int:
    """The day of a month that a token says; 0 for none."""
    known = printed.isascii() and printed.isdigit() and len(printed) <= len("31")
    return int(printed) if known and 0 < int(printed) <= _LAST_DAY else 0


def _text(year: int, month: int, day: int) -> str:
    known = 0 < month <= _LAST_MONTH and 0 < day <= _LAST_DAY
    return f"{year}-{month}-{day}" if known else ""
