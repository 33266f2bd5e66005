"""Houses that rate: known ones and runs of names that end like one, and when they only give an opinion."""

from collections.abc import Iterator

from tasks.fields.name_runs import is_capital, run_end
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_HOUSE_ENDS = word_set("ratings", "house_ends")
_OPINION = word_set("ratings", "opinion")
_BEFORE_HOUSE = word_set("ratings", "before_house")
_IS_OPINION_WORDS = word_set("rating_houses", "is_opinion")
_IS_OPINION_2_WORDS = word_set("rating_houses", "is_opinion_2")
_IS_OPINION_3_WORDS = word_set("rating_houses", "is_opinion_3")
_IS_OPINION_4_WORDS = word_set("rating_houses", "is_opinion_4")
_IS_OPINION_5_WORDS = word_set("rating_houses", "is_opinion_5")


def find_houses(scene: Scene, *, unknown: bool) -> list[tuple[int, int]]:
    """Known houses, and runs of names that end like one (Nordhaus Research)."""
    reading = scene.reading
    spans = [(mark.first, mark.last) for mark in scene.all("house")]
    if not unknown:
        return sorted(spans)
    taken = {at for span in spans for at in range(*span)}
    at = scene.sentence.first
    while at < scene.sentence.last:
        if not is_capital(reading, at):
            at += 1
            continue
        last = run_end(reading, at, 4, person=False)
        ends = [stop for stop in range(at + 2, last + 1) if reading.low(stop - 1) in _HOUSE_ENDS]
        start = at
        while (
            start < last
            and (reading.low(start) in _BEFORE_HOUSE or reading.has("descriptor", start) or reading.has("role", start))
            and reading.low(start + 1) != "-"
        ):
            start += 1
        if ends and ends[-1] - start > 1 and not taken.intersection(range(at, ends[-1])):
            spans.append((start, ends[-1]))
        at = max(last, at + 1)
    return sorted(spans)


def slices_of(scene: Scene, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """The part of the sentence that each house rules: from it (or from the start) up to the next one."""
    for index, span in enumerate(spans):
        first = scene.sentence.first if index == 0 else span[0]
        last = spans[index + 1][0] if index + 1 < len(spans) else scene.sentence.last
        yield first, last, span


def is_opinion(scene: Scene, span: tuple[int, int]) -> bool:
    """Whether a house only gives an opinion or an indication: laut X, bei X gestellt, X sieht, X-Analyst."""
    reading = scene.reading
    before = reading.low(span[0] - 1)
    if before in _IS_OPINION_WORDS:
        before = reading.low(span[0] - 2)
    if next(scene.all("bookrunner"), None) or reading.low(span[1]) in _IS_OPINION_3_WORDS:
        return True
    first_person = (
        any(reading.has("role", at) for at in (span[1], span[1] + 1)) and reading.low(span[1]) in _IS_OPINION_4_WORDS
    )
    if first_person:
        return True
    if before in _IS_OPINION_5_WORDS or (before == "to" and reading.low(span[0] - 2) == "according"):
        return True
    if before == "bei" and scene.within(scene.sentence.first, scene.sentence.last, "quote"):
        return True
    quoted = scene.within(span[1], min(span[1] + 2, scene.sentence.last), "quote") is not None
    if quoted and scene.names:
        return True
    sees = reading.low(span[1]) in _IS_OPINION_2_WORDS
    others = any(name.first >= span[1] or name.last <= span[0] for name in scene.names)
    return sees and (others or next(scene.all("anaph"), None) is not None) and not (False)
