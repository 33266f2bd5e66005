"""What placing remembers in Postgres: what a batch can meet is read in a few statements, however much is stored.

All of it belongs to the transaction that loads the articles, under its lock: what is read here is what is written.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays, copy_rows

_SKETCH = {
    "placement_no": "int8", "article_id": "int8", "language": "text", "source": "text",
    "at": "timestamptz", "kind": "text", "digest": "bytea", "tokens": "bytea", "starts": "bytea", "sentences": "bytea",
    "entries": "bytea", "heading": "bytea", "title": "text[]", "title_hash": "int8", "is_list": "bool",
    "is_digest": "bool", "version": "int2",
}  # fmt: skip
_KEY = {"key": "int8", "placement_no": "int8"}
# With LIMIT in the LATERAL every server takes the index for each key; = ANY of thousands reads whole tables on 15.
# What was placed before a time could not be known later: its weeks are left out, as are those only made ahead.
_KEYS = text("""
    SELECT k.key, f.placement_no
    FROM unnest(CAST(:keys AS bigint[])) AS k(key)
    CROSS JOIN LATERAL (
        SELECT d.placement_no FROM ingest.sketch_keys d
        WHERE d.key = k.key AND d.placed_at >= :since AND d.placed_at <= now() LIMIT :most
    ) f
    ORDER BY 1, 2
""")
_SAME_WORDS = text("""
    SELECT DISTINCT ON (digest) digest, placement_no FROM ingest.sketches
    WHERE language = :language AND digest = ANY(CAST(:digests AS bytea[])) AND version = :version
    ORDER BY digest, placement_no DESC
""")
_COUNTS = text("""
    SELECT c.kind, c.hash, c.stories, c.placement_no, c.day, c.days, c.is_boilerplate
    FROM unnest(CAST(:hashes AS bigint[])) AS h(hash)
    CROSS JOIN LATERAL (SELECT * FROM ingest.counted_texts t WHERE t.hash = h.hash LIMIT 2) c
""")
# The story is asked of the tape, so that nothing here has to follow when an article moves or goes.
_DOCUMENTS = text(f"""
    SELECT {", ".join(f"k.{column}" for column in _SKETCH)}, a.story_id
    FROM ingest.sketches k JOIN tape.articles a ON a.id = k.article_id
    WHERE k.placement_no = ANY(CAST(:numbers AS bigint[])) AND k.version = :version
    ORDER BY k.placement_no
""")
_ROOTS = text("""
    SELECT s.story_id, f.placement_no, f.is_original
    FROM unnest(CAST(:stories AS bigint[])) AS s(story_id)
    CROSS JOIN LATERAL (
        SELECT k.placement_no, a.story_role = 'original' AS is_original
        FROM tape.articles a JOIN ingest.sketches k ON k.article_id = a.id
        WHERE a.story_id = s.story_id AND k.version = :version
        ORDER BY is_original DESC, k.placement_no LIMIT 1
    ) f
""")
_COUNT = text("""
    INSERT INTO ingest.counted_texts AS c (hash, kind, stories, placement_no, day, days, is_boilerplate)
    SELECT hash, kind, CAST(stories AS bigint[]), placement_no, day, days, is_boilerplate
    FROM unnest(CAST(:hash AS bigint[]), CAST(:kind AS text[]), CAST(:stories AS text[]),
                CAST(:placement_no AS bigint[]), CAST(:day AS int[]), CAST(:days AS int[]),
                CAST(:is_boilerplate AS boolean[])) AS v(hash, kind, stories, placement_no, day, days, is_boilerplate)
    ORDER BY 1, 2
    ON CONFLICT (hash, kind) DO UPDATE
    SET stories = excluded.stories, placement_no = excluded.placement_no, day = excluded.day, days = excluded.days,
        is_boilerplate = excluded.is_boilerplate, counted_at = now()
""")
# What one story printed on one day is most of it, and soon of no use; what several print comes back after a season.
_OLD_COUNTS = "counted_at < CASE WHEN cardinality(stories) = 1 AND days = 1 THEN :before ELSE :shared_before END"
_OLD_SKETCHES = "placed_at < :before"
_FORGET = (
    text(f"""
        DELETE FROM ingest.sketches WHERE placement_no IN (
            SELECT placement_no FROM ingest.sketches WHERE {_OLD_SKETCHES} ORDER BY placed_at LIMIT :count
        )
    """),
    text(f"""
        DELETE FROM ingest.counted_texts WHERE (hash, kind) IN (
            SELECT hash, kind FROM ingest.counted_texts WHERE counted_at < :before AND {_OLD_COUNTS}
            ORDER BY counted_at LIMIT :count
        )
    """),
)
_OLD = (
    text(f"SELECT count(*) FROM ingest.sketches WHERE {_OLD_SKETCHES}"),
    text(f"SELECT count(*) FROM ingest.counted_texts WHERE counted_at < :before AND {_OLD_COUNTS}"),
)


def by_keys(conn: Connection, keys: Iterable[int], since: datetime, most: int) -> list[tuple[int, int]]:
    """(key, placement number) of the sketches placed since then that have one of the keys, at most `most` for each."""
    chosen = {"keys": sorted(set(keys)), "since": since, "most": most}
    return [(row.key, row.placement_no) for row in conn.execute(_KEYS, chosen)]


def by_digest(conn: Connection, language: str, digests: Iterable[bytes], version: int) -> dict[bytes, int]:
    """The last sketch in the same words, by digest."""
    chosen = {"language": language, "digests": sorted(set(digests)), "version": version}
    return {bytes(row.digest): row.placement_no for row in conn.execute(_SAME_WORDS, chosen)}


def counts(conn: Connection, hashes: Iterable[int]) -> list[dict[str, Any]]:
    """The counts of these sentences and titles."""
    return [dict(row) for row in conn.execute(_COUNTS, {"hashes": sorted(set(hashes))}).mappings()]


def documents(conn: Connection, numbers: Iterable[int], version: int) -> list[dict[str, Any]]:
    """The sketches with these placement numbers, ascending; each with the story of its article now.

    Left out are those of another version of the method, and those without an article.
    """
    found = conn.execute(_DOCUMENTS, {"numbers": sorted(set(numbers)), "version": version})
    return [dict(row) for row in found.mappings()]


def roots(conn: Connection, stories: Iterable[int], version: int) -> dict[int, tuple[int, bool]]:
    """The placement number of the original of each story, by story.

    Where its sketch is forgotten it is the first one that is left, and the second value is False.
    """
    found = conn.execute(_ROOTS, {"stories": sorted(set(stories)), "version": version})
    return {row.story_id: (row.placement_no, row.is_original) for row in found}


def save(conn: Connection, sketches: Sequence[Row], keys: Sequence[Row], counted: Sequence[Row]) -> None:
    """Store what a batch added."""
    copy_rows(conn, "ingest.sketches", _SKETCH, sketches)
    copy_rows(conn, "ingest.sketch_keys", _KEY, keys)
    if counted:
        rows = [{**row, "stories": f"{{{','.join(map(str, row['stories']))}}}"} for row in counted]
        conn.execute(_COUNT, arrays(rows, rows[0]))


def forget(conn: Connection, before: datetime, shared_before: datetime, most: int) -> int:
    """Delete up to `most` sketches placed, and as many counts last made, before a time; returns how many rows.

    What several stories printed stays until `shared_before`.
    """
    chosen = {"before": before, "shared_before": shared_before, "count": most}
    return sum(conn.execute(statement, chosen).rowcount for statement in _FORGET)


def old(conn: Connection, before: datetime, shared_before: datetime) -> int:
    """How many rows `forget` would delete."""
    chosen = {"before": before, "shared_before": shared_before}
    return sum(int(conn.execute(statement, chosen).scalar_one()) for statement in _OLD)
