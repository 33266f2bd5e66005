"""A `Past` from rows and rows from a `Past`: the state of placing as Postgres keeps it. Pure.

In a `Past` a story is known by the number of the document that opened it; stories of the database are known there by
their id with a minus in front, so that both can stand side by side. Hashes and keys carry their language in the
database, and are signed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.dedupe.learned import Seen
from tasks.dedupe.past import Arrival, Document, Kind, Past
from tasks.dedupe.sketch import VERSION, Sketch

Row = Mapping[str, Any]


@dataclass(slots=True)
class Added:
    """The rows that a batch adds: sketches, their keys, and counts as they are now: new ones, and changed ones."""

    sketches: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    counted: list[Row] = field(default_factory=list)
    recounted: list[Row] = field(default_factory=list)


class Recalled(NamedTuple):
    """What was known before a batch: the sentences and titles counted this week, by hash.

    `full` are keys of so many documents that they find nobody any more; they are not kept of further ones.
    """

    sentences: frozenset[int]
    titles: frozenset[int]
    full: frozenset[int]


def stored(hashes: npt.NDArray[Any], language: str) -> list[int]:
    """64-bit hashes as the database holds those of a language."""
    salted: list[int] = (hashes.view(np.uint64) ^ _salt(language)).view(np.int64).tolist()
    return salted


def recalled(value: int, language: str) -> int:
    """The hash of a language, unsigned, from what the database holds."""
    return (value & 0xFFFF_FFFF_FFFF_FFFF) ^ int(_salt(language))


def hashes_of(sketch: Sketch, language: str) -> list[int]:
    """The hashes of the sentences and of the title, as the database holds them."""
    said = np.append(sketch.sentences, np.uint64(sketch.title_hash))
    return stored(np.unique(said[said != 0]), language)


def document(row: Row) -> Document:
    """A stored sketch, with the story of its article, as a document of the past; its keys have been asked already."""
    sketch = Sketch(
        tokens=np.frombuffer(row["tokens"], dtype=np.uint32),
        starts=np.frombuffer(row["starts"], dtype=np.uint32).astype(np.int64),
        sentences=np.frombuffer(row["sentences"], dtype=np.uint64),
        entries=np.frombuffer(row["entries"], dtype=np.bool_),
        keys=np.zeros(0, dtype=np.int64),
        heading=np.frombuffer(row["heading"], dtype=np.uint32),
        title=tuple(row["title"]),
        title_hash=row["title_hash"] & 0xFFFF_FFFF_FFFF_FFFF,
        digest=bytes(row["digest"]),
        is_list=row["is_list"],
    )
    arrival = Arrival(str(row["article_id"]), row["source"], "", row["at"], sketch)
    return Document(row["placement_no"], -row["story_id"], arrival, Kind(row["kind"]), row["is_digest"])


def seen(rows: Iterable[Row], language: str, *, titles: bool) -> dict[int, Seen]:
    """The counts of titles, or of sentences, by hash."""
    return {
        recalled(row["hash"], language): Seen(
            tuple(-story for story in row["stories"]), row["placement_no"], row["day"], row["days"],
            row["is_boilerplate"],
        )
        for row in rows
        if row["is_title"] == titles
    }  # fmt: skip


def added(past: Past, numbers: Collection[int], stories: Mapping[int, int], language: str, before: Recalled) -> Added:
    """The rows of the documents with these placement numbers; `stories` gives the id of each story opened by them."""
    rows = Added()
    for number in numbers:
        known = past.documents[number]
        rows.sketches.append(_sketch_row(known, language))
        telling = dict.fromkeys(key for key in known.arrival.sketch.keys.tolist() if key not in before.full)
        keys = stored(np.array([*telling], dtype=np.int64), language)
        rows.keys += [{"key": key, "placement_no": number} for key in keys]
    chosen = frozenset(numbers)
    kinds = ((False, past.seen, before.sentences), (True, past.titles, before.titles))
    for is_title, counts, counted_before in kinds:
        changed = {hash_: one for hash_, one in counts.items() if one.number in chosen}
        for hash_, row in zip(changed, _count_rows(changed, stories, language, is_title=is_title), strict=True):
            (rows.recounted if hash_ in counted_before else rows.counted).append(row)
    return rows


def _id_of(story: int, stories: Mapping[int, int]) -> int:
    """The id of a story of the past."""
    return -story if story < 0 else stories[story]


def _count_rows(
    counts: Mapping[int, Seen], stories: Mapping[int, int], language: str, *, is_title: bool
) -> Iterator[Row]:
    for hash_, one in zip(stored(np.array([*counts], dtype=np.uint64), language), counts.values(), strict=True):
        yield {
            "hash": hash_,
            "is_title": is_title,
            "stories": [_id_of(story, stories) for story in one.stories],
            "placement_no": one.number,
            "day": one.day,
            "days": one.days,
            "is_boilerplate": one.is_boilerplate,
        }


def _sketch_row(known: Document, language: str) -> Row:
    arrival, sketch = known.arrival, known.arrival.sketch
    return {
        "placement_no": known.number,
        "article_id": int(arrival.id),
        "language": language,
        "source": arrival.source,
        "at": arrival.at,
        "kind": known.kind.value,
        "digest": sketch.digest,
        "tokens": sketch.tokens.tobytes(),
        "starts": sketch.starts.astype(np.uint32).tobytes(),
        "sentences": sketch.sentences.tobytes(),
        "entries": sketch.entries.tobytes(),
        "heading": sketch.heading.tobytes(),
        "title": list(sketch.title),
        "title_hash": int(np.uint64(sketch.title_hash).view(np.int64)),
        "is_list": sketch.is_list,
        "is_digest": known.is_digest,
        "version": VERSION,
    }


@lru_cache(maxsize=64)
def _salt(language: str) -> np.uint64:
    salt: np.uint64 = np.frombuffer(blake2b(language.encode(), digest_size=8).digest(), dtype=np.uint64)[0]
    return salt
