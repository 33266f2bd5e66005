"""Loaded entries are asked again when their listing changed or their time has come, and not for ever."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from makers import LEASE, NOW, Feed, claim, entries, host_row, known_feeds, listed_row, page, settled
from sqlalchemy import Connection, text

from sql.store import frontier, pages
from sql.store.rechecks import MOST_RECHECKS, SETTLING

DAY = timedelta(days=1)
ONE, OTHER = b"\x01" * 16, b"\x02" * 16


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def listing(conn: Connection, feed: Feed, digest: bytes | None, at: datetime = NOW) -> None:
    frontier.add(conn, [listed_row(feed, page(1), listing_hash=digest)], at)


def load(conn: Connection, at: datetime = NOW, headers: dict[str, str] | None = None, **more: Any) -> int:
    """Have the one entry fetched and loaded; its id."""
    ((_, (entry,)),) = [claim(conn, at=at)]
    (stored,) = pages.archive(conn, [archived(entry["id"], at, headers or {})])
    frontier.mark_fetched(conn, "me", [stored])
    frontier.settle(conn, "me", [settled(entry["id"], "loaded", article_id=5, **more)], at)
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443")])
    return int(entry["id"])


def archived(entry_id: int, at: datetime, headers: dict[str, str]) -> dict[str, Any]:
    plain = {"url": page(1), "final_url": page(1), "status": 200, "content_encoding": None, "charset": None}
    body = {"body": b"x", "body_sha256": b"\x00" * 32, "body_bytes": 1, "duration_ms": 1, "captured_at": None}
    return plain | body | {"entry_id": entry_id, "fetched_at": at, "headers": headers}


def recheck_at(conn: Connection) -> datetime | None:
    (row,) = entries(conn)
    found: datetime | None = row["recheck_at"]
    return found


CHANGES: dict[str, tuple[bytes | None, bytes | None, bool]] = {
    "another digest": (ONE, OTHER, True),
    "the same": (ONE, ONE, False),
    "none before": (None, OTHER, False),
    "none now": (ONE, None, False),
}


@pytest.mark.parametrize(("before", "now", "again"), CHANGES.values(), ids=CHANGES)
def test_a_loaded_entry_is_asked_again_when_its_listing_says_something_else(
    conn: Connection, alpha: Feed, before: bytes | None, now: bytes | None, *, again: bool
) -> None:
    listing(conn, alpha, before)
    load(conn)
    listing(conn, alpha, now, NOW + DAY)
    assert recheck_at(conn) == (NOW + DAY if again else None)
    (kept,) = conn.execute(text("SELECT listing_hash FROM ingest.sightings")).scalars()
    assert kept == (now or before)
    listing(conn, alpha, now, NOW + 2 * DAY)
    assert recheck_at(conn) == (NOW + DAY if again else None)


def test_a_change_right_after_the_fetch_waits_ten_minutes(conn: Connection, alpha: Feed) -> None:
    listing(conn, alpha, ONE)
    load(conn)
    listing(conn, alpha, OTHER, NOW + timedelta(minutes=3))
    assert recheck_at(conn) == NOW + SETTLING


def test_a_change_comes_before_the_foreseen_time_and_never_after_it(conn: Connection, alpha: Feed) -> None:
    listing(conn, alpha, ONE)
    load(conn, recheck_at=NOW + DAY)
    assert recheck_at(conn) == NOW + DAY
    listing(conn, alpha, OTHER, NOW + DAY / 2)
    assert recheck_at(conn) == NOW + DAY / 2
    listing(conn, alpha, ONE, NOW + DAY)
    assert recheck_at(conn) == NOW + DAY / 2


def test_a_listing_that_changes_all_the_time_is_followed_five_times(conn: Connection, alpha: Feed) -> None:
    listing(conn, alpha, ONE)
    load(conn)
    for turn in range(1, MOST_RECHECKS + 3):
        at = NOW + turn * DAY
        listing(conn, alpha, (ONE, OTHER)[turn % 2], at)
        due = frontier.due_again(conn, at, None)
        assert due == (turn <= MOST_RECHECKS)
        if due:
            load(conn, at)
    assert entries(conn)[0]["rechecks"] == MOST_RECHECKS


@pytest.mark.parametrize("state", ["pending", "retry", "skipped", "dead", "gone", "duplicate"])
def test_only_loaded_entries_are_asked_again(conn: Connection, alpha: Feed, state: str) -> None:
    listing(conn, alpha, ONE)
    conn.execute(text("UPDATE ingest.entries SET state = :state"), {"state": state})
    listing(conn, alpha, OTHER, NOW + DAY)
    assert recheck_at(conn) is None


VALIDATORS: dict[str, tuple[dict[str, str], tuple[str | None, str | None]]] = {
    "both": ({"etag": 'W/"1"', "last-modified": "Mon"}, ('W/"1"', "Mon")),
    "one": ({"etag": '"1"'}, ('"1"', None)),
    "none": ({"server": "x"}, (None, None)),
}


@pytest.mark.parametrize(("headers", "expected"), VALIDATORS.values(), ids=VALIDATORS)
def test_what_is_due_again_is_claimed_with_the_validators_of_its_page(
    conn: Connection, alpha: Feed, headers: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    listing(conn, alpha, ONE)
    entry_id = load(conn, headers=headers, recheck_at=NOW + DAY)
    assert frontier.due_again(conn, NOW + DAY - timedelta(seconds=1), None) == 0
    assert frontier.due_again(conn, NOW + DAY, None) == 1
    (_, (entry,)) = claim(conn, at=NOW + DAY)
    assert (entry["id"], entry["article_id"], entry["attempts"], entry["page_id"]) == (entry_id, 5, 0, None)
    assert (entry["etag"], entry["last_modified"]) == expected
    (row,) = entries(conn)
    assert (row["rechecks"], row["recheck_at"], row["settled_at"]) == (1, None, None)


def test_an_expired_page_has_no_validators_and_those_of_a_304_count_before_those_of_the_page(
    conn: Connection, alpha: Feed
) -> None:
    listing(conn, alpha, ONE)
    entry_id = load(conn, headers={"etag": '"1"'}, recheck_at=NOW)
    for at, kept, expected in ((NOW, '"2"', '"1"'), (NOW + DAY, None, '"2"')):
        assert frontier.due_again(conn, at, None) == 1
        (_, (entry,)) = claim(conn, at=at)
        assert entry["etag"] == expected
        row = settled(entry_id, "loaded", etag=kept, recheck_at=at + DAY)
        frontier.settle(conn, "me", [row], at)
        frontier.release_hosts(conn, "me", [host_row("alpha.example:443")])
    conn.execute(text("DELETE FROM ingest.pages"))
    assert frontier.due_again(conn, NOW + 2 * DAY, None) == 1
    assert claim(conn, at=NOW + 2 * DAY)[1][0]["etag"] is None


def test_the_page_of_a_failure_is_none_to_ask_with(conn: Connection, alpha: Feed) -> None:
    listing(conn, alpha, ONE)
    load(conn, headers={"etag": '"wall"'}, recheck_at=NOW, reason="login_wall")
    frontier.due_again(conn, NOW, None)
    assert claim(conn)[1][0]["etag"] is None


def test_only_the_chosen_sources_and_what_nobody_writes_are_opened(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    urls = {slug: page(1, f"{slug}.example") for slug in ("alpha", "beta")}
    for slug, url in urls.items():
        frontier.add(conn, [listed_row(feeds[f"{slug}/all"], url)], NOW)
    conn.execute(text("UPDATE ingest.entries SET state = 'loaded', recheck_at = :now"), {"now": NOW})
    assert frontier.due_again(conn, NOW, [feeds["beta/all"][0]]) == 1
    assert {row["url"]: row["state"] for row in entries(conn)} == {urls["alpha"]: "loaded", urls["beta"]: "retry"}
    assert frontier.due_again(conn, NOW, []) == 0


def test_an_entry_that_was_asked_again_and_not_settled_is_asked_again(conn: Connection, alpha: Feed) -> None:
    listing(conn, alpha, ONE)
    load(conn, recheck_at=NOW, headers={"etag": '"1"'})
    frontier.due_again(conn, NOW, None)
    claim(conn)
    assert frontier.release_expired(conn, NOW + 2 * LEASE) == 1
    (entry,) = claim(conn, "next", NOW + 2 * LEASE)[1]
    assert (entry["article_id"], entry["etag"]) == (5, '"1"')
