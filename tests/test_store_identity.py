"""Which entry a listed address is: one article is one entry under all its addresses, two articles never are."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from makers import NOW, Feed, entries, known_feeds, listed_row, page
from sqlalchemy import Connection, Engine, text

from sql.store import frontier
from sql.store.identity import MOST_SIGHTINGS, Added
from tasks.columns import published_columns
from tasks.model import Precision, Timestamp

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def at(time: datetime, precision: Precision = Precision.SECOND) -> dict[str, Any]:
    """The columns of a feed's publication time."""
    return published_columns(Timestamp(time, precision, time.isoformat(), "feed.pubDate", "stated"))


def polled(conn: Connection, feed: Feed, *documents: Sequence[dict[str, Any]]) -> list[Added]:
    """Add one document after the other; each entry of a document is what a row has besides its place."""
    return [
        frontier.add(conn, [listed_row(feed, position=place, **one) for place, one in enumerate(document)], LATER)
        for document in documents
    ]


def sighted(conn: Connection) -> list[tuple[str, int]]:
    found = conn.execute(text("SELECT e.url, count(*) FROM ingest.sightings s "
                              "JOIN ingest.entries e ON e.id = s.entry_id GROUP BY 1 ORDER BY 1"))  # fmt: skip
    return [(row[0], row[1]) for row in found]


# What a feed lists first, then: one entry or two?
GUIDS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "another slug under the same GUID, time and title": (
        {"url": page("a-1"), "guid": "g", "title": "A", **at(NOW)},
        {"url": page("b-1"), "guid": "g", "title": "A", **at(NOW)}, 1),
    "another title and slug under the same GUID and time": (
        {"url": page("a-1"), "guid": "g", "title": "A", **at(NOW)},
        {"url": page("b-1"), "guid": "g", "title": "B", **at(NOW)}, 1),
    "re-dated with another slug under the same GUID and title": (
        {"url": page("a-1"), "guid": "g", "title": "A", **at(NOW)},
        {"url": page("b-1"), "guid": "g", "title": "A", **at(LATER)}, 1),
    "the same GUID and title, no times": (
        {"url": page("a-1"), "guid": "g", "title": "A"}, {"url": page("b-1"), "guid": "g", "title": "A"}, 1),
    "a GUID that is used again for a new article": (
        {"url": page("a-1"), "guid": "g", "title": "A", **at(NOW)},
        {"url": page("b-1"), "guid": "g", "title": "B", **at(LATER)}, 2),
    "the title of every week under a GUID that is used again": (
        {"url": page("a-1"), "guid": "g", "title": "Ausblick", **at(NOW)},
        {"url": page("b-1"), "guid": "g", "title": "Ausblick", **at(NOW + timedelta(days=7))}, 2),
    "two articles of a day without a clock, under a GUID that is used again": (
        {"url": page("a-1"), "guid": "g", "title": "A", **at(NOW, Precision.DAY)},
        {"url": page("b-1"), "guid": "g", "title": "B", **at(NOW, Precision.DAY)}, 2),
    "a GUID that is used again, where the portal's own ids differ": (
        {"url": page("a-1"), "guid": "g", "title": "A", "portal_id": "1", **at(NOW)},
        {"url": page("b-2"), "guid": "g", "title": "A", "portal_id": "2", **at(NOW)}, 2),
    "no GUID": (
        {"url": page("a-1"), "title": "A", **at(NOW)}, {"url": page("b-1"), "title": "A", **at(NOW)}, 2),
    "an empty GUID": (
        {"url": page("a-1"), "guid": "", "title": "A", **at(NOW)},
        {"url": page("b-1"), "guid": "", "title": "A", **at(NOW)}, 2),
    "another GUID at each poll": (
        {"url": page("a-1"), "guid": "g1", "title": "A", **at(NOW)},
        {"url": page("a-1"), "guid": "g2", "title": "A", **at(NOW)}, 1),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "count"), GUIDS.values(), ids=GUIDS)
def test_a_guid_counts_only_where_it_proves_stable(
    conn: Connection, alpha: Feed, first: dict[str, Any], second: dict[str, Any], count: int
) -> None:
    added = polled(conn, alpha, [first], [second], [second])
    assert [len(one.new) for one in added] == [1, count - 1, 0]
    assert [row["url"] for row in entries(conn)] == [first["url"], second["url"]][:count]


def test_one_guid_for_all_merges_nothing(conn: Connection, alpha: Feed) -> None:
    documents = [
        [{"url": page(f"{number}-{turn}"), "guid": "1", "title": "Kurz gemeldet", **at(NOW)} for number in range(3)]
        for turn in range(3)
    ]
    assert [len(one.new) for one in polled(conn, alpha, *documents)] == [3, 3, 3]


def test_a_guid_that_once_stood_for_two_entries_is_never_believed_again(conn: Connection, alpha: Feed) -> None:
    same = {"guid": "g", "title": "A", **at(NOW)}
    twice = [{"url": page("a-1"), **same}, {"url": page("b-1"), **same}]
    assert [len(one.new) for one in polled(conn, alpha, twice, [{"url": page("c-1"), **same}])] == [2, 1]


def test_a_guid_of_another_feed_says_nothing(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", feeds=("all", "markets"))
    same = {"guid": "7", "title": "A", **at(NOW)}
    polled(conn, feeds["alpha/all"], [{"url": page("a-1"), **same}])
    (added,) = polled(conn, feeds["alpha/markets"], [{"url": page("b-1"), **same}])
    assert len(added.new) == 1


def test_what_was_recognised_by_its_guid_stays_recognised_when_title_and_time_change(
    conn: Connection, alpha: Feed
) -> None:
    first = {"url": page("a-1"), "guid": "g", "title": "A", **at(NOW)}
    second = {"url": page("b-1"), "guid": "g", "title": "A", **at(NOW)}
    third = {"url": page("b-1"), "guid": "h", "title": "B", **at(LATER)}
    assert [len(one.new) for one in polled(conn, alpha, [first], [second], [third])] == [1, 0, 0]
    assert sighted(conn) == [(page("a-1"), 2)]


def test_an_address_that_was_recognised_is_the_same_entry_for_every_feed(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", feeds=("all", "markets"))
    same = {"guid": "g", "title": "A", **at(NOW)}
    polled(conn, feeds["alpha/all"], [{"url": page("a-1"), **same}], [{"url": page("b-1"), **same}])
    (added,) = polled(conn, feeds["alpha/markets"], [{"url": page("b-1"), "title": "B"}])
    assert (added.new, added.overlaps) == ([], {feeds["alpha/markets"][1]: (1, 0)})
    assert sighted(conn) == [(page("a-1"), 3)]


def test_an_article_id_is_one_entry_under_all_slugs_and_feeds_of_its_source(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta", feeds=("all", "markets"))
    slugs = [{"url": page(f"slug{number}-7"), "portal_id": "7"} for number in range(3)]
    (at_once,) = polled(conn, feeds["alpha/all"], slugs)
    (elsewhere,) = polled(conn, feeds["alpha/markets"], [{"url": page("other-7"), "portal_id": "7"}])
    (of_others,) = polled(conn, feeds["beta/all"], [{"url": page("7", "beta.example"), "portal_id": "7"}])
    assert [len(one.new) for one in (at_once, elsewhere, of_others)] == [1, 0, 1]
    assert sighted(conn) == [(page("slug0-7"), 4), (page("7", "beta.example"), 1)]


def test_the_address_counts_before_the_article_id(conn: Connection, alpha: Feed) -> None:
    polled(conn, alpha, [{"url": page("a"), "portal_id": "1"}, {"url": page("b"), "portal_id": "2"}])
    (again,) = polled(conn, alpha, [{"url": page("a"), "portal_id": "2"}])
    assert again.new == []
    assert sighted(conn) == [(page("a"), 1), (page("b"), 1)]


def test_an_entry_has_a_bounded_number_of_sightings_per_feed(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", feeds=("all", "markets"))
    many = [{"url": page(f"{number}-7"), "portal_id": "7"} for number in range(MOST_SIGHTINGS + 20)]
    for _ in range(2):
        polled(conn, feeds["alpha/all"], many[:150], many[100:])
    polled(conn, feeds["alpha/markets"], many[:1])
    assert sighted(conn) == [(page("0-7"), MOST_SIGHTINGS + 1)]


OVERLAPS: dict[str, tuple[list[str], list[str], tuple[int, int]]] = {
    "nothing was listed before": (["a"], ["b", "c"], (2, 0)),
    "one was": (["a", "b"], ["b", "c", "d"], (3, 1)),
    "all were": (["a", "b"], ["b", "a"], (2, 2)),
    "an address twice counts once": (["a"], ["a", "a", "b"], (2, 1)),
    "under another click number it is the same": (["a?utm_source=1"], ["a?utm_source=2"], (1, 1)),
}


@pytest.mark.parametrize(("before", "now", "overlap"), OVERLAPS.values(), ids=OVERLAPS)
def test_how_much_of_a_document_the_feed_had_listed_before(
    conn: Connection, before: list[str], now: list[str], overlap: tuple[int, int]
) -> None:
    feeds = known_feeds(conn, "alpha", feeds=("all", "markets"))

    def listing(path: str) -> dict[str, Any]:
        return {"url": page(path), "canonical": page(path.partition("?")[0])}

    polled(conn, feeds["alpha/markets"], [listing(path) for path in now])
    polled(conn, feeds["alpha/all"], [listing(path) for path in before])
    (added,) = polled(conn, feeds["alpha/all"], [listing(path) for path in now])
    assert added.overlaps == {feeds["alpha/all"][1]: overlap}


def test_hints_and_digest_of_a_listing_are_kept_with_its_sighting(conn: Connection, alpha: Feed) -> None:
    said = {"listing_hash": b"\x01" * 16, "hints": {"isins": ["CH0012005267"], "publication": "Alpha \x00"}}
    polled(conn, alpha, [{"url": page("a"), **said}])
    (row,) = conn.execute(text("SELECT listing_hash, hints FROM ingest.sightings")).all()
    assert tuple(row) == (b"\x01" * 16, {"isins": ["CH0012005267"], "publication": "Alpha \ufffd"})


@pytest.mark.timeout(120)
def test_processes_that_list_the_same_articles_under_other_slugs_make_each_once(tape: Engine) -> None:
    with tape.begin() as conn:
        feeds = known_feeds(conn, "alpha", feeds=("all", "markets"))

    def add(name: str, turn: int, order: int) -> int:
        rows = [
            listed_row(feeds[f"alpha/{name}"], page(f"{name}-{number}", f"h{number % 5}.example"), place,
                       portal_id=str(number), guid=f"g{number}", title="A")
            for place, number in enumerate(range(turn * 100, turn * 100 + 100)[::order])
        ]  # fmt: skip
        with tape.begin() as conn:
            return len(frontier.add(conn, rows, NOW).new)

    new = 0
    for turn in range(6):
        with ThreadPoolExecutor(2) as pool:
            new += sum(pool.map(add, ("all", "markets"), (turn, turn), (1, -1)))
    assert new == 600
    with tape.connect() as conn:
        assert {row["portal_id"] for row in entries(conn)} == {str(number) for number in range(600)}
        assert len(entries(conn)) == 600
        assert sum(count for _, count in sighted(conn)) == 1200


# The portal's own id is a part of the address, so it follows from it.
IDS_OF = {0: None, 1: "1", 2: "1", 3: "2", 4: None, 5: None}
ROWS = st.builds(
    lambda number, **said: {"url": page(number), "portal_id": IDS_OF[number]} | said,
    number=st.sampled_from(sorted(IDS_OF)),
    guid=st.sampled_from([None, "", "g", "h"]),
    title=st.sampled_from(["A", "B"]),
)


def test_whatever_is_listed_in_whatever_order_a_second_time_brings_nothing_new(migrated: Engine) -> None:
    @hypothesis_settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 1), st.lists(ROWS, min_size=1, max_size=6)), min_size=1, max_size=4))
    def check(documents: list[tuple[int, list[dict[str, Any]]]]) -> None:
        with migrated.connect() as conn:
            feeds = sorted(known_feeds(conn, "alpha", feeds=("all", "markets")).values())
            for feed, document in documents:
                polled(conn, feeds[feed], document)
            known = entries(conn)
            for feed, document in documents:
                (added,) = polled(conn, feeds[feed], document)
                assert added.new == []
                assert all(listed == again for listed, again in added.overlaps.values())
            assert entries(conn) == known
            numbers = [row["portal_id"] for row in known if row["portal_id"]]
            assert len(numbers) == len(set(numbers))

    check()
