"""Asking feeds: conditional GETs, spaced per host, and what came of each. When to ask again is pace.py's business."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from tasks.discover.hints import header_pace
from tasks.discover.reading import SITEMAPS, read
from tasks.model import Feed, FeedDocument, FeedKind, Get, Response, SitemapIndex, Validators
from tasks.outcome import Failure, Reason, Stage
from tasks.spacing import Slots, visit
from tasks.text import inflate
from tasks.urls import host_key

NOT_MODIFIED = 304
# They end with */*: some portals answer 406 to a list of feed types alone.
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
ACCEPT_SITEMAP = "application/xml, text/xml;q=0.9, application/gzip;q=0.9, text/plain;q=0.5, */*;q=0.1"
ACCEPT_LISTING = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_UNASKED = "304 to a request without conditions, so that there is nothing to read; the server is at fault"


class PollOutcome(StrEnum):
    """What a poll brought; `empty` is a document that was not read before and lists nothing."""

    CHANGED = "changed"
    EMPTY = "empty"
    NOT_MODIFIED = "not_modified"
    SAME_BODY = "same_body"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a feed: `document` or `index` where it changed, `failure` where it failed, and what to remember.

    `is_full`: it was asked without validators. `moved_to` is where permanent redirects led, `header_pace` the time
    between two polls that the headers ask for.
    """

    feed: Feed
    outcome: PollOutcome
    at: datetime
    validators: Validators
    body_sha256: bytes | None
    document: FeedDocument | None = None
    index: SitemapIndex | None = None
    failure: Failure | None = None
    status: int | None = None
    received_bytes: int = 0
    duration_ms: int = 0
    requests: int = 1
    is_full: bool = False
    moved_to: str | None = None
    header_pace: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A feed to poll, with the request headers and the politeness of its source; `is_full`: without validators."""

    feed: Feed
    headers: Mapping[str, str]
    delay: timedelta
    is_full: bool = False


async def poll_all(due: Sequence[Due], get: Get, *, hosts: int, max_bytes: int) -> list[Poll]:
    """Poll every feed once: `hosts` hosts at a time, the feeds of one host one after the other and spaced.

    What is received is read in one thread beside the event loop, so that a heavy document holds up no request.
    """
    by_host: defaultdict[str, list[Due]] = defaultdict(list)
    for one in due:
        by_host[host_of(one.feed)].append(one)
    free = asyncio.Semaphore(hosts)

    async def poll_host(feeds: Sequence[Due]) -> list[Poll]:
        async with free:
            slots = Slots(max(one.delay for one in feeds).total_seconds(), 0.0)
            done = await visit(
                feeds, lambda one: poll(one, get, max_bytes, reader), slots, concurrency=1, stop_at=float("inf")
            )
            return [answer for _, answer in done]

    with ThreadPoolExecutor(1, "reading") as reader:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(poll_host(feeds)) for feeds in by_host.values()]
    return [one for task in tasks for one in task.result()]


def host_of(feed: Feed) -> str:
    """Host and port that a feed is asked on; portals have many feeds on one."""
    return _host_key("/".join(feed.asked_url.split("/", 3)[:3]))


_host_key = lru_cache(maxsize=4096)(host_key)


async def poll(due: Due, get: Get, max_bytes: int, reader: Executor | None = None) -> Poll:
    """What the feed says now, read by `reader` (None: a thread of the loop); never raises for what a server does."""
    feed = due.feed
    asked = {} if due.is_full else conditions(feed.validators)
    answer = await get(feed.asked_url, {"Accept": accept(feed.kind)} | asked | dict(due.headers))
    if isinstance(answer, Failure):
        is_unasked = answer.status == NOT_MODIFIED and not asked
        return _failed(feed, replace(answer, detail=_UNASKED) if is_unasked else answer)
    if answer.status != NOT_MODIFIED:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(reader, read_answer, feed, answer, max_bytes, not asked)
    if not asked:
        return _refused(feed, answer, Failure(Stage.FETCH, Reason.HTTP_ERROR, _UNASKED, NOT_MODIFIED))
    return _seen(feed, answer, PollOutcome.NOT_MODIFIED, feed.body_sha256)


def read_answer(feed: Feed, answer: Response, max_bytes: int, is_full: bool) -> Poll:  # noqa: FBT001 - run_in_executor
    """The poll that a 200 ends with: the body inflated, compared with the last one and read where it differs."""
    body = inflate(answer.body, answer.headers.get("content-encoding"), max_bytes)
    if isinstance(body, Reason):
        detail = f"{len(answer.body)} bytes do not inflate within {max_bytes}"
        return _refused(feed, answer, Failure(Stage.DISCOVER, body, detail, answer.status))
    digest = hashlib.sha256(body).digest()
    if digest == feed.body_sha256:
        return replace(_seen(feed, answer, PollOutcome.SAME_BODY, digest), is_full=is_full)
    found = read(body, answer, feed)
    if isinstance(found, Failure):
        return _refused(feed, answer, replace(found, status=answer.status))
    seen = replace(_seen(feed, answer, PollOutcome.CHANGED, digest), is_full=is_full)
    if isinstance(found, SitemapIndex):
        return replace(seen, index=found)
    is_empty = not (found.entries or found.outside_window)
    return replace(seen, document=found, outcome=PollOutcome.EMPTY if is_empty else PollOutcome.CHANGED)


def accept(kind: FeedKind) -> str:
    """What a request for a feed of this kind says it takes."""
    if kind in SITEMAPS:
        return ACCEPT_SITEMAP
    return ACCEPT_LISTING if kind is FeedKind.LISTING else ACCEPT


def conditions(validators: Validators) -> dict[str, str]:
    """Request headers of a conditional GET (RFC 9110, 13.1): both validators, byte for byte; the ETag wins there.

    Some servers add -gzip to an ETag and do not know it again, so that they never answer 304. It is sent back as it
    came all the same: the digest of the body tells that nothing changed.
    """
    pairs = (("If-None-Match", validators.etag), ("If-Modified-Since", validators.last_modified))
    return {name: value for name, value in pairs if value}


def _seen(feed: Feed, answer: Response, outcome: PollOutcome, digest: bytes | None) -> Poll:
    return Poll(
        feed=feed,
        outcome=outcome,
        at=answer.at,
        validators=_validators(feed, answer),
        body_sha256=digest,
        status=answer.status,
        received_bytes=len(answer.body),
        duration_ms=answer.duration_ms,
        requests=answer.requests,
        moved_to=answer.moved_to,
        header_pace=header_pace(answer.headers),
    )


def _validators(feed: Feed, answer: Response) -> Validators:
    """The validators to send next. A 304 may bring new ones and keeps the old ones (RFC 9111, 4.3.4).

    An answer that has expired as it comes (Expires: 0) is not worth remembering: such servers answer 304 at random.
    """
    headers = answer.headers
    if headers.get("expires", "").strip() == "0":
        return Validators()
    kept = feed.validators if answer.status == NOT_MODIFIED else Validators()
    return Validators(headers.get("etag") or kept.etag, headers.get("last-modified") or kept.last_modified)


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
        requests=failure.requests,
    )


def _refused(feed: Feed, answer: Response, failure: Failure) -> Poll:
    """A poll whose answer came and can't be read: a failure that cost what it cost."""
    return replace(
        _failed(feed, failure),
        at=answer.at,
        received_bytes=len(answer.body),
        duration_ms=answer.duration_ms,
        requests=answer.requests,
        moved_to=answer.moved_to,
    )
