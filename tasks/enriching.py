"""What a child process does with a chunk of pages: extract each, then look for the finance fields in its text."""

import traceback
from collections.abc import Sequence
from dataclasses import replace

from tasks.extract.pool import Job, Outcome, extract_chunk
from tasks.fields.enrich import enrich
from tasks.model import Article, Profile


def read_chunk(jobs: Sequence[Job], max_bytes: int) -> list[Outcome]:
    """The outcome of each job; articles come with their fields."""
    outcomes = extract_chunk(jobs, max_bytes)
    return [
        enriched(outcome, job.profile) if isinstance(outcome, Article) else outcome
        for job, outcome in zip(jobs, outcomes, strict=True)
    ]


def enriched(article: Article, profile: Profile) -> Article:
    """The article with its fields; where the rules fail on it, with the traceback: it is loaded all the same."""
    published = article.published.at.isoformat() if article.published else ""
    try:
        fields = enrich(article.title, article.text, article.language, published, profile.time_zone)
    except Exception:  # noqa: BLE001 - a text must not be able to stop its article; the traceback is kept
        return replace(article, fields=traceback.format_exc(limit=-6))
    return replace(article, fields=fields)
