"""Boilerplate that is learned: sentences that several stories print. Pure; the counts live in the memory."""

from dataclasses import dataclass

# In so many stories a sentence is boilerplate. Two would learn faster, but then a single wrong split makes the words of
# an article boilerplate, and its later copies are missed (docs/dedup.md).
_LEAST_STORIES = 3
# On so many days it is, even where editions of a series were wrongly put together.
_LEAST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a sentence was printed: in `stories` stories, last in `story` by document `number`; on `days` days."""

    story: int
    number: int
    day: int
    stories: int = 1
    days: int = 1

    @property
    def is_boilerplate(self) -> bool:
        """Whether it says nothing about the story."""
        return self.stories >= _LEAST_STORIES or self.days >= _LEAST_DAYS


def noted(seen: Seen | None, story: int, number: int, day: int) -> Seen:
    """The count after one more article printed the sentence; days count when they come in order."""
    if seen is None:
        return Seen(story, number, day)
    return Seen(
        story=story,
        number=number,
        day=max(day, seen.day),
        stories=seen.stories + (seen.story != story),
        days=seen.days + (day > seen.day),
    )
