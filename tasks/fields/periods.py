"""The period that a figure speaks of, from the words of the sentence and the dateline; never a filter."""

import re
from dataclasses import dataclass
from datetime import date

from tasks.fields.quantities import YEAR, Quantity
from tasks.fields.reading import Reading
from tasks.fields.scene import Scene

_SPLIT = re.compile(r"20(?<!\w20)(\d\d)[/-](?:20)?(\d\d)\b")
_FISCAL = ("geschäfts", "fiscal", "fiskal", "financial year", "exercice", "bilanzjahr")
# First month in which a span of the running year can be reported; before it, last year's is meant.
_REPORTED_FROM = {"Q1": 3, "Q2": 6, "Q3": 9, "Q4": 13, "H1": 6, "H2": 13, "9M": 9, "FY": 13}
_COMPARING = frozenset(("als", "than", "que", "gegenüber", "versus", "vs", "qu", "von"))
_QUARTERS = frozenset(("quarter", "quartal", "trimestre", "geschäftsquartal"))
_CURRENT = frozenset(("current", "laufende", "laufenden", "cours", "aktuelle", "aktuellen", "this"))
_LAST_QUARTER, _LAST_MONTH_OF_ANNUAL_RESULTS, _AUTUMN, _NEVER = 4, 3, 10, 9999


@dataclass(slots=True)
class Calendar:
    """What the article says about time: its date, a split year anywhere, a fiscal year, the last period named."""

    published: date | None
    split: str = ""
    fiscal: bool = False
    last: str = ""

    def is_closed(self, scene: Scene) -> bool:
        """Whether the sentence speaks of a year that is over."""
        years = [int(q.value) for q in scene.quantities if q.kind == YEAR]
        this = self.published.year if self.published else 0
        current = next(scene.all("current"), None) is not None
        return not current and (not years or max(years) < this)


def calendar_of(reading: Reading, published: date | None) -> Calendar:
    """The calendar of an article; a split year printed anywhere is that of the company."""
    match = _SPLIT.search(reading.text)
    words = (
        reading.phrase(mark.first, mark.last).lower() for mark in reading.marks if mark.kind in ("period", "fiscal")
    )
    fiscal = any(part in word for word in words for part in _FISCAL)
    return Calendar(published, f"20{match[1]}/{match[2]}" if match else "", fiscal)


def note(scene: Scene, calendar: Calendar) -> None:
    """Remember a quarter or half that a sentence names, for the sentences behind it that name none."""
    spans = [mark.value for mark in scene.all("period") if mark.value != "FY"]
    if spans and not next(scene.all("guidance"), None):
        calendar.last = f"{spans[0]} {_year(spans[0], _years(scene, calendar), calendar, guidance=False)}"


def period_of(scene: Scene, quantity: Quantity, calendar: Calendar, *, guidance: bool) -> str:
    """The period, as "Q2 2025" or "FY 2024/25"; where nothing says it, the last one named or the last one ended."""
    marks = sorted(scene.all("period"), key=lambda mark: abs(mark.first - quantity.first))
    span = next((mark.value for mark in marks if mark.value != "FY"), "") or ("FY" if marks else "")
    years = _years(scene, calendar, guidance=guidance)
    if guidance:
        following = _following(scene, calendar)
        if following:
            return following
        span = span if span.startswith("Q") else "FY"
    elif not span and years:
        span = "FY"
    if not span:
        return calendar.last or _ended(calendar)
    found = f"{span} {_year(span, years, calendar, guidance=guidance)}"
    if not guidance:
        calendar.last = found
    return found


def _years(scene: Scene, calendar: Calendar, *, guidance: bool = False) -> list[int]:
    """The years that a sentence speaks of; not the one that it compares with, nor a coming one of a result."""
    reading = scene.reading
    printed = [q for q in scene.quantities if q.kind == YEAR and reading.low(q.first - 1) not in _COMPARING]
    latest = calendar.published.year if calendar.published and not calendar.fiscal and not guidance else _NEVER
    return [int(q.value) for q in printed if q.value <= latest]


def _following(scene: Scene, calendar: Calendar) -> str:
    """The quarter after the last one named, where the outlook is for the current quarter."""
    low = {scene.reading.low(at) for at in range(scene.sentence.first, scene.sentence.last)}
    if not low & _QUARTERS or not low & _CURRENT or not calendar.last.startswith("Q"):
        return ""
    number = int(calendar.last[1])
    return f"Q{number + 1}{calendar.last[2:]}" if number < _LAST_QUARTER else ""


def _ended(calendar: Calendar) -> str:
    """The period that a company reports at the time of the dateline, where nothing else is said."""
    if calendar.published is None:
        return ""
    month = calendar.published.month
    year = calendar.published.year
    if month <= _LAST_MONTH_OF_ANNUAL_RESULTS:
        return f"FY {year - 1}"
    return f"Q{(month - 1) // 3} {year}"


def _year(span: str, years: list[int], calendar: Calendar, *, guidance: bool) -> str:
    """The year of a span; a financial year of its own is split (2024/25)."""
    this = calendar.published
    if calendar.split:
        return calendar.split
    year = years[0] if years else (this.year if this else 0)
    if calendar.fiscal and not (years and span == "FY"):
        # First quarters end in autumn: those of a year that has just begun are reported from autumn on.
        begun = span == "Q1" and this is not None and this.month >= _AUTUMN and not years
        return f"{year}/{(year + 1) % 100:02d}" if begun else f"{year - 1}/{year % 100:02d}"
    if not years and this and not guidance and this.month < _REPORTED_FROM[span]:
        year -= 1
    return str(year)
