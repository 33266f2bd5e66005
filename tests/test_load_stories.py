"""Articles on the tape stand in the stories that the method finds, whatever the batches and however many load."""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from makers import NOW, entry_row, extracted, known_feeds, page
from sqlalchemy import Connection, Engine, text

from tasks.columns import Row
from tasks.dedupe.past import Arrival, Past
from tasks.dedupe.placing import place
from tasks.dedupe.sketch import sketch
from tasks.extracted import Extracted
from tasks.load import load

CORPUS = Path(__file__).parent / "data" / "dedup" / "series.jsonl"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGENCY = (
    "Die Werft Nordkai hat im dritten Quartal 412 Millionen Euro umgesetzt und damit 7,5 Prozent mehr als zuvor.",
    "Der operative Gewinn stieg auf 38 Millionen Euro, wie das Unternehmen am Dienstag in Emden mitteilte.",
    "Vorstandschefin Silke Brandhorst sprach von einem Auftragsbestand, der bis in das Jahr 2029 reiche.",
    "Drei Fähren für eine Reederei aus Norwegen sollen im Frühjahr auf Kiel gelegt werden, eine vierte ist bestellt.",
    "Die Belegschaft wächst bis zum Jahresende auf 2150 Menschen, gesucht werden vor allem Schweißer und Elektriker.",
    "Analysten hatten im Schnitt mit einem Gewinn von 35 Millionen Euro gerechnet und loben die gute Auslastung.",
)
TEXT = "\n\n".join(AGENCY)
OTHER = "\n\n".join(
    f"Der Winzer aus dem Dorf Nummer {number} verkauft in diesem Herbst mehr Wein als je zuvor, sagt er beim Rundgang."
    for number in range(8)
)


def rows(conn: Connection, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(text(statement), values)]


def members(conn: Connection) -> list[tuple[Any, ...]]:
    """Entry, story by the entry of its original, role, exact, in the order of entries."""
    return rows(conn, "SELECT a.entry_id, o.entry_id, a.story_role, a.is_exact_copy FROM tape.articles a "
                      "JOIN tape.articles o ON o.story_id = a.story_id AND o.story_role = 'original' "
                      "ORDER BY a.entry_id")  # fmt: skip


@pytest.fixture
def ids(conn: Connection) -> dict[str, int]:
    """Source ids by slug."""
    feeds = known_feeds(conn, "alpha", "beta", "gamma")
    return {key.partition("/")[0]: feed[0] for key, feed in feeds.items()}


def article(
    number: int, source_id: int, body: str = TEXT, title: str = "Nordkai verdient mehr", **more: Any
) -> Extracted:
    entry = entry_row(number, page(number, f"host{source_id}.example"), source_id, **more)
    one = extracted(entry, title, body)
    return replace(one, page_fetched_at=entry["first_seen_at"])


def test_an_agencys_text_on_three_portals_is_one_story(conn: Connection, ids: dict[str, int]) -> None:
    load(conn, [article(1, ids["alpha"])])
    edited = TEXT.replace("loben die gute", "loben laut Händlern die gute")
    load(conn, [article(2, ids["beta"], title="Werft Nordkai steigert Gewinn"), article(3, ids["gamma"], edited)])
    assert members(conn) == [(1, 1, "original", False), (2, 1, "copy", True), (3, 1, "copy", False)]
    ((exact,), (near,)) = rows(conn, "SELECT containment FROM tape.articles WHERE entry_id > 1 ORDER BY entry_id")
    assert exact == 1
    assert 0.6 < near < 1


def test_a_part_of_a_text_is_a_partial_and_another_text_a_story_of_its_own(
    conn: Connection, ids: dict[str, int]
) -> None:
    load(conn, [article(1, ids["alpha"])])
    load(conn, [article(2, ids["beta"], "\n\n".join(AGENCY[:3])), article(3, ids["gamma"], OTHER, "Der Wein")])
    assert members(conn) == [(1, 1, "original", False), (2, 1, "partial", False), (3, 3, "original", False)]


def test_a_late_arrival_that_could_be_known_earlier_becomes_the_original(conn: Connection, ids: dict[str, int]) -> None:
    load(conn, [article(1, ids["alpha"]), article(2, ids["beta"], first_seen_at=NOW + HOUR)])
    load(conn, [article(3, ids["gamma"], first_seen_at=NOW - HOUR)])
    assert [row[:3] for row in members(conn)] == [(1, 3, "copy"), (2, 3, "copy"), (3, 3, "original")]
    assert rows(conn, "SELECT count(DISTINCT story_id) FROM tape.articles") == [(1,)]


def test_of_several_ever_earlier_ones_in_a_batch_the_earliest_is_the_original(
    conn: Connection, ids: dict[str, int]
) -> None:
    batch = [article(n, ids[slug], first_seen_at=NOW - n * HOUR) for n, slug in enumerate(("alpha", "beta", "gamma"))]
    load(conn, batch)
    assert [row[:3] for row in members(conn)] == [(0, 2, "copy"), (1, 2, "copy"), (2, 2, "original")]


def test_where_the_original_is_forgotten_nobody_takes_its_place(conn: Connection, ids: dict[str, int]) -> None:
    load(conn, [article(1, ids["alpha"]), article(2, ids["beta"], first_seen_at=NOW + DAY)])
    conn.execute(
        text("DELETE FROM ingest.sketches WHERE article_id = (SELECT id FROM tape.articles WHERE entry_id = 1)")
    )
    load(conn, [article(3, ids["gamma"], first_seen_at=NOW + HOUR)])
    assert [row[:3] for row in members(conn)] == [(1, 1, "original"), (2, 1, "copy"), (3, 1, "copy")]


def test_a_copy_of_a_revised_text_joins_the_story_of_the_article(conn: Connection, ids: dict[str, int]) -> None:
    entry = article(1, ids["alpha"], OTHER, "Der Wein")
    load(conn, [entry])
    revised = replace(article(1, ids["alpha"]), page_fetched_at=NOW + HOUR)
    load(conn, [revised])
    load(conn, [article(2, ids["beta"], first_seen_at=NOW + 2 * HOUR)])
    load(conn, [article(3, ids["gamma"], OTHER, "Der Wein", first_seen_at=NOW + 3 * HOUR)])
    assert [row[:3] for row in members(conn)] == [(1, 1, "original"), (2, 1, "copy"), (3, 1, "copy")]


def test_the_same_text_in_another_language_is_never_compared(conn: Connection, ids: dict[str, int]) -> None:
    first, second = article(1, ids["alpha"]), article(2, ids["beta"])
    load(conn, [first, replace(second, article=replace(second.article, language="en"))])
    assert [row[:3] for row in members(conn)] == [(1, 1, "original"), (2, 2, "original")]
    assert rows(conn, "SELECT language FROM tape.stories ORDER BY id") == [("de",), ("en",)]


def test_sketches_of_another_version_of_the_method_are_left_alone(conn: Connection, ids: dict[str, int]) -> None:
    load(conn, [article(1, ids["alpha"])])
    conn.execute(text("UPDATE ingest.sketches SET version = 0"))
    load(conn, [article(2, ids["beta"])])
    assert [row[:3] for row in members(conn)] == [(1, 1, "original"), (2, 2, "original")]


def test_what_an_article_leaves_when_it_is_gone_attracts_nobody(conn: Connection, ids: dict[str, int]) -> None:
    load(conn, [article(1, ids["alpha"])])
    conn.execute(text("DELETE FROM tape.revisions"))
    conn.execute(text("DELETE FROM tape.articles"))
    load(conn, [article(2, ids["beta"])])
    assert [row[:3] for row in members(conn)] == [(2, 2, "original")]


def test_a_key_of_many_texts_is_not_stored_any_further(conn: Connection, ids: dict[str, int]) -> None:
    load(conn, [article(1, ids["alpha"])])
    conn.execute(text("INSERT INTO ingest.sketch_keys (key, placement_no) SELECT key, n FROM ingest.sketch_keys "
                      "CROSS JOIN generate_series(1000, 1060) n"))  # fmt: skip
    before = rows(conn, "SELECT count(*) FROM ingest.sketch_keys")
    load(conn, [article(2, ids["beta"], TEXT.replace("Emden", "Leer"))])
    assert rows(conn, "SELECT count(DISTINCT key) FROM ingest.sketch_keys") != before
    assert rows(conn, "SELECT key FROM ingest.sketch_keys GROUP BY key HAVING count(*) > 62") == []


def corpus() -> list[dict[str, Any]]:
    """Labelled articles in the order in which they were published."""
    found = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    return sorted(found, key=lambda one: (one["published_at"], one["id"]))


def as_batch(conn: Connection, documents: Sequence[dict[str, Any]]) -> list[Extracted]:
    """The documents as the load gets them; entries are numbered in their order."""
    feeds = known_feeds(conn, *sorted({one["source"] for one in documents}))
    ids = {key.partition("/")[0]: feed[0] for key, feed in feeds.items()}
    return [as_extracted(number, one, ids[one["source"]]) for number, one in enumerate(documents)]


def as_extracted(number: int, document: dict[str, Any], source_id: int) -> Extracted:
    at = datetime.fromisoformat(document["published_at"]).astimezone(UTC)
    entry = entry_row(number, document["url"], source_id, slug=document["source"], first_seen_at=at)
    one = extracted(entry, document["title"], document["text"], language=document["lang"])
    return replace(one, page_fetched_at=at)


def stories(settled: Iterable[Row], conn: Connection) -> set[frozenset[int]]:
    """Entries by story."""
    story_of = dict(rows(conn, "SELECT id, story_id FROM tape.articles"))
    found: dict[int, set[int]] = {}
    for row in settled:
        found.setdefault(story_of[row["article_id"]], set()).add(row["id"])
    return {frozenset(one) for one in found.values()}


@pytest.mark.parametrize("size", [1, 37, 1000])
def test_postgres_finds_the_stories_of_the_method_whatever_the_batches(migrated: Engine, size: int) -> None:
    documents = corpus()[: 120 if size == 1 else None]
    by_language: dict[str, list[Arrival]] = {}
    for number, one in enumerate(documents):
        at = datetime.fromisoformat(one["published_at"])
        arrival = Arrival(str(number), one["source"], one["url"], at, sketch(one["title"], one["text"]))
        by_language.setdefault(one["lang"], []).append(arrival)
    expected: dict[tuple[str, int], set[int]] = {}
    for language, arrivals in by_language.items():
        for placement in place(arrivals, Past()):
            expected.setdefault((language, placement.story), set()).add(int(placement.id))
    with migrated.connect() as conn:
        batch = as_batch(conn, documents)
        settled = [row for at in range(0, len(batch), size) for row in load(conn, batch[at : at + size])]
        assert stories(settled, conn) == {frozenset(one) for one in expected.values()}
        conn.rollback()
    assert any(len(one) > 1 for one in expected.values())


PROCESSES = 4


@pytest.mark.timeout(300)
def test_four_processes_end_with_the_stories_of_one_that_loads_in_their_order(tape: Engine) -> None:
    documents = corpus()
    quarter, more = len(documents) // PROCESSES, len(documents) // 40
    with tape.begin() as conn:
        as_batch(conn, documents)
    parts = [range(n * quarter - more * bool(n), len(documents) if n == PROCESSES - 1 else (n + 1) * quarter)
             for n in range(PROCESSES)]  # fmt: skip
    work = [
        subprocess.Popen([sys.executable, __file__, tape.url.render_as_string(hide_password=False), *map(str, part)])
        for part in ([one.start, one.stop] for one in parts)
    ]
    assert [one.wait() for one in work] == [0] * PROCESSES
    with tape.connect() as conn:
        together = by_original(conn)
        # Every text that was placed, in that order; an article stands first as it was, then as revised.
        order = rows(conn, "SELECT a.entry_id FROM ingest.sketches k JOIN tape.articles a ON a.id = k.article_id "
                           "ORDER BY k.placement_no")  # fmt: skip
        assert rows(conn, "SELECT count(*), count(DISTINCT url_hash) FROM tape.articles")[0] == (len(together),) * 2
    with tape.begin() as conn:
        conn.execute(text("TRUNCATE tape.articles, tape.revisions, tape.stories, ingest.sketches, ingest.sketch_keys, "
                          "ingest.counted_texts, ingest.boilerplate CASCADE"))  # fmt: skip
    firsts = list(dict.fromkeys(entry for (entry,) in order))
    with tape.begin() as conn:
        batch = as_batch(conn, documents)
        for entry in firsts:
            load(conn, [batch[entry]])
        assert by_original(conn) == together
    assert len({original for _, original in together}) < len(together)


def by_original(conn: Connection) -> list[tuple[Any, ...]]:
    """Each article by its entry, with the entry of its story's original."""
    return [row[:2] for row in members(conn)]


def load_part(url: str, first: int, stop: int) -> None:
    """A process of its own: loads a part of the corpus in batches of 20, each in a transaction."""
    from sqlalchemy import create_engine

    engine = create_engine(url)
    with engine.connect() as conn:
        ids = dict(rows(conn, "SELECT slug, id FROM ingest.sources"))
    documents = corpus()
    batch = [as_extracted(number, documents[number], ids[documents[number]["source"]]) for number in range(first, stop)]
    for at in range(0, len(batch), 20):
        with engine.begin() as conn:
            load(conn, batch[at : at + 20])


if __name__ == "__main__":
    load_part(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
