"""Learned boilerplate on its way through the steps: counted once, dropped from what is extracted later, never twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from makers import known_feeds, listed_row, page
from sqlalchemy import Engine, text
from test_steps_reprocess import AGAIN, PRESENT, Archive, Refusing, archived, ended, html, ingested, opened

from sql.store import boilerplate, frontier
from sql.store.boilerplate import LEAST_ARTICLES
from tasks.text import paragraph_hash

SLOGAN = "Der Nordwerk-Kurier schreibt jeden Morgen, was die Fabriken am Fluss an diesem Tag bewegt."
COUNTS = (
    "SELECT digest, articles, since, first_at, last_at, counted_at, article_id, text FROM ingest.boilerplate ORDER BY 1"
)
TEXTS = "SELECT text FROM tape.revisions ORDER BY id"


def closing(number: int) -> bytes:
    """A page whose article ends with the portal's slogan."""
    return html(number).replace(b"</article>", f"<p>{SLOGAN}</p></article>".encode())


@pytest.fixture
def archive(tape: Engine) -> Archive:
    """As many articles with the slogan as make it boilerplate, the first of them read a week ago and more."""
    archive = archived(tape, *(closing(number) for number in range(LEAST_ARTICLES)))
    archive.change("UPDATE ingest.boilerplate SET first_at = first_at - interval '8 days'")
    return archive


def read_further(archive: Archive, bodies: Sequence[bytes], first: int = 50) -> None:
    """Ingest further pages of the source."""
    pages = {page(first + number): body for number, body in enumerate(bodies)}
    with archive.tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        frontier.add(conn, [listed_row(feed, url, place) for place, url in enumerate(pages)], datetime.now(UTC))
        conn.execute(text("UPDATE ingest.hosts SET next_request_at = now() - interval '1 hour'"))
        run = opened(conn, "ingest")
    asyncio.run(ingested(run, pages))


def with_slogan(archive: Archive) -> list[bool]:
    """Which texts have the slogan, in the order of their revisions."""
    return [SLOGAN in row[0] for row in archive.rows(TEXTS)]


def counted(archive: Archive) -> list[Any]:
    return [*archive.rows(COUNTS), *archive.rows("SELECT * FROM ingest.boilerplate_sources")]


def slogan_articles(archive: Archive) -> int:
    with archive.tape.connect() as conn:
        found = {row["text"]: row["articles"] for row in boilerplate.listed(conn, "alpha", 10)}
    return int(found[SLOGAN])


def test_articles_that_come_after_are_without_it_and_are_counted(archive: Archive) -> None:
    assert with_slogan(archive) == [True] * LEAST_ARTICLES
    read_further(archive, [closing(50), closing(51)])
    assert with_slogan(archive) == [True] * LEAST_ARTICLES + [False] * 2
    assert "Im Werk 51 stieg der Umsatz in Linie 5" in archive.rows(TEXTS)[-1][0]
    assert slogan_articles(archive) == LEAST_ARTICLES + 2


def test_what_a_person_released_stays_in_new_articles(archive: Archive) -> None:
    with archive.tape.begin() as conn:
        boilerplate.rule(conn, "alpha", paragraph_hash(SLOGAN).hex(), "keep", datetime.now(UTC))
    read_further(archive, [closing(50)])
    assert with_slogan(archive) == [True] * (LEAST_ARTICLES + 1)


def test_a_reprocess_drops_it_from_older_articles_and_counts_nothing(archive: Archive) -> None:
    before = counted(archive)
    assert archive.read(AGAIN).fields["text"] == LEAST_ARTICLES
    assert with_slogan(archive) == [False] * LEAST_ARTICLES
    assert counted(archive) == before
    again = archive.read(AGAIN)
    assert (again.changed, again.revisions) == (0, LEAST_ARTICLES)
    assert counted(archive) == before


def test_a_reprocess_brings_back_what_a_person_released(archive: Archive) -> None:
    texts = archive.rows(TEXTS)
    archive.read(AGAIN)
    with archive.tape.begin() as conn:
        boilerplate.rule(conn, "alpha", paragraph_hash(SLOGAN).hex(), "keep", datetime.now(UTC))
    assert archive.read(AGAIN).changed == LEAST_ARTICLES
    assert archive.rows(TEXTS) == texts


def test_an_article_that_only_a_reprocess_could_read_is_counted_then_and_once(tape: Engine) -> None:
    archive = archived(tape, closing(1))
    ended(archive)
    archive.change("DELETE FROM ingest.boilerplate; DELETE FROM ingest.boilerplate_sources")
    assert archive.read(PRESENT, extractors=Refusing()).found == 0
    assert counted(archive) == []
    assert archive.read(PRESENT).found == 1
    once = counted(archive)
    assert [row[1] for row in once[:-1]] == [1] * len(once[:-1])
    assert paragraph_hash(SLOGAN) in {bytes(row[0]) for row in once[:-1]}
    archive.read(AGAIN)
    assert counted(archive) == once
