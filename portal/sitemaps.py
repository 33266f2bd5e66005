"""Sitemaps as search engines want them: the news of two days, an index, and a child per day (old ones as .gz files)."""

import html
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache

from portal.documents import PACKED_TYPE, XML, Document, packed
from portal.model import Article, Portal
from portal.reading import read_yaml

NEWS_PATH = "/news-sitemap.xml"
INDEX_PATH = "/sitemap_index.xml"
PAST_INDEX_PATH = "/sitemaps/index.xml"  # of portals that keep an archive
NEWS_LIMIT = 1000  # what the format allows
NEWS_AGE = timedelta(days=2)
MOST_TICKERS = 5

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS_SCHEMA = "http://www.google.com/schemas/sitemap-news/0.9"
_DAY_PATH = re.compile(r"/sitemaps/(\d{4}-\d\d-\d\d)\.xml(\.gz)?")


def sitemap(portal: Portal, path: str, newest: Sequence[Article], now: datetime) -> Document | None:
    """The sitemap at `path`; None where the portal has none there."""
    if path == NEWS_PATH:
        return _xml(_news(portal, newest, now))
    days = _by_day(portal, newest)
    if path == INDEX_PATH:
        return _xml(_index(portal, days))
    match = _DAY_PATH.fullmatch(path)
    if match is None or match[1] not in days:
        return None
    body = _day(portal, days[match[1]]).encode()
    return Document(packed(packed(body)), PACKED_TYPE) if match[2] else Document(packed(body), XML)


def urlset(entries: Sequence[str]) -> str:
    """A sitemap around its entries."""
    namespaces = f'xmlns="{_SCHEMA}" xmlns:news="{_NEWS_SCHEMA}"'
    return f"{_DECLARATION}<urlset {namespaces}>\n{''.join(entries)}</urlset>\n"


def url_entry(address: str, changed: str, inner: str = "") -> str:
    """One address with its time of change."""
    return f"<url>\n<loc>{html.escape(address)}</loc>\n<lastmod>{changed}</lastmod>\n{inner}</url>\n"


def index_of(children: Sequence[tuple[str, str]]) -> str:
    """A sitemap index of addresses with their times of change."""
    entries = (
        f"<sitemap>\n<loc>{html.escape(address)}</loc>\n<lastmod>{changed}</lastmod>\n</sitemap>\n"
        for address, changed in children
    )
    return f'{_DECLARATION}<sitemapindex xmlns="{_SCHEMA}">\n{"".join(entries)}</sitemapindex>\n'


def _xml(text: str) -> Document:
    return Document(packed(text.encode()), XML)


def _by_day(portal: Portal, newest: Sequence[Article]) -> dict[str, list[Article]]:
    """The articles by the portal's calendar day, latest day first."""
    days: dict[str, list[Article]] = {}
    for article in newest:
        days.setdefault(_local_day(portal, article).isoformat(), []).append(article)
    return days


def _local_day(portal: Portal, article: Article) -> date:
    return article.published.astimezone(portal.zone).date()


def _changed(portal: Portal, *articles: Article) -> str:
    """When the latest of the articles changed."""
    return max(article.modified or article.published for article in articles).astimezone(portal.zone).isoformat()


def _index(portal: Portal, days: dict[str, list[Article]]) -> str:
    """Every day's child; only the latest one is still written to, the others are packed."""
    children = []
    for place, (day, articles) in enumerate(days.items()):
        address = f"{portal.base}/sitemaps/{day}.xml{'.gz' if place else ''}"
        children.append((address, _changed(portal, *articles)))
    return index_of(children)


def _day(portal: Portal, articles: Sequence[Article]) -> str:
    return urlset([url_entry(portal.base + article.path, _changed(portal, article)) for article in articles])


def _news(portal: Portal, newest: Sequence[Article], now: datetime) -> str:
    recent = [article for article in newest if now - article.published <= NEWS_AGE][:NEWS_LIMIT]
    return urlset([_news_entry(portal, article) for article in recent])


def _news_entry(portal: Portal, article: Article) -> str:
    published = article.published.astimezone(portal.zone).isoformat()
    tickers = ", ".join(_tickers(article.text.title)[:MOST_TICKERS])
    inner = (
        f"<news:news>\n<news:publication>\n<news:name>{html.escape(portal.name)}</news:name>\n"
        f"<news:language>{portal.language}</news:language>\n</news:publication>\n"
        f"<news:publication_date>{published}</news:publication_date>\n"
        f"<news:title>{html.escape(article.text.title)}</news:title>\n"
        f"<news:keywords>{html.escape(article.text.section)}</news:keywords>\n"
        + (f"<news:stock_tickers>{tickers}</news:stock_tickers>\n" if tickers else "")
        + "</news:news>\n"
    )
    return url_entry(portal.base + article.path, _changed(portal, article), inner)


def _tickers(title: str) -> list[str]:
    """The tickers of the real companies that the title names, each once."""
    tickers, find = _listed_companies()
    return list(dict.fromkeys(tickers[name] for name in find(title)))


@cache
def _listed_companies() -> tuple[dict[str, str], Callable[[str], list[str]]]:
    """Tickers by name, and the search for those names in a title."""
    companies = read_yaml("companies.yaml")["companies"]
    tickers = {company["name"]: str(company["ticker"]) for company in companies if "ticker" in company}
    return tickers, re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, tickers)) + r")(?!\w)").findall
