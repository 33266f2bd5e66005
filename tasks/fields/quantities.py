"""Numbers with what belongs to them: unit, magnitude, currency, sign, hedge, range. Decides nothing on meaning."""

from decimal import Decimal
from typing import NamedTuple

from tasks.fields.printed_numbers import parse_number
from tasks.fields.reading import Reading
from tasks.fields.tokens import NUMBER, WORD
from tasks.fields.word_sets import word_set

PERCENT, PP, BP, POINTS, MONEY, BARE, YEAR, COUNT, MULTIPLE, DAY = (
    "percent", "pp", "bp", "points", "money", "bare", "year", "count", "multiple", "day",
)  # fmt: skip
_MINUS = frozenset("-−–‐‑")
_PLUS = frozenset("+")
_FIRST_YEAR, _LAST_YEAR, _YEAR_DIGITS, _LAST_DAY = 1900, 2100, 4, 31
_HUNDRED = Decimal(100)
_LONGEST_SHORT = 4
_SIGN_WORDS = {"minus": -1, "plus": 1, "moins": -1}
_SHORT_CODES = frozenset(("Fr", "SFr", "sFr", "Rs"))
_IS_ONLY_POINT_WORDS = word_set("quantities", "is_only_point")


class Quantity(NamedTuple):
    """One printed number, or a range of two, over the tokens `first` up to, but without, `last`.

    `value` is in the major unit and never signed; `sign` is as printed; `high` is the upper end of a range; `exponent`
    is that of the magnitude word (6: millions); `per` is share or unit; `number` is the token of the number itself.
    """

    kind: str
    value: Decimal
    first: int
    last: int
    number: int
    exponent: int = 0
    currency: str = ""
    sign: int = 0
    approx: bool = False
    per: str = ""
    high: Decimal | None = None
    high_approx: bool = False
    minor: bool = False
    spelled: bool = False


def find_quantities(reading: Reading) -> list[Quantity]:
    """All quantities of the text in order, ranges joined, elided units inherited."""
    found: list[Quantity] = []
    after = 0
    for index in reading.counted:
        quantity = _at(reading, index) if index >= after else None
        if quantity is not None:
            found.append(quantity)
            after = quantity.last
    from tasks.fields.inheritance import complete

    return complete(reading, found)


def _at(reading: Reading, index: int) -> Quantity | None:
    token = reading.tokens[index]
    if token.kind == NUMBER:
        return _printed(reading, index)
    if token.kind != WORD:
        return None
    for mark in reading.marks_at.get(index, ()):
        if mark.kind in ("fraction", "multiple"):
            sign = (Decimal(mark.value) > 0) - (Decimal(mark.value) < 0) if mark.kind == "multiple" else 0
            kind = PERCENT if mark.kind == "fraction" else MULTIPLE
            return Quantity(kind, Decimal(mark.value), index, mark.last, index, sign=sign, spelled=True)
        if mark.kind == "sum":
            return _with_unit(
                reading,
                Quantity(
                    BARE, Decimal(mark.value), index, mark.last, index, exponent=9, approx=_is_hedged(reading, index)
                ),
            )
        if mark.kind == "number":
            return _spelled(reading, index, mark.last, Decimal(mark.value))
    return None


def _printed(reading: Reading, index: int) -> Quantity | None:
    token = reading.tokens[index]
    value = parse_number(token.text, reading.language)
    if value is None:
        return None
    sign, first = _sign(reading, index)
    plain = Quantity(BARE, value, first, index + 1, index, sign=sign)
    if _is_date(reading, index):
        return plain._replace(kind=DAY)
    whole = _with_unit(reading, plain)
    if whole.kind == BARE and reading.low(whole.last) == ")" and _is_in_brackets(reading, first):
        behind = _with_unit(reading, whole._replace(last=whole.last + 1))
        whole = behind._replace(last=whole.last)
    plain_year = token.text.isdigit() and len(token.text) == _YEAR_DIGITS and not sign
    if whole.kind == BARE and plain_year and _FIRST_YEAR <= value <= _LAST_YEAR:
        return whole._replace(kind=YEAR)
    return whole._replace(approx=True) if _is_hedged(reading, whole.first) else whole


def _spelled(reading: Reading, first: int, last: int, value: Decimal) -> Quantity | None:
    """A number word with its unit; a number word alone means nothing (ein, one)."""
    whole = _with_unit(reading, Quantity(BARE, value, first, last, last - 1, spelled=True))
    if whole.kind == BARE and _opens_range(reading, last):
        return whole
    if whole.kind in (BARE, COUNT) or (whole.kind == MONEY and not _is_word(reading, last)):
        return None
    return whole._replace(approx=True) if _is_hedged(reading, first) else whole


def _is_word(reading: Reading, index: int) -> bool:
    return index < len(reading.tokens) and reading.tokens[index].kind == WORD


def _is_in_brackets(reading: Reading, first: int) -> bool:
    """Whether the number stands in brackets behind another one: 152 (164) Fr.; 1,1661 (Dienstag: 1,1646) Dollar."""
    for at in range(first - 1, max(first - 4, 0), -1):
        if reading.low(at) == "(":
            return reading.tokens[at - 1].kind == NUMBER
    return False


def _opens_range(reading: Reading, last: int) -> bool:
    """Whether "bis", "to", "à" or "and" and a number follow: vier bis acht Prozent, between two and three percent."""
    linked = reading.has("range", last) or reading.low(last) in "-–"
    ahead = reading.tokens[last + 1] if last + 1 < len(reading.tokens) else None
    return bool(linked and ahead and (ahead.kind == NUMBER or reading.has("number", last + 1)))


def _sign(reading: Reading, index: int) -> tuple[int, int]:
    """The printed sign in front of the number, and the first token of both."""
    if reading.low(index - 1) in _SIGN_WORDS and not reading.low(index - 2).isdigit():
        return _SIGN_WORDS[reading.low(index - 1)], index - 1
    if not reading.is_tight(index):
        return 0, index
    before = reading.tokens[index - 1].text
    apart = index < 2 or not reading.is_tight(index - 1) or reading.tokens[index - 2].text in "(+/:±$€£;"  # noqa: PLR2004
    if before in _PLUS:
        return 1, index - 1
    if before in _MINUS and apart:
        return -1, index - 1
    return 0, index


def _is_date(reading: Reading, index: int) -> bool:
    """Whether the number is a day, an hour or an ordinal: 14. Mai, May 14, 9h15, 11:15, 3. Quartal."""
    text = reading.tokens[index].text
    day = text.isdigit() and int(text) <= _LAST_DAY
    after = index + 1
    low = reading.low(after)
    if low == "." and day:
        following = reading.has("month", after + 1) or reading.low(after + 1) in reading.words.lowered("ordinal")
        return bool(following) or (reading.is_tight(after) and reading.low(after + 1).isdigit())
    if reading.has("month", after):
        return day
    if (day and reading.has("month", index - 1)) or reading.has("clock", after):
        return True
    if low == ":":
        return reading.is_tight(after + 1)
    return low[:1] == "h" and reading.is_tight(after) and (low == "h" or low[1:].isdigit())


def _with_unit(reading: Reading, plain: Quantity) -> Quantity:
    """The number with currency before, and magnitude, currency or unit after it."""
    plain = _with_currency_before(reading, plain)
    at = _joined(reading, plain.last)
    magnitude = reading.has("magnitude", at)
    if magnitude and not _is_lone_letter(reading, magnitude.first, plain):
        exponent = int(magnitude.value)
        plain = plain._replace(value=plain.value.scaleb(exponent), exponent=exponent, last=magnitude.last)
        if reading.low(plain.last) == "." and _is_short_magnitude(reading, plain.last - 1):
            plain = plain._replace(last=plain.last + 1)
        at = _joined(reading, plain.last)
    if plain.currency:
        return _with_per(reading, plain)
    return _with_unit_after(reading, plain, at)


def _is_short_magnitude(reading: Reading, index: int) -> bool:
    """Whether the word is an abbreviation of a magnitude, to which a point belongs: Mrd., Mio."""
    printed = reading.tokens[index].text
    return len(printed) <= _LONGEST_SHORT and printed in reading.words.words("magnitude")


def _is_lone_letter(reading: Reading, index: int, plain: Quantity) -> bool:
    """Whether a letter that can be a magnitude stands apart from the number and no currency is near (5 m high)."""
    token = reading.tokens[index]
    if len(token.text) > 1 or reading.is_tight(index) or plain.currency:
        return False
    return not reading.has("currency", index + 1)


def _joined(reading: Reading, at: int) -> int:
    """Where the next part stands: behind a tight hyphen ($5-billion), and behind FR de, d'."""
    if reading.low(at) == "-" and reading.is_tight(at) and reading.is_tight(at + 1):
        return at + 1
    return at


def _with_currency_before(reading: Reading, plain: Quantity) -> Quantity:
    """CHF 12, $5, Fr. -1.20, TEUR 512."""
    first = plain.first
    for at in (first - 1, first - 2, first - 3):
        for mark in reading.marks_at.get(at, ()):
            gap = mark.last + (mark.last < first and reading.low(mark.last) == ".")
            if gap != first or not _is_code(reading.tokens[at].text):
                continue
            if mark.kind == "currency":
                return plain._replace(kind=MONEY, currency=mark.value, first=at)
            if mark.kind in ("thousand", "million"):
                exponent = 3 if mark.kind == "thousand" else 6
                scaled = plain.value.scaleb(exponent)
                return plain._replace(kind=MONEY, value=scaled, exponent=exponent, currency=mark.value, first=at)
    return plain


def _is_code(text: str) -> bool:
    """Whether a currency in front of a number belongs to it: codes and signs do, names belong to the number before."""
    return text.isupper() or not text.isalpha() or text in _SHORT_CODES


def _with_unit_after(reading: Reading, plain: Quantity, at: int) -> Quantity:
    french = reading.low(at) in ("de", "d") and reading.language.startswith("fr")
    behind = at + 1 + (reading.low(at + 1) in "'’") if french and reading.low(at + 1) else at
    for place in (at, behind) if behind != at else (at,):
        for mark in reading.marks_at.get(place, ()):
            if mark.kind == "currency":
                return _with_per(reading, plain._replace(kind=MONEY, currency=mark.value, last=mark.last))
            if mark.kind in ("thousand", "million") and not plain.exponent:
                exponent = 3 if mark.kind == "thousand" else 6
                scaled = plain.value.scaleb(exponent)
                return plain._replace(kind=MONEY, value=scaled, exponent=exponent, currency=mark.value, last=mark.last)
            if mark.kind == "minor" and place == at and not plain.exponent:
                scaled = plain.value / _HUNDRED
                money = plain._replace(kind=MONEY, value=scaled, currency=mark.value, minor=True, last=mark.last)
                return _with_per(reading, money)
            if mark.kind == "unit" and place == at and not plain.exponent:
                return plain._replace(kind=mark.value, last=mark.last)
    return plain


def _with_per(reading: Reading, money: Quantity) -> Quantity:
    """Money with "je Aktie", "a barrel" behind it, up to a short word away."""
    for at in (money.last, money.last + 1):
        mark = reading.has("per", at)
        if mark and (at == money.last or reading.tokens[money.last].kind == WORD):
            return money._replace(per=mark.value, last=money.last)
    return money


def _is_hedged(reading: Reading, first: int) -> bool:
    """Whether a hedge ends right before the number: rund, bis zu, as much as."""
    marks_at = reading.marks_at
    return any(
        mark.kind == "approx" and first - 1 <= mark.last <= first and _is_only_point(reading, mark.last, first)
        for at in range(first - 4, first)
        if at in marks_at
        for mark in marks_at[at]
    )


def _is_only_point(reading: Reading, last: int, first: int) -> bool:
    return last == first or (last == first - 1 and reading.low(last) in _IS_ONLY_POINT_WORDS)
