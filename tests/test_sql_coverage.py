"""The coverage of a source: each entry is counted once, on the day that is known best, in the source's zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from makers import NOW, Feed, entries_by_url, entry_row, extracted, known_feeds, listed_row, page, said
from sqlalchemy import Connection, text

from sql.store import backfills, frontier
from tasks.columns import published_columns
from tasks.load import load

COLUMNS = ("day", "announced", "fetched", "loaded", "duplicates", "failed", "open", "backfilled")
# 00:30 of the next day in Zurich.
LATE = datetime(2026, 2, 10, 23, 30, tzinfo=UTC)


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source in Zurich."""
    return known_feeds(conn, "alpha")["alpha/all"]


def known(conn: Connection, feed: Feed, urls: Sequence[str], **changes: Any) -> dict[str, int]:
    """The ids of these addresses, listed by a feed."""
    frontier.add(conn, [listed_row(feed, url, n, **changes) for n, url in enumerate(urls)], NOW)
    return entries_by_url(conn)


def coverage(conn: Connection) -> list[tuple[Any, ...]]:
    """The rows of the view, in the order of the days."""
    statement = text(f"SELECT {', '.join(COLUMNS)} FROM news.coverage WHERE source = 'alpha' ORDER BY day")
    return [tuple(row) for row in conn.execute(statement)]


def test_states_are_told_apart_and_add_up(conn: Connection, alpha: Feed) -> None:
    known(conn, alpha, [page(n) for n in range(7)])
    states = ("pending", "retry", "loaded", "duplicate", "skipped", "gone", "dead")
    for number, state in enumerate(states):
        conn.execute(text("UPDATE ingest.entries SET state = :state WHERE url = :url"),
                     {"state": state, "url": page(number)})  # fmt: skip
    conn.execute(text("UPDATE ingest.entries SET page_id = 1, page_fetched_at = :now WHERE state = 'loaded'"),
                 {"now": NOW})  # fmt: skip
    assert coverage(conn) == [(NOW.date(), 7, 1, 1, 1, 3, 2, 0)]


def test_the_day_is_that_of_the_publication_in_the_zone_of_the_source(conn: Connection, alpha: Feed) -> None:
    hint = published_columns(said(datetime(2026, 2, 12, 12, 0, tzinfo=UTC)))
    ids = known(conn, alpha, [page(1), page(2)], **hint)
    (row,) = load(conn, [extracted(entry_row(ids[page(1)], page(1), alpha[0]), published=said(LATE))])
    conn.execute(text("UPDATE ingest.entries SET state = 'loaded', article_id = :article WHERE id = :id"),
                 {"article": row["article_id"], "id": ids[page(1)]})  # fmt: skip
    assert [found[:2] for found in coverage(conn)] == [(date(2026, 2, 11), 1), (date(2026, 2, 12), 1)]


def test_the_day_that_an_archive_names_counts_before_that_of_our_first_sight(conn: Connection, alpha: Feed) -> None:
    ids = known(conn, alpha, [page(1), page(2)])
    first, last = date(2026, 1, 5), date(2026, 1, 6)
    wish = {"source_id": alpha[0], "via": "sitemaps", "place": None, "first_day": first, "last_day": last}
    backfill = backfills.note(conn, wish | {"known": "skip", "budget": None})
    for day in (last, first):
        conn.execute(text("INSERT INTO ingest.candidates (entry_id, backfill_id, listed_hash, listed_url, day, place, "
                          "first_seen_at) VALUES (:id, :backfill, :hash, 'x', :day, 'x', now())"),
                     {"id": ids[page(1)], "backfill": backfill, "hash": bytes([day.day]), "day": day})  # fmt: skip
    assert [found[:2] for found in coverage(conn)] == [(first, 1), (NOW.date(), 1)]
