"""On which pages the selectors of a source's file found something: rows to be counted, and what is silent. Pure."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from config.page_rules import PageRules, rules_of
from tasks.model import Article

Row = Mapping[str, Any]
KEYS = ("title", "kicker", "subtitle", "lead", "body", "remove", "author", "date", "paywall")


class Silence(NamedTuple):
    """Selectors that find nothing any more: on how many pages in a row; `is_known` where a run has counted them."""

    key: str
    selectors: tuple[str, ...]
    pages: int
    url: str
    is_known: bool


def selector_counts(read: Iterable[tuple[Row, datetime, Article]]) -> list[dict[str, Any]]:
    """Rows of selector_counts for entries, when their pages were fetched and what they say; backfills don't count.

    What a portal printed years ago says nothing about its pages of today.
    """
    counted: dict[tuple[int, str], dict[str, Any]] = {}
    for entry, fetched_at, article in read:
        if not entry["pages"] or entry["origin"] == "backfill":
            continue
        rules = rules_of(entry["pages"])
        for key in tried(rules):
            row = counted.setdefault((entry["source_id"], key), _new_row(entry["source_id"], key, rules))
            row["pages"] += 1
            if key in article.unfound:
                row |= {"missed": row["missed"] + 1, "missed_url": entry["url"]}
            else:
                row |= {"found": row["found"] + 1, "missed": 0, "found_at": fetched_at}
    return list(counted.values())


def tried(rules: PageRules) -> list[str]:
    """The keys that have selectors."""
    return [key for key in KEYS if getattr(rules, key)]


def silences(rules: PageRules, known: Iterable[Row], url: str | None, article: Article | None) -> tuple[Silence, ...]:
    """The keys that found nothing lately: on `article`, read at `url` just now, and on the pages counted before it.

    `known` are rows of selector_counts; those of other selectors than today's don't count.
    """
    by_key = {row["key"]: row for row in known if tuple(row["selectors"]) == getattr(rules, row["key"], ())}
    found = []
    for key in tried(rules):
        row = by_key.get(key)
        missed = row["missed"] if row else 0
        if article is not None:
            missed = max(missed, 1) if key in article.unfound else 0
        if missed:
            seen = url if article is not None else row and row["missed_url"]
            found.append(Silence(key, getattr(rules, key), missed, seen or "", row is not None))
    return tuple(found)


def _new_row(source_id: int, key: str, rules: PageRules) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "key": key,
        "selectors": json.dumps(getattr(rules, key)),
        "pages": 0,
        "found": 0,
        "missed": 0,
        "found_at": None,
        "missed_url": None,
    }
