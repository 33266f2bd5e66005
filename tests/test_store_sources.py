"""Sources and feeds follow the files: nothing is deleted, nothing that stayed the same is touched."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from conftest import await_true
from makers import NOW, feed_row, known_feeds, listed_row, polled, source_row
from sqlalchemy import Connection, Engine, text

from sql.store import feeds, frontier, sources
from sql.store.sources import SyncReport

LATER = NOW + timedelta(days=1)
NOTHING = SyncReport((), (), (), (), (), (), ())


def rows_of(conn: Connection, table: str) -> dict[int, dict[str, Any]]:
    """All rows of a table by id, with the transaction that wrote each version."""
    found = conn.execute(text(f"SELECT t.*, t.xmin::text, t.ctid::text FROM ingest.{table} t")).mappings()
    return {row["id"]: dict(row) for row in found}


def sync(conn: Connection, *slugs: str, more_feeds: Sequence[dict[str, Any]] = ()) -> SyncReport:
    return sources.sync(
        conn, [source_row(slug) for slug in slugs], [*(feed_row(slug) for slug in slugs), *more_feeds], LATER
    )


def test_a_new_file_adds_its_source_and_its_feeds(conn: Connection) -> None:
    report = sources.sync(conn, [source_row("alpha")], [feed_row("alpha", "all"), feed_row("alpha", "top")], NOW)
    assert report.added == ("alpha",)
    assert report.feeds_added == ("alpha https://alpha.example/all.rss", "alpha https://alpha.example/top.rss")
    (source,) = rows_of(conn, "sources").values()
    assert (source["slug"], source["created_at"], source["absent_since"]) == ("alpha", NOW, None)
    assert {feed["next_poll_at"] for feed in rows_of(conn, "feeds").values()} == {NOW}


def test_a_second_sync_of_the_same_files_touches_no_row(conn: Connection) -> None:
    sync(conn, "alpha", "beta")
    before = rows_of(conn, "sources"), rows_of(conn, "feeds")
    assert sync(conn, "alpha", "beta") == NOTHING
    assert (rows_of(conn, "sources"), rows_of(conn, "feeds")) == before


CHANGES: dict[str, dict[str, Any]] = {
    "a name": {"name": "Other"},
    "a first value where there was none": {"user_agent": "Someone/1.0"},
    "a header": {"headers": {"X-Key": "1"}},
    "the delay": {"delay": timedelta(seconds=5)},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_changed_source_is_updated_in_place_and_the_others_are_not(conn: Connection, changes: dict[str, Any]) -> None:
    known_feeds(conn, "alpha", "beta")
    before = rows_of(conn, "sources")
    report = sources.sync(
        conn, [source_row("alpha", **changes), source_row("beta")], [feed_row("alpha"), feed_row("beta")], LATER
    )
    assert report == SyncReport((), (), ("alpha",), (), (), (), ())
    after = rows_of(conn, "sources")
    alpha, beta = sources.slugs(conn)["alpha"], sources.slugs(conn)["beta"]
    assert after[beta] == before[beta]
    assert {name: after[alpha][name] for name in changes} == changes
    assert (after[alpha]["updated_at"], after[alpha]["created_at"]) == (LATER, NOW)


def test_a_value_that_left_the_file_leaves_the_row(conn: Connection) -> None:
    sources.sync(conn, [source_row("alpha", notes="Was once blocked.")], [], NOW)
    sources.sync(conn, [source_row("alpha")], [], LATER)
    assert [row["notes"] for row in rows_of(conn, "sources").values()] == [None]


def test_a_renamed_source_keeps_its_row_its_feeds_and_its_entries(conn: Connection) -> None:
    feed = known_feeds(conn, "alpha")["alpha/all"]
    frontier.add(conn, [listed_row(feed, "https://alpha.example/1")], NOW)
    row = feed_row("gamma", url="https://alpha.example/all.rss")
    report = sources.sync(conn, [source_row("gamma", formerly=("alpha",))], [row], LATER)
    assert report.renamed == ("alpha -> gamma",)
    assert (report.added, report.absent, report.feeds_added, report.feeds_absent) == ((), (), (), ())
    assert sources.slugs(conn) == {"gamma": feed[0]}
    assert conn.execute(text("SELECT source_id FROM ingest.entries")).scalars().all() == [feed[0]]
    assert rows_of(conn, "sources")[feed[0]]["updated_at"] == LATER


def test_a_former_name_of_a_source_that_is_known_already_renames_nothing(conn: Connection) -> None:
    sync(conn, "alpha", "gamma")
    ids = sources.slugs(conn)
    report = sources.sync(conn, [source_row("gamma", formerly=("alpha",))], [feed_row("gamma")], LATER)
    assert (report.renamed, report.absent) == ((), ("alpha",))
    assert sources.slugs(conn) == ids


def test_a_file_that_vanished_makes_its_source_and_feeds_absent_and_deletes_nothing(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    report = sync(conn, "alpha")
    assert (report.absent, report.feeds_absent) == (("beta",), ("beta https://beta.example/all.rss",))
    assert {row["slug"]: row["absent_since"] for row in rows_of(conn, "sources").values()} == {
        "alpha": None,
        "beta": LATER,
    }
    assert len(rows_of(conn, "feeds")) == 2
    assert sync(conn, "alpha") == NOTHING
    due = feeds.claim_due(conn, "me", LATER, timedelta(minutes=1), None, all_of_them=True)
    assert [row["slug"] for row in due] == ["alpha"]


def test_a_source_that_came_back_goes_on_with_its_old_row(conn: Connection) -> None:
    before = known_feeds(conn, "alpha", "beta")
    sync(conn, "alpha")
    report = sync(conn, "alpha", "beta")
    assert (report.added, report.changed, report.feeds_added) == ((), ("beta",), ())
    assert report.feeds_changed == ("beta https://beta.example/all.rss",)
    assert known_feeds(conn, "alpha", "beta") == before
    assert {row["absent_since"] for row in rows_of(conn, "sources").values()} == {None}


def test_no_file_at_all_makes_everything_absent_and_deletes_nothing(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    assert sources.sync(conn, [], [], LATER).absent == ("alpha", "beta")
    assert len(rows_of(conn, "feeds")) == 2


def test_a_feed_that_moved_to_another_source_is_polled_for_that_one_only(conn: Connection) -> None:
    known_feeds(conn, "alpha", "beta")
    moved = feed_row("beta", "moved", url="https://alpha.example/all.rss")
    report = sources.sync(conn, [source_row("alpha"), source_row("beta")], [feed_row("beta"), moved], LATER)
    assert report.feeds_added == ("beta https://alpha.example/all.rss",)
    assert report.feeds_absent == ("alpha https://alpha.example/all.rss",)
    due = feeds.claim_due(conn, "me", LATER, timedelta(minutes=1), None, all_of_them=True)
    assert [(row["slug"], row["url"]) for row in due] == [
        ("beta", "https://beta.example/all.rss"),
        ("beta", "https://alpha.example/all.rss"),
    ]


INTERVALS = {
    "a shorter interval brings the next poll forward": (timedelta(minutes=5), timedelta(minutes=5)),
    "a longer interval leaves the next poll where it was": (timedelta(days=2), timedelta(hours=6)),
}


@pytest.mark.parametrize(("every", "expected"), INTERVALS.values(), ids=INTERVALS)
def test_the_next_poll_after_a_changed_interval(conn: Connection, every: timedelta, expected: timedelta) -> None:
    sources.sync(conn, [source_row("alpha")], [feed_row("alpha", every=timedelta(hours=6))], NOW)
    conn.execute(text("UPDATE ingest.feeds SET next_poll_at = :at"), {"at": NOW + timedelta(hours=6)})
    report = sources.sync(conn, [source_row("alpha")], [feed_row("alpha", every=every)], NOW)
    assert report.feeds_changed == ("alpha https://alpha.example/all.rss",)
    assert feeds.next_due_at(conn) == NOW + expected


def test_thousands_of_feeds_fit_into_one_sync(conn: Connection) -> None:
    slugs = [f"portal{number}" for number in range(60)]
    names = [f"feed{number}" for number in range(200)]
    rows = [feed_row(slug, name) for slug in slugs for name in names]
    report = sources.sync(conn, [source_row(slug) for slug in slugs], rows, NOW)
    assert (len(report.added), len(report.feeds_added)) == (60, 12_000)


def test_the_overview_lists_feeds_by_slug_with_their_last_poll(conn: Connection) -> None:
    known_feeds(conn, "beta", "alpha")
    found = sources.overview(conn)
    assert [(row["slug"], row["url"], row["last_polled_at"]) for row in found] == [
        ("alpha", "https://alpha.example/all.rss", None),
        ("beta", "https://beta.example/all.rss", None),
    ]


def test_two_syncs_at_once_end_with_each_row_once(tape: Engine) -> None:
    slugs = [f"portal{number}" for number in range(20)]

    def one_sync(order: int) -> SyncReport:
        chosen = slugs[::order]
        with tape.begin() as conn:
            return sync(conn, *chosen)

    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            reports = list(pool.map(one_sync, (1, -1, 1, -1)))
    assert reports == [NOTHING] * 4
    with tape.connect() as conn:
        assert sorted(sources.slugs(conn)) == sorted(slugs)
        assert len(rows_of(conn, "feeds")) == len(slugs)


def lock_feed(conn: Connection, feed_id: int) -> None:
    """Lock the row of a feed, at once or not at all."""
    conn.execute(text("SELECT id FROM ingest.feeds WHERE id = :id FOR UPDATE NOWAIT"), {"id": feed_id})


def is_waiting(conn: Connection, pid: int) -> bool:
    return bool(conn.execute(text("SELECT cardinality(pg_blocking_pids(:pid)) > 0"), {"pid": pid}).scalar())


def backwards_sync(conn: Connection, ids: list[int]) -> None:
    rows = [feed_row("alpha", f"feed{number}", kind="atom") for number in reversed(range(1, len(ids)))]
    sources.sync(conn, [source_row("alpha")], rows, LATER)


def backwards_settle(conn: Connection, ids: list[int]) -> None:
    feeds.settle(conn, "me", [polled(feed_id) for feed_id in reversed(ids)])


@pytest.mark.parametrize("work", [backwards_sync, backwards_settle])
def test_feeds_are_locked_in_the_order_of_their_ids_so_that_polls_and_syncs_do_not_deadlock(
    tape: Engine, work: Callable[[Connection, list[int]], None]
) -> None:
    with tape.begin() as conn:
        feed_ids = sorted(feed for _, feed in known_feeds(conn, "alpha", feeds=["feed0", "feed1", "feed2"]).values())
        feeds.claim_due(conn, "me", LATER, timedelta(minutes=1), None, all_of_them=True)
    with tape.begin() as conn:
        # The first feed's row lies last in the table now: a scan comes to it last.
        conn.execute(text("UPDATE ingest.feeds SET name = 'moved' WHERE id = :id"), {"id": feed_ids[0]})
    with tape.begin() as other, tape.begin() as working, ThreadPoolExecutor(1) as pool:
        pid = working.execute(text("SELECT pg_backend_pid()")).scalar_one()
        lock_feed(other, feed_ids[0])
        running = pool.submit(work, working, feed_ids)
        await_true(lambda: is_waiting(other, pid), 30, "the wait for the first feed")
        lock_feed(other, feed_ids[-1])
        other.rollback()
        running.result()


def test_what_an_index_named_is_absent_with_it_and_comes_back_with_it(conn: Connection) -> None:
    row = feed_row("alpha", "index", kind="sitemap", look_back=timedelta(days=2))
    sources.sync(conn, [source_row("alpha")], [row], NOW)
    root, source = conn.execute(text("SELECT id, source_id FROM ingest.feeds")).one()
    below = text("""
        INSERT INTO ingest.feeds (source_id, url, kind, every, origin, parent_id)
        VALUES (:source, :url, 'sitemap', '1 hour', 'index', :parent) RETURNING id
    """)
    child = conn.execute(below, {"source": source, "url": "https://alpha.example/1.xml", "parent": root}).scalar()
    conn.execute(below, {"source": source, "url": "https://alpha.example/2.xml", "parent": child})

    def absent() -> list[bool]:
        found = conn.execute(text("SELECT absent_since IS NOT NULL FROM ingest.feeds ORDER BY id"))
        return list(found.scalars())

    assert absent() == [False, False, False]
    assert sources.sync(conn, [source_row("alpha")], [], NOW).feeds_absent == (f"alpha {row['url']}",)
    assert absent() == [True, True, True]
    sources.sync(conn, [source_row("alpha")], [row], NOW)
    assert absent() == [False, False, False]


def test_a_listing_keeps_its_selectors_and_a_feed_without_has_none(conn: Connection) -> None:
    wanted = {"item": "article", "link": None, "title": None, "date": "time", "date_format": None}
    rows = [feed_row("alpha", "page", kind="listing", selectors=wanted), feed_row("alpha")]
    sources.sync(conn, [source_row("alpha")], rows, NOW)
    found = conn.execute(text("SELECT name, selectors FROM ingest.feeds")).all()
    assert dict(tuple(row) for row in found) == {"page": wanted, "all": None}
    assert sources.sync(conn, [source_row("alpha")], rows, NOW).feeds_changed == ()
