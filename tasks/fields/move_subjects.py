"""Subjects of moves: names before and behind the numbers, groups, and what "Aktie" or "it" refers to."""

import itertools
from dataclasses import dataclass

from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.move_frames import Frame
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_LOCATIVE = word_set("moves", "locative")
_CLOSE_SENTENCES = 8
_GROUP_WORDS = word_set("move_subjects", "group")
_GROUP_2_WORDS = word_set("move_subjects", "group_2")
_GROUP_FORWARD_WORDS = word_set("move_subjects", "group_forward")
_REFERRED_SUBJECT_WORDS = word_set("move_subjects", "referred_subject")


@dataclass(slots=True)
class Track:
    """What the text has been talking about so far: the main subject, the last one that moved, the printed session."""

    main: Mention | None = None
    last: Mention | None = None
    session: str = ""
    moved: bool = False
    titled: bool = False
    near: frozenset[int] = frozenset()


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
    return any(
        words_between(title, left.last, right.first) in ([","], ["und"], ["and"], ["et"]) for left, right in pairs
    )


def in_order(own: list[Mention], before: list[Mention], found: list[Frame], index: int, scene: Scene) -> list[Mention]:
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


def subjects_of(
    scene: Scene, names: list[Mention], frame: Frame, previous: Frame | None, following: int
) -> list[Mention]:
    """The names that this frame is about: the group right before it, or behind it where none is before."""
    start = previous.last if previous else scene.sentence.first
    before = [name for name in names if start <= name.first < frame.first]
    if not before and previous and "(" in words_between(scene, previous.last, frame.first):
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


def words_between(scene: Scene, first: int, last: int) -> list[str]:
    """The words from token `first` up to, but without, `last`, in lower case."""
    return [scene.reading.low(at) for at in range(first, last)]


def _is_cut(scene: Scene, first: int, last: int) -> bool:
    return any(first < cut <= last for cut in scene.cuts)


def _group(scene: Scene, before: list[Mention]) -> list[Mention]:
    """The nearest name and those joined to it by commas and "und"; an index named as a place steps back."""
    if len(before) > 1 and before[-1].kind == "index" and scene.reading.low(before[-1].first - 1) in _LOCATIVE:
        before = before[:-1]
    group = [before[-1]]
    for name in reversed(before[:-1]):
        words = words_between(scene, name.last, group[0].first)
        if words == ["("] and name.name == group[0].name:
            # An alias in brackets: Raiffeisen Bank International (RBI) und Erste Group.
            group[0] = name
            continue
        if words[:1] == [")"] and scene.reading.low(name.first - 1) == "(":
            words = words[1:]
        joined = [word for word in words if word not in _GROUP_2_WORDS]
        if len(joined) == 1 and joined[0] in _GROUP_WORDS:
            group.insert(0, name)
        else:
            break
    return group


def _group_forward(scene: Scene, after: list[Mention]) -> list[Mention]:
    group = [after[0]]
    for name in after[1:]:
        words = words_between(scene, group[-1].last, name.first)
        if len(words) == 1 and words[0] in _GROUP_FORWARD_WORDS:
            group.append(name)
        else:
            break
    return group


def referred_subject(scene: Scene, frame: Frame, track: Track, anaph: Mark | None) -> Mention | None:
    """The subject of a sentence without name: what a word like "Aktie" stands for, or the one that has just moved."""
    anaph = anaph or next((mark for mark in scene.all("anaph") if mark.first < frame.first), None)
    if anaph is not None or _is_described(scene, frame):
        return _main_or_last(scene, track)
    pronoun = any(scene.reading.low(at) in _REFERRED_SUBJECT_WORDS for at in range(scene.sentence.first, frame.first))
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
