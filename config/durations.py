"""Durations as people write them: 30s, 15m, 2h, 1d, also 1h30m."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: object) -> object:
    """A timedelta from `15m`; 0 and timedeltas pass; anything else is a ValueError that shows the form."""
    if isinstance(text, timedelta):
        return text
    if text in (0, "0"):
        return timedelta(0)
    parts = _PART.findall(text) if isinstance(text, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("a duration is written like 30s, 15m, 2h, 1d or 1h30m")
    try:
        return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError:
        raise ValueError("a duration is at most 999999999 days long") from None


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
