"""Cron expressions: five fields (minute, hour, day of month, month, day of week), checked before Prefect sees them.

Read as Prefect's scheduler reads them: numbers, names of months and days, `*`, ranges, lists and steps. Without its
extensions (seconds, years, `L`, `#`, `@daily`): what a source file says must be plain.
"""

import re
from collections.abc import Sequence

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Name, least and greatest number, and the words for numbers from the least one on.
_FIELDS: tuple[tuple[str, int, int, Sequence[str]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_PART = re.compile(r"(?P<first>\*|[0-9]{1,2}|[a-z]{3})(-(?P<last>[0-9]{1,2}|[a-z]{3}))?(/(?P<step>[0-9]{1,2}))?")


def checked(expression: str) -> str:
    """`expression` with single blanks, if it is a cron expression; a ValueError says which field is wrong and why."""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"a schedule has five fields (minute, hour, day of the month, month, day of the week), not {len(fields)}; "
            "such as '*/2 8-18 * * mon-fri'"
        )
    for field, (name, least, greatest, words) in zip(fields, _FIELDS, strict=True):
        for part in field.lower().split(","):
            if problem := _problem(part, least, greatest, words):
                raise ValueError(f"the {name} of a schedule {problem}")
    return " ".join(fields)


def _problem(part: str, least: int, greatest: int, words: Sequence[str]) -> str | None:
    """What is wrong with one part of a field; None: nothing."""
    found = _PART.fullmatch(part)
    if found is None or (found["first"] == "*" and found["last"]):
        return f"can't be {part!r}"
    numbers = [_number(end, least, words) for end in (found["first"], found["last"]) if end and end != "*"]
    if not all(number is not None and least <= number <= greatest for number in numbers):
        return f"goes from {least} to {greatest}, and {part!r} does not"
    if numbers != sorted(numbers, key=lambda number: number or 0):
        return f"ends before it begins in {part!r}"
    step = int(found["step"]) if found["step"] else 1
    if not 1 <= step <= greatest or (found["step"] and found["first"] != "*" and not found["last"]):
        return f"has no such step: {part!r}"
    return None


def _number(end: str, least: int, words: Sequence[str]) -> int | None:
    return least + words.index(end) if end in words else int(end) if end.isdigit() else None
