"""The frontier: an address goes in once, is worked on by one process at a time, and leaves with its outcome."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from makers import (
    LEASE,
    NOW,
    Feed,
    claim,
    entries,
    entries_by_url,
    host_row,
    known_feeds,
    listed,
    listed_row,
    page,
    said,
    settled,
)
from sqlalchemy import Connection, Engine, text

from sql.store import feeds as feed_store
from sql.store import frontier
from tasks.columns import published_columns
from tasks.model import Precision


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def states(conn: Connection) -> dict[str, str]:
    return {row["url"]: row["state"] for row in entries(conn)}


def sightings(conn: Connection) -> list[tuple[Any, ...]]:
    found = conn.execute(
        text("SELECT feed_id, listed_url, position, first_seen_at FROM ingest.sightings ORDER BY 1, 2")
    )
    return [tuple(row) for row in found]


def test_a_new_address_becomes_a_pending_entry_with_what_the_feed_said(conn: Connection, alpha: Feed) -> None:
    published = published_columns(said(NOW, Precision.DAY, "feed.pubDate"))
    row = listed_row(alpha, page(1), title="Börse", summary="Kurz.", **published)
    assert frontier.add(conn, [row], NOW).new == [alpha[0]]
    (entry,) = entries(conn)
    assert {name: entry[name] for name in row if name in entry} == {n: row[n] for n in row if n in entry}
    assert (entry["state"], entry["due_at"], entry["first_seen_at"]) == ("pending", NOW, NOW)
    assert (entry["attempts"], entry["priority"], entry["lease_owner"]) == (0, 0, None)


def test_an_address_that_is_listed_again_later_changes_nothing(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1)])
    before = entries(conn), sightings(conn)
    again = listed_row(alpha, page(1), 7, title="Another title")
    assert frontier.add(conn, [again], NOW + timedelta(hours=1)).new == []
    assert (entries(conn), sightings(conn)) == before


def test_the_same_address_twice_in_one_document_is_one_entry_and_one_sighting(conn: Connection, alpha: Feed) -> None:
    rows = [listed_row(alpha, page(1), 0, title="upper"), listed_row(alpha, page(1), 1, title="lower")]
    assert frontier.add(conn, rows, NOW).new == [alpha[0]]
    assert [row["title"] for row in entries(conn)] == ["upper"]
    assert sightings(conn) == [(alpha[1], page(1), 0, NOW)]


def test_variants_of_an_address_are_one_entry_with_a_sighting_each(conn: Connection, alpha: Feed) -> None:
    variants = [page("1?utm_source=rss"), page("1")]
    rows = [listed_row(alpha, url, n, canonical=page("1")) for n, url in enumerate(variants)]
    frontier.add(conn, rows, NOW)
    assert [row["url"] for row in entries(conn)] == [variants[0]]
    assert sorted(row[1] for row in sightings(conn)) == sorted(variants)


def test_two_feeds_that_list_an_address_share_its_entry(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    rows = [listed_row(feeds["beta/all"], page(1)), listed_row(feeds["alpha/all"], page(1))]
    first = min(feeds.values(), key=lambda feed: feed[1])
    assert frontier.add(conn, rows, NOW).new == [first[0]]
    assert [row["source_id"] for row in entries(conn)] == [first[0]]
    assert {row[0] for row in sightings(conn)} == {feed_id for _, feed_id in feeds.values()}


def test_ids_follow_the_order_of_listing_and_are_not_wasted_on_what_is_known(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(n) for n in range(5)])
    listed(conn, alpha, [page(n) for n in (9, 0, 7, 1, 8)])
    found = entries(conn)
    assert [row["url"] for row in found] == [page(n) for n in (0, 1, 2, 3, 4, 9, 7, 8)]
    assert [row["id"] - found[0]["id"] for row in found] == list(range(8))


def test_nothing_to_add_is_fine(conn: Connection) -> None:
    assert frontier.add(conn, [], NOW).new == []


def test_text_that_postgres_can_not_hold_is_replaced(conn: Connection, alpha: Feed) -> None:
    frontier.add(conn, [listed_row(alpha, page(1), title="a\x00b", guid="\ud83d")], NOW)
    assert [row["title"] for row in entries(conn)] == ["a\ufffdb"]


def fetched(conn: Connection, owner: str = "me") -> int:
    """Note an archived page for the one leased entry; its id."""
    (entry,) = [row for row in entries(conn) if row["lease_owner"] == owner]
    frontier.mark_fetched(conn, owner, [{"entry_id": entry["id"], "id": 77, "fetched_at": NOW}])
    return int(entry["id"])


def test_an_entry_that_was_fetched_and_not_loaded_comes_back_with_its_page(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1)])
    claim(conn)
    fetched(conn)
    assert frontier.release_expired(conn, NOW + 2 * LEASE) == 1
    _, (entry,) = claim(conn, "other", NOW + 2 * LEASE)
    assert (entry["state"], entry["page_id"], entry["page_fetched_at"], entry["attempts"]) == ("fetched", 77, NOW, 1)


SETTLED = {
    "loaded": settled(0, "loaded", article_id=5),
    "duplicate": settled(0, "duplicate", article_id=5),
    "skipped": settled(0, "skipped", reason="robots", detail="no"),
    "gone": settled(0, "gone", reason="gone"),
    "dead": settled(0, "dead", reason="timeout", attempts=6),
}


@pytest.mark.parametrize("row", SETTLED.values(), ids=SETTLED)
def test_an_end_state_is_written_with_its_time_keeps_its_page_and_ends_the_lease(
    conn: Connection, alpha: Feed, row: dict[str, Any]
) -> None:
    listed(conn, alpha, [page(1)])
    claim(conn)
    entry_id = fetched(conn)
    frontier.settle(conn, "me", [row | {"id": entry_id}], NOW)
    (entry,) = entries(conn)
    assert {name: entry[name] for name in row if name not in ("id", "due_at")} == {
        name: row[name] for name in row if name not in ("id", "due_at")
    }
    assert (entry["settled_at"], entry["page_id"], entry["lease_owner"]) == (NOW, 77, None)
    assert claim(conn, "other", NOW + timedelta(days=9)) == ([], [])


def test_a_retry_forgets_the_page_and_is_due_when_it_says(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1)])
    claim(conn)
    due_at = NOW + timedelta(minutes=5)
    row = settled(fetched(conn), "retry", reason="hung", due_at=due_at, attempts=2)
    frontier.settle(conn, "me", [row], NOW)
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443")])
    (entry,) = entries(conn)
    assert (entry["page_id"], entry["page_fetched_at"], entry["settled_at"]) == (None, None, None)
    assert claim(conn, at=due_at - timedelta(seconds=1)) == ([], [])
    assert [row["attempts"] for row in claim(conn, at=due_at)[1]] == [2]


def test_only_the_owner_of_a_lease_settles_and_marks(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1)])
    (entry,) = claim(conn)[1]
    before = entries(conn)
    frontier.settle(conn, "other", [settled(entry["id"], "loaded")], NOW)
    frontier.mark_fetched(conn, "other", [{"entry_id": entry["id"], "id": 77, "fetched_at": NOW}])
    frontier.release_entries(conn, "other", [entry["id"]])
    assert entries(conn) == before
    assert frontier.held(conn, "other", [entry["id"]]) == set()
    assert frontier.held(conn, "me", [entry["id"], 10**12]) == {entry["id"]}


def test_entries_are_put_back_to_where_they_came_from(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page("new"), page("failed"), page("with page")])
    ids = entries_by_url(conn)
    claim(conn)
    frontier.settle(conn, "me", [settled(ids[page("failed")], "retry", reason="timeout", due_at=NOW)], NOW)
    frontier.mark_fetched(conn, "me", [{"entry_id": ids[page("with page")], "id": 7, "fetched_at": NOW}])
    frontier.release_entries(conn, "me", [ids[page("new")], ids[page("with page")]])
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443")])
    expected = {page("new"): "pending", page("failed"): "retry", page("with page"): "fetched"}
    assert states(conn) == expected
    assert len(claim(conn)[1]) == 3
    frontier.release_entries(conn, "me", list(ids.values()))
    assert states(conn) == expected


def test_a_renewed_lease_lasts_longer_and_covers_hosts_entries_and_feeds(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1), page(1, "other.example")])
    feed_store.claim_due(conn, "me", NOW, LEASE, None, all_of_them=True)
    claim(conn, hosts=1)
    claim(conn, "other", hosts=1)
    frontier.renew(conn, "me", NOW + 3 * LEASE)
    assert frontier.release_expired(conn, NOW + 2 * LEASE) == 1
    assert [len(one) for one in claim(conn, "third", NOW + 2 * LEASE)] == [1, 1]
    assert feed_store.claim_due(conn, "third", NOW + 2 * LEASE, LEASE, None, all_of_them=True) == []


def test_leases_that_ran_out_are_freed_and_others_are_not(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1)])
    claim(conn)
    assert frontier.release_expired(conn, NOW + LEASE) == 0
    assert frontier.release_expired(conn, NOW + LEASE + timedelta(seconds=1)) == 1
    assert states(conn) == {page(1): "pending"}


def test_a_dead_run_is_freed_at_once_and_a_run_with_a_longer_number_is_not(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1), page(1, "other.example")])
    claim(conn, "run:1:a", hosts=1)
    claim(conn, "run:12:b", hosts=1)
    feed_store.claim_due(conn, "run:1:a", NOW, LEASE, None, all_of_them=True)
    frontier.release_run(conn, 1)
    assert sorted(row["lease_owner"] or "" for row in entries(conn)) == ["", "run:12:b"]
    assert [len(one) for one in claim(conn, "next")] == [1, 1]
    assert len(feed_store.claim_due(conn, "next", NOW, LEASE, None, all_of_them=True)) == 1


def test_the_next_due_time_is_the_earliest_open_entry(conn: Connection, alpha: Feed) -> None:
    assert frontier.next_due_at(conn) is None
    listed(conn, alpha, [page(1), page(2)])
    conn.execute(text("UPDATE ingest.entries SET state = 'loaded', due_at = :at WHERE url = :url"),
                 {"at": NOW - timedelta(days=1), "url": page(1)})  # fmt: skip
    assert frontier.next_due_at(conn) == NOW


def test_entries_are_counted_by_state(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(n) for n in range(3)])
    claim(conn, count=1)
    assert frontier.counts(conn) == {"leased": 1, "pending": 2}


def test_processes_that_list_the_same_addresses_in_any_order_do_not_deadlock(tape: Engine) -> None:
    with tape.begin() as conn:
        feeds = known_feeds(conn, "alpha", "beta")

    def add(name: str, urls: Sequence[str]) -> int:
        with tape.begin() as conn:
            return len(listed(conn, feeds[f"{name}/all"], urls))

    new = 0
    for number in range(8):
        urls = [page(f"{number}/{n}", f"h{n % 7}.example") for n in range(150)]
        with ThreadPoolExecutor(2) as pool:
            new += sum(pool.map(add, ("alpha", "beta"), (urls, urls[::-1])))
    assert new == 8 * 150
    with tape.connect() as conn:
        assert len(entries(conn)) == 8 * 150
        assert len(sightings(conn)) == 2 * 8 * 150


def test_leases_are_renewed_beside_a_batch_that_is_being_settled(tape: Engine) -> None:
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        listed(conn, feed, [page(n) for n in range(3)])
        ids = [row["id"] for row in claim(conn)[1]]
    with tape.begin() as settling, tape.begin() as renewing:
        frontier.settle(settling, "me", [settled(ids[2], "loaded")], NOW)
        frontier.renew(renewing, "me", NOW + 5 * LEASE)
        assert frontier.release_expired(renewing, NOW + 9 * LEASE) == 2
        renewing.rollback()
        frontier.settle(settling, "me", [settled(ids[0], "loaded")], NOW)
    with tape.connect() as conn:
        assert [row["state"] for row in entries(conn)] == ["loaded", "leased", "loaded"]
