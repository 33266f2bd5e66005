"""Dates as portals print them in German, French, Italian, Spanish, Dutch or English: one instant, or none, no guess.

Stands in front of every library's date parser: feedparser reads CEST, CET and BST as UTC and turns 2016/6/29 into
the first of this month. Finds no date inside a sentence: the whole string is the date.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from tasks.model import Precision, Timestamp
from tasks.text import clean

# No portal prints a longer date; the limit keeps the patterns below fast on anything.
_MAX_CHARACTERS = 100
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_MAX_OFFSET = timedelta(hours=14)
# Years of two digits: RFC 5322, 4.3.
_FIRST_SHORT_YEAR_OF_1900 = 50
_MONTHS_A_YEAR, _NOON, _LAST_MINUTE, _LAST_SECOND = 12, 12, 59, 59

_MONTH_NAMES = (
    "jan januar january janner janv janvier jen janer jenner gen gennaio ene enero januari jaenner",
    "feb februar february feber fev fevr fevrier febbraio febrero februari",
    "mar marz mrz maerz march mars marzo mrt maart",
    "apr april avr avril aprile abr abril",
    "mai may mag maggio mayo mei",
    "jun juni june juin giu giugno junio",
    "jul juli july juil juillet lug luglio julio",
    "aug august aout aou ago agosto augustus",
    "sep sept september septembre set sett settembre septiembre",
    "okt oct oktober october octobre ott ottobre octubre",
    "nov november novembre noviembre",
    "dez dec dezember december decembre dic dicembre diciembre",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
# Words that may stand in front of a date: weekdays, and what leads over to it.
_LEAD_NAMES = (
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    "mon tue tues wed weds thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday",
    "lu ma me je ve di lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche",
    "gio sab dom lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "mie jue vie lunes martes miercoles jueves viernes domingo",
    "wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "am den der vom le du il del el op on stand",
)
_LEADS = frozenset(name for names in _LEAD_NAMES for name in names.split())
# Hours east of Greenwich, or the zone that a general name stands for. Names that several countries use for
# different hours (IST, AST, GST, SST) are left out: a date with one of them is none.
_ZONES: dict[str, float | str] = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "hnec": 1, "cest": 2,
    "mesz": 2, "mest": 2, "heec": 2, "eet": 2, "oez": 2, "eest": 3, "oesz": 3, "msk": 3, "trt": 3, "hkt": 8, "sgt": 8,
    "awst": 8, "jst": 9, "kst": 9, "acst": 9.5, "aest": 10, "acdt": 10.5, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8,
    "hst": -10, "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
}  # fmt: skip
# Names that an offset may follow: GMT+2.
_GREENWICH = frozenset({"utc", "gmt", "ut"})
_MINUS = str.maketrans("\u2212\u2010\u2011", "---")

_WORD = r"[^\W\d_]+"
_LEAD = rf"(?P<lead>(?:{_WORD}(?:\s*[.,:]+\s*|\s+)){{0,3}}?)"
_YEAR = r"(?P<year>[0-9]{4})"
_ANY_YEAR = r"(?:(?P<year>[0-9]{4})|(?P<short_year>[0-9]{2}))"
_MONTH, _DAY = r"(?P<month>[0-9]{1,2})", r"(?P<day>[0-9]{1,2})"
_NAMED_MONTH = r"(?P<name>[^\W\d_]{3,})\.?"
_BEFORE_CLOCK = r"(?:t|(?:\s*[,;]\s*|\s+)(?:[-–—|/]\s+)?(?:(?:um|at|à|a las|alle(?: ore)?|ore|om)\s+)?)"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2})(?:(?:[:.]|\s?(?:h|uhr)\s?)(?P<minute>[0-5][0-9])"
    r"(?:[:.](?P<second>[0-5][0-9]|60)(?:[.,](?P<fraction>[0-9]+))?)?(?:\s*(?:uhr|h)\b)?|\s*(?:uhr|h)\b|(?=\s*[ap]\.?m))"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
)
# What JavaScript and RFC 9557 add behind an offset is a remark: "(Central European Summer Time)", "[Europe/Berlin]".
_REMARK = r"(?:\s*\([^()]*\)|\[[^\[\]]*\])?"
_OFFSET = r"(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>(?<=[0-9]{2})[0-5][0-9]|(?<=:)[0-5][0-9]))?"
_NAME = r"[a-z]{1,4}"
_ZONE = rf"(?:[,\s]*(?:\(?(?P<zone>{_NAME})?{_OFFSET}\)?{_REMARK}|\(?(?P<zone_only>{_NAME})\)?(?:\[[^\[\]]*\])?))?"


def _pattern(day: str) -> re.Pattern[str]:
    """A whole date: what leads to it, the day, perhaps a clock time, perhaps a zone."""
    return re.compile(rf"{_LEAD}{day}(?:{_BEFORE_CLOCK}{_CLOCK})?{_ZONE}", re.IGNORECASE)


# In the order of how often they come.
_PATTERNS = (
    _pattern(rf"{_YEAR}-{_MONTH}-{_DAY}"),
    _pattern(
        rf"{_DAY}(?:\.|er|st|nd|rd|th|º|°)?[\s-]*(?:(?:de|of)\s+)?{_NAMED_MONTH}(?:\s*,|\s+de\b)?[\s-]*{_ANY_YEAR}"
    ),
    _pattern(rf"{_DAY}\.\s?{_MONTH}\.\s?{_ANY_YEAR}"),
    _pattern(rf"{_NAMED_MONTH}[\s-]*{_DAY}(?:st|nd|rd|th)?(?:\s*,\s*|[\s-]+){_YEAR}"),
    _pattern(rf"{_YEAR}(?P<mark>[/.]){_MONTH}(?P=mark){_DAY}"),
    _pattern(rf"(?P<first>[0-9]{{1,2}})(?P<mark>[/-])(?P<then>[0-9]{{1,2}})(?P=mark){_YEAR}"),
    # C's asctime: the year at the end.
    re.compile(rf"{_LEAD}{_NAMED_MONTH}\s+{_DAY}\s+{_CLOCK}{_ZONE}\s+{_YEAR}", re.IGNORECASE),
    # ISO 8601 in its basic form.
    re.compile(
        r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
        r"(?:t?(?P<hour>[0-9]{2})(?P<minute>[0-5][0-9])(?:(?P<second>[0-5][0-9]|60)(?:[.,](?P<fraction>[0-9]+))?)?)?"
        + _ZONE,
        re.IGNORECASE,
    ),
)
# Ten digits are seconds since 2001-09-09, thirteen are milliseconds; fewer could be anything.
_UNIX = re.compile(r"(?P<seconds>[0-9]{10})(?:[0-9]{3}|\.[0-9]+)?")


def parse_date(raw: str, *, zone: str, origin: str, ignore_zone: bool = False) -> Timestamp | None:
    """The instant that a printed date means, None when it means none for certain; total on any string.

    `zone` is the portal's IANA name, assumed where the text names neither offset nor zone. At a change of the
    clocks an hour that does not exist is moved forward, one that exists twice is taken as the first. A date
    without a clock time is midnight with `Precision.DAY`. None: impossible days and times, years outside 1970-2100,
    offsets beyond 14 h, unknown or ambiguous zone names, 03/04/2026 (two readings), and the Unix epoch itself, which
    is how machines print "no date". A weekday that contradicts the day is overlooked. With `ignore_zone` what the text
    names is wrong, and `zone` counts (some portals print local time and call it GMT); Unix seconds stay what they are.
    """
    raw = raw.strip()
    assumed = ZoneInfo(zone)
    if not raw or len(raw) > _MAX_CHARACTERS:
        return None
    text = clean(raw).translate(_MINUS)
    try:
        read = _read(text)
    except ValueError:
        return None
    if read is None:
        return None
    printed, precision, stated = read
    if ignore_zone and not _UNIX.fullmatch(text):
        stated = None
    at = printed.replace(tzinfo=stated or assumed).astimezone(UTC)
    if not at.timestamp():
        return None
    return Timestamp(at=at, precision=precision, raw=raw, origin=origin, zone="stated" if stated else zone)


def _read(text: str) -> tuple[datetime, Precision, tzinfo | None] | None:
    """What is printed: clock time without zone, precision, stated zone; None or ValueError when it is no date."""
    if unix := _UNIX.fullmatch(text):
        at = datetime.fromtimestamp(int(unix["seconds"]), UTC)
        _check_year(at.year)
        return at, Precision.SECOND, UTC
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            printed = datetime.combine(_day(parts), time()) + _clock(parts)
            return printed, _precision(parts), _stated_zone(parts)
    return None


def _day(parts: dict[str, str | None]) -> date:
    """The printed day; ValueError for one that does not exist or can be read in two ways."""
    lead = re.findall(_WORD, parts.get("lead") or "")
    if any(_folded(word) not in _LEADS for word in lead):
        raise ValueError("unknown words before the date")
    year = int(parts.get("year") or _long_year(int(parts["short_year"] or "")))
    _check_year(year)
    if (first := parts.get("first")) and (then := parts.get("then")):
        day, month = _day_and_month(int(first), int(then))
        return date(year, month, day)
    name = parts.get("name")
    month = _MONTHS.get(_folded(name), 0) if name else int(parts["month"] or "")
    return date(year, month, int(parts["day"] or ""))


def _long_year(short: int) -> int:
    return short + (2000 if short < _FIRST_SHORT_YEAR_OF_1900 else 1900)


def _check_year(year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError("no year in which a portal publishes")


def _day_and_month(first: int, then: int) -> tuple[int, int]:
    """Day and month of 24/09/2025 and 09/24/2025; ValueError where both readings are possible."""
    if first > _MONTHS_A_YEAR or first == then:
        return first, then
    if then > _MONTHS_A_YEAR:
        return then, first
    raise ValueError("day and month can't be told apart")


def _clock(parts: dict[str, str | None]) -> timedelta:
    """The printed time of day, zero for none; a leap second is the second after it."""
    hour, minute, second = (int(parts.get(unit) or 0) for unit in ("hour", "minute", "second"))
    if half := (parts.get("half") or "").lower():
        hour = _hour_of_day(hour, half)
    if second > _LAST_SECOND and minute != _LAST_MINUTE:
        raise ValueError("no place for a leap second")
    micro = int((parts.get("fraction") or "")[:6].ljust(6, "0"))
    whole = time(hour, minute)
    return timedelta(hours=whole.hour, minutes=whole.minute, seconds=second, microseconds=micro)


def _hour_of_day(hour: int, half: str) -> int:
    """The hour of an "a.m." or "p.m."; 13:05 PM is what careless templates print of 13:05."""
    if hour > _NOON and half == "p":
        return hour
    if hour > _NOON or (hour == 0 and half == "p"):
        raise ValueError("no such hour before or after noon")
    return hour % _NOON + (_NOON if half == "p" else 0)


def _precision(parts: dict[str, str | None]) -> Precision:
    if not parts.get("hour"):
        return Precision.DAY
    return Precision.SECOND if parts.get("second") else Precision.MINUTE


def _stated_zone(parts: dict[str, str | None]) -> tzinfo | None:
    """The zone that the text states, None where it states none; ValueError for one that we don't know."""
    name = (parts.get("zone") or parts.get("zone_only") or "").lower()
    if not (sign := parts.get("sign")):
        return _named_zone(name) if name else None
    if name and name not in _GREENWICH:
        raise ValueError("a zone name and an offset at once")
    return _fixed_zone(sign, int(parts["hours"] or ""), int(parts["minutes"] or 0))


@lru_cache(maxsize=128)
def _fixed_zone(sign: str, hours: int, minutes: int) -> tzinfo:
    east = timedelta(hours=hours, minutes=minutes)
    if east > _MAX_OFFSET:
        raise ValueError("no such offset")
    return timezone(-east if sign == "-" else east)


@lru_cache(maxsize=128)
def _named_zone(name: str) -> tzinfo:
    zone = _ZONES.get(name)
    if zone is None:
        raise ValueError("unknown zone name")
    return ZoneInfo(zone) if isinstance(zone, str) else timezone(timedelta(hours=zone))


@lru_cache(maxsize=1024)
def _folded(word: str) -> str:
    """A word in small letters without accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(sign))
