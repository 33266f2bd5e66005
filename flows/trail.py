"""The trail of an address: everything that was noted about it, gathered for `newstape why`. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.settings import settings
from config.sources import Source
from flows.asking import Address, Ground, article_number, covering, ground_of, ground_of_row
from sql.connect import Connection
from sql.store import trail
from tasks.fetch.robots import Robots, refusal
from tasks.urls import host_key, url_hash

Row = Mapping[str, Any]
# What `why` says of a source; the rest of its row is for the machine.
_SOURCE_COLUMNS = ("slug", "name", "homepage", "absent_since", "paused_at", "paused_until", "pause_reason")


@dataclass(frozen=True, slots=True)
class Trail:
    """What is known of one address: rows of the store (sql/store/trail.py), None and () where there is nothing.

    `claimed_by` is the source that covers the address, `source` the one that it was listed by, else that same one;
    its `is_synced` says whether the database has it yet. `robots` is what the host's robots.txt says of it now.
    """

    url: str
    canonical_url: str
    claimed_by: str | None
    source: Row | None
    found_by: str | None = None
    entry: Row | None = None
    sightings: Sequence[Row] = ()
    polls: Sequence[Row] = ()
    attempts: Sequence[Row] = ()
    pages: Sequence[Row] = ()
    rights: Sequence[Row] = ()
    robots: Row | None = None
    article: Row | None = None
    revisions: Sequence[Row] = ()
    feeds: Sequence[Row] = ()
    warnings: Sequence[Row] = ()

    @property
    def is_known(self) -> bool:
        """Whether the address was ever seen: as an entry of the frontier, or as an article."""
        return self.entry is not None or self.article is not None


def gather(conn: Connection, address: Address, loaded: Sequence[Source], now: datetime) -> Trail:
    """The trail of an address; `loaded` are the source files, which may be ahead of the database."""
    rows = {row["slug"]: row for row in trail.sources(conn, now)}
    ground = _ground(address.url, rows, loaded)
    row = rows.get(ground.slug) if ground else None
    number = article_number(ground.article_id, address) if ground and row else None
    digests = [url_hash(address.url), url_hash(address.canonical_url)]
    found = trail.find(conn, digests[1], digests, row["id"] if row else None, number)
    if found is None:
        return _unseen(conn, address, ground, row, loaded)
    return _seen(conn, address, ground, rows, found)


def _ground(url: str, rows: Mapping[str, Row], loaded: Sequence[Source]) -> Ground | None:
    """The ground of the present source that covers the address, else of an absent one."""
    present = {slug: ground_of_row(row) for slug, row in rows.items() if row["absent_since"] is None}
    described = {source.slug: ground_of(source) for source in loaded}
    return covering(url, (present | described).values()) or covering(url, map(ground_of_row, rows.values()))


def _seen(
    conn: Connection, address: Address, ground: Ground | None, rows: Mapping[str, Row], found: tuple[int, str]
) -> Trail:
    entry = trail.entry(conn, found[0])
    source = rows[entry["source"]]
    sightings = trail.sightings(conn, entry["id"])
    first_seen = {row["feed_id"]: row["first_seen_at"] for row in reversed(sightings)}
    article_id = entry["article_id"]
    return Trail(
        url=address.url,
        canonical_url=address.canonical_url,
        claimed_by=ground.slug if ground else None,
        source=_source(source),
        found_by=found[1],
        entry=entry,
        sightings=sightings,
        polls=trail.polls(conn, list(first_seen.items())),
        attempts=trail.attempts(conn, entry["id"]),
        pages=trail.archived(conn, entry["id"]),
        rights=trail.rights(conn, entry["id"]),
        robots=_robots(conn, entry["url"], source["user_agent"]),
        article=trail.article(conn, article_id) if article_id is not None else None,
        revisions=trail.revisions(conn, article_id) if article_id is not None else (),
        warnings=trail.warnings(conn, source["id"]),
    )


def _unseen(
    conn: Connection, address: Address, ground: Ground | None, row: Row | None, loaded: Sequence[Source]
) -> Trail:
    """The trail of an address without an entry: on the tape all the same where only the frontier forgot it."""
    article_id = trail.forgotten(conn, url_hash(address.canonical_url))
    described = next((one for one in loaded if ground and one.slug == ground.slug), None)
    return Trail(
        url=address.url,
        canonical_url=address.canonical_url,
        claimed_by=ground.slug if ground else None,
        source=_source(row) if row else _described(described) if described else None,
        robots=_robots(conn, address.url, row["user_agent"] if row else None),
        article=trail.article(conn, article_id) if article_id is not None else None,
        revisions=trail.revisions(conn, article_id) if article_id is not None else (),
        feeds=trail.feeds(conn, row["id"]) if row else (),
        warnings=trail.warnings(conn, row["id"]) if row else (),
    )


def _source(row: Row) -> Row:
    return {name: row[name] for name in _SOURCE_COLUMNS} | {"is_synced": True}


def _described(source: Source) -> Row:
    """A source that only its file knows yet, with the columns of one in the database."""
    known = {"slug": source.slug, "name": source.name, "homepage": str(source.homepage)}
    return dict.fromkeys(_SOURCE_COLUMNS) | known | {"is_synced": False}


def _robots(conn: Connection, url: str, own_user_agent: str | None) -> Row | None:
    """What the stored robots.txt of the host says of the address; None: the host was never asked."""
    host = trail.host(conn, host_key(url))
    if host is None:
        return None
    said = {
        "host": host["host"],
        "status": host["robots_status"],
        "expires_at": host["robots_expires_at"],
        "failing_since": host["robots_failing_since"],
        "next_request_at": host["next_request_at"],
    }
    if host["robots_status"] is None or host["robots_expires_at"] is None:
        return said | {"verdict": "not_asked", "detail": None}
    robots = Robots(host["robots_status"], host["robots_body"], host["robots_expires_at"])
    failure = refusal(robots, own_user_agent or settings().user_agent, url)
    if not robots.is_known:
        return said | {"verdict": "unknown", "detail": failure.detail if failure else None}
    allowed = "allowed" if robots.body else "no_rules"
    return said | {"verdict": "disallowed" if failure else allowed, "detail": failure.detail if failure else None}
