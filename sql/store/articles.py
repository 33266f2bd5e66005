"""tape.articles, tape.revisions and tape.stories: what is known, what is new, what analysts search."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays, copy_rows, lock, new_ids, storable

# Characters of a query that count; nobody types more, and Postgres refuses queries that are too large.
LONGEST_QUERY = 1000
_ARTICLE_COLUMNS = {
    "id": "int8", "source_id": "int8", "entry_id": "int8", "canonical_url": "text", "url_hash": "bytea",
    "story_id": "int8", "story_role": "text", "is_exact_copy": "bool", "containment": "numeric",
    "placement_no": "int8", "head_revision_id": "int8",
    "published_at": "timestamptz", "published_raw": "text", "published_origin": "text", "published_precision": "text",
    "published_zone": "text", "first_seen_at": "timestamptz", "available_at": "timestamptz",
}  # fmt: skip
_REVISION_COLUMNS = {
    "id": "int8", "article_id": "int8", "number": "int4", "title": "text", "kicker": "text", "subtitle": "text",
    "summary": "text[]", "lead": "text", "text": "text", "headings": "int4[]", "language": "text", "authors": "text[]",
    "organisations": "text[]", "agency": "text", "section": "text", "tags": "text[]", "image_url": "text",
    "image_credit": "text", "paywall": "bool", "kind": "text", "flags": "text[]", "word_count": "int4",
    "modified_at": "timestamptz", "modified_raw": "text", "modified_origin": "text", "modified_precision": "text",
    "modified_zone": "text", "provenance": "jsonb", "paragraphs_added": "int4", "paragraphs_removed": "int4",
    "paragraphs_changed": "int4", "title_changed": "bool", "numbers_changed": "jsonb", "notice": "text",
    "notice_quote": "text",
    "content_hash": "bytea", "text_hash": "bytea", "body_sha256": "bytea", "page_id": "int8",
    "page_fetched_at": "timestamptz", "extractor_version": "text", "revised_at": "timestamptz",
}  # fmt: skip

_KNOWN = """
    SELECT a.id, a.source_id, a.entry_id, a.canonical_url, a.url_hash, a.story_id, a.available_at,
           r.number, r.content_hash, r.text_hash, r.title, r.revised_at,
           e.canonical_url AS own_url, e.url_hash AS own_hash,
           EXISTS (SELECT FROM tape.articles o WHERE o.url_hash = e.url_hash) AS own_taken
    FROM tape.articles a
    JOIN tape.revisions r ON r.id = a.head_revision_id
    LEFT JOIN ingest.entries e ON e.id = a.entry_id
"""

# In the order of their ids, as whoever else writes several articles: then nobody waits in a circle.
_MARK = """
    UPDATE tape.articles SET gone_at = {gone_at} WHERE id IN (
        SELECT id FROM tape.articles WHERE id = ANY(CAST(:ids AS bigint[])) AND gone_at IS {was}
        ORDER BY id FOR NO KEY UPDATE
    )
"""

# Articles in the languages that have a configuration of their own, the rest by whole words.
_SEARCH = text("""
    SELECT a.article_id, a.source, a.url, a.kicker, a.title, a.published_at, a.first_seen_at, a.language, q.rank,
           ts_headline(q.config, left(a.text, 20000), q.query, 'MaxFragments=2, MinWords=6, MaxWords=18, '
                       'FragmentDelimiter=" ... ", StartSel=**, StopSel=**') AS snippet
    FROM (
        SELECT a.article_id, c.config, websearch_to_tsquery(c.config, :words) AS query,
               ts_rank(a.search_vector, websearch_to_tsquery(c.config, :words)) AS rank
        FROM (VALUES ('de', 'german'::regconfig), ('en', 'english'), ('fr', 'french'), ('', 'simple'))
             c(language, config)
        JOIN news.articles a ON a.search_vector @@ websearch_to_tsquery(c.config, :words)
            AND (a.language = c.language OR (c.language = '' AND a.language NOT IN ('de', 'en', 'fr')))
        WHERE (CAST(:source AS text) IS NULL OR a.source = :source)
          AND (CAST(:since AS timestamptz) IS NULL OR a.first_seen_at >= :since)
        ORDER BY rank DESC, a.first_seen_at DESC, a.article_id LIMIT :count
    ) q
    JOIN news.articles a ON a.article_id = q.article_id
    ORDER BY q.rank DESC, a.first_seen_at DESC, a.article_id
""")


def lock_loading(conn: Connection) -> None:
    """Let one load at a time look up and write, so that a text is placed once whatever the number of workers."""
    lock(conn, "load")


def known_by_url(conn: Connection, hashes: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
    """Articles with one of these URL hashes, with number, content hash, title and time of their head revision.

    `own_url` and `own_hash` are the address of the entry they came from (None: forgotten), `own_taken` whether an
    article, maybe itself, has that address.
    """
    statement = text(_KNOWN + "WHERE a.url_hash = ANY(CAST(:hashes AS bytea[]))")
    return {row["url_hash"]: dict(row) for row in conn.execute(statement, {"hashes": list(hashes)}).mappings()}


def known_by_id(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The articles with these ids, as `known_by_url` gives them."""
    statement = text(_KNOWN + "WHERE a.id = ANY(CAST(:ids AS bigint[]))")
    return {row["id"]: dict(row) for row in conn.execute(statement, {"ids": list(ids)}).mappings()}


def known_by_text(conn: Connection, hashes: Sequence[bytes], since: datetime) -> list[dict[str, Any]]:
    """Articles available since `since` whose head says exactly one of these texts, in placement order."""
    statement = text(
        _KNOWN
        + "WHERE r.text_hash = ANY(CAST(:hashes AS bytea[])) AND a.available_at >= :since ORDER BY a.placement_no"
    )
    return [dict(row) for row in conn.execute(statement, {"hashes": list(hashes), "since": since}).mappings()]


def head_texts(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The latest text of each of these articles."""
    statement = text("SELECT a.id, r.text FROM tape.articles a JOIN tape.revisions r ON r.id = a.head_revision_id "
                     "WHERE a.id = ANY(CAST(:ids AS bigint[]))")  # fmt: skip
    return {row.id: row.text for row in conn.execute(statement, {"ids": list(ids)})}


def new_keys(conn: Connection, kind: str, count: int) -> list[int]:
    """`count` fresh ids for kind = stories, articles, revisions or placement_no, ascending."""
    return new_ids(conn, f"tape.{kind}_seq" if kind == "placement_no" else f"tape.{kind}_id_seq", count)


def save(conn: Connection, stories: Sequence[Row], articles: Sequence[Row], revisions: Sequence[Row]) -> None:
    """Write new stories (id, language), articles and revisions; ids come from `new_keys`."""
    copy_rows(conn, "tape.stories", {"id": "int8", "language": "text"}, stories)
    copy_rows(conn, "tape.articles", _ARTICLE_COLUMNS, articles)
    copy_rows(conn, "tape.revisions", _REVISION_COLUMNS, revisions)


def move(conn: Connection, rows: Sequence[Row]) -> None:
    """Give articles (id) another address (canonical_url, url_hash); unknown ids are left out."""
    if rows:
        statement = text("""
            UPDATE tape.articles a SET canonical_url = v.canonical_url, url_hash = v.url_hash
            FROM unnest(CAST(:id AS bigint[]), CAST(:canonical_url AS text[]), CAST(:url_hash AS bytea[]))
                 AS v(id, canonical_url, url_hash)
            WHERE a.id = v.id
        """)
        conn.execute(statement, arrays(rows, ("id", "canonical_url", "url_hash")))


def displace(conn: Connection, ids: Sequence[int]) -> None:
    """Make originals copies: an article that could be known earlier has taken their place."""
    if ids:
        statement = text("UPDATE tape.articles SET story_role = 'copy' WHERE id = ANY(CAST(:ids AS bigint[]))")
        conn.execute(statement, {"ids": list(ids)})


def set_heads(conn: Connection, rows: Sequence[Row]) -> None:
    """Make each revision (id, article_id) the head of its article."""
    if rows:
        statement = text("""
            UPDATE tape.articles a SET head_revision_id = v.id
            FROM unnest(CAST(:id AS bigint[]), CAST(:article_id AS bigint[])) AS v(id, article_id)
            WHERE a.id = v.article_id
        """)
        conn.execute(statement, arrays(rows, ("id", "article_id")))


def mark_gone(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """Note that the addresses of articles no longer answer; the first time counts."""
    if ids:
        statement = text(_MARK.format(gone_at=":now", was="NULL"))
        conn.execute(statement, {"ids": list(ids), "now": now})


def mark_back(conn: Connection, ids: Sequence[int]) -> None:
    """Note that the addresses of articles answer (again)."""
    if ids:
        statement = text(_MARK.format(gone_at="NULL", was="NOT NULL"))
        conn.execute(statement, {"ids": list(ids)})


def search(
    conn: Connection, words: str, *, source: str | None = None, since: datetime | None = None, count: int = 20
) -> list[dict[str, Any]]:
    """The `count` best articles for a web-style query ("exact phrase", or, -not), with a snippet; best first.

    Any text is a query; one without words, or of stop words only, finds nothing.
    """
    chosen = {"words": storable(words[:LONGEST_QUERY]), "source": source, "since": since, "count": count}
    return [dict(row) for row in conn.execute(_SEARCH, chosen).mappings()]


def newest(conn: Connection, count: int) -> list[dict[str, Any]]:
    """The `count` articles that were published last."""
    statement = text("SELECT * FROM news.articles ORDER BY published_at DESC NULLS LAST, article_id DESC LIMIT :count")
    return [dict(row) for row in conn.execute(statement, {"count": count}).mappings()]


def titled(conn: Connection, kicker: str) -> dict[str, Any] | None:
    """The latest article with this kicker; None: there is none."""
    statement = text("SELECT * FROM news.articles WHERE kicker = :kicker ORDER BY article_id DESC LIMIT 1")
    row = conn.execute(statement, {"kicker": kicker}).mappings().first()
    return dict(row) if row else None


def totals(conn: Connection, day: timedelta = timedelta(days=1)) -> dict[str, int]:
    """Articles, stories and sources on the tape, and articles first seen within the last `day`."""
    statement = text("""
        SELECT count(*) AS articles, count(DISTINCT story_id) AS stories, count(DISTINCT source_id) AS sources,
               count(*) FILTER (WHERE first_seen_at > now() - CAST(:day AS interval)) AS articles_last_day
        FROM tape.articles
    """)
    return dict(conn.execute(statement, {"day": day}).mappings().one())


def row_counts(conn: Connection) -> dict[str, int]:
    """Rows of the tables that grow with what is read: to see that a second run adds nothing."""
    statement = text("""
        SELECT (SELECT count(*) FROM ingest.entries) AS entries, (SELECT count(*) FROM ingest.pages) AS pages,
               (SELECT count(*) FROM tape.articles) AS articles, (SELECT count(*) FROM tape.revisions) AS revisions,
               (SELECT count(*) FROM tape.stories) AS stories
    """)
    return dict(conn.execute(statement).mappings().one())
