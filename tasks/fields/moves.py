"""Price moves and quotes: frames of quantities with their subject, direction, session and venue."""

from collections.abc import Iterator
from decimal import Decimal

from tasks.fields.directions import signed_percent, signed_points
from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, PriceMove
from tasks.fields.move_checks import MARKET_KINDS, is_excluded, is_quote, window_of, zero_if_unchanged
from tasks.fields.move_frames import Frame, frames
from tasks.fields.move_subjects import Track, in_order, near_main, referred_subject, subjects_of, words_between
from tasks.fields.quantities import MONEY, POINTS
from tasks.fields.scene import Scene

_ROUNDED = Decimal("0.1")


def find_moves(scenes: list[Scene], main: Mention | None, rated: set[int]) -> Iterator[PriceMove]:
    """Moves in the order of the text; `rated` are tokens of targets and other numbers that ratings have taken."""
    track = Track(main=main, titled=bool(main and scenes and main.first < scenes[0].sentence.last))
    track.near = near_main(scenes, main)
    found = [(scene.sentence.line, move) for scene in scenes for move in _scene_moves(scene, track, rated)]
    text = [move for line, move in found if line]
    for line, move in found:
        if line or not any(_is_told_better(move, other) for other in text):
            yield move


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
    found = frames(scene)
    if rated:
        found = [frame for frame in found if not any(part.first in rated for part in frame.parts)]
    previous: Frame | None = None
    subjects: list[Mention] = []
    outer: list[Mention] = []
    moved = False
    for index, frame in enumerate(found):
        following = found[index + 1].first if index + 1 < len(found) else scene.sentence.last
        own = subjects_of(scene, names, frame, previous, following)
        group = in_order(own, subjects, found, index, scene)
        resumed = own or (outer if previous and _is_closed(scene, previous, frame) else subjects)
        outer = outer if _is_aside(scene, own, frame) else resumed
        subjects = resumed
        moves = list(_moves_of(scene, frame, group or subjects, track))
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


def _is_aside(scene: Scene, own: list[Mention], frame: Frame) -> bool:
    """Whether a move stands in brackets together with its name: (SLI +0,05%)."""
    return bool(own) and own[0].first < frame.first and scene.reading.low(own[0].first - 1) == "("


def _is_closed(scene: Scene, previous: Frame, frame: Frame) -> bool:
    """Whether the bracket of an aside closes between two frames, so that the sentence goes on with what was before."""
    inside = any(
        scene.reading.low(name.first - 1) == "(" for name in scene.names if name.last <= previous.first <= name.last + 1
    )
    return inside and ")" in words_between(scene, previous.last, frame.first)


def _moves_of(scene: Scene, frame: Frame, subjects: list[Mention], track: Track) -> Iterator[PriceMove]:
    """The moves of one frame: one per subject, none where the numbers are no move."""
    start, stop = window_of(scene, frame)
    anaph = scene.within(start, stop, "anaph")
    if not subjects:
        known = referred_subject(scene, frame, track, anaph)
        subjects = [known] if known else []
    if not subjects or is_excluded(scene, frame, start, stop, subjects[0]):
        return
    percent = signed_percent(scene, frame, start, stop)
    # A percentage without direction is something else (a yield); the level beside it may still be a quote.
    told = _level_of(frame) if percent is None and frame.percent is not None else frame
    points = signed_points(scene, told, start, stop)
    if not told.parts or not _is_complete(told, points, subjects[0]):
        return
    if told.percent is None and told.points is None:
        if not is_quote(scene, told, start, stop, subjects[0], anaph):
            return
        percent = zero_if_unchanged(scene, told, start, stop)
    for subject in subjects:
        yield _move(scene, told, subject, percent, points, track)


def _level_of(frame: Frame) -> Frame:
    level = Frame()
    if frame.price is not None:
        level.put("price", frame.price)
    return level


def _is_complete(frame: Frame, points: Decimal | None, subject: Mention) -> bool:
    """Whether a change in points has a direction, and a currency where a company is meant."""
    if frame.points is None:
        return True
    bare = frame.points.kind == POINTS and subject.kind not in MARKET_KINDS
    return not bare and (points is not None or frame.percent is not None)


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
    start, stop = window_of(scene, frame)
    marks = list(scene.all("session"))
    printed = [mark.value for mark in marks if mark.value in ("premarket", "afterhours")]
    near = [mark.value for mark in marks if start <= mark.first < stop]
    if "premarket" in near or (
        "premarket" in printed and "regulären" not in words_between(scene, scene.sentence.first, scene.sentence.last)
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
    return "" if not session or scene.within(scene.sentence.first, scene.sentence.last, "day", "stand") else session
