"""The rules of walking a listing from page to page: which items are candidates, which days are passed, when it ends.

Pages shift while one reads, adverts stand on top, and not every item shows a date. So nothing is concluded from one
item: a day is passed when twenty items in a row are older than it.
"""

from collections import deque
from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from itertools import pairwise, takewhile

from tasks.archives.dating import candidate_of, certain_day
from tasks.archives.pieces import SHOWN
from tasks.archives.stretches import Stretch, Wanted
from tasks.model import FeedEntry
from tasks.past import Candidate
from tasks.urls import url_hash

# Of a listing that is sorted by time but for adverts and corrections; an advert block has up to five.
OLDER_IN_A_ROW = 20
# Items that are remembered as seen: far more than shift from page to page.
REMEMBERED = 20_000
MAX_HELD = 1_000


class Walk:
    """What is known after the pages that were taken; `stretch` is what the address says that they are about.

    `fresh` and `first` are the number of new items of the page that was taken last, and the day of its first dated one;
    `last` and `oldest` are days of items so far. `undated` counts what is left out for want of a date.
    """

    def __init__(self, wanted: Wanted, stretch: Stretch | None) -> None:
        self.undated = 0
        self.examples: list[str] = []
        self.fresh = 0
        self.first: date | None = None
        self.oldest: date | None = None
        self.last: date | None = None
        self._wanted = wanted
        self._stretch = stretch
        self._recent: deque[date] = deque(maxlen=OLDER_IN_A_ROW)
        self._seen: dict[bytes, None] = {}
        self._held: list[tuple[FeedEntry, str]] = []
        self._digests: set[bytes] = set()
        self._shown: tuple[str, ...] = ()
        self._steps = 0

    @property
    def is_falling(self) -> bool:
        """Whether the listing runs from new to old, as far as it shows an order at all."""
        return self._steps <= 0

    @property
    def passed(self) -> date | None:
        """Everything younger than this day was listed; None: that can't be said yet."""
        return max(self._recent) if self.is_falling and len(self._recent) == OLDER_IN_A_ROW else None

    def is_repeated(self, entries: Sequence[FeedEntry]) -> bool:
        """Whether a page with the very same addresses was seen before: beyond the end some portals show the last."""
        listed = "\n".join(entry.canonical_url for entry in entries)
        digest = blake2b(listed.encode("utf-8", "replace"), digest_size=16).digest()
        is_known = digest in self._digests
        self._digests.add(digest)
        return is_known

    def is_shifted(self, entries: Sequence[FeedEntry]) -> bool:
        """Whether a page begins with what was seen, or is younger than the end of the page before it.

        What stands on top of both pages is not looked at: it is pinned there.
        """
        shown = tuple(entry.canonical_url for entry in entries)
        pinned = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(shown, self._shown, strict=False)))
        if pinned == len(shown):
            # The same page: the end of a listing that shows its last page for ever, or as many new items as it has.
            return bool(shown)
        for entry in entries[pinned:]:
            day = self._day(entry)
            if url_hash(entry.canonical_url) in self._seen:
                return True
            if day is not None:
                return self.is_falling and self.last is not None and day > self.last
        return False

    def take(self, entries: Sequence[FeedEntry], place: str) -> list[Candidate]:
        """The candidates among the items of the next page that were not seen before, in the order of the page."""
        fresh = [entry for entry in entries if self._is_new(entry)]
        self._shown = tuple(entry.canonical_url for entry in entries)
        candidates: list[Candidate] = []
        days: list[date] = []
        for entry in fresh:
            day = self._day(entry)
            if day is None:
                self._hold(entry, place)
                continue
            candidates += self._released(day)
            days.append(day)
            self.last = day
            if day in self._wanted.days:
                candidates.append(candidate_of(entry, place, day))
        self._note(days, len(fresh))
        return candidates

    def _note(self, days: Sequence[date], fresh: int) -> None:
        """What the days of a page's new items, in its order, say about the course of the listing."""
        self.fresh = fresh
        self.first = days[0] if days else None
        self.oldest = min([*days, self.oldest or date.max]) if days else self.oldest
        self._recent.extend(days)
        self._steps += sum((after > before) - (after < before) for before, after in pairwise(days))

    def close(self) -> None:
        """There is no further page: what waits for a dated item behind it has none."""
        self._leave_out([entry for entry, _ in self._held])
        self._held.clear()

    def _leave_out(self, entries: Sequence[FeedEntry]) -> None:
        self.undated += len(entries)
        self.examples += [entry.url for entry in entries[: SHOWN - len(self.examples)]]

    def _day(self, entry: FeedEntry) -> date | None:
        """The day of an item; where the address of the page names a single day, that of undated ones."""
        day = certain_day(entry, self._wanted)
        return self._stretch.first if day is None and self._stretch and self._stretch.is_day else day

    def _is_new(self, entry: FeedEntry) -> bool:
        """Whether an item was not seen before; it is remembered."""
        key = url_hash(entry.canonical_url)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    def _hold(self, entry: FeedEntry, place: str) -> None:
        if len(self._held) < MAX_HELD:
            self._held.append((entry, place))
        else:
            self._leave_out([entry])

    def _released(self, day: date) -> list[Candidate]:
        """Undated items that stood before an item of `day`: candidates where that and the last one are wanted."""
        between = self.last in self._wanted.days and day in self._wanted.days
        found = [candidate_of(entry, place, None) for entry, place in self._held] if between else []
        if not between:
            self._leave_out([entry for entry, _ in self._held])
        self._held.clear()
        return found
