"""What titles say: two editions of a series, two subjects of a template, a digest of many articles. Pure."""

import re

import numpy as np

from tasks.dedupe.folding import Tokens
from tasks.dedupe.sketch import Sketch

_DAYS = {
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "it": "lunedi martedi mercoledi giovedi venerdi sabato domenica",
}
_MONTHS = {
    "de": "januar jaenner februar maerz april mai juni juli august september oktober november dezember",
    "en": "january february march april may june july august september october november december",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
_DATE_WORDS = frozenset(word for names in (*_DAYS.values(), *_MONTHS.values()) for word in names.split())
# "Montagmittag", "Dienstagabend": the day with the time of day.
_DAY_AND_TIME = re.compile(
    r"(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)(morgen|vormittag|mittag|nachmittag|abend|s)"
)
_NEWS_MARKS = frozenset(
    (
        "neu",
        "update",
        "upd",
        "korrektur",
        "correction",
        "corrected",
        "correctif",
        "aktualisiert",
        "aktualisierung",
        "wdh",
    )
)
_DIGEST = re.compile(
    r"tagesueberblick|tagesuebersicht|presseschau|kurzmeldungen|nachrichten im ueberblick|(tages|wochen)rueckblick"
    r"|in kuerze|news in brief|(morning|daily|weekly) digest|press review|revue de presse|en bref"
    r"|(und|and) (weitere|andere|more|other) (meldungen|nachrichten|stories|news)"
)
# Titles on a template: so many words of the frame at least, so many of the subject at most.
_LEAST_FRAME = 3
_MOST_SUBJECT = 5
_NUMBER = np.uint32(1)


def other_edition(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether both titles are the same but for dates and numbers: two editions of a series."""
    here, there = _unmarked(one), _unmarked(other)
    if here == there or len(here) != len(there):
        return False
    return all(a == b or (_is_value(a) and _is_value(b)) for a, b in zip(here, there, strict=True))


def same_title(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the titles say the same, but for marks such as UPDATE in front."""
    return _unmarked(one) == _unmarked(other)


def is_digest_title(title: tuple[str, ...]) -> bool:
    """Whether the title promises several short items."""
    return _DIGEST.search(" ".join(title)) is not None


def other_subject(one: Sketch, other: Sketch) -> bool:
    """Whether the titles are the same but for a name, and each text has the name of its own title alone."""
    a, b = one.heading, other.heading
    least = min(len(a), len(b))
    front = _agreeing(a[:least], b[:least])
    back = _agreeing(a[::-1][: least - front], b[::-1][: least - front])
    here, there = a[front : len(a) - back], b[front : len(b) - back]
    sizes = (len(here), len(there))
    if front + back < _LEAST_FRAME or min(sizes) == 0 or max(sizes) > _MOST_SUBJECT:
        return False
    return _has_alone(one.tokens, here, other.tokens) and _has_alone(other.tokens, there, one.tokens)


def _agreeing(one: Tokens, other: Tokens) -> int:
    """How many tokens agree from the first one on."""
    return int(np.argmin(np.append(one == other, False)))


def _has_alone(tokens: Tokens, named: Tokens, others: Tokens) -> bool:
    """Whether one of the named words, numbers aside, stands in the text and not in the other one."""
    named = named[(named & _NUMBER) == 0]
    return bool(np.any(np.isin(named, tokens) & ~np.isin(named, others)))


def _unmarked(title: tuple[str, ...]) -> tuple[str, ...]:
    at = 0
    while at < len(title) - 1 and (title[at] in _NEWS_MARKS or (title[at].isdigit() and title[at + 1] in _NEWS_MARKS)):
        at += 1
    return title[at:]


def _is_value(word: str) -> bool:
    return word[0].isdigit() or word in _DATE_WORDS or _DAY_AND_TIME.fullmatch(word) is not None
