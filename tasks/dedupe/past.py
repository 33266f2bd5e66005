"""What placing knows of the past: documents by what finds them, and the counts of sentences. Plain state, no rules.

Whoever keeps it in a database fills one `Past` for each batch with everything that the batch can touch, and stores
afterwards what was added; in memory one `Past` lasts for the whole run.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tasks.dedupe.learned import Seen, noted
from tasks.dedupe.sketch import Sketch

# Copies are looked for among what was published so long before.
WINDOW = timedelta(days=7)
# A key of more documents is boilerplate or a template; a database asks for one more than this.
MOST_DOCUMENTS_OF_KEY = 60
_MOST_CANDIDATES = 40
_MOST_OF_STORY = 4


class Kind(StrEnum):
    """What an article is in its story."""

    ORIGINAL = "original"
    COPY = "copy"
    PARTIAL = "partial"
    REVISION = "revision"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An article that is to be placed. `at` is when it was published, else when we first saw it, UTC."""

    id: str
    source: str
    url: str
    at: datetime
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Document:
    """A placed article. `number` is its placement number, ascending; a digest attracts nobody."""

    number: int
    story: int
    arrival: Arrival
    kind: Kind
    is_digest: bool = False


@dataclass(slots=True)
class Past:
    """Everything that the articles of a batch can meet.

    `next_number` is the next placement number. `by_key` holds the numbers of documents by band, `roots` the number of
    each story's original, `sizes` how many documents each story has. `seen` counts sentences, `titles` titles, both by
    their hash; digests are not counted, as they repeat what others say.
    """

    next_number: int = 0
    documents: dict[int, Document] = field(default_factory=dict)
    by_key: dict[int, list[int]] = field(default_factory=dict)
    by_url: dict[str, int] = field(default_factory=dict)
    by_digest: dict[bytes, int] = field(default_factory=dict)
    roots: dict[int, int] = field(default_factory=dict)
    sizes: Counter[int] = field(default_factory=Counter)
    seen: dict[int, Seen] = field(default_factory=dict)
    titles: dict[int, Seen] = field(default_factory=dict)

    def candidates(self, new: Arrival) -> list[Document]:
        """Documents of the window that share keys or sentences, most first, then the roots of their stories."""
        hits = Counter(self._found(new.sketch))
        since = new.at - WINDOW
        recent = [number for number in hits if self.documents[number].arrival.at >= since]
        ranked = self._few_of_each_story(sorted(recent, key=lambda number: (-hits[number], number)))
        roots = {self.roots[self.documents[number].story] for number in ranked} - set(ranked)
        return [self.documents[number] for number in (*ranked, *sorted(roots))]

    def _few_of_each_story(self, ranked: list[int]) -> list[int]:
        """The first candidates, without the further copies of a story that was carried often."""
        taken: Counter[int] = Counter()
        few: list[int] = []
        for number in ranked:
            story = self.documents[number].story
            if taken[story] < _MOST_OF_STORY and len(few) < _MOST_CANDIDATES:
                taken[story] += 1
                few.append(number)
        return few

    def _found(self, sketch: Sketch) -> Iterable[int]:
        for key in sketch.keys.tolist():
            numbers = self.by_key.get(key, ())
            if len(numbers) <= MOST_DOCUMENTS_OF_KEY:
                yield from numbers
        for sentence in sketch.sentences.tolist():
            seen = self.seen.get(sentence)
            # The counts outlive the documents.
            if seen is not None and seen.only_story is not None and seen.number in self.documents:
                yield seen.number

    def add(self, document: Document) -> None:
        """Note a document that was placed."""
        number, arrival = document.number, document.arrival
        self.documents[number] = document
        self.next_number = number + 1
        self.roots.setdefault(document.story, number)
        self.sizes[document.story] += 1
        for key in arrival.sketch.keys.tolist():
            self.by_key.setdefault(key, []).append(number)
        self.by_url.setdefault(arrival.url, number)
        self.by_digest[arrival.sketch.digest] = number
        if not document.is_digest:
            self._learn(document)

    def _learn(self, document: Document) -> None:
        arrival, story, number = document.arrival, document.story, document.number
        day = arrival.at.toordinal()
        for sentence in set(arrival.sketch.sentences.tolist()) - {0}:
            self.seen[sentence] = noted(self.seen.get(sentence), story, number, day)
        title = arrival.sketch.title_hash
        if title:
            self.titles[title] = noted(self.titles.get(title), story, number, day)
