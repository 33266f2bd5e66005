"""What `why` and `entries list` read: everything that is kept about one address. Reads only; looked up by indexes.

The only statement that reads more than an address's own rows is `last_listed`, and it is bounded by a count.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text

# The entry that an address means, and how it is known: by its normal form, as a feed listed it, by the portal's own
# article id, or by the address of the article.
FIND = text("""
    SELECT id, how FROM (
        SELECT id, 1 AS rank, 'address' AS how FROM ingest.entries WHERE url_hash = :canonical
        UNION ALL
        SELECT entry_id, 2, 'listed address' FROM ingest.sightings WHERE listed_hash = ANY(CAST(:listed AS bytea[]))
        UNION ALL
        SELECT id, 3, 'article id' FROM ingest.entries
        WHERE source_id = CAST(:source_id AS bigint) AND portal_id = CAST(:portal_id AS text)
        UNION ALL
        SELECT entry_id, 4, 'address of the article' FROM tape.articles WHERE url_hash = :canonical
    ) found
    WHERE EXISTS (SELECT FROM ingest.entries e WHERE e.id = found.id)
    ORDER BY rank, id LIMIT 1
""")
FORGOTTEN = text("SELECT id FROM tape.articles WHERE url_hash = :canonical")
ENTRY = text("""
    SELECT e.id, e.source_id, s.slug AS source, e.url, e.canonical_url, e.portal_id, e.origin, e.host, e.state,
           e.due_at, e.attempts, e.hops, e.recheck_at, e.rechecks, e.reason, e.detail, e.title, e.published_at,
           e.published_raw, e.published_origin, e.published_precision, e.published_zone, e.first_seen_at, e.page_id,
           e.page_fetched_at, e.article_id, e.lease_owner, e.lease_until, e.settled_at
    FROM ingest.entries e JOIN ingest.sources s ON s.id = e.source_id WHERE e.id = :id
""")
SIGHTINGS = text("""
    SELECT g.first_seen_at, g.feed_id, f.url AS feed, f.kind, g.position, g.listed_url, g.guid, g.title,
           g.published_raw, g.hints
    FROM ingest.sightings g JOIN ingest.feeds f ON f.id = g.feed_id
    WHERE g.entry_id = :id ORDER BY g.first_seen_at, g.feed_id, g.listed_hash LIMIT :count
""")
# Of each feed its two polls up to the moment that it listed the address, and its last one.
POLLS = text("""
    SELECT p.at, f.url AS feed, p.outcome, p.reason, p.status, p.detail
    FROM unnest(CAST(:feeds AS bigint[]), CAST(:times AS timestamptz[])) AS k(feed_id, seen_at)
    JOIN ingest.feeds f ON f.id = k.feed_id
    CROSS JOIN LATERAL (
        (SELECT v.id, v.at, v.outcome, v.reason, v.status, v.detail FROM ingest.fetch_events v
         WHERE v.feed_id = k.feed_id AND v.at <= k.seen_at ORDER BY v.at DESC LIMIT 2)
        UNION
        (SELECT v.id, v.at, v.outcome, v.reason, v.status, v.detail FROM ingest.fetch_events v
         WHERE v.feed_id = k.feed_id ORDER BY v.at DESC LIMIT 1)
    ) p
    ORDER BY p.at, p.id
""")
# The latest attempts; `left_off` is how many came before them.
ATTEMPTS = text("""
    SELECT * FROM (
        SELECT at, run_id, url, outcome, reason, status, bytes, requests, duration_ms, detail,
               greatest(count(*) OVER () - :count, 0) AS left_off
        FROM ingest.fetch_events WHERE entry_id = :id ORDER BY at DESC LIMIT :count
    ) latest ORDER BY at
""")
PAGES = text("""
    SELECT id, fetched_at, status, final_url, content_encoding, charset, body_bytes
    FROM ingest.pages WHERE entry_id = :id ORDER BY fetched_at DESC LIMIT :count
""")
RIGHTS = text("""
    SELECT page_id, page_fetched_at, robots, x_robots_tag, meta_robots, tdm_reservation, tdm_policy, paywall
    FROM ingest.rights WHERE entry_id = :id ORDER BY page_fetched_at DESC LIMIT :count
""")
ARTICLE = text("""
    SELECT a.id, s.slug AS source, a.canonical_url AS url, r.title, r.kind, r.word_count, a.published_at,
           a.published_raw, a.published_origin, a.published_precision, a.published_zone, a.first_seen_at, a.loaded_at,
           a.gone_at, a.story_id, a.story_role, a.entry_id,
           (SELECT count(*) FROM tape.articles o WHERE o.story_id = a.story_id) AS story_articles
    FROM tape.articles a
    JOIN ingest.sources s ON s.id = a.source_id
    JOIN tape.revisions r ON r.id = a.head_revision_id
    WHERE a.id = :id
""")
REVISIONS = text("""
    SELECT number, title, word_count, revised_at, loaded_at, extractor_version
    FROM tape.revisions WHERE article_id = :id ORDER BY number
""")
HOST = text("""
    SELECT host, robots_status, robots_body, robots_expires_at, robots_failing_since, next_request_at, lease_owner
    FROM ingest.hosts WHERE host = :host
""")
_SOURCES = text("""
    SELECT s.id, s.slug, s.name, s.homepage, s.partners, s.article_id, s.user_agent, s.absent_since,
           CASE WHEN s.paused_until IS NULL OR s.paused_until > :now THEN s.paused_at END AS paused_at,
           s.paused_until, s.pause_reason,
           array(SELECT f.url FROM ingest.feeds f WHERE f.source_id = s.id AND f.absent_since IS NULL) AS feeds
    FROM ingest.sources s ORDER BY s.slug
""")
FEEDS = text("""
    SELECT id, url, moved_to, kind, name, last_polled_at, last_changed_at, last_outcome, last_detail, failures,
           next_poll_at, last_gap_at, retired_at
    FROM ingest.feeds WHERE source_id = :source_id AND absent_since IS NULL ORDER BY id
""")
WARNINGS = text("""
    SELECT w.kind, f.url AS feed, w.message, w.first_at, w.last_at, w.times
    FROM ingest.warnings w LEFT JOIN ingest.feeds f ON f.id = w.feed_id
    WHERE w.resolved_at IS NULL AND (w.source_id = :source_id OR f.source_id = :source_id
                                     OR (w.source_id IS NULL AND w.feed_id IS NULL))
    ORDER BY w.first_at, w.id
""")
# Only addresses that are new get a sighting, so this is the newest part of what a feed showed, not all of it. LATERAL
# keeps the planner from reading all sightings.
LAST_LISTED = text("""
    SELECT g.feed_id, count(*) AS listed, max(g.first_seen_at) AS last_at, min(e.published_at) AS oldest,
           max(e.published_at) AS newest
    FROM (SELECT id, published_at FROM ingest.entries ORDER BY id DESC LIMIT :count) e
    CROSS JOIN LATERAL (
        SELECT feed_id, first_seen_at FROM ingest.sightings
        WHERE entry_id = e.id AND feed_id = ANY(CAST(:feeds AS bigint[])) OFFSET 0
    ) g
    GROUP BY g.feed_id
""")
_LISTED = text("""
    SELECT g.feed_id, count(*) AS listed, max(g.first_seen_at) AS last_at, min(e.published_at) AS oldest,
           max(e.published_at) AS newest
    FROM (SELECT id, published_at FROM ingest.entries ORDER BY id DESC LIMIT :count) e
    JOIN ingest.sightings g ON g.entry_id = e.id
    WHERE g.feed_id = ANY(CAST(:feeds AS bigint[])) GROUP BY g.feed_id
""")
_LISTED = text("""
    SELECT e.id, s.slug AS source, e.canonical_url, e.state, e.reason, e.detail, e.title, e.first_seen_at,
           coalesce(e.settled_at, e.due_at) AS at
    FROM ingest.entries e JOIN ingest.sources s ON s.id = e.source_id
    WHERE (CAST(:source_id AS bigint) IS NULL OR e.source_id = :source_id)
      AND (CAST(:state AS text) IS NULL OR e.state = :state)
      AND (CAST(:reason AS text) IS NULL OR e.reason = :reason)
    ORDER BY e.id DESC LIMIT :count
""")
# What became of entries: the state of each, the article behind it with the number of its last revision, and what may
# hold it up (a pause, a host without robots.txt or with a slot of its own).
OUTCOMES = text("""
    SELECT e.id, s.slug AS source, e.canonical_url, e.state, e.reason, e.detail, e.due_at, e.article_id,
           a.canonical_url AS article_url, r.title, r.number,
           CASE WHEN s.paused_until IS NULL OR s.paused_until > :now THEN s.paused_at END AS paused_at, s.paused_until,
           h.robots_failing_since, h.next_request_at
    FROM ingest.entries e
    JOIN ingest.sources s ON s.id = e.source_id
    JOIN ingest.hosts h ON h.host = e.host
    LEFT JOIN tape.articles a ON a.id = e.article_id
    LEFT JOIN tape.revisions r ON r.id = a.head_revision_id
    WHERE e.id = ANY(CAST(:ids AS bigint[]))
""")

# More than anybody reads of one address; a live blog that is listed anew all day must not fill the screen.
MOST_ROWS = 50
# Among how many of the newest entries the listings of a feed are looked for: half a day of 91 portals.
NEWEST_ENTRIES = 5_000


def find(
    conn: Connection, canonical: bytes, listed: Sequence[bytes], source_id: int | None, portal_id: str | None
) -> tuple[int, str] | None:
    """Id of the entry that an address means, and how it is known; None: it was never seen.

    `canonical` and `listed` are digests of the normal form and of the address as typed; `source_id` and `portal_id`
    the source that it belongs to and its article id there, both None where there is none.
    """
    wanted = {"canonical": canonical, "listed": list(listed), "source_id": source_id, "portal_id": portal_id}
    row = conn.execute(FIND, wanted).one_or_none()
    return None if row is None else (row.id, row.how)


def forgotten(conn: Connection, canonical: bytes) -> int | None:
    """Id of the article with that address whose entry is no longer kept; None: there is none."""
    return conn.execute(FORGOTTEN, {"canonical": canonical}).scalar()


def entry(conn: Connection, entry_id: int) -> dict[str, Any]:
    """The entry with the slug of its source."""
    (row,) = _rows(conn, ENTRY, id=entry_id)
    return row


def sightings(conn: Connection, entry_id: int) -> list[dict[str, Any]]:
    """Which feeds listed the entry, the first 50 by time."""
    return _rows(conn, SIGHTINGS, id=entry_id, count=MOST_ROWS)


def polls(conn: Connection, seen: Sequence[tuple[int, datetime]]) -> list[dict[str, Any]]:
    """Of each feed (id, when it listed something) its two polls up to then and its last one, by time."""
    return _rows(conn, POLLS, feeds=[feed_id for feed_id, _ in seen], times=[at for _, at in seen])


def attempts(conn: Connection, entry_id: int) -> list[dict[str, Any]]:
    """The last 50 requests for the entry by time; `left_off` is how many came before."""
    return _rows(conn, ATTEMPTS, id=entry_id, count=MOST_ROWS)


def archived(conn: Connection, entry_id: int) -> list[dict[str, Any]]:
    """The pages of the entry that the archive still has, newest first, at most 50, without their bodies."""
    return _rows(conn, PAGES, id=entry_id, count=MOST_ROWS)


def rights(conn: Connection, entry_id: int) -> list[dict[str, Any]]:
    """What was said about automated use with each page of the entry, newest first, at most 50."""
    return _rows(conn, RIGHTS, id=entry_id, count=MOST_ROWS)


def article(conn: Connection, article_id: int) -> dict[str, Any] | None:
    """The article with its source, head title and the number of articles in its story; None: it is gone."""
    return next(iter(_rows(conn, ARTICLE, id=article_id)), None)


def revisions(conn: Connection, article_id: int) -> list[dict[str, Any]]:
    """The texts of the article by number, without the texts."""
    return _rows(conn, REVISIONS, id=article_id)


def host(conn: Connection, key: str) -> dict[str, Any] | None:
    """The host with its robots.txt; None: it was never asked for a page."""
    return next(iter(_rows(conn, HOST, host=key)), None)


def sources(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """All sources, absent ones too, with the addresses of their feeds; `paused_at` only of pauses that last."""
    return _rows(conn, _SOURCES, now=now)


def feeds(conn: Connection, source_id: int) -> list[dict[str, Any]]:
    """The present feeds of a source with what they last said.

    `listed`, `last_at`, `oldest` and `newest` are about what the feed listed among the newest 5,000 entries: how
    many, the last time that something was new, and the span of the publication times; None: nothing.
    """
    found = _rows(conn, FEEDS, source_id=source_id)
    newest = _rows(conn, LAST_LISTED, feeds=[row["id"] for row in found], count=NEWEST_ENTRIES)
    by_feed = {row.pop("feed_id"): row for row in newest}
    nothing = dict.fromkeys(("listed", "last_at", "oldest", "newest"))
    return [row | by_feed.get(row["id"], nothing) for row in found]


def warnings(conn: Connection, source_id: int) -> list[dict[str, Any]]:
    """The open warnings about a source, one of its feeds, or no source in particular."""
    return _rows(conn, WARNINGS, source_id=source_id)


def listed(
    conn: Connection, *, source_id: int | None, state: str | None, reason: str | None, count: int
) -> list[dict[str, Any]]:
    """The newest entries of a source, state and reason (None: of any); `at` is when they ended or are due."""
    return _rows(conn, _LISTED, source_id=source_id, state=state, reason=reason, count=count)


def outcomes(conn: Connection, ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """What became of entries, by id: state, and `title`, `article_url` and `number` of the article's head revision."""
    return {row["id"]: row for row in _rows(conn, OUTCOMES, ids=list(ids), now=now)}


def _rows(conn: Connection, statement: TextClause, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(statement, values).mappings()]
