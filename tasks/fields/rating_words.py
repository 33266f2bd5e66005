"""Words of ratings in a sentence: the rating and the one before it."""

from tasks.fields.reading import Reading
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_BESIDE = 4
_QUOTES = frozenset("\"„“”«»‚‘’'")
PREVIOUS = word_set("ratings", "previous")
_IS_NAMED_RATING_WORDS = word_set("rating_words", "is_named_rating")
_RATING_AND_PREVIOUS_WORDS = word_set("rating_words", "rating_and_previous")
_PRIOR_NEAR_WORDS = word_set("rating_words", "prior_near")


def ratings_in(scene: Scene, first: int, last: int) -> list[tuple[int, int]]:
    """Tokens of rating words: quoted, in capitals, or known ones that are no verbs or directions here."""
    if "rating" not in scene.marks and "rate" not in scene.marks:
        return []
    reading = scene.reading
    spans = []
    for mark in scene.all("rating"):
        if not first <= mark.first < last:
            continue
        quoted = reading.low(mark.first - 1) in _QUOTES and reading.low(mark.last) in _QUOTES
        capital = reading.tokens[mark.first].text[0].isupper()
        near = any(abs(m.first - mark.first) <= 6 for m in scene.all("rate"))  # noqa: PLR2004
        if (
            quoted
            or (capital and (near or reading.low(mark.last) in (")", "(") or reading.tokens[mark.first].text.isupper()))
            or (near and _is_named_rating(reading, mark.first))
        ):
            spans.append((mark.first, mark.last))
    spans += _unknown_quoted(scene, first, last, spans)
    return sorted(spans)


def _is_named_rating(reading: Reading, first: int) -> bool:
    return reading.low(first - 1) in _IS_NAMED_RATING_WORDS


def _unknown_quoted(scene: Scene, first: int, last: int, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Quoted words beside a word of rating that the lexicon does not know as ratings."""
    reading = scene.reading
    if "rate" not in scene.marks:
        return []
    taken = {at for span in known for at in range(*span)}
    spans = []
    for at in range(first, last - 2):
        if reading.tokens[at].text in _QUOTES and at + 1 not in taken and reading.tokens[at + 1].text[:1].isalpha():
            stop = next((k for k in range(at + 2, min(at + 5, last)) if reading.tokens[k].text in _QUOTES), None)
            near = any(
                m.value == "" and abs(m.first - at) <= _BESIDE and reading.low(m.first) in _RATING_NOUNS
                for m in scene.all("rate")
            )
            if stop and near:
                spans.append((at + 1, stop))
    return spans


_RATING_NOUNS = word_set("ratings", "rating_nouns")


def rating_and_previous(scene: Scene, first: int, last: int) -> tuple[str, str]:
    """The rating and the one before it."""
    reading = scene.reading
    rating = previous = ""
    spans = ratings_in(scene, first, last)
    for span in spans:
        at = span[0] - 1
        while reading.low(at) in _QUOTES or reading.low(at) in ("the", "dem", "der"):
            at -= 1
        newly = any(reading.low(at - back) in _RATING_AND_PREVIOUS_WORDS for back in range(4))
        older = not newly and _is_replaced(reading, spans, span)
        older = older or reading.low(at) in PREVIOUS or reading.low(at) == "(" or _prior_near(reading, at)
        if older and reading.low(at) in ("de", "d") and not any(s[0] > span[0] for s in spans):
            older = bool(rating)
        printed = reading.phrase(*span)
        if older and not previous:
            previous = printed
        elif not rating:
            rating = printed
    if previous and not rating:
        rating, previous = previous, ""
    return rating, previous if previous.casefold() != rating.casefold() else ""


def _is_replaced(reading: Reading, spans: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Whether another rating of the sentence is called new."""
    return any(
        other != span and reading.low(other[0] - back) in ("neu", "nun", "now")
        for other in spans
        for back in range(2, 5)
    )


def _prior_near(reading: Reading, at: int) -> bool:
    return any(reading.low(at - back) in _PRIOR_NEAR_WORDS for back in range(2))
