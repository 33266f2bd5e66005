"""Reads the annotated texts of tests/data/fields and compares what enrich finds with them."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tasks.fields.enrich import enrich
from tasks.fields.model import Fields

FOLDER = Path(__file__).parent / "data" / "fields"
KINDS = "IMAPSRFD"
_LINE = re.compile(rf"([{KINDS}]): (.*)")
_SHORTEST = 3
Fact = tuple[str, ...]


@dataclass(slots=True)
class Annotated:
    """One text with its facts: per kind a set of tuples of texts, numbers in their plain form."""

    id: str
    language: str
    published_at: str
    title: str = ""
    body: list[str] = field(default_factory=list)
    facts: dict[str, set[Fact]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body as one text."""
        return "\n".join(self.body).strip()

    def found(self) -> Fields:
        """What enrich finds."""
        return enrich(self.title, self.text, self.language, self.published_at)


def annotated(file: str) -> list[Annotated]:
    """The texts of one file."""
    texts: list[Annotated] = []
    for line in (FOLDER / file).read_text(encoding="utf-8").splitlines():
        match = _LINE.match(line)
        if line.startswith("= "):
            name, language, published_at = line[2:].split()
            texts.append(Annotated(name, language, published_at))
        elif match:
            texts[-1].facts[match[1]] = {_fact(match[1], one.strip(), texts[-1]) for one in match[2].split(";")}
        elif texts[-1].title:
            texts[-1].body.append(line)
        else:
            texts[-1].title = line
    return texts


def number(value: Decimal | str | None) -> str:
    """A number in plain form without trailing zeros; "-" for none."""
    return "-" if value is None or value == "-" else f"{Decimal(value).normalize():f}"


def facts_of(found: Fields) -> dict[str, set[Fact]]:
    """What was found, in the form of the annotation; subjects in lower case."""
    return {
        "I": {(one.name.lower(), one.kind) for one in found.instruments},
        "M": {(one.subject.lower(), number(one.percent), number(one.price)) for one in found.price_moves},
        "A": {(number(one.value), one.currency) for one in found.amounts},
        "P": {(one.name,) for one in found.people},
        "S": {(one.name,) for one in found.cited_sources},
        "R": {(one.house, one.subject.lower(), number(one.target)) for one in found.ratings},
        "F": {(one.subject.lower(), one.metric, number(one.value)) for one in found.figures},
        "D": {(one.scheme, one.value) for one in found.identifiers},
    }


def _fact(kind: str, printed: str, text: Annotated) -> Fact:
    if kind == "I":
        name, _, what = printed.rpartition(" ")
        return name.lower(), what
    if kind == "M":
        return _move(printed, {name for name, *_ in text.facts.get("I", ())})
    if kind == "A":
        value, currency = printed.split()
        return number(value), currency
    if kind == "R":
        house, subject, _, *target = (part.strip() for part in printed.split("|"))
        return house, subject.lower(), number(target[0] if target else None)
    if kind == "F":
        match = re.match(rf"(.+?) ([a-z_]{{{_SHORTEST},}}) (\S+)", printed)
        assert match, printed
        return match[1].lower(), match[2], number(match[3])
    return tuple(printed.split()) if kind == "D" else (printed,)


def _move(printed: str, names: set[str]) -> Fact:
    """Subject, percent and price of "Subject PERCENT PRICE CURRENCY POINTS"."""
    subject = max((name for name in names if printed.lower().startswith(f"{name} ")), key=len)
    percent, *rest = printed[len(subject) + 1 :].split()
    return subject, number(percent), number(rest[0]) if rest else "-"


def agrees(kind: str, one: Fact, other: Fact) -> bool:
    """Whether two facts say the same; a name may be a part of the other one."""
    if kind == "R":
        return one[0] == other[0] and one[2] == other[2] and (one[1] in other[1] or other[1] in one[1])
    if one[1:] != other[1:] and kind != "P":
        return False
    return one[0] == other[0] or (kind in "IMF" and (one[0] in other[0] or other[0] in one[0]))
