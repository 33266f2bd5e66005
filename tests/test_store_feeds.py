"""Feeds are leased by one poller at a time, and remember what the last poll brought."""

from datetime import timedelta
from typing import Any

import pytest
from makers import LEASE, NOW, feed_row, known_feeds, polled, source_row
from sqlalchemy import Connection, Engine, text

from sql.store import feeds, sources


def claimed(conn: Connection, owner: str = "me", *, minutes: float = 0, all_of_them: bool = False) -> list[str]:
    """Addresses of the feeds that `owner` gets `minutes` after NOW."""
    now = NOW + timedelta(minutes=minutes)
    return [row["url"] for row in feeds.claim_due(conn, owner, now, LEASE, None, all_of_them=all_of_them)]


def stored(conn: Connection) -> dict[str, Any]:
    return dict(conn.execute(text("SELECT * FROM ingest.feeds")).mappings().one())


def test_a_due_feed_comes_with_what_a_poll_needs(conn: Connection) -> None:
    row = source_row("alpha", delay=timedelta(seconds=3), user_agent="We/1", headers={"X-Key": "1"})
    sources.sync(conn, [row], [feed_row("alpha")], NOW)
    (due,) = feeds.claim_due(conn, "me", NOW, LEASE, None, all_of_them=False)
    assert (due["slug"], due["url"], due["every"]) == ("alpha", "https://alpha.example/all.rss", timedelta(minutes=15))
    assert (due["delay"], due["user_agent"], due["headers"]) == (timedelta(seconds=3), "We/1", {"X-Key": "1"})
    assert (due["etag"], due["last_modified"], due["body_sha256"], due["failures"]) == (None, None, None, 0)


ZONES = {"a feed's own zone counts": ("Europe/Berlin", "Europe/Berlin"), "else its source's": (None, "Europe/Zurich")}


@pytest.mark.parametrize(("zone", "expected"), ZONES.values(), ids=ZONES)
def test_the_zone_of_a_feed(conn: Connection, zone: str | None, expected: str) -> None:
    sources.sync(conn, [source_row("alpha")], [feed_row("alpha", time_zone=zone)], NOW)
    (due,) = feeds.claim_due(conn, "me", NOW, LEASE, None, all_of_them=False)
    assert due["time_zone"] == expected


def test_a_leased_feed_is_nobody_elses_until_its_lease_runs_out(conn: Connection) -> None:
    known_feeds(conn, "alpha")
    assert len(claimed(conn, "me")) == 1
    assert claimed(conn, "other", all_of_them=True) == []
    assert len(claimed(conn, "other", minutes=1.1)) == 1


def test_a_settled_feed_is_due_again_at_its_next_poll_and_not_before(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn)
    feeds.settle(conn, "me", [polled(feed_id)])
    assert claimed(conn, minutes=14.9) == []
    assert len(claimed(conn, minutes=15)) == 1


def test_all_of_them_means_due_or_not(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn)
    feeds.settle(conn, "me", [polled(feed_id)])
    assert len(claimed(conn, all_of_them=True)) == 1


def test_only_the_chosen_sources_are_claimed(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta", "gamma")
    rows = feeds.claim_due(conn, "me", NOW, LEASE, ["gamma", "alpha"], all_of_them=False)
    assert [row["slug"] for row in rows] == ["alpha", "gamma"]
    assert feeds.claim_due(conn, "me", NOW, LEASE, [], all_of_them=False) == []


def test_a_poll_leaves_its_validators_and_its_times(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn)
    feeds.settle(conn, "me", [polled(feed_id, etag='W/"a b"', last_modified="Mon, 02 Mar 2026 09:00:00 GMT")])
    row = stored(conn)
    assert (row["etag"], row["last_modified"]) == ('W/"a b"', "Mon, 02 Mar 2026 09:00:00 GMT")
    assert (row["body_sha256"], row["last_outcome"]) == (b"\x01" * 32, "changed")
    assert (row["last_polled_at"], row["last_changed_at"]) == (NOW, NOW)
    assert (row["lease_owner"], row["lease_until"]) == (None, None)


def test_a_validator_that_is_no_text_does_not_stop_the_batch(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn)
    feeds.settle(conn, "me", [polled(feed_id, etag='"\udce4\x00"')])
    assert stored(conn)["etag"] == '"\ufffd\ufffd"'


def test_an_unchanged_poll_keeps_the_time_of_the_last_change(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn)
    feeds.settle(conn, "me", [polled(feed_id)])
    claimed(conn, all_of_them=True)
    later = NOW + timedelta(hours=1)
    feeds.settle(conn, "me", [polled(feed_id, changed=False, outcome="not_modified", polled_at=later)])
    assert (stored(conn)["last_polled_at"], stored(conn)["last_changed_at"]) == (later, NOW)


def test_failures_in_a_row_are_counted_and_a_success_ends_the_row(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    seen = []
    for failed in (True, True, False, True):
        claimed(conn, all_of_them=True)
        feeds.settle(conn, "me", [polled(feed_id, failed=failed)])
        seen.append(stored(conn)["failures"])
    assert seen == [1, 2, 0, 1]


def test_a_feed_that_another_process_took_over_is_left_alone(conn: Connection) -> None:
    feed_id = known_feeds(conn, "alpha")["alpha/all"][1]
    claimed(conn, "slow")
    claimed(conn, "other", minutes=2)
    feeds.settle(conn, "slow", [polled(feed_id)])
    row = stored(conn)
    assert (row["lease_owner"], row["last_outcome"]) == ("other", None)


def test_feeds_of_absent_sources_are_neither_claimed_nor_waited_for(conn: Connection) -> None:
    known_feeds(conn, "alpha")
    assert feeds.next_due_at(conn) == NOW
    sources.sync(conn, [], [], NOW)
    assert claimed(conn, all_of_them=True) == []
    assert feeds.next_due_at(conn) is None


def test_two_pollers_at_once_share_no_feed(tape: Engine) -> None:
    with tape.begin() as conn:
        known_feeds(conn, "alpha", feeds=[f"feed{number}" for number in range(10)])
    with tape.begin() as first, tape.begin() as second:
        mine, yours = claimed(first, "me"), claimed(second, "you")
    assert (len(mine), yours) == (10, [])
