"""The metric that a value belongs to: the noun behind or before it, the verb around it."""

from tasks.fields.lexicon import Mark
from tasks.fields.quantities import MONEY, PERCENT, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_MARGINS = {
    "ebit": "ebit_margin",
    "ebitda": "ebitda_margin",
    "operating_profit": "operating_margin",
    "gross_profit": "gross_margin",
}
PERCENT_METRICS = frozenset(("ebit_margin", "ebitda_margin", "operating_margin", "gross_margin", "organic_growth"))
_PER_SHARE = frozenset(("eps", "dividend"))
PROFITS = frozenset(("net_profit", "operating_profit", "ebit", "ebitda", "pretax_profit", "eps"))
VERBS = word_set("figures", "verbs")
_OBLIQUE = word_set("figures", "oblique")
_SEPARATING = word_set("figures", "separating")
_GROWTH_NOUNS = word_set("figures", "growth_nouns")
_HOLDERS = word_set("figures", "holders")
NEAR, _FAR = 3, 40


def find_metrics(scene: Scene) -> list[Mark]:
    """The metric marks of a sentence; nouns in an oblique case that own nothing are left out."""
    found = []
    for mark in sorted(scene.all("metric"), key=lambda m: m.first):
        low = scene.reading.low(mark.first - 1)
        if (low in _OBLIQUE and scene.reading.language.startswith("de")) or (
            low == "the" and scene.reading.low(mark.first - 2) == "of"
        ):
            continue
        if any(scene.reading.low(mark.first - back) in ("ohne", "excluding", "hors") for back in (1, 2, 3)):
            continue
        found.append(mark)
    return found


def pays(scene: Scene) -> bool:
    """Whether shareholders are paid a sum per share, without the word dividend."""
    if "paid" not in scene.marks or not any(q.per == "share" for q in scene.quantities):
        return False
    return any(scene.reading.low(at) in _HOLDERS for at in range(scene.sentence.first, scene.sentence.last))


def metric_of(scene: Scene, quantity: Quantity, metrics: list[Mark]) -> tuple[str, Mark | None] | None:
    """The metric of a value, and the mark that names it."""
    if quantity.kind == PERCENT:
        return _percent_metric(scene, quantity, metrics)
    if quantity.kind != MONEY or quantity.per == "unit":
        return None
    mark = _mark_of(scene, quantity, metrics)
    if quantity.per == "share" or (not quantity.exponent and mark is not None and mark.value in _PER_SHARE):
        if mark is not None and mark.value in PROFITS:
            return "eps", mark
        if mark is not None and mark.value == "dividend":
            return "dividend", mark
        return ("dividend", None) if pays(scene) else None
    if mark is None or not quantity.exponent or mark.value in PERCENT_METRICS or mark.value in _PER_SHARE:
        return None
    return mark.value, mark


def _mark_of(scene: Scene, quantity: Quantity, metrics: list[Mark]) -> Mark | None:
    """The noun right behind the value, else the nearest noun before it, else a verb around it."""
    reading = scene.reading
    nouns = [mark for mark in metrics if reading.low(mark.first) not in VERBS and mark.value not in PERCENT_METRICS]
    for mark in nouns:
        if 0 <= mark.first - quantity.last <= NEAR and not _is_cut_off(scene, quantity.last, mark.first):
            return mark
    before = [mark for mark in nouns if mark.last <= quantity.first and quantity.first - mark.last < _FAR]
    verbs = [mark for mark in metrics if reading.low(mark.first) in VERBS]
    if before:
        between = [
            v
            for v in verbs
            if before[-1].last <= v.first < quantity.first and _is_cut_off(scene, before[-1].last, v.first)
        ]
        return between[-1] if between else before[-1]
    return min(verbs, key=lambda mark: abs(mark.first - quantity.first)) if verbs else None


def _is_cut_off(scene: Scene, first: int, last: int) -> bool:
    words = [scene.reading.low(at) for at in range(first, last)]
    return any(word in _SEPARATING for word in words)


def _percent_metric(scene: Scene, quantity: Quantity, metrics: list[Mark]) -> tuple[str, Mark | None] | None:
    """Margins and organic growth, whose value is a percentage."""
    before = [mark for mark in metrics if mark.last <= quantity.first and mark.value in PERCENT_METRICS]
    nearest = [mark for mark in metrics if mark.last <= quantity.first]
    if before and nearest[-1] is before[-1] and _is_level(scene, quantity, before[-1]):
        return before[-1].value, before[-1]
    margin = [mark for mark in scene.all("margin") if mark.last <= quantity.first]
    if margin and quantity.first - margin[-1].last <= NEAR + 1 and not quantity.sign:
        owners = [mark for mark in scene.all("metric") if mark.first < margin[-1].first and mark.value in _MARGINS]
        return (_MARGINS[owners[-1].value], margin[-1]) if owners else None
    organic = [mark for mark in scene.all("organic") if scene.segment(quantity.first)[0] <= mark.first < quantity.first]
    noun = any(scene.reading.low(at) in _GROWTH_NOUNS for at in range(scene.segment(quantity.first)[0], quantity.first))
    if organic and noun and not [m for m in metrics if organic[0].first - 3 <= m.first < quantity.first]:
        return "organic_growth", organic[0]
    return None


def _is_level(scene: Scene, quantity: Quantity, mark: Mark) -> bool:
    if mark.value == "organic_growth":
        return quantity.first - mark.last <= 12  # noqa: PLR2004
    low = scene.reading.low(quantity.first - 1)
    return low not in ("um", "by") and not quantity.sign
