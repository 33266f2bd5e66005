"""Boilerplate that is learned: sentences that several stories print. Pure; the counts live in the past."""

from dataclasses import dataclass

# In so many stories a sentence is boilerplate. Two would learn faster, but then a single wrong split makes the words of
# an article boilerplate, and its later copies are missed (docs/dedup.md).
_LEAST_STORIES = 3
# On so many days it is, even where editions of a series were wrongly put together.
_LEAST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a sentence was printed: the first stories that did, at most three; the last document; on how many days.

    Boilerplate says nothing about the story.
    """

    stories: tuple[int, ...]
    number: int
    day: int
    days: int = 1
    is_boilerplate: bool = False

    @property
    def only_story(self) -> int | None:
        """The story that alone printed it; None: several did."""
        return self.stories[0] if len(self.stories) == 1 else None


def noted(seen: Seen | None, story: int, number: int, day: int) -> Seen:
    """The count after one more article printed the sentence; days count when they come in order."""
    if seen is None:
        return Seen((story,), number, day)
    is_new = story not in seen.stories and len(seen.stories) < _LEAST_STORIES
    stories = (*seen.stories, story) if is_new else seen.stories
    days = seen.days + (day > seen.day)
    return Seen(stories, number, max(day, seen.day), days, len(stories) >= _LEAST_STORIES or days >= _LEAST_DAYS)
