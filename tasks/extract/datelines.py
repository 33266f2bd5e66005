"""Dates printed as text near a headline: which part of a line is the date, and what its label says.

Finds the spot only; what the date means is up to tasks.dates.
"""

import re

_MONTH = r"(?:[A-Za-zÀ-ÿ]{3,10}\.?)"
_CLOCK = (
    r"(?:(?:\s*(?:,|-|–|\||/|um|at|à|o'clock|kl\.?)\s*|\s+)*"
    r"\d{1,2}(?:[:.h]\d{2})(?::\d{2})?(?:\s*(?:[ap]\.?m\b\.?|Uhr\b|h\b))?"
    r"(?:\s*\(?(?:MESZ|MEZ|CEST|CET|UTC|GMT|BST|E[SD]T|P[SD]T|C[SD]T)\b\)?)?)"
)
_DAY = (
    r"(?:\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{1,2}\.\s?\d{1,2}\.\d{2}\b|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}|"
    rf"\d{{1,2}}(?:\.|er)?\s+{_MONTH}\s+\d{{4}}|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}})"
)
_DATE = re.compile(rf"(?<![\w.]){_DAY}(?!\.?\d)(?:T?{_CLOCK})?", re.IGNORECASE)
# What every date ends with; most lines have nothing like it.
_YEAR = re.compile(r"\d{4}|\d\.\d\d")
_UPDATED = re.compile(
    r"aktualisi|update|zuletzt|geändert|überarbeitet|bearbeitet|stand:|modifi|mis à jour|last changed|revised|actualiz|"
    r"aggiornat",
    re.IGNORECASE,
)
_PUBLISHED_LABEL = re.compile(
    r"\b(?:veröffentlicht|publiziert|erschienen|erstellt|published|posted|publié|date|datum)\b(?:\s+(?:am|on|le))?"
    r"\s*:?\s*$",
    re.IGNORECASE,
)
# A line that holds a date and more than this besides is prose, not a dateline.
_MAX_WORDS_BESIDE = 8
# With the words of the longest date.
_MAX_WORDS = 24


def split_dateline(line: str) -> tuple[str, str | None]:
    """(words in front of the date, the date as printed); the whole line and None where it holds no date."""
    found = _DATE.search(line) if _YEAR.search(line) else None
    if not found:
        return line, None
    before = _PUBLISHED_LABEL.sub("", line[: found.start()]).strip(" ,;|·•–-()")
    return before, found[0].strip()


def is_dateline(line: str) -> bool:
    """Whether the line is little more than a date."""
    if line.count(" ") > _MAX_WORDS or not _YEAR.search(line):
        return False
    found = _DATE.search(line)
    return found is not None and len(line.replace(found[0], " ", 1).split()) <= _MAX_WORDS_BESIDE


def is_update(label: str) -> bool:
    """Whether words beside a date say that it is the time of a change."""
    return bool(_UPDATED.search(label))
