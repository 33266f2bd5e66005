"""Rows and nouns for tests, with every column filled; a test says only what matters to it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from sql.store import frontier, sources
from tasks.columns import Row, published_columns
from tasks.extracted import Extracted
from tasks.model import Article, Precision, Timestamp
from tasks.urls import host_key, url_hash

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LEASE = timedelta(seconds=60)

Feed = tuple[int, int]


def source_row(slug: str, **changes: Any) -> dict[str, Any]:
    """A row as sources.sync takes it."""
    plain: dict[str, Any] = {
        "slug": slug,
        "name": slug.title(),
        "homepage": f"https://{slug}.example/",
        "language": "de",
        "country": "CH",
        "time_zone": "Europe/Zurich",
        "delay": timedelta(seconds=1),
        "concurrency": 1,
        "user_agent": None,
        "headers": {},
        "article_id": None,
        "partners": [],
        "pages": None,
        "verified_on": None,
        "notes": None,
        "formerly": (),
    }
    return plain | changes


def feed_row(slug: str, name: str = "all", **changes: Any) -> dict[str, Any]:
    """A row as sources.sync takes it; its address is made of `slug` and `name`."""
    plain: dict[str, Any] = {
        "slug": slug,
        "url": f"https://{slug}.example/{name}.rss",
        "kind": "rss",
        "name": name,
        "time_zone": None,
        "ignore_zone": False,
        "origin": "file",
        "parent_id": None,
        "selectors": None,
        "look_back": None,
        "every": timedelta(minutes=15),
        "slowest": timedelta(hours=1),
    }
    return plain | changes


def known_feeds(conn: Connection, *slugs: str, feeds: Sequence[str] = ("all",)) -> dict[str, tuple[int, int]]:
    """Sync sources with `feeds` each; (source id, feed id) by `slug/feed`."""
    rows = [feed_row(slug, name) for slug in slugs for name in feeds]
    sources.sync(conn, [source_row(slug) for slug in slugs], rows, NOW)
    found = conn.execute(text("SELECT s.slug, f.name, s.id AS source_id, f.id AS feed_id FROM ingest.feeds f "
                              "JOIN ingest.sources s ON s.id = f.source_id"))  # fmt: skip
    return {f"{row.slug}/{row.name}": (row.source_id, row.feed_id) for row in found}


def listed_row(feed: tuple[int, int], url: str, position: int = 0, **changes: Any) -> dict[str, Any]:
    """A row as frontier.add takes it; `canonical` in `changes` is the normal form where it differs from `url`."""
    canonical = changes.pop("canonical", url)
    plain: dict[str, Any] = {
        "source_id": feed[0],
        "feed_id": feed[1],
        "url": url,
        "canonical_url": canonical,
        "url_hash": url_hash(canonical),
        "listed_hash": url_hash(url),
        "host": host_key(url),
        "portal_id": None,
        "guid": None,
        "title": f"Title of {url}",
        "summary": None,
        "position": position,
        "listing_hash": None,
        "hints": {},
        **published_columns(None),
    }
    return plain | changes


def share(
    count: int = 100, hosts: int = 32, sources: Sequence[int] | None = None, entries: Sequence[int] | None = None
) -> frontier.Share:
    """What a claim may take, with a horizon of ten seconds."""
    return frontier.Share(hosts, count, timedelta(seconds=10), sources, entries)


def settled(entry_id: int, state: str, **changes: Any) -> dict[str, Any]:
    """A row as frontier.settle takes it."""
    plain: dict[str, Any] = {
        "id": entry_id,
        "state": state,
        "reason": None,
        "detail": None,
        "due_at": None,
        "attempts": 1,
        "article_id": None,
        "recheck_at": None,
        "etag": None,
        "last_modified": None,
    }
    return plain | changes


def polled(feed_id: int, **changes: Any) -> dict[str, Any]:
    """A row as feeds.settle takes it: a poll that brought a new body."""
    plain: dict[str, Any] = {
        "id": feed_id,
        "etag": '"1"',
        "last_modified": None,
        "body_sha256": b"\x01" * 32,
        "next_poll_at": NOW + timedelta(minutes=15),
        "polled_at": NOW,
        "changed": True,
        "outcome": "changed",
        "detail": None,
        "failed": False,
        "is_full": False,
        "is_gap": False,
        "pace": timedelta(minutes=15),
        "news_per_hour": None,
        "asked_pace": None,
        "quiet_hours": "",
        "failure_weight": 0.0,
        "redirect_to": None,
        "redirects": 0,
        "redirected_since": None,
        "moved_to": None,
    }
    return plain | changes


def extracted(entry: Row, title: str = "Zinsen steigen", body: str = "Ein Satz.", **more: Any) -> Extracted:
    """An article of `entry`; `more` are fields of the article."""
    fields: dict[str, Any] = {"language": "de", "word_count": len(body.split())} | more
    article = Article(title=title, text=body, **fields)
    return Extracted(entry, entry["id"], NOW, b"\x00" * 32, "test", article)


def entry_row(entry_id: int, url: str, source_id: int, **changes: Any) -> dict[str, Any]:
    """A claimed entry as the load sees it."""
    plain: dict[str, Any] = {
        "id": entry_id,
        "source_id": source_id,
        "slug": f"source-{source_id}",
        "canonical_url": url,
        "url_hash": url_hash(url),
        "attempts": 1,
        "article_id": None,
        "etag": None,
        "last_modified": None,
        "first_seen_at": NOW,
        "origin": "listed",
        **published_columns(None),
    }
    return plain | changes


def archived_row(at: datetime, **changes: Any) -> dict[str, Any]:
    """A row as pages.archive takes it, fetched at that time."""
    plain: dict[str, Any] = {
        "fetched_at": at, "captured_at": None, "entry_id": 7, "url": "https://alpha.example/1",
        "final_url": "https://alpha.example/1", "status": 200, "headers": {"server": "x"}, "content_encoding": None,
        "charset": None, "body": b"<p>Ein Satz.</p>" * 500, "body_sha256": b"\x01" * 32, "body_bytes": 8000,
        "duration_ms": 12,
    }  # fmt: skip
    return plain | changes


def event_row(at: datetime, **changes: Any) -> dict[str, Any]:
    """A row as pages.log takes it: a poll at that time."""
    plain: dict[str, Any] = {
        "at": at, "run_id": None, "feed_id": 3, "entry_id": None, "what": "feed", "url": "https://alpha.example/rss",
        "outcome": "changed", "requests": 1, "reason": None, "detail": None, "status": 200, "bytes": 10,
        "duration_ms": 5,
    }  # fmt: skip
    return plain | changes


def said(at: datetime, precision: Precision = Precision.SECOND, origin: str = "jsonld.datePublished") -> Timestamp:
    """A publication time that carried its offset."""
    return Timestamp(at=at, precision=precision, raw=at.isoformat(), origin=origin, zone="stated")


def page(path: str | int, host: str = "alpha.example") -> str:
    return f"https://{host}/{path}"


def listed(conn: Connection, feed: Feed, urls: Sequence[str], **more: Any) -> list[int]:
    """Add `urls` as one document lists them."""
    rows = [listed_row(feed, url, position) for position, url in enumerate(urls)]
    return frontier.add(conn, rows, NOW, **more).new


def entries(conn: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(text("SELECT * FROM ingest.entries ORDER BY id")).mappings()]


def entries_by_url(conn: Connection) -> dict[str, int]:
    return {row["url"]: row["id"] for row in entries(conn)}


def claim(
    conn: Connection, owner: str = "me", at: datetime = NOW, **limits: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return frontier.claim(conn, owner, at, LEASE, share(**limits))


def host_row(host: str, next_request_at: datetime = NOW, **robots: Any) -> dict[str, Any]:
    """A row as release_hosts takes it."""
    names = ("robots_status", "robots_body", "robots_expires_at", "robots_failing_since")
    unknown: dict[str, Any] = dict.fromkeys(names)
    return unknown | {"host": host, "next_request_at": next_request_at} | robots
