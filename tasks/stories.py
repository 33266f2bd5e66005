"""Articles into stories, in the transaction that loads them: what they can meet is recalled, what was decided kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import numpy as np

from sql.connect import Connection
from sql.store import placing as store
from tasks.columns import Row
from tasks.dedupe.digests import is_digest
from tasks.dedupe.memory import Recalled, added, document, hashes_of, recalled, seen, stored
from tasks.dedupe.past import MOST_DOCUMENTS_OF_KEY, WINDOW, Arrival, Document, Kind, Past
from tasks.dedupe.placing import Placement, place
from tasks.dedupe.sketch import VERSION


@dataclass(frozen=True, slots=True)
class New:
    """A text to be placed, its language and placement number, and the id of the story that it opens if it joins none.

    The id of the arrival is that of its article. A revision brings the story of its article along, and stays there:
    it is remembered, so that copies of the new text are found.
    """

    arrival: Arrival
    language: str
    placement_no: int
    story_id: int
    is_revision: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Where an article belongs: its story, its role there, whether word by word, and how much of it is shared.

    `displaces` is the id of the article that was the story's original until now.
    """

    story_id: int
    role: Kind
    is_exact: bool
    containment: Decimal | None
    displaces: int | None


def tell(conn: Connection, texts: Sequence[New]) -> dict[int, Told]:
    """The place of each article by its id; `texts` in the order of their placement numbers. Revisions get none.

    Languages are placed one after the other: their memories have nothing in common.
    """
    told: dict[int, Told] = {}
    ordered = sorted(texts, key=lambda one: one.language)
    for language, group in groupby(ordered, key=lambda one: one.language):
        told |= _tell(conn, language, list(group))
    return told


def _tell(conn: Connection, language: str, texts: Sequence[New]) -> dict[int, Told]:
    """The same for texts of one language."""
    past, rootless, before = recall(conn, language, texts)
    placed = place(_in_turn(texts, past), past)
    opened = {one.placement_no: one.story_id for one in texts if not one.is_revision}
    numbers = [one.placement_no for one in texts]
    rows = added(past, numbers, opened, language, before)
    store.save(conn, rows.sketches, rows.keys, rows.counted)
    store.recount(conn, rows.recounted, _monday(datetime.now(UTC)))
    return {int(one.id): _told(one, opened, rootless) for one in placed}


def _in_turn(texts: Sequence[New], past: Past) -> Iterator[Arrival]:
    """The articles, each when those before it are placed; revisions are only remembered."""
    numbers = {one.arrival.id: one.placement_no for one in texts if not one.is_revision}
    for one in texts:
        past.next_number = one.placement_no
        if not one.is_revision:
            yield one.arrival
            continue
        first = past.documents.get(numbers.get(one.arrival.id, -1))
        story = first.story if first else -one.story_id
        repeats = is_digest(one.arrival.sketch, past)
        past.add(Document(one.placement_no, story, one.arrival, Kind.REVISION, repeats))


def _told(placement: Placement, opened: Mapping[int, int], rootless: frozenset[int]) -> Told:
    """Where the original is forgotten, nobody can say that the article came before it."""
    story = placement.story
    displaces = int(placement.displaces) if placement.displaces is not None else None
    shared = Decimal(str(placement.containment)) if placement.containment is not None else None
    if displaces is not None and story in rootless:
        return Told(-story, Kind.COPY, placement.is_exact, shared, None)
    return Told(-story if story < 0 else opened[story], placement.kind, placement.is_exact, shared, displaces)


def recall(conn: Connection, language: str, texts: Sequence[New]) -> tuple[Past, frozenset[int], Recalled]:
    """Everything that the texts can meet, the stories in it whose original is forgotten, and what was stored of it.

    Looked back is on whole weeks: what is printed once a week comes back within them.
    """
    sketches = [one.arrival.sketch for one in texts]
    keys = stored(np.concatenate([one.keys for one in sketches]), language)
    since = _monday(min(one.arrival.at for one in texts) - WINDOW)
    found = store.by_keys(conn, keys, since)
    same = store.by_digest(conn, language, (one.digest for one in sketches), VERSION)
    counted = store.counts(conn, (hash_ for one in sketches for hash_ in hashes_of(one, language)), since)
    rows, roots = _documents(conn, _by_key(found, language), same, counted, texts)
    past = Past(documents={row["placement_no"]: document(row) for row in rows})
    past.roots = {-story: number for story, (number, _) in roots.items()}
    # Texts of the past lose their boilerplate, too.
    met = {hash_ for known in past.documents.values() for hash_ in hashes_of(known.arrival.sketch, language)}
    counted += store.counts(conn, met - {row["hash"] for row in counted}, since)
    past.seen, past.titles = seen(counted, language, titles=False), seen(counted, language, titles=True)
    past.by_digest = {digest: number for digest, number in same.items() if number in past.documents}
    past.by_key = {
        key: numbers if len(numbers) > MOST_DOCUMENTS_OF_KEY else [one for one in numbers if one in past.documents]
        for key, numbers in _by_key(found, language).items()
    }
    known = {story for story, (_, is_original) in roots.items() if is_original}
    rootless = frozenset(-story for story in {*roots, *(one.story_id for one in texts)} - known)
    return past, rootless, _before(past, counted, language)


def _before(past: Past, counted: Sequence[Row], language: str) -> Recalled:
    """What is stored of a past: the counts of this week, and keys that are full."""
    monday = _monday(datetime.now(UTC))
    present = [row for row in counted if row["counted_at"] >= monday]
    full = frozenset(key for key, numbers in past.by_key.items() if len(numbers) > MOST_DOCUMENTS_OF_KEY)
    sentences, titles = (frozenset(seen(present, language, titles=titles)) for titles in (False, True))
    return Recalled(sentences, titles, full)


def _monday(at: datetime) -> datetime:
    """The first moment of an ISO week, UTC: that of a partition."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _by_key(found: Sequence[tuple[int, int]], language: str) -> dict[int, list[int]]:
    """Placement numbers by key, as sketches have it: signed and without the language."""
    keys = np.array([recalled(key, language) for key, _ in found], dtype=np.uint64).view(np.int64).tolist()
    by_key: dict[int, list[int]] = {}
    for key, (_, number) in zip(keys, found, strict=True):
        by_key.setdefault(key, []).append(number)
    return by_key


def _documents(
    conn: Connection,
    by_key: Mapping[int, Sequence[int]],
    same: Mapping[bytes, int],
    counted: Sequence[Row],
    texts: Sequence[New],
) -> tuple[list[Row], dict[int, tuple[int, bool]]]:
    """The sketches found by key, by words or by a sentence of one story, with the originals of their stories."""
    numbers = {number for those in by_key.values() if len(those) <= MOST_DOCUMENTS_OF_KEY for number in those}
    numbers |= set(same.values()) | {row["placement_no"] for row in counted if len(row["stories"]) == 1}
    rows: list[Row] = list(store.documents(conn, numbers, VERSION))
    stories = {row["story_id"] for row in rows} | {one.story_id for one in texts if one.is_revision}
    roots = store.roots(conn, stories, VERSION)
    missing = {number for number, _ in roots.values()} - {row["placement_no"] for row in rows}
    return [*rows, *store.documents(conn, missing, VERSION)], roots
