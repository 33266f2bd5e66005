"""What hits of the gazetteer mean: the instrument, a part of another name, an ordinary word, a venue, an employer."""

import re
from dataclasses import replace

from tasks.fields.mentions import Mention
from tasks.fields.name_runs import is_capital
from tasks.fields.people import PersonSpan
from tasks.fields.quantities import MONEY, PERCENT, POINTS, Quantity
from tasks.fields.reading import Reading
from tasks.fields.tokens import NUMBER, SIGN, WORD
from tasks.fields.word_sets import word_set

_ARTICLES = word_set("mentions", "articles")
_CREDITS = word_set("mentions", "credits")
_LONGEST_CREDIT = 16
_REACH = 5
_MAKERS = word_set("mentions", "makers")
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
        kept.append(mention if use == mention.use else replace(mention, use=use))
    return kept


def _credit_lines(reading: Reading) -> set[int]:
    """Tokens of lines that credit a picture: Bildquelle: X / Shutterstock.com."""
    lines = [s for s in reading.sentences if reading.low(s.first) in _CREDITS and s.last - s.first < _LONGEST_CREDIT]
    return {at for sentence in lines for at in range(sentence.first, sentence.last)}


def _use(reading: Reading, mention: Mention) -> str:
    after = mention.last
    hyphen = reading.low(after) == "-" and reading.is_tight(after) and reading.is_tight(after + 1)
    if mention.kind in ("index", "bond") and hyphen and reading.language.startswith("de"):
        return (
            "instrument"
            if reading.low(after + 1) in ("index", "future", "futures", "stand", "punkte")
            else "descriptor"
        )
    before = reading.low(mention.first - 1)
    if reading.has("venue", mention.first) or reading.has("venueplace", mention.first):
        if reading.low(after) == ":" and is_capital(reading, after + 1) and reading.low(mention.first - 1) == "(":
            return "venue"
        if before in _ON and reading.low(mention.first - 2) in ("an", "on", "sur", "auf", "at", "via"):
            return "venue"
        if before in ("on", "auf", "au", "via") and mention.kind != "index":
            return "venue"
        if before in ("au", "sur") or (before == "the" and reading.low(mention.first - 2) == "on"):
            return "venue"
        if reading.low(after) in ("-", "listed", "close", "trading") and hyphen:
            return "descriptor"
    if hyphen and mention.kind == "company" and reading.low(after + 1) not in _OTHERS:
        if reading.has("descriptor", after + 1) and is_capital(reading, after + 2):
            return "descriptor"
        if reading.low(after + 1) in _PARENTS:
            return "descriptor"
    if before == "the" and reading.low(after) in _PARENTS:
        return "descriptor"
    if is_employer(reading, mention):
        return "employer"
    if hyphen and reading.low(after + 1) in (
        "analyst",
        "analystin",
        "analysten",
        "experte",
        "expertin",
        "ökonom",
        "ökonomin",
        "stratege",
        "strategin",
        "volkswirt",
    ):
        return "employer"
    return "instrument"


def is_employer(reading: Reading, mention: Mention) -> bool:
    """Whether the company stands behind a person with an opinion: Analystin X von der Bank Y, strategist at Y."""
    at = mention.first - 1
    while (
        reading.low(at) in ("der", "the", "la", "l", "'", "bank", "banque", "brokerage", "broker")
        and mention.first - at < _REACH
    ):
        at -= 1
    if reading.low(at) not in ("von", "bei", "vom", "at", "with", "of", "de", "d", "chez", "beim"):
        return False
    window = range(max(at - _REACH, 0), at)
    return any(
        reading.has("role", k) is not None and reading.low(reading.has("role", k).last - 1).endswith(_OPINIONS)
        for k in window
    )  # type: ignore[union-attr]


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
    """Whether the hit is a part of a longer name (Mitsubishi | Meridian Copper, Jefferies Swiss)."""
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
    first, last = mention.first, mention.last
    if mention.instrument and "short" in mention.instrument.weak and not _is_supported(reading, first, last):
        return False
    german = reading.language.startswith("de")
    if reading.low(last) == "-" and (reading.has("share", last + 1) or reading.has("role", last + 1)):
        return True
    place = any(mark.kind in ("place", "venueplace") for mark in reading.marks_at.get(first, ()))
    if reading.has("legal", last) or reading.has("share", last) or (reading.low(last) == "(" and not place):
        return True
    if place:
        return False
    if reading.low(first - 1) in _ARTICLES and german:
        return False
    listed = any(at in known for at in range(first - 3, first)) or any(at in known for at in range(last, last + 3))
    if _starts(reading, first):
        verb = any(m.kind in ("companyverb", "verb") for m in reading.marks_at.get(last, ()))
        apposed = reading.low(last) == "," and reading.low(last + 1) in (
            "the",
            "which",
            "a",
            "le",
            "la",
            "qui",
            "der",
            "die",
            "das",
            "ein",
            "eine",
        )
        if apposed:
            return True
        colon = reading.low(last) in (":", ",") or (reading.low(last) in ("'", "’"))
        return verb or listed or (colon and _occurs_again(reading, mention))
    if german:
        return listed or (
            not any(
                mark.kind in ("day", "month", "place", "venueplace", "source", "role", "rating")
                for mark in reading.marks_at.get(first, ())
            )
            and not is_capital(reading, first - 1)
        )
    token = reading.tokens[first]
    if any(mark.kind in ("place", "venueplace", "role", "day", "month") for mark in reading.marks_at.get(first, ())):
        return False
    return token.kind == WORD and token.text[0].isupper() and not is_capital(reading, first - 1)


def _is_supported(reading: Reading, first: int, last: int) -> bool:
    """Whether something of the market stands right behind a name that is only the short form of another."""
    at = last + (reading.low(last) in ("-", "(", "'"))
    kinds = ("share", "legal", "verb", "stand", "companyverb", "role", "unit", "anaph")
    marked = any(mark.kind in kinds for mark in reading.marks_at.get(at, ()))
    number = any(reading.tokens[k].kind == NUMBER for k in range(last, min(last + 3, len(reading.tokens))))
    return marked or number or reading.low(first - 2) in ("shares", "aktien", "aktie", "titre", "action")


def _occurs_again(reading: Reading, mention: Mention) -> bool:
    printed = reading.phrase(mention.first, mention.last)
    return len(re.findall(rf"\b{re.escape(printed)}\b", reading.text)) > 1
