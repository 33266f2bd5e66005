"""The world: what every portal serves at this moment, and the changes that a test may make to it.

Documents are made and compressed when first asked for and kept; a change forgets the ones it touches.
"""

import gzip
import hashlib
import html
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from portal import catalogue
from portal.feeds import FORBIDDEN_PATH, write_feed
from portal.model import Article, Block, FeedPlan, Portal
from portal.padding import padding
from portal.pages import gold, render
from portal.reading import read_yaml

REFERENCE = datetime(2025, 9, 24, 12, tzinfo=UTC)
DEFAULT_ARTICLES = 96
TEASERS = 5

_COMPRESSION = 6
_DECIMAL = re.compile(r"\d[.,]\d")
_NUMBER = re.compile(r"\d+")
_ROBOTS = "User-agent: *\nDisallow: /intern/\nDisallow: /suche\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class Document:
    """What one address serves: the gzipped body and the headers that go with it."""

    body: bytes
    content_type: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How large and how old a world is."""

    articles: int = DEFAULT_ARTICLES
    page_kb: int = 0
    seed: int = 1
    feed_size: int | None = None
    reference: datetime = REFERENCE
    is_live: bool = False


class World:
    """The portals with their articles. Same options and addresses, same bytes."""

    def __init__(self, options: Options, bases: Sequence[str]) -> None:
        """`bases`: the address of each portal's server, in the order of portals.yaml."""
        self.options = options
        pairs = zip(catalogue.load_portals(), bases, strict=True)
        self.portals = {portal.slug: replace(portal, base=base) for portal, base in pairs}
        self._articles: dict[str, list[Article]] = {slug: [] for slug in self.portals}
        self._by_address: dict[tuple[str, str], Article] = {}
        self._documents: dict[tuple[str, str], Document] = {}
        self._changes = 0
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
        key = (slug, path)
        if key not in self._documents:
            with self._lock:
                made = self._make(self.portals[slug], path)
                if made is None:
                    # Tracking parameters and the like: the address without its query.
                    return None if "?" not in path else self.document(slug, path.partition("?")[0])
                self._documents[key] = made
        return self._documents[key]

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

    def edit(self, id_: str) -> dict[str, Any]:
        """The gold of article `id_` after a correction: a number changed, a sentence added. KeyError: no such id."""
        with self._lock:
            old = next((article for article in self._by_address.values() if article.id == id_), None)
            if old is None:
                raise KeyError(id_)
            self._changes += 1
            key, siblings = (old.portal, old.path), self._articles[old.portal]
            new = corrected(old, self.portals[old.portal], self.now)
            siblings[siblings.index(old)] = self._by_address[key] = new
            self._documents.pop(key, None)
            self._forget_lists(old.portal)
            return gold(new, self.portals[old.portal])

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

    def _forget_lists(self, slug: str) -> None:
        """Feeds and front page are made anew at the next request."""
        for path in (*self._feed_paths(slug), "/"):
            self._documents.pop((slug, path), None)

    def _feed_paths(self, slug: str) -> list[str]:
        return [feed.path for feed in self.portals[slug].feeds]

    def _make(self, portal: Portal, path: str) -> Document | None:
        """The document at `path`: a feed, an article, the front page, robots.txt."""
        plan = next((feed for feed in portal.feeds if feed.path == path), None)
        if plan is not None:
            return self._feed(portal, plan)
        article = self._by_address.get((portal.slug, path))
        if article is not None:
            page = render(article, portal, self._teased(article), self._padding(article))
            body = page.encode(portal.charset, "xmlcharrefreplace")
            return Document(_packed(body), portal.content_type, _etag(body))
        simple = _SIMPLE.get(path)
        return simple(portal, self._newest(portal.slug)) if simple else None

    def _feed(self, portal: Portal, plan: FeedPlan) -> Document:
        k, parts = plan.part
        listed = [
            article
            for article in self._articles[portal.slug][k::parts]
            if not plan.sections or article.text.section in plan.sections
        ]
        listed.sort(key=_age, reverse=True)
        body = write_feed(portal, plan, listed)
        changed = max((article.modified or article.published for article in listed), default=REFERENCE)
        etag = _etag(body) if plan.validators != "last_modified" else None
        return Document(
            _packed(body),
            plan.content_type,
            f"W/{etag}" if plan.validators == "weak" else etag,
            format_datetime(changed, usegmt=True) if plan.validators in ("both", "last_modified") else None,
        )

    def _padding(self, article: Article) -> tuple[str, str]:
        return padding(article.portal, f"{self.options.seed}:{article.id}", self.options.page_kb)

    def _newest(self, slug: str) -> list[Article]:
        return sorted(self._articles[slug], key=_age, reverse=True)

    def _teased(self, article: Article) -> list[Article]:
        """A few neighbours of the article, the same ones as long as nothing is published."""
        others = self._articles[article.portal]
        place = next(k for k, other in enumerate(others) if other.id == article.id)
        return [others[(place + k) % len(others)] for k in range(1, min(TEASERS, len(others) - 1) + 1)]


def corrected(article: Article, portal: Portal, now: datetime) -> Article:
    """The article with one number changed and a sentence added that says so."""
    blocks = list(article.text.blocks)
    place = next((k for k, b in enumerate(blocks) if not b.is_heading and _DECIMAL.search(b.text)), 0)
    pattern = _DECIMAL if _DECIMAL.search(blocks[place].text) else _NUMBER
    blocks[place] = Block(pattern.sub(_next_digit, blocks[place].text, count=1))
    note = read_yaml(f"grammar-{portal.language}.yaml")["correction"].format(n=article.revision + 1)
    blocks[-1] = Block(f"{blocks[-1].text} {note}")
    text = replace(article.text, blocks=tuple(blocks))
    return replace(article, text=text, modified=now, revision=article.revision + 1)


def _next_digit(match: re.Match[str]) -> str:
    return match[0][:-1] + str((int(match[0][-1]) + 1) % 10)


def _age(article: Article) -> tuple[datetime, str]:
    return article.published, article.id


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, _COMPRESSION, mtime=0)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _robots(_portal: Portal, _newest: Sequence[Article]) -> Document:
    return Document(_packed(_ROBOTS.encode()), "text/plain; charset=utf-8")


def _front_page(portal: Portal, newest: Sequence[Article]) -> Document:
    links = "\n".join(
        f'<li><a href="{html.escape(article.path)}">{html.escape(article.text.title)}</a></li>'
        for article in newest[:50]
    )
    name = html.escape(portal.name)
    page = f"<!DOCTYPE html><html><head><title>{name}</title></head><body><h1>{name}</h1><ul>{links}</ul></body></html>"
    return Document(_packed(page.encode(portal.charset, "xmlcharrefreplace")), portal.content_type)


def _forbidden(portal: Portal, _newest: Sequence[Article]) -> Document:
    page = "<html><body><h1>Interne Vorschau</h1><p>Wer das liest, hat robots.txt nicht gelesen.</p></body></html>"
    return Document(_packed(page.encode(portal.charset)), portal.content_type)


_SIMPLE: Mapping[str, Callable[[Portal, Sequence[Article]], Document]] = {
    "/robots.txt": _robots,
    "/": _front_page,
    FORBIDDEN_PATH: _forbidden,
}
