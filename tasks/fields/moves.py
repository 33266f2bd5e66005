"""Price moves and quotes: frames of quantities with their subject, direction, session and venue."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, PriceMove
from tasks.fields.move_frames import Frame, frames
from tasks.fields.quantities import MONEY, POINTS, YEAR, Quantity
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_SIGNS = {"+": 1, "-": -1, "0": 0}
_MARKET_KINDS = frozenset(("index", "commodity", "fx", "crypto", "bond", "fund"))
_NEGATIONS = word_set("moves", "negations")
_LOCATIVE = word_set("moves", "locative")
_CLOSE_SENTENCES = 8
_ROUNDED = Decimal("0.1")
_NEAR_BEFORE, _NEAR_AFTER = 5, 3


@dataclass(slots=True)
class Track:
    """What the text has been talking about so far: the main subject, the last one that moved, the printed session."""

    main: Mention | None = None
    last: Mention | None = None
    session: str = ""
    moved: bool = False
    titled: bool = False
    near: frozenset[int] = frozenset()


def find_moves(scenes: list[Scene], main: Mention | None, rated: set[int]) -> Iterator[PriceMove]:
    """Moves in the order of the text; `rated` are tokens of targets and other numbers that ratings have taken."""
    track = Track(main=main, titled=bool(main and scenes and main.first < scenes[0].sentence.last))
    track.near = near_main(scenes, main)
    found = [(scene.sentence.line, move) for scene in scenes for move in _scene_moves(scene, track, rated)]
    text = [move for line, move in found if line]
    for line, move in found:
        if line or not any(_is_told_better(move, other) for other in text):
            yield move


def near_main(scenes: list[Scene], main: Mention | None) -> frozenset[int]:
    """First tokens of the sentences that stand close behind a mention of the main subject."""
    near: set[int] = set()
    left = 0
    reach = 1 if scenes and _has_two_subjects(scenes[0]) else _CLOSE_SENTENCES
    for scene in scenes:
        if main and any(name.name == main.name for name in scene.names):
            left = reach
        if left:
            near.add(scene.sentence.first)
            left -= 1
    return frozenset(near)


def _has_two_subjects(title: Scene) -> bool:
    """Whether the title joins two companies: AMD, Alphabet slide."""
    names = [name for name in title.names if name.kind == "company" and name.use == "instrument"]
    pairs = itertools.pairwise(names)
    return any(_between(title, left.last, right.first) in ([","], ["und"], ["and"], ["et"]) for left, right in pairs)


def _is_told_better(move: PriceMove, other: PriceMove) -> bool:
    """Whether `other` is the same move in the text, where the title had rounded it."""
    if move.subject != other.subject and move.subject not in other.subject and other.subject not in move.subject:
        return False
    if move.percent is None or other.percent is None:
        return move.percent is None and move.price is None
    return abs(move.percent - other.percent) <= abs(other.percent) * _ROUNDED and (
        move.price is None or move.price == other.price
    )


def _scene_moves(scene: Scene, track: Track, rated: set[int]) -> Iterator[PriceMove]:
    names = [name for name in scene.names if name.use == "instrument"]
    found = [frame for frame in frames(scene) if not any(part.first in rated for part in frame.parts)]
    previous: Frame | None = None
    subjects: list[Mention] = []
    moved = False
    for index, frame in enumerate(found):
        following = found[index + 1].first if index + 1 < len(found) else scene.sentence.last
        own = _subjects(scene, names, frame, previous, following)
        group = _in_order(own, subjects, found, index, scene)
        subjects = own or subjects
        moves = list(_moves_of(scene, frame, group or subjects, bool(own), track, previous))
        if moves:
            moved = True
            yield from moves
        previous = frame
    if moved and subjects:
        track.last = subjects[-1]
    elif not moved and names:
        here = {name.name for name in names}
        close = track.titled and scene.sentence.first in track.near
        track.last = track.main if track.main and (track.main.name in here or close) else names[0]
    track.moved = moved
    track.session = _carried(scene, track.session)


def _in_order(own: list[Mention], before: list[Mention], found: list[Frame], index: int, scene: Scene) -> list[Mention]:
    """One name of a group for each of as many percentages: A und B verloren 2,7 bzw. 1,9 Prozent."""
    group = own if len(own) > 1 else before if not own else []
    if len(group) < 2:  # noqa: PLR2004
        return []
    run = [index]
    while run[0] > 0 and not _name_between(scene, found[run[0] - 1], found[run[0]]):
        run.insert(0, run[0] - 1)
    while run[-1] + 1 < len(found) and not _name_between(scene, found[run[-1]], found[run[-1] + 1]):
        run.append(run[-1] + 1)
    return [group[run.index(index)]] if len(run) == len(group) else []


def _name_between(scene: Scene, left: Frame, right: Frame) -> bool:
    return any(left.last <= name.first < right.first for name in scene.names)


def _subjects(
    scene: Scene, names: list[Mention], frame: Frame, previous: Frame | None, following: int
) -> list[Mention]:
    """The names that this frame is about: the group right before it, or behind it where none is before."""
    start = previous.last if previous else scene.sentence.first
    before = [name for name in names if start <= name.first < frame.first]
    if not before and previous and "(" in _between(scene, previous.last, frame.first):
        before = []
    if before:
        return _group(scene, before)
    inner = [name for name in names if frame.first <= name.first < frame.last]
    if inner:
        return inner[:1]
    stop = scene.segment(frame.last - 1)[1]
    after = [name for name in names if frame.last <= name.first < min(stop, following)]
    if (
        after
        and not scene.within(start, frame.first, "anaph")
        and not _is_described(scene, frame)
        and (previous is None or _is_cut(scene, previous.last, frame.first))
    ):
        return _group_forward(scene, after)
    return []


def _between(scene: Scene, first: int, last: int) -> list[str]:
    return [scene.reading.low(at) for at in range(first, last)]


def _is_cut(scene: Scene, first: int, last: int) -> bool:
    return any(first < cut <= last for cut in scene.cuts)


def _group(scene: Scene, before: list[Mention]) -> list[Mention]:
    """The nearest name and those joined to it by commas and "und"; an index named as a place steps back."""
    if len(before) > 1 and before[-1].kind == "index" and scene.reading.low(before[-1].first - 1) in _LOCATIVE:
        before = before[:-1]
    group = [before[-1]]
    for name in reversed(before[:-1]):
        words = _between(scene, name.last, group[0].first)
        joined = [
            word for word in words if word not in ("der", "die", "das", "the", "le", "la", "l", "'", "’", "auch", "von")
        ]
        if len(joined) == 1 and joined[0] in (",", "und", "and", "et", "sowie", "oder", "&", "wie"):
            group.insert(0, name)
        else:
            break
    return group


def _group_forward(scene: Scene, after: list[Mention]) -> list[Mention]:
    group = [after[0]]
    for name in after[1:]:
        words = _between(scene, group[-1].last, name.first)
        if len(words) == 1 and words[0] in (",", "und", "and", "et", "sowie"):
            group.append(name)
        else:
            break
    return group


def _moves_of(
    scene: Scene, frame: Frame, subjects: list[Mention], own: bool, track: Track, previous: Frame | None
) -> Iterator[PriceMove]:
    start, stop = _window(scene, frame)
    anaph = scene.within(start, stop, "anaph")
    if not subjects:
        known = _referred(scene, frame, track, anaph)
        if known is None:
            return
        subjects = [known]
    if _is_excluded(scene, frame, start, stop, subjects[0], own or anaph is not None):
        return
    percent = _signed_percent(scene, frame, start, stop)
    if percent is None and frame.percent is not None and frame.price is not None:
        frame = Frame(price=frame.price)
    points = _signed_points(scene, frame, start, stop)
    if frame.percent is not None and percent is None:
        return
    if frame.percent is None and frame.points is None and not _is_quote(scene, frame, start, stop, subjects[0], anaph):
        return
    if frame.percent is None and points is None and frame.price is None:
        return
    if frame.points is not None and frame.points.kind == POINTS and subjects[0].kind not in _MARKET_KINDS:
        return
    if frame.percent is None and frame.points is not None and points is None:
        return
    if frame.percent is None:
        percent = _unchanged(scene, frame, start, stop)
    for subject in subjects:
        yield _move(scene, frame, subject, percent, points, track)


def _window(scene: Scene, frame: Frame) -> tuple[int, int]:
    """The segments that the frame stands in."""
    return scene.segment(frame.first)[0], scene.segment(frame.last - 1)[1]


def _referred(scene: Scene, frame: Frame, track: Track, anaph: Mark | None) -> Mention | None:
    """The subject of a sentence without name: what a word like "Aktie" stands for, or the one that has just moved."""
    anaph = anaph or next((mark for mark in scene.all("anaph") if mark.first < frame.first), None)
    if anaph is not None or _is_described(scene, frame):
        return _main_or_last(scene, track)
    pronoun = any(
        scene.reading.low(at) in ("er", "sie", "es", "it", "he", "elle", "il", "ils", "they")
        for at in range(scene.sentence.first, frame.first)
    )
    told = frame.price is not None or scene.within(scene.sentence.first, frame.last + 2, "session") is not None
    if pronoun and told and scene.within(scene.sentence.first, frame.last + 2, "stand", "verb"):
        return _main_or_last(scene, track)
    return (
        track.last
        if track.moved and (pronoun or scene.within(scene.sentence.first, scene.sentence.last, "noun", "session"))
        else None
    )


def _main_or_last(scene: Scene, track: Track) -> Mention | None:
    return track.last or (track.main if scene.sentence.first in track.near or track.main is None else None)


def _is_described(scene: Scene, frame: Frame) -> bool:
    """Whether "the chipmaker", "der Konzern" stands before the numbers."""
    articles = ("the", "der", "die", "das", "le", "la", "l", "'")
    found = (mark for mark in scene.all("descriptor") if scene.segment(frame.first)[0] <= mark.first < frame.first)
    return any(scene.reading.low(mark.first - 1) in articles for mark in found)


def _is_excluded(scene: Scene, frame: Frame, start: int, stop: int, subject: Mention, own: bool) -> bool:
    reading = scene.reading
    part = frame.percent or frame.points or frame.price
    if part is None or part.high is not None:
        return True
    if (
        scene.within(start, stop, "window")
        and not scene.within(start, stop, "session")
        and _window_counts(scene, start, stop)
    ):
        return True
    modal = next((m for m in scene.all("modal") if start <= m.first < min(stop, frame.last + 3)), None)
    if modal and not scene.within(start, stop, "quote"):
        return True
    if subject.kind not in _MARKET_KINDS and frame.percent is not None and _is_of_figure(scene, frame.percent, start):
        return True
    if scene.within(start, stop, "organic"):
        return True
    if frame.percent is not None and _is_of_other(scene, frame.percent):
        return True
    if (
        subject.first >= scene.sentence.first
        and subject.first < frame.first
        and _spans_window(scene, subject.first, frame.last)
    ):
        return True
    if scene.within(max(start, part.first - 6), part.first, "metric", "blocker"):
        return True
    return bool(
        any(reading.low(at) in _NEGATIONS for at in range(scene.sentence.first, frame.first))
        and scene.within(start, part.first, "approx")
    )


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
    return (
        low in ("de", "d", "of", "mehr", "weniger", "more", "fewer")
        and scene.within(percent.last, percent.last + 4, "blocker", "metric") is not None
    )


def _spans_window(scene: Scene, first: int, last: int) -> bool:
    return any(
        first <= mark.first < last
        and scene.reading.low(mark.first - 1) != "-"
        and scene.reading.low(mark.first) not in ("2023", "2024", "year", "years", "jahr")
        for mark in scene.all("window")
    )


def _window_counts(scene: Scene, start: int, stop: int) -> bool:
    """Whether a comparison over a longer time is meant; "vor Wochenfrist" and a year in a name are not."""
    return any(start <= mark.first < stop and scene.reading.low(mark.first - 1) != "-" for mark in scene.all("window"))


def _signed_percent(scene: Scene, frame: Frame, start: int, stop: int) -> Decimal | None:
    quantity = frame.percent
    if quantity is None:
        return None
    if quantity.sign:
        return quantity.value * quantity.sign
    if quantity.value == 0:
        return quantity.value
    sign = direction(scene, quantity, frame.last, start, stop)
    return None if sign is None else quantity.value * sign


def _signed_points(scene: Scene, frame: Frame, start: int, stop: int) -> Decimal | None:
    quantity = frame.points
    if quantity is None:
        return None
    if quantity.sign:
        return quantity.value * quantity.sign
    sign = direction(scene, quantity, frame.last, start, stop)
    return None if sign is None else quantity.value * sign


def direction(scene: Scene, quantity: Quantity, last: int, start: int, stop: int) -> int | None:
    """+1 or -1 from the word that governs `quantity`: the adjective beside it, the noun before it, the verb around it."""
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


def _is_quote(scene: Scene, frame: Frame, start: int, stop: int, subject: Mention, anaph: Mark | None) -> bool:
    """Whether a level without a change is a quote of the session: a verb of trading, no extreme, no older value."""
    price = frame.price
    if price is None or scene.within(start, price.first, "extreme", "prior", "target", "metric", "between", "rate"):
        return False
    if price.kind not in (MONEY, POINTS) and subject.kind not in ("fx", "index", "bond", "commodity"):
        return False
    if scene.within(start, stop, "day") and any(m.value == "-1" for m in scene.all("day") if start <= m.first < stop):
        return False
    if any(
        0 <= price.first - m.last <= 2 and "reis" in scene.reading.phrase(m.first, m.last) for m in scene.all("adj")
    ):
        return False
    if any(q.kind == YEAR and start <= q.first < stop for q in scene.quantities):
        return False
    stand = scene.within(start, stop, "stand", "adj", "priceword")
    if subject.kind in _MARKET_KINDS:
        return (
            stand is not None or scene.reading.low(price.first - 1) in ("zu", "at", "bei", "à") or subject.kind == "fx"
        )
    return stand is not None and (anaph is not None or scene.within(start, stop, "adj", "priceword") is not None)


def _unchanged(scene: Scene, frame: Frame, start: int, stop: int) -> Decimal | None:
    if scene.within(start, stop, "adj") is None or frame.points is not None:
        return None
    values = [mark.value for mark in scene.all("adj") if start <= mark.first < stop]
    return Decimal(0) if "0" in values and "~" not in values else None


def _move(
    scene: Scene, frame: Frame, subject: Mention, percent: Decimal | None, points: Decimal | None, track: Track
) -> PriceMove:
    price = frame.price
    currency = ""
    if price is not None and price.kind == MONEY:
        currency = price.currency
    elif subject.kind == "fx":
        currency = subject.name[-3:]
    inside = scene.sentence.first <= subject.first < scene.sentence.last
    first = min(subject.first, frame.first) if inside and abs(subject.first - frame.first) < 12 else frame.first  # noqa: PLR2004
    start, stop = scene.reading.span(first, max(frame.last, subject.last if inside and first == frame.first else 0))
    evidence = Evidence(start, stop, "move" if percent is not None else "quote")
    return PriceMove(
        subject.name, percent, points, price.value if price else None, currency if price else "",
        _venue(scene, frame), _session(scene, frame, track), evidence,
    )  # fmt: skip


def _venue(scene: Scene, frame: Frame) -> str:
    found = [
        mark
        for mark in scene.all("venue", "venueplace")
        if not any(n.first <= mark.first < n.last and n.use == "instrument" for n in scene.names)
    ]
    if not found:
        return ""
    mark = min(found, key=lambda m: abs(m.first - frame.first))
    return scene.reading.phrase(mark.first, mark.last)


def _session(scene: Scene, frame: Frame, track: Track) -> str:
    start, stop = _window(scene, frame)
    marks = list(scene.all("session"))
    printed = [mark.value for mark in marks if mark.value in ("premarket", "afterhours")]
    near = [mark.value for mark in marks if start <= mark.first < stop]
    if "premarket" in near or (
        "premarket" in printed and "regulären" not in _between(scene, scene.sentence.first, scene.sentence.last)
    ):
        return "premarket"
    if "afterhours" in near:
        return "afterhours"
    if "intraday" in near and frame.percent is not None:
        return "intraday"
    if scene.within(start, stop, "quote"):
        return "premarket"
    return (
        track.session
        if not scene.within(scene.sentence.first, scene.sentence.last, "day") and track.session
        else "regular"
    )


def _carried(scene: Scene, session: str) -> str:
    printed = [mark.value for mark in scene.all("session") if mark.value in ("premarket", "afterhours")]
    if printed:
        return printed[-1]
    return "" if scene.within(scene.sentence.first, scene.sentence.last, "day", "stand") else session
