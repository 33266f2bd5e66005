"""Looking for the feeds of a portal: its page, its robots.txt and the usual places name candidates, which are asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from config.sources import feed_identity
from tasks.discover.autodiscovery import FoundFeed, Origin, find_feeds, is_of_comments
from tasks.discover.reading import Read
from tasks.fetch.pages import ACCEPT
from tasks.model import FeedDocument, FeedKind, Response, SitemapIndex
from tasks.outcome import Failure
from tasks.probe import Manner, Prober, Told, as_feed, body_of, read_answer
from tasks.proposal import ListingFound, Traits, listing_of, traits_of

# Candidates that are asked; a portal that hides its feeds better is asked by a person.
MOST_CANDIDATES = 12
_FEEDS = frozenset({FeedKind.RSS, FeedKind.ATOM, FeedKind.RDF, FeedKind.JSON_FEED})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate and what came of asking it; `left_out` says why it is not proposed, None: it is.

    `told` is None where it was not asked, because a source has it already.
    """

    found: FoundFeed
    told: Told | None = None
    document: Read | None = None
    left_out: str | None = None

    @property
    def kind(self) -> FeedKind:
        """What it is; of an index of sitemaps what its address hints at."""
        return self.document.kind if isinstance(self.document, FeedDocument) else self.found.kind

    @property
    def url(self) -> str:
        """Where it is to be asked in future."""
        moved = self.told.answer.moved_to if self.told and isinstance(self.told.answer, Response) else None
        return moved or self.found.url


@dataclass(frozen=True, slots=True)
class Portal:
    """What is found out about a portal: `page` is the answer of the address that was given."""

    page: Told
    homepage: str
    traits: Traits
    candidates: tuple[Candidate, ...]
    listing: ListingFound | None = None

    @property
    def proposed(self) -> list[Candidate]:
        """The candidates that belong into its source file."""
        return [one for one in self.candidates if one.left_out is None]


@dataclass(slots=True)
class Search:
    """A search for feeds: how it asks, which feeds sources have already (slugs by identity), and what it has found."""

    prober: Prober
    manner: Manner
    known: Mapping[str, str]
    zone: str
    max_bytes: int
    asked: list[Candidate] = field(default_factory=list)

    async def ask(self, candidates: Iterable[FoundFeed]) -> None:
        """Ask candidates in order, until there are enough; those that a source has are only named."""
        for found in candidates:
            slug = self.known.get(feed_identity(found.url))
            if slug:
                self.asked.append(Candidate(found, left_out=f"{slug} has it already"))
            elif sum(one.told is not None for one in self.asked) < MOST_CANDIDATES:
                told = await self.prober.ask(found.url, self.manner)
                self.asked.append(self.judged(found, told))

    def judged(self, found: FoundFeed, told: Told) -> Candidate:
        """A candidate with its answer read, and why it is left out if it is."""
        if isinstance(told.answer, Failure):
            return Candidate(found, told, told.answer, str(told.answer.reason))
        document = read_answer(told.answer, as_feed(found.url, found.kind, self.zone), self.max_bytes)
        candidate = Candidate(found, told, document)
        return replace(candidate, left_out=self._objection(candidate, told.answer))

    def has(self, kinds: frozenset[FeedKind]) -> bool:
        """Whether a candidate of one of `kinds` is proposed so far, or known to a source."""
        return any(one.kind in kinds and (one.left_out is None or one.told is None) for one in self.asked)

    def _objection(self, candidate: Candidate, answer: Response) -> str | None:
        document = candidate.document
        if isinstance(document, Failure):
            return str(document.reason)
        if is_of_comments(candidate.found):
            return "comments of readers"
        if isinstance(document, FeedDocument) and not document.entries:
            return "lists nothing"
        slug = self.known.get(feed_identity(candidate.url))
        if slug:
            return f"{slug} has it already"
        return next((f"the same as {one.url}" for one in self.asked if _is_same(one, answer)), None)


async def find_portal(url: str, search: Search) -> Portal:
    """What can be found out about the portal of an address, which is one of its pages or a feed of it."""
    page = await search.prober.ask(url, search.manner, ACCEPT)
    if isinstance(page.answer, Response):
        given = search.judged(FoundFeed(url, FeedKind.RSS, Origin.DECLARED), page)
        if isinstance(given.document, FeedDocument | SitemapIndex):
            return await _portal_of_feed(given, page, search)
    body = _body(page, search.max_bytes)
    robots = await search.prober.robots(url, search.manner)
    at, charset = (page.answer.final_url, page.answer.charset) if isinstance(page.answer, Response) else (url, None)
    candidates = find_feeds(body, at, robots=robots.body or "", charset=charset)
    await search.ask(one for one in candidates if one.origin is not Origin.COMMON)
    await _ask_usual_places([one for one in candidates if one.origin is Origin.COMMON], search)
    portal = Portal(page, at, traits_of(body, charset), without_archives(search.asked))
    if portal.proposed or any(one.told is None for one in portal.candidates):
        return portal
    return replace(portal, listing=listing_of(body, at, search.zone, charset))


def without_archives(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates, but sitemaps of everything are left out where there is a feed or a news sitemap, known or new."""
    if all(one.kind is FeedKind.SITEMAP for one in candidates if one.left_out is None or one.told is None):
        return tuple(candidates)
    reason = "a sitemap of everything, for backfills"
    return tuple(
        replace(one, left_out=reason) if one.left_out is None and one.kind is FeedKind.SITEMAP else one
        for one in candidates
    )


async def _portal_of_feed(given: Candidate, page: Told, search: Search) -> Portal:
    """The portal of an address that is a feed: that feed, and what the first page of its host says."""
    slug = search.known.get(feed_identity(given.found.url))
    search.asked.append(replace(given, left_out=f"{slug} has it already") if slug else given)
    homepage = urljoin(page.url, "/")
    front = await search.prober.ask(homepage, search.manner, ACCEPT)
    charset = front.answer.charset if isinstance(front.answer, Response) else None
    return Portal(page, homepage, traits_of(_body(front, search.max_bytes), charset), tuple(search.asked))


async def _ask_usual_places(usual: Sequence[FoundFeed], search: Search) -> None:
    """Where nobody names a feed, the usual places are asked until one has it; the same for sitemaps after that."""
    for kinds in (_FEEDS, frozenset(FeedKind) - _FEEDS):
        for one in usual:
            if search.has(_FEEDS) or (kinds is not _FEEDS and search.has(kinds)):
                return
            if one.kind in kinds and all(one.url != asked.found.url for asked in search.asked):
                await search.ask([one])


def _body(told: Told, max_bytes: int) -> bytes:
    """The page as bytes; empty where there is none, for the usual places are asked all the same."""
    body = body_of(told.answer, max_bytes) if isinstance(told.answer, Response) else b""
    return b"" if isinstance(body, Failure) else body


def _is_same(one: Candidate, answer: Response) -> bool:
    """Whether an earlier candidate brought the same: the same body, or by a redirect the same address."""
    if one.left_out is not None or one.told is None or not isinstance(one.told.answer, Response):
        return False
    return one.told.answer.final_url == answer.final_url or one.told.answer.body_sha256 == answer.body_sha256
