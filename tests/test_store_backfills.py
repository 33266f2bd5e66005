"""Wishes for the past, their days, and what archives announce: kept once, however often it is told."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from makers import NOW, Feed, entries, known_feeds, listed, page
from sqlalchemy import Connection, text

from sql.store import backfills
from tasks.columns import published_columns
from tasks.urls import canonical_url, host_key, url_hash

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 3)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def alpha(conn: Connection) -> Feed:
    """The source id and the feed id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"]


def wish(source_id: int, **changes: Any) -> dict[str, Any]:
    plain = {"source_id": source_id, "via": "sitemaps", "place": None, "first_day": FIRST, "last_day": LAST}
    return plain | {"known": "skip", "budget": 600} | changes


def announced(source_id: int, urls: Sequence[str], **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "source_id": source_id,
            "url": url,
            "canonical_url": canonical_url(url),
            "url_hash": url_hash(canonical_url(url) or ""),
            "listed_hash": url_hash(url),
            "host": host_key(url),
            "portal_id": None,
            "asked_url": None,
            "day": FIRST,
            "title": None,
            "captured_at": None,
            "place": "https://alpha.example/sitemap.xml",
            "summary": None,
            **published_columns(None),
        }
        | changes
        for url in urls
    ]


def day(conn: Connection, backfill_id: int, which: date = FIRST) -> dict[str, Any]:
    return next(row for row in backfills.days(conn, backfill_id) if row["day"] == which)


def test_a_wish_is_one_as_long_as_it_is_open_and_has_its_days(conn: Connection, alpha: Feed) -> None:
    first = backfills.note(conn, wish(alpha[0]))
    assert backfills.note(conn, wish(alpha[0], budget=60)) == first
    assert backfills.note(conn, wish(alpha[0], known="again")) != first
    found = backfills.open_ones(conn, NOW)[0]
    assert (found["id"], found["budget"], found["open_days"]) == (first, 60, [FIRST, date(2026, 3, 2), LAST])
    backfills.finish(conn, first, "done", "nothing was announced")
    assert first not in [row["id"] for row in backfills.open_ones(conn, NOW)]
    assert backfills.note(conn, wish(alpha[0])) != first


def test_the_wishes_of_a_paused_source_wait(conn: Connection, alpha: Feed) -> None:
    backfills.note(conn, wish(alpha[0]))
    conn.execute(text("UPDATE ingest.sources SET paused_at = :now"), {"now": NOW})
    assert backfills.open_ones(conn, NOW) == []


def test_what_is_announced_becomes_entries_that_give_way_to_live_ones(conn: Connection, alpha: Feed) -> None:
    backfill = backfills.note(conn, wish(alpha[0]))
    counts = backfills.announce(conn, backfill, announced(alpha[0], [page(1), page(2)]), "skip", NOW)
    assert (counts.announced, counts.added, counts.again) == (2, 2, 0)
    found = entries(conn)
    assert [(row["origin"], row["priority"], row["state"], row["url"]) for row in found] == [
        ("backfill", 1, "pending", page(1)),
        ("backfill", 1, "pending", page(2)),
    ]
    assert [row["id"] for row in found] == list(counts.ids)


def test_a_day_of_one_article_counts_beside_a_day_of_many(conn: Connection, alpha: Feed) -> None:
    number = backfills.note(conn, wish(alpha[0]))
    rows = announced(alpha[0], [page(n) for n in range(3)]) + announced(alpha[0], [page(9)], day=LAST)
    told = backfills.announce(conn, number, rows, "skip", NOW)
    assert (told.announced, told.added, told.again) == (4, 4, 0)
    assert [(day(conn, number, one)["announced"], day(conn, number, one)["added"]) for one in (FIRST, LAST)] == [
        (3, 3), (1, 1),
    ]  # fmt: skip


def test_what_is_told_twice_counts_once(conn: Connection, alpha: Feed) -> None:
    backfill = backfills.note(conn, wish(alpha[0]))
    rows = announced(alpha[0], [page(1), page(2), page(1)])
    backfills.announce(conn, backfill, rows, "skip", NOW)
    again = backfills.announce(conn, backfill, rows, "again", LATER)
    assert (again.announced, again.added, again.again) == (0, 0, 0)
    found = day(conn, backfill)
    assert (found["announced"], found["added"], found["again"], found["open"]) == (2, 2, 0, 2)
    assert len(entries(conn)) == 2


@pytest.mark.parametrize(("rule", "opened"), [("skip", set()), ("failed", {"gone"}), ("again", {"gone", "loaded"})])
def test_known_entries_are_opened_after_the_rule(conn: Connection, alpha: Feed, rule: str, opened: set[str]) -> None:
    listed(conn, alpha, [page(1), page(2), page(3)])
    ends = {page(1): ("gone", None), page(2): ("loaded", 7)}
    for url, (state, article) in ends.items():
        statement = text("UPDATE ingest.entries SET state = :state, article_id = :article WHERE url = :url")
        conn.execute(statement, {"state": state, "article": article, "url": url})
    backfill = backfills.note(conn, wish(alpha[0]))
    rows = announced(alpha[0], [page(number) for number in (1, 2, 3)])
    assert backfills.announce(conn, backfill, rows, rule, LATER).again == len(opened)
    by_url = {row["url"]: row for row in entries(conn)}
    assert (by_url[page(1)]["state"] == "pending") is ("gone" in opened)
    assert (by_url[page(2)]["recheck_at"] == LATER) is ("loaded" in opened)
    assert by_url[page(3)]["priority"] == 0, "a live entry that waits stays one"


def test_a_capture_is_asked_for_at_the_archive_and_known_by_the_portals_address(conn: Connection, alpha: Feed) -> None:
    backfill = backfills.note(conn, wish(alpha[0], via="wayback"))
    capture = "https://archive.example/web/20260301120000id_/" + page(1)
    row = announced(alpha[0], [page(1)], asked_url=capture, host="archive.example:443", captured_at=NOW)
    backfills.announce(conn, backfill, row, "skip", NOW)
    (found,) = entries(conn)
    assert (found["url"], found["canonical_url"], found["host"]) == (capture, page(1), "archive.example:443")
    assert conn.execute(text("SELECT captured_at FROM ingest.candidates")).scalar() == NOW


def test_days_are_settled_once_and_the_others_are_listed_by_the_next_run(conn: Connection, alpha: Feed) -> None:
    backfill = backfills.note(conn, wish(alpha[0]))
    backfills.settle_days(conn, backfill, [FIRST], {LAST: "no answer"}, NOW)
    backfills.settle_days(conn, backfill, [LAST], {FIRST: "too late"}, LATER)
    found = [(row["state"], row["message"]) for row in backfills.days(conn, backfill)]
    assert found == [("listed", None), ("open", None), ("failed", "no answer")]
    assert backfills.open_ones(conn, NOW)[0]["open_days"] == [date(2026, 3, 2)]
