"""Boilerplate that is learned: which sentences were printed by other stories too. Pure; the counts live in the memory."""

from dataclasses import dataclass


@dataclass(slots=True)
class Seen:
    """Where a sentence was printed: in how many stories (last in `story`), on how many days within stories."""

    story: int
    stories: int = 1
    day: int = 0
    days: int = 1


# A sentence on so many days is part of a series, even where its editions were wrongly put together.
_SERIES_DAYS = 3
_STORIES = 3


def noted(seen: Seen | None, story: int, day: int) -> Seen:
    """The count after one more article of a story printed the sentence on a day."""
    if seen is None:
        return Seen(story, 1, day, 1)
    return Seen(
        story=story,
        stories=seen.stories + (seen.story != story),
        day=max(day, seen.day),
        days=seen.days + (day > seen.day),
    )


def is_foreign(seen: Seen) -> bool:
    """Whether a sentence tells nothing about belonging to the story: another one prints it too, or it comes every day."""
    return seen.stories >= _STORIES or seen.days >= _SERIES_DAYS
