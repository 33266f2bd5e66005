"""Persons: a role next to a run of names, or a given name that the lexicon knows; with role and organisation."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tasks.fields.name_runs import is_capital, run_end
from tasks.fields.reading import Reading
from tasks.fields.tokens import LINE, NUMBER, WORD
from tasks.fields.word_sets import word_set

_INSTITUTIONS = word_set("people", "institutions")
_NO_NAMES = frozenset(("role", "day", "month", "source", "metric"))
_INNER = word_set("people", "inner")
_LONGEST, _LONGEST_LINK, _MOST_LOWER = 4, 6, 2
_ROLE_REACH = 13
_LINKS = word_set("people", "links")
_AFTER_COMMA = word_set("people", "after_comma")
_POSSESSIVE = frozenset(("'s", "’s"))
_IS_LINK_WORDS = word_set("people", "is_link")
_IS_LINK_2_WORDS = word_set("people", "is_link_2")
_IS_LINK_3_WORDS = word_set("people", "is_link_3")


@dataclass(frozen=True, slots=True)
class PersonSpan:
    """A person over tokens; `role` as printed; `organisation_at` is a token near which the organisation stands."""

    name: str
    role: str
    first: int
    last: int
    role_first: int
    role_last: int


def find_people(reading: Reading, taken: set[int]) -> tuple[list[PersonSpan], set[int]]:
    """Persons in order, the fullest form of each once, and the tokens of all; `taken` are surely no persons."""
    found: list[PersonSpan] = []
    given = reading.words.words("firstname")
    after = 0
    hinted = _hinted(reading)
    for index in reading.capitals:
        if index < after or index in taken or not (index in hinted or _is_given(reading, index, given)):
            continue
        span = _at(reading, index, given, taken)
        if span is not None:
            found.append(span)
            after = span.last
    return _collapsed(reading, found), {at for span in found for at in range(span.first, span.last)}


def _hinted(reading: Reading) -> AbstractSet[int]:
    """Tokens at which a person can begin whose given name is unknown: behind a role or title; all, where one moves."""
    if any(mark.kind == "moving" for mark in reading.marks):
        return reading.capital_at
    marks = (mark for mark in reading.marks if mark.kind in ("role", "title"))
    return {at for mark in marks for at in range(mark.first + 1, mark.first + 1 + _ROLE_REACH)}


def _is_given(reading: Reading, index: int, given: frozenset[str]) -> bool:
    return reading.tokens[index].text in given or (reading.low(index + 1) == "-" and _given(reading, index) in given)


def _at(reading: Reading, index: int, given: frozenset[str], taken: set[int]) -> PersonSpan | None:
    """The person whose name begins at `index`, where a given name, a role, a title or a deed says that it is one."""
    joined = reading.low(index - 1) == "-" and reading.is_tight(index)
    if joined or not _goes_on(reading, index):
        return None
    if reading.has("role", index) or reading.has("title", index):
        return None
    last = _person_end(reading, index, taken)
    name = reading.phrase(index, last) if last > index else ""
    if " " not in name or reading.low(last - 1) in _INSTITUTIONS:
        return None
    before = _role_before(reading, index)
    if not _is_given(reading, index, given) and not _is_told(reading, index, last, before):
        return None
    role = before or _role_after(reading, last)
    if role is None:
        return PersonSpan(name, "", index, last, index, index)
    return PersonSpan(name, reading.phrase(*role), index, last, *role)


def _is_told(reading: Reading, index: int, last: int, before: tuple[int, int] | None) -> bool:
    """Whether the context makes a person of names that the lexicon does not know."""
    near = before is not None and _is_close(before, index)
    if not near and not _has_title(reading, index) and not _acts(reading, index, last):
        return False
    marked = any(reading.marks_at.get(at) for at in range(index, last))
    return not _continues_name(reading, index) and (before is not None or not marked)


def _acts(reading: Reading, index: int, last: int) -> bool:
    """Whether two or three unknown names do what only persons do: folgt auf, tritt zurück, succeeds."""
    if not index or any(reading.marks_at.get(at) for at in range(index, last)):
        return False
    before = reading.tokens[index - 1]
    return reading.has("moving", last) is not None and (before.kind == LINE or before.text in '.:,"')


def _continues_name(reading: Reading, index: int) -> bool:
    """Whether the word before belongs to the same run of names (Talbau | Maschinen AG)."""
    before = index - 1
    return is_capital(reading, before) and not reading.has("role", before) and not _role_ends(reading, index)


def _role_ends(reading: Reading, index: int) -> bool:
    return any(
        mark.last == index
        for at in range(max(index - 5, 0), index)
        for mark in reading.marks_at.get(at, ())
        if mark.kind in ("role", "title")
    )


def _goes_on(reading: Reading, index: int) -> bool:
    """Whether another name can follow: a capital, a particle, a hyphen or the point of an initial."""
    return is_capital(reading, index + 1) or reading.low(index + 1) in _INNER


def _is_close(role: tuple[int, int], index: int) -> bool:
    return index - role[1] <= 2  # noqa: PLR2004 - a comma or a title between


def _given(reading: Reading, index: int) -> str:
    """The first word with what a hyphen joins to it: Jean-Pierre, Lip-Bu."""
    stop = index + 1
    while reading.low(stop) == "-" and reading.is_tight(stop) and reading.is_tight(stop + 1):
        stop += 2
    return reading.phrase(index, min(stop, len(reading.tokens)))


def _person_end(reading: Reading, index: int, taken: set[int]) -> int:
    last = run_end(reading, index, _LONGEST, person=True)
    for at in range(index + 1, last):
        if at in taken or any(mark.kind in _NO_NAMES for mark in reading.marks_at.get(at, ())):
            return at - (reading.low(at - 1) == "-")
    return last


def _has_title(reading: Reading, index: int) -> bool:
    return any(reading.has("title", at) for at in (index - 1, index - 2))


def _role_before(reading: Reading, index: int) -> tuple[int, int] | None:
    """The tokens of a role that ends right before the name, or before a title, or before "of X,"."""
    for at in range(index - 1, max(index - 1 - _ROLE_REACH, -1), -1):
        token = reading.tokens[at]
        if (token.text in ".;!?" or (token.text == ":" and at != index - 1)) and not reading.has("title", at - 1):
            return None
        mark = reading.has("role", at)
        if mark and mark.last <= index:
            return (at, mark.last) if _is_link(reading, mark.last, index) else None
    return None


def _is_link(reading: Reading, start: int, stop: int) -> bool:
    """Whether only a title, or a company between "der/of/von" and a comma, stands between role and name."""
    between = [reading.tokens[at] for at in range(start, stop)]
    while between and (between[-1].low == "." or between[-1].low in reading.words.lowered("title")):
        between.pop()
    if not between:
        return True
    if between[0].low in _IS_LINK_2_WORDS and len(between) == 1:
        return True
    if between[0].low not in _IS_LINK_WORDS:
        return False
    lower = [t for t in between if t.kind == WORD and t.text[0].islower()]
    if len(lower) > _MOST_LOWER:
        return False
    company = between[0].low in _IS_LINK_3_WORDS and between[-1].text[:1].isupper()
    short = len(between) <= _LONGEST_LINK and not any(t.kind == NUMBER for t in between)
    return between[-1].text in (",", ")") or (short and company)


def _role_after(reading: Reading, last: int) -> tuple[int, int] | None:
    """The role behind the name: ", chief economist", ", 73, sa présidente", "named … as CEO", "(CEO)"."""
    limit = min(last + 12, len(reading.tokens))
    for at in range(last, limit):
        token = reading.tokens[at]
        if token.text in ".;!?\n":
            return None
        mark = reading.has("role", at)
        if mark:
            return at, mark.last
        if is_capital(reading, at) and at == last:
            return None
        if reading.tokens[last].text not in (",", "(") and reading.has("say", at):
            return None
    return None


def _collapsed(reading: Reading, found: list[PersonSpan]) -> list[PersonSpan]:
    """One entry per surname: the longest name, with the first role that is printed."""
    kept: dict[str, PersonSpan] = {}
    for span in found:
        surname = reading.tokens[span.last - 1].low
        first = kept.get(surname)
        if first is None:
            kept[surname] = span
        elif not first.role and span.role:
            kept[surname] = PersonSpan(first.name, span.role, first.first, first.last, span.role_first, span.role_last)
    return list(kept.values())
