"""What hits of the gazetteer mean: the instrument, a part of another name, an ordinary word, a venue, an employer."""

from tasks.fields.mentions import Mention
from tasks.fields.name_runs import is_capital
from tasks.fields.people import PersonSpan
from tasks.fields.quantities import MONEY, PERCENT, POINTS, Quantity
from tasks.fields.reading import Reading
from tasks.fields.tokens import NUMBER, SIGN
from tasks.fields.word_sets import word_set

_ARTICLES = word_set("mentions", "articles")
_CREDITS = word_set("mentions", "credits")
_LONGEST_CREDIT = 16
_REACH = 5
_MAKERS = word_set("mentions", "makers")
_NEXT_PART = 5_000
_OTHER_KINDS = frozenset(("day", "month", "source", "role", "rating"))
_WITH_INDEX = frozenset(("index", "future", "futures", "stand", "punkte"))
_PLACING = frozenset(("an", "on", "sur", "auf", "at", "via", "au"))
_OTHERS = word_set("mentions", "others")
_PARENTS = word_set("mentions", "parents")
# Roles whose employer only lends its name to an opinion.
_OPINIONS = (
    "analyst",
    "analystin",
    "analyste",
    "ökonom",
    "ökonomin",
    "economist",
    "économiste",
    "stratege",
    "strategin",
    "strategist",
    "stratège",
    "volkswirt",
    "volkswirtin",
    "experte",
    "expertin",
    "händler",
    "händlerin",
    "trader",
    "fondsmanager",
    "fondsmanagerin",
    "portfoliomanager",
    "gérant",
    "gérante",
    "manager",
    "marktbeobachter",
)
_METALS = frozenset(("or", "argent"))
_ON = word_set("mentions", "on")
_IS_EMPLOYER_WORDS = word_set("homographs", "is_employer")
_IS_EMPLOYER_2_WORDS = word_set("homographs", "is_employer_2")
_IS_WEAK_NAME_WORDS = word_set("homographs", "is_weak_name")
_IS_SUPPORTED_WORDS = word_set("homographs", "is_supported")


def judged(
    reading: Reading, mentions: list[Mention], people: list[PersonSpan], blocked: set[int], quantities: list[Quantity]
) -> list[Mention]:
    """`mentions` with their use; those that mean something else altogether are left out."""
    surnames = {reading.tokens[span.last - 1].text for span in people}
    priced = _priced_sentences(reading, quantities)
    kept = []
    credited = _credit_lines(reading)
    known = {m.first for m in mentions if m.instrument and not m.weak}
    for mention in mentions:
        if mention.first in credited:
            continue
        if mention.first in blocked or reading.phrase(mention.first, mention.last) in surnames:
            continue
        use = _use(reading, mention)
        if use == "instrument" and not _is_meant(reading, mention, known, priced):
            continue
        kept.append(mention if use == mention.use else mention._replace(use=use))
    return kept


def _credit_lines(reading: Reading) -> set[int]:
    """Tokens of lines that credit a picture: Bildquelle: X / Shutterstock.com."""
    lines = [s for s in reading.sentences if reading.low(s.first) in _CREDITS and s.last - s.first < _LONGEST_CREDIT]
    return {at for sentence in lines for at in range(sentence.first, sentence.last)}


def _use(reading: Reading, mention: Mention) -> str:
    """What a hit stands for by the words around it."""
    after = mention.last
    hyphen = reading.low(after) == "-" and reading.is_tight(after) and reading.is_tight(after + 1)
    compound = reading.low(after + 1) if hyphen else ""
    if mention.kind in ("index", "bond") and compound and reading.language.startswith("de"):
        return "instrument" if compound in _WITH_INDEX else "descriptor"
    if _is_venue(reading, mention):
        return "venue"
    if mention.kind == "company" and _describes(reading, mention, compound):
        return "descriptor"
    return "employer" if compound in _OPINIONS or is_employer(reading, mention) else "instrument"


def _is_venue(reading: Reading, mention: Mention) -> bool:
    """Whether the name is a place of trade here: an der Nasdaq, on the NYSE, (NASDAQ:MU)."""
    first, last = mention.first, mention.last
    if not (reading.has("venue", first) or reading.has("venueplace", first)):
        return False
    before, earlier = reading.low(first - 1), reading.low(first - 2)
    listed = reading.low(last) == ":" and is_capital(reading, last + 1) and before == "("
    placed = before in _ON and earlier in _PLACING
    return listed or placed or before in ("au", "sur") or (before in _PLACING and mention.kind != "index")


def _describes(reading: Reading, mention: Mention, compound: str) -> bool:
    """Whether the company only tells which other one is meant: Facebook-Konzern Meta, the Google parent."""
    after = mention.last
    if not compound:
        return reading.low(mention.first - 1) == "the" and reading.low(after) in _PARENTS
    named = reading.has("descriptor", after + 1) is not None and is_capital(reading, after + 2)
    return compound not in _OTHERS and (named or compound in _PARENTS)


def is_employer(reading: Reading, mention: Mention) -> bool:
    """Whether the company stands behind a person with an opinion: Analystin X von der Bank Y, strategist at Y."""
    at = mention.first - 1
    while (reading.low(at) in _IS_EMPLOYER_2_WORDS or reading.has("descriptor", at)) and mention.first - at < _REACH:
        at -= 1
    if reading.low(at) not in _IS_EMPLOYER_WORDS:
        return False
    window = range(max(at - _REACH, 0), at)
    roles = (reading.has("role", k) for k in window)
    return any(role is not None and reading.low(role.last - 1).endswith(tuple(_OPINIONS)) for role in roles)


def _priced_sentences(reading: Reading, quantities: list[Quantity]) -> set[int]:
    """Indices of tokens in sentences that print a price or a change."""
    tokens: set[int] = set()
    places = sorted(q.first for q in quantities if q.kind in (MONEY, PERCENT, POINTS))
    at = 0
    for sentence in reading.sentences:
        while at < len(places) and places[at] < sentence.first:
            at += 1
        if at < len(places) and places[at] < sentence.last:
            tokens.update(range(sentence.first, sentence.last))
    return tokens


def _is_meant(reading: Reading, mention: Mention, known: set[int], priced: set[int]) -> bool:
    """Whether an ambiguous name means the instrument here."""
    instrument = mention.instrument
    if instrument is None:
        return True
    first, last = mention.first, mention.last
    printed = reading.phrase(first, last)
    if instrument.language == "fr" and printed.casefold() in _METALS:
        elided = reading.low(first - 1) in ("'", "’") and reading.low(first - 2) in ("l", "d")
        return elided and (first in priced) and reading.low(last) != "noir"
    if printed[0].islower() and mention.kind == "commodity":
        return first in priced and reading.low(last) not in _MAKERS
    if _is_inside_name(reading, mention):
        return False
    if not mention.weak:
        return True
    if mention.kind in ("commodity", "bond", "crypto"):
        return first in priced or reading.low(last) == "-"
    return _is_weak_name(reading, mention, known)


def _is_inside_name(reading: Reading, mention: Mention) -> bool:
    """Whether the hit is a part of a longer name (Redhill Copper, Swiss Steel Works)."""
    first, last = mention.first, mention.last
    weak = mention.weak or mention.kind == "commodity"
    if not weak:
        return False
    before = (
        is_capital(reading, first - 1) and not reading.language.startswith("de") and not _starts(reading, first - 1)
    )
    english_after = is_capital(reading, last) and not reading.language.startswith("de") and mention.kind == "company"
    glued = reading.low(last) == "&" and is_capital(reading, last + 1)
    tight = (
        reading.low(first - 1) in ("-", "&", "@") and reading.tokens[first - 1].kind == SIGN and reading.is_tight(first)
    )
    return before or english_after or glued or tight


def _starts(reading: Reading, index: int) -> bool:
    """Whether `index` begins a sentence, so that its capital means nothing."""
    return index == 0 or reading.tokens[index - 1].text in '.!?:;\n"“„«»(–—' or reading.tokens[index - 1].kind == "line"


def _is_weak_name(reading: Reading, mention: Mention, known: set[int]) -> bool:
    """Whether an ordinary word is the company here, by what stands beside it."""
    first, last = mention.first, mention.last
    if mention.instrument and "short" in mention.instrument.weak and not _is_supported(reading, first, last):
        return False
    if reading.low(last) == "-" and (reading.has("share", last + 1) or reading.has("role", last + 1)):
        return True
    kinds = {mark.kind for mark in reading.marks_at.get(first, ())}
    place = not kinds.isdisjoint(("place", "venueplace"))
    if reading.has("legal", last) or reading.has("share", last) or (reading.low(last) == "(" and not place):
        return True
    german = reading.language.startswith("de")
    if place or (german and reading.low(first - 1) in _ARTICLES):
        return False
    listed = any(at in known for at in (*range(first - 3, first), *range(last, last + 3)))
    if _starts(reading, first):
        return listed or _opens_well(reading, mention)
    if german and listed:
        return True
    return kinds.isdisjoint(_OTHER_KINDS) and not is_capital(reading, first - 1)


def _opens_well(reading: Reading, mention: Mention) -> bool:
    """Whether a sentence that begins with an ordinary word goes on as one about a company."""
    last = mention.last
    if any(mark.kind in ("companyverb", "verb") for mark in reading.marks_at.get(last, ())):
        return True
    if reading.low(last) == "," and reading.low(last + 1) in _IS_WEAK_NAME_WORDS:
        return True
    return reading.low(last) in (":", ",", "'", "’") and _occurs_again(reading, mention)


def _is_supported(reading: Reading, first: int, last: int) -> bool:
    """Whether something of the market stands right behind a name that is only the short form of another."""
    at = last + (reading.low(last) in ("-", "(", "'"))
    kinds = ("share", "legal", "verb", "stand", "companyverb", "role", "unit", "anaph")
    marked = any(mark.kind in kinds for mark in reading.marks_at.get(at, ()))
    number = any(reading.tokens[k].kind == NUMBER for k in range(last, min(last + 3, len(reading.tokens))))
    return marked or number or reading.low(first - 2) in _IS_SUPPORTED_WORDS


def _occurs_again(reading: Reading, mention: Mention) -> bool:
    """Whether the name stands once more in the next part of the text."""
    printed, start = reading.phrase(mention.first, mention.last), reading.tokens[mention.last - 1].stop
    return reading.text.find(printed, start, start + _NEXT_PART) >= 0
