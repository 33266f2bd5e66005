"""The chain of an article's texts on the tape: what each changed, what is no news, and what was known at an instant."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from makers import NOW, entry_row, extracted, known_feeds, page
from sqlalchemy import Connection, Engine, text
from test_steps_reprocess import AGAIN, archived, html

from tasks.dropped import Dropped
from tasks.extracted import Extracted
from tasks.load import load

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = "Die Werft setzte 412 Millionen Euro um.\n\nDie Aktie stieg."
SECOND = "Die Werft setzte 421 Millionen Euro um.\n\nDie Aktie stieg.\n\nAnalysten hatten weniger erwartet."


def rows(conn: Connection, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(text(statement), values)]


@pytest.fixture
def source_id(conn: Connection) -> int:
    return known_feeds(conn, "alpha")["alpha/all"][0]


def state(
    source_id: int, body: str, at: datetime = NOW, title: str = "Werft", number: int = 1, **entry: Any
) -> Extracted:
    """A text of article `number`, fetched at a time."""
    seen = {"first_seen_at": NOW} | entry
    return replace(extracted(entry_row(number, page(number), source_id, **seen), title, body), page_fetched_at=at)


CHAIN = (
    "SELECT revision, paragraphs_added, paragraphs_removed, paragraphs_changed, title_changed, numbers_changed, notice "
    "FROM news.article_revisions ORDER BY article_id, revision"
)


def test_a_revision_says_what_it_changed(conn: Connection, source_id: int) -> None:
    load(conn, [state(source_id, FIRST)])
    load(conn, [state(source_id, SECOND, NOW + HOUR, "Korrektur: Werft")])
    number = {"paragraph": 1, "old": "412", "new": "421"}
    assert rows(conn, CHAIN) == [
        (1, None, None, None, None, [], None),
        (2, 1, 0, 1, True, [number], "correction"),
    ]
    assert rows(conn, "SELECT notice, notice_quote FROM news.articles") == [("correction", "Korrektur: Werft")]
    assert rows(conn, "SELECT text FROM news.article_revisions ORDER BY revision") == [(FIRST,), (SECOND,)]


def test_several_texts_in_a_batch_are_compared_one_after_the_other(conn: Connection, source_id: int) -> None:
    third = SECOND.replace("421", "422")
    batch = [state(source_id, FIRST), state(source_id, SECOND, NOW + HOUR), state(source_id, third, NOW + DAY)]
    load(conn, batch)
    assert [row[:4] for row in rows(conn, CHAIN)] == [(1, None, None, None), (2, 1, 0, 1), (3, 0, 0, 1)]


NOISE = {
    "a stamp": f"{FIRST}\n\nStand: 12:39 Uhr",
    "an advertisement": f"Anzeige\n\n{FIRST}",
    "a paragraph that moved": "Die Aktie stieg.\n\nDie Werft setzte 412 Millionen Euro um.",
    "spaces and signs": "Die Werft setzte  412 Millionen Euro um!\n\nDie Aktie stieg",
}


@pytest.mark.parametrize("body", NOISE.values(), ids=NOISE)
def test_what_is_no_news_makes_no_revision(conn: Connection, source_id: int, body: str) -> None:
    (first,) = load(conn, [state(source_id, FIRST)])
    again = state(source_id, body, NOW + HOUR, article_id=first["article_id"])
    (row,) = load(conn, [again])
    assert (row["state"], row["counted"], row["article_id"]) == ("loaded", "rechecked", first["article_id"])
    assert rows(conn, "SELECT number, text FROM tape.revisions") == [(1, FIRST)]
    assert rows(conn, "SELECT count(*) FROM ingest.sketches") == [(1,)]


def test_boilerplate_that_is_known_by_now_is_not_missed(conn: Connection, source_id: int) -> None:
    line = "Das Wichtigste am Morgen: unser Newsletter"
    load(conn, [state(source_id, f"{FIRST}\n\n{line}")])
    shorter = state(source_id, f"{FIRST}\n\nDer Kurs ist hoch.", NOW + HOUR)
    article = replace(shorter.article, dropped=(Dropped(3, line, is_heading=False),))
    load(conn, [replace(shorter, article=article)])
    assert [row[:4] for row in rows(conn, CHAIN)] == [(1, None, None, None), (2, 1, 0, 0)]


AS_OF = "SELECT url, revision, text FROM news.as_of(:at) ORDER BY url"


def test_what_was_known_at_an_instant(conn: Connection, source_id: int) -> None:
    load(conn, [state(source_id, FIRST, NOW + timedelta(minutes=2))])
    load(conn, [state(source_id, SECOND, NOW + HOUR)])
    load(conn, [state(source_id, "Ganz anders.", NOW + DAY)])
    captured = state(
        source_id, "Aus dem Archiv.", NOW + 2 * DAY, "Archiv", 2, origin="backfill", first_seen_at=NOW + 2 * DAY
    )
    load(conn, [replace(captured, captured_at=NOW - DAY)])
    old = (page(2), 1, "Aus dem Archiv.")
    known = {
        NOW - DAY - HOUR: [],
        NOW - HOUR: [old],
        NOW: [(page(1), 1, FIRST), old],
        NOW + HOUR - timedelta(seconds=1): [(page(1), 1, FIRST), old],
        NOW + HOUR: [(page(1), 2, SECOND), old],
        NOW + 2 * DAY: [(page(1), 3, "Ganz anders."), old],
    }
    assert {at: rows(conn, AS_OF, at=at) for at in known} == known


def test_now_is_what_the_articles_say(conn: Connection, source_id: int) -> None:
    load(conn, [state(source_id, FIRST, title="A"), state(source_id, "Anderes.", title="B", number=2)])
    load(conn, [state(source_id, SECOND, NOW + HOUR, "A")])
    conn.execute(text("UPDATE tape.articles SET gone_at = :at WHERE entry_id = 2"), {"at": NOW + HOUR})
    later = NOW + DAY
    assert rows(conn, "SELECT to_jsonb(a) FROM news.as_of(:at) a ORDER BY article_id", at=later) == rows(
        conn, "SELECT to_jsonb(a) FROM news.articles a ORDER BY article_id"
    )
    assert rows(conn, "SELECT gone_at FROM news.as_of(:at) WHERE gone_at IS NOT NULL", at=NOW) == []


def test_analysts_may_ask_what_was_known(conn: Connection, source_id: int) -> None:
    load(conn, [state(source_id, FIRST)])
    conn.execute(text("SET LOCAL ROLE newstape_analyst"))
    assert rows(conn, AS_OF, at=NOW) == [(page(1), 1, FIRST)]


def test_a_limit_on_an_article_reaches_its_index(conn: Connection, source_id: int) -> None:
    load(conn, [state(source_id, FIRST)])
    conn.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(row[0] for row in rows(conn, "EXPLAIN SELECT title FROM news.as_of(now()) WHERE article_id = 1"))
    assert "Function Scan" not in plan
    assert "pk_articles" in plan


def test_a_span_of_time_reaches_its_index(conn: Connection, source_id: int) -> None:
    load(conn, [state(source_id, FIRST)])
    conn.execute(text("SET LOCAL enable_seqscan = off"))
    asked = "EXPLAIN SELECT title FROM news.as_of(:at) WHERE available_at > :since"
    plan = "\n".join(row[0] for row in rows(conn, asked, at=NOW, since=NOW - DAY))
    assert "ix_articles_available_at" in plan


def test_a_text_that_comes_back_is_a_revision_of_its_own(conn: Connection, source_id: int) -> None:
    for hours, body in enumerate((FIRST, SECOND, FIRST)):
        load(conn, [state(source_id, body, NOW + hours * HOUR)])
    assert [row[:4] for row in rows(conn, CHAIN)] == [(1, None, None, None), (2, 1, 0, 1), (3, 0, 1, 1)]
    told = {at: rows(conn, "SELECT revision, text FROM news.as_of(:at)", at=NOW + at * HOUR) for at in range(3)}
    assert told == {0: [(1, FIRST)], 1: [(2, SECOND)], 2: [(3, FIRST)]}


NEWS = {
    "a number in a sentence that begins as a stamp": ("As of 31 March, net debt was 412 million.", "412", "421"),
    "the sign of a number": ("The shares moved -3.1 percent on Monday.", "-3.1", "+3.1"),
    "the point of a number": ("Der Gewinn stieg auf 1,5 Milliarden Euro.", "1,5", "15"),
    "a number with its unit glued to it": ("Revenue rose to $5.2bn in the quarter.", "5.2bn", "5.4bn"),
}


@pytest.mark.parametrize("name", NEWS)
def test_a_correction_of_a_number_is_never_taken_for_noise(conn: Connection, source_id: int, name: str) -> None:
    body, old, new = NEWS[name]
    load(conn, [state(source_id, body)])
    load(conn, [state(source_id, body.replace(old, new), NOW + HOUR)])
    assert [row[5] for row in rows(conn, CHAIN)] == [[], [{"paragraph": 1, "old": old, "new": new}]]


def test_a_better_reading_tells_anew_what_revisions_changed(tape: Engine) -> None:
    archive = archived(tape, html(1))
    archive.change("""
        INSERT INTO tape.revisions (article_id, number, title, summary, text, language, authors, tags, kind, word_count,
            provenance, content_hash, text_hash, body_sha256, page_id, page_fetched_at, extractor_version, revised_at,
            paragraphs_added, notice, notice_quote)
        SELECT article_id, 2, title, summary, text || E'\\n\\nUnd 7 Kräne.', language, authors, tags, kind, word_count,
            provenance, content_hash, text_hash, body_sha256, page_id, page_fetched_at, 'old',
            revised_at, 9, 'update', 'x'
        FROM tape.revisions
    """)
    archive.change("UPDATE tape.revisions SET title = 'Falsch', extractor_version = 'old' WHERE number = 1")
    assert archive.read(AGAIN).changed == 2
    chain = archive.rows(
        "SELECT paragraphs_added, title_changed, numbers_changed, notice FROM tape.revisions ORDER BY number"
    )
    assert chain == [(None, None, [], None), (0, False, [], None)]


def test_a_text_that_reads_the_same_is_told_anew_too(tape: Engine) -> None:
    archive = archived(tape, html(1))
    archive.change("""
        INSERT INTO tape.revisions (article_id, number, title, summary, text, language, authors, tags, kind, word_count,
            provenance, content_hash, text_hash, body_sha256, page_id, page_fetched_at, extractor_version, revised_at)
        SELECT article_id, 2, title, summary, text, language, authors, tags, kind, word_count, provenance, content_hash,
            text_hash, body_sha256, page_id, page_fetched_at, extractor_version, revised_at
        FROM tape.revisions
    """)
    archive.change("UPDATE tape.revisions SET notice = 'update', notice_quote = 'x' WHERE number = 1")
    archive.read(AGAIN)
    chain = "SELECT paragraphs_added, paragraphs_removed, paragraphs_changed, title_changed, notice "
    told = archive.rows(chain + "FROM tape.revisions ORDER BY number")
    assert told == [(None, None, None, None, None), (0, 0, 0, False, None)]
