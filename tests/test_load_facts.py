"""Finance fields on the tape: with their evidence, of each text its own, replaced and booked when rules find better."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from makers import NOW, entry_row, extracted, known_feeds, page, said
from sqlalchemy import Connection, Engine, text
from test_steps_reprocess import AGAIN, PRESENT, Archive, archived

from sql.store import fields as store
from tasks import enriching
from tasks.enriching import enriched, read_chunk
from tasks.extract.pool import Job, Outcome
from tasks.extracted import Extracted
from tasks.facts import KINDS, compared, facts_of
from tasks.fields.model import Fields
from tasks.load import load
from tasks.model import Article, Profile
from tasks.takedown import take_down

PROFILE = Profile("alpha", "Alpha", "de", "Europe/Zurich")
TITLE = "Alibaba-Aktie steigt deutlich"
BODY = (
    "Die Aktie von Alibaba stieg am Mittwoch in Hongkong um 9,16 Prozent auf 174,00 HKD.\n\n"
    "Der Konzern will 380 Milliarden Yuan in Rechenzentren stecken, sagte CEO Eddie Wu laut Bloomberg.\n\n"
    'Die UBS hebt das Kursziel für SAP von 250 auf 270 Euro und belässt die Einstufung auf "Buy".\n\n'
    "SAP steigerte den Umsatz im zweiten Quartal um 9 Prozent auf 9,03 Milliarden Euro (ISIN DE0007164600)."
)


def rows(conn: Connection, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(text(statement), values)]


@pytest.fixture
def source_id(conn: Connection) -> int:
    return known_feeds(conn, "alpha")["alpha/all"][0]


def told(source_id: int, body: str = BODY, hours: int = 0, **changes: Any) -> Extracted:
    one = extracted(entry_row(1, page(1), source_id), TITLE, body, published=said(NOW), **changes)
    return replace(one, article=enriched(one.article, PROFILE), page_fetched_at=NOW + timedelta(hours=hours))


def test_what_an_article_says_stands_in_a_table_per_kind(conn: Connection, source_id: int) -> None:
    load(conn, [told(source_id)])
    move = rows(conn, "SELECT subject, percent, price, currency, venue FROM news.price_moves")
    assert move == [("Alibaba", Decimal("9.16"), Decimal("174.00"), "HKD", "Hongkong")]
    assert (Decimal(380_000_000_000), "CNY") in rows(conn, "SELECT value, currency FROM news.amounts")
    assert rows(conn, "SELECT name, role FROM news.people") == [("Eddie Wu", "CEO")]
    assert rows(conn, "SELECT name FROM news.citations") == [("Bloomberg",)]
    assert rows(conn, "SELECT house, subject, previous_target, target, currency FROM news.ratings") == [
        ("UBS", "SAP", Decimal(250), Decimal(270), "EUR")
    ]
    figure = rows(conn, "SELECT subject, isin, metric, value, change_percent FROM news.figures")
    assert figure == [("SAP", "DE0007164600", "revenue", Decimal(9_030_000_000), Decimal(9))]
    assert rows(conn, "SELECT scheme, value FROM news.identifiers") == [("isin", "DE0007164600")]
    assert {"Alibaba", "SAP"} <= {row[0] for row in rows(conn, "SELECT DISTINCT name FROM news.mentions")}


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_fact_slices_to_its_evidence(conn: Connection, source_id: int, kind: str) -> None:
    load(conn, [told(source_id)])
    found = rows(
        conn, f"SELECT f.start, f.stop, f.quote, f.confidence, f.fields_version FROM tape.{kind} f ORDER BY number"
    )
    assert found
    for start, stop, quote, confidence, version in found:
        assert f"{TITLE}\n{BODY}"[start:stop] == quote
        assert 0 < confidence <= 1
        assert version == "1"


def everything(conn: Connection) -> dict[str, Any]:
    tables = (*KINDS.values(), "instruments", "revisions")
    return {table: rows(conn, f"SELECT to_jsonb(t) FROM tape.{table} t ORDER BY 1::text") for table in tables}


def test_the_same_words_again_change_nothing(conn: Connection, source_id: int) -> None:
    load(conn, [told(source_id)])
    before = everything(conn)
    load(conn, [told(source_id, hours=1)])
    assert everything(conn) == before


def test_each_text_has_its_own_facts_and_news_tells_those_of_the_latest(conn: Connection, source_id: int) -> None:
    load(conn, [told(source_id)])
    load(conn, [told(source_id, BODY.replace("9,16 Prozent", "8,16 Prozent"), hours=1)])
    assert rows(conn, "SELECT percent FROM tape.price_moves ORDER BY revision_id") == [
        (Decimal("9.16"),), (Decimal("8.16"),),
    ]  # fmt: skip
    assert rows(conn, "SELECT percent FROM news.price_moves") == [(Decimal("8.16"),)]
    assert rows(conn, "SELECT count(*) FROM tape.instruments WHERE name = 'Alibaba'") == [(1,)]


def test_what_the_rules_stumble_over_is_noted_and_the_article_loaded(
    conn: Connection, source_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Fields:
        raise ZeroDivisionError("a text like no other")

    monkeypatch.setattr(enriching, "enrich", broken)
    load(conn, [told(source_id)])
    ((version, error),) = rows(conn, "SELECT fields_version, fields_error FROM tape.revisions")
    assert version == "1"
    assert "ZeroDivisionError: a text like no other" in error
    assert rows(conn, "SELECT count(*) FROM news.articles") == [(1,)]
    assert rows(conn, "SELECT count(*) FROM tape.mentions") == [(0,)]


def test_where_nobody_looked_nothing_is_noted(conn: Connection, source_id: int) -> None:
    load(conn, [extracted(entry_row(1, page(1), source_id), TITLE, BODY)])
    assert rows(conn, "SELECT fields_version, fields_error FROM tape.revisions") == [(None, None)]


def test_facts_go_with_an_article_that_is_taken_down(conn: Connection, source_id: int) -> None:
    load(conn, [told(source_id)])
    take_down(conn, page(1), "somebody asked for it", NOW)
    for kind in KINDS.values():
        assert rows(conn, f"SELECT count(*) FROM tape.{kind}") == [(0,)]


class Reading:
    """Extraction with the fields, here and now."""

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        """As a child process does it."""
        return read_chunk(jobs, 1_000_000)


PAGE = (
    "<html lang='de'><head><title>Siemens legt zu</title></head><body><article><h1>Siemens legt zu</h1>"
    "<p>Die Aktie von Siemens stieg am Montag in Frankfurt um 2,5 Prozent auf 190,20 Euro, nachdem Konzernchef Roland "
    "Busch einen Auftrag über 3 Milliarden Euro gemeldet hatte.</p><p>Das berichtet das Handelsblatt unter Berufung "
    "auf Kreise des Konzerns, der sich dazu am Abend nicht äußern wollte.</p></article></body></html>"
).encode()


@pytest.fixture
def archive(tape: Engine) -> Archive:
    """An article that was loaded before anybody looked for its fields."""
    return archived(tape, PAGE)


def facts(archive: Archive) -> list[Any]:
    return [archive.rows(f"SELECT to_jsonb(t) FROM tape.{kind} t ORDER BY 1::text") for kind in KINDS.values()]


def test_a_reprocess_finds_the_fields_of_what_was_loaded_before_and_twice_is_once(archive: Archive) -> None:
    assert facts(archive) == [[]] * len(KINDS)
    tally = archive.read(AGAIN, extractors=Reading())
    assert archive.rows("SELECT subject, percent FROM news.price_moves") == [("Siemens", Decimal("2.5"))]
    assert tally.fields["fields.price_moves"] == 1
    assert archive.diffs()["fields.price_moves"] == (0, 1, 0, 1, 0, 0)
    once = facts(archive)
    again = archive.read(AGAIN, extractors=Reading())
    assert (again.fields, facts(archive), archive.diffs()) == ({}, once, {})


def test_a_rehearsal_counts_and_writes_nothing(archive: Archive) -> None:
    tally = archive.read(replace(AGAIN, is_rehearsal=True), extractors=Reading())
    assert tally.fields["fields.price_moves"] == 1
    assert facts(archive) == [[]] * len(KINDS)
    assert archive.rows("SELECT count(*) FROM tape.instruments") == [(0,)]


def test_what_better_rules_find_is_replaced_and_booked(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.read(AGAIN, extractors=Reading())
    archive.change("UPDATE tape.price_moves SET percent = 1, fields_version = '0'")
    archive.change("UPDATE tape.people SET start = 0, stop = 3, fields_version = '0'")
    archive.change("DELETE FROM tape.citations")
    assert archive.read(AGAIN, extractors=Reading()).fields == {
        "fields.price_moves": 1, "fields.people": 2, "fields.citations": 1,
    }  # fmt: skip
    found = archive.diffs()
    assert found["fields.price_moves"] == (1, 1, 0, 0, 0, 1)
    assert found["fields.people"] == (1, 1, 0, 1, 1, 0)
    assert found["fields.citations"] == (0, 1, 0, 1, 0, 0)
    assert archive.rows("SELECT percent, fields_version FROM tape.price_moves") == [(Decimal("2.5"), "1")]


def test_present_revisions_are_left_alone_unless_asked_for(archive: Archive) -> None:
    assert archive.read(PRESENT, extractors=Reading()).revisions == 0


def test_facts_of_several_texts_are_compared_one_by_one() -> None:
    columns = list(store.COLUMNS["citations"])
    one = {"start": 3, "stop": 9, "name": "Reuters"}
    other = {"start": 3, "stop": 9, "name": "Bloomberg"}
    assert compared([one], [one], columns)["same"] == 1
    assert compared([one], [other], columns)["changed"] == 1
    assert compared([one, one], [one], columns) == {"before": 2, "after": 1, "same": 1, "vanished": 1, "changed": 0,
                                                    "appeared": 0}  # fmt: skip
    assert compared([], [one, other], columns)["appeared"] == 2


def test_an_article_without_fields_has_no_facts() -> None:
    assert facts_of(Article(title="t", text="t", language="de")) is None
    assert facts_of(Article(title="t", text="t", language="de", fields="Traceback")) is None


def test_the_trading_day_is_that_of_the_market(conn: Connection, source_id: int) -> None:
    one = told(source_id)
    wednesday = replace(said(NOW), at=NOW.replace(year=2025, month=9, day=24, hour=10))
    article = enriched(replace(one.article, published=wednesday), PROFILE)
    load(conn, [replace(one, article=article)])
    ((day, start, stop),) = rows(conn, "SELECT session_date, date_start, date_stop FROM news.price_moves")
    assert day == date(2025, 9, 24)
    assert "Mittwoch" in f"{TITLE}\n{BODY}"[start:stop]
