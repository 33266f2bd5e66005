"""What placing remembers in Postgres: what a batch can meet is read in a few statements, however much is stored.

All of it belongs to the transaction that loads the articles, under its lock: what is read here is what is written.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, text

from sql.store.bulk import Row, copy_rows, numbers

_SKETCH = {
    "placement_no": "int8", "article_id": "int8", "language": "text", "source": "text",
    "at": "timestamptz", "kind": "text", "digest": "bytea", "tokens": "bytea", "starts": "bytea", "sentences": "bytea",
    "entries": "bytea", "heading": "bytea", "title": "text[]", "title_hash": "int8", "is_list": "bool",
    "is_digest": "bool", "version": "int2",
}  # fmt: skip
_KEY = {"key": "int8", "placement_no": "int8"}
# Thousands of keys, nearly all of them unknown: without statistics the planner would rather read whole tables.
_BY_INDEX = text("SELECT set_config('enable_seqscan', :seqscan, true)")
# What was placed before a time could not be known later: its weeks are left out, as are those only made ahead. Both
# times are given, so that the planner leaves them out already.
_KEYS = text("""
    SELECT key, placement_no FROM ingest.sketch_keys
    WHERE key = ANY(CAST(:keys AS bigint[])) AND placed_at >= :since AND placed_at < :until
    ORDER BY 1, 2
""")
_SAME_WORDS = text("""
    SELECT DISTINCT ON (digest) digest, placement_no FROM ingest.sketches
    WHERE language = :language AND digest = ANY(CAST(:digests AS bytea[])) AND version = :version
    ORDER BY digest, placement_no DESC
""")
_COUNTS = text("""
    SELECT hash, is_title, stories, placement_no, day, days, is_boilerplate, counted_at FROM ingest.counted_texts
    WHERE hash = ANY(CAST(:hashes AS bigint[])) AND counted_at >= :since AND counted_at < :until
    ORDER BY counted_at
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
_COUNTED = """
    unnest(CAST(:hash AS bigint[]), CAST(:is_title AS boolean[]), CAST(:stories AS text[]),
           CAST(:placement_no AS bigint[]), CAST(:day AS int[]), CAST(:days AS int[]),
           CAST(:is_boilerplate AS boolean[]))
        AS v(hash, is_title, stories, placement_no, day, days, is_boilerplate)
"""
_COUNT = text(f"""
    INSERT INTO ingest.counted_texts (hash, is_title, stories, placement_no, day, days, is_boilerplate)
    SELECT hash, is_title, CAST(stories AS bigint[]), placement_no, day, days, is_boilerplate FROM {_COUNTED}
""")
_RECOUNT = text(f"""
    UPDATE ingest.counted_texts c
    SET stories = CAST(v.stories AS bigint[]), placement_no = v.placement_no, day = v.day, days = v.days,
        is_boilerplate = v.is_boilerplate
    FROM {_COUNTED} WHERE c.hash = v.hash AND c.is_title = v.is_title AND c.counted_at >= :since
""")
_FORGET = text("""
    DELETE FROM ingest.sketches WHERE placement_no IN (
        SELECT placement_no FROM ingest.sketches WHERE placed_at < :before ORDER BY placed_at LIMIT :count
    )
""")
_OLD = text("SELECT count(*) FROM ingest.sketches WHERE placed_at < :before")


def by_keys(conn: Connection, keys: Iterable[int], since: datetime) -> list[tuple[int, int]]:
    """(key, placement number) of the sketches placed since then that have one of the keys, ascending. One statement."""
    return [(row.key, row.placement_no) for row in _indexed(conn, _KEYS, {"keys": numbers({*keys})}, since)]


def by_digest(conn: Connection, language: str, digests: Iterable[bytes], version: int) -> dict[bytes, int]:
    """The last sketch in the same words, by digest."""
    chosen = {"language": language, "digests": sorted(set(digests)), "version": version}
    return {bytes(row.digest): row.placement_no for row in conn.execute(_SAME_WORDS, chosen)}


def counts(conn: Connection, hashes: Iterable[int], since: datetime) -> list[dict[str, Any]]:
    """The counts of these sentences and titles since then; where there are several of one, the last one counts."""
    return [row._asdict() for row in _indexed(conn, _COUNTS, {"hashes": numbers({*hashes})}, since)]


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
    """Store what a batch added: sketches, their keys, and texts counted for the first time."""
    copy_rows(conn, "ingest.sketches", _SKETCH, sketches)
    copy_rows(conn, "ingest.sketch_keys", _KEY, keys)
    if counted:
        conn.execute(_COUNT, _columns(counted))


def recount(conn: Connection, counted: Sequence[Row], since: datetime) -> None:
    """Change counts that were made since then."""
    if counted:
        conn.execute(_RECOUNT, _columns(counted) | {"since": since})


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    """Counts by column, as arrays."""
    names = ("hash", "is_title", "placement_no", "day", "days", "is_boilerplate")
    plain: dict[str, Any] = {name: numbers(row[name] for row in rows) for name in names}
    return plain | {"stories": [numbers(row["stories"]) for row in rows]}


def _indexed(conn: Connection, statement: TextClause, values: Row, since: datetime) -> Sequence[Any]:
    """The rows of a statement that must not read whole tables, since then."""
    until = datetime.now(UTC) + timedelta(hours=1)
    conn.execute(_BY_INDEX, {"seqscan": "off"})
    rows = conn.execute(statement, {**values, "since": since, "until": until}).all()
    conn.execute(_BY_INDEX, {"seqscan": "on"})
    return rows


def forget(conn: Connection, before: datetime, most: int) -> int:
    """Delete up to `most` sketches placed before a time; returns how many. Keys and counts go by partitions."""
    return conn.execute(_FORGET, {"before": before, "count": most}).rowcount


def old(conn: Connection, before: datetime) -> int:
    """How many sketches `forget` would delete."""
    return int(conn.execute(_OLD, {"before": before}).scalar_one())
