"""Runs of capitalised words, as names of persons and companies are printed."""

from tasks.fields.reading import Reading
from tasks.fields.tokens import WORD
from tasks.fields.word_sets import word_set

_PARTICLES = word_set("name_runs", "particles")
_JOINTS = frozenset(("-", "&", "'", "’", "+"))
_COMPANY_PARTICLES = word_set("name_runs", "company_particles")


def is_capital(reading: Reading, index: int) -> bool:
    """Whether a word with a capital first letter stands at `index`."""
    return index in reading.capital_at


def run_end(reading: Reading, first: int, longest: int, *, person: bool) -> int:
    """The token after the run of at most `longest` names at `first`; particles and tight joints belong to it."""
    index, names = first, 0
    last = len(reading.tokens)
    while index < last and names < longest:
        if is_capital(reading, index):
            index, names = _joined_end(reading, index), names + 1
            if (
                reading.low(index) == "."
                and len(reading.tokens[index - 1].text) == 1
                and is_capital(reading, index + 1)
            ):
                index += 1
            continue
        particle = reading.low(index) in _PARTICLES and person
        if names == 1 and particle and (is_capital(reading, index + 1) or reading.low(index + 1) in _PARTICLES):
            index += 1
            continue
        amp = reading.low(index) == "&" and not person and names and is_capital(reading, index + 1)
        if not amp:
            break
        index += 1
    while (
        index > first
        and not is_capital(reading, index - 1)
        and reading.tokens[index - 1].text[:1].islower()
        and reading.low(index - 1) in _PARTICLES
    ):
        index -= 1
    return index


def _joined_end(reading: Reading, index: int) -> int:
    """The token after the word at `index` and what is stuck to it by a hyphen, an apostrophe or an ampersand."""
    stop = index + 1
    while (
        stop + 1 < len(reading.tokens)
        and reading.tokens[stop].text in _JOINTS
        and reading.is_tight(stop)
        and reading.is_tight(stop + 1)
        and reading.tokens[stop + 1].kind == WORD
        and not (reading.tokens[stop].text in "'’" and reading.tokens[stop + 1].text[:1].islower())
    ):
        stop += 2
    return stop
