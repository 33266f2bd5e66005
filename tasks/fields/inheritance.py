"""Ranges joined and elided units completed: 4,39 bis 4,47 Mrd. Euro; von 1,7 auf 1,3 Mrd.; (Vorjahr: 17,8)."""

from collections import Counter
from decimal import Decimal

from tasks.fields.quantities import BARE, COUNT, MONEY, PERCENT, YEAR, Quantity
from tasks.fields.reading import Reading
from tasks.fields.tokens import STARTERS, WORD
from tasks.fields.word_sets import word_set

_DASHES = frozenset("-–—−")
_WITH_UNIT = frozenset(("percent", "pp", "bp", "points", "money"))
_MINOR = frozenset(("cent", "centime"))
_HOME_MINOR = {"cent": "EUR", "centime": "CHF"}
_LIGHT = word_set("inheritance", "light")
_LONGEST_GAP = 3
_PRIOR_GAP = 5
# "$14 to $1,447" is a change and the level after it.
_WIDEST = 5
_NORDIC = ("SEK", "NOK", "DKK")
_RESOLVED_WORDS = word_set("inheritance", "resolved")


def complete(reading: Reading, found: list[Quantity]) -> list[Quantity]:
    """`found` with ranges joined, units inherited, minor and bare currencies resolved."""
    found = _inherit_backwards(reading, found)
    found = _inherit_backwards(reading, _inherit_forwards(reading, found))
    found = _resolve_currencies(reading, found)
    return [q for q in _join_ranges(reading, found) if not (q.spelled and q.kind == BARE)]


def _gap_kind(reading: Reading, left: Quantity, right: Quantity) -> str:
    """How two neighbouring numbers are connected: to, and, paren, or nothing."""
    start, stop = left.last, right.first
    if right.approx:
        while stop > start and not reading.has("approx", stop):
            stop -= 1
    between = range(start, stop)
    if not between or len(between) > _LONGEST_GAP:
        return ""
    first = reading.tokens[start].text
    if first in _DASHES and len(between) == 1:
        return "to"
    for kind in ("to", "and"):
        mark = next((m for m in reading.marks_at.get(start, ()) if m.kind == "range" and m.value == kind), None)
        if mark and all(_is_light(reading, at) for at in range(mark.last, stop)):
            return kind
    return (
        "paren"
        if first == "(" and all(reading.tokens[at].kind == WORD or reading.low(at) == ":" for at in between[1:])
        else ""
    )


def _is_light(reading: Reading, index: int) -> bool:
    """Whether a word between two numbers of one kind means nothing: auf zuvor 280, to about 5."""
    return reading.low(index) in _LIGHT or reading.has("approx", index) is not None


def _inherit_backwards(reading: Reading, found: list[Quantity]) -> list[Quantity]:
    """Numbers without unit take it from the number that they are connected with: 255 von 280 Franken, 152 (164) Fr."""
    done: list[Quantity] = []
    for quantity in reversed(found):
        right = done[-1] if done else None
        gap = ""
        if right is not None and quantity.kind in (BARE, YEAR, MONEY) and right.kind in _WITH_UNIT:
            gap = _gap_kind(reading, quantity, right)
        inherits = right is not None and gap and _may_inherit(reading, quantity, gap)
        done.append(_like(quantity, right) if right is not None and inherits else quantity)
    return done[::-1]


def _may_inherit(reading: Reading, quantity: Quantity, gap: str) -> bool:
    if quantity.kind == MONEY:
        return quantity.exponent == 0 and not quantity.minor and gap != "paren"
    if quantity.kind == YEAR:
        return gap == "to" or reading.has("from", quantity.first - 1) is not None
    return True


def _like(quantity: Quantity, model: Quantity) -> Quantity:
    """`quantity` with the unit, and where it has none the magnitude, of `model`."""
    if quantity.kind == MONEY:
        if model.kind != MONEY or quantity.currency != model.currency or quantity.value >= 1000:  # noqa: PLR2004
            return quantity
        return quantity._replace(value=quantity.value.scaleb(model.exponent), exponent=model.exponent)
    value = quantity.value
    exponent = quantity.exponent
    if not exponent and model.exponent:
        value, exponent = value.scaleb(model.exponent), model.exponent
    if model.minor:
        value = value.scaleb(-2)
    return quantity._replace(
            kind=model.kind, value=value, exponent=exponent, currency=model.currency, minor=model.minor,
        per=model.per,
    )  # fmt: skip


def _inherit_forwards(reading: Reading, found: list[Quantity]) -> list[Quantity]:
    """Sums without currency take that of the money before them; bare numbers behind "nach", "contre" its whole unit."""
    done: list[Quantity] = []
    last_money: Quantity | None = None
    default = _usual_currency(found)
    seen: dict[Decimal, str] = {}
    for quantity in found:
        known = quantity
        if quantity.kind == BARE and quantity.exponent:
            currency = seen.get(quantity.value) or (last_money.currency if last_money else default)
            known = _counted(reading, quantity, currency)
        elif quantity.kind == BARE and done:
            model = _model(done)
            if model and (_is_prior(reading, model, quantity) or _goes_to(reading, model, quantity)):
                known = _like(quantity, model)
        if known.kind == MONEY:
            last_money = known
            seen[known.value] = known.currency
        done.append(known)
    return done


def _counted(reading: Reading, quantity: Quantity, currency: str) -> Quantity:
    """A number with a magnitude and no currency: a count of things, else a sum in `currency`."""
    if _is_count(reading, quantity):
        return quantity._replace(kind=COUNT)
    return quantity._replace(kind=MONEY, currency=currency) if currency else quantity


def _model(done: list[Quantity]) -> Quantity | None:
    """The quantity that a bare number can go on with: the last one, a year in between aside."""
    last = done[-2] if done[-1].kind == YEAR and len(done) > 1 else done[-1]
    return last if last.kind in (MONEY, PERCENT) else None


def _goes_to(reading: Reading, model: Quantity, quantity: Quantity) -> bool:
    """Whether a bare number is the upper end of a range of sums whose magnitude was itself inherited."""
    fits = model.kind == MONEY and model.exponent and quantity.value.scaleb(model.exponent) <= model.value * _WIDEST
    return bool(fits) and _gap_kind(reading, model, quantity) == "to"


def _usual_currency(found: list[Quantity]) -> str:
    counted = Counter(q.currency for q in found if q.kind == MONEY and q.exponent and len(q.currency) == 3)  # noqa: PLR2004
    return counted.most_common(1)[0][0] if counted else ""


def _is_count(reading: Reading, quantity: Quantity) -> bool:
    """Whether a noun is counted: 8 Millionen Aktien, 100 million users, 2 millions de barils."""
    if quantity.last >= len(reading.tokens):
        return False
    after = reading.tokens[quantity.last]
    if after.kind != WORD or (after.text[0].isupper() and after.low in STARTERS):
        return False
    language = reading.language[:2]
    if language == "de":
        return _is_german_noun(reading, quantity.last)
    if language == "fr":
        return after.low in ("de", "d") and not reading.has("prior", quantity.last)
    return after.low.endswith("s") and len(after.low) > 3 and not reading.marks_at.get(quantity.last)  # noqa: PLR2004


def _is_german_noun(reading: Reading, index: int) -> bool:
    for at in (index, index + 1):
        if at >= len(reading.tokens) or reading.tokens[at].kind != WORD:
            return False
        token = reading.tokens[at]
        if token.text[0].isupper():
            return not any(mark.kind in ("currency", "period", "day") for mark in reading.marks_at.get(at, ()))
        if not token.low.endswith(("e", "en", "er")) or reading.marks_at.get(at):
            return False
    return False


def _is_prior(reading: Reading, model: Quantity, quantity: Quantity) -> bool:
    """Whether a bare number is an older or expected value of the one before it: nach 5,6; (bisher: 4,39)."""
    if model.exponent and _is_of_year(reading, quantity):
        return True
    if not 0 < quantity.first - model.last <= _PRIOR_GAP:
        return False
    between = [mark for at in range(model.last, quantity.first) for mark in reading.marks_at.get(at, ())]
    older = any(mark.kind in ("prior", "consensus") for mark in between)
    return older and not any(mark.kind == "currency" for mark in between)


def _is_of_year(reading: Reading, quantity: Quantity) -> bool:
    """Whether the number is the value of another year in brackets: (2023: 488,0)."""
    year = reading.low(quantity.first - 2)
    return reading.low(quantity.first - 1) == ":" and year.isdigit() and reading.low(quantity.first - 3) == "("


def _resolve_currencies(reading: Reading, found: list[Quantity]) -> list[Quantity]:
    if not any(len(q.currency) != 3 for q in found if q.kind == MONEY):  # noqa: PLR2004
        return found
    usual = Counter(q.currency for q in found if q.kind == MONEY and len(q.currency) == 3)  # noqa: PLR2004
    return [_resolved(reading, quantity, usual) if quantity.kind == MONEY else quantity for quantity in found]


def _resolved(reading: Reading, quantity: Quantity, usual: Counter[str]) -> Quantity:
    if quantity.currency in _MINOR:
        fitting = [code for code, _ in usual.most_common() if code in _RESOLVED_WORDS]
        home = "USD" if reading.language.startswith("en") else _HOME_MINOR[quantity.currency]
        return quantity._replace(currency=fitting[0] if fitting else home)
    if quantity.currency == "krone":
        named = [code for code, _ in usual.most_common() if code in _NORDIC]
        hinted = [mark.value for mark in reading.marks if mark.kind == "krone"]
        return quantity._replace(currency=(named + hinted + ["SEK"])[0])
    return quantity


def _join_ranges(reading: Reading, found: list[Quantity]) -> list[Quantity]:
    """Two numbers of one kind with "bis", "to" or within "zwischen … und" become one quantity with `high`."""
    done: list[Quantity] = []
    for quantity in found:
        left = done[-1] if done else None
        if left is not None and left.high is None and left.kind == quantity.kind and left.kind in _WITH_UNIT | {BARE}:
            gap = _gap_kind(reading, left, quantity)
            between = any(reading.has("between", left.first - back) for back in (1, 2, 3))
            fits = left.currency == quantity.currency and left.value <= quantity.value <= left.value * _WIDEST
            if (gap == "to" and (fits or left.value == 0)) or (gap == "and" and between):
                done[-1] = left._replace(
                    high=quantity.value, high_approx=quantity.approx, last=quantity.last, per=quantity.per
                )
                continue
        done.append(quantity)
    return done
