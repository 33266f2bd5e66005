"""The finance fields of an article as rows of the tape, and what another reading of them changes. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from tasks.columns import Row
from tasks.fields.model import Evidence, Fields, Mentioned
from tasks.fields.version import FIELDS_VERSION
from tasks.model import Article

# Kinds of facts by the member of Fields that has them; kinds of the tape are their values.
KINDS = {
    "instruments": "mentions", "price_moves": "price_moves", "amounts": "amounts", "people": "people",
    "cited_sources": "citations", "ratings": "ratings", "figures": "figures", "identifiers": "identifiers",
}  # fmt: skip
_RENAMED = {"approx": "is_approximate"}
# Where a fact stands and who found it says nothing about what it says.
_NOT_SAID = frozenset({"revision_id", "number", "start", "stop", "quote", "rule", "confidence", "fields_version"})


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a text by kind, as rows without ids, and the instruments that they name, by key.

    `instrument` of a row is such a key, or None.
    """

    rows: Mapping[str, Sequence[dict[str, Any]]]
    instruments: Mapping[str, Row]


def facts_of(article: Article) -> Facts | None:
    """The facts of an article as rows; None: nobody looked for them, or in vain."""
    found = article.fields
    if not isinstance(found, Fields):
        return None
    whole = f"{article.title}\n{article.text}"
    instruments = {_key(one): _instrument(one) for one in found.instruments}
    by_name = {one.name: _key(one) for one in reversed(found.instruments)}
    rows: dict[str, list[dict[str, Any]]] = {}
    for member, kind in KINDS.items():
        rows[kind] = [
            _row(fact, by_name, whole) | {"number": number, "fields_version": FIELDS_VERSION}
            for number, fact in enumerate(getattr(found, member), 1)
        ]
    return Facts(rows, instruments)


def _key(one: Mentioned) -> str:
    return one.isin or f"{one.kind}:{one.name}"


def _instrument(one: Mentioned) -> Row:
    return {
        "key": _key(one), "kind": one.kind, "name": one.name, "isin": one.isin or None, "ticker": one.ticker or None,
    }  # fmt: skip


def _row(fact: Any, by_name: Mapping[str, str], whole: str) -> dict[str, Any]:
    """What a fact says and where."""
    evidence: Evidence = fact.evidence
    row: dict[str, Any] = {
        "start": evidence.start,
        "stop": evidence.stop,
        "quote": whole[evidence.start : evidence.stop],
        "rule": evidence.rule,
        "confidence": Decimal(str(evidence.confidence)),
    }
    if isinstance(fact, Mentioned):
        return row | {"instrument": _key(fact)}
    for member in fields(fact):
        value = getattr(fact, member.name)
        if member.name == "date_evidence":
            row |= {"date_start": value.start if value else None, "date_stop": value.stop if value else None}
        elif member.name != "evidence":
            row[_RENAMED.get(member.name, member.name)] = value
    if "subject" in row:
        row["instrument"] = by_name.get(row["subject"])
    return row


def with_ids(facts: Facts, revision_id: int, ids: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
    """The rows of a revision, with the ids of instruments."""
    return {
        kind: [row | {"revision_id": revision_id, "instrument_id": ids.get(str(row.get("instrument")))} for row in rows]
        for kind, rows in facts.rows.items()
    }


def compared(before: Sequence[Row], after: Sequence[Row], columns: Sequence[str]) -> Counter[str]:
    """How many facts of one kind appeared, vanished, changed and stayed the same, for a revision.

    A fact that stands at the same place and says something else has changed.
    """
    old, new = (dict(_said(rows, columns)) for rows in (before, after))
    same = sum(place in new and new[place] == said for place, said in old.items())
    both = len(old.keys() & new.keys())
    return Counter(
        before=len(old), after=len(new), same=same, changed=both - same, appeared=len(new) - both,
        vanished=len(old) - both,
    )  # fmt: skip


def _said(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[tuple[tuple[int, int, int], tuple[Any, ...]]]:
    """What each fact says by its place; several of one kind may stand there, in their order."""
    seen: Counter[tuple[int, int]] = Counter()
    for row in rows:
        place = (row["start"], row["stop"])
        seen[place] += 1
        yield (*place, seen[place]), tuple(row[name] for name in columns if name not in _NOT_SAID)
