"""The course of one listing: its pages in their order, the days that are done, and why it ends. Pure, but it remembers.

Three ends are told apart: the wanted days are passed; the listing has no further page, and does not reach back to the
days before its last item; it can't be read on. A page that fails costs the days between its neighbours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from tasks.archives.doubts import AGAIN, told
from tasks.archives.listing_pages import ListedPage, is_wordpress
from tasks.archives.pieces import left_out_line, pieces, rejected_line
from tasks.archives.places import PAGE
from tasks.archives.stretches import Stretch, Wanted
from tasks.archives.walk import Walk
from tasks.outcome import Failure, Reason
from tasks.past import Announced, ArchiveRequest, Candidate

# Ten years of a portal with 30 articles a day in pages of 50.
MAX_PAGES = 2_000
# Where nothing shows a date by then, nothing will.
PAGES_WITHOUT_DATES = 3
_ABSENT = frozenset({Reason.NOT_FOUND, Reason.GONE})
_BAD_REQUEST = 400
_OTHER_WAY = "choose another way for it (sitemaps, wayback)"


@dataclass(frozen=True, slots=True)
class Series:
    """Pages that belong together: one address, with {page} or whose pages name the next one, for these wanted days.

    `stretch` is what the address says the pages are about. A `is_bounded` one asks for the wanted days itself, so that
    its end is the end.
    """

    address: str
    days: frozenset[date]
    stretch: Stretch | None = None
    is_bounded: bool = False


class Course:
    """A series while it is read: `address` is the page that is wanted next, None at the end, `before` the last one.

    `absent` says that its first page is not there or empty: whether that is an empty day, others of its kind show.
    """

    def __init__(self, series: Series, wanted: Wanted) -> None:
        self.series = series
        self.address: str | None = series.address.replace(PAGE, "1")
        self.before: str | None = None
        self.absent: str | None = None
        self._walk = Walk(wanted, series.stretch)
        self._open = set(series.days)
        self._visited: set[str] = set()
        self._number = 1
        self._stale = 0
        self._is_moved = False
        self._hole: tuple[date | None, str] | None = None

    def is_shifted(self, page: ListedPage) -> bool:
        """Whether the pages moved while they were read, so that the one before is to be read again."""
        return self.before is not None and self._hole is None and self._walk.is_shifted(page.entries)

    def again(self, page: ListedPage) -> Iterator[Announced]:
        """What is new on the page before."""
        candidates = self._walk.take(page.entries, self.before or "")
        self._is_moved = self._walk.fresh > 0
        return pieces(candidates, Announced())

    def took(self, page: ListedPage, requests: tuple[ArchiveRequest, ...]) -> Iterator[Announced]:
        """What the page at `address` announces."""
        place = self.address or ""
        if not page.entries and self._number == 1:
            return iter([self._nothing(requests)])
        # Where a whole page of new items came in between, the same page again is no end.
        is_moved, self._is_moved = self._is_moved, False
        if not page.entries or (self._walk.is_repeated(page.entries) and not is_moved):
            return iter([self._ended(None, Announced(requests=requests))])
        candidates: list[Candidate] = self._walk.take(page.entries, place)
        self._stale = 0 if self._walk.fresh else self._stale + 1
        failed = self._beside_hole()
        passed = self._walk.passed
        complete = self._closed(day for day in self._open if passed is not None and day > passed)
        last = Announced((), requests, complete, failed, rejected_line(place, page.rejected))
        return pieces(candidates, self._turned(page, last))

    def missed(self, failure: Failure, requests: tuple[ArchiveRequest, ...]) -> Announced:
        """What it means that the page at `address` can't be read."""
        asked = Announced(requests=requests)
        reason = f"{self.address} can't be read: {told(failure)}"
        if self._number > 1 and (failure.reason in _ABSENT or self._is_beyond(failure)):
            return self._ended(None, asked)
        if failure.reason in _ABSENT and self.series.stretch:
            self.absent, self.address = reason, None
            return asked
        if self._hole or PAGE not in self.series.address or failure.reason in _ABSENT:
            return self._ended(f"{reason}; {AGAIN}, or name another listing as the place", asked)
        self._hole = (self._walk.last, reason)
        self._go_to(self.series.address.replace(PAGE, str(self._number + 1)))
        return asked

    def settle_absent(self, *, is_empty: bool) -> Announced:
        """The days of a first page that is not there: done where it means an empty day, else they can't be listed."""
        days = self._closed(set(self._open))
        return (
            Announced(complete=days) if is_empty else Announced(failed=dict.fromkeys(sorted(days), self.absent or ""))
        )

    def _nothing(self, requests: tuple[ArchiveRequest, ...]) -> Announced:
        """A first page without items."""
        asked = Announced(requests=requests)
        if self.series.is_bounded:
            return self._ended(None, asked)
        reason = f"{self.address} lists nothing; check the address and the item selector of the source's listing"
        if self.series.stretch:
            self.absent, self.address = reason, None
            return asked
        return self._ended(reason, asked)

    def _is_beyond(self, failure: Failure) -> bool:
        """How WordPress says that there is no such page."""
        return failure.status == _BAD_REQUEST and is_wordpress(self.series.address)

    def _turned(self, page: ListedPage, last: Announced) -> Announced:
        """On to the next page, or the end."""
        following = self._following(page)
        if self._walk.oldest is None and self._number >= PAGES_WITHOUT_DATES:
            return self._ended("its items show no date; name where it stands in the listing's selectors (date)", last)
        if not self._open or not following:
            return self._ended(None, last)
        if self._number >= MAX_PAGES:
            return self._ended(f"not within the first {MAX_PAGES} pages; {_OTHER_WAY}", last)
        self._go_to(following)
        return last

    def _following(self, page: ListedPage) -> str | None:
        """The address of the next page; None: there is none, or the last two showed nothing new."""
        self._visited.add(self.address or "")
        if self._stale > 1:
            return None
        if PAGE in self.series.address:
            return self.series.address.replace(PAGE, str(self._number + 1))
        return page.following if page.following not in self._visited else None

    def _go_to(self, address: str) -> None:
        self.before, self.address = self.address, address
        self._number += 1

    def _beside_hole(self) -> dict[date, str]:
        """The days that a page which failed may have held: from the last item before it to the first behind it."""
        if not self._hole or self._walk.first is None:
            return {}
        before, reason = self._hole
        self._hole = None
        ends = sorted((self._walk.first, before or max(self._open, default=self._walk.first)))
        days = self._closed(day for day in self._open if ends[0] <= day <= ends[1])
        return dict.fromkeys(sorted(days), f"{reason}; {AGAIN}")

    def _ended(self, reason: str | None, last: Announced) -> Announced:
        """The end: days that are open are done where nothing else can hold them, else they can't be listed."""
        self.address = None
        self._walk.close()
        reason = reason or (self._hole[1] if self._hole else None)
        oldest = self._walk.oldest
        is_whole = self.series.stretch is not None or self.series.is_bounded
        done = self._closed(
            day for day in self._open if not reason and (is_whole or (oldest is not None and day >= oldest))
        )
        rest = dict.fromkeys(sorted(self._closed(set(self._open))), reason or self._too_short())
        why = "items without a date, which may be of any day"
        lines = left_out_line(self.series.address, why, self._walk.examples, self._walk.undated)
        return replace(
            last, complete=last.complete | done, failed={**last.failed, **rest}, left_out=(*last.left_out, *lines)
        )

    def _too_short(self) -> str:
        if self._walk.oldest is None:
            return f"{self.series.address} shows no item with a date; name where it stands in the listing's selectors"
        end = f"the listing ends with {self._walk.oldest} on page {self._number}"
        return f"{end}, it does not go back so far; {_OTHER_WAY}"

    def _closed(self, days: Iterable[date]) -> frozenset[date]:
        closed = frozenset(days)
        self._open -= closed
        return closed
