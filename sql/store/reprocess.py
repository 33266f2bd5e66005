"""What a reprocess reads again and replaces: revisions in place, with their books, and entries without an article."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from sql.store.bulk import Row, arrays, copy_rows, storable

_EXTRACTED = {
    "title": "text", "kicker": "text", "subtitle": "text", "summary": "text[]", "lead": "text", "text": "text",
    "headings": "integer[]", "language": "text", "authors": "text[]", "organisations": "text[]", "agency": "text",
    "section": "text", "tags": "text[]", "image_url": "text", "image_credit": "text", "paywall": "boolean",
    "kind": "text", "flags": "text[]", "word_count": "integer", "modified_at": "timestamptz", "modified_raw": "text",
    "modified_origin": "text", "modified_precision": "text", "modified_zone": "text", "provenance": "jsonb",
}  # fmt: skip
_PUBLISHED = {
    "published_at": "timestamptz", "published_raw": "text", "published_origin": "text", "published_precision": "text",
    "published_zone": "text",
}  # fmt: skip
_COUNTS = ("before", "after", "same", "appeared", "vanished", "changed")
_CHANGES = {
    "run_id": "int8", "revision_id": "int8", "field": "text", "before": "jsonb", "after": "jsonb", "at": "timestamptz",
}  # fmt: skip

# An article's day is that of its publication, else that on which it was first seen, in the zone of its source.
_IN_SCOPE = """
    (CAST(:source_ids AS bigint[]) IS NULL OR {of}.source_id = ANY(CAST(:source_ids AS bigint[])))
    AND (CAST(:start AS date) IS NULL
         OR coalesce({of}.published_at, {of}.first_seen_at) >= CAST(:start AS date)::timestamp AT TIME ZONE s.time_zone)
    AND (CAST(:stop AS date) IS NULL
         OR coalesce({of}.published_at, {of}.first_seen_at)
            < (CAST(:stop AS date) + 1)::timestamp AT TIME ZONE s.time_zone)
"""
_REVISIONS = f"""
    FROM tape.revisions r
    JOIN tape.articles a ON a.id = r.article_id
    JOIN ingest.sources s ON s.id = a.source_id
    LEFT JOIN ingest.entries e ON e.id = a.entry_id
    WHERE r.id > :after
      AND (r.extractor_version IS DISTINCT FROM CAST(:version AS text)
           OR r.fields_version IS DISTINCT FROM CAST(:fields_version AS text))
      AND {_IN_SCOPE.format(of="a")}
"""
# Only extraction ends an entry that has a page and no article.
_ENTRIES = f"""
    FROM ingest.entries e
    JOIN ingest.sources s ON s.id = e.source_id
    WHERE e.id > :after AND e.state IN ('skipped', 'dead', 'gone') AND e.page_id IS NOT NULL AND e.article_id IS NULL
      AND e.lease_owner IS NULL AND {_IN_SCOPE.format(of="e")}
"""
# What the feed said of the publication; where the entry is forgotten, what is stored stands in for it.
_HINTS = ", ".join(f"CASE WHEN e.id IS NULL THEN a.{name} ELSE e.{name} END AS hint_{name}" for name in _PUBLISHED)
_SOURCE = "s.slug, s.name, s.homepage, s.language AS source_language, s.time_zone, s.pages"
_READ_REVISIONS = text(f"""
    SELECT r.id, r.article_id, r.number, r.page_id, r.page_fetched_at, r.extractor_version,
           {", ".join(f"r.{name}" for name in _EXTRACTED)}, a.source_id, a.canonical_url,
           {", ".join(f"a.{name}" for name in _PUBLISHED)}, {_HINTS}, e.summary AS teaser, {_SOURCE}
    {_REVISIONS} ORDER BY r.id LIMIT :count
""")
_READ_ENTRIES = text(f"""
    SELECT e.id, e.source_id, e.canonical_url, e.url_hash, e.attempts, e.article_id, e.etag, e.last_modified,
           e.first_seen_at, e.origin, e.page_id, e.page_fetched_at, e.summary AS teaser, {_SOURCE},
           {", ".join(f"e.{name}" for name in _PUBLISHED)}
    {_ENTRIES} ORDER BY e.id LIMIT :count
""")
_COUNT = text(f"SELECT (SELECT count(*) {_REVISIONS}) AS revisions, (SELECT count(*) {_ENTRIES}) AS entries")

_REPLACE = text(f"""
    UPDATE tape.revisions
    SET {", ".join(f"{name} = CAST(:{name} AS {kind})" for name, kind in _EXTRACTED.items())},
        content_hash = :content_hash, text_hash = :text_hash, extractor_version = :extractor_version,
        notice = :notice, notice_quote = :notice_quote
    WHERE id = :id
""").bindparams(bindparam("provenance", type_=JSONB))
_NEIGHBOURS = text("""
    SELECT r.id, p.title AS old_title, p.text AS old_text, r.title, r.text
    FROM tape.revisions r JOIN tape.revisions p ON p.article_id = r.article_id AND p.number = r.number - 1
    WHERE r.id = ANY(CAST(:ids AS bigint[])) OR p.id = ANY(CAST(:ids AS bigint[]))
    ORDER BY r.id
""")
_SUMMARIZE = text("""
    UPDATE tape.revisions
    SET paragraphs_added = :paragraphs_added, paragraphs_removed = :paragraphs_removed,
        paragraphs_changed = :paragraphs_changed, title_changed = :title_changed, numbers_changed = :numbers_changed
    WHERE id = :id
      AND (paragraphs_added, paragraphs_removed, paragraphs_changed, title_changed, numbers_changed) IS DISTINCT FROM
          (:paragraphs_added, :paragraphs_removed, :paragraphs_changed, :title_changed, :numbers_changed)
""").bindparams(bindparam("numbers_changed", type_=JSONB))
_NOTE = text("""
    UPDATE tape.revisions SET notice = :notice, notice_quote = :notice_quote
    WHERE id = :id AND (notice, notice_quote) IS DISTINCT FROM (CAST(:notice AS text), CAST(:notice_quote AS text))
""")
_STAMP = text("UPDATE tape.revisions SET extractor_version = :version WHERE id = ANY(CAST(:ids AS bigint[]))")
# In the order of their ids, as whoever else writes several articles: then nobody waits in a circle.
_LOCK_ARTICLES = text(
    "SELECT id FROM tape.articles WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_DATE = text(f"""
    UPDATE tape.articles a SET {", ".join(f"{name} = v.{name}" for name in _PUBLISHED)}
    FROM unnest(CAST(:article_id AS bigint[]),
                {", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _PUBLISHED.items())})
         AS v(article_id, {", ".join(_PUBLISHED)})
    WHERE a.id = v.article_id
""")
_ADD_DIFFS = text(f"""
    INSERT INTO ingest.reprocess_diffs AS d (run_id, source_id, field, {", ".join(_COUNTS)})
    SELECT :run_id, v.* FROM unnest(CAST(:source_id AS bigint[]), CAST(:field AS text[]),
        {", ".join(f"CAST(:{name} AS integer[])" for name in _COUNTS)}) AS v
    ON CONFLICT (run_id, source_id, field)
    DO UPDATE SET {", ".join(f"{name} = d.{name} + excluded.{name}" for name in _COUNTS)}
""")
_TAKE = text("""
    UPDATE ingest.entries e SET lease_owner = :owner, lease_until = :until
    FROM (
        SELECT id FROM ingest.entries
        WHERE id = ANY(CAST(:ids AS bigint[])) AND state IN ('skipped', 'dead', 'gone') AND page_id IS NOT NULL
          AND article_id IS NULL AND lease_owner IS NULL
        ORDER BY id FOR NO KEY UPDATE
    ) free
    WHERE e.id = free.id RETURNING e.id
""")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is read again: of these sources, published (else first seen) from `start` to `stop`; None: no limit.

    Days are inclusive, in the zone of the source. Revisions that the extractor `version` has read, and in which rules
    of `fields_version` looked for fields, are left out; None: none are.
    """

    source_ids: Sequence[int] | None = None
    start: date | None = None
    stop: date | None = None
    version: str | None = None
    fields_version: str | None = None


def count(conn: Connection, scope: Scope) -> int:
    """How many revisions and entries there are to read again, whether their pages are still archived or not."""
    found = conn.execute(_COUNT, _limits(scope, 0)).one()
    return int(found.revisions + found.entries)


def revisions(conn: Connection, scope: Scope, after: int, most: int) -> list[dict[str, Any]]:
    """The next revisions beyond the id `after`, by id: what is stored, their article, and what their source tells.

    `hint_published_...` and `teaser` are what the feed said; `source_language` is the language of the portal.
    """
    return _rows(conn, _READ_REVISIONS, scope, after, most)


def entries(conn: Connection, scope: Scope, after: int, most: int) -> list[dict[str, Any]]:
    """The next entries beyond the id `after`, by id, that have a page on which no article was found."""
    return _rows(conn, _READ_ENTRIES, scope, after, most)


def _rows(conn: Connection, statement: Any, scope: Scope, after: int, most: int) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(statement, _limits(scope, after) | {"count": most}).mappings()]


def _limits(scope: Scope, after: int) -> dict[str, Any]:
    ids = None if scope.source_ids is None else list(scope.source_ids)
    versions = {"version": scope.version, "fields_version": scope.fields_version}
    return versions | {"source_ids": ids, "start": scope.start, "stop": scope.stop, "after": after}


def replace(conn: Connection, rows: Sequence[Row]) -> None:
    """Put what an extractor reads now into revisions (id); a row has the extracted columns, digests and version.

    The caller holds the lock of the load: articles of these texts are looked up by their digests there.
    """
    if rows:
        conn.execute(_REPLACE, [storable(dict(row)) for row in rows])


def pairs(conn: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Revisions (id, title, text) with the one before (old_title, old_text), where one of the two is among `ids`."""
    return [dict(row) for row in conn.execute(_NEIGHBOURS, {"ids": list(ids)}).mappings()] if ids else []


def summarize(conn: Connection, rows: Sequence[Row]) -> None:
    """Put what revisions (id) changed; a row has the columns of a difference. What says so already is left alone."""
    if rows:
        conn.execute(_SUMMARIZE, [storable(dict(row)) for row in rows])


def note(conn: Connection, rows: Sequence[Row]) -> None:
    """Put what revisions (id) say of themselves; a row has the columns of a notice. What says so is left alone."""
    if rows:
        conn.execute(_NOTE, [storable(dict(row)) for row in rows])


def stamp(conn: Connection, ids: Sequence[int], version: str) -> None:
    """Note that the extractor `version` reads in these revisions what they say already."""
    if ids:
        conn.execute(_STAMP, {"ids": sorted(ids), "version": version})


def date_again(conn: Connection, rows: Sequence[Row]) -> None:
    """Give articles (article_id) another publication time."""
    if rows:
        conn.execute(_LOCK_ARTICLES, {"ids": [row["article_id"] for row in rows]})
        conn.execute(_DATE, arrays(rows, ("article_id", *_PUBLISHED)))


def keep_changes(conn: Connection, run_id: int, rows: Sequence[Row], at: datetime) -> None:
    """Keep the values that were replaced; a row has revision_id, field, before and after (times as ISO 8601)."""
    copy_rows(conn, "ingest.reprocess_changes", _CHANGES, [
        dict(row, run_id=run_id, at=at, before=_json(row["before"]), after=_json(row["after"])) for row in rows
    ])  # fmt: skip


def add_diffs(conn: Connection, run_id: int, rows: Sequence[Row]) -> None:
    """Add to the counts of a run; a row has source_id, field and the counts, one row per source and field."""
    if rows:
        conn.execute(_ADD_DIFFS, arrays(rows, ("source_id", "field", *_COUNTS)) | {"run_id": run_id})


def diffs(conn: Connection, run_id: int) -> list[dict[str, Any]]:
    """The counts of a run by source (slug) and field."""
    statement = text(f"""
        SELECT s.slug AS source, d.field, {", ".join(f"d.{name}" for name in _COUNTS)}
        FROM ingest.reprocess_diffs d JOIN ingest.sources s ON s.id = d.source_id
        WHERE d.run_id = :run_id ORDER BY s.slug, d.field
    """)
    return [dict(row) for row in conn.execute(statement, {"run_id": run_id}).mappings()]


def run_of(conn: Connection, prefect_run_id: UUID) -> int | None:
    """The run that a flow run of Prefect was; None: it opened none."""
    statement = text("SELECT id FROM ingest.runs WHERE prefect_run_id = :id")
    return conn.execute(statement, {"id": prefect_run_id}).scalar()


def take(conn: Connection, owner: str, ids: Sequence[int], until: datetime) -> set[int]:
    """Lease those of these entries that are still without an article, for `frontier.settle`; in the order of ids."""
    if not ids:
        return set()
    return set(conn.execute(_TAKE, {"owner": owner, "ids": list(ids), "until": until}).scalars())


def _json(value: Any) -> Jsonb | None:
    if value is None:
        return None
    return Jsonb(value.isoformat() if isinstance(value, datetime) else storable(value))
