"""What a portal serves for those who look around: front page, archive pages, robots.txt."""

import html
import re
from collections.abc import Callable, Mapping, Sequence

from portal.documents import Document, html_document, packed
from portal.feeds import FORBIDDEN_PATH
from portal.model import Article, FeedPlan, Portal
from portal.pages import human_date
from portal.sitemaps import INDEX_PATH, NEWS_PATH, PAST_INDEX_PATH

ARCHIVE_PATH = "/archiv"
PER_PAGE = 20
ROBOTS_PATH = "/robots.txt"

_RULES = "User-agent: *\nDisallow: /intern/\nDisallow: /suche\nAllow: /\n"
_ARCHIVE = re.compile(rf"{ARCHIVE_PATH}(?:\?page=(\d{{1,6}}))?")
_TEXT = "text/plain; charset=utf-8"
_FRONT_PAGE = 50
_FEED_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json_feed": "application/feed+json",
}


def listing(portal: Portal, path: str, newest: Sequence[Article]) -> Document | None:
    """The listing at `path`; None where the portal has none there."""
    simple = _SIMPLE.get(path)
    if simple is not None:
        return simple(portal, newest)
    match = _ARCHIVE.fullmatch(path)
    return _archive(portal, newest, int(match[1] or 1)) if match else None


def rules(portal: Portal) -> str:
    """The portal's robots.txt."""
    return f"{_RULES}\n{sitemap_lines(portal)}"


def sitemap_lines(portal: Portal) -> str:
    """The lines of robots.txt that name the sitemaps."""
    paths = (NEWS_PATH, INDEX_PATH, *([PAST_INDEX_PATH] if portal.is_archive_named else []))
    return "".join(f"Sitemap: {portal.base}{path}\n" for path in paths)


def _robots(portal: Portal, _newest: Sequence[Article]) -> Document:
    return Document(packed(rules(portal).encode()), _TEXT)


def _front_page(portal: Portal, newest: Sequence[Article]) -> Document:
    links = "\n".join(
        f'<li><a href="{html.escape(article.path)}">{html.escape(article.text.title)}</a></li>'
        for article in newest[:_FRONT_PAGE]
    )
    return page_of(portal, "", f"<ul>{links}</ul>", "".join(map(_declaration, portal.feeds)))


def _declaration(feed: FeedPlan) -> str:
    """The link by which the front page tells feed readers of a feed."""
    return f'<link rel="alternate" type="{_FEED_TYPES[feed.kind]}" title="{html.escape(feed.name)}" href="{feed.path}">'


def _forbidden(portal: Portal, _newest: Sequence[Article]) -> Document:
    page = "<html><body><h1>Interne Vorschau</h1><p>Wer das liest, hat robots.txt nicht gelesen.</p></body></html>"
    return html_document(page, portal.charset, portal.content_type)


def _archive(portal: Portal, newest: Sequence[Article], number: int) -> Document:
    """A page of the listing of what feeds and sitemaps have too, newest first."""
    shown = newest[(number - 1) * PER_PAGE : number * PER_PAGE]
    return numbered(portal, shown, (number, -(-len(newest) // PER_PAGE)), "page")


def numbered(portal: Portal, shown: Sequence[Article], place: tuple[int, int], parameter: str) -> Document:
    """Page n of m of a listing (`place`) with the articles shown; a 404 beyond its ends. `parameter` turns pages."""
    number, last = place
    if not 1 <= number <= max(1, last):
        return missing(portal)
    teasers = "".join(teaser(portal, article) for article in shown)
    turns = [(number - 1, "prev", "&lt;")] * (number > 1) + [(number + 1, "next", "&gt;")] * (number < last)
    pager = "".join(f'<a rel="{way}" href="{ARCHIVE_PATH}?{parameter}={page}">{sign}</a> ' for page, way, sign in turns)
    heading = {"de": "Archiv", "en": "Archive", "fr": "Archives"}[portal.language]
    return page_of(portal, f" - {heading} {number}", f'<main>{teasers}</main><nav class="pager">{pager}</nav>')


def missing(portal: Portal, status: int = 404) -> Document:
    """The page that says that there is none."""
    page = f"<html><body><h1>{status}</h1></body></html>"
    return html_document(page, portal.charset, portal.content_type, status)


def teaser(portal: Portal, article: Article) -> str:
    """An article in a listing: its time, title and first lines."""
    local = article.published.astimezone(portal.zone)
    shown = human_date("{dd}.{mm}.{yyyy} {HH}:{MM}", local, portal.language)
    return (
        f'<article class="teaser"><time datetime="{local.isoformat()}">{shown}</time>'
        f'<h2><a href="{html.escape(article.path)}">{html.escape(article.text.title)}</a></h2>'
        f"<p>{html.escape(article.text.lead or article.text.blocks[0].text)}</p></article>\n"
    )


def page_of(portal: Portal, subtitle: str, content: str, head: str = "") -> Document:
    """A page of the portal that is no article."""
    name = html.escape(portal.name)
    page = (
        f'<!DOCTYPE html><html lang="{portal.language}"><head><title>{name}{subtitle}</title>{head}</head>'
        f"<body><h1>{name}</h1>{content}</body></html>"
    )
    return html_document(page, portal.charset, portal.content_type)


_SIMPLE: Mapping[str, Callable[[Portal, Sequence[Article]], Document]] = {
    ROBOTS_PATH: _robots,
    "/": _front_page,
    FORBIDDEN_PATH: _forbidden,
}
