"""The world: what every portal serves at this moment, and the changes that a test may make to it.

Documents are made and compressed when first asked for and kept; a change forgets the ones it touches.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from portal import catalogue
from portal.addresses import AMP, PRINT, plain_path, reslugged
from portal.archives import archives_of, held
from portal.captures import CAPTURED_AFTER, Captures
from portal.changes import CHANGES
from portal.documents import Document, etag_of, html_document, packed
from portal.feeds import write_feed
from portal.listings import listing, missing
from portal.model import Article, FeedPlan, Portal
from portal.padding import padding
from portal.pages import bare_page, gold, render
from portal.sitemaps import sitemap

REFERENCE = datetime(2025, 9, 24, 12, tzinfo=UTC)
DEFAULT_ARTICLES = 96
TEASERS = 5


@dataclass(frozen=True, slots=True)
class Options:
    """How large and how old a world is."""

    articles: int = DEFAULT_ARTICLES
    page_kb: int = 0
    seed: int = 1
    feed_size: int | None = None
    reference: datetime = REFERENCE
    is_live: bool = False
    archive_scale: int = 1


class World:
    """The portals with their articles. Same options and addresses, same bytes."""

    def __init__(self, options: Options, bases: Sequence[str]) -> None:
        """`bases`: the address of each portal's server, in the order of portals.yaml."""
        self.options = options
        pairs = zip(catalogue.load_portals(), bases, strict=True)
        self.portals = {portal.slug: replace(portal, base=base) for portal, base in pairs}
        self._articles: dict[str, list[Article]] = {slug: [] for slug in self.portals}
        self._by_address: dict[tuple[str, str], Article] = {}
        self._aliases: dict[tuple[str, str], str] = {}  # addresses that articles had before
        self._first: dict[str, Article] = {}  # what changed since, as it first was, by id
        self._documents: dict[tuple[str, str], Document] = {}
        self._changes = 0
        self.archives = archives_of(self.portals, options.seed, options.archive_scale)
        # Pages are made in threads, so that a slow one does not hold up the server.
        self._lock = threading.RLock()
        for article in catalogue.selection(
            catalogue.hand_made(self.portals, options.reference, options.seed), options.articles
        ):
            self._add(article)
        slugs = list(self.portals)
        for number in range(options.articles - len(self._by_address)):
            self._generate(slugs[number % len(slugs)], f"{options.seed}:{number}")
        if options.feed_size is not None:
            self._split_feeds(options.feed_size)

    def _split_feeds(self, size: int) -> None:
        """Splits feeds until none lists more than `size` articles of those published so far."""
        for slug, portal in self.portals.items():
            parts = max(1, -(-len(self._articles[slug]) // size))
            self.portals[slug] = catalogue.with_split_feeds(portal, parts)

    @property
    def now(self) -> datetime:
        """The world's clock: the real one, or (repeatable) the reference instant plus a minute per change."""
        if self.options.is_live:
            return datetime.now(UTC).replace(microsecond=0)
        return self.options.reference + timedelta(minutes=self._changes)

    def gold(self) -> list[dict[str, Any]]:
        """What an ideal reader would have of every article."""
        with self._lock:
            return [
                gold(article, self.portals[slug]) for slug, articles in self._articles.items() for article in articles
            ]

    def made(self, slug: str, path: str) -> Document | None:
        """The document at `path` where it is made already; costs nothing."""
        return self._documents.get((slug, path))

    def document(self, slug: str, path: str) -> Document | None:
        """What the portal serves at `path` (with its query), or None."""
        with self._lock:
            home = self._home(slug, path)
            key = (slug, home)
            if key not in self._documents:
                past = self._past(slug, path, home)
                if past is not None:
                    return past  # not kept, as there may be very much of it
                made = self._make(self.portals[slug], home)
                if made is None:
                    # Parameters that nobody knows: the address without its query.
                    return None if "?" not in home else self.document(slug, home.partition("?")[0])
                self._documents[key] = made
            return self._documents[key]

    def articles(self, slug: str) -> list[Article]:
        """What the portal lists now, newest first."""
        return sorted((one for one in self._articles[slug] if one.gone is None), key=_age, reverse=True)

    def page(self, article: Article) -> Document:
        """The page of an article, whether or not the world has it so."""
        portal = self.portals[article.portal]
        ballast = padding(article.portal, f"{self.options.seed}:{article.id}", self.options.page_kb)
        page = render(article, portal, self._teased(article), ballast)
        body = page.encode(portal.charset, "xmlcharrefreplace")
        return Document(packed(body), portal.content_type, etag_of(body))

    def article_at(self, slug: str, path: str) -> Article | None:
        """The article whose page `path` is, by whatever address."""
        home = self._home(slug, path)
        return self._by_address.get((slug, home)) or self.archives.at(slug, home)

    def captures(self, slug: str) -> Captures:
        """What an archive of the web has of the portal. KeyError: it keeps no archive."""
        return Captures(self.archives.pasts[slug], lambda: self._firsts(slug), self.page)

    def warm(self) -> None:
        """Makes every page and feed now, so that serving costs nothing later."""
        for slug, articles in self._articles.items():
            for path in (*(article.path for article in articles), *self._feed_paths(slug)):
                self.document(slug, path)

    def publish(self, slug: str | None, count: int) -> list[dict[str, Any]]:
        """`count` new articles of one portal, or of each; the gold of them."""
        with self._lock:
            self._changes += 1
            new = [
                self._generate(name, f"{self.options.seed}:p{self._changes}-{name}-{k}", self.now)
                for name in ([slug] if slug else list(self.portals))
                for k in range(count)
            ]
            for name in {article.portal for article in new}:
                self._forget_lists(name)
            return [gold(article, self.portals[article.portal]) for article in new]

    def edit(self, id_: str, kind: str = "correction") -> dict[str, Any]:
        """The gold of article `id_` after a change of that kind. KeyError: no such id, no such kind."""
        with self._lock:
            old, change = self._by_id(id_), CHANGES[kind]
            self._changes += 1
            at = self.archives.later(old, self.now)
            return self._put(old, change(old, self.portals[old.portal], at))

    def rename(self, id_: str) -> dict[str, Any]:
        """The gold of article `id_` at a new address; the old one serves it too. ValueError: it has no slug."""
        with self._lock:
            old = self._by_id(id_)
            if self.archives.article(id_):
                raise ValueError("articles of the archive keep their addresses")
            path = reslugged(old.path, self._changes + 1)
            if path == old.path:
                raise ValueError(f"there is no slug to rewrite in {path}")
            self._changes += 1
            del self._by_address[old.portal, old.path]
            earlier = [key for key, target in self._aliases.items() if (key[0], target) == (old.portal, old.path)]
            self._aliases |= dict.fromkeys(earlier, path)
            self._aliases[old.portal, old.path] = path
            return self._put(old, replace(old, path=path))

    def remove(self, id_: str, status: int) -> dict[str, Any]:
        """The gold of article `id_`, now off all lists, its address answering `status`. KeyError: no such id."""
        with self._lock:
            old = self._by_id(id_)
            self._changes += 1
            return self._put(old, replace(old, gone=status))

    def _by_id(self, id_: str) -> Article:
        found = next((article for article in self._by_address.values() if article.id == id_), None)
        found = found or self.archives.article(id_)
        if found is None:
            raise KeyError(id_)
        return found

    def _put(self, old: Article, new: Article) -> dict[str, Any]:
        """Replaces an article and forgets what shows it; its gold."""
        if self.archives.put(new):
            return gold(new, self.portals[new.portal])
        self._first.setdefault(old.id, old)
        siblings = self._articles[old.portal]
        siblings[siblings.index(old)] = self._by_address[new.portal, new.path] = new
        self._documents.pop((old.portal, old.path), None)
        self._forget_lists(old.portal)
        return gold(new, self.portals[new.portal])

    def _generate(self, slug: str, seed: str, published: datetime | None = None) -> Article:
        """One generated article, added."""
        at = published or catalogue.drawn_time(self.options.reference, seed)
        return self._add(catalogue.generated(self.portals[slug], at, seed))

    def _add(self, article: Article) -> Article:
        key = (article.portal, article.path)
        if key in self._by_address:
            raise ValueError(f"two articles at {key}: {self._by_address[key].id} and {article.id}")
        self._by_address[key] = article
        self._articles[article.portal].append(article)
        return article

    def _firsts(self, slug: str) -> list[Article]:
        """The articles of the portal that are old enough to have been captured, as they first were."""
        firsts = (self._first.get(article.id, article) for article in self._articles[slug])
        return [article for article in firsts if article.published + CAPTURED_AFTER <= self.now]

    def _forget_lists(self, slug: str) -> None:
        """All but the articles' own pages are made anew at the next request."""
        for key in [key for key in self._documents if key[0] == slug and key not in self._by_address]:
            del self._documents[key]

    def _feed_paths(self, slug: str) -> list[str]:
        return [feed.path for feed in self.portals[slug].feeds]

    def _home(self, slug: str, path: str) -> str:
        """The address under which the document at `path` is kept: the article's own, or the one without noise."""
        plain = plain_path(path)
        feeds = self._feed_paths(slug)
        for candidate in (path, plain, plain.rstrip("/"), f"{plain}/", plain.replace("/?", "?")):
            known = self._aliases.get((slug, candidate), candidate)
            if (slug, known) in self._by_address or known in feeds or self.archives.holds(slug, known):
                return known
        return plain

    def _make(self, portal: Portal, path: str) -> Document | None:
        """The document at `path`: a feed, an article, a listing, a sitemap."""
        plan = next((feed for feed in portal.feeds if feed.path == path), None)
        if plan is not None:
            return self._feed(portal, plan)
        article = self._by_address.get((portal.slug, path))
        if article is not None:
            return self._shown(article)
        newest = self.articles(portal.slug)
        found = listing(portal, path, newest) or sitemap(portal, path, newest, self.now)
        return found or self._bare(portal, path)

    def _shown(self, article: Article) -> Document:
        """The page of an article, or what stands there since it was taken down."""
        if article.gone is None:
            return self.page(article)
        return missing(self.portals[article.portal], article.gone)

    def _past(self, slug: str, path: str, home: str) -> Document | None:
        """What the portal's archive has at `path`, an article among them."""
        article = self.archives.at(slug, home)
        if article is not None:
            return self._shown(article)
        return held(self.captures(slug), path) if slug in self.archives.pasts else None

    def _bare(self, portal: Portal, path: str) -> Document | None:
        """The AMP or print page of an article; None for other addresses."""
        prefix = next((prefix for prefix in (AMP, PRINT) if path.startswith(f"{prefix}/")), None)
        article = prefix and self.article_at(portal.slug, path.removeprefix(prefix))
        if not article or article.gone is not None:
            return None
        page = bare_page(article, portal, is_amp=prefix == AMP)
        return html_document(page, "utf-8", "text/html; charset=utf-8")

    def _feed(self, portal: Portal, plan: FeedPlan) -> Document:
        k, parts = plan.part
        listed = [
            article
            for article in self._articles[portal.slug][k::parts]
            if article.gone is None and (not plan.sections or article.text.section in plan.sections)
        ]
        listed.sort(key=_age, reverse=True)
        body = write_feed(portal, plan, listed)
        changed = max((article.modified or article.published for article in listed), default=REFERENCE)
        etag = etag_of(body) if plan.validators != "last_modified" else None
        return Document(
            packed(body),
            plan.content_type,
            f"W/{etag}" if plan.validators == "weak" else etag,
            format_datetime(changed, usegmt=True) if plan.validators in ("both", "last_modified") else None,
        )

    def _teased(self, article: Article) -> list[Article]:
        """A few neighbours of the article, the same ones as long as nothing is published."""
        past = self.archives.teased(article)
        if past is not None:
            return past
        others = self._articles[article.portal]
        place = next(k for k, other in enumerate(others) if other.id == article.id)
        teased = [others[(place + k) % len(others)] for k in range(1, min(TEASERS, len(others) - 1) + 1)]
        return [other for other in teased if other.gone is None]


def _age(article: Article) -> tuple[datetime, str]:
    return article.published, article.id
