"""What `newstape enrich` prints for people: the facts as a table, and the text with marks on what was found."""

import sys
from collections.abc import Iterator
from dataclasses import fields as members
from typing import Any, NamedTuple

import click

from flows.commands.tables import show_table
from tasks.fields.as_json import values_of
from tasks.fields.model import Evidence, Fields

DATE = "date"
_STYLES = {
    "instruments": "bold cyan",
    "price_moves": "bold green",
    "amounts": "yellow",
    "people": "magenta",
    "cited_sources": "blue",
    "ratings": "bold red",
    "figures": "bold yellow",
    "identifiers": "cyan",
    DATE: "reverse green",
}


class Span(NamedTuple):
    """One stretch of the text that a fact stands on; `number` is its line in the table below the text."""

    number: int
    kind: str
    evidence: Evidence
    says: str


def show_facts(found: Fields, whole: str) -> None:
    """The facts in the order of their kinds, each with its quote."""
    rows = [
        (kind.name, _says(fact), _one_line(whole[fact.evidence.start : fact.evidence.stop]))
        for kind in members(found)
        for fact in getattr(found, kind.name)
    ]
    show_table(("field", "says", "quote"), rows)


def show_explained(found: Fields, whole: str) -> None:
    """The text with numbered marks, then a line for each: what was found, by which rule, how sure, where."""
    spans = spans_of(found)
    if sys.stdout.isatty():
        _coloured(whole, spans)
    else:
        click.echo(bracketed(whole, spans))
    click.echo()
    rows = [
        (
            str(span.number), span.kind, span.says, span.evidence.rule, f"{span.evidence.confidence:.2f}",
            f"{span.evidence.start}-{span.evidence.stop}",
        )
        for span in spans
    ]  # fmt: skip
    show_table(("#", "field", "says", "rule", "sure", "at"), rows)


def spans_of(found: Fields) -> list[Span]:
    """The stretches of all facts, numbered in the order of the text; words that decided on a day are among them."""
    told: list[tuple[str, Evidence, str]] = []
    for kind in members(found):
        for fact in getattr(found, kind.name):
            told.append((kind.name, fact.evidence, _says(fact)))
            word = getattr(fact, "date_evidence", None)
            if word:
                told.append((DATE, word, fact.session_date.isoformat()))
    once = dict.fromkeys(sorted(told, key=lambda one: (one[1].start, -one[1].stop)))
    return [Span(number, *one) for number, one in enumerate(once, 1)]


def bracketed(whole: str, spans: list[Span]) -> str:
    """The text with [brackets]1 around what was found, and the number of each behind it."""
    parts = []
    for piece, opening, closing, _ in _pieces(whole, spans):
        parts += [f"]{span.number}" for span in closing]
        parts += ["[" for _ in opening]
        parts.append(piece)
    return "".join(parts)


def _coloured(whole: str, spans: list[Span]) -> None:
    """The same in colours; a stretch has that of the shortest mark on it."""
    from rich.console import Console
    from rich.text import Text

    shown = Text()
    for piece, _, closing, open_now in _pieces(whole, spans):
        for span in closing:
            shown.append(str(span.number), "dim")
        inner = min(open_now, key=lambda span: span.evidence.stop - span.evidence.start, default=None)
        shown.append(piece, _STYLES[inner.kind] if inner else "")
    Console().print(shown, soft_wrap=True)


def _pieces(whole: str, spans: list[Span]) -> Iterator[tuple[str, list[Span], list[Span], list[Span]]]:
    """The text cut where marks begin or end: the piece, what begins with it, what ended before it, what is open."""
    begins: dict[int, list[Span]] = {}
    ends: dict[int, list[Span]] = {}
    for span in spans:
        begins.setdefault(span.evidence.start, []).append(span)
        ends.setdefault(span.evidence.stop, []).insert(0, span)
    cuts = sorted({0, len(whole), *begins, *ends})
    open_now: list[Span] = []
    for start, stop in zip(cuts, [*cuts[1:], len(whole)], strict=True):
        closing, opening = ends.get(start, []), begins.get(start, [])
        open_now = [span for span in open_now if span.evidence.stop > start] + opening
        yield whole[start:stop], opening, closing, open_now


def _says(fact: Any) -> str:
    """The first value, then the others by name: Dax percent=1.12 session=regular."""
    (_, first), *others = values_of(fact).items()
    return " ".join([str(first), *(f"{name}={value}" for name, value in others)])


def _one_line(quote: str) -> str:
    return " ".join(quote.split())
