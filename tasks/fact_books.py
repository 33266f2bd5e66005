"""Facts onto the tape: of new texts, and of texts that were read anew, with the books of what changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sql.connect import Connection
from sql.store import fields
from tasks.columns import Row
from tasks.facts import Facts, compared, facts_of, with_ids
from tasks.fields.version import FIELDS_VERSION
from tasks.model import Article
from tasks.steps.differences import COUNTS


def save_facts(conn: Connection, texts: Mapping[int, Article]) -> None:
    """Write the facts of new texts, by revision; which rules looked at them is noted with each."""
    found = {key: facts for key, article in texts.items() if (facts := facts_of(article)) is not None}
    fields.save(conn, _rows(conn, found, adds=True))
    fields.mark(conn, [_mark(key, article) for key, article in texts.items() if article.fields is not None])


def replaced_facts(
    conn: Connection, texts: Mapping[int, Article], sources: Mapping[int, int], *, is_rehearsal: bool
) -> list[dict[str, Any]]:
    """Put the facts of texts that were read anew in the place of those that are stored; the books of it.

    Rows of reprocess_diffs: facts by source id (`sources` has that of each revision) and kind. In a rehearsal nothing
    is replaced. Texts for which nobody looked are left alone. The caller holds the lock of the load.
    """
    found = {key: facts for key, article in texts.items() if (facts := facts_of(article)) is not None}
    before, after = fields.read(conn, sorted(found)), _rows(conn, found, adds=not is_rehearsal)
    sums: dict[tuple[int, str], Counter[str]] = {}
    changed: set[int] = set()
    for kind, columns in fields.COLUMNS.items():
        old, new = _by_revision(before[kind]), _by_revision(after[kind])
        for key in found:
            counts = compared(old.get(key, []), new.get(key, []), list(columns))
            sums.setdefault((sources[key], f"fields.{kind}"), Counter()).update(counts)
            if counts["same"] != max(counts["before"], counts["after"]) or _is_older(old.get(key, [])):
                changed.add(key)
    if not is_rehearsal:
        fields.remove(conn, sorted(changed))
        fields.save(conn, {kind: [row for row in of if row["revision_id"] in changed] for kind, of in after.items()})
        fields.mark(conn, [_mark(key, article) for key, article in texts.items() if article.fields is not None])
    return [
        {"source_id": source_id, "field": kind} | {name: counts[name] for name in COUNTS}
        for (source_id, kind), counts in sorted(sums.items())
    ]


def _is_older(rows: Iterable[Row]) -> bool:
    """Whether another version of the rules found them."""
    return any(row["fields_version"] != FIELDS_VERSION for row in rows)


def _rows(conn: Connection, found: Mapping[int, Facts], *, adds: bool) -> dict[str, list[dict[str, Any]]]:
    """All rows by kind, with the ids of instruments."""
    named = [row for facts in found.values() for row in facts.instruments.values()]
    ids = fields.instrument_ids(conn, named, adds=adds)
    told = [with_ids(facts, key, ids) for key, facts in found.items()]
    return {kind: [row for rows in told for row in rows[kind]] for kind in fields.COLUMNS}


def _by_revision(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["revision_id"], []).append(row)
    return found


def _mark(key: int, article: Article) -> Row:
    error = article.fields if isinstance(article.fields, str) else None
    return {"id": key, "fields_version": FIELDS_VERSION, "fields_error": error}
