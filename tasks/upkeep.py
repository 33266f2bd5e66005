"""Nouns of a night of maintenance: what its chores share, what each of them did, what a person should look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sql.store.bulk import Row


@dataclass(frozen=True, slots=True)
class Night:
    """What the chores of one run share; a rehearsal counts and changes nothing."""

    run_id: int
    now: datetime
    keep_pages: timedelta
    keep_fetch_events: timedelta
    keep_changes: timedelta
    keep_sketches: timedelta
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What a chore did: a part of the run's message ("" where there is nothing to say) and rows for its table."""

    said: str = ""
    rows: Sequence[Row] = ()


# A chore opens its own short transactions; what it raises is recorded, and the next chore goes on.
Chore = Callable[[Night], Done]


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble that raises no error: a warning (ingest.warnings) about a source, a feed, or neither."""

    kind: str
    message: str
    source_id: int | None = None
    feed_id: int | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of a night, those of them that are new, and how many older ones are over."""

    open: Sequence[Finding]
    new: Sequence[Finding]
    resolved: int


def size(count: int) -> str:
    """A number of bytes for people, in powers of 1,000: 640 bytes, 12 kB, 870 MB, 1.2 GB."""
    for power, unit, digits in ((4, "TB", 1), (3, "GB", 1), (2, "MB", 0), (1, "kB", 0)):
        if count >= 1000**power:
            return f"{count / 1000**power:.{digits}f} {unit}"
    return f"{count} bytes"
