"""Price targets in a sentence: the target and the one before it."""

from decimal import Decimal

from tasks.fields.lexicon import Mark
from tasks.fields.quantities import MONEY, Quantity
from tasks.fields.rating_words import PREVIOUS, ratings_in
from tasks.fields.reading import Reading
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_FORMERLY = word_set("ratings", "formerly")
_REACH, _NEAR = 3, 8
_LARGEST_TARGET = Decimal(1_000_000)
_IS_EARLIER_WORDS = word_set("rating_targets", "is_earlier")
_IS_EARLIER_2_WORDS = word_set("rating_targets", "is_earlier_2")
_GOES_UP_WORDS = word_set("rating_targets", "goes_up")


def find_targets(scene: Scene, first: int, last: int) -> tuple[Decimal | None, Decimal | None, str, list[int]]:
    """Target, the one before it, currency, and the tokens of their numbers."""
    marks = [m for m in scene.all("target") if first <= m.first < last]
    ratings = ratings_in(scene, first, last)
    if not marks and not ratings:
        return None, None, "", []
    anchor = min([m.first for m in marks] + [span[0] for span in ratings])
    candidates = _candidates(scene, (first, last), anchor, marks, ratings)
    target, earlier, difference = _told_apart(scene, candidates, anchor)
    if target is not None and earlier is None and difference is not None:
        earlier = target - difference if _goes_up(scene, first, last) else target + difference
    if target is None and earlier is not None and len(candidates) == 1:
        target, earlier = earlier, None
    currency = candidates[0].currency if candidates else ""
    return target, earlier if earlier != target else None, currency, [q.first for q in candidates]


def _candidates(
    scene: Scene, part: tuple[int, int], anchor: int, marks: list[Mark], ratings: list[tuple[int, int]]
) -> list[Quantity]:
    """The sums that can be a target: behind the word for it, or close behind a rating, and no price of the day."""
    sums = [q for q in scene.quantities if part[0] <= q.first < part[1] and q.kind == MONEY and not q.exponent]
    if not marks:
        ends = [stop for _, stop in ratings]
        sums = [q for q in sums if any(0 < q.first - at <= _NEAR and _joins(scene.reading, at, q.first) for at in ends)]
    sums = [q for q in sums if q.first > anchor or _is_before(q, marks)]
    return [q for q in sums if q.value < _LARGEST_TARGET and not _is_price(scene, q)]


def _told_apart(
    scene: Scene, candidates: list[Quantity], anchor: int
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The new value, the old one, and the difference where only that is printed ("by $10 to $42")."""
    target = earlier = difference = None
    before = anchor
    for q in candidates:
        late = any(scene.reading.low(at) in _FORMERLY for at in range(max(before, q.first - _NEAR), q.first))
        before = q.last
        if late and target is not None:
            earlier = q.value
        elif _is_difference(scene.reading, q):
            difference = q.value
        elif _is_earlier(scene.reading, q, candidates):
            earlier = earlier if earlier is not None else q.value
        elif target is None:
            target, earlier = (q.value, earlier) if q.high is None else (q.high, q.value)
    return target, earlier, difference


def _joins(reading: Reading, first: int, last: int) -> bool:
    return not any(reading.low(at) in (";", ".") for at in range(first, last))


def _is_before(quantity: Quantity, marks: list[Mark]) -> bool:
    """Whether the number stands right in front of the word: a $425 target, 42 Euro Kursziel."""
    return any(0 <= mark.first - quantity.last <= 2 for mark in marks)  # noqa: PLR2004


def _is_price(scene: Scene, quantity: Quantity) -> bool:
    """Whether the number is the level of a move: 1,8 Prozent auf 69,65 Euro."""
    percents = [q for q in scene.quantities if q.kind == "percent" and 0 <= quantity.first - q.last <= 4]  # noqa: PLR2004
    anaph = any(
        0 <= quantity.first - mark.last <= _REACH and scene.reading.low(mark.first) in ("kurs", "cours")
        for mark in scene.all("anaph")
    )
    return bool(percents) or anaph


def _is_difference(reading: Reading, quantity: Quantity) -> bool:
    return reading.low(quantity.first - 1) in ("by", "um")


def _is_earlier(reading: Reading, quantity: Quantity, candidates: list[Quantity]) -> bool:
    at = quantity.first - 1
    while reading.low(at) in _IS_EARLIER_WORDS and quantity.first - at < _REACH:
        at -= 1
    if reading.low(at) in ("von", "of") and any(
        m.last == at for k in range(max(at - 4, 0), at) for m in reading.marks_at.get(k, ()) if m.kind == "target"
    ):
        return any(
            0 < other.first - quantity.last <= _REACH and reading.low(other.first - 1) == "auf" for other in candidates
        )
    if reading.low(at) in ("de", "d", "'") and reading.language.startswith("fr"):
        return any(
            0 < other.first - quantity.last <= _REACH and reading.low(other.first - 1) == "à" for other in candidates
        )
    return (
        reading.low(at) in PREVIOUS - {"de", "d"}
        or (reading.low(at) == "(" and len(candidates) > 1)
        or reading.low(quantity.first - 1) in ("zuvor", "bisher", "bislang")
        or reading.low(quantity.last) in _IS_EARLIER_2_WORDS
    )


def _goes_up(scene: Scene, first: int, last: int) -> bool:
    low = [scene.reading.low(at) for at in range(first, last)]
    return any(word in _GOES_UP_WORDS for word in low)
