"""Stories as people look at them: one with all its articles, the largest ones, and those that look wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sql.connect import Connection
from sql.store import placing, stories
from tasks.dedupe.memory import document
from tasks.dedupe.overlap import Overlap
from tasks.dedupe.past import Past
from tasks.dedupe.sketch import VERSION
from tasks.dedupe.views import Views
from tasks.story_signs import Sign, signs

Row = Mapping[str, Any]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Story:
    """A story: its articles by the time from which they could be known, and what speaks against it.

    `overlaps`: by article what its text shares with that of the original, where both are remembered still.
    """

    id: int
    members: Sequence[Row]
    signs: Sequence[Sign]
    overlaps: Mapping[int, Overlap]

    @property
    def first(self) -> Row:
        """The article that could be known first."""
        return self.members[0]

    @property
    def original(self) -> Row:
        """The article that the others copy."""
        return next((one for one in self.members if one["story_role"] == "original"), self.first)

    @property
    def sources(self) -> list[str]:
        """Who carries it, in the order in which they did."""
        return list(dict.fromkeys(one["source"] for one in self.members))

    @property
    def agency(self) -> str | None:
        """The agency that the original credits, else the first article that credits one."""
        said = (one["agency"] for one in (self.original, *self.members) if one["agency"])
        return next(said, None)

    @property
    def hours(self) -> float:
        """From the first to the last article."""
        span: timedelta = self.members[-1]["available_at"] - self.first["available_at"]
        return span / timedelta(hours=1)

    @property
    def suspicion(self) -> int:
        """How much speaks against it."""
        return sum(sign.weight for sign in self.signs)


def story(conn: Connection, story_id: int) -> Story | None:
    """One story; None: there is none with this id."""
    members = stories.members(conn, [story_id])
    return Story(story_id, members, signs(members), _overlaps(conn, members)) if members else None


def largest(conn: Connection, since: datetime, count: int) -> list[Story]:
    """The stories that got an article since then, those carried by the most sources first."""
    found = {one.id: one for one in _stories(conn, stories.largest(conn, since, count))}
    return sorted(found.values(), key=lambda one: (-len(one.sources), -len(one.members), one.id))


def suspicious(conn: Connection, since: datetime, count: int) -> list[Story]:
    """The stories that got an article since then and look as if they were put together wrongly, the worst first."""
    found: list[Story] = []
    after = 0
    while ids := stories.several(conn, since, after, _AT_ONCE):
        found += [one for one in _stories(conn, ids) if one.signs]
        found = sorted(found, key=lambda one: (-one.suspicion, one.id))[:count]
        after = ids[-1]
    return found


def _stories(conn: Connection, ids: Sequence[int]) -> Iterator[Story]:
    """Stories without the overlaps of their texts."""
    for story_id, group in groupby(stories.members(conn, ids), key=lambda row: int(row["story_id"])):
        members = list(group)
        yield Story(story_id, members, signs(members), {})


def _overlaps(conn: Connection, members: Sequence[Row]) -> dict[int, Overlap]:
    """What each text shares with the original's; a text without a sketch is left out."""
    numbers = stories.first_sketches(conn, [one["article_id"] for one in members], VERSION)
    known = {int(one.arrival.id): one for one in map(document, placing.documents(conn, numbers, VERSION))}
    root = next((known.get(one["article_id"]) for one in members if one["story_role"] == "original"), None)
    if root is None:
        return {}
    views = Views(Past())
    return {article: views.whole(one.arrival, root) for article, one in known.items() if one is not root}
