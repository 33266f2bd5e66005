"""The report of silent failures: what raises no error and is wrong all the same; and how long the disk lasts.

A warning is open as long as its trouble lasts. It is over when a report looked and found nothing, or its source is no
longer at work; where there is nothing to judge by (too few figures, a feed that does not answer), it stays as it is.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from config.settings import settings
from sql import connect
from sql.store import disk, silence, warnings
from sql.store.silence import Share, Volume
from sql.store.warnings import Key
from tasks.columns import Row
from tasks.upkeep import Done, Finding, Night, Report, size

KINDS = (
    "stale_feed", "low_volume", "blocked_share", "walled_share", "undated_share", "short_share", "default_partition",
    "disk",
)  # fmt: skip

# Two weeks: holidays and quiet columns stay below; five usual gaps: a monthly column is allowed to be one.
SHORTEST_SILENCE, GAPS = timedelta(days=14), 5
# A bad day brings half of the usual; 30 % was never chance on sources of at least five articles that day.
LOW, FEWEST_WEEKS, FEWEST_USUAL = 0.3, 4, 5
# One article in five, at least twice as many as before, and enough of them that chance does not do it.
LARGE_SHARE, RISE, FEWEST_ARTICLES = 0.2, 2.0, 20
# Time to buy a disk, or to decide what is kept for less long.
FEWEST_DAYS_LEFT = 14

_SHARE_WORDS = {
    "blocked_share": (
        "articles were kept out by a bot wall",
        "Ask more slowly, set NEWSTAPE_CONTACT, or talk to them.",
    ),
    "walled_share": ("articles came as a consent page or a login", "See `newstape entries list --source {slug}`."),
    "undated_share": ("articles have no time of publication", "The layout may have changed: `newstape extract URL`."),
    "short_share": ("articles have fewer than 50 words", "Their text may be cut or moved: `newstape extract URL`."),
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Disk:
    """Size of each schema and its growth a day, in bytes; `free`: the space left, None where it is not known."""

    sizes: dict[str, int]
    growth: dict[str, float]
    free: int | None

    @property
    def total(self) -> int:
        """Size of all schemas."""
        return sum(self.sizes.values())

    @property
    def is_known(self) -> bool:
        """Whether there are figures enough to say how long it lasts."""
        return self.free is not None and bool(self.growth)

    @property
    def days_left(self) -> int | None:
        """Days until the disk is full at the present growth; None: not known, or nothing grows."""
        a_day = sum(self.growth.values())
        return int(self.free / a_day) if self.free is not None and a_day > 0 else None


def report(night: Night) -> Report:
    """Look for all kinds of trouble; keep a warning of each as long as it lasts (in a rehearsal none is kept)."""
    with connect.engine().connect() as conn:
        volumes, shares = silence.volumes(conn, night.now), silence.shares(conn, night.now)
        found = [
            *stale_feeds(silence.stale_feeds(conn, night.now, SHORTEST_SILENCE, GAPS)),
            *low_volumes(volumes),
            *large_shares(shares),
            *strays(silence.strays(conn)),
        ]
        unheard = silence.unheard_feeds(conn, night.now)
    measured = _measured(night)
    found += full_disk(measured)
    if night.is_rehearsal:
        return Report(found, (), 0)
    return _kept(found, _undecided(unheard, volumes, shares, measured), night)


def _undecided(
    unheard: Iterable[tuple[int, int]], volumes: Iterable[Volume], shares: Iterable[Share], measured: Disk
) -> set[Key]:
    """What there is nothing to judge by."""
    found: set[Key] = {("stale_feed", source_id, feed_id) for source_id, feed_id in unheard}
    found |= {("low_volume", one.source["source_id"], None) for one in volumes if not _has_norm(one)}
    found |= {(one.kind, one.source["source_id"], None) for one in shares if one.whole < FEWEST_ARTICLES}
    return found if measured.is_known else {*found, ("disk", None, None)}


def _kept(found: Sequence[Finding], undecided: set[Key], night: Night) -> Report:
    """The findings as warnings; those of before that were not found again are over."""
    keys = {(one.kind, one.source_id, one.feed_id) for one in found}
    rows = [
        {"kind": one.kind, "source_id": one.source_id, "feed_id": one.feed_id, "run_id": night.run_id,
         "message": one.message}
        for one in found
    ]  # fmt: skip
    with connect.engine().begin() as conn:
        opened = warnings.raise_all(conn, rows, night.now)
        over = warnings.resolve_others(conn, KINDS, (keys | undecided).__contains__, night.now)
    return Report(found, [one for one in found if (one.kind, one.source_id, one.feed_id) in opened], over)


def sizes(night: Night) -> Done:
    """Measure the disk and keep the figures of the day; what is used and for how long it lasts."""
    found = _measured(night)
    if not night.is_rehearsal:
        with connect.engine().begin() as conn:
            disk.keep(conn, night.now.date(), found.sizes, found.free)
    return told(found)


def told(found: Disk) -> Done:
    """The disk for people: 4.1 GB, 210 days left; and a row per schema."""
    left = "" if found.days_left is None else f", {found.days_left:,} days left"
    rows = [
        {"schema": name, "size": size(count), "bytes": count, "growth a day": _growth(found.growth.get(name))}
        for name, count in found.sizes.items()
    ]
    free = [] if found.free is None else [{"schema": "(free)", "size": size(found.free), "bytes": found.free}]
    return Done(f"{size(found.total)}{left}", [*rows, *(one | {"growth a day": ""} for one in free)])


def stale_feeds(rows: Iterable[Row]) -> list[Finding]:
    """Feeds that answer well and bring nothing."""
    found = []
    for row in rows:
        usual = f"; usually one comes every {_lasting(row['gap'])}" if row["gap"] else ""
        newest = f"its newest item is of {row['newest']:%Y-%m-%d}" if row["newest"] else "it has never listed an item"
        message = (
            f"The feed {row['url']} of {row['name']} answers well, but {newest}{usual}. The portal may have moved its "
            f"news to another feed: `newstape sources doctor {row['slug']}`."
        )
        found.append(Finding("stale_feed", message, row["source_id"], row["feed_id"], row["slug"]))
    return found


def low_volumes(volumes: Iterable[Volume]) -> list[Finding]:
    """Sources that brought much less yesterday than they usually do on that weekday."""
    found = []
    for one in volumes:
        if one.loaded is None or not _has_norm(one) or one.loaded >= LOW * float(one.norm):
            continue
        slug, weekday = one.source["slug"], _WEEKDAYS[one.day.weekday()]
        message = (
            f"{one.source['name']} brought {one.loaded} articles on {one.day}; a {weekday} usually brings "
            f"{one.norm.normalize():f} (median of {one.weeks} weeks). A holiday, or one of its feeds became quiet: "
            f"`newstape sources show {slug}`."
        )
        found.append(Finding("low_volume", message, one.source["source_id"], slug=slug))
    return found


def large_shares(shares: Iterable[Share]) -> list[Finding]:
    """Sources of which a part that should be small is large, and much larger than before."""
    found = []
    for one in shares:
        if one.whole < FEWEST_ARTICLES or one.part < LARGE_SHARE * one.whole or not _has_risen(one):
            continue
        words, advice = _SHARE_WORDS[one.kind]
        slug = one.source["slug"]
        before = f"{one.part_before} of {one.whole_before} in the four weeks before"
        message = (
            f"{one.source['name']}: in the last week {one.part} of {one.whole} {words}; {before}. "
            f"{advice.format(slug=slug)}"
        )
        found.append(Finding(one.kind, message, one.source["source_id"], slug=slug))
    return found


def strays(found: Sequence[silence.Stray]) -> list[Finding]:
    """Rows for which there was no partition; one finding for all tables."""
    if not found:
        return []
    told = ", ".join(f"{one.rows:,} rows of {one.table} ({one.first:%Y-%m-%d} to {one.last:%Y-%m-%d})" for one in found)
    message = (
        f"{told} lie in a default partition, which should be empty: a clock was wrong, or no partitions were made "
        "ahead. `newstape maintain` moves what it can; what stays is of times for which none is made."
    )
    return [Finding("default_partition", message)]


def full_disk(found: Disk) -> list[Finding]:
    """The disk, where it is full soon."""
    if found.days_left is None or found.free is None or found.days_left >= FEWEST_DAYS_LEFT:
        return []
    a_day = size(round(sum(found.growth.values())))
    message = (
        f"The disk is full in {found.days_left} days: {size(found.free)} are free, the tape has {size(found.total)} "
        f"and grows by {a_day} a day. Make room, or keep pages for less long (NEWSTAPE_KEEP_PAGES)."
    )
    return [Finding("disk", message)]


def _has_norm(one: Volume) -> bool:
    return one.loaded is not None and one.weeks >= FEWEST_WEEKS and one.norm >= FEWEST_USUAL


def _has_risen(one: Share) -> bool:
    """Whether the share is at least double that of before; where nothing is known of before, it is."""
    return one.part * one.whole_before >= RISE * one.part_before * one.whole


def _measured(night: Night) -> Disk:
    today = night.now.date()
    with connect.engine().connect() as conn:
        measured, growth = disk.measure(conn), disk.growth(conn, today)
    # Where another machine has the data, only that one knows how much room is left.
    free = shutil.disk_usage(settings().home / "postgres").free if connect.is_embedded() else None
    return Disk(measured, growth, free)


def _growth(a_day: float | None) -> str:
    if a_day is None:
        return "not known yet"
    return ("-" if a_day < 0 else "") + size(abs(round(a_day)))


def _lasting(gap: timedelta) -> str:
    """A gap for people."""
    hours = gap / timedelta(hours=1)
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} min"  # noqa: PLR2004 - two days, two hours
