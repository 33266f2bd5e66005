"""The finance fields of one article: `enrich` runs the rules in order."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime

from tasks.fields.amounts import find_amounts
from tasks.fields.context import find_names
from tasks.fields.figures import find_figures
from tasks.fields.fx import find_pairs
from tasks.fields.gazetteer import tickers
from tasks.fields.identifiers import find_identifiers
from tasks.fields.mentions import Mention, find_hits, judged, sure_tokens
from tasks.fields.model import Evidence, Fields, Identifier, Mentioned, Person, PriceMove
from tasks.fields.moves import find_moves
from tasks.fields.people import find_people
from tasks.fields.periods import calendar_of
from tasks.fields.quantities import find_quantities
from tasks.fields.reading import Reading, read
from tasks.fields.ratings import find_ratings
from tasks.fields.scene import Scene, scenes
from tasks.fields.sources import find_sources


# Names of an index that stand for another one than the longer names that begin with them.
_FAMILIES = frozenset(("Nasdaq", "NASDAQ", "Dow"))


def enrich(title: str, text: str, language: str, published_at: str = "") -> Fields:
    """Everything that the rules find in title and text; never raises on any text."""
    reading = read(f"{title}\n{text}", language)
    quantities = find_quantities(reading)
    hits = find_hits(reading)
    people, blocked = find_people(reading, sure_tokens(hits))
    mentions = judged(reading, hits, people, blocked, quantities)
    mentions += find_names(reading, mentions, blocked | _named_otherwise(reading), quantities)
    mentions = [_by_ticker(mention) for mention in mentions]
    mentions += find_pairs(reading, mentions, quantities)
    mentions.sort(key=lambda m: m.first)
    sources = tuple(find_sources(reading, blocked))
    stage = scenes(reading, mentions, quantities)
    main = main_subject(reading, mentions)
    rated = find_ratings(stage, main)
    cited = {at for c in sources for at in _tokens(reading, c.evidence)}
    mentions = [_reused(mention, rated.houses, cited) for mention in mentions]
    stage = scenes(reading, mentions, quantities)
    main = main_subject(reading, mentions)
    moves = tuple(find_moves(stage, main, set(rated.numbers)))
    taken = _numbers(stage, moves) | set(rated.numbers)
    calendar = calendar_of(reading.text, _day(published_at), fiscal=any(m.kind == "fiscal" for m in reading.marks))
    return Fields(
        amounts=tuple(find_amounts(stage, taken)),
        figures=tuple(find_figures(stage, main, calendar, taken)),
        instruments=_instruments(reading, mentions),
        price_moves=moves,
        people=tuple(Person(s.name, s.role, "", Evidence(*reading.span(s.first, s.last), "role")) for s in people),
        cited_sources=sources,
        ratings=rated.ratings,
        identifiers=tuple(_identifiers(reading, mentions)),
    )


def _named_otherwise(reading: Reading) -> set[int]:
    """Tokens of houses, media and places of trade that have more than one word: no part of them is a name."""
    marks = (mark for mark in reading.marks if mark.kind in ("house", "source", "venue", "place"))
    return {at for mark in marks if mark.last - mark.first > 1 for at in range(mark.first, mark.last)}


def _numbers(stage: list[Scene], moves: tuple[PriceMove, ...]) -> set[int]:
    """First tokens of the numbers that stand within the evidence of moves."""
    spans = [(move.evidence.start, move.evidence.stop) for move in moves]
    taken = set()
    for scene in stage:
        for quantity in scene.quantities:
            start = scene.reading.tokens[quantity.first].start
            if any(first <= start < last for first, last in spans):
                taken.add(quantity.first)
    return taken


def _day(published_at: str) -> date | None:
    try:
        return datetime.fromisoformat(published_at).date()
    except ValueError:
        return None


def _by_ticker(mention: Mention) -> Mention:
    """A name that is a ticker (CRM stock) as the company that it stands for."""
    name = (
        tickers().get(mention.name)
        if mention.rule in ("share word", "signed move") and mention.name.isupper() and mention.rule == "share word"
        else None
    )
    return replace(mention, name=name) if name else mention


def _identifiers(reading: Reading, mentions: list[Mention]) -> list[Identifier]:
    """Identifiers, each once; an abbreviation that is the name of an index is no ticker."""
    names = (
        frozenset(m.name for m in mentions if m.instrument)
        | reading.words.words("source")
        | frozenset(("CEO", "CFO", "AG", "US", "EU", "IPO", "AI", "ETF"))
    )
    found = find_identifiers(reading.text, frozenset(tickers()), names)
    return list({(one.scheme, one.value): one for one in reversed(list(found))}.values())[::-1]


def _reused(mention: Mention, houses: frozenset[int], cited: set[int]) -> Mention:
    """The mention with the use that ratings and citations have found for it."""
    if mention.use != "instrument":
        return mention
    if mention.first in houses:
        return replace(mention, use="house")
    return replace(mention, use="source") if mention.first in cited else mention


def _tokens(reading: Reading, evidence: Evidence) -> range:
    starts = [index for index, token in enumerate(reading.tokens) if evidence.start <= token.start < evidence.stop]
    return range(starts[0], starts[-1] + 1) if starts else range(0)


def main_subject(reading: Reading, mentions: list[Mention]) -> Mention | None:
    """The company that the article is about: named in the title, else most often."""
    named = [mention for mention in mentions if mention.use == "instrument" and mention.kind == "company"]
    named = named or [mention for mention in mentions if mention.use == "instrument"]
    if not named:
        return None
    counts = Counter(mention.name for mention in named)
    title = reading.sentences[0].last if reading.sentences else 0
    return max(named, key=lambda m: (counts[m.name] + 2 * (m.first < title), -m.first))


def _is_short_index(mention: Mention, mentions: list[Mention]) -> bool:
    """Whether an index is only the short name of one that is printed in full: EuroStoxx for EuroStoxx 50."""
    longer = (other for other in mentions if other.kind == "index" and other.use == "instrument")
    return (
        mention.kind == "index"
        and mention.name not in _FAMILIES
        and any(o.name.startswith(f"{mention.name} ") for o in longer)
    )


def _instruments(reading: Reading, mentions: list[Mention]) -> tuple[Mentioned, ...]:
    seen: dict[str, Mentioned] = {}
    for mention in mentions:
        if mention.use == "instrument" and not _is_short_index(mention, mentions):
            isin = mention.instrument.isin if mention.instrument else ""
            evidence = Evidence(*reading.span(mention.first, mention.last), mention.rule)
            seen.setdefault(mention.name, Mentioned(mention.name, mention.kind, isin, "", evidence))
    return tuple(seen.values())
