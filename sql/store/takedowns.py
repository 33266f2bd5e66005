"""Articles that a person took down: everything of them goes but their addresses, which never come back.

Entries stay, as `skipped` for the reason `taken_down`: whatever lists them again is recognised by them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, lock

REASON = "taken_down"
# By any address: of an entry, as listed, or of an article.
_ENTRIES = text("""
    SELECT e.id FROM ingest.entries e WHERE e.url_hash = :hash
    UNION SELECT s.entry_id FROM ingest.sightings s WHERE s.listed_hash = ANY(CAST(:listed AS bytea[]))
    UNION SELECT a.entry_id FROM tape.articles a WHERE a.url_hash = :hash
""")
_ARTICLES = text("""
    SELECT a.id FROM tape.articles a WHERE a.url_hash = :hash OR a.entry_id = ANY(CAST(:entries AS bigint[]))
    UNION SELECT e.article_id FROM ingest.entries e
    WHERE e.id = ANY(CAST(:entries AS bigint[])) AND e.article_id IS NOT NULL
""")
_FOUND = text("""
    SELECT a.id, s.slug AS source, a.canonical_url AS url, r.title, a.story_id,
           (SELECT count(*) FROM tape.revisions v WHERE v.article_id = a.id) AS revisions,
           (SELECT count(*) FROM tape.articles o WHERE o.story_id = a.story_id AND o.id <> a.id) AS others
    FROM tape.articles a JOIN ingest.sources s ON s.id = a.source_id JOIN tape.revisions r ON r.id = a.head_revision_id
    WHERE a.id = ANY(CAST(:articles AS bigint[])) ORDER BY a.id
""")
_PAGES = text("SELECT count(*) FROM ingest.pages WHERE entry_id = ANY(CAST(:entries AS bigint[]))")
# Every other entry that is the same article: variants, repeats.
_ALIASES = text("""
    SELECT id FROM ingest.entries WHERE article_id = ANY(CAST(:articles AS bigint[]))
""")
_TOMBSTONES = text("""
    INSERT INTO ingest.takedowns (url_hash, canonical_url, source_id, article_id, reason, taken_down_by, taken_down_at)
    SELECT DISTINCT ON (url_hash) url_hash, canonical_url, source_id, article_id, :reason, :by, :now
    FROM (
        SELECT url_hash, canonical_url, source_id, article_id FROM ingest.entries
        WHERE id = ANY(CAST(:entries AS bigint[]))
        UNION ALL
        SELECT url_hash, canonical_url, source_id, id FROM tape.articles WHERE id = ANY(CAST(:articles AS bigint[]))
        UNION ALL
        SELECT CAST(:hash AS bytea), CAST(:url AS text), NULL, NULL
    ) known
    ORDER BY url_hash, article_id NULLS LAST
    ON CONFLICT (url_hash) DO NOTHING
""")
_REMOVE = tuple(
    text(statement)
    for statement in (
        """
        DELETE FROM ingest.reprocess_changes WHERE revision_id IN (
            SELECT id FROM tape.revisions WHERE article_id = ANY(CAST(:articles AS bigint[]))
        )
        """,
        "DELETE FROM ingest.sketches WHERE article_id = ANY(CAST(:articles AS bigint[]))",
        "DELETE FROM ingest.boilerplate WHERE article_id = ANY(CAST(:articles AS bigint[])) AND articles = 1",
        "DELETE FROM tape.revisions WHERE article_id = ANY(CAST(:articles AS bigint[]))",
        "DELETE FROM tape.articles WHERE id = ANY(CAST(:articles AS bigint[]))",
    )
)
_STORIES = text("SELECT DISTINCT story_id FROM tape.articles WHERE id = ANY(CAST(:articles AS bigint[]))")
# Who could be known first of those that are left, and is no part, is the original now.
_ROOTS = text("""
    UPDATE tape.articles SET story_role = 'original', is_exact_copy = false WHERE id IN (
        SELECT DISTINCT ON (a.story_id) a.id FROM tape.articles a
        WHERE a.story_id = ANY(CAST(:stories AS bigint[]))
          AND NOT EXISTS (SELECT FROM tape.articles o WHERE o.story_id = a.story_id AND o.story_role = 'original')
        ORDER BY a.story_id, a.story_role = 'partial', a.available_at, a.placement_no
    )
""")
_EMPTY = text("""
    DELETE FROM tape.stories s WHERE s.id = ANY(CAST(:stories AS bigint[]))
      AND NOT EXISTS (SELECT FROM tape.articles a WHERE a.story_id = s.id)
""")
# In the order of their ids, as whoever else locks several entries: then nobody waits in a circle.
_LOCK = text("SELECT id FROM ingest.entries WHERE id = ANY(CAST(:entries AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
_END = text("""
    UPDATE ingest.entries
    SET state = 'skipped', reason = :because, detail = :detail, title = NULL, summary = NULL, page_id = NULL,
        page_fetched_at = NULL, article_id = NULL, recheck_at = NULL, etag = NULL, last_modified = NULL,
        lease_owner = NULL, lease_until = NULL, settled_at = :now
    WHERE id = ANY(CAST(:entries AS bigint[]))
""")
_CLEAR = (
    text("DELETE FROM ingest.pages WHERE entry_id = ANY(CAST(:entries AS bigint[]))"),
    text("UPDATE ingest.sightings SET title = NULL, hints = '{}' WHERE entry_id = ANY(CAST(:entries AS bigint[])) "
         "AND (title IS NOT NULL OR hints <> '{}')"),
)  # fmt: skip
_REFUSED = text("SELECT url_hash FROM ingest.takedowns WHERE url_hash = ANY(CAST(:hashes AS bytea[]))")
_OURS = text("""
    SELECT e.id FROM ingest.entries e
    WHERE e.id = ANY(CAST(:entries AS bigint[]))
      AND (e.reason = :because OR EXISTS (SELECT FROM ingest.takedowns t WHERE t.url_hash = e.url_hash))
""")
_LISTED = text("""
    SELECT t.taken_down_at, s.slug AS source, t.canonical_url AS url, t.article_id, t.reason, t.taken_down_by
    FROM ingest.takedowns t LEFT JOIN ingest.sources s ON s.id = t.source_id
    ORDER BY t.taken_down_at DESC, t.canonical_url LIMIT :count
""")


@dataclass(frozen=True, slots=True)
class Scope:
    """What an address stands for: entries, and articles (id, source, url, title, revisions, others of the story)."""

    entries: Sequence[int]
    articles: Sequence[dict[str, Any]]
    pages: int


def scope(conn: Connection, url_hash: bytes, listed: Sequence[bytes]) -> Scope:
    """Everything that is known under an address: by its normal form, or by the hashes of it as feeds list it."""
    entries = set(conn.execute(_ENTRIES, {"hash": url_hash, "listed": list(listed)}).scalars())
    articles = list(conn.execute(_ARTICLES, {"hash": url_hash, "entries": list(entries)}).scalars())
    entries |= set(conn.execute(_ALIASES, {"articles": articles}).scalars())
    rows = [dict(row) for row in conn.execute(_FOUND, {"articles": articles}).mappings()]
    return Scope(sorted(entries), rows, int(conn.execute(_PAGES, {"entries": list(entries)}).scalar_one()))


def take_down(conn: Connection, found: Scope, tombstone: Row, now: datetime) -> None:
    """Remove what `found` holds and forbid its addresses for good, and that of the tombstone. Twice is once.

    `tombstone` has hash and url of an address in its normal form, the reason, and `by`: who takes it down.
    The caller holds the lock of the load and has asked for the scope under it.
    """
    articles = [row["id"] for row in found.articles]
    # Whoever adds to the frontier waits: an address must not come in between.
    lock(conn, "frontier.add")
    conn.execute(_LOCK, {"entries": found.entries})
    conn.execute(_TOMBSTONES, {**tombstone, "entries": found.entries, "articles": articles, "now": now})
    stories = list(conn.execute(_STORIES, {"articles": articles}).scalars())
    for statement in _REMOVE:
        conn.execute(statement, {"articles": articles})
    conn.execute(_ROOTS, {"stories": stories})
    conn.execute(_EMPTY, {"stories": stories})
    end(conn, found.entries, tombstone["reason"], now)


def end(conn: Connection, entries: Sequence[int], detail: str | None, now: datetime) -> None:
    """Make entries skipped for good, without anything that tells what their article says."""
    if entries:
        conn.execute(_END, {"entries": list(entries), "because": REASON, "detail": detail, "now": now})
        for statement in _CLEAR:
            conn.execute(statement, {"entries": list(entries)})


def refused(conn: Connection, hashes: Iterable[bytes]) -> frozenset[bytes]:
    """Those of these addresses that were taken down."""
    return frozenset(conn.execute(_REFUSED, {"hashes": sorted(set(hashes))}).scalars())


def enforce(conn: Connection, entries: Sequence[int], now: datetime) -> set[int]:
    """End those of these entries whose addresses were taken down, and forget what came along with them; their ids."""
    if not entries:
        return set()
    ours = set(conn.execute(_OURS, {"entries": list(entries), "because": REASON}).scalars())
    end(conn, sorted(ours), None, now)
    return ours


def listed(conn: Connection, count: int) -> list[dict[str, Any]]:
    """The latest tombstones."""
    return [dict(row) for row in conn.execute(_LISTED, {"count": count}).mappings()]
