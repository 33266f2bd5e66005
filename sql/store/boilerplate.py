"""ingest.boilerplate: the paragraphs that articles of a source share, counted at load, dropped when there are many.

A paragraph is boilerplate when it stands in 8 articles or more, in 2 of 100 since its first one, and for a week: a
sentence that a running story repeats fades within days, and no author prints it in every fiftieth article for long.
A person's ruling goes before the counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

LEAST_ARTICLES = 8
LEAST_SHARE = 0.02
LEAST_SPAN = timedelta(days=7)
_RULE = {"least_articles": LEAST_ARTICLES, "least_share": LEAST_SHARE, "least_span": LEAST_SPAN}

# Loads are serialised, so that what `known` shows is what the rows become.
_COUNT = text("""
    WITH read AS (
        SELECT source_id, count(*) AS articles FROM unnest(CAST(:sources AS bigint[])) AS r(source_id) GROUP BY 1
    ), totals AS (
        INSERT INTO ingest.boilerplate_sources AS t (source_id, articles)
        SELECT source_id, articles FROM read ORDER BY 1
        ON CONFLICT (source_id) DO UPDATE SET articles = t.articles + excluded.articles
        RETURNING source_id, articles
    ), found AS (
        SELECT source_id, digest, count(*) AS articles, min(at) AS first_at, max(at) AS last_at,
               max(article_id) AS article_id, min(text) AS text
        FROM unnest(CAST(:source_id AS bigint[]), CAST(:digest AS bytea[]), CAST(:at AS timestamptz[]),
                    CAST(:article_id AS bigint[]), CAST(:text AS text[]))
             AS f(source_id, digest, at, article_id, text)
        GROUP BY 1, 2
    )
    INSERT INTO ingest.boilerplate AS b
           (source_id, digest, articles, since, first_at, last_at, counted_at, article_id, text)
    SELECT f.source_id, f.digest, f.articles, t.articles - r.articles, f.first_at, f.last_at, now(), f.article_id,
           CASE WHEN f.articles > 1 OR known.digest IS NOT NULL THEN f.text END
    FROM found f
    JOIN totals t ON t.source_id = f.source_id
    JOIN read r ON r.source_id = f.source_id
    LEFT JOIN ingest.boilerplate known ON known.source_id = f.source_id AND known.digest = f.digest
    ORDER BY 1, 2
    ON CONFLICT (source_id, digest) DO UPDATE
    SET articles = b.articles + excluded.articles, first_at = least(b.first_at, excluded.first_at),
        last_at = greatest(b.last_at, excluded.last_at), counted_at = excluded.counted_at,
        article_id = greatest(b.article_id, excluded.article_id), text = coalesce(b.text, excluded.text)
""")
_IS_LEARNED = """
    coalesce(b.ruling = 'drop', b.articles >= :least_articles AND b.last_at - b.first_at >= :least_span
             AND b.articles >= :least_share * (t.articles - b.since))
"""
# Without bound values, so that the planner knows that ix_boilerplate_many has all of them.
_LEARNED = text(f"""
    SELECT b.source_id, b.digest
    FROM ingest.boilerplate b
    JOIN ingest.boilerplate_sources t ON t.source_id = b.source_id
    WHERE b.source_id = ANY(CAST(:sources AS bigint[])) AND (b.articles >= {LEAST_ARTICLES} OR b.ruling IS NOT NULL)
      AND {_IS_LEARNED}
""")
_LISTED = text(f"""
    SELECT left(encode(b.digest, 'hex'), 8) AS id, b.articles, t.articles - b.since AS of_articles,
           b.first_at, b.last_at, b.ruling, b.ruled_at, b.text, a.canonical_url AS example,
           {_IS_LEARNED} AS is_dropped
    FROM ingest.boilerplate b
    JOIN ingest.boilerplate_sources t ON t.source_id = b.source_id
    JOIN ingest.sources s ON s.id = b.source_id
    LEFT JOIN tape.articles a ON a.id = b.article_id
    WHERE s.slug = :slug AND (b.articles > 1 OR b.ruling IS NOT NULL)
    ORDER BY is_dropped DESC, b.ruling IS NULL, b.articles DESC, b.digest LIMIT :count
""")
_RULE_ON = text("""
    UPDATE ingest.boilerplate b
    SET ruling = CAST(:ruling AS text), ruled_at = CASE WHEN CAST(:ruling AS text) IS NOT NULL THEN :now END
    FROM ingest.sources s
    WHERE s.id = b.source_id AND s.slug = :slug AND b.text IS NOT NULL
      AND starts_with(encode(b.digest, 'hex'), :id)
    RETURNING b.text
""")
_OLD = """
    FROM ingest.boilerplate
    WHERE ruling IS NULL
      AND (counted_at < CAST(:any_before AS timestamptz)
           OR (articles = 1 AND counted_at < CAST(:single_before AS timestamptz)))
"""
_FORGET = text(f"""
    DELETE FROM ingest.boilerplate
    WHERE (source_id, digest) IN (SELECT source_id, digest {_OLD} LIMIT :count FOR UPDATE SKIP LOCKED)
""")


def count(conn: Connection, sources: Sequence[int], paragraphs: Sequence[Row]) -> None:
    """Count the paragraphs of new articles; `sources` has the source of each article, its paragraphs or not.

    A row of `paragraphs`: source_id, digest, at (when the article could be known), article_id, text; each paragraph of
    an article once. Only for the transaction that writes the articles, under its lock. One statement.
    """
    if sources:
        columns = arrays(paragraphs, ("source_id", "digest", "at", "article_id", "text"))
        conn.execute(_COUNT, columns | {"sources": list(sources)})


def learned(conn: Connection, sources: Iterable[int]) -> Mapping[int, frozenset[bytes]]:
    """The digests of the paragraphs that are boilerplate, by source; sources without any are left out."""
    found: dict[int, set[bytes]] = {}
    for row in conn.execute(_LEARNED, _RULE | {"sources": sorted(set(sources))}):
        found.setdefault(row.source_id, set()).add(bytes(row.digest))
    return {source_id: frozenset(digests) for source_id, digests in found.items()}


def listed(conn: Connection, slug: str, most: int) -> list[dict[str, Any]]:
    """The paragraphs of a source that stand in several articles: the dropped ones first, then by articles."""
    return [dict(row) for row in conn.execute(_LISTED, _RULE | {"slug": slug, "count": most}).mappings()]


def total(conn: Connection, slug: str) -> int:
    """How many articles of a source were looked through."""
    statement = text("""
        SELECT t.articles FROM ingest.boilerplate_sources t JOIN ingest.sources s ON s.id = t.source_id
        WHERE s.slug = :slug
    """)
    return conn.execute(statement, {"slug": slug}).scalar() or 0


def rule(conn: Connection, slug: str, id_: str, ruling: str | None, now: datetime) -> list[str]:
    """Decide about the paragraphs whose digest begins with the hex digits `id_` (None: let the counts decide).

    Returns their texts; whoever finds more than one rolls back.
    """
    chosen = {"slug": slug, "id": id_, "ruling": ruling, "now": now}
    return list(conn.execute(_RULE_ON, chosen).scalars())


def old(conn: Connection, single_before: datetime, any_before: datetime) -> int:
    """How many paragraphs nobody ruled on were last seen before these times: those of one article, and all."""
    chosen = {"single_before": single_before, "any_before": any_before}
    return int(conn.execute(text(f"SELECT count(*) {_OLD}"), chosen).scalar_one())


def forget(conn: Connection, single_before: datetime, any_before: datetime, most: int) -> int:
    """Delete up to `most` of them; returns how many."""
    chosen = {"single_before": single_before, "any_before": any_before, "count": most}
    return conn.execute(_FORGET, chosen).rowcount
