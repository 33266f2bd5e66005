"""The trading day of each price move, from the dateline, words near the move and the market's calendar; never a guess.

    word of the move's own segment > of the sentence > of the paragraph before > the dateline alone

"am Vortag" counts from the day that the text speaks of, if that is one. Where markets in question differ, or a word
names a day without a session, or one still to come, there is no day. Which rule decided stands in the evidence;
without a word that decided (the dateline did) there is no evidence.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tasks.fields.datelines import Dateline
from tasks.fields.day_rules import AFTERHOURS, PREMARKET, Clock, clock_of, day_of_dateline, day_of_word
from tasks.fields.model import Evidence, PriceMove
from tasks.fields.move_markets import Homes
from tasks.fields.near_words import LABELS, Place, Told, told_of
from tasks.fields.reading import Reading
from tasks.fields.scene import Scene
from tasks.fields.session_words import DayWord, day_words

# A day named in words is certain; one carried on from a sentence before, or from the dateline, is not.
_NAMED, _CARRIED = 0.9, 0.7
_ANCHORS = ("weekday", "last", "date", "easter")


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The day that the text speaks of, and where it was said."""

    day: date
    line: int
    evidence: Evidence


@dataclass(slots=True)
class _Article:
    """What is known while the moves of an article are walked through."""

    reading: Reading
    homes: Homes
    dateline: Dateline
    clocks: dict[tuple[str, datetime], Clock | None] = field(default_factory=dict)
    first: dict[str, _Anchor] = field(default_factory=dict)
    last: dict[str, _Anchor] = field(default_factory=dict)
    days: dict[str, set[date]] = field(default_factory=dict)
    labelled: tuple[str, ...] = ()

    def clock(self, code: str, at: datetime) -> Clock | None:
        """The market at `at`, remembered."""
        if (code, at) not in self.clocks:
            self.clocks[code, at] = clock_of(code, self.dateline, at)
        return self.clocks[code, at]

    def spoken(self, codes: tuple[str, ...]) -> set[date]:
        """The days that the text has spoken of for these markets, asides left out."""
        return set().union(*(self.days.get(code, set()) for code in codes))

    def agreed(self, codes: tuple[str, ...], at: datetime, rule: Callable[[Clock], date | None]) -> date | None:
        """The day that `rule` gives at all markets; None where they differ or one knows none."""
        days = self._days(codes, at, rule)
        return days.pop() if len(days) == 1 else None

    def possible(self, codes: tuple[str, ...], at: datetime, rule: Callable[[Clock], date | None]) -> date | None:
        """The day that `rule` gives at the markets where it gives one; None where these differ.

        A move of a day that is named can't have been made where no session was.
        """
        days = self._days(codes, at, rule) - {None}
        return days.pop() if len(days) == 1 else None

    def _days(self, codes: tuple[str, ...], at: datetime, rule: Callable[[Clock], date | None]) -> set[date | None]:
        clocks = [self.clock(code, at) for code in codes]
        return {rule(clock) if clock else None for clock in clocks}


def dated(
    reading: Reading, stage: list[Scene], moves: tuple[PriceMove, ...], homes: Homes, dateline: Dateline | None
) -> tuple[PriceMove, ...]:
    """The moves with their trading days, in the same order; the title follows what the text says."""
    if dateline is None or not moves:
        return moves
    article = _Article(reading, homes, dateline)
    places = list(_places(reading, stage, moves))
    order = sorted(range(len(moves)), key=lambda at: (places[at].scene.sentence.line == 0, at))
    found = {at: _dated(article, moves[at], places[at]) for at in order}
    return tuple(found[at] for at in range(len(moves)))


def _places(reading: Reading, stage: list[Scene], moves: tuple[PriceMove, ...]) -> Iterator[Place]:
    """The sentence and the tokens of each move."""
    starts = reading.starts
    firsts = [scene.sentence.first for scene in stage]
    found: list[tuple[Scene, tuple[int, int]]] = []
    for move in moves:
        first, last = bisect_left(starts, move.evidence.start), bisect_left(starts, move.evidence.stop)
        scene = stage[max(bisect_right(firsts, first) - 1, 0)]
        found.append((scene, _numbers(scene, move, first, last)))
    spans: dict[int, list[tuple[int, int]]] = {}
    for scene, span in found:
        spans.setdefault(scene.sentence.first, []).append(span)
    stops = {scene.sentence.first: scene.sentence.last for scene, _ in found}
    words = {at: day_words(reading, at, stop) for at, stop in stops.items()}
    for scene, span in found:
        at = scene.sentence.first
        yield Place(scene, *span, tuple(other for other in spans[at] if other != span), words[at])


def _numbers(scene: Scene, move: PriceMove, first: int, last: int) -> tuple[int, int]:
    """The tokens of the move's own numbers; its evidence may begin at a subject far in front of them."""
    told = {abs(value) for value in (move.percent, move.points, move.price) if value is not None}
    own = {abs(q.value): q for q in scene.quantities if first <= q.first < last and abs(q.value) in told}
    return (min(q.first for q in own.values()), max(q.last for q in own.values())) if own else (first, last)


def _dated(article: _Article, move: PriceMove, place: Place) -> PriceMove:
    codes = article.homes.markets_of(move)
    told = told_of(place, move.session)
    line = place.scene.sentence.line
    if told.word is None:
        day, evidence = _by_context(article, codes, told, line)
    else:
        day, evidence = _by_word(article, codes, told, told.word), _evidence(article, told.word)
        if day and line and _is_anchor(told.word) and not told.is_past:
            anchor = _Anchor(day, line, evidence)
            article.last.update(dict.fromkeys(codes, anchor))
            article.first = dict.fromkeys(codes, anchor) | article.first
    if day and line and not told.is_past and (told.word is None or _is_anchor(told.word)):
        for code in codes:
            article.days.setdefault(code, set()).add(day)
    if told.label_word:
        article.labelled = codes
    return replace(move, session_date=day, date_evidence=evidence if day else None)


def _by_word(article: _Article, codes: tuple[str, ...], told: Told, word: DayWord) -> date | None:
    """The day that a word names; "am Vortag" has none where the text has spoken of several days."""
    label = AFTERHOURS if told.closed else told.label
    if word.kind != "session":
        return article.possible(codes, article.dateline.at, lambda clock: day_of_word(word, clock, label, None))
    spoken = article.spoken(codes)
    if len(spoken) > 1:
        return None
    since = next(iter(spoken), None)
    return article.agreed(codes, article.dateline.at, lambda clock: day_of_word(word, clock, label, since))


def _by_context(
    article: _Article, codes: tuple[str, ...], told: Told, line: int
) -> tuple[date | None, Evidence | None]:
    """The day without a word in the sentence: that of the paragraph, or of the dateline where nothing contradicts."""
    if _is_unknown(article, codes, told):
        return None, None
    present = _present(article, codes, told)
    word = told.label_word or told.closed
    evidence = _evidence(article, word) if word else None
    if told.doubtful:
        same = present is not None and _by_word(article, codes, told, told.doubtful) == present
        return (present, evidence) if same else (None, None)
    anchor = _anchor(article, codes, newest=line > 0)
    if anchor is None or told.is_now or told.label == PREMARKET:
        return present, evidence
    if anchor.line != line:
        return (present, evidence) if present == anchor.day else (None, None)
    if max(article.spoken(codes)) > anchor.day:
        # The paragraph has gone back from today to another day; where it stands now is not said.
        return None, None
    day = article.possible(codes, article.dateline.at, lambda clock: clock.on(anchor.day, told.label))
    return day, replace(anchor.evidence, rule="date: carried", confidence=_CARRIED)


def _is_unknown(article: _Article, codes: tuple[str, ...], told: Told) -> bool:
    """Whether it had been earlier and nothing says when, or the part of the day was said of another market."""
    elsewhere = told.label in LABELS and not told.label_word and set(codes).isdisjoint(article.labelled)
    return elsewhere or (told.is_past and not told.closed)


def _present(article: _Article, codes: tuple[str, ...], told: Told) -> date | None:
    """The day of the dateline; where only its day is known, the one that holds for all of it."""
    closed = told.closed is not None
    days = {
        article.agreed(codes, at, lambda clock: day_of_dateline(clock, told.label, closed=closed))
        for at in article.dateline.bounds()
    }
    return days.pop() if len(days) == 1 else None


def _anchor(article: _Article, codes: tuple[str, ...], *, newest: bool) -> _Anchor | None:
    """The last day (for titles: the first) that the text has named for one of the markets."""
    known = article.last if newest else article.first
    named = [known[code] for code in codes if code in known]
    return max(named, key=lambda anchor: anchor.evidence.start, default=None)


def _is_anchor(word: DayWord) -> bool:
    """Whether the sentences behind go on with this day; yesterday and the day before are asides."""
    return word.kind in _ANCHORS or (word.kind == "day" and word.value == "0")


def _evidence(article: _Article, word: DayWord) -> Evidence:
    start, stop = article.reading.span(word.first, word.last)
    return Evidence(start, stop, f"date: {word.kind}", _NAMED)
