"""The article model on the tape: what extraction found comes back column by column, and paragraph by paragraph."""

from typing import Any

import pytest
from makers import NOW, entry_row, extracted, known_feeds
from psycopg.errors import CheckViolation
from sqlalchemy import Connection, text

from sql.store import reprocess
from tasks.columns import extracted_columns
from tasks.load import load
from tasks.model import Article, Precision, Timestamp
from tasks.steps.differences import COMPARED

PARAGRAPHS = ("Kurz.", "Warum jetzt", "Erstens.", "Zweitens.", "Wie weiter", "Drittens.")
SAID: dict[str, Any] = {
    "subtitle": "Warum die Werft baut",
    "headings": (2, 5),
    "authors": ("Jana Brook",),
    "organisations": ("dpa-AFX", "Kontor-Redaktion"),
    "flags": ("date_only", "preview"),
    "kind": "press_release",
    "modified": Timestamp(NOW, Precision.DAY, "2.3.2026", "jsonld.dateModified", "Europe/Zurich"),
}


@pytest.fixture
def source_id(conn: Connection) -> int:
    """The id of a source."""
    return known_feeds(conn, "alpha")["alpha/all"][0]


def loaded(conn: Connection, source_id: int, body: str, **fields: Any) -> int:
    """Load an article with these fields; its id."""
    entry = entry_row(1, "https://alpha.example/1", source_id)
    return int(load(conn, [extracted(entry, "Fähren", body, **fields)])[0]["article_id"])


def test_what_extraction_found_comes_back(conn: Connection, source_id: int) -> None:
    loaded(conn, source_id, "\n\n".join(PARAGRAPHS), **SAID)
    for view in ("articles", "article_revisions"):
        row = conn.execute(text(f"SELECT * FROM news.{view}")).mappings().one()
        assert {name: row[name] for name in ("subtitle", "kind")} == {name: SAID[name] for name in ("subtitle", "kind")}
        for name in ("headings", "authors", "organisations", "flags"):
            assert row[name] == list(SAID[name])
        modified = (row["modified_at"], row["modified_raw"], row["modified_origin"], row["modified_precision"])
        assert modified == (NOW, "2.3.2026", "jsonld.dateModified", "day")
        assert row["modified_zone"] == "Europe/Zurich"


def test_paragraphs_come_in_order_below_their_headings(conn: Connection, source_id: int) -> None:
    loaded(conn, source_id, "\n\n".join(PARAGRAPHS), **SAID)
    found = conn.execute(text("SELECT number, is_heading, heading, text FROM news.paragraphs ORDER BY number")).all()
    assert [tuple(row) for row in found] == [
        (1, False, None, "Kurz."),
        (2, True, "Warum jetzt", "Warum jetzt"),
        (3, False, "Warum jetzt", "Erstens."),
        (4, False, "Warum jetzt", "Zweitens."),
        (5, True, "Wie weiter", "Wie weiter"),
        (6, False, "Wie weiter", "Drittens."),
    ]


def test_a_title_alone_has_no_paragraphs(conn: Connection, source_id: int) -> None:
    loaded(conn, source_id, "")
    assert conn.execute(text("SELECT count(*) FROM news.articles")).scalar() == 1
    assert conn.execute(text("SELECT count(*) FROM news.paragraphs")).scalar() == 0


UNKNOWN = {"a flag": {"flags": ("shiny",)}, "a kind": {"kind": "poem"}}


@pytest.mark.parametrize("fields", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_flag_or_kind_that_is_on_no_list_is_refused(conn: Connection, source_id: int, fields: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation, match="_known"):
        loaded(conn, source_id, "Kurz.", **fields)


def test_a_row_that_older_code_writes_has_the_empty_values(conn: Connection, source_id: int) -> None:
    article_id = loaded(conn, source_id, "Kurz.", **SAID)
    conn.execute(
        text("""
        INSERT INTO tape.revisions (article_id, number, title, summary, text, language, authors, tags, kind, word_count,
            provenance, content_hash, text_hash, body_sha256, page_id, page_fetched_at, extractor_version, revised_at)
        SELECT article_id, 2, title, summary, text, language, authors, tags, kind, word_count, provenance, content_hash,
            text_hash, body_sha256, page_id, page_fetched_at, extractor_version, revised_at FROM tape.revisions
    """)
    )
    row = conn.execute(
        text(
            "SELECT headings, organisations, flags, subtitle FROM tape.revisions WHERE number = 2 AND article_id = :id"
        ),
        {"id": article_id},
    ).one()
    assert tuple(row) == ([], [], [], None)


def test_a_reprocess_replaces_and_compares_every_extracted_column(conn: Connection, source_id: int) -> None:
    article_id = loaded(conn, source_id, "\n\n".join(PARAGRAPHS), **SAID)
    (stored,) = reprocess.revisions(conn, reprocess.Scope(), 0, 10)
    plain = Article(title="Fähren", text="Kurz.", language="de")
    renewed = extracted_columns(plain)
    assert set(renewed) == set(COMPARED) | {"provenance"}
    digests = {
        "content_hash": b"1",
        "text_hash": b"2",
        "extractor_version": "next",
        "notice": None,
        "notice_quote": None,
    }
    reprocess.replace(conn, [renewed | digests | {"id": stored["id"]}])
    row = conn.execute(
        text("SELECT * FROM news.articles WHERE article_id = :id"), {"id": article_id}
    ).mappings().one()  # fmt: skip
    names = (
        "subtitle",
        "headings",
        "organisations",
        "flags",
        "kind",
        "modified_at",
        "modified_origin",
        "modified_zone",
    )
    assert [row[name] for name in names] == [None, [], [], [], "article", None, None, None]
