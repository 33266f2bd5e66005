"""The word of time that belongs to one price move: of its own segment first, then of the sentence, asides left out."""

from collections.abc import Iterator
from dataclasses import dataclass

from tasks.fields.reading import Reading
from tasks.fields.scene import Scene
from tasks.fields.session_words import DayWord
from tasks.fields.tokens import NUMBER

_DATING = ("day", "session", "weekday", "last", "date", "easter", "sometime")
LABELS = ("premarket", "afterhours")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a move stands: its sentence, its tokens, the tokens of other moves and the words of time beside it."""

    scene: Scene
    first: int
    last: int
    rivals: tuple[tuple[int, int], ...]
    words: list[DayWord]


@dataclass(frozen=True, slots=True)
class Told:
    """What the words around a move say about its time: a day, the end of a session, the present, a part of the day.

    `doubtful` is a day behind the numbers of the move before, which may be that of both or of the other one alone;
    `is_past`: told as what had been before.
    """

    word: DayWord | None
    doubtful: DayWord | None
    closed: DayWord | None
    is_now: bool
    is_past: bool
    label: str
    label_word: DayWord | None


def told_of(place: Place, label: str) -> Told:
    """The words around the move; `label` is its part of the day (premarket, afterhours, intraday, regular)."""
    scene = place.scene
    words = place.words
    start, stop = scene.segment(place.first)[0], scene.segment(place.last - 1)[1]
    own = [word for word in words if start <= word.first < stop]
    named = [w for w in own if w.kind in _DATING and not _is_older(place, w, words)]
    # "am Dienstag vergangener Woche": the weekday alone would be that of this week.
    word = _nearest(place, [w for w in named if w.kind == "sometime"] or named)
    shared = None if word else _shared(place, words, start, stop)
    doubtful = shared if shared and _is_behind_rival(place, shared) else None
    word = word or (None if doubtful else shared)
    closed = next((w for w in own if w.kind == "closed"), None) if label == "regular" else None
    is_now = any(w.kind == "now" for w in own)
    is_past = any(w.kind == "past" for w in own) or (word is not None and _is_led(scene, word, words))
    return Told(word, doubtful, closed, is_now, is_past, label, _label_word(scene, label, place))


def _nearest(place: Place, words: list[DayWord]) -> DayWord | None:
    return min(words, key=lambda word: _distance(place, word), default=None)


def _distance(place: Place, word: DayWord) -> int:
    """Tokens between a word and the move; 0 inside it."""
    return max(place.first - word.last, word.first - place.last, 0)


def _shared(place: Place, words: list[DayWord], start: int, stop: int) -> DayWord | None:
    """The nearest word before the move's own segments, or behind them where it belongs to no other move."""
    days = [w for w in words if w.kind in _DATING and not _is_aside(place.scene, w, words)]
    before = [w for w in days if w.first < start]
    behind = [w for w in days if w.first >= stop and not _is_of_rival(place, w)]
    return _nearest(place, before) or _nearest(place, behind)


def _is_aside(scene: Scene, word: DayWord, words: list[DayWord]) -> bool:
    """Whether a word can't be that of other segments: yesterday, what somebody said then, what had been before."""
    start, stop = scene.segment(word.first)
    # "La veille, le CAC 40 avait perdu ...": a segment of its own at the beginning is that of the sentence.
    if start == word.first == scene.sentence.first and stop <= word.last + 1:
        return False
    if word.kind in ("session", "sometime") or (word.kind == "day" and word.value != "0"):
        return True
    return _is_led(scene, word, words) or scene.within(start, stop, "attribute", "say") is not None


def _is_led(scene: Scene, word: DayWord, words: list[DayWord]) -> bool:
    """Whether the clause of a word begins with what was earlier: nachdem er am Dienstag, after gaining on Friday."""
    start = scene.segment(word.first)[0]
    return any(w.first == start for w in words if w.kind == "earlier")


def _is_behind_rival(place: Place, word: DayWord) -> bool:
    """Whether a word before the move stands behind the numbers of another one in its segment."""
    start, stop = place.scene.segment(word.first)
    return stop <= place.first and any(start <= first and last <= word.first for first, last in place.rivals)


def _is_older(place: Place, word: DayWord, words: list[DayWord]) -> bool:
    """Whether the day belongs to a value before the move: "nach 15 Euro am Freitag", "from $15 on Friday"."""
    reading = place.scene.reading
    since = place.last if word.first >= place.last else place.scene.segment(word.first)[0]
    leads = (w for w in words if w.kind == "earlier" and since <= w.first < word.first)
    return any(_has_number(reading, lead.last, word.first) for lead in leads)


def _has_number(reading: Reading, first: int, last: int) -> bool:
    return any(reading.tokens[at].kind == NUMBER for at in range(first, last))


def _is_of_rival(place: Place, word: DayWord) -> bool:
    """Whether another move stands in the segments of the word."""
    start, stop = place.scene.segment(word.first)
    return any(first < stop and last > start for first, last in place.rivals)


def _label_word(scene: Scene, label: str, place: Place) -> DayWord | None:
    """The nearest word of the sentence that says the part of the day."""
    marks = _labels(scene, label) if label in LABELS else iter(())
    return _nearest(place, list(marks))


def _labels(scene: Scene, label: str) -> Iterator[DayWord]:
    for mark in scene.all("session"):
        if mark.value == label:
            yield DayWord(label, "", mark.first, mark.last)
