"""How often a feed and its headers ask to be polled. Pure, total on any text; what to make of it is pace.py's business.

Hints are often nonsense: `always`, `dayly`, 0.1 times a day, two minutes for a feed with three articles a week.
"""

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

# RSS 1.0, mod_syndication, and how it is misspelt. `always` asks for nothing.
_PERIODS = {
    "hourly": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "daily": timedelta(days=1),
    "dayly": timedelta(days=1),
    "day": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "week": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
    "annually": timedelta(days=365),
}
# What is longer says "never", which no feed may ask for.
_LONGEST = timedelta(days=365)
_HOURS_A_DAY = 24
_SKIP_HOURS = re.compile(r"<skipHours\b[^>]{0,200}>(.{0,4000}?)</skipHours", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s*([0-9]{1,2})\s*</hour", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,12})", re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)


def document_pace(ttl: str, period: str, frequency: str) -> timedelta | None:
    """The longer of what RSS's ttl (minutes) and sy:updatePeriod with sy:updateFrequency ask for; None: neither."""
    once = _PERIODS.get(period.strip().lower())
    asked = (_span(timedelta(minutes=1), _number(ttl)), once and _span(once, 1 / (_number(frequency) or 1.0)))
    return max((span for span in asked if span), default=None)


def quiet_hours(text: str) -> tuple[int, ...]:
    """The hours of RSS's skipHours in order; 24, which old feeds write, is 0. Nobody may close for the whole day."""
    found = _SKIP_HOURS.search(text)
    hours = {int(hour) % _HOURS_A_DAY for hour in _HOUR.findall(found[1]) if int(hour) <= _HOURS_A_DAY} if found else ()
    return tuple(sorted(hours)) if len(hours) < _HOURS_A_DAY else ()


def header_pace(headers: Mapping[str, str]) -> timedelta | None:
    """How long an answer is fresh by Cache-Control, else by Expires (RFC 9111, 5.3); None: not said, or not at all.

    Header names are in lower case. no-cache and no-store cancel everything.
    """
    control = headers.get("cache-control", "")
    if _UNCACHED.search(control):
        return None
    if found := _MAX_AGE.search(control):
        return _span(timedelta(seconds=1), float(found[1]))
    return _until_expiry(headers)


def _until_expiry(headers: Mapping[str, str]) -> timedelta | None:
    """From the server's own Date to Expires, so that a wrong clock makes no difference."""
    try:
        span = parsedate_to_datetime(headers["expires"]) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(span, _LONGEST) if span > timedelta(0) else None


def _number(text: str) -> float | None:
    """A positive number, as printed; None for anything else."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if number > 0 and math.isfinite(number) else None


def _span(unit: timedelta, times: float | None) -> timedelta | None:
    """`unit` so many times, at most a year; None for none."""
    if not times:
        return None
    return unit * times if times < _LONGEST / unit else _LONGEST
