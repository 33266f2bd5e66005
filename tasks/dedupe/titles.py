"""What titles say about editions: dates and numbers that differ in titles that are else the same. Pure."""

import re

_DATE_WORDS = frozenset(
    """montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    monday tuesday wednesday thursday friday saturday sunday
    lundi mardi mercredi jeudi vendredi samedi dimanche
    lunedi martedi mercoledi giovedi venerdi sabato domenica
    januar jaenner februar maerz april mai juni juli august september oktober november dezember
    january february march may june july october december
    janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre dicembre""".split()
)
# "Montagmittag", "Dienstagabend": the day with the time of day.
_DAY_AND_TIME = re.compile(
    r"(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)(morgen|vormittag|mittag|nachmittag|abend|s)"
)
_NEWS_MARKS = frozenset({"neu", "update", "korrektur", "correction", "corrected", "aktualisiert", "aktualisierung", "wdh", "upd"})


def other_edition(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether both titles are the same but for dates and numbers: two editions of a series."""
    here, there = _unmarked(one), _unmarked(other)
    if here == there or len(here) != len(there):
        return False
    return all(a == b or (_is_value(a) and _is_value(b)) for a, b in zip(here, there, strict=True))


def same_title(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the titles say the same, but for marks of news in front."""
    return _unmarked(one) == _unmarked(other)


def _unmarked(title: tuple[str, ...]) -> tuple[str, ...]:
    at = 0
    while at < len(title) - 1 and (title[at] in _NEWS_MARKS or (title[at].isdigit() and title[at + 1] in _NEWS_MARKS)):
        at += 1
    return title[at:]


def _is_value(word: str) -> bool:
    return word[0].isdigit() or word in _DATE_WORDS or _DAY_AND_TIME.fullmatch(word) is not None
