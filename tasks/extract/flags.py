"""What a reader should know about the quality of an article: a closed list, one rule each (docs/extraction.md)."""

from enum import StrEnum
from typing import NamedTuple

from tasks.extract.tree import SENTENCE_ENDS
from tasks.extract.walls import says
from tasks.model import Precision, Timestamp
from tasks.outcome import Reason

# A text with fewer words is no article; a flash has fewer and is whole. Where words are not parted by blanks, this many
# characters are an article, too.
_SHORT_WORDS = 50
_SHORT_CHARACTERS = 350
# A page that must be paid for and prints more than this shows its article.
_PREVIEW_WORDS = 200
# Lines without the end of a sentence: from this many on, and from this share of all lines, they are worth a look.
_FEWEST_LABELS = 3
_LABEL_SHARE = 0.34
_LABEL_CHARACTERS = 80
_ENDS = SENTENCE_ENDS + ":;。！？」）"
# Offers stand in this many last lines.
_EDGE = 4


class Flag(StrEnum):
    """The closed list."""

    NO_LEAD = "no_lead"  # the page has a description, no lead, and nothing of the description in its text
    LEAD_REPAIRED = "lead_repaired"  # the text lacked its lead, and it was found elsewhere on the page
    NO_TEXT = "no_text"  # there is nothing but a title
    SHORT = "short"  # fewer words than an article has, and no flash
    NO_DATE = "no_date"  # the page states no time of publication
    DATE_ONLY = "date_only"  # it states a day, and no time of day
    BODY_FROM_JSONLD = "body_from_jsonld"  # the text is that of structured data: the page prints less
    PREVIEW = "preview"  # the rest must be paid for, and what is there is little
    BOILERPLATE_SUSPECT = "boilerplate_suspect"  # a good part of the lines are no sentences and no headings


class Text(NamedTuple):
    """What the text rules look at; `points` and `headings` are lines that need not be sentences.

    `printed` are the last lines as the page prints them, before what stands around the text was taken away.
    """

    paragraphs: list[str]
    headings: frozenset[str]
    points: tuple[str, ...]
    printed: list[str]
    layer: str
    kind: str


class Lead(NamedTuple):
    """Whether the text lacks its lead, and whether it was put back."""

    is_missing: bool
    is_repaired: bool


def find_flags(text: Text, lead: Lead, published: Timestamp | None, *, is_paid: bool | None) -> tuple[str, ...]:
    """The flags that hold, in the order of the list."""
    words = sum(len(line.split()) for line in text.paragraphs)
    is_offered = any(says(Reason.PAYWALL, line) for line in text.printed[-_EDGE:])
    is_short = words < _SHORT_WORDS and sum(map(len, text.paragraphs)) < _SHORT_CHARACTERS
    rules = {
        Flag.NO_LEAD: lead.is_missing and not lead.is_repaired,
        Flag.LEAD_REPAIRED: lead.is_repaired,
        Flag.NO_TEXT: not words,
        Flag.SHORT: is_short and words > 0 and text.kind != "flash",
        Flag.NO_DATE: published is None,
        Flag.DATE_ONLY: published is not None and published.precision is Precision.DAY,
        Flag.BODY_FROM_JSONLD: text.layer == "jsonld" and bool(words),
        Flag.PREVIEW: (is_offered or is_paid is True) and words <= _PREVIEW_WORDS,
        Flag.BOILERPLATE_SUSPECT: _has_many_labels(text),
    }
    return tuple(flag.value for flag, holds in rules.items() if holds)


def _has_many_labels(text: Text) -> bool:
    """Whether many lines are labels: short, no sentence, no heading, no point of a summary."""
    known = text.headings.union(text.points)
    labels = [
        line
        for line in text.paragraphs
        if len(line) <= _LABEL_CHARACTERS and line[-1] not in _ENDS and line not in known
    ]
    return len(labels) >= max(_FEWEST_LABELS, _LABEL_SHARE * len(text.paragraphs))
