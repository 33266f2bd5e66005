"""Which WARC files a place means: a file, a folder, a list of paths, or an address of a file or of a list.

Common Crawl lists the files of its news crawl by month, each line a path below its own root; the stamp in a name is
when the file was begun. Knows nothing of what is in the files.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

from config.errors import Misconfigured
from tasks.archives.places import check_place
from tasks.past import Days

COMMON_CRAWL = "https://data.commoncrawl.org/"
# What was published on a day is captured within three, or by somebody who looks for old pages.
CAPTURED_WITHIN = timedelta(days=3)
# Common Crawl's news crawler begins a new file at 1 GiB or after a day.
LONGEST_FILE = timedelta(days=1)
_WARC = re.compile(r"\.warc(\.gz)?$", re.IGNORECASE)
_STAMP = re.compile(r"(?<![0-9])((?:19|20)[0-9]{12})(?![0-9])")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WarcFile:
    """One file (a path or an address) and the wanted days of which it may hold pages."""

    place: str
    days: frozenset[date]


def check_warc_place(place: str | None) -> str:
    """The place of WARC files; Misconfigured where there is none, or nothing at that path."""
    if not place:
        raise Misconfigured(
            "Nothing says where the WARC files are; nothing was read. Name a file, a folder, a list of paths, or an "
            f"address as the place, such as {COMMON_CRAWL}crawl-data/CC-NEWS/{{year}}/{{month2}}/warc.paths.gz."
        )
    if is_address(place):
        check_place(place)
    elif not Path(place).exists():
        raise Misconfigured(f"There is no file or folder {place}; nothing was read. Name one that is there.")
    return place


def is_address(place: str) -> bool:
    """Whether a place is to be asked for over the network."""
    return bool(_ADDRESS.match(place))


def is_warc(place: str) -> bool:
    """Whether a name is that of a WARC file, not of a list of such."""
    return bool(_WARC.search(place.partition("?")[0]))


def listed_files(text: str, place: str) -> list[str]:
    """The files that a list names, one a line: addresses, or paths below the list's folder or Common Crawl's root."""
    lines = dict.fromkeys(line.strip() for line in text.splitlines())
    return [_listed(line, place) for line in lines if line and not line.startswith("#") and is_warc(line)]


def _listed(line: str, place: str) -> str:
    if is_address(line):
        return line
    if is_address(place):
        return urljoin(place, f"/{line.lstrip('/')}")
    beside = Path(place).parent / line
    return str(beside) if beside.is_file() else urljoin(COMMON_CRAWL, line.lstrip("/"))


def wanted_files(places: Sequence[str], days: Days) -> list[WarcFile]:
    """The files that may hold pages of wanted days, in the order in which they were begun; those without a stamp first.

    A day's pages are in files begun from its start to three days after its end, and in the one begun before.
    """
    stamped = sorted((stamp, place) for place in places if (stamp := _stamp(place)))
    unstamped = [WarcFile(place, frozenset(days.days)) for place in places if _stamp(place) is None]
    ends = [following for (_, _), (following, _) in pairwise(stamped)]
    spans = {day: Days((day,), days.zone).window for day in days.days}
    found = list(unstamped)
    for number, (begun, place) in enumerate(stamped):
        end = min(ends[number], begun + LONGEST_FILE) if number < len(ends) else begun + LONGEST_FILE
        held = (day for day, span in spans.items() if span.start < end and begun < span.end + CAPTURED_WITHIN)
        if chosen := frozenset(held):
            found.append(WarcFile(place, chosen))
    return found


def _stamp(place: str) -> datetime | None:
    """When a file was begun, by the last 14 digits of its name; None where it has none."""
    for digits in reversed(_STAMP.findall(re.split(r"[/\\]", place)[-1])):
        try:
            return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def uncovered(places: Sequence[str], days: Days) -> list[date]:
    """The wanted days that no file speaks for: none was begun from their start to three days after their end."""
    stamps = [_stamp(place) for place in places]
    if None in stamps:
        return []
    spans = ((day, Days((day,), days.zone).window) for day in days.days)
    begun = sorted(stamp for stamp in stamps if stamp)
    return [day for day, span in spans if not any(span.start <= at < span.end + CAPTURED_WITHIN for at in begun)]
