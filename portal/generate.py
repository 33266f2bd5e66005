"""Articles from a grammar: the bulk of a large sample world, and the daily reports.

The grammars are files (texts/grammar-*.yaml, form described in grammar-de.yaml). Equal seeds give equal texts.
"""

import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.model import Block, Portal, Text
from portal.reading import read_yaml

MIN_WORDS = 250
SENTENCES_PER_PARAGRAPH = (2, 4)

_SLOT = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]|\{([a-z0-9_.:]+)\}")
_SEPARATORS = {"CH": ("'", ","), "DE": (".", ","), "AT": (".", ","), "FR": (" ", ",")}
_ELISION = re.compile(r"\b([Dd]|[Qq]u)e (?=[AEIOUÉaeioué])")

Fill = Callable[[str], str]


def weekday(at: datetime, language: str) -> str:
    """Name of the day in `language`."""
    return str(read_yaml("calendar.yaml")["weekdays"][language][at.weekday()])


def printed(number: Decimal, country: str) -> str:
    """`number` with the separators of the country: 1'234,50 (CH), 1.234,50 (DE), 1 234,50 (FR), 1,234.50 (others)."""
    group, point = _SEPARATORS.get(country, (",", "."))
    return f"{number:,}".replace(",", "\0").replace(".", point).replace("\0", group)


def draw(rng: random.Random, low: str, high: str, digits: int) -> Decimal:
    """A number between `low` and `high` (as printed in the grammar) with `digits` decimals."""
    scale = 10**digits
    units = rng.randint(int(Decimal(low) * scale), int(Decimal(high) * scale))
    return Decimal(units).scaleb(-digits)


def expand(template: str, rng: random.Random, country: str, word: Fill) -> str:
    """`template` with [a|b] chosen, {p:min:max:digits} drawn and every other {name} filled by `word`."""

    def fill(match: re.Match[str]) -> str:
        if match[1] is not None:
            return str(rng.choice(match[1].split("|")))
        if match[2].startswith("p:"):
            low, high, digits = match[2][2:].split(":")
            return printed(draw(rng, low, high, int(digits)), country)
        return word(match[2])

    found = 1
    while found:
        template, found = _SLOT.subn(fill, template)
    return template


def generate_text(portal: Portal, published: datetime, seed: str) -> Text:
    """An article of 250 to 600 words for `portal`, the same for the same seed."""
    rng = random.Random(seed)
    grammar = read_yaml(f"grammar-{portal.language}.yaml")
    topic = grammar["topics"][rng.choice(sorted(grammar["topics"]))]
    say = _speaker(grammar, portal, published, rng)
    blocks = _blocks(grammar, topic["pools"], say, rng)
    has_bullets = "bullets" in topic and rng.random() < 0.5  # noqa: PLR2004 - half of them
    return Text(
        id=f"gen-{seed.replace(':', '-')}",
        section=topic["section"],
        title=say(rng.choice(topic["title"])),
        kicker=say(rng.choice(topic["kicker"])),
        lead=say(rng.choice(topic["lead"])),
        bullets=tuple(map(say, topic["bullets"])) if has_bullets else (),
        blocks=tuple(blocks),
        authors=(_author(rng),) if rng.random() < 0.7 else (),  # noqa: PLR2004 - as often as on real portals
    )


def _speaker(grammar: Mapping[str, Any], portal: Portal, published: datetime, rng: random.Random) -> Fill:
    """The function that fills templates with the facts drawn for one article."""
    bound = _facts(grammar, portal, published, rng)
    direction = rng.choice(("up", "down"))
    words: Mapping[str, list[str]] = grammar["words"]

    def word(name: str) -> str:
        if name in bound:
            return bound[name]
        return rng.choice(words[f"{name}.{direction}"] if f"{name}.{direction}" in words else words[name])

    # What an article repeats must stay the same in it, so these words are chosen once.
    for name in ("quarter", "target", "city"):
        bound[name] = word(name)

    def say(template: str) -> str:
        sentence = expand(template, rng, portal.country, word)
        sentence = _ELISION.sub(r"\1'", sentence) if portal.language == "fr" else sentence
        return sentence[0].upper() + sentence[1:]

    return say


def _facts(grammar: Mapping[str, Any], portal: Portal, published: datetime, rng: random.Random) -> dict[str, str]:
    """Who the article is about, and the figures that it repeats."""
    cast = read_yaml("companies.yaml")
    company, peer, peer2 = rng.sample(cast["companies"], 3)
    house, house2 = rng.sample(cast["houses"], 2)
    country = cast["countries"][company["country"]]
    price = Decimal(str(company["price"]))
    local = published.astimezone(portal.zone)
    return {
        "company": company["name"],
        "peer": peer["name"],
        "peer2": peer2["name"],
        "sector": cast["sectors"][company["sector"]][portal.language],
        "house": house,
        "house2": house2,
        "analyst": rng.choice(cast["analysts"]),
        "index": country["index"],
        "venue": country["venue"],
        "weekday": weekday(local, portal.language),
        "clock": f"{local:%H:%M}",
        **grammar["currencies"][country["currency"]],
        **{name: printed(number, portal.country) for name, number in _figures(price, rng).items()},
    }


def _figures(price: Decimal, rng: random.Random) -> dict[str, Decimal]:
    """The numbers that an article repeats: move, price, results, targets."""
    return {
        "move": draw(rng, "0.2", "9.8", 1),
        "index_move": draw(rng, "0.1", "1.8", 1),
        "growth": draw(rng, "0.6", "18.9", 1),
        "profit": draw(rng, "60", "980", 0),
        "revenue": draw(rng, "0.4", "19.8", 2),
        "deal": draw(rng, "45", "2900", 0),
        "jobs": draw(rng, "60", "900", 0),
        "price": (price * draw(rng, "0.82", "1.2", 3)).quantize(Decimal("0.01")),
        "goal": (price * draw(rng, "1.02", "1.4", 2)).quantize(Decimal("0.1")),
        "goal2": (price * draw(rng, "0.9", "1.3", 2)).quantize(Decimal("0.1")),
        "oldgoal": (price * draw(rng, "0.7", "0.98", 2)).quantize(Decimal("0.1")),
    }


def _blocks(grammar: Mapping[str, Any], pools: list[str], say: Fill, rng: random.Random) -> list[Block]:
    """The sections of an article: the first pool opens, the others follow in any order until it is long enough."""
    order = [pools[0], *rng.sample(pools[1:], len(pools) - 1)]
    blocks: list[Block] = []
    for place, name in enumerate(order):
        pool = grammar["pools"][name]
        if place:
            blocks.append(Block(say(rng.choice(pool["heading"])), is_heading=True))
        count = min(len(pool["sentences"]), rng.randint(4, 8))
        # The first sentence of the first pool is the news itself, the order of the others is free.
        chosen = rng.sample(pool["sentences"], count)
        chosen = chosen if place else list(dict.fromkeys([pool["sentences"][0], *chosen]))
        blocks += _paragraphs([say(each) for each in chosen], rng)
        if sum(len(block.text.split()) for block in blocks) > MIN_WORDS and rng.random() < 0.3:  # noqa: PLR2004
            return blocks
    return blocks


def _paragraphs(sentences: list[str], rng: random.Random) -> list[Block]:
    """The sentences in paragraphs of two to four."""
    blocks = []
    while sentences:
        size = rng.randint(*SENTENCES_PER_PARAGRAPH)
        blocks.append(Block(" ".join(sentences[:size])))
        sentences = sentences[size:]
    return blocks


def _author(rng: random.Random) -> str:
    """An invented reporter: the first name of one invented analyst, the last of another."""
    first, last = rng.sample(read_yaml("companies.yaml")["analysts"], 2)
    return f"{first.split()[0]} {last.split()[1]}"
