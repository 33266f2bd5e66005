"""Selectors of a source's file on their way: synced, told to the extractor, counted, named where they are silent."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from makers import NOW, feed_row, known_feeds, listed_row, page, source_row
from sqlalchemy import Connection, Engine, text
from test_config_sources import GOOD, written
from test_steps_reprocess import AGAIN, Archive, html, ingested, opened

from config.page_rules import PageRules
from config.settings import settings
from config.sources import load_sources
from flows.cli import newstape
from flows.definitions import source_row as row_of
from portal.client import start
from sql.store import frontier, selectors, sources
from tasks.advice import advice_on, is_well
from tasks.checkup import Checkup, Sample, with_silences
from tasks.model import Article
from tasks.outcome import Failure, Reason, Stage
from tasks.selector_rows import Silence, selector_counts, silences

PAGES = {"title": ["h1"], "kicker": ["p.kicker"]}


def test_what_a_file_says_of_pages_is_synced_and_a_change_is_one(conn: Connection, tmp_path: Path) -> None:
    (source,) = load_sources(written(tmp_path, good=GOOD + "pages:\n  title: h1\n"))
    row = row_of(source)
    assert row["pages"] == {"title": ["h1"]}
    stored = text("SELECT pages FROM ingest.sources WHERE slug = 'good'")
    reports = [
        sources.sync(conn, [row | {"pages": pages}], [feed_row("good")], NOW).changed
        for pages in (row["pages"], row["pages"], {"title": ["h2"]}, None)
    ]
    assert reports == [(), (), ("good",), ("good",)]
    assert conn.execute(stored).scalar() is None
    assert conn.execute(text("SELECT count(*) FROM ingest.sources WHERE pages = 'null'")).scalar() == 0


def read(source_id: int, minute: int, *unfound: str, **entry: Any) -> tuple[dict[str, Any], datetime, Article]:
    """An entry, when its page was fetched, and what was read in it."""
    plain = {"source_id": source_id, "url": f"https://a.example/{minute}", "origin": "feed", "pages": PAGES}
    return plain | entry, NOW + timedelta(minutes=minute), Article("T", "x", "de", unfound=unfound)


def counted(conn: Connection, *read_: tuple[dict[str, Any], datetime, Article]) -> dict[str, tuple[Any, ...]]:
    """The counts of alpha after these pages: pages, found, missed, and the last page without, by key."""
    selectors.count(conn, selector_counts(read_))
    rows = selectors.counts(conn, ["alpha"])
    return {row["key"]: (row["pages"], row["found"], row["missed"], row["missed_url"]) for row in rows}


def test_pages_are_counted_since_the_last_one_on_which_something_was_found(conn: Connection) -> None:
    alpha, _ = known_feeds(conn, "alpha")["alpha/all"]
    first = counted(conn, read(alpha, 1, "kicker"), read(alpha, 2), read(alpha, 3, "kicker"))
    assert first == {"title": (3, 3, 0, None), "kicker": (3, 1, 1, "https://a.example/3")}
    second = counted(conn, read(alpha, 4, "kicker", "title"), read(alpha, 5, "kicker"))
    assert second == {"title": (5, 4, 0, "https://a.example/4"), "kicker": (5, 1, 3, "https://a.example/5")}
    assert counted(conn, read(alpha, 6))["kicker"] == (6, 2, 0, "https://a.example/5")
    found = {row["key"]: row["found_at"] for row in selectors.counts(conn, ["alpha"])}
    assert found == dict.fromkeys(PAGES, NOW + timedelta(minutes=6))


def test_other_selectors_begin_anew_and_those_of_other_keys_go_on(conn: Connection) -> None:
    alpha, _ = known_feeds(conn, "alpha")["alpha/all"]
    counted(conn, read(alpha, 1, "title", "kicker"), read(alpha, 2, "title", "kicker"))
    changed = counted(conn, read(alpha, 3, "title", "kicker", pages=PAGES | {"title": ["h2"]}))
    assert changed == {"title": (1, 0, 1, "https://a.example/3"), "kicker": (3, 0, 3, "https://a.example/3")}


def test_pages_of_backfills_and_of_sources_without_selectors_are_not_counted() -> None:
    patterns = {"notices": ["Hinweis"], "date_pattern": "%d/%m/%Y"}
    assert selector_counts([read(1, 1, origin="backfill"), read(1, 2, pages=None), read(1, 3, pages=patterns)]) == []


RULES = PageRules(title=("h1",), kicker=("p.kicker",))
OLD = {"key": "title", "selectors": ["h0"], "missed": 9, "missed_url": "https://a.example/9"}
KNOWN = OLD | {"selectors": ["h1"]}
SILENCES: dict[str, tuple[list[dict[str, Any]], tuple[str, ...] | None, list[tuple[str, int, bool]]]] = {
    "all found": ([], (), []),
    "nothing read and nothing known": ([], None, []),
    "missed on a page, never counted": ([], ("kicker",), [("kicker", 1, False)]),
    "missed on a page and before": ([KNOWN], ("title",), [("title", 9, True)]),
    "missed before and found now": ([KNOWN], (), []),
    "missed before, no page now": ([KNOWN], None, [("title", 9, True)]),
    "counted for other selectors": ([OLD], ("title",), [("title", 1, False)]),
    "counted and found until now": ([KNOWN | {"missed": 0}], ("title",), [("title", 1, True)]),
}


@pytest.mark.parametrize(("known", "unfound", "expected"), SILENCES.values(), ids=SILENCES)
def test_silent_selectors_are_those_of_the_newest_page_and_the_pages_before(
    known: list[dict[str, Any]], unfound: tuple[str, ...] | None, expected: list[tuple[str, int, bool]]
) -> None:
    article = None if unfound is None else Article("T", "x", "de", unfound=unfound)
    found = silences(RULES, known, "https://a.example/now", article)
    assert [(one.key, one.pages, one.is_known) for one in found] == expected
    assert all(one.selectors == getattr(RULES, one.key) for one in found)


def checkup(silent: Sequence[Silence], folder: Path) -> Checkup:
    (source,) = load_sources(written(folder, good=GOOD))
    return Checkup(source, source.feeds[0], "allowed", 200, None, silences=tuple(silent))


# Key, pages in a row, whether runs counted them; whether it is spoken of, and as a trouble.
ADVICE = {
    "a headline on the first page ever": ("title", 1, False, True, True),
    "a headline on one page of many": ("title", 1, True, True, False),
    "a body on many pages": ("body", 5, True, True, True),
    "a kicker on the first page ever": ("kicker", 1, False, True, False),
    "a kicker on some pages": ("kicker", 29, True, False, False),
    "a wall on very many pages": ("paywall", 400, True, True, False),
}


@pytest.mark.parametrize(("key", "pages", "is_known", "spoken", "is_trouble"), ADVICE.values(), ids=ADVICE)
def test_what_every_page_has_is_a_trouble_when_it_is_missed_in_a_row(
    key: str, pages: int, is_known: bool, spoken: bool, is_trouble: bool, tmp_path: Path  # noqa: FBT001 - a case
) -> None:  # fmt: skip
    one = checkup([Silence(key, ("x.y",), pages, "https://a.example/1", is_known)], tmp_path)
    lines = advice_on(one, NOW)
    assert [(f"pages.{key}: 'x.y' finds nothing on" in line.text, line.is_trouble) for line in lines] == [
        (True, is_trouble)
    ][: int(spoken)]
    assert is_well(one, NOW) != is_trouble


def test_a_source_is_judged_by_its_own_counts_alone(tmp_path: Path) -> None:
    (source,) = load_sources(written(tmp_path, good=GOOD + "pages:\n  title: h1\n"))
    failure = Failure(Stage.FETCH, Reason.TIMEOUT, "no answer")
    sample = Sample("https://www.good.example/1", "allowed", None, failure)
    one = Checkup(source, source.feeds[0], "allowed", 200, None, sample=sample)
    assert with_silences([one], [KNOWN | {"slug": "other"}])[0].silences == ()
    (silence,) = with_silences([one], [KNOWN | {"slug": "good"}])[0].silences
    assert (silence.pages, silence.url) == (9, "https://a.example/9")


def ingest(tape: Engine, pages: dict[str, list[str]], numbers: Sequence[int]) -> Archive:
    """The archive after an ingest of these pages of alpha.example, whose file says `pages`."""
    bodies = {page(number): html(number) for number in numbers}
    with tape.begin() as conn:
        source = source_row("alpha", pages=pages, delay=timedelta(0))
        sources.sync(conn, [source], [feed_row("alpha")], NOW)
        found = conn.execute(text("SELECT source_id, id FROM ingest.feeds")).one()
        feed = (found.source_id, found.id)
        listed = [listed_row(feed, url, place) for place, url in enumerate(bodies)]
        frontier.add(conn, listed, datetime.now(UTC))
        run = opened(conn, "ingest")
    asyncio.run(ingested(run, bodies))
    return Archive(tape, run)


def test_a_run_reads_with_the_selectors_of_the_file_and_counts_them(tape: Engine) -> None:
    archive = ingest(tape, {"title": ["h1"], "kicker": ["p.none"]}, [1, 2])
    layers = "SELECT DISTINCT provenance ->> 'title' FROM news.articles"
    counts = "SELECT key, pages, found, missed FROM ingest.selector_counts ORDER BY key"
    assert archive.rows(layers) == [("profile",)]
    assert archive.rows(counts) == [("kicker", 2, 0, 2), ("title", 2, 2, 0)]
    ingest(tape, {"title": ["h1"], "kicker": ["p.none"]}, [3])
    assert archive.rows(counts) == [("kicker", 3, 0, 3), ("title", 3, 3, 0)]


def test_pages_are_read_again_with_the_selectors_of_today_and_not_counted(tape: Engine) -> None:
    archive = ingest(tape, {}, [1, 2])
    archive.change("""UPDATE ingest.sources SET pages = '{"title": ["p"], "body": ["p:nth-of-type(n+2)"]}'""")
    assert archive.read(AGAIN).changed == 2
    titles = "SELECT provenance ->> 'title', provenance ->> 'text', starts_with(title, 'Im Werk') FROM news.articles"
    assert archive.rows(titles) == [("profile", "profile", True)] * 2
    assert archive.rows("SELECT count(*) FROM ingest.selector_counts") == [(0,)]


def test_the_doctor_names_selectors_that_find_nothing_and_show_has_their_counts(
    tape: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSTAPE_HOST_DELAY", "0s")
    monkeypatch.setenv("NEWSTAPE_EXTRACT_PROCESSES", "1")
    with start(articles=30, real_time=True, sources_dir=tmp_path):
        file = tmp_path / "alpenboerse.yaml"
        file.write_text(f"{file.read_text()}pages:\n  title: h1\n  body: div.gone\n  kicker: [p.gone, b.gone]\n")
        settings.cache_clear()
        arguments = ["sources", "doctor", "alpenboerse", "--sources", str(tmp_path), "--json"]
        done = CliRunner().invoke(newstape, arguments)
        (feed,) = json.loads(done.stdout)
    assert [line.partition(" finds")[0] for line in feed["troubles"]] == ["pages.body: 'div.gone'"]
    assert "pages.kicker: 'p.gone', 'b.gone' finds nothing on its newest page " in " ".join(feed["remarks"])
    with tape.begin() as conn:
        sources.sync(conn, [source_row("alpenboerse")], [], NOW)
        known = conn.execute(text("SELECT id FROM ingest.sources")).scalar_one()
        missed = [read(known, minute, "body", pages={"body": ["div.gone"]}) for minute in range(7)]
        selectors.count(conn, selector_counts([read(known, 0, pages={"body": ["div.gone"]}), *missed]))
    shown = CliRunner().invoke(newstape, ["sources", "show", "alpenboerse", "--sources", str(tmp_path)])
    assert (
        "pages.body: found something on 1 of 8 pages, and nothing on the last 7 (such as https://a.example/6)"
        in shown.stdout
    )
