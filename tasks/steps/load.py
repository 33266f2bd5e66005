"""The third step of a run: fetched pages are extracted, and what they say goes onto the tape."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from config.settings import settings
from sql import connect
from sql.store import boilerplate, frontier, rights, runs, selectors
from tasks import rows
from tasks.captures import as_published
from tasks.columns import Row
from tasks.dedupe.sketch import sketch
from tasks.extract.pool import Extractors, Job
from tasks.extract.version import EXTRACTOR_VERSION
from tasks.extracted import Extracted
from tasks.load import load
from tasks.model import Article
from tasks.outcome import Failure, Stage
from tasks.selector_rows import selector_counts
from tasks.steps.run import Fetched, Run, crashed, failed, stage_row
from tasks.steps.settling import book, with_recheck


def load_fetched(run: Run, batch: Sequence[Fetched], extractors: Extractors) -> dict[str, int]:
    """Extract the pages of a batch and load the articles; counts by outcome."""
    began = time.monotonic()
    outcomes = extractors.map(_jobs(batch))
    extracted_in = time.monotonic() - began
    articles = [
        _extracted(one, outcome) for one, outcome in zip(batch, outcomes, strict=True) if isinstance(outcome, Article)
    ]
    failures = [
        failed(one.entry, outcome, one.entry["attempts"])
        for one, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, Failure)
    ]
    return dict(Counter(row["counted"] for row in _save(run, articles, failures, extracted_in)))


def _jobs(batch: Sequence[Fetched]) -> list[Job]:
    """What the extractor gets, with what is known as boilerplate of the sources now."""
    with connect.engine().connect() as conn:
        learned = boilerplate.learned(conn, [one.entry["source_id"] for one in batch])
    return [
        Job(
            as_published(one.page),
            rows.profile_of(one.entry, learned.get(one.entry["source_id"], frozenset())),
            one.entry["summary"],
        )
        for one in batch
    ]


def _extracted(one: Fetched, article: Article) -> Extracted:
    page = one.page
    return Extracted(
        one.entry,
        one.page_id,
        page.fetched_at,
        page.body_sha256,
        EXTRACTOR_VERSION,
        article,
        page.captured_at,
        sketch(article.title, article.text),
    )


def _save(run: Run, articles: Sequence[Extracted], failures: Sequence[Row], extracted_in: float) -> list[Row]:
    """Articles onto the tape, entries and counters to what became of them, in one transaction; the settled rows."""
    began, now = time.monotonic(), datetime.now(UTC)
    entries = {one.entry["id"]: one.entry for one in articles}
    with connect.engine().begin() as conn:
        held = frontier.held(conn, run.owner, [*entries, *(row["id"] for row in failures)])
        mine = [one for one in articles if one.entry["id"] in held]
        loaded = load(conn, mine)
        selectors.count(conn, selector_counts((one.entry, one.page_fetched_at, one.article) for one in mine))
        rights.complete(conn, [rows.stated_rights(one.page_id, one.page_fetched_at, one.article) for one in articles])
        settled = [with_recheck(row, entries[row["id"]], now, settings().recheck_after) for row in loaded]
        settled += [row for row in failures if row["id"] in held]
        book(conn, run, settled, now)
        skipped = sum(row["counted"] == "skipped" for row in failures)
        received, broken = len(articles) + len(failures), len(failures) - skipped
        extract = stage_row(Stage.EXTRACT, received, len(articles), skipped, broken, extracted_in)
        extract |= crashed(row["reason"] for row in failures)
        runs.add_stage_counts(conn, run.id, [extract, _load_stage(articles, loaded, time.monotonic() - began)])
    return settled


def _load_stage(articles: Sequence[Extracted], loaded: Sequence[Row], seconds: float) -> dict[str, Any]:
    """Skipped are repeats, and articles whose entry another process took over meanwhile."""
    passed = sum(row["state"] == "loaded" for row in loaded)
    return stage_row(Stage.LOAD, len(articles), passed, len(articles) - passed, 0, seconds)
