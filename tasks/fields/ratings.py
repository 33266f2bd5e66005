"""Analyst ratings: houses with rating, target and what both were before; one entry per house and subject."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, Rating
from tasks.fields.name_runs import is_capital, run_end
from tasks.fields.quantities import MONEY, Quantity
from tasks.fields.reading import Reading
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_HOUSE_ENDS = word_set("ratings", "house_ends")
_QUOTES = frozenset("\"„“”«»‚‘’'")
_PREVIOUS = word_set("ratings", "previous")
_BY = frozenset(("by", "um", "de"))
_OPINION = word_set("ratings", "opinion")
_CONTINUED = word_set("ratings", "continued")
_FORMERLY = word_set("ratings", "formerly")
_BEFORE_HOUSE = word_set("ratings", "before_house")
_REACH = 3
_LARGEST_TARGET = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Rated:
    """Ratings with the tokens that they take: of houses, and of numbers that are targets."""

    ratings: tuple[Rating, ...]
    houses: frozenset[int]
    numbers: frozenset[int]


def find_ratings(scenes: list[Scene], main: Mention | None) -> Rated:
    """All ratings of the text; sentences without a house go on with the last one."""
    found: list[Rating] = []
    houses: set[int] = set()
    numbers: set[int] = set()
    subject = main
    for scene in scenes:
        rates = _rates(scene)
        spans = _houses(scene, unknown=rates)
        if not spans and not rates:
            continue
        if _is_credit(scene):
            houses.update(at for span in spans for at in range(*span))
            continue
        if rates and spans:
            subject = _subject(scene, spans, subject)
            for first, last, house in _slices(scene, spans):
                rating = _rating(scene, house, first, last, subject, numbers)
                if rating:
                    houses.update(range(*house))
                    _add(found, rating)
        elif rates and found:
            _go_on(scene, found, numbers)
        for span in spans:
            if _is_opinion(scene, span, rates=rates):
                houses.update(range(*span))
    return Rated(tuple(found), frozenset(houses), frozenset(numbers))


def _is_credit(scene: Scene) -> bool:
    average = next(scene.all("consensustarget"), None) is not None and next(scene.all("target"), None) is not None
    return average or next(scene.all("creditrating"), None) is not None


def _rates(scene: Scene) -> bool:
    """Whether the sentence speaks of a target, or of a rating together with a word of rating."""
    if next(scene.all("target"), None):
        return (
            next(scene.all("rate"), None) is not None
            or bool(_ratings_in(scene, scene.sentence.first, scene.sentence.last))
            or any(q.kind == MONEY for q in scene.quantities)
        )
    return bool(_ratings_in(scene, scene.sentence.first, scene.sentence.last)) and (
        next(scene.all("rate", "house"), None) is not None
    )


def _houses(scene: Scene, *, unknown: bool) -> list[tuple[int, int]]:
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


def _slices(scene: Scene, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """The part of the sentence that each house rules: from it (or from the start) up to the next one."""
    for index, span in enumerate(spans):
        first = scene.sentence.first if index == 0 else span[0]
        last = spans[index + 1][0] if index + 1 < len(spans) else scene.sentence.last
        yield first, last, span


def _subject(scene: Scene, spans: list[tuple[int, int]], known: Mention | None) -> Mention | None:
    housed = {at for span in spans for at in range(*span)}
    named = [
        name for name in scene.names if name.first not in housed and name.kind == "company" and name.use == "instrument"
    ]
    return named[0] if named else known


def _ratings_in(scene: Scene, first: int, last: int) -> list[tuple[int, int]]:
    """Tokens of rating words: quoted, in capitals, or known ones that are no verbs or directions here."""
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
    return reading.low(first - 1) in (
        "auf",
        "to",
        "à",
        "von",
        "from",
        "de",
        "at",
        "mit",
        "its",
        "a",
        "zum",
        "avis",
        "recommandation",
        "reste",
        "ein",
    )


def _unknown_quoted(scene: Scene, first: int, last: int, known: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Quoted words beside a word of rating that the lexicon does not know as ratings."""
    reading = scene.reading
    taken = {at for span in known for at in range(*span)}
    spans = []
    for at in range(first, last - 2):
        if reading.tokens[at].text in _QUOTES and at + 1 not in taken and reading.tokens[at + 1].text[:1].isalpha():
            stop = next((k for k in range(at + 2, min(at + 5, last)) if reading.tokens[k].text in _QUOTES), None)
            near = any(
                m.value == "" and abs(m.first - at) <= 4 and reading.low(m.first) in _RATING_NOUNS
                for m in scene.all("rate")
            )
            if stop and near:
                spans.append((at + 1, stop))
    return spans


_RATING_NOUNS = word_set("ratings", "rating_nouns")


def _rating(
    scene: Scene, house: tuple[int, int], first: int, last: int, subject: Mention | None, numbers: set[int]
) -> Rating | None:
    if subject is None:
        return None
    rating, previous = _words(scene, first, last)
    target, earlier, currency, used = _targets(scene, first, last)
    if not rating and target is None:
        return None
    numbers.update(used)
    reading = scene.reading
    start, stop = reading.span(max(min(house[0], first), scene.sentence.first), last)
    name = (
        reading.phrase(*house).removeprefix("Bank ").removeprefix("Banque ")
        if reading.phrase(*house) in _BANKS
        else reading.phrase(*house)
    )
    return Rating(name, subject.name, rating, previous, target, earlier, currency, Evidence(start, stop, "house"))


_BANKS = frozenset(("Bank Vontobel", "Banque Vontobel"))


def _words(scene: Scene, first: int, last: int) -> tuple[str, str]:
    """The rating and the one before it."""
    reading = scene.reading
    rating = previous = ""
    spans = _ratings_in(scene, first, last)
    for span in spans:
        at = span[0] - 1
        while reading.low(at) in _QUOTES or reading.low(at) in ("the", "dem", "der"):
            at -= 1
        newly = any(reading.low(at - back) in ("neu", "neuerdings", "now", "nun", "désormais") for back in range(4))
        older = not newly and _is_replaced(reading, spans, span)
        older = older or reading.low(at) in _PREVIOUS or reading.low(at) == "(" or _prior_near(reading, at)
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
    return any(
        reading.low(at - back) in ("bislang", "bisher", "zuvor", "previously", "prior", "vorher") for back in range(2)
    )


def _targets(scene: Scene, first: int, last: int) -> tuple[Decimal | None, Decimal | None, str, list[int]]:
    """Target, the one before it, currency, and the tokens of their numbers."""
    reading = scene.reading
    marks = [m for m in scene.all("target") if first <= m.first < last]
    ratings = _ratings_in(scene, first, last)
    if not marks and not ratings:
        return None, None, "", []
    anchor = min([m.first for m in marks] + [span[0] for span in ratings])
    candidates = [
        q
        for q in scene.quantities
        if first <= q.first < last and q.kind == MONEY and not q.exponent and q.value < _LARGEST_TARGET
    ]
    if not marks:
        candidates = [
            q
            for q in candidates
            if any(0 < q.first - span[1] <= 8 and _joins(reading, span[1], q.first) for span in ratings)
        ]
    candidates = [
        q for q in candidates if (q.first > anchor or _is_before(scene, q, marks)) and not _is_price(scene, q)
    ]
    target = earlier = None
    difference = None
    before = anchor
    for q in candidates:
        late = any(reading.low(at) in _FORMERLY for at in range(max(before, q.first - 8), q.first))
        before = q.last
        if late and target is not None:
            earlier = q.value
        elif _is_difference(reading, q):
            difference = q.value
        elif _is_earlier(reading, q, candidates):
            earlier = earlier if earlier is not None else q.value
        elif target is None and q.high is not None:
            target, earlier = q.high, q.value
        elif target is None:
            target = q.value
    if target is not None and earlier is None and difference is not None:
        earlier = target - difference if _goes_up(scene, first, last) else target + difference
    if target is None and earlier is not None and len(candidates) == 1:
        target, earlier = earlier, None
    used = [q.first for q in candidates]
    return target, earlier if earlier != target else None, candidates[0].currency if candidates else "", used


def _joins(reading: Reading, first: int, last: int) -> bool:
    return not any(reading.low(at) in (";", ".") for at in range(first, last))


def _is_before(scene: Scene, quantity: Quantity, marks: list) -> bool:  # type: ignore[type-arg]
    """Whether the number stands right in front of the word: a $425 target, 42 Euro Kursziel."""
    return any(0 <= mark.first - quantity.last <= 2 for mark in marks)  # noqa: PLR2004


def _is_price(scene: Scene, quantity: Quantity) -> bool:
    """Whether the number is the level of a move: 1,8 Prozent auf 69,65 Euro."""
    percents = [q for q in scene.quantities if q.kind == "percent" and 0 <= quantity.first - q.last <= 4]  # noqa: PLR2004
    anaph = any(
        0 <= quantity.first - mark.last <= 3 and scene.reading.low(mark.first) in ("kurs", "cours")
        for mark in scene.all("anaph")
    )
    return bool(percents) or anaph


def _is_difference(reading: Reading, quantity: Quantity) -> bool:
    return reading.low(quantity.first - 1) in ("by", "um")


def _is_earlier(reading: Reading, quantity: Quantity, candidates: list[Quantity]) -> bool:
    at = quantity.first - 1
    while (
        reading.low(at) in ("the", "its", "a", "zuvor", "bisher", "bislang", "précédemment", "previous", "prior")
        and quantity.first - at < _REACH
    ):
        at -= 1
    if reading.low(at) in ("von", "of") and any(
        m.last == at for k in range(max(at - 4, 0), at) for m in reading.marks_at.get(k, ()) if m.kind == "target"
    ):
        return any(
            0 < other.first - quantity.last <= _REACH and reading.low(other.first - 1) == "auf" for other in candidates
        )
    if reading.low(at) in ("de", "d", "'") and reading.language.startswith("fr"):
        return any(
            0 < other.first - quantity.last <= _REACH and reading.low(other.first - 1) == "à" for other in candidates
        )
    return (
        reading.low(at) in _PREVIOUS - {"de", "d"}
        or (reading.low(at) == "(" and len(candidates) > 1)
        or reading.low(quantity.first - 1) in ("zuvor", "bisher", "bislang")
        or reading.low(quantity.last) in ("précédemment", "auparavant", "previously", "zuvor")
    )


def _goes_up(scene: Scene, first: int, last: int) -> bool:
    low = [scene.reading.low(at) for at in range(first, last)]
    return any(
        word
        in (
            "raised",
            "raises",
            "lifted",
            "lifts",
            "hebt",
            "hob",
            "erhöht",
            "erhöhte",
            "relève",
            "relevé",
            "hiked",
            "hikes",
            "boosted",
            "angehoben",
            "upped",
            "increases",
            "increased",
        )
        for word in low
    )


def _add(found: list[Rating], rating: Rating) -> None:
    for index, known in enumerate(found):
        if known.house == rating.house and known.subject == rating.subject:
            found[index] = _merged(known, rating)
            return
    found.append(rating)


def _merged(known: Rating, newer: Rating) -> Rating:
    return replace(
        known, rating=known.rating or newer.rating, previous_rating=known.previous_rating or newer.previous_rating,
        target=known.target if known.target is not None else newer.target,
        previous_target=newer.previous_target if newer.previous_target is not None else known.previous_target,
        currency=known.currency or newer.currency,
    )  # fmt: skip


def _go_on(scene: Scene, found: list[Rating], numbers: set[int]) -> None:
    """Target or rating of a sentence that names no house: they belong to the last rating."""
    last = found[-1]
    if any(name.name != last.subject for name in scene.names if name.use == "instrument"):
        return
    rating, previous = _words(scene, scene.sentence.first, scene.sentence.last)
    target, earlier, currency, used = _targets(scene, scene.sentence.first, scene.sentence.last)
    if target is None and not rating:
        return
    numbers.update(used)
    low = [scene.reading.low(at) for at in range(scene.sentence.first, scene.sentence.last)]
    if (
        last.target is not None
        and target is not None
        and any(word in ("prior", "previous", "zuvor", "bisher", "bislang", "précédent") for word in low)
    ):
        found[-1] = replace(last, previous_target=target)
        return
    found[-1] = _merged(
        last, Rating(last.house, last.subject, rating, previous, target, earlier, currency, last.evidence)
    )


def _is_opinion(scene: Scene, span: tuple[int, int], *, rates: bool) -> bool:
    """Whether a house only gives an opinion or an indication: laut X, bei X gestellt, X sieht, X-Analyst, bookrunner."""
    reading = scene.reading
    before = reading.low(span[0] - 1)
    if before in ("the", "der", "die", "bank", "la", "l", "'"):
        before = reading.low(span[0] - 2)
    if next(scene.all("bookrunner"), None) or reading.low(span[1]) in (
        "advised",
        "advises",
        "berät",
        "beriet",
        "begleitet",
        "conseille",
    ):
        return True
    first_person = any(reading.has("role", at) for at in (span[1], span[1] + 1)) and reading.low(span[1]) in (
        "-",
        "'",
        "analyst",
        "economist",
        "strategist",
        "analysts",
        "s",
    )
    if first_person:
        return True
    if before in ("laut", "gemäss", "gemäß", "selon", "chez") or (
        before == "to" and reading.low(span[0] - 2) == "according"
    ):
        return True
    if before == "bei" and scene.within(scene.sentence.first, scene.sentence.last, "quote"):
        return True
    quoted = any(scene.within(span[1], min(span[1] + 2, scene.sentence.last), "quote") for _ in (0,))
    if quoted and scene.names:
        return True
    sees = reading.low(span[1]) in (
        "sieht",
        "rechnet",
        "erwartet",
        "sees",
        "expects",
        "voit",
        "rät",
        "empfiehlt",
        "table",
        "anticipe",
        "traut",
        "said",
        "prognostiziert",
    )
    others = any(name.first >= span[1] or name.last <= span[0] for name in scene.names)
    return sees and (others or next(scene.all("anaph"), None) is not None) and not (False)
