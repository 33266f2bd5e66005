"""The finance fields of one article: `enrich` runs the rules in order."""

from bisect import bisect_left
from datetime import date, datetime

from tasks.fields.amounts import find_amounts
from tasks.fields.context import find_names
from tasks.fields.datelines import dateline_of
from tasks.fields.figures import find_figures
from tasks.fields.fx import find_pairs
from tasks.fields.gazetteer import tickers
from tasks.fields.homographs import judged
from tasks.fields.identifiers import find_identifiers
from tasks.fields.mentions import Mention, find_hits, sure_tokens
from tasks.fields.model import Citation, Fields, Identifier, PriceMove
from tasks.fields.move_markets import Homes
from tasks.fields.moves import find_moves
from tasks.fields.people import PersonSpan, find_people
from tasks.fields.periods import calendar_of
from tasks.fields.quantities import Quantity, find_quantities
from tasks.fields.ratings import find_ratings
from tasks.fields.reading import Reading, read
from tasks.fields.scene import Scene, scenes
from tasks.fields.sessiondates import dated
from tasks.fields.sources import find_sources
from tasks.fields.subjects import instruments_of, main_subject, persons_of, united
from tasks.fields.word_sets import word_set

_NO_TICKERS = word_set("enrich", "no_tickers")


def enrich(title: str, text: str, language: str, published_at: str = "", zone: str = "") -> Fields:
    """Everything that the rules find in title and text, for the offsets see model; never raises on any text.

    `language` is de, de-CH, en, fr ...; an unknown one is read as English. `published_at` (ISO 8601) dates periods and
    the sessions of moves; `zone` (IANA) is where the writer's day begins, by default the offset of `published_at`.
    """
    reading = read(f"{title}\n{text}", language)
    quantities = find_quantities(reading)
    mentions, people, blocked = _named(reading, quantities)
    sources = tuple(find_sources(reading, blocked))
    stage = scenes(reading, mentions, quantities)
    rated = find_ratings(stage, main_subject(reading, mentions))
    mentions = _reused(mentions, rated.houses, _tokens(reading, sources))
    _recast(stage, mentions)
    main = main_subject(reading, mentions)
    moves = tuple(find_moves(stage, main, set(rated.numbers)))
    taken = _numbers(stage, moves) | rated.numbers
    calendar = calendar_of(reading, _day(published_at))
    instruments = instruments_of(reading, mentions)
    homes = Homes(mentions, instruments)
    return Fields(
        instruments=instruments,
        price_moves=dated(reading, stage, moves, homes, dateline_of(published_at, zone)),
        amounts=tuple(find_amounts(stage, taken)),
        people=persons_of(reading, people, mentions, main),
        cited_sources=sources,
        ratings=rated.ratings,
        figures=tuple(find_figures(stage, main, calendar, taken)),
        identifiers=tuple(_identifiers(reading, mentions)),
    )


def _named(reading: Reading, quantities: list[Quantity]) -> tuple[list[Mention], list[PersonSpan], set[int]]:
    """Mentions in the order of the text, persons, and the tokens that persons take."""
    hits = find_hits(reading)
    people, blocked = find_people(reading, sure_tokens(hits))
    mentions = judged(reading, hits, people, blocked, quantities)
    mentions = united(mentions)
    mentions += map(_by_ticker, find_names(reading, mentions, blocked | _named_otherwise(reading), quantities))
    mentions += find_pairs(reading, mentions, quantities)
    return sorted(mentions, key=lambda mention: mention.first), people, blocked


def _named_otherwise(reading: Reading) -> set[int]:
    """Tokens of houses, media and places of trade that have more than one word: no part of them is a name."""
    marks = (mark for mark in reading.marks if mark.kind in ("house", "source", "venue", "place"))
    return {at for mark in marks if mark.last - mark.first > 1 for at in range(mark.first, mark.last)}


def _by_ticker(mention: Mention) -> Mention:
    """A name that is a ticker (CRM stock) as the company that it stands for."""
    name = tickers().get(mention.name) if mention.rule == "share word" else None
    return mention._replace(name=name) if name else mention


def _tokens(reading: Reading, sources: tuple[Citation, ...]) -> set[int]:
    """The tokens of all cited names."""
    starts = reading.starts
    spans = ((bisect_left(starts, s.evidence.start), bisect_left(starts, s.evidence.stop)) for s in sources)
    return {at for first, last in spans for at in range(first, last)}


def _reused(mentions: list[Mention], houses: frozenset[int], cited: set[int]) -> list[Mention]:
    """The mentions with the use that ratings and citations have found for them."""
    done = []
    for mention in mentions:
        use = "house" if mention.first in houses else "source" if mention.first in cited else mention.use
        done.append(mention._replace(use=use) if mention.use == "instrument" and use != mention.use else mention)
    return done


def _recast(stage: list[Scene], mentions: list[Mention]) -> None:
    """Give the sentences the mentions with their new uses."""
    current = {mention.first: mention for mention in mentions}
    for scene in stage:
        scene.names = [current[name.first] for name in scene.names]


def _numbers(stage: list[Scene], moves: tuple[PriceMove, ...]) -> set[int]:
    """First tokens of the numbers that stand within the evidence of moves."""
    spans = sorted((move.evidence.start, move.evidence.stop) for move in moves)
    starts = [start for start, _ in spans]
    taken = set()
    for scene in stage:
        for quantity in scene.quantities:
            at = scene.reading.tokens[quantity.first].start
            near = spans[max(bisect_left(starts, at + 1) - 3, 0) : bisect_left(starts, at + 1)]
            if any(first <= at < last for first, last in near):
                taken.add(quantity.first)
    return taken


def _day(published_at: str) -> date | None:
    try:
        return datetime.fromisoformat(published_at).date()
    except ValueError:
        return None


def _identifiers(reading: Reading, mentions: list[Mention]) -> list[Identifier]:
    """Identifiers, each once; an abbreviation that is a name in this text is no ticker."""
    names = frozenset(m.name for m in mentions if m.instrument) | _NO_TICKERS
    found = find_identifiers(reading.text, names, reading.words.words("source"))
    once: dict[tuple[str, str], Identifier] = {}
    for identifier in found:
        once.setdefault((identifier.scheme, identifier.value), identifier)
    return list(once.values())
