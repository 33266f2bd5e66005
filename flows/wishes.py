"""Wishes for the past of a source: whether they can be fulfilled at all, and what they are called.

A wrong one is refused in one sentence that names the value, before anything is written or asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.errors import Misconfigured
from config.sources import Source
from flows.definitions import chosen_sources, source_row
from tasks.archives import archive_of
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage
from tasks.past import KnownRule, Via
from tasks.past_rows import past_of

# Ten years: a year that was mistyped must not make a row for each day since the Middle Ages.
MOST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Wish:
    """The past of a source that somebody wants: days from `first` to `last`, both included, in the source's zone."""

    source: Source
    first: date
    last: date
    via: Via
    place: str | None
    known: KnownRule
    budget: int | None

    @property
    def title(self) -> str:
        """What it is about, in a line."""
        return titled(self.row(0) | {"slug": self.source.slug})

    def row(self, source_id: int) -> dict[str, Any]:
        """It as backfills.note takes it."""
        return {
            "source_id": source_id,
            "via": self.via.value,
            "place": self.place,
            "first_day": self.first,
            "last_day": self.last,
            "known": self.known.value,
            "budget": self.budget,
        }

    def as_open(self, source_id: int) -> dict[str, Any]:
        """It as backfills.open_ones would give it, all days open, though nobody has kept it."""
        listing = next((feed.selectors for feed in self.source.feeds if feed.selectors), None)
        more = {"selectors": asdict(listing) if listing else None, "open_days": days_of(self.first, self.last)}
        return source_row(self.source) | self.row(source_id) | more | {"id": 0}


def wished(parameters: Mapping[str, Any], loaded: Sequence[Source], now: datetime) -> Wish | None:
    """The wish that the parameters of the flow are; None: what is open is to be gone on with. Misconfigured: neither.

    Parameters: source (a slug), start, end, via, place, known, budget. Reads the folder or file that a place names.
    """
    slug, start, end = parameters["source"], parameters["start"], parameters["end"]
    if not slug:
        if start or end or parameters["place"]:
            raise Misconfigured("Days or a place were given, but no source; nothing was noted. Name the source.")
        return None
    (source,) = chosen_sources([slug], loaded)
    if start is None:
        raise Misconfigured(f"The first day wanted of {slug} is missing; nothing was noted. Give a start.")
    today = now.astimezone(ZoneInfo(source.time_zone)).date()
    last = end or today
    _check_days(start, last, today)
    place = (parameters["place"] or "").strip() or None
    via, known = Via(parameters["via"]), KnownRule(parameters["known"])
    wish = Wish(source, start, last, via, place, known, parameters["budget"])
    _check_place(wish, now)
    return wish


def _check_days(first: date, last: date, today: date) -> None:
    """Misconfigured where these are no days of the past."""
    if first > today:
        raise Misconfigured(f"The start, {first}, lies in the future; nothing was noted. Today is {today} there.")
    if last < first:
        raise Misconfigured(f"The end, {last}, lies before the start, {first}; nothing was noted.")
    if last > today:
        raise Misconfigured(f"The end, {last}, lies in the future; nothing was noted. Today is {today} there.")
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise Misconfigured(
            f"From {first} to {last} are {count:,} days; nothing was noted. Wish for {MOST_DAYS:,} at a time."
        )


def _check_place(wish: Wish, now: datetime) -> None:
    """Misconfigured where there is no such archive: making one says so."""
    archive_of(wish.via, past_of(wish.as_open(0)), _nobody, now)


async def _nobody(url: str, _headers: Mapping[str, str]) -> Response | Failure:
    return Failure(Stage.DISCOVER, Reason.UNREACHABLE, f"{url} was asked for before the wish was noted")


def days_of(first: date, last: date) -> tuple[date, ...]:
    """Every day from `first` to `last`, both included."""
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def titled(row: Mapping[str, Any]) -> str:
    """What a wish is about: "alpenboerse 2026-03-01..2026-03-20 sitemaps"; `row` has slug, first_day, last_day, via."""
    return f"{row['slug']} {row['first_day']}..{row['last_day']} {row['via']}"


def run_title(parameters: Mapping[str, Any]) -> str:
    """The name of a run with these parameters of the flow."""
    if not parameters.get("source"):
        return "backfill what is open"
    days = f"{parameters.get('start')}..{parameters.get('end') or ''}"
    rehearsal = " (dry run)" if parameters.get("dry_run") else ""
    return f"backfill {parameters['source']} {days} {parameters.get('via') or Via.SITEMAPS}{rehearsal}"
