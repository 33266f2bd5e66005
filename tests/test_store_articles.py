"""What analysts search and what reports count."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from makers import NOW, entry_row, extracted, known_feeds
from sqlalchemy import Connection, Engine, text

from sql.store import articles
from tasks.load import load

with (Path(__file__).parent / "data" / "search.tsv").open(encoding="utf-8") as file:
    SEARCHES = list(csv.DictReader((line for line in file if not line.startswith("#")), dialect="excel-tab",
                                   quoting=csv.QUOTE_NONE))  # fmt: skip


def told(conn: Connection, *texts: str, slug: str = "alpha", entry: dict[str, Any] | None = None, **more: Any) -> None:
    """Load an article per text."""
    source_id = known_feeds(conn, slug)[f"{slug}/all"][0]
    batch = [
        extracted(entry_row(number, f"https://{slug}.example/{number}", source_id, **(entry or {})), body=body, **more)
        for number, body in enumerate(texts)
    ]
    load(conn, batch)


@pytest.mark.parametrize("case", SEARCHES, ids=[f"{c['language']}: {c['query']}" for c in SEARCHES])
def test_searching_in_the_language_of_the_article(conn: Connection, case: dict[str, str]) -> None:
    told(conn, case["text"], title=case["title"], language=case["language"])
    found = articles.search(conn, case["query"])
    assert len(found) == {"yes": 1, "no": 0}[case["found"]]


def test_an_article_is_found_once_although_its_words_mean_something_in_several_languages(conn: Connection) -> None:
    told(conn, "Die Bank.", language="de")
    assert len(articles.search(conn, "bank")) == 1


def test_the_kicker_is_searched_and_the_snippet_shows_the_place(conn: Connection) -> None:
    told(conn, "Erst viel anderes. " * 30 + "Dann fällt der Gewinn deutlich.", kicker="Halbleiter")
    (found,) = articles.search(conn, "gewinn")
    assert "**Gewinn**" in found["snippet"]
    assert len(found["snippet"]) < 300
    assert len(articles.search(conn, "halbleiter")) == 1


def test_the_article_that_says_it_more_often_comes_first_and_count_limits(conn: Connection) -> None:
    told(conn, "Gewinn und sonst nichts.", "Gewinn, Gewinn und noch einmal Gewinn.")
    assert [row["url"][-1] for row in articles.search(conn, "gewinn")] == ["1", "0"]
    assert [row["url"][-1] for row in articles.search(conn, "gewinn", count=1)] == ["1"]


def test_searches_are_narrowed_by_source_and_by_time(conn: Connection) -> None:
    told(conn, "Gewinn bei Alpha.", slug="alpha")
    told(conn, "Gewinn bei Beta.", slug="beta", entry={"first_seen_at": NOW + timedelta(days=1)})
    assert [row["source"] for row in articles.search(conn, "gewinn", source="alpha")] == ["alpha"]
    assert [row["source"] for row in articles.search(conn, "gewinn", since=NOW + timedelta(hours=1))] == ["beta"]
    assert articles.search(conn, "gewinn", source="alpha", since=NOW + timedelta(hours=1)) == []


def test_only_the_latest_text_of_an_article_is_found(conn: Connection) -> None:
    told(conn, "Zuerst Gewinn.")
    told(conn, "Dann Verlust.")
    assert articles.search(conn, "gewinn") == []
    assert len(articles.search(conn, "verlust")) == 1


HOSTILE = {
    "nothing": "",
    "quotes without an end": '"""bank',
    "operators only": "-- or | & ! <-> ()",
    "a statement": "'; DROP TABLE tape.articles; --",
    "NUL and a broken character": "ba\x00nk \udcff",
    "a word beyond all measure": "x" * 100_000,
    "more words than a query may have": "a or " * 100_000,
    "a placeholder": "%(words)s :words %s",
    "only a minus": "-",
    "only negatives": "-nothing",
    "backslashes": "\\'\\\\ :* bank:*",
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_any_text_is_a_query(conn: Connection, words: str) -> None:
    told(conn, "Die Bank.")
    assert len(articles.search(conn, words)) <= 1
    assert articles.row_counts(conn)["articles"] == 1


def test_whatever_is_typed_is_a_query(migrated: Engine) -> None:
    @hypothesis_settings(max_examples=150)
    @given(st.text(st.characters(codec=None), max_size=40) | st.text("ab \"'-|&!():*<>\\%", max_size=20))
    def search(words: str) -> None:
        with migrated.connect() as conn:
            assert articles.search(conn, words) == []

    search()


def test_rows_and_totals_count_what_is_there(conn: Connection) -> None:
    told(conn, "Eins.", "Zwei.")
    told(conn, "Eins, anders.")
    told(conn, "Zwei.", slug="beta", entry={"first_seen_at": NOW - timedelta(days=3)})
    assert articles.row_counts(conn) == {"entries": 0, "pages": 0, "articles": 3, "revisions": 4, "stories": 2}
    assert articles.totals(conn, timedelta(days=365_000)) == {
        "articles": 3,
        "stories": 2,
        "sources": 2,
        "articles_last_day": 3,
    }


def test_the_newest_articles_are_those_published_last_and_undated_ones_come_at_the_end(conn: Connection) -> None:
    told(conn, "Undatiert.", "Alt.", "Neu.")
    conn.execute(text("UPDATE tape.articles SET published_at = CAST(:at AS timestamptz) + entry_id * interval '1 day' "
                      "WHERE entry_id > 0"), {"at": NOW})  # fmt: skip
    assert [row["text"] for row in articles.newest(conn, 2)] == ["Neu.", "Alt."]
    assert [row["text"] for row in articles.newest(conn, 9)] == ["Neu.", "Alt.", "Undatiert."]


def test_an_article_is_found_by_its_kicker_the_latest_first(conn: Connection) -> None:
    told(conn, "Eins.", "Zwei.", kicker="Ausblick")
    found = articles.titled(conn, "Ausblick")
    assert found is not None
    assert found["text"] == "Zwei."
    assert articles.titled(conn, "Anderes") is None


def test_keys_are_fresh_and_ascending(conn: Connection) -> None:
    first, second = (articles.new_keys(conn, "articles", 5) for _ in range(2))
    assert [*first, *second] == sorted({*first, *second})
    assert articles.new_keys(conn, "placement_no", 0) == []


def test_search_goes_by_the_index_of_words_and_to_articles_by_their_head(conn: Connection) -> None:
    told(conn, *(f"Satz Nummer {number}." for number in range(50)))
    for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        conn.execute(text(f"SET LOCAL {name} = off"))
    conn.execute(text("ANALYZE tape.revisions, tape.articles"))
    values = {"words": "satz 7", "source": None, "since": None, "count": 5}
    plan = "\n".join(conn.execute(text(f"EXPLAIN {articles._SEARCH.text}"), values).scalars())
    assert "ix_revisions_search_vector" in plan
    assert "ix_articles_head_revision_id" in plan
