"""The counts of paragraphs: when a paragraph is boilerplate, what a person decides, and what is forgotten."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from makers import NOW, known_feeds
from sqlalchemy import Connection, text

from sql.store import boilerplate
from sql.store.boilerplate import LEAST_ARTICLES, LEAST_SHARE, LEAST_SPAN
from tasks.text import paragraph_hash

SLOGAN = "Werftbrief: montags alles über Schiffe und Häfen."
CLUB = "Werden Sie Mitglied im Club der Hafenfreunde."


@pytest.fixture
def source(conn: Connection) -> int:
    return known_feeds(conn, "alpha")["alpha/all"][0]


def row(source_id: int, paragraph: str, at: datetime, article_id: int) -> dict[str, Any]:
    digest = paragraph_hash(paragraph)
    return {"source_id": source_id, "digest": digest, "at": at, "article_id": article_id, "text": paragraph}


def printed(
    conn: Connection, source_id: int, paragraph: str, articles: int, span: timedelta = LEAST_SPAN, start: int = 1
) -> None:
    """So many articles with the paragraph, evenly spread over a time, a batch each."""
    for number in range(articles):
        at = NOW + span * number / max(articles - 1, 1)
        boilerplate.count(conn, [source_id], [row(source_id, paragraph, at, start + number)])


def others(conn: Connection, source_id: int, articles: int) -> None:
    """So many articles of the source without anything to count."""
    boilerplate.count(conn, [source_id] * articles, [])


def is_learned(conn: Connection, source_id: int, paragraph: str = SLOGAN) -> bool:
    return paragraph_hash(paragraph) in boilerplate.learned(conn, [source_id]).get(source_id, frozenset())


def test_a_paragraph_of_enough_articles_over_enough_days_is_boilerplate(conn: Connection, source: int) -> None:
    printed(conn, source, SLOGAN, LEAST_ARTICLES)
    assert boilerplate.learned(conn, [source]) == {source: frozenset({paragraph_hash(SLOGAN)})}


def test_one_article_less_is_too_few(conn: Connection, source: int) -> None:
    printed(conn, source, SLOGAN, LEAST_ARTICLES - 1)
    assert not is_learned(conn, source)


def test_a_sentence_of_a_story_that_runs_for_days_only_is_none(conn: Connection, source: int) -> None:
    printed(conn, source, SLOGAN, 5 * LEAST_ARTICLES, LEAST_SPAN - timedelta(seconds=1))
    assert not is_learned(conn, source)


def test_its_share_is_counted_from_its_first_article_on(conn: Connection, source: int) -> None:
    others(conn, source, 5000)
    printed(conn, source, SLOGAN, LEAST_ARTICLES)
    others(conn, source, round(LEAST_ARTICLES / LEAST_SHARE) - LEAST_ARTICLES)
    assert is_learned(conn, source)
    others(conn, source, 1)
    assert not is_learned(conn, source)


def test_each_source_has_its_own(conn: Connection, source: int) -> None:
    other = known_feeds(conn, "beta")["beta/all"][0]
    printed(conn, source, SLOGAN, LEAST_ARTICLES)
    assert boilerplate.learned(conn, [other]) == {}
    assert list(boilerplate.learned(conn, [source, other])) == [source]


def test_a_batch_counts_as_its_articles_would_one_by_one(conn: Connection, source: int) -> None:
    printed(conn, source, SLOGAN, 4)
    (one_by_one,) = boilerplate.listed(conn, "alpha", 10)
    other = known_feeds(conn, "beta")["beta/all"][0]
    rows = [row(other, SLOGAN, NOW + LEAST_SPAN * number / 3, 1 + number) for number in range(4)]
    boilerplate.count(conn, [other] * 4, rows)
    (at_once,) = boilerplate.listed(conn, "beta", 10)
    assert at_once == one_by_one
    assert (at_once["articles"], at_once["of_articles"], boilerplate.total(conn, "beta")) == (4, 4, 4)
    assert (at_once["first_at"], at_once["last_at"]) == (NOW, NOW + LEAST_SPAN)


def test_the_order_in_which_articles_come_makes_no_difference_to_the_times(conn: Connection, source: int) -> None:
    for number, days in enumerate((5, 0, 9, 3)):
        boilerplate.count(conn, [source], [row(source, SLOGAN, NOW + timedelta(days=days), number)])
    (found,) = boilerplate.listed(conn, "alpha", 10)
    assert (found["first_at"], found["last_at"]) == (NOW, NOW + timedelta(days=9))


def test_the_words_of_a_paragraph_are_kept_from_its_second_article_on(conn: Connection, source: int) -> None:
    kept = text("SELECT text FROM ingest.boilerplate")
    printed(conn, source, SLOGAN, 1)
    assert conn.execute(kept).scalars().all() == [None]
    assert boilerplate.listed(conn, "alpha", 10) == []
    printed(conn, source, SLOGAN, 1)
    assert conn.execute(kept).scalars().all() == [SLOGAN]


def test_the_list_has_what_is_dropped_first_and_says_why(conn: Connection, source: int) -> None:
    printed(conn, source, CLUB, 20, timedelta(days=1))
    printed(conn, source, SLOGAN, LEAST_ARTICLES)
    first, second = boilerplate.listed(conn, "alpha", 10)
    assert (first["text"], first["is_dropped"], first["articles"]) == (SLOGAN, True, LEAST_ARTICLES)
    assert (second["text"], second["is_dropped"], second["articles"]) == (CLUB, False, 20)
    assert first["id"] == paragraph_hash(SLOGAN).hex()[:8]
    assert len(boilerplate.listed(conn, "alpha", 1)) == 1


def test_a_persons_ruling_goes_before_the_counts_and_can_be_taken_back(conn: Connection, source: int) -> None:
    printed(conn, source, SLOGAN, LEAST_ARTICLES)
    printed(conn, source, CLUB, 2)
    slogan, club = (paragraph_hash(paragraph).hex()[:8] for paragraph in (SLOGAN, CLUB))
    assert boilerplate.rule(conn, "alpha", slogan, "keep", NOW) == [SLOGAN]
    assert boilerplate.rule(conn, "alpha", club, "drop", NOW) == [CLUB]
    assert (is_learned(conn, source, SLOGAN), is_learned(conn, source, CLUB)) == (False, True)
    for id_ in (slogan, club):
        boilerplate.rule(conn, "alpha", id_, None, NOW)
    assert (is_learned(conn, source, SLOGAN), is_learned(conn, source, CLUB)) == (True, False)


def test_a_ruling_needs_a_paragraph_of_that_source(conn: Connection, source: int) -> None:
    known_feeds(conn, "beta")
    printed(conn, source, SLOGAN, 2)
    id_ = paragraph_hash(SLOGAN).hex()[:8]
    assert boilerplate.rule(conn, "beta", id_, "keep", NOW) == []
    assert boilerplate.rule(conn, "alpha", "%", "keep", NOW) == []
    assert boilerplate.rule(conn, "alpha", "zz", "keep", NOW) == []


def counted(conn: Connection, paragraph: str, days_ago: int) -> None:
    statement = text("UPDATE ingest.boilerplate SET counted_at = :at WHERE digest = :digest")
    conn.execute(statement, {"at": NOW - timedelta(days=days_ago), "digest": paragraph_hash(paragraph)})


def test_what_one_article_printed_is_forgotten_sooner_than_what_several_did(conn: Connection, source: int) -> None:
    singles, several = ("Einmal gesagt und nie wieder.", "Noch ein einzelner Satz."), (SLOGAN, CLUB)
    for paragraph in (*singles, *several):
        printed(conn, source, paragraph, 1 if paragraph in singles else 2)
    for paragraph, days in zip((*singles, *several), (15, 13, 91, 89), strict=True):
        counted(conn, paragraph, days)
    before = (NOW - timedelta(days=14), NOW - timedelta(days=90))
    assert boilerplate.old(conn, *before) == 2
    assert [boilerplate.forget(conn, *before, 1) for _ in range(3)] == [1, 1, 0]
    left = conn.execute(text("SELECT digest FROM ingest.boilerplate")).scalars()
    assert set(map(bytes, left)) == {paragraph_hash(singles[1]), paragraph_hash(CLUB)}


def test_what_a_person_ruled_on_is_never_forgotten(conn: Connection, source: int) -> None:
    printed(conn, source, SLOGAN, 2)
    boilerplate.rule(conn, "alpha", paragraph_hash(SLOGAN).hex(), "keep", NOW)
    counted(conn, SLOGAN, 1000)
    assert boilerplate.old(conn, NOW, NOW) == 0


def test_characters_that_postgres_cannot_hold_stop_no_batch(conn: Connection, source: int) -> None:
    for number in range(2):
        boilerplate.count(conn, [source], [row(source, "Werft\x00brief \ud800 montags.", NOW, number)])
    (found,) = boilerplate.listed(conn, "alpha", 10)
    assert "\ufffd" in found["text"]
