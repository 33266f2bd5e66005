"""The period that a figure speaks of, from the words of the sentence and the dateline; never a filter."""

import re
from dataclasses import dataclass
from datetime import date

from tasks.fields.quantities import YEAR, Quantity
from tasks.fields.scene import Scene

_SPLIT = re.compile(r"\b(20\d\d)[/-](?:20)?(\d\d)\b")
_ORDER = {"Q1": 1, "Q2": 2, "Q3": 3, "Q4": 4, "H1": 2, "H2": 4, "9M": 3, "FY": 4}


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


def calendar_of(text: str, published: date | None, *, fiscal: bool) -> Calendar:
    """The calendar of an article; a split year printed anywhere is that of the company."""
    match = _SPLIT.search(text)
    return Calendar(published, f"{match[1]}/{match[2]}" if match else "", fiscal)


def period_of(scene: Scene, quantity: Quantity, calendar: Calendar, *, guidance: bool) -> str:
    """The period, as "Q2 2025" or "FY 2024/25"; empty where nothing says it."""
    marks = sorted(scene.all("period"), key=lambda m: abs(m.first - quantity.first))
    span = next((m.value for m in marks if m.value != "FY"), "") or ("FY" if marks else "")
    years = [int(q.value) for q in scene.quantities if q.kind == YEAR and abs(q.first - quantity.first) < 30]  # noqa: PLR2004
    if guidance:
        span = span if span.startswith("Q") else "FY"
    elif not span and years:
        span = "FY"
    if not span:
        return "" if guidance else calendar.last
    found = f"{span} {_year(span, years, calendar, guidance=guidance)}"
    if not guidance:
        calendar.last = found
    return found


def _year(span: str, years: list[int], calendar: Calendar, *, guidance: bool) -> str:
    this = calendar.published
    if calendar.split:
        return calendar.split
    year = years[0] if years else (this.year if this else 0)
    if not years and this and not guidance:
        # A quarter that ends after the dateline is last year's; results of a year come in the next one.
        ended = {"Q1": 4, "Q2": 7, "Q3": 10, "Q4": 13, "H1": 7, "H2": 13, "9M": 10, "FY": 13}[span]
        if this.month < ended - (0 if span in ("Q4", "FY", "H2") else 1) and not calendar.fiscal:
            year -= 1
    if calendar.fiscal and not (years and span == "FY"):
        start = year - 1
        return f"{start}/{year % 100:02d}"
    return str(year)
