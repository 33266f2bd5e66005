"""The trail of an address is read by indexes, whatever the size of the tables."""

from collections.abc import Iterator
from typing import Any

import pytest
from makers import NOW, known_feeds
from sqlalchemy import Connection, TextClause, text

from sql.store import trail

CROWD = """
    INSERT INTO ingest.entries (source_id, url, canonical_url, url_hash, portal_id, host, state, first_seen_at)
    SELECT :source, n::text, n::text, decode(md5(n::text), 'hex'), n::text, 'h:443', 'loaded', :at
    FROM generate_series(1, 5000) n;

    INSERT INTO ingest.sightings (entry_id, feed_id, listed_hash, listed_url, position, first_seen_at)
    SELECT id, :feed, url_hash, url, 0, :at FROM ingest.entries;

    INSERT INTO ingest.pages
        (fetched_at, entry_id, url, final_url, status, headers, body, body_sha256, body_bytes, duration_ms)
    SELECT :at, id, url, url, 200, '{}', '', '', 1, 1 FROM ingest.entries;

    INSERT INTO ingest.fetch_events (at, entry_id, feed_id, what, url, outcome)
    SELECT :at, id, id, 'page', url, 'fetched' FROM ingest.entries;

    INSERT INTO ingest.rights (page_id, page_fetched_at, entry_id, robots)
    SELECT id, :at, id, 'allowed' FROM ingest.entries;

    ANALYZE ingest.entries, ingest.sightings, ingest.pages, ingest.fetch_events, ingest.rights
"""


@pytest.fixture
def crowded(conn: Connection) -> Connection:
    """A database in which reading a whole table is a bad plan."""
    source_id, feed_id = known_feeds(conn, "alpha")["alpha/all"]
    known = {"source": source_id, "feed": feed_id, "at": NOW}
    for statement in CROWD.split(";\n"):
        used = {name: value for name, value in known.items() if f":{name}" in statement}
        conn.execute(text(statement), used)
    return conn


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a query plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


DIGEST = b"\x01" * 16
FIND = {"canonical": DIGEST, "listed": [DIGEST], "source_id": 1, "portal_id": "1"}
STATEMENTS: dict[str, tuple[TextClause, dict[str, Any], set[str]]] = {
    "find": (trail.FIND, FIND, {"uq_entries_url_hash", "ix_sightings_listed_hash", "uq_entries_portal_id"}),
    "entry": (trail.ENTRY, {"id": 1}, {"pk_entries"}),
    "sightings": (trail.SIGHTINGS, {"id": 1, "count": 50}, {"pk_sightings"}),
    "polls": (trail.POLLS, {"feeds": [1], "times": [NOW]}, {"fetch_events_default_feed_id_at_idx"}),
    "attempts": (trail.ATTEMPTS, {"id": 1, "count": 50}, {"fetch_events_default_entry_id_at_idx"}),
    "pages": (trail.PAGES, {"id": 1, "count": 50}, {"pages_default_entry_id_idx"}),
    "rights": (trail.RIGHTS, {"id": 1, "count": 50}, {"ix_rights_entry_id"}),
    "last listed": (trail.LAST_LISTED, {"feeds": [1], "count": 50}, {"pk_entries", "pk_sightings"}),
    "outcomes": (trail.OUTCOMES, {"ids": [1], "now": NOW}, {"pk_entries"}),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_the_trail_is_read_by_indexes(crowded: Connection, case: str) -> None:
    statement, values, wanted = STATEMENTS[case]
    explained = crowded.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"), values).scalar_one()
    steps = list(nodes(explained[0]["Plan"]))
    read_whole = {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"}
    big = ("entries", "sightings", "pages", "fetch_events", "rights")
    assert [
        name for name in read_whole if name.startswith(big) and name.endswith(("entries", "sightings", "default"))
    ] == []
    assert wanted - {step.get("Index Name") for step in steps} == set()
