"""Articles that somebody asks for by hand, and ends that are opened again."""

from datetime import timedelta
from typing import Any

import pytest
from makers import NOW, Feed, claim, entries, known_feeds, listed, listed_row, page
from sqlalchemy import Connection, text

from sql.store import frontier
from tasks.urls import host_key, url_hash

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def by_hand(feed: Feed, url: str, portal_id: str | None = None) -> dict[str, Any]:
    identity = {"url": url, "canonical_url": url, "url_hash": url_hash(url), "portal_id": portal_id}
    return identity | {"source_id": feed[0], "host": host_key(url)}


def settle_all(conn: Connection, state: str, reason: str | None = None, **more: Any) -> None:
    values = {"state": state, "reason": reason, "article_id": None, "at": NOW} | more
    statement = """
        UPDATE ingest.entries SET state = :state, reason = :reason, detail = :reason, attempts = 6, settled_at = :at,
            article_id = :article_id, page_id = 9, page_fetched_at = :at
    """
    conn.execute(text(statement), values)


def test_an_unknown_article_asked_for_by_hand_is_a_live_entry_due_now(conn: Connection, alpha: Feed) -> None:
    ids = frontier.add_by_hand(conn, [by_hand(alpha, page(1), "1"), by_hand(alpha, page("other-1"), "1")], NOW)
    (entry,) = entries(conn)
    assert ids == [entry["id"]] * 2
    assert (entry["origin"], entry["priority"], entry["state"], entry["due_at"]) == ("hand", 0, "pending", NOW)
    assert (entry["url"], entry["portal_id"], entry["title"]) == (page(1), "1", None)
    assert [row["id"] for row in claim(conn)[1]] == ids[:1]


def test_an_article_that_was_asked_for_by_hand_is_no_new_one_when_a_feed_lists_it(
    conn: Connection, alpha: Feed
) -> None:
    frontier.add_by_hand(conn, [by_hand(alpha, page(1))], NOW)
    added = frontier.add(conn, [listed_row(alpha, page(1))], LATER)
    assert (added.new, added.overlaps) == ([], {alpha[1]: (1, 0)})


def test_ids_come_back_in_the_order_asked(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1), page(2)])
    known = {row["url"]: row["id"] for row in entries(conn)}
    ids = frontier.add_by_hand(conn, [by_hand(alpha, page(number)) for number in (2, 3, 1)], LATER)
    assert (ids[0], ids[2]) == (known[page(2)], known[page(1)])
    assert {row["url"]: row["id"] for row in entries(conn)}[page(3)] == ids[1]
    assert frontier.add_by_hand(conn, [], NOW) == []


@pytest.mark.parametrize("state", ["skipped", "dead", "gone", "duplicate"])
def test_a_settled_article_asked_for_by_hand_is_opened_again(conn: Connection, alpha: Feed, state: str) -> None:
    listed(conn, alpha, [page(1)], priority=1)
    settle_all(conn, state, "blocked", article_id=5)
    frontier.add_by_hand(conn, [by_hand(alpha, page(1))], LATER)
    (entry,) = entries(conn)
    assert (entry["state"], entry["due_at"], entry["attempts"], entry["priority"]) == ("pending", LATER, 0, 0)
    assert (entry["reason"], entry["detail"], entry["settled_at"], entry["page_id"]) == (None, None, None, None)
    assert (entry["origin"], entry["first_seen_at"]) == ("listed", NOW)
    assert entry["article_id"] == (None if state == "duplicate" else 5), "what was gone is still its article"


def test_a_loaded_article_asked_for_by_hand_is_asked_again_however_often_it_was(conn: Connection, alpha: Feed) -> None:
    listed(conn, alpha, [page(1)])
    settle_all(conn, "loaded", article_id=5)
    conn.execute(text("UPDATE ingest.entries SET rechecks = 99"))
    (entry_id,) = frontier.add_by_hand(conn, [by_hand(alpha, page(1))], LATER)
    assert frontier.due_again(conn, LATER, None) == 1
    assert [(row["id"], row["article_id"]) for row in claim(conn, at=LATER, entries=[entry_id])[1]] == [(entry_id, 5)]


def test_an_open_article_asked_for_by_hand_is_due_now_and_one_at_work_is_left_alone(
    conn: Connection, alpha: Feed
) -> None:
    listed(conn, alpha, [page(1)], priority=1)
    conn.execute(text("UPDATE ingest.entries SET state = 'retry', due_at = :at"), {"at": NOW + timedelta(days=1)})
    ids = frontier.add_by_hand(conn, [by_hand(alpha, page(1))], NOW)
    assert [(row["id"], row["priority"]) for row in entries(conn)] == [(ids[0], 0)]
    assert len(claim(conn)[1]) == 1
    before = entries(conn)
    frontier.add_by_hand(conn, [by_hand(alpha, page(1))], LATER)
    assert entries(conn) == before


def ended(conn: Connection, feeds: dict[str, Feed]) -> None:
    """Entries of two sources at different ends: `alpha` 0 to 4, `beta` 0."""
    for slug, numbers in (("alpha", range(5)), ("beta", range(1))):
        listed(conn, feeds[f"{slug}/all"], [page(number, f"{slug}.example") for number in numbers])
    ends = [("skipped", "blocked"), ("skipped", "robots"), ("dead", "timeout"), ("gone", "not_found"), ("loaded", None)]
    for number, (state, reason) in enumerate(ends):
        values = {"state": state, "reason": reason, "at": NOW + timedelta(minutes=number), "url": f"%/{number}"}
        conn.execute(text("UPDATE ingest.entries SET state = :state, reason = :reason, settled_at = :at "
                          "WHERE url LIKE :url"), values)  # fmt: skip


CHOSEN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all ends": ({}, ["alpha/0", "alpha/1", "alpha/2", "alpha/3", "beta/0"]),
    "one reason": ({"reason": "blocked"}, ["alpha/0", "beta/0"]),
    "one state": ({"states": ["dead"]}, ["alpha/2"]),
    "a source": ({"source": "beta"}, ["beta/0"]),
    "the two latest": ({"limit": 2}, ["alpha/2", "alpha/3"]),
    "what is no end, or a good one, is none of it": ({"states": ["loaded", "pending", "duplicate"]}, []),
}


@pytest.mark.parametrize(("wish", "expected"), CHOSEN.values(), ids=CHOSEN)
def test_ends_are_opened_as_chosen_and_counted_before(
    conn: Connection, wish: dict[str, Any], expected: list[str]
) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    ended(conn, feeds)
    chosen: dict[str, Any] = {
        "source_id": feeds[f"{wish['source']}/all"][0] if "source" in wish else None,
        "reason": wish.get("reason"),
        "states": wish.get("states", ["skipped", "dead", "gone"]),
    }
    counted = frontier.revivable(conn, **chosen)
    ids = frontier.revive(conn, LATER, **chosen, limit=wish.get("limit"))
    opened = [row for row in entries(conn) if row["state"] == "pending"]
    assert [row["id"] for row in opened] == ids
    assert [f"{row['host'].split('.')[0]}/{row['url'][-1]}" for row in opened] == expected
    assert {(row["due_at"], row["attempts"], row["reason"], row["settled_at"]) for row in opened} <= {
        (LATER, 0, None, None)
    }
    assert "limit" in wish or sum(row["entries"] for row in counted) == len(expected)


def test_what_could_be_opened_is_told_by_source_state_and_reason(conn: Connection) -> None:
    ended(conn, known_feeds(conn, "alpha", "beta"))
    counted = frontier.revivable(conn, source_id=None, reason=None, states=["skipped", "gone"])
    assert [(row["source"], row["state"], row["reason"], row["entries"]) for row in counted] == [
        ("alpha", "gone", "not_found", 1), ("alpha", "skipped", "blocked", 1), ("alpha", "skipped", "robots", 1),
        ("beta", "skipped", "blocked", 1),
    ]  # fmt: skip
    assert {row["last_at"] for row in counted} == {NOW + number * timedelta(minutes=1) for number in (0, 1, 3)}
