"""What keeps numbers from being a move of one session: figures, longer times, outlooks, older levels."""

from decimal import Decimal

from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.move_frames import Frame
from tasks.fields.quantities import MONEY, POINTS, YEAR, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

MARKET_KINDS = frozenset(("index", "commodity", "fx", "crypto", "bond", "fund"))
_BESIDE, _BEHIND, _BEFORE = 2, 3, 6
_NEGATIONS = word_set("moves", "negations")
_IS_OF_OTHER_WORDS = word_set("move_checks", "is_of_other")
_SPANS_WINDOW_WORDS = word_set("move_checks", "spans_window")
_IS_QUOTE_WORDS = word_set("move_checks", "is_quote")
_IS_QUOTE_2_WORDS = word_set("move_checks", "is_quote_2")


def window_of(scene: Scene, frame: Frame) -> tuple[int, int]:
    """The segments that the frame stands in."""
    return scene.segment(frame.first)[0], scene.segment(frame.last - 1)[1]


def is_excluded(scene: Scene, frame: Frame, start: int, stop: int, subject: Mention) -> bool:
    """Whether the numbers are a range, an outlook, a longer time, a figure or a share, and no move of a session."""
    part = frame.percent or frame.points or frame.price
    if part is None or part.high is not None or scene.within(start, stop, "organic"):
        return True
    if _window_counts(scene, start, stop) and not scene.within(start, stop, "session"):
        return True
    if scene.within(start, min(stop, frame.last + _BEHIND), "modal") and not scene.within(start, stop, "quote"):
        return True
    if scene.sentence.first <= subject.first < frame.first and _spans_window(scene, subject.first, frame.last):
        return True
    if scene.within(max(start, part.first - _BEFORE), part.first, "metric", "blocker"):
        return True
    if frame.percent is not None and _is_of_else(scene, frame.percent, start, subject):
        return True
    denied = any(scene.reading.low(at) in _NEGATIONS for at in range(scene.sentence.first, frame.first))
    return denied and scene.within(start, part.first, "approx") is not None


def _is_of_else(scene: Scene, percent: Quantity, start: int, subject: Mention) -> bool:
    """Whether a percentage belongs to a metric of the company, or to a quantity named behind it."""
    figure = subject.kind not in MARKET_KINDS and _is_of_figure(scene, percent, start)
    return figure or _is_of_other(scene, percent)


def _is_of_figure(scene: Scene, percent: Quantity, start: int) -> bool:
    """Whether a metric or another quantity is nearer to the percentage than any name or word for a security."""
    if scene.within(start, percent.first, "metric", "blocker", "margin"):
        return True
    first = scene.sentence.first
    marks = [m.last for m in scene.all("metric", "blocker", "margin") if first <= m.first < percent.first]
    named = [n.last for n in scene.names if n.first < percent.first] + [
        m.last for m in scene.all("anaph") if m.first < percent.first
    ]
    if percent.sign:
        return bool(marks) and scene.reading.low(percent.first - 1) == "(" and percent.first - 1 not in named
    return bool(marks) and max(marks) > max(named, default=0)


def _is_of_other(scene: Scene, percent: Quantity) -> bool:
    """Whether what grew follows: 6,7 % de ses volumes, 3 Prozent mehr Autos, 5% of sales."""
    low = scene.reading.low(percent.last)
    return low in _IS_OF_OTHER_WORDS and scene.within(percent.last, percent.last + 4, "blocker", "metric") is not None


def _spans_window(scene: Scene, first: int, last: int) -> bool:
    return any(
        first <= mark.first < last
        and scene.reading.low(mark.first - 1) != "-"
        and scene.reading.low(mark.first) not in _SPANS_WINDOW_WORDS
        for mark in scene.all("window")
    )


def _window_counts(scene: Scene, start: int, stop: int) -> bool:
    """Whether a comparison over a longer time is meant; "vor Wochenfrist" and a year in a name are not."""
    return any(start <= mark.first < stop and scene.reading.low(mark.first - 1) != "-" for mark in scene.all("window"))


def is_quote(scene: Scene, frame: Frame, start: int, stop: int, subject: Mention, anaph: Mark | None) -> bool:
    """Whether a level without a change is a quote of the session: a verb of trading, no extreme, no older value."""
    price = frame.price
    if price is None or scene.within(start, price.first, "extreme", "prior", "target", "metric", "between", "rate"):
        return False
    if price.kind not in (MONEY, POINTS) and subject.kind not in _IS_QUOTE_WORDS:
        return False
    if scene.within(start, stop, "day") and any(m.value == "-1" for m in scene.all("day") if start <= m.first < stop):
        return False
    if any(
        0 <= price.first - m.last <= _BESIDE and "reis" in scene.reading.phrase(m.first, m.last)
        for m in scene.all("adj")
    ):
        return False
    if any(q.kind == YEAR and start <= q.first < stop for q in scene.quantities):
        return False
    stand = scene.within(start, stop, "stand", "adj", "priceword")
    if subject.kind in MARKET_KINDS:
        return stand is not None or scene.reading.low(price.first - 1) in _IS_QUOTE_2_WORDS or subject.kind == "fx"
    return stand is not None and (anaph is not None or scene.within(start, stop, "adj", "priceword") is not None)


def zero_if_unchanged(scene: Scene, frame: Frame, start: int, stop: int) -> Decimal | None:
    """0 where the words say that the price did not change."""
    if scene.within(start, stop, "adj") is None or frame.points is not None:
        return None
    values = [mark.value for mark in scene.all("adj") if start <= mark.first < stop]
    return Decimal(0) if "0" in values and "~" not in values else None
