"""Currency pairs: printed ones (EUR/USD), and those that a sentence means (der Euro kostete 1,16 Dollar)."""

import itertools
from bisect import bisect_left
from collections.abc import Iterator

from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.quantities import BARE, MONEY, PERCENT, Quantity
from tasks.fields.reading import Reading
from tasks.fields.word_sets import word_set

_AGAINST = word_set("fx", "against")
_ARTICLES = word_set("fx", "articles")
# Currencies that markets quote per dollar; the others are quoted in dollars.
_IN_DOLLARS = frozenset(("EUR", "GBP", "AUD", "NZD"))
_HIGHEST_RATE = 100_000


def find_pairs(reading: Reading, mentions: list[Mention], quantities: list[Quantity]) -> list[Mention]:
    """Mentions of currency pairs at the currency that is priced, in the order of the text."""
    counted = {at for q in quantities for at in range(q.first, q.last)}
    names = {mention.first for mention in mentions if mention.use == "instrument"}
    firsts = [q.first for q in quantities]
    found: list[Mention] = []
    named = [mark for mark in reading.marks if mark.kind in ("currency", "fxname")]
    places = [mark.first for mark in named]
    for sentence in reading.sentences:
        marks = named[bisect_left(places, sentence.first) : bisect_left(places, sentence.last)]
        if not marks:
            continue
        printed = list(_printed(reading, marks))
        found.extend(printed)
        if not printed:
            here = quantities[bisect_left(firsts, sentence.first) : bisect_left(firsts, sentence.last)]
            found.extend(_meant(reading, [m for m in marks if m.first not in counted], here, names))
    return found


def _printed(reading: Reading, marks: list[Mark]) -> Iterator[Mention]:
    """EUR/USD, Euro/Dollar, Euro-Dollar, EURUSD."""
    for left, right in itertools.pairwise(marks):
        if left.last + 1 == right.first and reading.low(left.last) in ("/", "-") and left.value != right.value:
            yield Mention(f"{left.value}/{right.value}", "fx", left.first, right.last, rule="printed pair")


def _meant(reading: Reading, free: list[Mark], here: list[Quantity], names: set[int]) -> Iterator[Mention]:
    """Pairs of a sentence that prices one currency in another."""
    units = [q for q in here if q.kind == MONEY and q.value == 1 and not q.exponent]
    rates = [
        q
        for q in here
        if q.kind == MONEY and not q.exponent and not q.per and q.value < _HIGHEST_RATE and q not in units
    ]
    against = [mark for mark in free if _is_against(reading, mark)]
    bases = [(mark.value, mark.first, mark.last) for mark in free if mark not in against and len(mark.value) == 3]  # noqa: PLR2004
    bases += [(q.currency, q.first, q.last) for q in units]
    used: set[str] = set()
    for base, first, last in sorted(bases, key=lambda b: b[1]):
        behind = [q for q in rates if q.first > last and q.currency != base] or [q for q in rates if q.currency != base]
        counter = next((mark.value for mark in against if mark.value != base), "")
        fits = [q for q in behind if not any(at in names for at in range(min(last, q.first), max(last, q.first)))]
        if fits:
            pair = f"{base}/{fits[0].currency}"
        elif counter and any(
            q.kind in (PERCENT, BARE) and not any(at in names for at in range(min(last, q.first), max(last, q.first)))
            for q in here
        ):
            pair = _by_convention(base, counter, here)
        else:
            continue
        if pair not in used and base not in used:
            used.update((pair, base))
            yield Mention(pair, "fx", first, last, rule="priced currency")


def _is_against(reading: Reading, mark: Mark) -> bool:
    """Whether the currency is the measure: zum Dollar, against the yen, face à l'euro."""
    at = mark.first - 1
    while reading.low(at) in _ARTICLES and mark.first - at <= 3:  # noqa: PLR2004
        at -= 1
    return reading.low(at) in _AGAINST


def _by_convention(base: str, counter: str, here: list[Quantity]) -> str:
    """X/USD as printed; turned round where a bare number makes sense only the other way (rupee at 87 to the dollar)."""
    bare = [q for q in here if q.kind == BARE]
    turned = counter == "USD" and base not in _IN_DOLLARS and any(q.value > 2 for q in bare)  # noqa: PLR2004
    return f"{counter}/{base}" if turned else f"{base}/{counter}"
