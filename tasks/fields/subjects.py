"""What an article is about: its main company, its instruments each once, its persons with their organisations."""

from bisect import bisect_right
from collections import Counter

from tasks.fields.mentions import Mention
from tasks.fields.model import Evidence, Mentioned, Person
from tasks.fields.people import PersonSpan
from tasks.fields.reading import Reading

# Names of an index that stand for another one than the longer names that begin with them.
_FAMILIES = frozenset(("Nasdaq", "NASDAQ", "Dow"))
_ORGANISED = frozenset(("instrument", "house", "employer"))
_OFFICES = (
    "minister",
    "präsident",
    "president",
    "kanzler",
    "chancellor",
    "senator",
    "secretary",
    "conseiller",
    "ministre",
)
NEAR = 12


def main_subject(reading: Reading, mentions: list[Mention]) -> Mention | None:
    """The company that the article is about: named in the title, else most often; else another instrument."""
    named = [mention for mention in mentions if mention.use == "instrument" and mention.kind == "company"]
    named = named or [mention for mention in mentions if mention.use == "instrument"]
    if not named:
        return None
    counts = Counter(mention.name for mention in named)
    title = reading.sentences[0].last if reading.sentences else 0
    return max(named, key=lambda mention: (counts[mention.name] + 2 * (mention.first < title), -mention.first))


def united(mentions: list[Mention]) -> list[Mention]:
    """Mentions of one company under its most frequent name, where its names have no word in common (VW, Volkswagen)."""
    names: dict[str, Counter[str]] = {}
    for mention in mentions:
        if mention.kind == "company" and mention.instrument:
            names.setdefault(mention.instrument.name, Counter())[mention.name] += 1
    chosen = {
        key: max(counted, key=lambda name: (counted[name], len(name)))
        for key, counted in names.items()
        if len(counted) > 1 and not any(a != b and a in b for a in counted for b in counted)
    }
    return [
        mention._replace(name=chosen[mention.instrument.name])
        if mention.instrument and mention.kind == "company" and mention.instrument.name in chosen
        else mention
        for mention in mentions
    ]


def instruments_of(reading: Reading, mentions: list[Mention]) -> tuple[Mentioned, ...]:
    """Each instrument once, at its first mention."""
    used = [mention for mention in mentions if mention.use == "instrument"]
    indices = {mention.name for mention in used if mention.kind == "index"}
    seen: dict[str, Mentioned] = {}
    for mention in used:
        if mention.name in seen or (mention.kind == "index" and _is_short(mention.name, indices)):
            continue
        known = mention.instrument
        evidence = Evidence(*reading.span(mention.first, mention.last), mention.rule)
        isin, ticker = (known.isin, known.ticker) if known else ("", "")
        seen[mention.name] = Mentioned(mention.name, mention.kind, isin, ticker, evidence)
    return tuple(seen.values())


def _is_short(name: str, indices: set[str]) -> bool:
    """Whether an index is only the short name of one that is printed in full: EuroStoxx for EuroStoxx 50."""
    return name not in _FAMILIES and any(other.startswith(f"{name} ") for other in indices)


def persons_of(
    reading: Reading, people: list[PersonSpan], mentions: list[Mention], main: Mention | None
) -> tuple[Person, ...]:
    """The persons with the organisation that stands beside their role, else the main company where the role fits."""
    organised = [mention for mention in mentions if mention.use in _ORGANISED and mention.kind == "company"]
    return tuple(
        Person(
            span.name, span.role, _organisation(reading, span, organised, main),
            Evidence(*reading.span(span.first, span.last), "role" if span.role else "given name"),
        )
        for span in people
    )  # fmt: skip


def _organisation(reading: Reading, span: PersonSpan, organised: list[Mention], main: Mention | None) -> str:
    if span.role.lower().endswith(_OFFICES):
        return ""
    here = bisect_right(reading.sentences, span.role_first, key=lambda sentence: sentence.first) - 1
    first, last = reading.sentences[here].first, reading.sentences[here].last
    near = [one for one in organised if abs(one.first - span.role_first) < NEAR and first <= one.first < last]
    if near:
        return min(near, key=lambda mention: abs(mention.first - span.role_first)).name
    return main.name if main and main.kind == "company" else ""
