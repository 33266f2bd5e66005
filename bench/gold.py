"""How much of what the sample portal published stands in a table: articles, and what of their texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from tasks.extract.scoring import body_match, f1
from tasks.text import clean_block
from tasks.urls import canonical_url


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows of a table against the gold: `missing` are addresses of articles that no row has.

    `paragraphs_found` is the share of gold paragraphs that stand in the stored texts word by word, `body_f1` the F1 of
    tasks.extract.scoring: it falls with what is missing and with what does not belong there.
    """

    rows: int
    articles: int
    missing: tuple[str, ...]
    paragraphs_found: float
    body_f1: float


def agreement(rows: Iterable[tuple[str, str]], gold: Sequence[Mapping[str, Any]]) -> Agreement:
    """The agreement of `rows` (address, text) with the portal's gold; addresses agree in their normal form."""
    stored = list(rows)
    texts = {str(canonical_url(url)): clean_block(text) for url, text in stored}
    wanted = {str(canonical_url(one["url"])): clean_block(one["text"]) for one in gold}
    pairs = [(wanted[url], texts[url]) for url in wanted.keys() & texts.keys()]
    return Agreement(
        rows=len(stored),
        articles=len(pairs),
        missing=tuple(sorted(wanted.keys() - texts.keys())),
        paragraphs_found=_paragraphs_found(pairs),
        body_f1=_body_f1(pairs),
    )


def _paragraphs_found(pairs: Sequence[tuple[str, str]]) -> float:
    """Share of the paragraphs of all gold texts that stand in the texts beside them; white space does not count."""
    found = total = 0
    for want, have in pairs:
        text, paragraphs = " ".join(have.split()), want.split("\n\n")
        found += sum(" ".join(paragraph.split()) in text for paragraph in paragraphs)
        total += len(paragraphs)
    return found / total if total else 0.0


def _body_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """F1 of the mean precision and the mean recall."""
    matches = [body_match(want, have) for want, have in pairs]
    return f1(mean(p for p, _ in matches), mean(r for _, r in matches)) if matches else 0.0
