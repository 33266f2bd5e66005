"""The fields of an article as JSON has them: plain numbers, quotes with offsets, nothing where nothing is known."""

from collections.abc import Mapping
from dataclasses import fields as members
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.fields.model import Citation, Evidence, Fields

# These say something where they are null: a quote without a change, a figure of which only the change is told.
_SAID_WHEN_NULL = frozenset(("percent", "value"))


def fields_json(found: Fields, whole: str) -> dict[str, list[dict[str, Any]]]:
    """All facts by kind; `whole` is title + newline + text, which the offsets go into."""
    return {kind.name: [_fact(fact, whole) for fact in getattr(found, kind.name)] for kind in members(found)}


def judged_json(found: Fields, whole: str) -> dict[str, list[Any]]:
    """The same in the form that annotations have: cited sources are names alone."""
    names = list(dict.fromkeys(cited.name for cited in found.cited_sources))
    return fields_json(found, whole) | {"cited_sources": names}


def values_of(fact: Any) -> Mapping[str, Any]:
    """What a fact says without where it stands; what it does not say is left out."""
    told = {member.name: getattr(fact, member.name) for member in members(fact)}
    kept = {name: value for name, value in told.items() if not isinstance(value, Evidence)}
    return {
        name: _plain(value)
        for name, value in kept.items()
        if value not in ("", None) or (name in _SAID_WHEN_NULL and not isinstance(fact, Citation))
    }


def _fact(fact: Any, whole: str) -> dict[str, Any]:
    said = dict(values_of(fact)) | _place(fact.evidence, whole)
    word = getattr(fact, "date_evidence", None)
    return said | ({"date_evidence": _place(word, whole)} if word else {})


def _place(evidence: Evidence, whole: str) -> dict[str, Any]:
    return {
        "evidence": whole[evidence.start : evidence.stop],
        "start": evidence.start,
        "stop": evidence.stop,
        "rule": evidence.rule,
        "confidence": evidence.confidence,
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: whole numbers without a point, days in ISO 8601."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
