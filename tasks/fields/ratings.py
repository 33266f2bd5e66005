"""Analyst ratings: houses with rating, target and what both were before; one entry per house and subject."""

from dataclasses import dataclass, replace

from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, Rating
from tasks.fields.quantities import MONEY
from tasks.fields.rating_houses import find_houses, is_opinion, slices_of
from tasks.fields.rating_targets import find_targets
from tasks.fields.rating_words import rating_and_previous, ratings_in
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

# A sentence without any of these marks neither rates nor names a house.
_RATING_KINDS = frozenset(("target", "rating", "rate", "house"))
_BY = frozenset(("by", "um", "de"))
_CONTINUED = word_set("ratings", "continued")
_GO_ON_WORDS = word_set("ratings", "go_on")


@dataclass(frozen=True, slots=True)
class Rated:
    """Ratings with the tokens that they take: of houses, and of numbers that are targets."""

    ratings: tuple[Rating, ...]
    houses: frozenset[int]
    numbers: frozenset[int]


def find_ratings(scenes: list[Scene], main: Mention | None) -> Rated:
    """All ratings of the text; sentences without a house go on with the last one."""
    found: list[Rating] = []
    houses: set[int] = set()
    numbers: set[int] = set()
    subject = main
    for scene in [scene for scene in scenes if not scene.marks.keys().isdisjoint(_RATING_KINDS)]:
        rates = _rates(scene)
        spans = find_houses(scene, unknown=rates)
        if not spans and not rates:
            continue
        if _is_credit(scene):
            houses.update(at for span in spans for at in range(*span))
            continue
        if rates and spans:
            subject = _subject(scene, spans, subject)
            for first, last, house in slices_of(scene, spans):
                rating = _rating(scene, house, first, last, subject, numbers)
                if rating:
                    houses.update(range(*house))
                    _add(found, rating)
        elif rates and found:
            _go_on(scene, found, numbers)
        for span in spans:
            if is_opinion(scene, span):
                houses.update(range(*span))
    return Rated(tuple(found), frozenset(houses), frozenset(numbers))


def _is_credit(scene: Scene) -> bool:
    average = next(scene.all("consensustarget"), None) is not None and next(scene.all("target"), None) is not None
    return average or next(scene.all("creditrating"), None) is not None


def _rates(scene: Scene) -> bool:
    """Whether the sentence speaks of a target, or of a rating together with a word of rating."""
    if next(scene.all("target"), None):
        return (
            next(scene.all("rate"), None) is not None
            or bool(ratings_in(scene, scene.sentence.first, scene.sentence.last))
            or any(q.kind == MONEY for q in scene.quantities)
        )
    return bool(ratings_in(scene, scene.sentence.first, scene.sentence.last)) and (
        next(scene.all("rate", "house"), None) is not None
    )


def _subject(scene: Scene, spans: list[tuple[int, int]], known: Mention | None) -> Mention | None:
    housed = {at for span in spans for at in range(*span)}
    named = [
        name for name in scene.names if name.first not in housed and name.kind == "company" and name.use == "instrument"
    ]
    return named[0] if named else known


def _rating(
    scene: Scene, house: tuple[int, int], first: int, last: int, subject: Mention | None, numbers: set[int]
) -> Rating | None:
    if subject is None:
        return None
    rating, previous = rating_and_previous(scene, first, last)
    target, earlier, currency, used = find_targets(scene, first, last)
    if not rating and target is None:
        return None
    numbers.update(used)
    reading = scene.reading
    start, stop = reading.span(max(min(house[0], first), scene.sentence.first), last)
    name = (
        reading.phrase(*house).removeprefix("Bank ").removeprefix("Banque ")
        if reading.phrase(*house) in _BANKS
        else reading.phrase(*house)
    )
    return Rating(name, subject.name, rating, previous, target, earlier, currency, Evidence(start, stop, "house"))


_BANKS = frozenset(("Bank Vontobel", "Banque Vontobel"))


def _add(found: list[Rating], rating: Rating) -> None:
    for index, known in enumerate(found):
        if known.house == rating.house and known.subject == rating.subject:
            found[index] = _merged(known, rating)
            return
    found.append(rating)


def _merged(known: Rating, newer: Rating) -> Rating:
    return replace(
        known, rating=known.rating or newer.rating, previous_rating=known.previous_rating or newer.previous_rating,
        target=known.target if known.target is not None else newer.target,
        previous_target=newer.previous_target if newer.previous_target is not None else known.previous_target,
        currency=known.currency or newer.currency,
    )  # fmt: skip


def _go_on(scene: Scene, found: list[Rating], numbers: set[int]) -> None:
    """Target or rating of a sentence that names no house: they belong to the last rating."""
    last = found[-1]
    if any(name.name != last.subject for name in scene.names if name.use == "instrument"):
        return
    rating, previous = rating_and_previous(scene, scene.sentence.first, scene.sentence.last)
    target, earlier, currency, used = find_targets(scene, scene.sentence.first, scene.sentence.last)
    if target is None and not rating:
        return
    numbers.update(used)
    low = [scene.reading.low(at) for at in range(scene.sentence.first, scene.sentence.last)]
    if last.target is not None and target is not None and any(word in _GO_ON_WORDS for word in low):
        found[-1] = replace(last, previous_target=target)
        return
    found[-1] = _merged(
        last, Rating(last.house, last.subject, rating, previous, target, earlier, currency, last.evidence)
    )
