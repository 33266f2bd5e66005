"""Which documents are still to be read, and which wanted days are listed once they are. Pure, but it remembers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tasks.archives.stretches import Stretch
from tasks.urls import canonical_url

# An archive of 25 years by day has 9,000 documents; one that goes on for ever has more than any number.
MAX_DOCUMENTS = 20_000
# sitemaps.org allows one level of indexes; deeper ones are met, and loops whose every turn has a new address.
MAX_DEPTH = 11


@dataclass(frozen=True, slots=True)
class Document:
    """One document to be read: `days` are the wanted ones that it may hold, `stretch` what its name says it is about.

    `depth` is how many indexes led to it. `others` are to be tried in its place, in order, where it is not there.
    """

    url: str
    days: frozenset[date]
    stretch: Stretch | None = None
    depth: int = 0
    others: tuple[str, ...] = ()


class Agenda:
    """The documents in the order in which they are read, each once, and the days that are still open."""

    def __init__(self, days: Iterable[date]) -> None:
        self.open = set(days)
        self._waiting: list[Document] = []
        self._seen: set[str] = set()
        self._holding: Counter[date] = Counter()

    def plan(self, documents: Iterable[Document]) -> list[Document]:
        """Put documents in front of those that wait; the ones that are too many or too deep come back, unread.

        What was planned before is passed over. Plan what a document lists before the document itself is settled.
        """
        fresh: list[Document] = []
        unread: list[Document] = []
        for document in documents:
            key = canonical_url(document.url) or document.url
            if key in self._seen:
                continue
            if len(self._seen) >= MAX_DOCUMENTS or document.depth > MAX_DEPTH:
                unread.append(document)
                continue
            self._seen.add(key)
            fresh.append(document)
            self._holding.update(document.days & self.open)
        self._waiting += reversed(fresh)
        return unread

    def next(self) -> Document | None:
        """The document to be read now; None: there is none left."""
        return self._waiting.pop() if self._waiting else None

    def settle(self, document: Document) -> frozenset[date]:
        """The days of which everything is read with this document."""
        held = document.days & self.open
        self._holding.subtract(held)
        return self._closed(day for day in held if self._holding[day] <= 0)

    def fail(self, days: Iterable[date], reason: str) -> dict[date, str]:
        """The days that can't be listed any more, with the reason; those that failed before keep theirs."""
        return dict.fromkeys(sorted(self._closed(day for day in days if day in self.open)), reason)

    def _closed(self, days: Iterable[date]) -> frozenset[date]:
        closed = frozenset(days)
        self.open -= closed
        return closed
