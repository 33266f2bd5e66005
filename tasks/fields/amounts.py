"""Sums of money: every amount with a currency that is no market price, unit price, target or rate."""

from collections.abc import Iterator
from decimal import Decimal

from tasks.fields.model import Amount, Evidence
from tasks.fields.quantities import MONEY, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_SAME = Decimal("0.001")
_ROUNDED = Decimal("0.05")
_ONE = Decimal(1)
_IS_SUM_WORDS = word_set("amounts", "is_sum")


def find_amounts(scenes: list[Scene], priced: set[int]) -> list[Amount]:
    """Amounts in the order of the text, each value once; `priced` are numbers that moves and ratings have taken."""
    found: list[Amount] = []
    title: list[Amount] = []
    for scene in scenes:
        for quantity in scene.quantities:
            if quantity.kind == MONEY and quantity.value > 0 and _is_sum(scene, quantity, priced):
                for amount in _amounts(scene, quantity):
                    _add(title if scene.sentence.line == 0 else found, amount)
    late = [amount for amount in title if not any(_repeats(amount, known) for known in found)]
    return late + found


def _is_sum(scene: Scene, quantity: Quantity, priced: set[int]) -> bool:
    if quantity.per or len(quantity.currency) != 3:  # noqa: PLR2004
        return False
    if quantity.exponent:
        return True
    if quantity.first in priced or quantity.minor or (quantity.spelled and quantity.value == _ONE):
        return False
    if any(name.kind in _IS_SUM_WORDS for name in scene.names):
        return False
    return scene.within(
        scene.sentence.first, scene.sentence.last, "anaph", "extreme", "target", "rating", "per", "priceword"
    ) is None and not any(m.value in ("eps", "dividend") for m in scene.all("metric"))


def _amounts(scene: Scene, quantity: Quantity) -> Iterator[Amount]:
    evidence = Evidence(*scene.reading.span(quantity.first, quantity.last), "money")
    yield Amount(quantity.value, quantity.currency, quantity.approx, evidence)
    if quantity.high is not None:
        yield Amount(quantity.high, quantity.currency, quantity.high_approx, evidence)


def _add(found: list[Amount], amount: Amount) -> None:
    if not any(
        known.currency == amount.currency and abs(known.value - amount.value) <= known.value * _SAME for known in found
    ):
        found.append(amount)


def _repeats(amount: Amount, known: Amount) -> bool:
    """Whether a sum of the title is the same or a rounding of one in the text."""
    near = abs(amount.value - known.value) <= known.value * _ROUNDED
    shorter = len(amount.value.normalize().as_tuple().digits) <= len(known.value.normalize().as_tuple().digits)
    return amount.currency == known.currency and near and shorter
