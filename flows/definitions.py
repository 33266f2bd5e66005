"""Source files into the database: what the sync writes, and a rehearsal of it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from config.errors import Misconfigured
from config.page_rules import written_rules
from config.settings import settings
from config.sources import FeedSpec, Source
from sql import connect, migrate
from sql.store import sources


def chosen_sources(slugs: Sequence[str] | None, loaded: Sequence[Source]) -> list[Source]:
    """The sources that `slugs` name (None: all); Misconfigured names those that nobody knows."""
    wanted = set(slugs or ())
    unknown = sorted(wanted - {source.slug for source in loaded})
    if unknown:
        known = ", ".join(source.slug for source in loaded)
        raise Misconfigured(f"No such source: {', '.join(unknown)}. Known are: {known}")
    return [source for source in loaded if source.slug in wanted] if wanted else list(loaded)


def sync_sources(loaded: Sequence[Source], now: datetime) -> sources.SyncReport:
    """Make the database's sources equal to the files; what changed."""
    with connect.engine().begin() as conn:
        return _sync(conn, loaded, now)


def rehearse_sync(loaded: Sequence[Source], now: datetime) -> sources.SyncReport:
    """What `sync_sources` would change; nothing is changed."""
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn, conn.begin() as transaction:
        report = _sync(conn, loaded, now)
        transaction.rollback()
    return report


def _sync(conn: connect.Connection, loaded: Sequence[Source], now: datetime) -> sources.SyncReport:
    return sources.sync(conn, [source_row(one) for one in loaded], feed_rows(loaded), now)


def source_row(source: Source) -> dict[str, Any]:
    """A source file as a row of ingest.sources, with `formerly`."""
    plain = (
        "slug", "name", "language", "country", "time_zone", "concurrency", "user_agent", "article_id", "notes",
        "formerly",
    )  # fmt: skip
    return {name: getattr(source, name) for name in plain} | {
        "partners": list(source.partners),
        "homepage": str(source.homepage),
        "headers": dict(source.headers),
        "pages": written_rules(source.page_rules()),
        "verified_on": source.verified,
        "delay": settings().host_delay if source.delay is None else source.delay,
    }


def feed_rows(loaded: Sequence[Source]) -> list[dict[str, Any]]:
    """The feeds of source files as rows of ingest.feeds, with the `slug` of their source."""
    return [_feed_row(source, feed) for source in loaded for feed in source.feeds]


def _feed_row(source: Source, feed: FeedSpec) -> dict[str, Any]:
    every = source.interval(feed, settings().poll_interval)
    plain = ("url", "kind", "name", "time_zone", "ignore_zone")
    return {name: getattr(feed, name) for name in plain} | {
        "slug": source.slug,
        "origin": "file",
        "parent_id": None,
        "selectors": asdict(feed.selectors) if feed.selectors else None,
        "look_back": (feed.look_back or settings().look_back) if feed.kind.endswith("sitemap") else None,
        "every": every,
        "slowest": max(every, source.slowest_interval(feed, settings().slowest_poll)),
    }
