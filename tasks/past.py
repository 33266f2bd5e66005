"""The nouns of a backfill: which days are wanted, and what an archive announces of them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from tasks.model import Page, Timestamp, Window
from tasks.outcome import Failure


class Via(StrEnum):
    """Where the past of a source is looked for."""

    SITEMAPS = "sitemaps"
    LISTING = "listing"
    WARC = "warc"
    WAYBACK = "wayback"
    FOLDER = "folder"


class KnownRule(StrEnum):
    """What is done about entries that the frontier knows: nothing, fetch those without an article, fetch all again."""

    SKIP = "skip"
    FAILED = "failed"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a time zone (IANA name), ascending, without gaps being required: those that are still to be listed."""

    days: tuple[date, ...]
    zone: str

    @property
    def window(self) -> Window:
        """From the start of the first day to the end of the last one, UTC; days of a DST change have 23 or 25 hours."""
        return Window(_midnight(self.days[0], self.zone), _midnight(self.days[-1] + timedelta(days=1), self.zone))

    def day_of(self, at: datetime) -> date | None:
        """The wanted day that an instant lies on; None: on none of them."""
        day = at.astimezone(ZoneInfo(self.zone)).date()
        return day if day in self.days else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, clock.min, ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Past:
    """What an archive is asked for: the past of a source.

    `place` is the address or path that was given, None: what is usual. `headers` are those of the source's requests,
    `delay` its time between two of them, `partners` hosts besides its own site that may have articles of it,
    `selectors` those of its listing (config.selectors.Selectors as a mapping).
    """

    source: str
    homepage: str
    days: Days
    place: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: timedelta = timedelta(seconds=1)
    partners: tuple[str, ...] = ()
    selectors: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address that an archive announces.

    `url` is the portal's own, absolute; `asked_url` the one to ask instead (a capture), `page` what came along with it.
    `day` is the wanted day that it was announced for, None where the archive does not say. `place` is the document that
    announced it: an address, or file and offset. `captured_at` is when the archive got it from the portal, UTC.
    """

    url: str
    place: str
    day: date | None = None
    title: str | None = None
    published: Timestamp | None = None
    captured_at: datetime | None = None
    asked_url: str | None = None
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class ArchiveRequest:
    """One request for a document that announces: `failure` None where it was read; `requests` counts redirects too."""

    url: str
    at: datetime
    failure: Failure | None = None
    status: int | None = None
    received_bytes: int = 0
    duration_ms: int = 0
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Announced:
    """A piece of what an archive announces, small enough for memory, in the order in which it was read.

    `complete` are the days of which everything is announced once this piece is stored. `left_out` says what was not
    taken and why, `failed` names days that can't be listed with the reason; they are not complete.
    """

    candidates: tuple[Candidate, ...] = ()
    requests: tuple[ArchiveRequest, ...] = ()
    complete: frozenset[date] = frozenset()
    failed: Mapping[date, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


class Archive(Protocol):
    """A way to the past of a source. Pieces may repeat candidates; at the end each day is complete or failed."""

    def announced(self) -> AsyncIterator[Announced]:
        """What it announces, piece by piece; asks only when the next piece is wanted."""
