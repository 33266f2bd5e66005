"""Who gets which hosts and entries, in which order, and when a host may be asked again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from makers import (
    LEASE,
    NOW,
    Feed,
    claim,
    entries,
    entries_by_url,
    feed_row,
    host_row,
    known_feeds,
    listed,
    page,
    settled,
    share,
    source_row,
)
from sqlalchemy import Connection, Engine, text

from sql.store import frontier, sources


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def urls_of(claimed: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> list[str]:
    return [row["url"] for row in claimed[1]]


def test_a_claim_leases_hosts_and_entries_with_all_that_a_request_needs(conn: Connection) -> None:
    row = source_row("alpha", delay=timedelta(seconds=2), concurrency=3, user_agent="We/1", headers={"X": "1"})
    sources.sync(conn, [row], [feed_row("alpha")], NOW)
    feed = conn.execute(text("SELECT source_id, id FROM ingest.feeds")).one()
    listed(conn, (feed[0], feed[1]), [page(1)])
    (host,), (entry,) = claim(conn)
    assert (host["host"], host["robots_status"], host["robots_body"]) == ("alpha.example:443", None, None)
    assert (entry["slug"], entry["delay"], entry["concurrency"]) == ("alpha", timedelta(seconds=2), 3)
    assert (entry["user_agent"], entry["headers"], entry["url"]) == ("We/1", {"X": "1"}, page(1))
    (stored,) = entries(conn)
    assert (stored["state"], stored["lease_owner"], stored["lease_until"]) == ("leased", "me", NOW + LEASE)


def test_what_is_claimed_is_not_claimed_again_while_the_lease_lasts(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(n) for n in range(3)])
    assert len(urls_of(claim(conn, count=1))) == 1
    assert claim(conn, "other") == ([], [])
    assert claim(conn, "me") == ([], [])


def test_a_host_gives_live_entries_first_then_the_longest_due_then_the_first_listed(
    conn: Connection, alpha: Feed
) -> None:
    listed(conn, alpha, [page("old")], priority=1)
    listed(conn, alpha, [page("b"), page("a"), page("late")])
    conn.execute(text("UPDATE ingest.entries SET due_at = :at WHERE url = :url"),
                 {"at": NOW - timedelta(hours=1), "url": page("late")})  # fmt: skip
    order = []
    for _ in range(4):
        order += urls_of(claim(conn, count=1))
        frontier.settle(conn, "me", [settled(entries_by_url(conn)[order[-1]], "skipped")], NOW)
        frontier.release_hosts(conn, "me", [host_row("alpha.example:443")])
    assert order == [page("late"), page("b"), page("a"), page("old")]


def test_hosts_take_turns_in_a_batch(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(n, "big.example") for n in range(20)])
    listed(conn, alpha, [page(n, "small.example") for n in range(2)])
    claimed = urls_of(claim(conn, count=6))
    assert sorted(claimed) == sorted(
        [page(n, "big.example") for n in range(4)] + [page(n, "small.example") for n in range(2)]
    )


def test_no_more_hosts_than_entries_are_leased_so_that_each_gets_one(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(n, f"h{n}.example") for n in range(10)])
    hosts, rows = claim(conn, count=3)
    assert sorted(host["host"] for host in hosts) == sorted(row["host"] for row in rows)
    assert len(claim(conn, "other", hosts=5)[0]) == 5


def test_hosts_with_live_entries_come_first_then_the_longest_unasked(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1, "backfill.example")], priority=1)
    listed(conn, alpha, [page(1, "b.example"), page(1, "a.example")])
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = CAST(:now AS timestamptz) - CASE host "
                      "WHEN 'a.example:443' THEN interval '1 min' WHEN 'b.example:443' THEN interval '2 min' "
                      "ELSE interval '1 h' END"), {"now": NOW})  # fmt: skip
    order = [claim(conn, f"owner {n}", hosts=1)[0][0]["host"] for n in range(3)]
    assert order == ["b.example:443", "a.example:443", "backfill.example:443"]


NOT_CLAIMED = {
    "an entry whose time has not come": "UPDATE ingest.entries SET due_at = due_at + interval '1 s'",
    "a host that may be asked only beyond the horizon": "UPDATE ingest.hosts "
    "SET next_request_at = timestamptz '2026-03-02 09:30+00' + interval '11 s'",
    "a loaded entry": "UPDATE ingest.entries SET state = 'loaded'",
    "a dead entry": "UPDATE ingest.entries SET state = 'dead'",
}


@pytest.mark.parametrize("change", NOT_CLAIMED.values(), ids=NOT_CLAIMED)
def test_what_is_not_claimed(conn: Connection, alpha: Feed, change: str) -> None:
    listed(conn, alpha, [page(1)])
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = :now"), {"now": NOW})
    conn.execute(text(change))
    assert claim(conn) == ([], [])


def test_a_host_whose_entries_are_all_being_worked_on_is_left_alone(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1), page(2)])
    (entry,) = claim(conn, count=1)[1]
    frontier.mark_fetched(conn, "me", [{"entry_id": entry["id"], "id": 77, "fetched_at": NOW}])
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443")])
    assert urls_of(claim(conn, "other", count=1)) == [page(2)]
    frontier.release_hosts(conn, "other", [host_row("alpha.example:443")])
    assert claim(conn, "third") == ([], [])
    assert slots(conn) is None


def test_only_entries_of_the_chosen_sources_are_claimed(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    for name in ("alpha", "beta"):
        listed(conn, feeds[f"{name}/all"], [page(name, "shared.example"), page(name, f"{name}.example")])
    hosts, rows = claim(conn, sources=[feeds["beta/all"][0]])
    assert {row["url"] for row in rows} == {page("beta", "shared.example"), page("beta", "beta.example")}
    assert {host["host"] for host in hosts} == {"shared.example:443", "beta.example:443"}
    assert claim(conn, "other", sources=[]) == ([], [])


def test_a_released_host_keeps_its_next_slot_and_its_robots_txt(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1), page(2)])
    claim(conn, count=1)
    slot, expires_at = NOW + timedelta(seconds=5), NOW + timedelta(hours=24)
    robots = {"robots_status": 200, "robots_body": "User-agent: *", "robots_expires_at": expires_at}
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443", slot, **robots)])
    ((host,), _) = claim(conn)
    assert host == robots | {"host": "alpha.example:443", "next_request_at": slot}


def test_a_slot_never_moves_back_and_a_host_that_was_lost_is_left_alone(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1), page(2)])
    claim(conn, count=1)
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443", NOW + timedelta(seconds=9))])
    claim(conn, "other", count=1)
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443", robots_status=500)])
    assert claim(conn, "third", NOW + timedelta(seconds=5)) == ([], [])
    frontier.release_hosts(conn, "other", [host_row("alpha.example:443", NOW, robots_status=404)])
    host = conn.execute(text("SELECT next_request_at, robots_status, lease_owner FROM ingest.hosts")).one()
    assert tuple(host) == (NOW + timedelta(seconds=9), 404, None)


def test_robots_rows_of_all_and_of_no_hosts_are_fine(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1, f"h{n}.example") for n in range(3)])
    hosts, _ = claim(conn)
    frontier.release_hosts(conn, "me", [host_row(host["host"]) for host in hosts])
    frontier.release_hosts(conn, "me", [])
    assert len(claim(conn, "other")[0]) == 0
    assert frontier.release_expired(conn, NOW + 2 * LEASE) == 3
    assert len(claim(conn, "other")[0]) == 3


def slots(conn: Connection, at: datetime = NOW, sources_: Sequence[int] | None = None) -> datetime | None:
    return frontier.next_slot_at(conn, at, sources_)


def test_the_next_slot_is_that_of_the_first_free_host_with_a_due_entry(conn: Connection, alpha: Feed) -> None:
    assert slots(conn) is None
    listed(conn, alpha, [page(1, "a.example"), page(1, "b.example")])
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = :at"), {"at": NOW + timedelta(seconds=30)})
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = :at WHERE host LIKE 'b%'"),
                 {"at": NOW + timedelta(seconds=40)})  # fmt: skip
    assert slots(conn) == NOW + timedelta(seconds=30)
    conn.execute(text("UPDATE ingest.hosts SET lease_owner = 'x', lease_until = :at WHERE host LIKE 'a%'"),
                 {"at": NOW + LEASE})  # fmt: skip
    assert slots(conn) == NOW + timedelta(seconds=2), "who has the host may give it back any moment"
    assert slots(conn, NOW + 2 * LEASE) == NOW + timedelta(seconds=30), "the lease of a dead process is no lease"
    assert slots(conn, sources_=[alpha[0] + 1]) is None
    assert slots(conn, NOW - timedelta(seconds=1)) is None


def test_the_live_ingest_takes_no_backfill_and_does_not_wait_for_one(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page("old")], priority=1)
    live = replace(share(), backfill=0)
    assert frontier.claim(conn, "me", NOW, LEASE, live) == ([], [])
    assert frontier.next_slot_at(conn, NOW, None, live_only=True) is None
    assert slots(conn) == NOW
    listed(conn, alpha, [page("new")])
    assert urls_of(frontier.claim(conn, "me", NOW, LEASE, live)) == [page("new")]


def test_a_backfill_takes_as_much_as_its_budget_leaves_and_live_entries_besides(conn: Connection, alpha: Feed) -> None:
    hosts = [f"h{number}.example" for number in range(3)]
    listed(conn, alpha, [page(number, host) for host in hosts for number in range(3)], priority=1)
    listed(conn, alpha, [page("live", host) for host in hosts])
    claimed = frontier.claim(conn, "me", NOW, LEASE, replace(share(), backfill=4))[1]
    assert [row["url"].rsplit("/", 1)[1] for row in claimed].count("live") == 3
    assert len(claimed) == 3 + 4


def test_two_claims_at_once_share_no_host_and_wait_for_nobody(tape: Engine) -> None:
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        listed(conn, feed, [page(n, f"h{n % 4}.example") for n in range(40)])
    with tape.begin() as first, tape.begin() as second, tape.begin() as third:
        mine, yours = claim(first, "me", hosts=3), claim(second, "you", hosts=3)
        assert claim(third, "late") == ([], [])
    assert [len(mine[0]), len(yours[0])] == [3, 1]
    assert {row["id"] for row in mine[1]}.isdisjoint(row["id"] for row in yours[1])
    assert len(mine[1]) + len(yours[1]) == 40
