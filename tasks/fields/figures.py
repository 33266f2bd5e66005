"""Company figures: a value with its metric, told apart from older, expected, regional and product values."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from tasks.fields.directions import direction
from tasks.fields.figure_checks import is_guidance, is_loss, is_reported
from tasks.fields.figure_metrics import NEAR, PERCENT_METRICS, PROFITS, VERBS, find_metrics, metric_of, pays
from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, Figure
from tasks.fields.move_subjects import near_main
from tasks.fields.periods import Calendar, note, period_of
from tasks.fields.quantities import MONEY, MULTIPLE, PERCENT, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_ROUNDED = Decimal("0.05")
_FIGURE_KINDS = frozenset(("metric", "paid", "organic", "margin"))
_CHANGE_BEFORE, _CHANGE_AFTER = 6, 12
_GROWTH_ONLY_WORDS = word_set("figures", "growth_only")


@dataclass(slots=True)
class _Ledger:
    """Figures found so far, and the company that sentences without a name speak of."""

    found: list[Figure]
    main: Mention | None
    calendar: Calendar
    topic: Mention | None = None
    near: frozenset[int] = frozenset()


def find_figures(scenes: list[Scene], main: Mention | None, calendar: Calendar, moved: set[int]) -> list[Figure]:
    """Figures in the order of the text; `moved` are the tokens of numbers that price moves have taken."""
    ledger = _Ledger([], main if main and main.kind == "company" else None, calendar)
    ledger.near = near_main(scenes, ledger.main)
    title: list[Figure] = []
    for scene in scenes:
        _turn(scene, ledger)
        if scene.sentence.line == 0:
            title.extend(_figures(scene, ledger, moved))
            continue
        for figure in _figures(scene, ledger, moved):
            _add(ledger.found, figure)
    known = {(figure.metric.removeprefix("guidance_")) for figure in ledger.found}
    for figure in title:
        if figure.metric.removeprefix("guidance_") not in known and not _is_rounding(figure, ledger.found):
            ledger.found.append(figure)
    return ledger.found


def _turn(scene: Scene, ledger: _Ledger) -> None:
    """Note the company that the text turns to: the first one of a sentence."""
    note(scene, ledger.calendar)
    names = [name for name in scene.names if name.use == "instrument" and name.kind == "company"]
    if names:
        ledger.topic = names[0]


def _figures(scene: Scene, ledger: _Ledger, moved: set[int]) -> Iterator[Figure]:
    if not scene.quantities or scene.marks.keys().isdisjoint(_FIGURE_KINDS):
        return
    metrics = find_metrics(scene)
    if not metrics and not pays(scene) and next(scene.all("organic", "margin"), None) is None:
        return
    used: set[int] = set()
    valued: set[int] = set()
    for quantity in scene.quantities:
        if quantity.first in moved:
            continue
        metric = metric_of(scene, quantity, metrics)
        if metric is None or not is_reported(scene, quantity, metric[1]):
            continue
        name, mark = metric
        subject = _subject(scene, quantity, ledger)
        if subject is None:
            continue
        if mark is not None:
            if mark.first in used and not quantity.per:
                continue
            used.add(mark.first)
        valued.add(quantity.first)
        yield _figure(scene, quantity, name, mark, subject, ledger)
    yield from _growth_only(scene, metrics, used, ledger, moved)


def _subject(scene: Scene, quantity: Quantity, ledger: _Ledger) -> Mention | None:
    names = [name for name in scene.names if name.use == "instrument" and name.kind == "company"]
    before = [name for name in names if name.last <= quantity.first]
    if before:
        return (
            before[0] if len(before) > 1 and before[0].name == (ledger.main.name if ledger.main else "") else before[-1]
        )
    if names and ledger.main is None:
        return names[0]
    return ledger.main if scene.sentence.first in ledger.near else ledger.topic


def _figure(
    scene: Scene,
    quantity: Quantity,
    metric: str,
    mark: Mark | None,
    subject: Mention,
    ledger: _Ledger,
) -> Figure:
    guidance = is_guidance(scene, quantity, mark)
    if guidance and metric == "net_profit" and mark is not None:
        metric = _last_profit(scene, mark, _profits(ledger)) or metric
    loss = is_loss(scene, quantity, mark)
    value, high = quantity.value, quantity.high
    if high is not None and scene.reading.low(quantity.first - 1) in ("from", "de") and not guidance:
        value, high = high, None
    if quantity.sign < 0 or loss:
        value, high = -value, -high if high is not None else None
    if guidance and metric == "dividend":
        guidance = not ledger.calendar.is_closed(scene)
    change = _change(scene, quantity, mark) if metric not in PERCENT_METRICS else None
    first = min(mark.first, quantity.first) if mark else quantity.first
    last = max(mark.last, quantity.last) if mark else quantity.last
    return Figure(
        subject.name, f"guidance_{metric}" if guidance else metric,
        period_of(scene, quantity, ledger.calendar, guidance=guidance), value, high,
        quantity.currency if quantity.kind == MONEY else "", change, None,
        Evidence(*scene.reading.span(first, last), "metric"),
    )  # fmt: skip


def _profits(ledger: _Ledger) -> list[str]:
    return [f.metric for f in ledger.found if f.metric in PROFITS - {"eps"}]


def _last_profit(scene: Scene, mark: Mark, profits: list[str]) -> str:
    """What a bare "profit", "Ergebnis" of an outlook means: the profit that the article has reported last."""
    bare = (
        scene.reading.low(mark.first).startswith(("ergebnis", "profit", "bénéfice", "earnings"))
        and mark.last - mark.first == 1
    )
    return profits[-1] if bare and profits else ""


def _change(scene: Scene, quantity: Quantity, mark: Mark | None) -> Decimal | None:
    """The printed change that belongs to the value: before it ("um 7 Prozent auf X"), or right behind it."""
    start = scene.segment(quantity.first)[0]
    before = [
        q
        for q in scene.quantities
        if q.kind == PERCENT
        and (mark.last if mark and mark.first < quantity.first else start) <= q.first < quantity.first
        and quantity.first - q.last <= _CHANGE_BEFORE
    ]
    after = [
        q for q in scene.quantities if q.kind in (PERCENT, MULTIPLE) and 0 <= q.first - quantity.last <= _CHANGE_AFTER
    ]
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
    scene: Scene, metrics: list[Mark], used: set[int], ledger: _Ledger, moved: set[int]
) -> Iterator[Figure]:
    """Metrics of which only the change is printed: Erlöse sollen um 3 bis 7 Prozent zulegen."""
    percents = [q for q in scene.quantities if q.kind == PERCENT and q.first not in moved]
    sums = [q.first for q in scene.quantities if q.kind == MONEY and q.exponent]
    for index, mark in enumerate(metrics):
        if mark.first in used or mark.value in PERCENT_METRICS or scene.reading.low(mark.first) in VERBS:
            continue
        limit = metrics[index + 1].first if index + 1 < len(metrics) else scene.sentence.last
        near = [q for q in percents if mark.last <= q.first < limit]
        near = near or [q for q in percents if 0 <= mark.first - q.last <= NEAR]
        if near and not any(mark.last <= at < limit for at in sums):
            yield from _growth(scene, near[0], mark, ledger)


def _growth(scene: Scene, quantity: Quantity, mark: Mark, ledger: _Ledger) -> Iterator[Figure]:
    """The figure of a mere change, where it has a direction and the metric is not known with its value."""
    if not is_reported(scene, quantity, mark) or scene.reading.low(quantity.last) in _GROWTH_ONLY_WORDS:
        return
    subject = _subject(scene, quantity, ledger)
    told = quantity.sign or direction(scene, quantity, quantity.last, *scene.segment(quantity.first))
    sign = told or (1 if _is_growth(scene, mark) else None)
    guidance = is_guidance(scene, quantity, mark)
    if subject is None or sign is None or (not guidance and any(f.metric == mark.value for f in ledger.found)):
        return
    metric = mark.value
    if guidance:
        metric = "guidance_" + ((metric == "net_profit" and _last_profit(scene, mark, _profits(ledger))) or metric)
    high = quantity.high * sign if quantity.high is not None else None
    yield Figure(
        subject.name, metric, period_of(scene, quantity, ledger.calendar, guidance=guidance), None, None, "",
        quantity.value * sign, high,
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
        abs(figure.value - known.value) <= abs(known.value) * _ROUNDED
        for known in found
        if figure.value is not None and known.value is not None
    )  # fmt: skip
