"""Which entry a listed address is: known ones get a sighting, new ones a row. The frontier's way in.

One process at a time adds, so that each article is made once whatever it is known by; the lock lasts as long as the
transaction, which is short.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from sql.store import takedowns
from sql.store.bulk import Row, arrays, copy_rows, lock, new_ids
from sql.store.hosts import add_hosts
from sql.store.rechecks import changed

# Addresses of one entry that are noted per feed: portals that make up a slug for each visitor never stop.
MOST_SIGHTINGS = 200
_ENTRY_COLUMNS = {
    "id": "int8", "source_id": "int8", "url": "text", "canonical_url": "text", "url_hash": "bytea",
    "portal_id": "text", "origin": "text", "host": "text", "state": "text", "priority": "int2",
    "due_at": "timestamptz", "title": "text", "summary": "text", "published_at": "timestamptz",
    "published_raw": "text", "published_origin": "text", "published_precision": "text", "published_zone": "text",
    "first_seen_at": "timestamptz",
}  # fmt: skip
_SIGHTING_COLUMNS = {
    "entry_id": "int8", "feed_id": "int8", "listed_hash": "bytea", "listed_url": "text", "guid": "text",
    "title": "text", "published_raw": "text", "position": "int4", "first_seen_at": "timestamptz",
    "listing_hash": "bytea", "hints": "jsonb",
}  # fmt: skip

_BY_URL = text("""
    SELECT e.url_hash, e.id FROM unnest(CAST(:url_hash AS bytea[])) AS v(url_hash)
    JOIN ingest.entries e ON e.url_hash = v.url_hash
""")
_BY_PORTAL_ID = text("""
    SELECT e.source_id, e.portal_id, e.id
    FROM unnest(CAST(:source_id AS bigint[]), CAST(:portal_id AS text[])) AS v(source_id, portal_id)
    JOIN ingest.entries e ON e.source_id = v.source_id AND e.portal_id = v.portal_id
""")
_BY_LISTING = text("""
    SELECT s.listed_hash, min(s.entry_id) FROM unnest(CAST(:listed_hash AS bytea[])) AS v(listed_hash)
    JOIN ingest.sightings s ON s.listed_hash = v.listed_hash
    GROUP BY s.listed_hash
""")
# A GUID counts where this feed gave it to one entry only and something else speaks for that entry: the same time to
# the second or minute, or the same title at about the same time. (An article is not lost by being listed twice, but
# by being taken for another.) 201 sightings are enough to meet a second entry: one has 200 at most.
_BY_GUID = text("""
    SELECT v.feed_id, v.listed_hash, min(s.entry_id)
    FROM unnest(CAST(:feed_id AS bigint[]), CAST(:listed_hash AS bytea[]), CAST(:guid AS text[]),
                CAST(:title AS text[]), CAST(:portal_id AS text[]), CAST(:published_at AS timestamptz[]),
                CAST(:published_raw AS text[]), CAST(:published_precision AS text[]))
         AS v(feed_id, listed_hash, guid, title, portal_id, published_at, published_raw, published_precision)
    CROSS JOIN LATERAL (
        SELECT g.entry_id, g.title, g.published_raw FROM ingest.sightings g
        WHERE g.feed_id = v.feed_id AND g.guid = v.guid LIMIT :most
    ) s
    JOIN ingest.entries e ON e.id = s.entry_id
    GROUP BY v.feed_id, v.listed_hash
    HAVING count(DISTINCT s.entry_id) = 1 AND bool_or(
        (v.portal_id IS NULL OR e.portal_id IS NULL) AND (
            (s.published_raw = v.published_raw AND v.published_precision <> 'day')
            OR (s.title = v.title AND coalesce(
                e.published_at BETWEEN v.published_at - interval '1 day' AND v.published_at + interval '1 day', true))
        )
    )
""")

# Of each address, in the order given: how many addresses of its entry the feed has listed, and this one's digest.
_SIGHTED = text("""
    SELECT (SELECT count(*) FROM ingest.sightings c WHERE c.entry_id = v.entry_id AND c.feed_id = v.feed_id) AS sighted,
           s.entry_id IS NOT NULL AS known, s.listing_hash
    FROM unnest(CAST(:entry_id AS bigint[]), CAST(:feed_id AS bigint[]), CAST(:listed_hash AS bytea[]))
         WITH ORDINALITY AS v(entry_id, feed_id, listed_hash, place)
    LEFT JOIN LATERAL (
        SELECT * FROM ingest.sightings l
        WHERE l.entry_id = v.entry_id AND l.feed_id = v.feed_id AND l.listed_hash = v.listed_hash
    ) s ON true
    ORDER BY v.place
""")
_LISTED_ANEW = text("""
    UPDATE ingest.sightings s SET listing_hash = v.listing_hash
    FROM unnest(CAST(:entry_id AS bigint[]), CAST(:feed_id AS bigint[]), CAST(:listed_hash AS bytea[]),
                CAST(:listing_hash AS bytea[])) AS v(entry_id, feed_id, listed_hash, listing_hash)
    WHERE s.entry_id = v.entry_id AND s.feed_id = v.feed_id AND s.listed_hash = v.listed_hash
""")
# In the order of their ids, as whoever else locks several entries: then nobody waits in a circle.
_NEWS = text("""
    UPDATE ingest.entries SET priority = 0 WHERE id IN (
        SELECT id FROM ingest.entries WHERE id = ANY(CAST(:ids AS bigint[])) AND priority > 0
        ORDER BY id FOR NO KEY UPDATE
    )
""")


@dataclass(frozen=True, slots=True)
class Added:
    """What an addition brought: the source id of each new entry, and how listings overlap.

    `overlaps`: per feed, how many entries its document listed, and how many of them the feed had listed before.
    """

    new: list[int]
    overlaps: dict[int, tuple[int, int]]


@dataclass(slots=True)
class Identities:
    """The entries that addresses belong to, by what they are known by; follows while new ones are made."""

    by_url: dict[bytes, int] = field(default_factory=dict)
    by_portal_id: dict[tuple[int, str], int] = field(default_factory=dict)
    by_listing: dict[bytes, int] = field(default_factory=dict)
    by_guid: dict[tuple[int, bytes], int] = field(default_factory=dict)

    def of(self, row: Row) -> int | None:
        """The entry that this address is, in the first way that fits; None: a new one."""
        known = self.by_url.get(row["url_hash"])
        if known is None and row["portal_id"] is not None:
            known = self.by_portal_id.get((row["source_id"], row["portal_id"]))
        if known is None:
            known = self.by_listing.get(row["listed_hash"])
        return self.by_guid.get((row["feed_id"], row["listed_hash"])) if known is None else known

    def learn(self, row: Row, entry_id: int) -> None:
        """Further addresses that are known by the same are this entry, too."""
        self.by_url.setdefault(row["url_hash"], entry_id)
        if row["portal_id"] is not None:
            self.by_portal_id.setdefault((row["source_id"], row["portal_id"]), entry_id)


def add(conn: Connection, rows: Sequence[Row], now: datetime, *, priority: int = 0) -> Added:
    """Add listed addresses with their sightings.

    An address is a known entry by its normal form, else by the portal's own article id, else as it was recognised when
    it was listed before, else by a GUID of its feed that proves stable. A loaded entry that is listed with another
    title or time of change is asked again. What only a backfill knew is live from now on (priority 0). Two rows of one
    feed and address are one, the upper one.
    """
    if not rows:
        return Added([], {})
    lock(conn, "frontier.add")
    ordered = sorted(rows, key=lambda row: (row["feed_id"], row["position"]))
    listed = list({(row["feed_id"], row["listed_hash"]): row for row in reversed(ordered)}.values())[::-1]
    known = identities(conn, listed)
    fresh, ids = _told_apart(conn, listed, known)
    insert_entries(conn, fresh, now, priority=priority, origin="listed")
    new = {row["id"] for row in fresh}
    seen = [dict(row, entry_id=entry_id) for row, entry_id in zip(listed, ids, strict=True)]
    overlaps, unseen = _add_sightings(conn, seen, new, now)
    takedowns.enforce(conn, sorted(unseen - new), now)
    if priority == 0 and unseen - new:
        conn.execute(_NEWS, {"ids": sorted(unseen - new)})
    return Added([row["source_id"] for row in fresh], overlaps)


def identities(conn: Connection, rows: Sequence[Row]) -> Identities:
    """What is known of these addresses; the later ways are only tried for those that the earlier ones left open."""
    known = Identities()
    known.by_url = dict(_pairs(conn, _BY_URL, rows, ("url_hash",)))
    rest = [row for row in rows if known.of(row) is None]
    with_id = [row for row in rest if row["portal_id"] is not None]
    known.by_portal_id = dict(_pairs(conn, _BY_PORTAL_ID, with_id, ("source_id", "portal_id")))
    rest = [row for row in rest if known.of(row) is None]
    known.by_listing = dict(_pairs(conn, _BY_LISTING, rest, ("listed_hash",)))
    uses = Counter((row["feed_id"], row["guid"]) for row in rows if row["guid"])
    once = [row for row in rest if known.of(row) is None and uses[row["feed_id"], row["guid"]] == 1]
    names = (
        "feed_id", "listed_hash", "guid", "title", "portal_id", "published_at", "published_raw", "published_precision",
    )  # fmt: skip
    known.by_guid = dict(_pairs(conn, _BY_GUID, once, names, most=MOST_SIGHTINGS + 1))
    return known


def _pairs(
    conn: Connection, statement: Any, rows: Sequence[Row], names: Sequence[str], **more: int
) -> Iterator[tuple[Any, int]]:
    """Key and entry id of what a look-up finds for these columns of `rows`; asks nobody where there are none."""
    if rows:
        for *key, entry_id in conn.execute(statement, arrays(rows, names) | more):
            yield (key[0] if len(key) == 1 else tuple(key)), entry_id


def _told_apart(conn: Connection, rows: Sequence[Row], known: Identities) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows of new entries with their ids, which follow the order of listing, and the entry id of each row."""
    fresh: list[Row] = []
    places: list[int] = []
    for row in rows:
        # Until their ids are there, new entries count downwards.
        entry_id = known.of(row)
        if entry_id is None:
            fresh.append(row)
            entry_id = -len(fresh)
        known.learn(row, entry_id)
        places.append(entry_id)
    new = new_ids(conn, "ingest.entries_id_seq", len(fresh)) if fresh else []
    made = [dict(row, id=entry_id) for row, entry_id in zip(fresh, new, strict=True)]
    return made, [place if place > 0 else new[-place - 1] for place in places]


def insert_entries(conn: Connection, rows: Sequence[Row], now: datetime, *, priority: int, origin: str) -> None:
    """Write new entries, due now; the caller holds the lock of `add` and knows that they are new."""
    if rows:
        add_hosts(conn, (row["host"] for row in rows), now)
        plain: dict[str, Any] = dict.fromkeys(_ENTRY_COLUMNS)
        plain |= {"state": "pending", "priority": priority, "due_at": now, "first_seen_at": now, "origin": origin}
        copy_rows(conn, "ingest.entries", _ENTRY_COLUMNS, (plain | dict(row) for row in rows))
        takedowns.enforce(conn, [row["id"] for row in rows], now)


def _add_sightings(
    conn: Connection, seen: Sequence[Row], fresh: set[int], now: datetime
) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """Note what is listed for the first time and what is listed otherwise than before.

    Returns how listings overlap, and the entries that a feed lists under an address for the first time.
    """
    before = [row for row in seen if row["entry_id"] not in fresh]
    found = conn.execute(_SIGHTED, arrays(before, ("entry_id", "feed_id", "listed_hash"))).all() if before else []
    sighted = {(row["entry_id"], row["feed_id"]): one.sighted for row, one in zip(before, found, strict=True)}
    pairs = list(zip(before, found, strict=True))
    _note_changes(conn, [(row, one.listing_hash) for row, one in pairs if one.known], now)
    known = {(row["entry_id"], row["feed_id"], row["listed_hash"]) for row, one in pairs if one.known}
    counts = Counter(sighted)
    unseen = []
    for row in seen:
        pair = (row["entry_id"], row["feed_id"])
        if (*pair, row["listed_hash"]) not in known and counts[pair] < MOST_SIGHTINGS:
            counts[pair] += 1
            unseen.append(dict(row, listed_url=row["url"], first_seen_at=now))
    copy_rows(conn, "ingest.sightings", _SIGHTING_COLUMNS, unseen)
    return _overlaps(seen, sighted), {row["entry_id"] for row in unseen}


def _note_changes(conn: Connection, listed: Sequence[tuple[Row, bytes | None]], now: datetime) -> None:
    """Keep the digests of listings that differ from what is noted; where one was noted, the article is asked again."""
    differ = [(row, noted) for row, noted in listed if row["listing_hash"] not in (None, noted)]
    if differ:
        names = ("entry_id", "feed_id", "listed_hash", "listing_hash")
        conn.execute(_LISTED_ANEW, arrays([row for row, _ in differ], names))
        changed(conn, [row["entry_id"] for row, noted in differ if noted is not None], now)


def _overlaps(seen: Sequence[Row], sighted: Mapping[tuple[int, int], int]) -> dict[int, tuple[int, int]]:
    pairs = {(row["entry_id"], row["feed_id"]) for row in seen}
    listed = Counter(feed_id for _, feed_id in pairs)
    again = Counter(pair[1] for pair in pairs if sighted.get(pair))
    return {feed_id: (count, again[feed_id]) for feed_id, count in listed.items()}
