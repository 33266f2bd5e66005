"""Which addresses of a sitemap can lie inside a window of time, judged before anything of them is asked for.

Every sign may lie, so what is left out lies outside by two days or more, and what says nothing is kept: the page's own
date decides later. A time of last change is an upper bound only: an old article may have been touched yesterday.
"""

import calendar
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from tasks.model import FeedEntry, Timestamp, Window

MARGIN = timedelta(days=2)
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_MONTHS = frozenset(range(1, 13))
# A part of a sitemap's name that counts on from 1 looks like days until it passes this; then it is one.
_LAST_DAY_LIKE_MONTH, _LONGEST_MONTH = 12, 31
_YEAR_DIGITS, _MONTH_DIGITS, _DAY_DIGITS, _PADDED = 4, 6, 8, 2

_NUMBER = re.compile(r"(?<![0-9])[0-9]{1,8}(?![0-9])")
# What may stand between the year, the month and the day: 2024-03, 2024/03, 2024_03, ?yyyy=2024&mm=03&dd=17.
_BETWEEN = re.compile(r"[-/_.]|&(?:amp;)?(?:mm|month|dd|day)=")
# A path segment that begins with a day, or segments of their own: /2024/03/ or /2024/03/17/. A date deeper in a slug is
# what the article is about as often as when it came, and /2024/03/12-aktien/ has no day.
_ARTICLE_DATE = re.compile(
    r"/(?P<year>(?:19|20)[0-9]{2})(?:"
    r"(?P<mark>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=mark)(?P<day>0[1-9]|[12][0-9]|3[01])(?=[/_.-]|$)"
    r"|/(?P<month_part>0[1-9]|1[0-2])(?=/)(?:/(?P<day_part>0[1-9]|[12][0-9]|3[01])(?=/))?)"
)
# Segments of their own that need no zeros or have a name: /2024/3/7/ and /2024/mar/17/.
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ARTICLE_SEGMENTS = re.compile(
    r"/(?P<year>(?:19|20)[0-9]{2})/(?:(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})(?=/)"
    rf"|(?P<name>{'|'.join(_MONTH_NAMES)})(?:/(?P<named_day>[0-9]{{1,2}}))?(?=/))",
    re.IGNORECASE,
)
# A quarter behind its year or in front of it: 2024-q3, 2024/Q3, q3_2024.
_QUARTER_BEHIND = re.compile(r"[-/_.]?q([1-4])(?![0-9a-z])", re.IGNORECASE)
_QUARTER_BEFORE = re.compile(r"(?<![0-9a-z])q([1-4])[-/_.]?$", re.IGNORECASE)
_MONTHS_A_QUARTER = 3


# The numbers that names show within the same frame.
Siblings = dict[tuple[str, str], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Span:
    """A day, a month, a year or more: from `start` up to, but without, `end`; UTC, for the margin covers the zone."""

    start: datetime
    end: datetime


def is_entry_inside(entry: FeedEntry, window: Window) -> bool:
    """Whether an entry can lie inside: by its date of publication, else by that in its address, else by `modified`."""
    if entry.published:
        at = entry.published.at
        return window.start - MARGIN <= at < window.end + MARGIN
    return _is_inside(article_span(entry.url), entry.modified, window)


def are_children_inside(children: Sequence[tuple[str, Timestamp | None]], window: Window) -> list[bool]:
    """For each child (address, last change) of an index, whether it can list articles of the window."""
    spans = child_spans([url for url, _ in children])
    return [_is_inside(span, changed, window) for span, (_, changed) in zip(spans, children, strict=True)]


def _is_inside(span: Span | None, modified: Timestamp | None, window: Window) -> bool:
    if span:
        return span.start < window.end + MARGIN and span.end > window.start - MARGIN
    return not modified or modified.at >= window.start - MARGIN


def article_span(url: str) -> Span | None:
    """The day or month that the path of an article's address names; None where it names none."""
    if span := _segments_span(url):
        return span
    found = _ARTICLE_DATE.search(url)
    if not found:
        return None
    month, day = (found["month"], found["day"]) if found["month"] else (found["month_part"], found["day_part"])
    return _span(int(found["year"]), int(month), int(day or 0))


def _segments_span(url: str) -> Span | None:
    found = _ARTICLE_SEGMENTS.search(url)
    if not found:
        return None
    name, day = found["name"], found["day"] or found["named_day"] or "0"
    month = _MONTH_NAMES.index(name.lower()) + 1 if name else int(found["month"])
    # A month of 0 would stand for the year.
    return _span(int(found["year"]), month, int(day)) if month else None


def child_spans(urls: Sequence[str]) -> list[Span | None]:
    """What the name of each sitemap of an index says about the time of its articles; None where it says nothing.

    Names are read side by side: in sitemap-2024-7 the 7 is a month only where the other names go from 1 to 12, and
    in sitemap-2024 the 2024 is no year where there is a sitemap-3. In doubt the longer span is taken.
    """
    # Without the host, where a number is a part of a name.
    paths = [urlsplit(url)._replace(scheme="", netloc="").geturl() for url in urls]
    shown: dict[tuple[str, str], set[int]] = defaultdict(set)
    for path in paths:
        for number in _NUMBER.finditer(path):
            shown[_frame(path, number)].add(int(number[0]))
    siblings = {frame: frozenset(numbers) for frame, numbers in shown.items()}
    return [_child_span(path, siblings) for path in paths]


def _frame(url: str, number: re.Match[str]) -> tuple[str, str]:
    """What stands around a number: names with the same frame differ in nothing but that number."""
    return url[: number.start()], url[number.end() :]


def _child_span(url: str, siblings: Siblings) -> Span | None:
    """From the first to the last date in the name: sitemap-2019-2023 covers five years."""
    numbers = list(_NUMBER.finditer(url))
    spans = [span for at in range(len(numbers)) if (span := _span_at(url, numbers[at : at + 3], siblings))]
    if not spans:
        return None
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _span_at(url: str, numbers: Sequence[re.Match[str]], siblings: Siblings) -> Span | None:
    """The span that begins with the first of these numbers: compact or as year, perhaps month, perhaps day."""
    first = numbers[0]
    if len(first[0]) != _YEAR_DIGITS:
        return _compact_span(first[0], siblings[_frame(url, first)])
    year = int(first[0])
    if not _are_years(siblings[_frame(url, first)]):
        return None
    if quarter := _QUARTER_BEHIND.match(url, first.end()) or _QUARTER_BEFORE.search(url[: first.start()]):
        return _quarter(year, int(quarter[1]))
    later = _joined(url, numbers)
    month = int(later[0][0]) if later and _is_month(later[0], siblings[_frame(url, later[0])]) else 0
    day = int(later[1][0]) if month and later[1:] and _is_day(later[1], siblings[_frame(url, later[1])]) else 0
    return _span(year, month, day)


def _joined(url: str, numbers: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """The numbers behind a year that are written as parts of the same date."""
    joined: list[re.Match[str]] = []
    before = numbers[0]
    for number in numbers[1:]:
        if len(number[0]) > _PADDED or not _BETWEEN.fullmatch(url, before.end(), number.start()):
            break
        joined.append(number)
        before = number
    return joined


# Cached, for each of thousands of children asks the same of all of them.
@lru_cache(maxsize=256)
def _are_years(numbers: frozenset[int]) -> bool:
    return all(_FIRST_YEAR <= number <= _LAST_YEAR for number in numbers)


def _is_month(number: re.Match[str], others: frozenset[int]) -> bool:
    """Whether a number behind a year is a month and not a part: 03 may be one, a bare 3 only among all twelve."""
    return others <= _MONTHS and (len(number[0]) == _PADDED or others == _MONTHS)


def _is_day(number: re.Match[str], others: frozenset[int]) -> bool:
    """Whether a number behind a month is a day and not a part."""
    return len(number[0]) == _PADDED and min(others) > 0 and _LAST_DAY_LIKE_MONTH < max(others) <= _LONGEST_MONTH


def _compact_span(digits: str, others: frozenset[int]) -> Span | None:
    """The span that 20240317 or 202403 names, unless another number of the series cannot be one."""
    if len(digits) in (_DAY_DIGITS, _MONTH_DIGITS) and _are_compact(others, len(digits)):
        return _compact(digits)
    return None


@lru_cache(maxsize=256)
def _are_compact(numbers: frozenset[int], width: int) -> bool:
    return all(_compact(f"{number:0{width}}") for number in numbers)


def _compact(digits: str) -> Span | None:
    return _span(int(digits[:4]), int(digits[4:6]), int(digits[6:] or 0)) if int(digits[4:6]) else None


def _quarter(year: int, number: int) -> Span | None:
    last = _span(year, number * _MONTHS_A_QUARTER, 0)
    first = _span(year, (number - 1) * _MONTHS_A_QUARTER + 1, 0)
    return Span(first.start, last.end) if first and last else None


def _span(year: int, month: int, day: int) -> Span | None:
    """The year, month or day (0: not said) as a span; None where there is no such one."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        return None
    if day:
        days = 1
    elif month:
        days = calendar.monthrange(year, month)[1]
    else:
        days = 366 if calendar.isleap(year) else 365
    return Span(start, start + timedelta(days=days))
