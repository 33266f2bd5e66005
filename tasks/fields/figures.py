"""Company figures: a value with its metric, told apart from older, expected, regional and product values."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, Figure
from tasks.fields.moves import direction, near_main
from tasks.fields.periods import Calendar, period_of
from tasks.fields.quantities import MONEY, MULTIPLE, PERCENT, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_MARGINS = {
    "ebit": "ebit_margin",
    "ebitda": "ebitda_margin",
    "operating_profit": "operating_margin",
    "gross_profit": "gross_margin",
}
_PERCENT_METRICS = frozenset(("ebit_margin", "ebitda_margin", "operating_margin", "gross_margin", "organic_growth"))
_PER_SHARE = frozenset(("eps", "dividend"))
_PROFITS = frozenset(("net_profit", "operating_profit", "ebit", "ebitda", "pretax_profit", "eps"))
_VERBS = word_set("figures", "verbs")
_OF_A = word_set("figures", "of_a")
_OBLIQUE = word_set("figures", "oblique")
_FROM = frozenset(("von", "from", "de"))
_TO = frozenset(("auf", "to", "à"))
_SEPARATING = word_set("figures", "separating")
_DIRECT_PRIOR = word_set("figures", "direct_prior")
_GROWTH_NOUNS = word_set("figures", "growth_nouns")
_HOLDERS = word_set("figures", "holders")
_NEAR, _FAR = 3, 40


@dataclass(slots=True)
class _Ledger:
    """Figures found so far, and the company that sentences without a name speak of."""

    found: list[Figure]
    main: Mention | None
    topic: Mention | None = None
    near: frozenset[int] = frozenset()


def find_figures(scenes: list[Scene], main: Mention | None, calendar: Calendar, moved: set[int]) -> list[Figure]:
    """Figures in the order of the text; `moved` are the tokens of numbers that price moves have taken."""
    ledger = _Ledger([], main if main and main.kind == "company" else None)
    ledger.near = near_main(scenes, ledger.main)
    title: list[Figure] = []
    for scene in scenes:
        _turn(scene, ledger)
        if scene.sentence.line == 0:
            title.extend(_figures(scene, ledger, calendar, moved))
            continue
        for figure in _figures(scene, ledger, calendar, moved):
            _add(ledger.found, figure)
    known = {(figure.metric.removeprefix("guidance_")) for figure in ledger.found}
    for figure in title:
        if figure.metric.removeprefix("guidance_") not in known and not _is_rounding(figure, ledger.found):
            ledger.found.append(figure)
    return ledger.found


def _turn(scene: Scene, ledger: _Ledger) -> None:
    """Note the company that the text turns to: the first one of a sentence."""
    names = [name for name in scene.names if name.use == "instrument" and name.kind == "company"]
    if names:
        ledger.topic = names[0]


def _figures(scene: Scene, ledger: _Ledger, calendar: Calendar, moved: set[int]) -> Iterator[Figure]:
    metrics = _metrics(scene)
    if not metrics and not _pays(scene) and next(scene.all("organic", "margin"), None) is None:
        return
    used: set[int] = set()
    valued: set[int] = set()
    for quantity in scene.quantities:
        if quantity.first in moved:
            continue
        metric = _metric_of(scene, quantity, metrics)
        if metric is None or not _is_reported(scene, quantity, metric[1]):
            continue
        name, mark = metric
        subject = _subject(scene, quantity, mark, ledger)
        if subject is None:
            continue
        if mark is not None:
            if mark.first in used and not quantity.per:
                continue
            used.add(mark.first)
        valued.add(quantity.first)
        yield _figure(scene, quantity, name, mark, subject, calendar, _profits(ledger))
    yield from _growth_only(scene, metrics, used, ledger, calendar, moved)


def _metrics(scene: Scene) -> list[Mark]:
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


def _pays(scene: Scene) -> bool:
    holders = any(scene.reading.low(at) in _HOLDERS for at in range(scene.sentence.first, scene.sentence.last))
    return holders and next(scene.all("paid"), None) is not None and any(q.per == "share" for q in scene.quantities)


def _metric_of(scene: Scene, quantity: Quantity, metrics: list[Mark]) -> tuple[str, Mark | None] | None:
    """The metric of a value, and the mark that names it."""
    if quantity.kind == PERCENT:
        return _percent_metric(scene, quantity, metrics)
    if quantity.kind != MONEY or quantity.per == "unit":
        return None
    mark = _mark_of(scene, quantity, metrics)
    if quantity.per == "share" or (not quantity.exponent and mark is not None and mark.value in _PER_SHARE):
        if mark is not None and mark.value in _PROFITS:
            return "eps", mark
        if mark is not None and mark.value == "dividend":
            return "dividend", mark
        return ("dividend", None) if _pays(scene) else None
    if mark is None or not quantity.exponent or mark.value in _PERCENT_METRICS or mark.value in _PER_SHARE:
        return None
    return mark.value, mark


def _mark_of(scene: Scene, quantity: Quantity, metrics: list[Mark]) -> Mark | None:
    """The noun right behind the value, else the nearest noun before it, else a verb around it."""
    reading = scene.reading
    nouns = [mark for mark in metrics if reading.low(mark.first) not in _VERBS and mark.value not in _PERCENT_METRICS]
    for mark in nouns:
        if 0 <= mark.first - quantity.last <= _NEAR and not _is_cut_off(scene, quantity.last, mark.first):
            return mark
    before = [mark for mark in nouns if mark.last <= quantity.first and quantity.first - mark.last < _FAR]
    verbs = [mark for mark in metrics if reading.low(mark.first) in _VERBS]
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
    before = [mark for mark in metrics if mark.last <= quantity.first and mark.value in _PERCENT_METRICS]
    nearest = [mark for mark in metrics if mark.last <= quantity.first]
    if before and nearest[-1] is before[-1] and _is_level(scene, quantity, before[-1]):
        return before[-1].value, before[-1]
    margin = [mark for mark in scene.all("margin") if mark.last <= quantity.first]
    if margin and quantity.first - margin[-1].last <= _NEAR + 1 and not quantity.sign:
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


def _is_reported(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    """Whether the company itself says the value, for the period that the text is about."""
    reading = scene.reading
    at = quantity.first - 1
    if reading.low(at) in _FROM and _goes_on(scene, quantity):
        return False
    while reading.has("approx", at) or reading.low(at) in ("den", "dem", "the", "a", "un", "une"):
        at -= 1
    if reading.low(at) in _DIRECT_PRIOR:
        return False
    while reading.low(at) in _OF_A or reading.has("metric", at) or reading.has("loss", at):
        at -= 1
    earlier = any(q.kind == MONEY and scene.sentence.first <= q.first < at for q in scene.quantities)
    if reading.low(at) in _DIRECT_PRIOR - (set() if earlier else {"from"}) and at < quantity.first - 1:
        return False
    if reading.low(at) in _FROM and _goes_on(scene, quantity):
        return False
    start, stop = scene.segment(quantity.first)
    if any(
        m.value == "" and start <= m.first < quantity.first and _is_older(scene, m, quantity)
        for m in scene.all("prior")
    ):
        return False
    first = scene.sentence.first
    consensus = scene.within(first, quantity.first, "consensus")
    if consensus and (mark is None or consensus.first < (min(quantity.first, mark.first)) or start <= consensus.first):
        return False
    if reading.low(start - 1) == "(" and scene.within(start - 4, start, "consensus"):
        return False
    if _opens_with_prior(scene, quantity):
        return False
    if scene.within(start, stop, "maybe") is not None:
        return False
    if scene.within(quantity.last, stop, "consensus") and reading.low(start - 1) == "(":
        return False
    expected = next(
        (m for m in scene.all("consensus") if quantity.last <= m.first < stop and m.first - quantity.last <= 2), None
    )
    if expected and reading.low(expected.first).startswith(("attendu", "erwartet", "expected", "consensus", "konsens")):
        return False
    return not _is_partial(scene, quantity, mark)


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
        0 < q.first - quantity.last <= _NEAR and scene.reading.low(quantity.last) in _TO for q in scene.quantities
    )


def _is_older(scene: Scene, prior: Mark, quantity: Quantity) -> bool:
    """Whether a word like "bisher" or "a year earlier" speaks of this value and not of a comparison before it."""
    low = scene.reading.low(prior.first)
    if low in ("nach", "from", "après", "against", "versus", "gegenüber", "contre", "statt", "vs"):
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


def _subject(scene: Scene, quantity: Quantity, mark: Mark | None, ledger: _Ledger) -> Mention | None:
    names = [name for name in scene.names if name.use == "instrument" and name.kind == "company"]
    before = [name for name in names if name.last <= quantity.first]
    if before:
        return (
            before[0] if len(before) > 1 and before[0].name == (ledger.main.name if ledger.main else "") else before[-1]
        )
    if names and ledger.main is None:
        return names[0]
    return ledger.main if scene.sentence.first in ledger.near else ledger.topic


def _is_guidance(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    start = scene.sentence.first
    stop = scene.segment(quantity.last - 1)[1]
    found = [m for m in scene.all("guidance") if start <= m.first < max(stop, mark.last if mark else 0)]
    if not found:
        return False
    return any(not _is_closed(scene, m.first, quantity) for m in found)


def _is_closed(scene: Scene, at: int, quantity: Quantity) -> bool:
    """Whether a word of outlook belongs to another clause than the value: it stands behind a semicolon, or in brackets."""
    return any(scene.reading.low(k) in (";", ")") for k in range(min(at, quantity.first), max(at, quantity.first)))


def _figure(
    scene: Scene,
    quantity: Quantity,
    metric: str,
    mark: Mark | None,
    subject: Mention,
    calendar: Calendar,
    profits: list[str],
) -> Figure:
    guidance = _is_guidance(scene, quantity, mark)
    if guidance and metric == "net_profit" and mark is not None:
        metric = _last_profit(scene, mark, profits) or metric
    loss = _is_loss(scene, quantity, mark)
    value, high = quantity.value, quantity.high
    if high is not None and scene.reading.low(quantity.first - 1) in ("from", "de") and not guidance:
        value, high = high, None
    if quantity.sign < 0 or loss:
        value, high = -value, -high if high is not None else None
    if guidance and metric == "dividend":
        guidance = not calendar.is_closed(scene)
    change = _change(scene, quantity, mark) if metric not in _PERCENT_METRICS else None
    first = min(mark.first, quantity.first) if mark else quantity.first
    last = max(mark.last, quantity.last) if mark else quantity.last
    return Figure(
        subject.name, f"guidance_{metric}" if guidance else metric, period_of(scene, quantity, calendar, guidance=guidance),
        value, high, quantity.currency if quantity.kind == MONEY else "", change, None,
        Evidence(*scene.reading.span(first, last), "metric"),
    )  # fmt: skip


def _profits(ledger: _Ledger) -> list[str]:
    return [f.metric for f in ledger.found if f.metric in _PROFITS - {"eps"}]


def _last_profit(scene: Scene, mark: Mark, profits: list[str]) -> str:
    """What a bare "profit", "Ergebnis" of an outlook means: the profit that the article has reported last."""
    bare = (
        scene.reading.low(mark.first).startswith(("ergebnis", "profit", "bénéfice", "earnings"))
        and mark.last - mark.first == 1
    )
    return profits[-1] if bare and profits else ""


def _is_loss(scene: Scene, quantity: Quantity, mark: Mark | None) -> bool:
    if mark is None or mark.value not in _PROFITS | {"net_new_money"}:
        return False
    losses = [m for m in scene.all("loss") if m.first < quantity.first or m.first - quantity.last <= 2]  # noqa: PLR2004
    return any(
        m.first <= mark.first < m.last or mark.first <= m.first < mark.last or (m.first == quantity.first - 1)
        for m in losses
    )


def _change(scene: Scene, quantity: Quantity, mark: Mark | None) -> Decimal | None:
    """The printed change that belongs to the value: before it ("um 7 Prozent auf X"), or right behind it."""
    start = scene.segment(quantity.first)[0]
    before = [
        q
        for q in scene.quantities
        if q.kind == PERCENT
        and (mark.last if mark and mark.first < quantity.first else start) <= q.first < quantity.first
        and quantity.first - q.last <= 6
    ]
    after = [q for q in scene.quantities if q.kind in (PERCENT, MULTIPLE) and 0 <= q.first - quantity.last <= 12]  # noqa: PLR2004
    after = [
        q for q in after if not any(quantity.last <= o.first < q.first and o.kind == MONEY for o in scene.quantities)
    ]
    for q in [*before[-1:], *after[:1]]:
        if q.kind == MULTIPLE or q.sign:
            return q.value if q.kind == MULTIPLE else q.value * q.sign
        first, last = scene.segment(q.first)
        sign = direction(scene, q, q.last, first, last)
        if sign is not None:
            return q.value * sign
    return None


def _growth_only(
    scene: Scene, metrics: list[Mark], used: set[int], ledger: _Ledger, calendar: Calendar, moved: set[int]
) -> Iterator[Figure]:
    """Metrics of which only the change is printed: Erlöse sollen um 3 bis 7 Prozent zulegen."""
    for index, mark in enumerate(metrics):
        if mark.first in used or mark.value in _PERCENT_METRICS or scene.reading.low(mark.first) in _VERBS:
            continue
        limit = metrics[index + 1].first if index + 1 < len(metrics) else scene.sentence.last
        near = [
            q for q in scene.quantities if q.kind == PERCENT and mark.last <= q.first < limit and q.first not in moved
        ]
        near = near or [
            q for q in scene.quantities if q.kind == PERCENT and 0 <= mark.first - q.last <= 3 and q.first not in moved
        ]
        if not near or any(q.kind == MONEY and q.exponent and mark.last <= q.first < limit for q in scene.quantities):
            continue
        quantity = near[0]
        if not _is_reported(scene, quantity, mark) or scene.reading.low(quantity.last) in ("der", "des", "of", "du"):
            continue
        subject = _subject(scene, quantity, mark, ledger)
        first, last = scene.segment(quantity.first)
        sign = (
            quantity.sign
            or direction(scene, quantity, quantity.last, first, last)
            or (1 if _is_growth(scene, mark) else None)
        )
        if subject is None or sign is None:
            continue
        guidance = _is_guidance(scene, quantity, mark)
        metric = mark.value
        if guidance and metric == "net_profit":
            metric = _last_profit(scene, mark, _profits(ledger)) or metric
        if not guidance and any(f.metric == mark.value for f in ledger.found):
            continue
        high = quantity.high * sign if quantity.high is not None else None
        yield Figure(
            subject.name, f"guidance_{metric}" if guidance else metric,
            period_of(scene, quantity, calendar, guidance=guidance), None, None, "", quantity.value * sign, high,
            Evidence(*scene.reading.span(mark.first, max(quantity.last, mark.last)), "growth"),
        )  # fmt: skip


def _is_growth(scene: Scene, mark: Mark) -> bool:
    words = [scene.reading.low(at) for at in range(mark.first, min(mark.last + 1, scene.sentence.last))]
    return any(word.endswith(("wachstum", "plus", "anstieg", "sprung", "growth")) for word in words)


def _add(found: list[Figure], figure: Figure) -> None:
    """Keep the first figure of a metric; a value replaces a mere change."""
    for index, known in enumerate(found):
        same = known.subject == figure.subject and known.metric == figure.metric
        if same and known.value is None and figure.value is not None:
            found[index] = replace(figure, change_percent=figure.change_percent or known.change_percent)
            return
        if same and (figure.value is None or known.value == figure.value):
            return
    found.append(figure)


def _is_rounding(figure: Figure, found: list[Figure]) -> bool:
    return any(
        figure.value is not None and known.value is not None and abs(figure.value - known.value) <= abs(known.value) / 20
        for known in found
    )  # fmt: skip
