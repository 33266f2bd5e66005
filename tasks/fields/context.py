"""Names outside the gazetteer, found by what stands around them: descriptors, legal forms, share words, moves."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from tasks.fields.homographs import is_employer
from tasks.fields.lexicon import Mark
from tasks.fields.mentions import Mention
from tasks.fields.name_runs import is_capital, run_end
from tasks.fields.quantities import PERCENT, Quantity
from tasks.fields.reading import Reading
from tasks.fields.tokens import LINE, WORD
from tasks.fields.word_sets import word_set

_LONGEST = 4
# Bounds for texts that are no articles; a long live blog names fewer than 100 companies.
_MOST_NAMES = 200
_MOST_ASKED = 600
_MOST_BETWEEN, _SHORTEST_ALIAS = 5, 5
_FUNCTION = word_set("context", "function")
_OTHER = frozenset((
    "acquire", "adj", "anaph", "attribute", "blocker", "clause", "companyverb", "consensus",
    "creditrating", "currency", "current", "day", "descriptor", "extreme", "firstname", "fiscal",
    "guidance", "house", "legal", "level", "loss", "magnitude", "metric", "minor", "modal", "month",
    "notcompany", "noun", "number", "paid", "period", "place", "prior", "rate", "rating", "role", "say",
    "segment", "session", "share", "source", "stand", "target", "title", "unit", "venue", "venueplace",
    "verb", "window",
))  # fmt: skip
_BOARD = word_set("context", "board")
_BUSINESS = frozenset(("metric", "share", "legal", "target", "rate"))
_CLOSING = frozenset(("legal", "companyword", "role"))
_EXCHANGES = word_set("context", "exchanges")
_OWNERS = word_set("context", "owners")
_OPENS_CLAUSE_WORDS = word_set("context", "opens_clause")


def find_names(
    reading: Reading, mentions: list[Mention], blocked: set[int], quantities: list[Quantity]
) -> list[Mention]:
    """Mentions of companies and funds that context gives away, everywhere in the text where their name stands."""
    taken = {at for mention in mentions for at in range(mention.first, mention.last)} | blocked
    named: dict[str, tuple[str, str]] = {}
    surnames = {reading.tokens[at].text for at in blocked}
    asked: set[tuple[str, str]] = set()
    for rule, kind, *run in _candidates(reading, taken, quantities):
        first, last = _trimmed(reading, *run)
        if last <= first or taken.intersection(range(first, last)):
            continue
        name = reading.phrase(first, last)
        if name in named or (name, rule) in asked or (last == first + 1 and name in surnames):
            continue
        asked.add((name, rule))
        if _is_name(reading, first, last, rule):
            named[name] = (kind, rule)
        if len(named) >= _MOST_NAMES or len(asked) >= _MOST_ASKED:
            break
    return list(_everywhere(reading, named, taken)) if named else []


def _candidates(reading: Reading, taken: set[int], quantities: list[Quantity]) -> Iterator[tuple[str, str, int, int]]:
    """Rule, kind, and the tokens of each possible name."""
    for mark in reading.marks:
        if mark.kind == "descriptor":
            yield from _described(reading, mark.first, mark.last)
        elif mark.kind == "share":
            yield from _shared(reading, mark.first, mark.last, taken)
        elif mark.kind == "acquire":
            yield from _acquired(reading, mark.last)
        elif mark.kind in _CLOSING:
            yield from _closed(reading, mark, taken)
    yield from _in_parentheses(reading, taken)
    yield from _moving(reading, quantities, taken)
    if any(mark.kind in _BUSINESS for mark in reading.marks):
        yield from _opening(reading)


def _closed(reading: Reading, mark: Mark, taken: set[int]) -> Iterator[tuple[str, str, int, int]]:
    """X AG, X Pharma, X-CEO: names that the word behind them closes."""
    if mark.kind == "legal":
        first = _run_start(reading, mark.first, taken)
        if first < mark.first:
            yield "legal", "company", first, mark.first
    elif mark.kind == "companyword" and not reading.language.startswith("fr"):
        first = _run_start(reading, mark.last, taken)
        if mark.last - first > 1 and not is_capital(reading, mark.last):
            yield "company word", "company", first, mark.last
    elif mark.kind == "role" and reading.low(mark.first - 1) == "-" and reading.low(mark.first) in _BOARD:
        yield "role compound", "company", _run_start(reading, mark.first - 1, taken), mark.first - 1


def _described(reading: Reading, first: int, last: int) -> Iterator[tuple[str, str, int, int]]:
    """Der Optikerkonzern X; le fabricant d'appareils auditifs X; rival X."""
    if reading.has("notcompany", first):
        return
    kind = "fund" if reading.tokens[last - 1].low.endswith("fonds") and reading.language.startswith("de") else "company"
    at = last
    if reading.language.startswith("fr"):
        limit = min(last + _MOST_BETWEEN, len(reading.tokens))
        while (
            at < limit
            and not is_capital(reading, at)
            and (reading.tokens[at].kind == WORD or reading.tokens[at].text in "'’-")
        ):
            at += 1
    if reading.low(at) in ('"', "„", "«", "“"):
        at += 1
    if is_capital(reading, at):
        yield "descriptor", kind, at, run_end(reading, at, _LONGEST, person=False)


def _shared(reading: Reading, first: int, last: int, taken: set[int]) -> Iterator[tuple[str, str, int, int]]:
    """X-Aktie, Aktien der X, shares of X, X shares, le titre X."""
    language = reading.language[:2]
    if reading.low(first - 1) == "-" and reading.is_tight(first):
        yield "share compound", "company", _run_start(reading, first - 1, taken), first - 1
    elif language == "en" and is_capital(reading, first - 1) and not reading.tokens[first].text[0].isupper():
        yield "share word", "company", _run_start(reading, first, taken), first
    at = last
    while reading.low(at) in _OWNERS and at - last < 2:  # noqa: PLR2004
        at += 1
    if is_capital(reading, at) and (at > last or language == "fr"):
        yield "shares of", "company", at, run_end(reading, at, _LONGEST, person=False)


def _acquired(reading: Reading, last: int) -> Iterator[tuple[str, str, int, int]]:
    """Übernahme von X, acquire X, participation de 60% dans X."""
    limit = min(last + _MOST_BETWEEN + 1, len(reading.tokens))
    for at in range(last, limit):
        token = reading.tokens[at]
        if token.kind == LINE or token.text in ".;:":
            return
        if is_capital(reading, at):
            german = reading.language.startswith("de")
            if not german or reading.low(at - 1) in ("von", "an", "bei"):
                yield "acquired", "company", at, run_end(reading, at, _LONGEST, person=False)
            return


def _in_parentheses(reading: Reading, taken: set[int]) -> Iterator[tuple[str, str, int, int]]:
    """X (ISIN …), X (AIM:ABC), X (AVGO)."""
    for at in [index for index, token in enumerate(reading.tokens) if token[1] == "("]:
        if at + 1 >= len(reading.tokens) or not is_capital(reading, at - 1):
            continue
        inner = reading.tokens[at + 1]
        labelled = inner.low in _EXCHANGES
        exchange = inner.text.isupper() and reading.low(at + 2) == ":"
        if labelled or exchange:
            start = _run_start(reading, at, taken)
            if start < at:
                yield "identified", "company", start, at


def _moving(reading: Reading, quantities: list[Quantity], taken: set[int]) -> Iterator[tuple[str, str, int, int]]:
    """X +1,2 %, X (-3 Prozent), X : inchangé; and "X verlor 3 Prozent" without article."""
    for quantity in quantities:
        if quantity.kind != PERCENT or not quantity.sign:
            continue
        at = quantity.first
        while reading.low(at - 1) in ("(", ":", "|"):
            at -= 1
        if is_capital(reading, at - 1):
            yield "signed move", "company", _run_start(reading, at, taken), at
    percent = {q.first for q in quantities if q.kind == PERCENT}
    for mark in reading.marks:
        if mark.kind != "verb" or not is_capital(reading, mark.first - 1):
            continue
        if any(at in percent for at in range(mark.last, mark.last + 5)):
            start = _run_start(reading, mark.first, taken)
            if _opens_clause(reading, start):
                yield "moving", "company", start, mark.first


def _opens_clause(reading: Reading, index: int) -> bool:
    """Whether a clause begins at `index`, so that a name without article is its subject."""
    before = reading.tokens[index - 1] if index else None
    return before is None or before.kind == LINE or before.text in ".,;:!?–—(" or before.low in _OPENS_CLAUSE_WORDS


def _opening(reading: Reading) -> Iterator[tuple[str, str, int, int]]:
    """A title or sentence that begins with a name and a verb of companies, or with a name and a colon."""
    for sentence in reading.sentences:
        first = sentence.first
        if not is_capital(reading, first) or reading.low(first) in _FUNCTION:
            continue
        last = run_end(reading, first, _LONGEST, person=False)
        verb = any(mark.kind in ("companyverb", "verb") for mark in reading.marks_at.get(last, ()))
        colon = reading.low(last) == ":" and sentence.line == 0
        genitive = reading.low(last) in ("'", "’") and reading.low(last + 1) == "s"
        if verb or colon or genitive:
            yield "opening", "company", first, last


def _run_start(reading: Reading, stop: int, taken: set[int]) -> int:
    """The first token of the run of capitals that ends right before `stop`."""
    at = stop
    while at > 0 and stop - at < 2 * _LONGEST:
        before = at - 1
        tight = reading.tokens[before].text in "-&'’+" and reading.is_tight(at)
        if (
            tight
            and is_capital(reading, before - 1)
            and (reading.is_tight(before) or reading.tokens[before].text == "&")
        ) or (reading.tokens[before].text == "&" and is_capital(reading, before - 1)):
            at = before - 1
        elif is_capital(reading, before) and before not in taken and reading.low(before) not in _FUNCTION:
            at = before
        else:
            break
    return at


def _trimmed(reading: Reading, first: int, last: int) -> tuple[int, int]:
    """The run without legal form, articles, descriptors in front and share words or roles behind."""
    while first < last and (
        reading.low(first) in _FUNCTION or _is_other(reading, first) or reading.tokens[first].text in "-'’&"
    ):
        first += 1
    for at in range(first + 1, last):
        if any(
            m.kind in ("role", "share", "legal", "day", "month", "anaph", "verb", "companyverb", "descriptor")
            for m in reading.marks_at.get(at, ())
        ):
            last = at
            break
    while last > first and (reading.has("legal", last - 1) or reading.tokens[last - 1].text in "-'’&."):
        last -= 1
    return first, last


def _is_other(reading: Reading, index: int) -> bool:
    return any(mark.kind in _OTHER for mark in reading.marks_at.get(index, ()))


def _is_name(reading: Reading, first: int, last: int, rule: str) -> bool:
    words = [t for t in reading.tokens[first:last] if t.kind == WORD]
    if not words or all(len(word.text) < 2 for word in words):  # noqa: PLR2004
        return False
    single = len(words) == 1
    if single and (_is_other(reading, first) or words[0].low in _FUNCTION):
        return False
    if rule == "opening" and len(words) > 1 and reading.has("companyword", last - 1):
        return True
    if rule == "opening":
        return _is_repeated(reading, first, last)
    if rule in ("moving", "acquired") and reading.language.startswith("de") and single:
        return _is_repeated(reading, first, last) or rule == "moving"
    return not (single and rule == "role compound" and words[0].text.isupper() and len(words[0].text) < 3)  # noqa: PLR2004


def _is_repeated(reading: Reading, first: int, last: int) -> bool:
    """Whether the name stands elsewhere too, and nowhere in lower case or behind an indefinite article."""
    printed = reading.phrase(first, last)
    places = [m.start() for m in re.finditer(rf"\b{re.escape(printed)}s?\b", reading.text)]
    if (
        len(places) <= 1
        or re.search(rf"\b{re.escape(printed.lower())}\b", reading.text)
        or not any(_is_inside(reading.text, place) for place in places)
    ):
        return False
    before = [reading.text[max(place - 8, 0) : place].lower().split()[-1:] for place in places]
    articled = sum(
        word in (["ein"], ["eine"], ["einer"], ["den"], ["das"], ["der"], ["dem"], ["the"], ["a"], ["un"], ["une"])
        for word in before
    )
    return articled == 0 or (articled < len(places) / 2 and not reading.language.startswith("de"))


def _is_inside(text: str, place: int) -> bool:
    """Whether a word stands within a sentence, or at the start of the title: its capital means something there."""
    before = text[:place].rstrip(' "„“«(')
    return not before or before[-1] not in ".!?:\n"


def _everywhere(reading: Reading, named: dict[str, tuple[str, str]], taken: set[int]) -> Iterator[Mention]:
    """Every place of every name, longest first; also of its first word alone where a verb says that it is one."""
    short = {name.split()[0]: name for name in named if " " in name and len(name.split()[0]) >= _SHORTEST_ALIAS}
    names = sorted({*named, *short}, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?=s?(?!\w))")
    for match in pattern.finditer(reading.text):
        first = reading.index_of(match.start())
        if first is None or first in taken:
            continue
        last = bisect_left(reading.starts, match.end(), first)
        name = match.group()
        if name not in named and not _acts_alone(reading, first, last):
            continue
        full = name if name in named else short[name]
        kind, rule = named[full]
        found = Mention(full, kind, first, last, rule=rule)
        yield found._replace(use="employer") if is_employer(reading, found) else found


def _acts_alone(reading: Reading, first: int, last: int) -> bool:
    """Whether a single word with no other meaning does what companies do, or stands before -Aktie, shares, -Chef."""
    if reading.marks_at.get(first):
        return False
    at = last + (reading.low(last) == "-" and reading.is_tight(last))
    kinds = ("verb", "stand", "companyverb", "share", "role", "modal", "guidance", "say", "level")
    return any(mark.kind in kinds for mark in reading.marks_at.get(at, ()))
