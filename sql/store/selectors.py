"""ingest.selector_counts: whether the selectors of the source files still find something on new pages."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from sql.store.bulk import Row, arrays

_COLUMNS = {
    "source_id": "bigint", "key": "text", "selectors": "text", "pages": "bigint", "found": "bigint",
    "missed": "bigint", "found_at": "timestamptz", "missed_url": "text",
}  # fmt: skip
# In the order of the key, so that two processes that count the same ones wait in one direction only.
_COUNT = text(f"""
    INSERT INTO ingest.selector_counts AS c ({", ".join(_COLUMNS)})
    SELECT source_id, key, CAST(selectors AS jsonb), pages, found, missed, found_at, missed_url
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())})
         AS v({", ".join(_COLUMNS)})
    ORDER BY source_id, key
    ON CONFLICT (source_id, key) DO UPDATE
    SET selectors = excluded.selectors,
        pages = excluded.pages + CASE WHEN c.selectors = excluded.selectors THEN c.pages ELSE 0 END,
        found = excluded.found + CASE WHEN c.selectors = excluded.selectors THEN c.found ELSE 0 END,
        missed = excluded.missed
            + CASE WHEN c.selectors = excluded.selectors AND excluded.found = 0 THEN c.missed ELSE 0 END,
        found_at = CASE WHEN c.selectors = excluded.selectors THEN greatest(c.found_at, excluded.found_at)
                        ELSE excluded.found_at END,
        missed_url = CASE WHEN c.selectors = excluded.selectors THEN coalesce(excluded.missed_url, c.missed_url)
                          ELSE excluded.missed_url END
""")
_COUNTS = text("""
    SELECT s.slug, c.key, c.selectors, c.pages, c.found, c.missed, c.found_at, c.missed_url
    FROM ingest.selector_counts c JOIN ingest.sources s ON s.id = c.source_id
    WHERE s.slug = ANY(CAST(:slugs AS text[])) ORDER BY s.slug, c.key
""")


def count(conn: Connection, rows: Sequence[Row]) -> None:
    """Add what came of a batch of pages, one row per source and key; `selectors` is JSON.

    `missed` counts the pages behind the last on which something was found. Other selectors than before begin anew.
    """
    if rows:
        conn.execute(_COUNT, arrays(rows, _COLUMNS))


def counts(conn: Connection, slugs: Iterable[str]) -> list[dict[str, Any]]:
    """What was counted of these sources, by slug and key; `selectors` as lists."""
    return [dict(row) for row in conn.execute(_COUNTS, {"slugs": list(slugs)}).mappings()]
