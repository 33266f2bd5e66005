"""The date that a source's selector found: read as a date, in a line that holds one, or in the form its file gives."""

import re
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from tasks.dates import parse_date
from tasks.extract.datelines import split_dateline
from tasks.model import Timestamp

_ORIGIN = "profile.date"
# The directives that a source's file may use (config/selectors.py checks it), as they are printed.
DIRECTIVES = {
    "d": r"\d{1,2}", "m": r"\d{1,2}", "y": r"\d{2}", "Y": r"\d{4}", "H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d{2}",
    "S": r"\d{2}", "p": r"[ap]m", "z": r"(?:[+-]\d{2}:?\d{2}|Z)", "%": "%",
}  # fmt: skip
_PARTS = re.compile(r"%(.)|(\s+)")
_HAS_CLOCK = re.compile(r"%[HI]")
# Longer lines hold more than a date.
_MAX_CHARACTERS = 300


def read_told_date(text: str, pattern: str | None, zone: str) -> Timestamp | None:
    """The instant; None where there is none, or where it isn't in the form of `pattern`, which is then the only one."""
    if len(text) > _MAX_CHARACTERS:
        return None
    if pattern is not None:
        return _formatted(text, pattern, zone)
    whole = parse_date(text, zone=zone, origin=_ORIGIN)
    if whole is not None:
        return whole
    _, raw = split_dateline(text)
    return parse_date(raw, zone=zone, origin=_ORIGIN) if raw else None


def _formatted(text: str, pattern: str, zone: str) -> Timestamp | None:
    """The first part of the text that has the form, read in it."""
    found = _finder(pattern).search(text)
    if found is None:
        return None
    try:
        read = datetime.strptime(found[0], pattern)  # noqa: DTZ007 - parse_date applies the zone
    except ValueError:
        return None
    stamp = parse_date(f"{read.date()}{_time_of_day(read, pattern)}", zone=zone, origin=_ORIGIN)
    return replace(stamp, raw=found[0]) if stamp else None


def _time_of_day(read: datetime, pattern: str) -> str:
    """The time of day as far as the form goes, with the offset that was read."""
    if not _HAS_CLOCK.search(pattern):
        return ""
    return read.strftime(" %H:%M:%S%z" if "%S" in pattern else " %H:%M%z")


@lru_cache(maxsize=1024)
def _finder(pattern: str) -> re.Pattern[str]:
    """What finds a date of this form within a text; once in a process for each source."""
    pieces, end = [], 0
    for part in _PARTS.finditer(pattern):
        pieces += [re.escape(pattern[end : part.start()]), DIRECTIVES[part[1]] if part[1] else r"\s+"]
        end = part.end()
    return re.compile(rf"(?<!\d){''.join(pieces)}{re.escape(pattern[end:])}(?!\d)", re.IGNORECASE)
