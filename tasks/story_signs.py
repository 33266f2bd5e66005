"""Signs that a story holds articles that do not belong together, in words, from its members alone. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from tasks.dedupe.folding import fold_title
from tasks.dedupe.titles import other_edition

Member = Mapping[str, Any]
# An agency's text is carried within hours; a week later it is another one on the same template.
LONG = timedelta(days=7)
LOW = Decimal("0.5")
# So many articles of one source in a story are a ticker or a series.
MANY_OF_ONE = 4
# Titles of so many words that share none speak of different things; portals reword shorter ones freely.
_LEAST_WORDS = 4
# Of very large stories the first ones are compared with each other.
_MOST_COMPARED = 40


@dataclass(frozen=True, slots=True)
class Sign:
    """What speaks against a story, the articles that show it, and how much it weighs."""

    what: str
    articles: tuple[int, ...]
    weight: int


def signs(members: Sequence[Member]) -> list[Sign]:
    """What speaks against these articles being one story, the gravest first; `members` by available_at."""
    found = [*_editions(members), *_little_shared(members), *_foreign_titles(members), *_many(members), *_span(members)]
    return sorted(found, key=lambda sign: -sign.weight)


def _editions(members: Sequence[Member]) -> Iterator[Sign]:
    """Titles that are the same but for a date or a number: two editions of a series."""
    titles = [(one, fold_title(one["title"])[1]) for one in members[:_MOST_COMPARED] if one["story_role"] != "revision"]
    for (one, here), (other, there) in combinations(titles, 2):
        if other_edition(here, there):
            said = f"titles of two editions: {one['title']} / {other['title']}"
            yield Sign(said, (one["article_id"], other["article_id"]), 4)
            return


def _little_shared(members: Sequence[Member]) -> Iterator[Sign]:
    """Copies that share less than half of the smaller text."""
    for one in members:
        shared = one["containment"]
        if one["story_role"] == "copy" and shared is not None and shared < LOW:
            yield Sign(f"only {shared:.0%} shared: {one['title']}", (one["article_id"],), 3)


def _foreign_titles(members: Sequence[Member]) -> Iterator[Sign]:
    """A title without any word of the original's, on a text that is not nearly the same."""
    original = next((one for one in members if one["story_role"] == "original"), None)
    if original is None:
        return
    words = set(fold_title(original["title"])[1])
    for one in members:
        mine = set(fold_title(one["title"])[1])
        is_near = one["containment"] is None or one["containment"] >= Decimal("0.9")
        if not is_near and min(len(words), len(mine)) >= _LEAST_WORDS and not words & mine:
            yield Sign(f"no word of the original's title: {one['title']}", (one["article_id"],), 2)


def _many(members: Sequence[Member]) -> Iterator[Sign]:
    """Many articles of one source."""
    counts = Counter(one["source"] for one in members)
    for source, count in counts.most_common(1):
        if count >= MANY_OF_ONE:
            mine = tuple(one["article_id"] for one in members if one["source"] == source)
            yield Sign(f"{count} articles of {source}", mine, 2)


def _span(members: Sequence[Member]) -> Iterator[Sign]:
    """A long time between the first and the last one."""
    span = members[-1]["available_at"] - members[0]["available_at"]
    if span > LONG:
        yield Sign(f"{span.days} days from the first to the last", (members[-1]["article_id"],), 1)
