"""tape.stories: what belongs to a story, which stories are large, which look as if they were put together wrongly."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_MEMBERS = """
    SELECT a.story_id, a.id AS article_id, s.slug AS source, a.canonical_url AS url, r.title, r.language, r.agency,
           a.story_role, a.is_exact_copy, a.containment, a.available_at, a.published_at, a.placement_no,
           r.number AS revision, r.word_count
    FROM tape.articles a
    JOIN tape.revisions r ON r.id = a.head_revision_id
    JOIN ingest.sources s ON s.id = a.source_id
    WHERE a.story_id = ANY(CAST(:stories AS bigint[]))
    ORDER BY a.story_id, a.available_at, a.placement_no
"""
# Stories that got an article lately and have more than one: by the index on first_seen_at, then by that on story_id.
_LATELY = """
    SELECT a.story_id, count(DISTINCT a.source_id) AS sources, count(*) AS articles
    FROM tape.articles a
    WHERE a.story_id IN (SELECT l.story_id FROM tape.articles l WHERE l.first_seen_at >= :since)
    GROUP BY a.story_id HAVING count(*) > 1
"""
_LARGEST = text(f"SELECT story_id FROM ({_LATELY}) s ORDER BY sources DESC, articles DESC, story_id LIMIT :count")
_SEVERAL = text(f"SELECT story_id FROM ({_LATELY}) s WHERE story_id > :after ORDER BY story_id LIMIT :count")
_OF_ARTICLE = text("SELECT story_id FROM tape.articles WHERE id = :id")
_OF_ADDRESS = text("""
    SELECT a.story_id FROM tape.articles a WHERE a.url_hash = :hash
    UNION ALL
    SELECT a.story_id FROM ingest.entries e JOIN tape.articles a ON a.id = e.article_id WHERE e.url_hash = :hash
    LIMIT 1
""")
_SKETCHES = text("""
    SELECT DISTINCT ON (article_id) placement_no FROM ingest.sketches
    WHERE article_id = ANY(CAST(:articles AS bigint[])) AND version = :version ORDER BY article_id, placement_no
""")


def members(conn: Connection, stories: Sequence[int]) -> list[dict[str, Any]]:
    """The articles of these stories with their latest text's title, by story, who could be known first first."""
    return [dict(row) for row in conn.execute(text(_MEMBERS), {"stories": list(stories)}).mappings()]


def largest(conn: Connection, since: datetime, count: int) -> list[int]:
    """The stories that got an article since then and are carried by the most sources."""
    return list(conn.execute(_LARGEST, {"since": since, "count": count}).scalars())


def several(conn: Connection, since: datetime, after: int, count: int) -> list[int]:
    """The next stories beyond the id `after` that got an article since then and have more than one; by id."""
    return list(conn.execute(_SEVERAL, {"since": since, "after": after, "count": count}).scalars())


def of_article(conn: Connection, article_id: int) -> int | None:
    """The story of an article; None: there is no such article."""
    return conn.execute(_OF_ARTICLE, {"id": article_id}).scalar()


def of_address(conn: Connection, url_hash: bytes) -> int | None:
    """The story of the article with this address, or whose entry has it; None: there is none."""
    return conn.execute(_OF_ADDRESS, {"hash": url_hash}).scalar()


def first_sketches(conn: Connection, articles: Sequence[int], version: int) -> list[int]:
    """The placement number of the first sketch of each of these articles that is kept still."""
    return list(conn.execute(_SKETCHES, {"articles": list(articles), "version": version}).scalars())
