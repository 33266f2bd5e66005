"""Entries that a backfill made, and the live ingest: what becomes news, and what stays past."""

from dataclasses import replace
from datetime import timedelta

import pytest
from makers import LEASE, NOW, Feed, entries, entry_row, known_feeds, listed, page, settled, share
from sqlalchemy import Connection, text

from sql.store import frontier
from tasks.steps.settling import with_recheck

DAY = timedelta(days=1)


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha", feeds=("all", "more"))["alpha/all"]


def priorities(conn: Connection) -> dict[str, int]:
    return {row["url"]: row["priority"] for row in entries(conn)}


def announced(conn: Connection, feed: Feed, urls: list[str]) -> None:
    """Have entries that only a backfill knows: no feed has listed them."""
    listed(conn, feed, urls, priority=1)
    conn.execute(text("DELETE FROM ingest.sightings"))


def test_what_a_backfill_knows_and_a_feed_lists_is_live_from_then_on(conn: Connection, alpha: Feed) -> None:
    announced(conn, alpha, [page(1), page(2)])
    assert listed(conn, alpha, [page(2), page(3)]) == [alpha[0]]
    assert priorities(conn) == {page(1): 1, page(2): 0, page(3): 0}


def test_what_somebody_works_on_is_live_too_and_stays_leased(conn: Connection, alpha: Feed) -> None:
    announced(conn, alpha, [page(1)])
    conn.execute(text("UPDATE ingest.entries SET state = 'leased', lease_owner = 'me', lease_until = now()"))
    listed(conn, alpha, [page(1)])
    (entry,) = entries(conn)
    assert (entry["priority"], entry["state"], entry["lease_owner"]) == (0, "leased", "me")


def test_what_a_person_opens_again_is_live_whoever_announced_it(conn: Connection, alpha: Feed) -> None:
    announced(conn, alpha, [page(1)])
    conn.execute(text("UPDATE ingest.entries SET state = 'dead', settled_at = now()"))
    frontier.revive(conn, NOW, source_id=None, reason=None, states=["dead"], limit=None)
    assert priorities(conn) == {page(1): 0}


def test_who_backfills_a_source_takes_the_live_entries_of_others_at_its_host_along(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    alpha, beta = feeds["alpha/all"], feeds["beta/all"]
    announced(conn, alpha, [page(1, "shared.example")])
    announced(conn, beta, [page(2, "shared.example")])
    listed(conn, beta, [page(3, "shared.example"), page(4, "other.example")])
    hosts, claimed = frontier.claim(conn, "me", NOW, LEASE, replace(share(sources=[alpha[0]]), live_of_all=True))
    assert [host["host"] for host in hosts] == ["shared.example:443"]
    assert [row["url"] for row in claimed] == [page(3, "shared.example"), page(1, "shared.example")]


@pytest.mark.parametrize(("origin", "is_asked_again"), [("listed", True), ("hand", True), ("backfill", False)])
def test_articles_of_the_past_are_not_asked_again_by_themselves(origin: str, is_asked_again: bool) -> None:  # noqa: FBT001
    entry = entry_row(1, page(1), 1) | {"origin": origin}
    row = with_recheck(settled(1, "loaded"), entry, NOW, DAY)
    assert row["recheck_at"] == (NOW + DAY if is_asked_again else None)
