"""What two texts of an article differ in: paragraphs, numbers, and whether the change is news at all. Pure.

A paragraph that has moved is no change. One that has much in common with a removed one is a changed one. What portals
count, stamp or advertise (config/lexicons/LANGUAGE/noise.txt) is not compared.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from tasks.revision_words import find_notice, without_noise

_WORD = re.compile(r"\w+")
# As printed: a sign in front of it, digits with separators of thousands and decimals between them, and a unit that is
# glued to it (5.2bn, 412m). A blank is a separator where three digits follow. Possessive: else 5.2bn would be a 5.
_NUMBER = re.compile(
    r"(?<![\w.,])[-+]?\d++(?:(?:[.,'’]\d++)|(?<!\d{4})[ \u202f\u00a0]\d{3}(?!\d))*+(?:[^\W\d_]{1,4}(?!\w))?"
)
# A minus is printed as a hyphen, a minus or an en dash; between numbers a dash is a range.
_MINUS = re.compile(r"(?<!\w)[\u2212\u2013](?=\d)")
# Share of words in common from which on a paragraph is another wording of one, not a new one.
_LEAST_COMMON = 0.5
# Of very long texts only so many paragraphs are paired; the rest counts as added and removed.
_MOST_PAIRED = 200
# So many words of a paragraph say what it is like, and so many of its numbers are told: a flattened table of 20,000
# numbers took minutes, and other loads wait meanwhile.
_MOST_WORDS = 100
_MOST_NUMBERS = 300


class NumberChange(NamedTuple):
    """A number that stands in place of another one: `old` and `new` as printed, `paragraph` of the new text, from 1."""

    paragraph: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new text of an article changed: numbers of paragraphs, and figures. `is_noise`: nothing that is news."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    numbers: tuple[NumberChange, ...] = ()
    title_changed: bool = False

    @property
    def is_noise(self) -> bool:
        """Whether nothing of it is news."""
        return not (self.added or self.removed or self.changed or self.title_changed)


class _Paragraph(NamedTuple):
    """A paragraph with its number in the text, from 1, and its words in a normal form."""

    number: int
    text: str
    words: tuple[str, ...]


def difference(old: tuple[str, str], new: tuple[str, str], dropped: Sequence[str] = ()) -> Difference:
    """What changed between two (title, text); paragraphs are parted by blank lines.

    `dropped` are paragraphs of the new page that are known as boilerplate by now: that they are gone is no change.
    """
    before, after = list(_paragraphs(old[1])), list(_paragraphs(new[1]))
    known = {tuple(_words(without_noise(paragraph))) for paragraph in dropped}
    gone = [one for one in _only_in(before, after) if one.words not in known]
    come = _only_in(after, before)
    pairs = _paired(gone, come)
    numbers = tuple(change for one, other in pairs for change in _numbers(one, other))
    titles = [tuple(_words(without_noise(title))) for title, _ in (old, new)]
    return Difference(
        len(come) - len(pairs), len(gone) - len(pairs), len(pairs), numbers, title_changed=titles[0] != titles[1]
    )


def difference_columns(change: Difference | None) -> dict[str, Any]:
    """What changed, as columns of a revision; None: there is nothing before it."""
    if change is None:
        names = ("paragraphs_added", "paragraphs_removed", "paragraphs_changed", "title_changed")
        return dict.fromkeys(names) | {"numbers_changed": []}
    return {
        "paragraphs_added": change.added,
        "paragraphs_removed": change.removed,
        "paragraphs_changed": change.changed,
        "title_changed": change.title_changed,
        "numbers_changed": [one._asdict() for one in change.numbers],
    }


def notice_columns(title: str, text: str) -> dict[str, str | None]:
    """What a text says of itself, as columns of a revision."""
    notice = find_notice(title, text.split("\n\n"))
    return {"notice": notice.kind if notice else None, "notice_quote": notice.quote if notice else None}


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """The paragraphs that say anything."""
    for number, paragraph in enumerate(text.split("\n\n"), 1):
        said = without_noise(paragraph)
        if words := tuple(_words(said)):
            yield _Paragraph(number, said, words)


def _words(text: str) -> list[str]:
    """Words and numbers without case; a sign belongs to its number."""
    return [*_WORD.findall(text.casefold()), *(one for one in _printed(text) if not one[0].isdigit())]


def _only_in(some: Sequence[_Paragraph], others: Sequence[_Paragraph]) -> list[_Paragraph]:
    """The paragraphs that the other text lacks; each of the other text stands for one."""
    there = Counter(one.words for one in others)
    found = []
    for one in some:
        if there[one.words]:
            there[one.words] -= 1
        else:
            found.append(one)
    return found


def _paired(gone: Sequence[_Paragraph], come: Sequence[_Paragraph]) -> list[tuple[_Paragraph, _Paragraph]]:
    """Removed and added paragraphs that are two wordings of one, the likest first; each in one pair at most."""
    asked = [[(one, Counter(one.words[:_MOST_WORDS])) for one in side[:_MOST_PAIRED]] for side in (gone, come)]
    likeness = [
        (_common(words, others), -abs(one.number - other.number), -one.number, one, other)
        for one, words in asked[0]
        for other, others in asked[1]
    ]
    taken: set[tuple[bool, int]] = set()
    pairs = []
    for share, _, _, one, other in sorted(likeness, key=lambda pair: pair[:3], reverse=True):
        if share < _LEAST_COMMON:
            break
        if (False, one.number) not in taken and (True, other.number) not in taken:
            taken |= {(False, one.number), (True, other.number)}
            pairs.append((one, other))
    return sorted(pairs, key=lambda pair: pair[1].number)


def _common(one: Counter[str], other: Counter[str]) -> float:
    """Share of words in common (Dice), each as often as both have it."""
    return 2 * (one & other).total() / (one.total() + other.total())


def _numbers(old: _Paragraph, new: _Paragraph) -> Iterator[NumberChange]:
    """Numbers that took the place of others; where another count of them stands there, none can be told."""
    before, after = (_printed(side.text)[:_MOST_NUMBERS] for side in (old, new))
    for kind, first, stop, other, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "replace" and stop - first == end - other:
            yield from (
                NumberChange(new.number, *pair) for pair in zip(before[first:stop], after[other:end], strict=True)
            )


def _printed(text: str) -> list[str]:
    """The numbers of a text as printed, with one spelling of the minus."""
    return _NUMBER.findall(_MINUS.sub("-", text))
