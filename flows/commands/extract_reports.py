"""What `newstape extract` prints for people: why a page was read as it was, and how well a folder of gold pairs was."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

import click

from flows.commands.tables import show_table
from tasks.extract.explaining import Explanation, Strategy
from tasks.extract.scoring import Score, Summary, grouped, read_gold, score, summarise
from tasks.model import Timestamp

_MAX_CHARACTERS = 90
_WORST = 10
_FIGURES = ("f1", "precision", "recall", "high", "title", "authors", "minute", "day")
_HEADINGS = ("pages", "n", "F1", "P", "R", ">=.95", "title", "authors", "minute", "day")


def show_explanation(explanation: Explanation) -> None:
    """Each value with its layer, below it what other layers say; then the ways to the text."""
    rows: list[tuple[str, str, str, str]] = []
    for one in explanation.values:
        if one.layer or one.alternatives:
            rows.append((one.name, "chosen" if one.layer else "-", one.layer or "", _shown(one.value)))
        rows += [
            ("", "agrees" if other.agrees else "rejected", other.layer, _shown(other.value))
            for other in one.alternatives
        ]
    show_table(("value", "", "layer", "says"), rows)
    click.echo()
    show_table(("way to the text", "", "paragraphs", "words", "because"), [_way(one) for one in explanation.strategies])
    flags = ", ".join(explanation.article.flags)
    click.echo(f"\n{explanation.article.word_count} words, flags: {flags or 'none'}")


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The same for machines: by value the layer and the alternatives, and the strategies."""
    values = {
        one.name: {
            "layer": one.layer,
            "value": _plain(one.value),
            "alternatives": [
                {"layer": other.layer, "value": _plain(other.value), "agrees": other.agrees}
                for other in one.alternatives
            ],
        }
        for one in explanation.values
    }
    strategies = [
        {"name": one.name, "paragraphs": one.paragraphs, "words": one.words, "chosen": one.is_chosen, "why": one.why}
        for one in explanation.strategies
    ]
    return {"values": values, "strategies": strategies}


def scored(folder: Path, limit: int) -> list[Score]:
    """The scores of a folder of gold pairs; Misconfigured where it holds none or a broken one.

    `limit` is the largest size of a page in bytes.
    """
    from tasks.extract.article import extract_article

    return [score(gold, extract_article(gold.page, gold.profile, limit=limit)) for gold in read_gold(folder)]


def show_gold(scores: Sequence[Score]) -> None:
    """The figures by group, and the pages whose text was read worst."""
    show_table(_HEADINGS, [_line(name, summarise(group)) for name, group in grouped(scores).items()])
    click.echo()
    worst = sorted(scores, key=lambda one: one.f1)[:_WORST]
    show_table(("worst pages", "F1", "P", "R", "title", "authors", "minute"), [_page(one) for one in worst])


def gold_json(scores: Sequence[Score]) -> dict[str, Any]:
    """The figures by group and those of each page; null where no gold has the value."""
    groups = {
        name: {figure: _number(getattr(summarise(group), figure)) for figure in ("pages", *_FIGURES)}
        for name, group in grouped(scores).items()
    }
    return {"groups": groups, "pages": [asdict(one) | {"f1": one.f1} for one in scores]}


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _line(name: str, of: Summary) -> Sequence[str]:
    return (name, str(of.pages), *(f"{getattr(of, figure):.4f}" for figure in _FIGURES))


def _page(one: Score) -> Sequence[str]:
    if one.error:
        return (one.page, one.error, "", "", "", "", "")
    authors = "-" if one.authors is None else f"{one.authors:.2f}"
    minute = {None: "-", True: "right", False: "wrong"}[one.minute]
    title = "right" if one.title else "wrong"
    return (one.page, f"{one.f1:.3f}", f"{one.precision:.3f}", f"{one.recall:.3f}", title, authors, minute)


def _way(one: Strategy) -> tuple[str, str, str, str, str]:
    return (one.name, "chosen" if one.is_chosen else "", str(one.paragraphs), str(one.words), one.why)


def _shown(value: Any) -> str:
    """A value on one line, cut where it is long."""
    plain = _plain(value)
    text = " | ".join(map(str, plain)) if isinstance(plain, list) else str(plain if plain is not None else "")
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 1]}…"


def _plain(value: Any) -> Any:
    """A value as JSON has it; of a time the instant with what was printed and where."""
    if isinstance(value, Timestamp):
        return f"{value.at.isoformat()} ({value.origin}: {value.raw})"
    return list(value) if isinstance(value, tuple) else value
