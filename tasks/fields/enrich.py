"""The finance fields of one article: `enrich` runs the rules in order."""

from tasks.fields.context import find_names
from tasks.fields.mentions import find_hits, judged, sure_tokens
from tasks.fields.model import Evidence, Fields, Mentioned
from tasks.fields.people import find_people
from tasks.fields.quantities import find_quantities
from tasks.fields.reading import read


def enrich(title: str, text: str, language: str) -> Fields:
    reading = read(f"{title}\n{text}", language)
    quantities = find_quantities(reading)
    hits = find_hits(reading)
    people = find_people(reading, sure_tokens(hits))
    mentions = judged(reading, hits, people, quantities)
    blocked = {at for span in people for at in range(span.first, span.last)}
    mentions += find_names(reading, mentions, blocked, quantities)
    mentions.sort(key=lambda m: m.first)
    seen = {}
    for m in mentions:
        if m.use == "instrument":
            seen.setdefault(m.name, Mentioned(m.name, m.kind, m.instrument.isin if m.instrument else "", "", Evidence(*reading.span(m.first, m.last), m.rule)))
    return Fields(instruments=tuple(seen.values()))
