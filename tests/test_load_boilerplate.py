"""Boilerplate is counted with the articles that print it: once each, whoever loads them and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from makers import NOW, entry_row, extracted, known_feeds, page
from sqlalchemy import Connection, Engine, text

from sql.store import boilerplate
from sql.store.boilerplate import LEAST_ARTICLES
from tasks.boilerplate import without
from tasks.extracted import Extracted
from tasks.load import load

SLOGAN = "Werftbrief: montags alles über Schiffe und Häfen."
DAY = timedelta(days=1)


@pytest.fixture
def source(conn: Connection) -> int:
    return known_feeds(conn, "alpha")["alpha/all"][0]


def printing(number: int, source_id: int, closing: str = SLOGAN, **changes: Any) -> Extracted:
    """The article of an entry, seen a day after the one before, with a closing paragraph."""
    entry = entry_row(number, page(number), source_id, first_seen_at=NOW + number * DAY, **changes)
    return extracted(entry, f"Fähre {number}", f"Die Werft baut Fähre {number}.\n\n{closing}")


def counts(conn: Connection) -> list[tuple[str, int]]:
    found = conn.execute(text("SELECT text, articles FROM ingest.boilerplate ORDER BY articles DESC, text"))
    return [(row.text, row.articles) for row in found]


def test_a_paragraph_of_many_articles_is_known_to_the_next_batch(conn: Connection, source: int) -> None:
    load(conn, [printing(number, source) for number in range(LEAST_ARTICLES)])
    known = boilerplate.learned(conn, [source])
    one = printing(99, source).article
    assert without(one, known[source]).text == "Die Werft baut Fähre 99."


def test_articles_without_the_paragraph_that_was_dropped_keep_it_known(conn: Connection, source: int) -> None:
    load(conn, [printing(number, source) for number in range(LEAST_ARTICLES)])
    known = boilerplate.learned(conn, [source])[source]
    batch = [printing(number, source) for number in range(20, 30)]
    load(conn, [replace(one, article=without(one.article, known)) for one in batch])
    assert counts(conn) == [(SLOGAN, LEAST_ARTICLES + 10)]


def test_loading_a_batch_twice_counts_it_once(conn: Connection, source: int) -> None:
    batch = [printing(number, source) for number in range(3)]
    load(conn, batch)
    load(conn, batch)
    assert counts(conn) == [(SLOGAN, 3)]
    assert boilerplate.total(conn, "alpha") == 3


def test_a_later_text_of_an_article_counts_nothing(conn: Connection, source: int) -> None:
    one = printing(1, source)
    load(conn, [one, printing(2, source)])
    changed = replace(one.article, text=f"Die Werft baut Fähre 1 nicht.\n\n{SLOGAN}")
    load(conn, [replace(one, article=changed, page_fetched_at=NOW + 9 * DAY)])
    assert conn.execute(text("SELECT count(*) FROM tape.revisions")).scalar_one() == 3
    assert counts(conn) == [(SLOGAN, 2)]


def test_a_repeat_under_another_address_counts_nothing(conn: Connection, source: int) -> None:
    one = printing(1, source)
    load(conn, [one])
    again = replace(one, entry=entry_row(2, page(2), source, first_seen_at=NOW + DAY))
    (settled,) = load(conn, [again])
    assert settled["state"] == "duplicate"
    assert [articles for _, articles in counts(conn)] == [1]


def test_what_was_learned_since_makes_no_revision_of_an_article_that_says_what_it_said(
    conn: Connection, source: int
) -> None:
    one = printing(1, source)
    (settled,) = load(conn, [one])
    article = without(one.article, frozenset(row["digest"] for row in rows_of(conn)))
    assert article.dropped
    again = dict(one.entry, article_id=settled["article_id"])
    (rechecked,) = load(conn, [replace(one, entry=again, article=article, page_fetched_at=NOW + DAY)])
    assert rechecked["counted"] == "rechecked"
    assert conn.execute(text("SELECT count(*) FROM tape.revisions")).scalar_one() == 1


def test_a_change_of_the_text_is_a_revision_with_or_without_boilerplate(conn: Connection, source: int) -> None:
    one = printing(1, source)
    load(conn, [one])
    changed = replace(one.article, text=f"Die Werft baut nichts.\n\n{SLOGAN}")
    article = without(changed, frozenset(row["digest"] for row in rows_of(conn)))
    load(conn, [replace(one, article=article, page_fetched_at=NOW + DAY)])
    texts = conn.execute(text("SELECT text FROM tape.revisions ORDER BY number")).scalars().all()
    assert texts == [one.article.text, "Die Werft baut nichts."]


def rows_of(conn: Connection) -> list[dict[str, Any]]:
    found = conn.execute(text("SELECT digest FROM ingest.boilerplate"))
    return [{"digest": bytes(row.digest)} for row in found]


def test_daily_reports_keep_the_sentences_that_differ_in_a_figure(conn: Connection, source: int) -> None:
    closings = [f"Der Index schloss bei 11.{200 + number} Punkten und damit höher." for number in range(30)]
    load(conn, [printing(number, source, closing) for number, closing in enumerate(closings)])
    assert boilerplate.learned(conn, [source]) == {}
    assert {articles for _, articles in counts(conn)} == {1}


def test_two_processes_that_load_side_by_side_count_every_article_once(tape: Engine) -> None:
    with tape.begin() as conn:
        source = known_feeds(conn, "alpha")["alpha/all"][0]
    shared = [printing(number, source) for number in range(8)]
    batches = [[*shared[:6]], [*shared[2:]], [*shared[::2]], [*shared]]

    def store(batch: list[Extracted]) -> None:
        with tape.begin() as conn:
            load(conn, batch)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(store, batches))
    with tape.connect() as conn:
        assert counts(conn) == [(SLOGAN, 8)]
        assert boilerplate.total(conn, "alpha") == 8
