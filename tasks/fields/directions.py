"""Directions of quantities: the sign from the adjective beside, the noun before or the verb around a number."""

from decimal import Decimal

from tasks.fields.lexicon import Mark
from tasks.fields.move_frames import Frame
from tasks.fields.quantities import Quantity
from tasks.fields.scene import Scene

_SIGNS = {"+": 1, "-": -1, "0": 0}
_NEAR_BEFORE, _NEAR_AFTER = 5, 3


def signed_percent(scene: Scene, frame: Frame, start: int, stop: int) -> Decimal | None:
    """The percentage of a frame with its sign; None where nothing says the direction."""
    quantity = frame.percent
    if quantity is None:
        return None
    if quantity.sign:
        return quantity.value * quantity.sign
    if quantity.value == 0:
        return quantity.value
    sign = direction(scene, quantity, frame.last, start, stop)
    return None if sign is None else quantity.value * sign


def signed_points(scene: Scene, frame: Frame, start: int, stop: int) -> Decimal | None:
    """The absolute change of a frame with its sign; None where nothing says the direction."""
    quantity = frame.points
    if quantity is None:
        return None
    if quantity.sign:
        return quantity.value * quantity.sign
    sign = direction(scene, quantity, frame.last, start, stop)
    return None if sign is None else quantity.value * sign


def direction(scene: Scene, quantity: Quantity, last: int, start: int, stop: int) -> int | None:
    """+1 or -1 from the word that governs `quantity`: adjective beside, noun before, verb around it; else None."""
    near = _adjective(scene, quantity, last) or _noun(scene, quantity)
    if near:
        return _SIGNS[near.value]
    verbs = [mark for mark in scene.all("verb") if start <= mark.first < stop]
    if not verbs:
        left = [mark for mark in scene.all("verb") if mark.first < start]
        right = [mark for mark in scene.all("verb") if mark.first >= stop]
        verbs = left[-1:] or right[:1]
        nouns = [mark for mark in scene.all("adj", "noun") if mark.first < start and mark.value in "+-"]
        if not verbs and nouns:
            return _SIGNS[nouns[-1].value]
    if not verbs:
        return None
    return _SIGNS[min(verbs, key=lambda mark: _distance(mark, quantity)).value]


def _distance(mark: Mark, quantity: Quantity) -> int:
    return quantity.first - mark.last if mark.last <= quantity.first else (mark.first - quantity.last) + 2


def _adjective(scene: Scene, quantity: Quantity, last: int) -> Mark | None:
    found = [mark for mark in scene.all("adj") if mark.value in "+-"]
    after = [mark for mark in found if 0 <= mark.first - quantity.last <= _NEAR_AFTER or 0 <= mark.first - last <= 1]
    before = [mark for mark in found if 0 <= quantity.first - mark.last <= _NEAR_AFTER]
    numbers = [q.first for q in scene.quantities]
    after = [
        mark for mark in after if not any(quantity.last <= at < mark.first for at in numbers) or mark.first >= last
    ]
    after = [mark for mark in after if not _is_apart(scene, quantity.last, mark.first)]
    before = [mark for mark in before if not any(mark.last <= at < quantity.first for at in numbers)]
    before = [mark for mark in before if not _is_apart(scene, mark.last, quantity.first)]
    ordered = sorted(before + after, key=lambda mark: _distance(mark, quantity))
    return ordered[0] if ordered else None


def _is_apart(scene: Scene, first: int, last: int) -> bool:
    """Whether a name stands between: the word belongs to another move."""
    return any(first <= name.first < last for name in scene.names)


def _noun(scene: Scene, quantity: Quantity) -> Mark | None:
    numbers = [q.first for q in scene.quantities]
    before = [
        mark for mark in scene.all("noun")
        if 0 <= quantity.first - mark.last <= _NEAR_BEFORE and mark.value in "+-"
        and not any(mark.last <= at < quantity.first for at in numbers)
    ]  # fmt: skip
    return before[-1] if before else None
