"""Leases that ran out: counted and ended on entries, hosts and feeds alike; what is alive keeps its own."""

import pytest
from makers import LEASE, NOW, known_feeds, listed, page, share
from sqlalchemy import Connection, text

from sql.store import feeds, frontier

TABLES = ("entries", "hosts", "feeds")


@pytest.fixture
def leased(conn: Connection) -> Connection:
    """Alpha and beta with an entry, a host and a feed each, all leased for a minute."""
    found = known_feeds(conn, "alpha", "beta")
    for slug in ("alpha", "beta"):
        listed(conn, found[f"{slug}/all"], [page(1, f"{slug}.example")])
    frontier.claim(conn, "me", NOW, LEASE, share())
    feeds.claim_due(conn, "me", NOW, LEASE, None, all_of_them=True)
    return conn


def test_a_lease_runs_out_only_after_its_last_moment(leased: Connection) -> None:
    assert frontier.expired(leased, NOW + LEASE) == dict.fromkeys(TABLES, 0)
    assert frontier.end_expired(leased, NOW + LEASE) == dict.fromkeys(TABLES, 0)


def test_counting_changes_nothing_and_ending_does_what_was_counted(leased: Connection) -> None:
    for _ in range(2):
        assert frontier.expired(leased, NOW + 2 * LEASE) == dict.fromkeys(TABLES, 2)
    assert frontier.end_expired(leased, NOW + 2 * LEASE) == dict.fromkeys(TABLES, 2)
    assert frontier.end_expired(leased, NOW + 2 * LEASE) == dict.fromkeys(TABLES, 0)


def test_a_lease_that_was_renewed_stays(leased: Connection) -> None:
    for table in TABLES:
        key = "host" if table == "hosts" else "id"
        renewed = f"UPDATE ingest.{table} SET lease_until = :at WHERE {key} = (SELECT min({key}) FROM ingest.{table})"
        leased.execute(text(renewed), {"at": NOW + 5 * LEASE})
    assert frontier.end_expired(leased, NOW + 2 * LEASE) == dict.fromkeys(TABLES, 1)
    for table in TABLES:
        owners = leased.execute(text(f"SELECT lease_owner, lease_until FROM ingest.{table} ORDER BY 1")).all()
        assert [tuple(row) for row in owners] == [("me", NOW + 5 * LEASE), (None, None)]
