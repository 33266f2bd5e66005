"""Quantities of a sentence joined to frames: a percentage, a change in points and a level that belong to one move."""

from dataclasses import dataclass

from tasks.fields.quantities import BARE, COUNT, DAY, MONEY, MULTIPLE, PERCENT, POINTS, YEAR, Quantity
from tasks.fields.reading import Reading
from tasks.fields.scene import Scene
from tasks.fields.word_sets import word_set

_LEVEL = {
    "de": frozenset(("auf", "bei", "mit", "zu", "zum", "von")),
    "en": frozenset(("to", "at", "around", "near")),
    "fr": frozenset(("à", "sur")),
}
_CHANGE = {"de": frozenset(("um",)), "en": frozenset(("by",)), "fr": frozenset(("de", "d"))}
_THRESHOLD = {
    "de": frozenset(("unter", "über", "oberhalb", "unterhalb", "knapp", "um")) - {"um", "knapp"},
    "en": frozenset(("below", "above", "under", "over", "through", "past", "beyond")),
    "fr": frozenset(("sous", "dessus", "dessous")),
}
_OF = {"de": frozenset(("der", "des", "aller")), "en": frozenset(("of",)), "fr": frozenset(("du", "des"))}
_OR = word_set("move_frames", "or")
_HEDGES = word_set("move_frames", "hedges")
_AGAINST = word_set("move_frames", "against")
_FAR, _LEVEL_FAR, _BESIDE = 14, 6, 2
_IS_RATE_WORDS = word_set("move_frames", "is_rate")
_BELONGS_WORDS = word_set("move_frames", "belongs")
_STANDS = word_set("move_frames", "stands")


@dataclass(slots=True)
class Frame:
    """The quantities of one move; `first` is its first token, `last` the token after the last one."""

    percent: Quantity | None = None
    points: Quantity | None = None
    price: Quantity | None = None
    first: int = 0
    last: int = 0

    @property
    def parts(self) -> list[Quantity]:
        """What is there."""
        return [q for q in (self.percent, self.points, self.price) if q is not None]

    def put(self, role: str, quantity: Quantity) -> None:
        """Add a quantity that stands behind those that are there."""
        if not self.last:
            self.first = quantity.first
        self.last = quantity.last
        setattr(self, role, quantity)


def frames(scene: Scene) -> list[Frame]:
    """The frames of a sentence; quantities that can't be part of a move are left out."""
    found: list[Frame] = []
    for role, quantity in _roles(scene) if scene.quantities else ():
        if not (found and getattr(found[-1], role) is None and _belongs(scene, found[-1], quantity, role)):
            found.append(Frame())
        found[-1].put(role, quantity)
    return found


def _roles(scene: Scene) -> list[tuple[str, Quantity]]:
    roles = []
    numbers = with_elided(scene)
    for quantity in numbers:
        if quantity.kind in (PERCENT, MULTIPLE):
            if quantity.kind == PERCENT and not _is_share_of(scene.reading, quantity) and not _is_rate(scene, quantity):
                roles.append(("percent", quantity))
            continue
        if quantity.kind in (COUNT, DAY, YEAR) or quantity.exponent or quantity.high is not None:
            continue
        role = _level_or_change(scene, quantity)
        if role:
            roles.append((role, quantity))
    return roles


def with_elided(scene: Scene) -> list[Quantity]:
    """The quantities, bare numbers between names read as percent: A 0,9, B 1,3 und C 0,7 Prozent."""
    done: list[Quantity] = []
    for quantity in reversed(scene.quantities):
        right = done[-1] if done else None
        elided = right is not None and right.kind == PERCENT and _is_elided(scene, quantity, right)
        done.append(quantity._replace(kind=PERCENT) if elided else quantity)
    return done[::-1]


def _is_elided(scene: Scene, quantity: Quantity, right: Quantity) -> bool:
    """Whether a bare number stands behind a name, and the next percentage behind another one."""
    if quantity.kind != BARE or quantity.exponent or right.first - quantity.last >= _FAR:
        return False
    apart = any(quantity.last <= name.first < right.first for name in scene.names)
    named = any(0 <= quantity.first - name.last <= _BESIDE for name in scene.names)
    return apart and named and not _preposition(scene.reading, quantity, _LEVEL)


def _is_share_of(reading: Reading, quantity: Quantity) -> bool:
    """Whether a part of something is meant: 15 Prozent der Anteile, 4% of Intel, 50% stake."""
    after = reading.low(quantity.last)
    if after in _OF.get(reading.language[:2], ()) and not reading.has("adj", quantity.last):
        return True
    if after == "an" and reading.language.startswith("de"):
        return not reading.has("venue", quantity.last + 2) and reading.low(quantity.last + 1) not in (
            ".",
            ",",
            "und",
            "der",
        )
    return reading.has("blocker", quantity.last) is not None or after in ("interest", "stake", "owned")


def _is_rate(scene: Scene, quantity: Quantity) -> bool:
    """Whether a percentage is a level, not a change: the yield fell to 4.04%; "das Plus stand bei 3 Prozent" is one."""
    reading = scene.reading
    at = quantity.first - 1
    while reading.has("approx", at):
        at -= 1
    hedged = any(
        mark.kind == "approx" and mark.last == quantity.first
        for k in range(max(quantity.first - 4, 0), quantity.first)
        for mark in reading.marks_at.get(k, ())
    )
    if reading.low(at) not in _IS_RATE_WORDS or (hedged and at == quantity.first - 1):
        return False
    return scene.within(scene.segment(quantity.first)[0], quantity.first, "noun") is None and not quantity.sign


def _preposition(reading: Reading, quantity: Quantity, table: dict[str, frozenset[str]]) -> bool:
    """Whether a preposition of `table` stands right before the number, hedges aside."""
    words = table.get(reading.language[:2], table["en"])
    at = quantity.first - 1
    while (
        at >= 0
        and (reading.low(at) in _HEDGES or reading.has("approx", at))
        and quantity.first - at < _LEVEL_FAR
        and reading.low(at) not in words
    ):
        at -= 1
    return reading.low(at) in words


def _level_or_change(scene: Scene, quantity: Quantity) -> str:
    """Role of a number: price for a level, points for an absolute change; empty for one that is neither."""
    reading = scene.reading
    unit = quantity.spelled and quantity.value == 1
    if quantity.kind not in (MONEY, POINTS, BARE) or quantity.per == "share" or unit:
        return ""
    if _preposition(reading, quantity, _THRESHOLD):
        return ""
    around = reading.has("approx", quantity.first - 2)
    level = _preposition(reading, quantity, _LEVEL) or (around is not None and reading.low(around.first) == "autour")
    if quantity.kind == BARE:
        return "price" if level and not quantity.sign else ""
    if level and (around is not None or not _is_from(reading, quantity)):
        return "price"
    changed = quantity.kind == POINTS or _preposition(reading, quantity, _CHANGE) or _is_changed(scene, quantity)
    return "points" if changed else "price"


def _is_changed(scene: Scene, quantity: Quantity) -> bool:
    """Whether money without preposition is a change: 1,87 Dollar weniger, dropped $14."""
    if any(mark.first == quantity.last for mark in scene.all("adj") if mark.value in "+-"):
        return True
    start = scene.segment(quantity.first)[0]
    verbs = (mark for mark in scene.all("verb") if start <= mark.first < quantity.first)
    governed = any(quantity.first - mark.last <= 1 for mark in verbs)
    return governed and not scene.reading.language.startswith("de")


def _is_from(reading: Reading, quantity: Quantity) -> bool:
    return reading.low(quantity.first - 1) in ("von", "from", "de")


def _belongs(scene: Scene, frame: Frame, quantity: Quantity, role: str) -> bool:
    """Whether `quantity` goes on with `frame`: no other name between, and close by."""
    reading = scene.reading
    last = frame.last
    gap = range(last, quantity.first)
    if len(gap) > _FAR or any(last <= name.first < quantity.first for name in scene.names):
        return False
    if scene.within(last, quantity.first, "extreme", "target", "metric", "anaph"):
        return False
    if any(
        last <= mark.first < quantity.first and reading.low(mark.first) not in _AGAINST for mark in scene.all("prior")
    ):
        return False
    text = [reading.low(at) for at in gap]
    if role == "percent" and frame.points is not None:
        return len(gap) <= 1 or (len(gap) <= _BESIDE + 1 and any(word in _OR or word == "(" for word in text))
    cut = any(word in ",;()–—" or word in ("und", "and", "et") for word in text)
    if role == "price" and any(word in _STANDS for word in text):
        # "gained 3 percent and were trading at 215 euros": the level that the move led to.
        return not any(word in ";()–—" for word in text)
    if role == "price":
        verbs = scene.within(last, quantity.first, "verb")
        joined = any(word in ("und", "and", "et") for word in text)
        return not joined and not (cut and (verbs or len(gap) > _LEVEL_FAR))
    if text[:2] in (["und", "damit"], ["and", "thus"], ["et", "donc"]):
        return True
    return not any(word in _BELONGS_WORDS for word in text)
