"""Cited media, agencies and providers of figures: known names in a context that attributes, quoted names, surveys."""

from collections.abc import Iterator

from tasks.fields.model import Citation, Evidence
from tasks.fields.name_runs import is_capital, run_end
from tasks.fields.reading import Reading
from tasks.fields.word_sets import word_set

_QUOTES = frozenset("\"„“”«»‚‘’'")
_AMBIGUOUS = word_set("sources", "ambiguous")
_SURVEYS = word_set("sources", "surveys")
_WATCHED = _SURVEYS | _QUOTES
_LINKS = word_set("sources", "links")
_CREDITS = word_set("sources", "credits")
_REACH = 5
_IS_QUOTED_SOURCE_WORDS = word_set("sources", "is_quoted_source")


def find_sources(reading: Reading, taken: set[int]) -> Iterator[Citation]:
    """Citations in the order of the text, each name once."""
    seen: set[str] = set()
    for first, last, rule in sorted(_found(reading, taken)):
        name = reading.phrase(first, last)
        if name.casefold() not in seen:
            seen.add(name.casefold())
            yield Citation(name, Evidence(*reading.span(first, last), rule))


def _found(reading: Reading, taken: set[int]) -> Iterator[tuple[int, int, str]]:
    done: set[int] = set()
    for mark in reading.marks:
        if mark.kind == "source" and mark.first not in done and _is_cited(reading, mark.first, mark.last):
            done.update(range(mark.first, mark.last))
            yield mark.first, mark.last, "known source"
    watched = [(index, token) for index, token in enumerate(reading.tokens) if token[2] in _WATCHED]
    for index, token in watched:
        if token.low in _SURVEYS and index not in done:
            span = _surveyed(reading, index)
            if span and not done.intersection(range(*span)):
                done.update(range(*span))
                yield *span, "survey"
        elif (
            token.text in _QUOTES
            and is_capital(reading, index + 1)
            and index + 1 not in done
            and index + 1 not in taken
        ):
            last = run_end(reading, index + 1, 4, person=False)
            if reading.low(last) in _QUOTES and _is_quoted_source(reading, index, last):
                done.update(range(index, last))
                yield index + 1, last, "quoted source"


def _is_cited(reading: Reading, first: int, last: int) -> bool:
    if any(reading.low(first - back) in _CREDITS for back in (1, 2, 3)):
        return False
    hyphen = reading.low(last) == "-" and reading.is_tight(last) and reading.is_tight(last + 1)
    if hyphen or (reading.low(first - 1) == "-" and reading.is_tight(first)):
        return False
    if reading.phrase(first, last) not in _AMBIGUOUS:
        return True
    if reading.has("verb", last) or reading.has("verb", last + 1):
        return False
    return _is_dateline(reading, first, last) or _is_attributed(reading, first, last)


def _is_dateline(reading: Reading, first: int, last: int) -> bool:
    return reading.low(first - 1) == "(" and reading.low(last) in (")", "/")


def _is_attributed(reading: Reading, first: int, last: int) -> bool:
    for at in range(max(first - _REACH, 0), min(last + 3, len(reading.tokens))):
        if first <= at < last:
            continue
        if reading.tokens[at].text in ".;\n":
            if at < first:
                continue
            return False
        mark = reading.has("attribute", at)
        if mark and not any(reading.tokens[k].text in ".;\n" for k in range(min(at, last), max(at, first))):
            return True
    return False


def _is_quoted_source(reading: Reading, before: int, after: int) -> bool:
    """Whether a quoted name is a medium: wie das "X" berichtet, sagte er der "X", laut "X", told "X"."""
    if reading.low(before - 1) not in _IS_QUOTED_SOURCE_WORDS:
        return False
    if reading.has("rating", before + 1) or reading.has("rate", before - 1):
        return False
    return any(
        reading.has("attribute", at) or reading.has("say", at)
        for at in (*range(before - _REACH, before), after + 1, after + 2)
    )


def _surveyed(reading: Reading, index: int) -> tuple[int, int] | None:
    """Umfrage der X, survey by X, data from X, Vergleichsportal X."""
    at = index + 1
    while reading.low(at) in _LINKS and at - index < 4:  # noqa: PLR2004
        at += 1
    if reading.low(at) in _QUOTES:
        at += 1
    if not is_capital(reading, at) or _is_no_source(reading, at) or reading.has("venue", at):
        return None
    if reading.language.startswith("de") and not _is_proper(reading, at):
        return None
    linked = at > index + 1 or reading.language.startswith("de")
    last = run_end(reading, at, 4, person=False)
    return (at, last) if linked and last > at else None


def _is_proper(reading: Reading, at: int) -> bool:
    """Whether a German capital begins a name and not a noun: quoted, an abbreviation, or more than one word."""
    last = run_end(reading, at, 4, person=False)
    word = reading.tokens[at].text
    return (
        reading.low(at - 1) in _QUOTES
        or sum(letter.isupper() for letter in word) > 1
        or last > at + 1
        or reading.low(at - 1) in _SURVEYS
    )


def _is_no_source(reading: Reading, at: int) -> bool:
    return any(
        mark.kind
        in (
            "place",
            "role",
            "metric",
            "period",
            "day",
            "month",
            "blocker",
            "venueplace",
            "anaph",
            "descriptor",
            "currency",
            "consensus",
        )
        for mark in reading.marks_at.get(at, ())
    )
