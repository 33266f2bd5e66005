"""The examination of a feed: asked as it is, with its newest article; what is wrong, and what to do about it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.sources import FeedSpec, Source
from tasks.discover.sites import site_of
from tasks.extract.pool import Extractors, Job
from tasks.fetch.pages import ACCEPT, page_of
from tasks.model import (
    Article,
    Feed,
    FeedDocument,
    FeedEntry,
    FeedKind,
    Page,
    Profile,
    Response,
    SitemapChild,
    SitemapIndex,
)
from tasks.outcome import Failure, Stage
from tasks.probe import Manner, Prober, Told, as_feed, read_answer
from tasks.selector_rows import Silence, silences

# An index of indexes is met; deeper ones are not.
_DEEPEST_INDEX = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ON_ANOTHER_SITE = ": on another site, "


@dataclass(frozen=True, slots=True)
class Contents:
    """What a feed lists, counted; `children` are the sitemaps of an index, and the rest is then of its newest one.

    `strangers` lead to other sites, `future` is dated later than now, `newest_at` is the latest of the other dates;
    `undated` are entries of a plain sitemap that a run would not take, because nothing says how old they are.
    """

    kind: FeedKind
    entries: int
    dated: int
    strangers: int
    future: int
    newest_at: datetime | None
    undated: int = 0
    children: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """A feed's newest article: what came of asking for it, and of extracting it."""

    url: str
    robots: str
    status: int | None
    outcome: Page | Article | Failure


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found out about one feed; `contents` is None where `failure` says why it can't be read.

    `silences` are selectors of the source's file that find nothing on its newest page, or found nothing on the last.
    """

    source: Source
    feed: FeedSpec
    robots: str
    status: int | None
    failure: Failure | None
    moved_to: str | None = None
    contents: Contents | None = None
    sample: Sample | None = None
    silences: tuple[Silence, ...] = ()


async def examine_all(
    sources: Sequence[Source], prober: Prober, user_agent: str, delay: timedelta, max_bytes: int
) -> list[Checkup]:
    """The checkups of all feeds of `sources`, in their order; `user_agent` and `delay` where a source names none."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(examined(source, feed, prober, manner_of(source, user_agent, delay), max_bytes))
            for source in sources
            for feed in source.feeds
        ]
    return [task.result() for task in tasks]


def manner_of(source: Source, user_agent: str, delay: timedelta) -> Manner:
    """How a source wants to be asked, as its file says it, else with the defaults given."""
    own = delay if source.delay is None else source.delay
    return Manner(source.user_agent or user_agent, own, dict(source.headers))


async def examined(source: Source, feed: FeedSpec, prober: Prober, manner: Manner, max_bytes: int) -> Checkup:
    """The checkup of one feed; its sample is the page as it came, still to be extracted."""
    told = await prober.ask(feed.url, manner)
    if isinstance(told.answer, Failure):
        return Checkup(source, feed, told.robots, told.status, told.answer)
    moved_to = told.answer.moved_to
    described = as_feed(feed.url, FeedKind(feed.kind), source.zone(feed), source, feed)
    document = read_answer(told.answer, described, max_bytes)
    if isinstance(document, Failure):
        return Checkup(source, feed, told.robots, told.status, document, moved_to)
    children = len(document.children) if isinstance(document, SitemapIndex) else 0
    listed = await _lowest(document, prober, manner, described, max_bytes)
    if isinstance(listed, Failure):
        return Checkup(source, feed, told.robots, told.status, listed, moved_to)
    contents = replace(contents_of(listed, _sites(source, feed), datetime.now(UTC)), children=children)
    sample = await _sample(listed, source, feed, prober, manner)
    return Checkup(source, feed, told.robots, told.status, None, moved_to, contents, sample)


def contents_of(document: FeedDocument, sites: Collection[str], now: datetime) -> Contents:
    """What a document lists, counted; entries beyond `sites` (tasks/discover/sites.py) are strangers."""
    dates = [at for entry in document.entries if (at := _date(entry))]
    past = [at for at in dates if at <= now]
    rejected = sum(_ON_ANOTHER_SITE in line for line in document.rejected)
    return Contents(
        kind=document.kind,
        entries=len(document.entries),
        dated=len(dates),
        strangers=rejected + sum(site_of(entry.url) not in sites for entry in document.entries),
        future=len(dates) - len(past),
        newest_at=max(past, default=None),
        undated=document.outside_window,
    )


def newest(entries: Sequence[FeedEntry], now: datetime) -> FeedEntry | None:
    """The entry with the latest date that is not in the future; of undated ones the first. None: there is none."""
    dated = [(at, entry) for entry in entries if (at := _date(entry)) and at <= now]
    if dated:
        return max(dated, key=lambda pair: pair[0])[1]
    return next(iter(entries), None)


def extracted(checkups: Sequence[Checkup], extractors: Extractors) -> list[Checkup]:
    """The checkups with the articles, or why there is none, in the place of the pages."""
    pages = [
        (number, one.sample, one.sample.outcome)
        for number, one in enumerate(checkups)
        if one.sample is not None and isinstance(one.sample.outcome, Page)
    ]
    outcomes = extractors.map([Job(page, profile_of(checkups[number].source)) for number, _, page in pages])
    samples = {
        number: replace(sample, outcome=outcome) for (number, sample, _), outcome in zip(pages, outcomes, strict=True)
    }
    return [replace(one, sample=samples.get(number, one.sample)) for number, one in enumerate(checkups)]


def profile_of(source: Source) -> Profile:
    """What a source tells the extractor."""
    told = (source.slug, source.name, source.language, source.time_zone, source.homepage)
    return Profile(*told, pages=source.page_rules())


def with_silences(checkups: Sequence[Checkup], known: Sequence[Mapping[str, Any]]) -> list[Checkup]:
    """The extracted checkups with the selectors that find nothing; `known` is what runs counted (selector_rows.py)."""
    return [
        replace(one, silences=_silences(one, [row for row in known if row["slug"] == one.source.slug]))
        for one in checkups
    ]


def _silences(one: Checkup, known: Sequence[Mapping[str, Any]]) -> tuple[Silence, ...]:
    read = one.sample.outcome if one.sample else None
    url = one.sample.url if one.sample else None
    return silences(one.source.page_rules(), known, url, read if isinstance(read, Article) else None)


async def _lowest(
    document: FeedDocument | SitemapIndex, prober: Prober, manner: Manner, feed: Feed, max_bytes: int
) -> FeedDocument | Failure:
    """The document itself, or of an index its newest sitemap's."""
    for _ in range(_DEEPEST_INDEX):
        if isinstance(document, FeedDocument):
            break
        if not document.children:
            return FeedDocument(FeedKind.SITEMAP, None, None, (), document.rejected)
        child = max(document.children, key=_age)
        told = await prober.ask(child.url, manner)
        read = told.answer if isinstance(told.answer, Failure) else read_answer(told.answer, feed, max_bytes)
        if isinstance(read, Failure):
            return replace(read, detail=f"its newest sitemap {child.url}: {read.detail}")
        document = read
    if isinstance(document, FeedDocument):
        return document
    return FeedDocument(FeedKind.SITEMAP, None, None, ())


def _age(child: SitemapChild) -> tuple[datetime, str]:
    return (child.modified.at if child.modified else _EPOCH), child.url


async def _sample(
    document: FeedDocument, source: Source, feed: FeedSpec, prober: Prober, manner: Manner
) -> Sample | None:
    now = datetime.now(UTC)
    own = [one for one in document.entries if site_of(one.url) in _sites(source, feed)]
    entry = newest(own, now) or newest(document.entries, now)
    if entry is None:
        return None
    told = await prober.ask(entry.url, manner, ACCEPT)
    return Sample(entry.url, told.robots, told.status, _page(told))


def _page(told: Told) -> Page | Failure:
    return page_of(told.answer) if isinstance(told.answer, Response) else replace(told.answer, stage=Stage.FETCH)


def _sites(source: Source, feed: FeedSpec) -> frozenset[str]:
    """The sites of a source: those of its homepage, of the feed and of its partners."""
    partners = (site_of(f"https://{host}") for host in source.partners)
    return frozenset({site_of(source.homepage), site_of(feed.url), *partners})


def _date(entry: FeedEntry) -> datetime | None:
    stamp = entry.published or entry.modified
    return stamp.at if stamp else None
