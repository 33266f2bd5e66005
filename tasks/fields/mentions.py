"""Mentions of instruments in a text: hits of the gazetteer that mean the instrument, and names found by context."""

from bisect import bisect_left
from typing import NamedTuple

from tasks.fields.gazetteer import Hit, Instrument, gazetteer
from tasks.fields.reading import Reading

# Printed forms of a noun keep all but its ending: Bundesanleihen, Goldpreis, Treasuries; "Bund" is another name.
_ROOT, _ENDING = 4, 2
_NO_NAMES = frozenset(
    ("News", "Investor", "National Bank", "APA", "Information Services", "Freitag", "Capital", "Global")
)


class Mention(NamedTuple):
    """A name over the tokens `first` up to, but without, `last`; `use` says what it stands for here.

    use: instrument, descriptor (Dax-Konzern), venue, person; later also house, source, employer.
    """

    name: str
    kind: str
    first: int
    last: int
    use: str = "instrument"
    instrument: Instrument | None = None
    rule: str = "gazetteer"
    weak: bool = False


def find_hits(reading: Reading) -> list[Mention]:
    """All hits of the gazetteer as mentions, whatever they mean."""
    found = []
    for hit in gazetteer().hits(reading.text):
        first = reading.index_of(hit.start)
        if first is None or hit.instrument.name in _NO_NAMES:
            continue
        mention = _mention(reading, hit, first, bisect_left(reading.starts, hit.stop, first))
        if mention:
            found.append(mention)
    return found


def _mention(reading: Reading, hit: Hit, first: int, last: int) -> Mention | None:
    instrument = hit.instrument
    printed = reading.text[hit.start : hit.stop]
    language = reading.language[:2]
    if instrument.language and instrument.language != language and printed[0].islower():
        return None
    if printed[0].islower() and language == "de" and instrument.kind in ("commodity", "crypto", "bond"):
        return None
    noun = instrument.kind in ("commodity", "bond", "crypto") and printed.startswith(
        instrument.name[: max(len(instrument.name) - _ENDING, _ROOT)]
    )
    name = instrument.name if noun else printed
    weak = language in instrument.weak
    return Mention(name, instrument.kind, first, last, instrument=instrument, weak=weak)


def sure_tokens(mentions: list[Mention]) -> set[int]:
    """Tokens of company names that can't be a person."""
    return {
        at
        for mention in mentions
        if not mention.weak and (mention.last - mention.first > 1 or mention.kind == "company")
        for at in range(mention.first, mention.last)
    }  # fmt: skip
