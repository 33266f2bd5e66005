"""Whether a value is reported by the company for this period: not older, expected, regional; outlook or loss."""

from tasks.fields.figure_metrics import NEAR, PROFITS
from tasks.fields.lexicon import Mark
from tasks.fields.quantities import MONEY, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_EXPECTED = ("attendu", "erwartet", "expected", "consensus", "konsens")
_BEHIND = 2
_OF_A = word_set("figures", "of_a")
_FROM = frozenset(("von", "from", "de"))
_TO = frozenset(("auf", "to", "à"))
_DIRECT_PRIOR = word_set("figures", "direct_prior")
_IS_REPORTED_WORDS = word_set("figure_checks", "is_reported")
_IS_OLDER_WORDS = word_set("figure_checks", "is_older")
_AGAINST = word_set("figure_checks", "against")


def is_reported(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    """Whether the company itself says the value, for the period that the text is about."""
    start, stop = scene.segment(quantity.first)
    if _follows_prior(scene, quantity) or _opens_with_prior(scene, quantity):
        return False
    older = (m for m in scene.all("prior") if start <= m.first < quantity.first)
    if any(_is_older(scene, m, quantity) for m in older):
        return False
    if scene.within(start, stop, "maybe") is not None or _is_expected(scene, quantity, mark):
        return False
    return not _is_partial(scene, quantity, mark)


def _follows_prior(scene: Scene, quantity: Quantity) -> bool:
    """Whether a word like "nach", "from" or "contre" stands right before the value, or before its metric."""
    reading = scene.reading
    at = quantity.first - 1
    if reading.low(at) in _FROM and _goes_on(scene, quantity):
        return True
    while reading.has("approx", at) or reading.low(at) in _IS_REPORTED_WORDS:
        at -= 1
    if reading.low(at) in _DIRECT_PRIOR:
        return True
    while reading.low(at) in _OF_A or reading.has("metric", at) or reading.has("loss", at):
        at -= 1
    earlier = any(q.kind == MONEY and scene.sentence.first <= q.first < at for q in scene.quantities)
    return reading.low(at) in _DIRECT_PRIOR - (set() if earlier else {"from"}) and at < quantity.first - 1


def _is_expected(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    """Whether analysts are the ones who say the value: before it, in its brackets, or right behind it."""
    reading = scene.reading
    start, stop = scene.segment(quantity.first)
    before = scene.within(scene.sentence.first, quantity.first, "consensus")
    if before and (mark is None or before.first < min(quantity.first, mark.first) or start <= before.first):
        return True
    bracketed = reading.low(start - 1) == "("
    if bracketed and (scene.within(start - 4, start, "consensus") or scene.within(quantity.last, stop, "consensus")):
        return True
    behind = (m for m in scene.all("consensus") if 0 <= m.first - quantity.last <= _BEHIND and m.first < stop)
    return any(reading.low(m.first).startswith(_EXPECTED) for m in behind)


def _opens_with_prior(scene: Scene, quantity: Quantity) -> bool:
    """Whether the sentence begins with an older time: A year earlier, profit had been ..."""
    first = scene.sentence.first
    marks = [m for m in scene.all("prior") if m.first - first <= 2]  # noqa: PLR2004
    return any(
        scene.reading.low(m.first) not in _DIRECT_PRIOR | {"bislang", "from"} or m.last - m.first > 1
        for m in marks
        if m.first < quantity.first
    )


def _goes_on(scene: Scene, quantity: Quantity) -> bool:
    """Whether "auf Y" follows: the value is where a change began."""
    return any(
        0 < q.first - quantity.last <= NEAR and scene.reading.low(quantity.last) in _TO for q in scene.quantities
    )


def _is_older(scene: Scene, prior: Mark, quantity: Quantity) -> bool:
    """Whether a word like "bisher" or "a year earlier" speaks of this value and not of a comparison before it."""
    low = scene.reading.low(prior.first)
    if low in _IS_OLDER_WORDS:
        return quantity.first - prior.last <= 1
    between = [q for q in scene.quantities if prior.last <= q.first < quantity.first]
    return not between


def _is_partial(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    """Whether a division, region or product is meant."""
    if mark is None:
        return False
    start = scene.segment(mark.first)[0]
    limit = quantity.first if mark.first < quantity.first else mark.last
    part = scene.within(start, max(limit, mark.last + 5 if mark.first < quantity.first else limit), "segment")
    return part is not None


def is_guidance(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    """Whether a word of outlook governs the value."""
    start = scene.sentence.first
    stop = scene.segment(quantity.last - 1)[1]
    found = [m for m in scene.all("guidance") if start <= m.first < max(stop, mark.last if mark else 0)]
    if not found:
        return False
    return any(not _is_closed(scene, m.first, quantity) for m in found)


def _is_closed(scene: Scene, at: int, quantity: Quantity) -> bool:
    """Whether a word of outlook belongs to another clause than the value: behind a semicolon, or in brackets."""
    return any(scene.reading.low(k) in (";", ")") for k in range(min(at, quantity.first), max(at, quantity.first)))


def is_loss(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    """Whether the metric or the words at it say a loss."""
    if mark is None or mark.value not in PROFITS | {"net_new_money"}:
        return False
    losses = [m for m in scene.all("loss") if m.first < quantity.first or m.first - quantity.last <= 2]  # noqa: PLR2004
    # "697 million against a loss of 102 million": the loss is the other one's.
    losses = [m for m in losses if not any(scene.reading.low(k) in _AGAINST for k in range(quantity.last, m.first))]
    return any(
        m.first <= mark.first < m.last or mark.first <= m.first < mark.last or (m.first == quantity.first - 1)
        for m in losses
    )
