"""Asking feeds: conditional GET, body hash, and when to ask again."""

import asyncio
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from tasks.discover.feed import parse_feed
from tasks.model import Feed, FeedDocument, Get, Response, Validators
from tasks.outcome import Failure, Reason, Stage
from tasks.spacing import Slots, visit
from tasks.text import inflate
from tasks.urls import host_key

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_BACKOFF = timedelta(days=1)
NOT_MODIFIED = 304
# Ends with */*: some portals answer 406 to a list of feed types alone.
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)


class PollOutcome(StrEnum):
    """What a poll brought."""

    CHANGED = "changed"
    NOT_MODIFIED = "not_modified"
    SAME_BODY = "same_body"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a feed: `document` where it changed, `failure` where it failed, and what to remember for the next."""

    feed: Feed
    outcome: PollOutcome
    at: datetime
    validators: Validators
    body_sha256: bytes | None
    document: FeedDocument | None = None
    failure: Failure | None = None
    status: int | None = None
    received_bytes: int = 0
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A feed to poll, with the request headers and the politeness of its source."""

    feed: Feed
    headers: Mapping[str, str]
    delay: timedelta


def next_poll_at(now: datetime, every: timedelta, key: str, failures: int = 0) -> datetime:
    """Start of the first slot after `now`; slots are `every` long and shifted by a fixed offset per feed (`key`).

    A late tick never halves the rate, and feeds of one host are not asked all at :00. Each failure in a row doubles
    the interval, up to a day: a feed is never given up.
    """
    interval = min(every * (1 << min(failures, 12)), max(LONGEST_BACKOFF, every))
    offset = interval * (zlib.crc32(key.encode()) / 2**32)
    return EPOCH + offset + ((now - EPOCH - offset) // interval + 1) * interval


async def poll_all(due: Sequence[Due], get: Get, *, hosts: int, max_bytes: int) -> list[Poll]:
    """Poll every feed once: `hosts` hosts at a time, the feeds of one host one after the other and spaced."""
    by_host = groupby(sorted(due, key=lambda one: host_key(one.feed.url)), lambda one: host_key(one.feed.url))
    free = asyncio.Semaphore(hosts)

    async def poll_host(feeds: Sequence[Due]) -> list[Poll]:
        async with free:
            slots = Slots(max(one.delay for one in feeds).total_seconds(), 0.0)
            done = await visit(
                feeds,
                lambda one: poll(one.feed, get, one.headers, max_bytes),
                slots,
                concurrency=1,
                stop_at=float("inf"),
            )
            return [answer for _, answer in done]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(poll_host(list(feeds))) for _, feeds in by_host]
    return [one for task in tasks for one in task.result()]


async def poll(feed: Feed, get: Get, headers: Mapping[str, str], max_bytes: int) -> Poll:
    """What `feed` says now; never raises for what a server or a feed does."""
    answer = await get(feed.url, {"Accept": ACCEPT} | conditions(feed.validators) | dict(headers))
    if isinstance(answer, Failure):
        return _failed(feed, answer)
    if answer.status == NOT_MODIFIED:
        return _seen(feed, answer, PollOutcome.NOT_MODIFIED, feed.body_sha256)
    body = inflate(answer.body, answer.headers.get("content-encoding"), max_bytes)
    if isinstance(body, Reason):
        detail = f"{len(answer.body)} bytes do not inflate within {max_bytes}"
        return _refused(feed, answer, Failure(Stage.DISCOVER, body, detail, answer.status))
    digest = hashlib.sha256(body).digest()
    if digest == feed.body_sha256:
        return _seen(feed, answer, PollOutcome.SAME_BODY, digest)
    document = parse_feed(body, answer.final_url, zone=feed.time_zone, charset=answer.charset)
    if isinstance(document, Failure):
        return _refused(feed, answer, replace(document, status=answer.status))
    return replace(_seen(feed, answer, PollOutcome.CHANGED, digest), document=document)


def conditions(validators: Validators) -> dict[str, str]:
    """Request headers of a conditional GET (RFC 9110, 13.1): both validators, byte for byte; the ETag wins there."""
    pairs = (("If-None-Match", validators.etag), ("If-Modified-Since", validators.last_modified))
    return {name: value for name, value in pairs if value}


def _seen(feed: Feed, answer: Response, outcome: PollOutcome, digest: bytes | None) -> Poll:
    """A poll that was answered. A 304 may bring new validators and keeps the old ones (RFC 9111, 4.3.4)."""
    kept = feed.validators if outcome is PollOutcome.NOT_MODIFIED else Validators()
    return Poll(
        feed=feed,
        outcome=outcome,
        at=answer.at,
        validators=Validators(
            answer.headers.get("etag") or kept.etag, answer.headers.get("last-modified") or kept.last_modified
        ),
        body_sha256=digest,
        status=answer.status,
        received_bytes=len(answer.body),
        duration_ms=answer.duration_ms,
    )


def _failed(feed: Feed, failure: Failure) -> Poll:
    """A poll that failed keeps the validators: the next one may still be answered with 304."""
    return Poll(
        feed=feed,
        outcome=PollOutcome.FAILED,
        at=datetime.now(UTC),
        validators=feed.validators,
        body_sha256=feed.body_sha256,
        failure=failure,
        status=failure.status,
    )


def _refused(feed: Feed, answer: Response, failure: Failure) -> Poll:
    """A poll whose answer came and can't be read: a failure that cost what it cost."""
    return replace(
        _failed(feed, failure), at=answer.at, received_bytes=len(answer.body), duration_ms=answer.duration_ms
    )
