"""The times of an article: when it was published, and from when on it could be known. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tasks.columns import published_of
from tasks.model import Article, Precision, Timestamp


def available_at(article: Article, entry: Mapping[str, Any], captured_at: datetime | None) -> datetime:
    """From when on an article could be known: live, when we saw it listed; else the best bound that is not too early.

    A capture was public when it was made. Without one, what the page says of its publication and last change counts
    (a bare day: its end), never later than our own first sight.
    """
    seen: datetime = entry["first_seen_at"]
    if captured_at is not None:
        return min(captured_at, seen)
    if entry["origin"] != "backfill":
        return seen
    stated = [said for said in (published(article, entry), article.modified) if said]
    return min(max(map(_end, stated), default=seen), seen)


def _end(said: Timestamp) -> datetime:
    return said.at + timedelta(days=1) if said.precision is Precision.DAY else said.at


def published(article: Article, entry: Mapping[str, Any]) -> Timestamp | None:
    """The page's own publication time; the feed's where the page gives none, or a bare day that the feed's lies on."""
    said, hint = article.published, published_of(entry)
    if said is None:
        return hint
    bare = said.precision is Precision.DAY and hint is not None and hint.precision is not Precision.DAY
    if bare and hint is not None and timedelta(0) <= hint.at - said.at < timedelta(days=1):
        return hint
    return said
