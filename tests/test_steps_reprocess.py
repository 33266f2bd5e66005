"""Archived pages are read again: what an older extractor had read is replaced in place, and nothing is lost."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from desk import Inline
from fakes import FakeWeb, ok
from makers import known_feeds, listed_row, page
from sqlalchemy import Engine, text

from sql.store import frontier, reprocess, runs
from tasks.columns import published_columns
from tasks.extract.pool import Job, Outcome
from tasks.extract.version import EXTRACTOR_VERSION
from tasks.model import Article, Precision, Timestamp
from tasks.outcome import Failure, Reason, Stage
from tasks.steps.fetch import archive_fetched, fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.reprocess import SWEEPS, Tally, Wanted, read_again
from tasks.steps.run import Handover, Run

PRESENT = Wanted(reprocess.Scope(version=EXTRACTOR_VERSION))
AGAIN = Wanted(reprocess.Scope())
REHEARSAL = Wanted(reprocess.Scope(version=EXTRACTOR_VERSION), is_rehearsal=True)
BOOKS = ("runs", "run_stages", "run_sources", "reprocess_diffs", "reprocess_changes")


def html(number: int, published: str = "2026-03-02T10:00:00+01:00") -> bytes:
    """A page of the portal with an article that has a text of its own."""
    said = "".join(
        f"<p>Im Werk {number} stieg der Umsatz in Linie {n} auf {n}00 Millionen Franken.</p>" for n in "2345"
    )
    data = (
        f'{{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Werk {number} wächst", '
        f'"datePublished": "{published}", "author": {{"@type": "Person", "name": "Rita Muster"}}}}'
    )
    return (
        f"<html lang='de'><head><title>Werk {number} wächst</title><script type='application/ld+json'>{data}</script>"
        f"</head><body><article><h1>Werk {number} wächst</h1>{said}</article></body></html>"
    ).encode()


class Refusing:
    """An extractor that finds no article anywhere."""

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        """NO_TEXT for each."""
        return [Failure(Stage.EXTRACT, Reason.NO_TEXT, "no text")] * len(jobs)


@dataclass
class Archive:
    """A database with pages in its archive and what was read in them."""

    tape: Engine
    run: Run

    def rows(self, statement: str) -> list[Any]:
        with self.tape.connect() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]

    def change(self, statement: str) -> None:
        with self.tape.begin() as conn:
            conn.execute(text(statement))

    def new_run(self) -> Run:
        with self.tape.begin() as conn:
            return opened(conn, "reprocess")

    def age(self, change: str = "title = 'Falsch', kicker = 'Unsinn', authors = '{}'") -> None:
        """Let an older extractor have read the pages, and differently."""
        self.change(f"UPDATE tape.revisions SET extractor_version = 'old', {change}")

    def read(self, wanted: Wanted, run: Run | None = None, count: int = 50, extractors: Any = None) -> Tally:
        """All that is wanted, in batches of `count`."""
        tally, mine = Tally(), run or self.new_run()
        for sweep in SWEEPS:
            tally.last_id = 0
            while tally.last_id is not None:
                tally.add(read_again(mine, wanted, sweep, tally.last_id, count, extractors or Inline()))
        return tally

    def texts(self) -> list[Any]:
        """Everything that stands in revisions and articles, but for when rows were written."""
        return self.rows(
            "SELECT to_jsonb(r) - 'loaded_at', to_jsonb(a) FROM tape.revisions r "
            "JOIN tape.articles a ON a.id = r.article_id ORDER BY r.id"
        )

    def diffs(self) -> dict[str, tuple[int, ...]]:
        """Of the last run: before, after, same, appeared, vanished, changed by column, where not all are the same."""
        found = self.rows(
            "SELECT field, before, after, same, appeared, vanished, changed FROM ingest.reprocess_diffs "
            "WHERE run_id = (SELECT max(id) FROM ingest.runs) AND changed + appeared + vanished > 0"
        )
        return {row[0]: row[1:] for row in found}


def opened(conn: Any, flow: str) -> Run:
    run_id = runs.open_run(conn, flow, process="x", version="0", parameters={}, prefect_run_id=None)
    return Run(run_id, f"run:{run_id}:x", None, None)


def archived(tape: Engine, *bodies: bytes, **columns: Any) -> Archive:
    """The archive after an ingest of these pages of alpha.example; `columns` are what the feed says of each."""
    urls = [page(number) for number in range(len(bodies))]
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        conn.execute(text("UPDATE ingest.sources SET delay = '0 s'"))
        listed = [listed_row(feed, url, place, **columns) for place, url in enumerate(urls)]
        frontier.add(conn, listed, datetime.now(UTC))
        run = opened(conn, "ingest")
    asyncio.run(ingested(run, dict(zip(urls, bodies, strict=True))))
    return Archive(tape, run)


async def ingested(run: Run, bodies: dict[str, bytes]) -> None:
    """Fetch and load what is due."""
    web, handover = FakeWeb({url: ok(body, content_type="text/html") for url, body in bodies.items()}), Handover()
    await fetch_due(run, web, handover, 50)
    await archive_fetched(handover)
    await asyncio.to_thread(load_fetched, run, handover.take(), Inline())


@pytest.fixture
def archive(tape: Engine) -> Archive:
    """Three articles that the present extractor has read."""
    return archived(tape, html(1), html(2), html(3))


def test_what_the_feed_said_of_an_article_is_known_when_it_is_read_and_read_again(tape: Engine) -> None:
    archive = archived(
        tape, html(1), summary="Ein Werk wächst, und die Nachbarn fragen sich, wo die Leute wohnen sollen."
    )
    assert archive.rows("SELECT flags FROM news.articles") == [(["no_lead"],)]
    assert archive.read(AGAIN).changed == 0
    archive.change("UPDATE ingest.entries SET summary = NULL")
    assert archive.read(AGAIN).fields == {"flags": 1}
    assert archive.rows("SELECT flags FROM news.articles") == [([],)]


def test_what_an_older_extractor_read_is_replaced_in_place(archive: Archive) -> None:
    fresh = archive.texts()
    archive.age()
    tally = archive.read(PRESENT)
    assert archive.texts() == fresh
    assert (tally.revisions, tally.changed, tally.expired, tally.failures.total()) == (3, 3, 0, 0)
    assert tally.fields == {"title": 3, "kicker": 3, "authors": 3}
    assert tally.slugs == {"alpha"}
    assert archive.diffs() == {
        "title": (3, 3, 0, 0, 0, 3), "kicker": (3, 0, 0, 0, 3, 0), "authors": (0, 3, 0, 3, 0, 0),
    }  # fmt: skip


def test_the_digests_follow_the_new_reading(archive: Archive) -> None:
    fresh = archive.texts()
    archive.age("text = 'Nur das.', content_hash = '\\x00', text_hash = '\\x01', word_count = 2")
    archive.read(PRESENT)
    assert archive.texts() == fresh


def test_replaced_values_are_kept_with_the_version_that_had_read_them(archive: Archive) -> None:
    archive.age()
    archive.read(PRESENT)
    kept = archive.rows("SELECT revision_id, field, before, after FROM ingest.reprocess_changes ORDER BY 1, 2")
    assert [row[1:] for row in kept if row[0] == kept[0][0]] == [
        ("authors", [], ["Rita Muster"]),
        ("extractor_version", "old", EXTRACTOR_VERSION),
        ("kicker", "Unsinn", None),
        ("title", "Falsch", "Werk 1 wächst"),
    ]
    assert len(kept) == 12


def test_what_the_present_extractor_has_read_is_left_out_unless_it_is_wanted_again(archive: Archive) -> None:
    assert archive.read(PRESENT).seen == 0
    tally = archive.read(AGAIN)
    assert (tally.revisions, tally.changed) == (3, 0)
    assert archive.rows("SELECT count(*) FROM ingest.reprocess_changes") == [(0,)]
    archive.age("title = title")
    assert (archive.read(PRESENT).changed, archive.read(PRESENT).seen) == (0, 0)


def test_a_rehearsal_counts_the_same_and_writes_nothing_but_the_books_of_its_run(archive: Archive) -> None:
    archive.age()
    before = archive.texts()
    tables = archive.rows("SELECT table_schema || '.' || table_name FROM information_schema.tables "
                          "WHERE table_schema IN ('ingest', 'tape') AND table_type = 'BASE TABLE'")  # fmt: skip
    others = sorted(name for (name,) in tables if name.partition(".")[2] not in BOOKS)
    counts = [archive.rows(f"SELECT count(*) FROM {name}") for name in others]
    tally = archive.read(REHEARSAL)
    assert (tally.changed, archive.texts()) == (3, before)
    assert [archive.rows(f"SELECT count(*) FROM {name}") for name in others] == counts
    assert archive.rows("SELECT count(*) FROM ingest.reprocess_changes") == [(0,)]
    rehearsed = archive.diffs()
    archive.read(PRESENT)
    assert (archive.diffs(), len(rehearsed)) == (rehearsed, 3)


def test_a_run_that_was_killed_between_batches_is_finished_by_the_next_with_the_same_end(archive: Archive) -> None:
    fresh = archive.texts()
    archive.age()
    first = archive.new_run()
    assert read_again(first, PRESENT, "revisions", 0, 2, Inline()).changed == 2
    assert archive.diffs()["title"] == (2, 2, 0, 0, 0, 2)
    assert archive.read(PRESENT, count=1).changed == 1
    assert archive.texts() == fresh
    assert archive.diffs()["title"] == (1, 1, 0, 0, 0, 1)
    assert archive.rows("SELECT sum(changed) FROM ingest.reprocess_diffs WHERE field = 'title'") == [(3,)]


def test_a_batch_that_breaks_off_leaves_nothing_behind(archive: Archive) -> None:
    archive.age()
    before, run = archive.texts(), archive.new_run()
    archive.change("INSERT INTO ingest.reprocess_changes (run_id, revision_id, field, at) "
                   f"SELECT {run.id}, max(id), 'title', now() FROM tape.revisions")  # fmt: skip
    with pytest.raises(Exception, match="pk_reprocess_changes"):
        archive.read(PRESENT, run)
    assert (archive.texts(), archive.diffs()) == (before, {})


def test_batches_add_up_to_the_counts_of_one(archive: Archive) -> None:
    archive.age()
    one = archive.read(REHEARSAL)
    at_once = archive.diffs()
    three = archive.read(REHEARSAL, count=1)
    assert (archive.diffs(), three.fields, three.seen) == (at_once, one.fields, one.seen)


def test_a_page_that_expired_is_counted_and_its_revision_stays(archive: Archive) -> None:
    archive.age()
    before = archive.texts()
    archive.change("DELETE FROM ingest.pages WHERE id = (SELECT min(page_id) FROM tape.revisions)")
    tally = archive.read(PRESENT)
    assert (tally.revisions, tally.expired, tally.seen) == (2, 1, 3)
    assert archive.texts()[0] == before[0]


def test_a_page_in_which_nothing_can_be_read_any_more_leaves_its_revision_as_it_was(archive: Archive) -> None:
    archive.age()
    before = archive.texts()
    tally = archive.read(PRESENT, extractors=Refusing())
    assert (tally.revisions, tally.changed, tally.failures) == (0, 0, {("alpha", "no_text"): 3})
    assert (archive.texts(), archive.diffs()) == (before, {})
    stages = archive.rows("SELECT received, passed, skipped, failed, crashed FROM ingest.run_stages "
                          "WHERE stage = 'reprocess'")  # fmt: skip
    assert stages == [(3, 0, 0, 3, 0)]


def test_nothing_is_asked_of_anybody(archive: Archive) -> None:
    archive.age()
    log = archive.rows("SELECT count(*) FROM ingest.fetch_events")
    hosts = archive.rows("SELECT * FROM ingest.hosts")
    archive.read(PRESENT)
    assert archive.rows("SELECT count(*) FROM ingest.fetch_events") == log
    assert archive.rows("SELECT * FROM ingest.hosts") == hosts


def ended(archive: Archive, state: str = "skipped", reason: str = "no_text") -> list[Any]:
    """Let an older extractor have seen no article on the first page, and end its entry so."""
    archive.change("DELETE FROM tape.revisions WHERE article_id = (SELECT min(id) FROM tape.articles)")
    archive.change("DELETE FROM tape.articles WHERE id = (SELECT min(id) FROM tape.articles)")
    archive.change(f"UPDATE ingest.entries SET state = '{state}', reason = '{reason}', article_id = NULL "
                   "WHERE id = (SELECT min(id) FROM ingest.entries)")  # fmt: skip
    return archive.rows("SELECT to_jsonb(e) FROM ingest.entries e ORDER BY id")


ENDS = {"skipped": "no_text", "dead": "crash", "gone": "soft_404"}


@pytest.mark.parametrize(("state", "reason"), ENDS.items(), ids=ENDS)
def test_an_article_that_comes_out_of_an_archived_page_now_is_loaded(archive: Archive, state: str, reason: str) -> None:
    ended(archive, state, reason)
    tally = archive.read(PRESENT)
    assert (tally.entries, tally.found, tally.repeated, tally.revisions) == (1, 1, 0, 0)
    ends = archive.rows("SELECT state, reason, detail, lease_owner, recheck_at, article_id IS NULL FROM ingest.entries "
                        "ORDER BY id LIMIT 1")  # fmt: skip
    assert ends == [("loaded", None, None, None, None, False)]
    found = archive.rows("SELECT title, url, revision, first_seen_at < revised_at FROM news.articles "
                         "ORDER BY article_id DESC LIMIT 1")  # fmt: skip
    assert found == [("Werk 1 wächst", page(0), 1, True)]
    assert archive.rows("SELECT loaded FROM ingest.run_sources ORDER BY run_id DESC LIMIT 1") == [(1,)]
    assert archive.read(PRESENT).seen == 0


def test_an_article_that_is_on_the_tape_already_is_a_repeat(tape: Engine) -> None:
    archive = archived(tape, html(1), html(2))
    ended(archive)
    archive.change("UPDATE ingest.pages SET body = (SELECT p.body FROM ingest.pages p ORDER BY id DESC LIMIT 1)")
    tally = archive.read(PRESENT)
    assert (tally.entries, tally.found, tally.repeated) == (1, 0, 1)
    assert archive.rows("SELECT count(*) FROM tape.articles") == [(1,)]


def test_a_rehearsal_loads_nothing(archive: Archive) -> None:
    before = ended(archive)
    tally = archive.read(REHEARSAL)
    assert (tally.entries, tally.found) == (1, 1)
    assert archive.rows("SELECT to_jsonb(e) FROM ingest.entries e ORDER BY id") == before
    assert archive.rows("SELECT count(*) FROM tape.articles") == [(2,)]


def test_a_page_that_still_has_no_article_leaves_its_entry_as_it_was(archive: Archive) -> None:
    before = ended(archive)
    tally = archive.read(PRESENT, extractors=Refusing())
    assert (tally.entries, tally.found, tally.still_none) == (1, 0, {("alpha", "no_text"): 1})
    assert archive.rows("SELECT to_jsonb(e) FROM ingest.entries e ORDER BY id") == before


def test_an_entry_that_somebody_opens_again_meanwhile_is_left_to_them(archive: Archive) -> None:
    ended(archive)

    class Meanwhile(Inline):
        def map(self, jobs: Sequence[Job]) -> list[Outcome]:
            archive.change("UPDATE ingest.entries SET state = 'pending', page_id = NULL WHERE state = 'skipped'")
            return super().map(jobs)

    tally = archive.read(PRESENT, extractors=Meanwhile())
    assert (tally.entries, tally.found, tally.repeated) == (1, 0, 0)
    assert archive.rows("SELECT state FROM ingest.entries ORDER BY id LIMIT 1") == [("pending",)]
    assert archive.rows("SELECT count(*) FROM tape.articles") == [(2,)]


HINT = Timestamp(datetime(2026, 3, 1, 8, tzinfo=UTC), Precision.SECOND, "Sun, 01 Mar", "feed.pubDate", "stated")


def test_the_page_of_the_first_revision_dates_the_article_and_the_feed_where_it_says_nothing(tape: Engine) -> None:
    archive = archived(tape, html(1), html(2, published=""), **published_columns(HINT))
    fresh = archive.texts()
    archive.change("UPDATE tape.articles SET published_at = '2020-01-01Z', published_raw = 'x', published_origin = 'y'")
    archive.age("title = title")
    tally = archive.read(PRESENT)
    assert archive.texts() == fresh
    assert (tally.changed, tally.fields) == (2, {"published_at": 2, "published_raw": 2, "published_origin": 2})


def test_a_later_revision_does_not_date_its_article(archive: Archive) -> None:
    archive.change("UPDATE tape.revisions SET number = 2")
    archive.change("UPDATE tape.articles SET published_at = '2020-01-01Z'")
    archive.age("title = title")
    assert (archive.read(PRESENT).revisions, archive.diffs()) == (3, {})
    assert archive.rows("SELECT DISTINCT published_at FROM tape.articles") == [(datetime(2020, 1, 1, tzinfo=UTC),)]


def test_where_the_entry_is_forgotten_the_time_that_its_feed_gave_stays(tape: Engine) -> None:
    archive = archived(tape, html(1, published=""), **published_columns(HINT))
    fresh = archive.texts()
    archive.change("DELETE FROM ingest.sightings")
    archive.change("DELETE FROM ingest.entries")
    archive.age("kicker = 'Unsinn'")
    archive.read(PRESENT)
    assert archive.texts() == fresh


# The articles are of 1 March, 23:30 UTC, which is 2 March in Zurich; the last one has no time but its first sight.
DAYS: dict[str, tuple[date | None, date | None, int]] = {
    "no limit": (None, None, 3),
    "the day in the zone of the source": (date(2026, 3, 2), date(2026, 3, 2), 2),
    "the day before": (date(2026, 3, 1), date(2026, 3, 1), 0),
    "from the next day on": (date(2026, 3, 3), None, 1),
    "up to that day": (None, date(2026, 3, 2), 2),
}


@pytest.mark.parametrize(("start", "stop", "count"), DAYS.values(), ids=DAYS)
def test_days_are_inclusive_and_those_of_the_source(
    archive: Archive, start: date | None, stop: date | None, count: int
) -> None:
    archive.change("UPDATE tape.articles SET published_at = '2026-03-01T23:30Z', first_seen_at = '2026-03-05T12:00Z'")
    archive.change("UPDATE tape.articles SET published_at = NULL WHERE id = (SELECT max(id) FROM tape.articles)")
    scope = reprocess.Scope(start=start, stop=stop)
    with archive.tape.connect() as conn:
        assert reprocess.count(conn, scope) == count
    assert archive.read(Wanted(scope, is_rehearsal=True)).revisions == count


def test_other_sources_are_left_alone(archive: Archive) -> None:
    (source_id,) = archive.rows("SELECT id FROM ingest.sources WHERE slug = 'alpha'")[0]
    ended(archive)
    for ids, seen in (([source_id], 3), ([source_id + 1], 0), ([], 0)):
        assert archive.read(replace(REHEARSAL, scope=reprocess.Scope(ids))).seen == seen


def test_what_postgres_can_not_hold_is_no_difference_when_it_is_read_once_more(archive: Archive) -> None:
    class Odd:
        def map(self, jobs: Sequence[Job]) -> list[Outcome]:
            return [Article(title="a\x00b", text="c\ud800d", language="de", tags=("\x00",))] * len(jobs)

    assert archive.read(AGAIN, extractors=Odd()).fields["title"] == 3
    assert archive.rows("SELECT DISTINCT title, text FROM tape.revisions") == [("a\ufffdb", "c\ufffdd")]
    assert archive.read(AGAIN, extractors=Odd()).changed == 0


def test_examples_show_no_column_more_than_twice(archive: Archive) -> None:
    archive.age()
    tally = archive.read(PRESENT, count=1)
    assert [one.change.field for one in tally.examples] == ["title", "kicker", "authors"] * 2
    first = tally.examples[0]
    assert (first.source, first.url) == ("alpha", page(0))
    assert (first.change.before, first.change.after) == ("Falsch", "Werk 1 wächst")


def test_it_runs_beside_a_load(archive: Archive) -> None:
    new = {page(number): html(number) for number in range(10, 22)}
    with archive.tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        conn.execute(text("UPDATE ingest.sources SET delay = '0 s'"))
        frontier.add(conn, [listed_row(feed, url, place) for place, url in enumerate(new)], datetime.now(UTC))
        conn.execute(text("UPDATE ingest.hosts SET next_request_at = now() - interval '1 day'"))
        ingest = opened(conn, "ingest")
    archive.age()
    with ThreadPoolExecutor(2) as pool:
        loading = pool.submit(lambda: asyncio.run(ingested(ingest, new)))
        for _ in range(5):
            archive.read(AGAIN, count=1)
        loading.result(timeout=60)
    assert archive.rows("SELECT count(*), count(DISTINCT title) FROM news.articles") == [(15, 15)]
    assert archive.rows("SELECT count(*) FROM tape.revisions WHERE title = 'Falsch'") == [(0,)]
