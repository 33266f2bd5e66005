"""The third step of a run: fetched pages are extracted, and what they say goes onto the tape."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sql import connect
from sql.store import frontier, runs
from tasks import rows
from tasks.columns import Row
from tasks.extract.pool import Extractors, Job
from tasks.extract.version import EXTRACTOR_VERSION
from tasks.load import Extracted, load
from tasks.model import Article
from tasks.outcome import Failure, Stage
from tasks.steps.run import Fetched, Run, failed, source_counts, stage_row


def load_fetched(run: Run, batch: Sequence[Fetched], extractors: Extractors) -> dict[str, int]:
    """Extract the pages of a batch and load the articles; counts by outcome."""
    began = time.monotonic()
    outcomes = extractors.map([Job(one.page, rows.profile_of(one.entry)) for one in batch])
    extracted_in = time.monotonic() - began
    articles = [
        Extracted(one.entry, one.page_id, one.page.fetched_at, one.page.body_sha256, EXTRACTOR_VERSION, outcome)
        for one, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, Article)
    ]
    failures = [
        failed(one.entry, outcome, one.entry["attempts"])
        for one, outcome in zip(batch, outcomes, strict=True)
        if isinstance(outcome, Failure)
    ]
    with connect.engine().begin() as conn:
        held = frontier.held(conn, run.owner, [one.entry["id"] for one in batch])
        loaded = load(conn, [one for one in articles if one.entry["id"] in held])
        settled = [*loaded, *(row for row in failures if row["id"] in held)]
        frontier.settle(conn, run.owner, settled, datetime.now(UTC))
        skipped = sum(row["state"] == "skipped" for row in failures)
        runs.add_stage_counts(
            conn,
            run.id,
            [
                stage_row(Stage.EXTRACT, len(batch), len(articles), skipped, len(failures) - skipped, extracted_in),
                _load_stage(articles, loaded, time.monotonic() - began - extracted_in),
            ],
        )
        runs.add_source_counts(conn, run.id, source_counts(settled))
    return dict(Counter(row["state"] for row in settled))


def _load_stage(articles: Sequence[Extracted], loaded: Sequence[Row], seconds: float) -> dict[str, Any]:
    """Skipped are repeats, and articles whose entry another process took over meanwhile."""
    passed = sum(row["state"] == "loaded" for row in loaded)
    return stage_row(Stage.LOAD, len(articles), passed, len(articles) - passed, 0, seconds)
