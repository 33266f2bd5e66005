"""Hosts: since when one can't say what is allowed, and who is not asked because a source is paused."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from makers import LEASE, NOW, Feed, claim, entries, host_row, known_feeds, listed, page
from sqlalchemy import Connection, text

from sql.store import frontier, hosts, pages, rights
from sql.store.hosts import failing

HOUR = timedelta(hours=1)


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def visit(conn: Connection, at: datetime, failing_since: datetime | None) -> None:
    claim(conn, at=at)
    frontier.release_expired(conn, at + 2 * LEASE)
    frontier.release_hosts(conn, "me", [host_row("alpha.example:443", at, robots_failing_since=failing_since)])


def test_a_host_without_robots_txt_to_be_had_is_noted_since_the_first_time_until_it_can_say(
    conn: Connection, alpha: Feed
) -> None:
    listed(conn, alpha, [page(1), page(2)])
    assert failing(conn) == []
    visit(conn, NOW, NOW)
    visit(conn, NOW + HOUR, NOW + HOUR)
    (row,) = failing(conn)
    assert (row["host"], row["robots_failing_since"], row["waiting"]) == ("alpha.example:443", NOW, 2)
    visit(conn, NOW + 2 * HOUR, None)
    assert failing(conn) == []


def test_hosts_are_added_once_and_keep_what_is_known_of_them(conn: Connection) -> None:
    hosts.add_hosts(conn, ["b.example:443", "a.example:443", "b.example:443"], NOW)
    hosts.add_hosts(conn, ["a.example:443"], NOW + HOUR)
    hosts.add_hosts(conn, [], NOW)
    found = conn.execute(text("SELECT host, next_request_at FROM ingest.hosts ORDER BY 1")).all()
    assert [tuple(row) for row in found] == [("a.example:443", NOW), ("b.example:443", NOW)]


def test_a_poll_puts_the_pages_of_its_host_off_by_the_delay_of_its_source(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    conn.execute(text("UPDATE ingest.sources SET delay = '7 s' WHERE slug = 'beta'"))
    hosts.add_hosts(conn, ["a.example:443", "b.example:443", "late.example:443"], NOW)
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = :at WHERE host LIKE 'late%'"), {"at": NOW + HOUR})
    polls = [("a", "alpha"), ("a", "beta"), ("late", "alpha"), ("unknown", "alpha")]
    hosts.asked(
        conn,
        [{"host": f"{host}.example:443", "source_id": feeds[f"{slug}/all"][0], "at": NOW} for host, slug in polls],
    )
    found = conn.execute(text("SELECT next_request_at FROM ingest.hosts ORDER BY host")).scalars().all()
    assert found == [NOW + timedelta(seconds=7), NOW, NOW + HOUR]


PAUSES: dict[str, tuple[datetime | None, datetime | None, bool]] = {
    "for good": (NOW - HOUR, None, True),
    "until later": (NOW - HOUR, NOW + HOUR, True),
    "until now": (NOW - HOUR, NOW, False),
    "not at all": (None, None, False),
}


@pytest.mark.parametrize(("since", "until", "paused"), PAUSES.values(), ids=PAUSES)
def test_entries_of_a_paused_source_are_left_alone(
    conn: Connection, since: datetime | None, until: datetime | None, *, paused: bool
) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    listed(conn, feeds["alpha/all"], [page(1), page("shared", "shared.example")])
    listed(conn, feeds["beta/all"], [page(2, "shared.example")])
    conn.execute(text("UPDATE ingest.sources SET paused_at = :since, paused_until = :until WHERE slug = 'alpha'"),
                 {"since": since, "until": until})  # fmt: skip
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = :at WHERE host LIKE 'shared%'"), {"at": NOW + HOUR})
    assert frontier.next_slot_at(conn, NOW, None) == (NOW + HOUR if paused else NOW)
    conn.execute(text("UPDATE ingest.hosts SET next_request_at = :now"), {"now": NOW})
    assert {row["source_id"] for row in claim(conn)[1]} == {
        feed[0] for slug, feed in feeds.items() if not (paused and slug == "alpha/all")
    }


def test_single_entries_are_claimed_and_waited_for_alone(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(number, f"h{number % 3}.example") for number in range(9)])
    wanted = [row["id"] for row in entries(conn) if row["url"].endswith(("/4", "/7", "/8"))]
    assert frontier.next_slot_at(conn, NOW, None, wanted) == NOW
    held, rows = claim(conn, entries=wanted)
    assert [row["id"] for row in rows] == wanted
    assert {row["host"] for row in held} == {"h1.example:443", "h2.example:443"}
    assert claim(conn, "other", entries=[]) == ([], [])
    assert frontier.next_slot_at(conn, NOW, None, wanted) is None


RIGHTS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "the header counts before the page": (
        {"tdm_reservation": "1", "tdm_policy": "https://a.example/p"},
        {"tdm_reservation": "0", "tdm_policy": "https://b.example/p"},
        {"tdm_reservation": "1", "tdm_policy": "https://a.example/p"}),
    "the page where no header says it": (
        {}, {"tdm_reservation": "1", "meta_robots": "noai", "paywall": True},
        {"tdm_reservation": "1", "meta_robots": "noai", "paywall": True}),
    "nobody": ({"x_robots_tag": "noindex"}, {}, {"x_robots_tag": "noindex", "tdm_reservation": None, "paywall": None}),
}  # fmt: skip


@pytest.mark.parametrize(("booked", "stated", "expected"), RIGHTS.values(), ids=RIGHTS)
def test_rights_are_booked_with_a_page_and_completed_by_what_it_says(
    conn: Connection, booked: dict[str, Any], stated: dict[str, Any], expected: dict[str, Any]
) -> None:
    key = {"page_id": 7, "page_fetched_at": NOW}
    nothing: dict[str, Any] = dict.fromkeys(("x_robots_tag", "tdm_reservation", "tdm_policy", "meta_robots", "paywall"))
    rights.book(conn, [nothing | key | {"entry_id": 3, "robots": "allowed"} | booked])
    rights.complete(conn, [nothing | key | stated, nothing | {"page_id": 8, "page_fetched_at": NOW}])
    (row,) = conn.execute(text("SELECT * FROM ingest.rights")).mappings()
    assert (row["robots"], row["entry_id"]) == ("allowed", 3)
    assert {name: row[name] for name in expected} == expected


def test_no_rights_are_fine(conn: Connection) -> None:
    rights.book(conn, [])
    rights.complete(conn, [])
    assert pages.archive(conn, []) == []
