"""Feeds in the four formats that portals speak, one writer each, and the oddities of a badly kept one.

A writer gets the articles newest first and returns the document as text; `write_feed` encodes it.
"""

import html
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from portal.model import Article, FeedPlan, Portal

Writer = Callable[[Portal, FeedPlan, Sequence[Article]], str]

FORBIDDEN_PATH = "/intern/vorschau-2026"  # robots.txt disallows it, yet the odd feed lists it
ODDITIES = 8

_NAMESPACES = 'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def write_feed(portal: Portal, plan: FeedPlan, articles: Sequence[Article]) -> bytes:
    """The feed's bytes, in the charset of its plan."""
    writer = _write_odd_rss if plan.quirks else _WRITERS[plan.kind]
    return writer(portal, plan, articles).encode(plan.charset, "xmlcharrefreplace")


def _link(portal: Portal, article: Article) -> str:
    return html.escape(portal.base + article.path)


def _local(portal: Portal, article: Article) -> datetime:
    return article.published.astimezone(portal.zone)


def _changed(portal: Portal, article: Article) -> str:
    return (article.modified or article.published).astimezone(portal.zone).isoformat()


def _summary(article: Article) -> str:
    return article.text.lead or article.text.blocks[0].text


def _rss_frame(portal: Portal, plan: FeedPlan, entries: Sequence[str]) -> str:
    """An RSS 2.0 document around its entries."""
    name = html.escape(f"{portal.name} - {plan.name}")
    return (
        f'<?xml version="1.0" encoding="{plan.charset}"?>\n<rss version="2.0" {_NAMESPACES}>\n<channel>\n'
        f"<title>{name}</title>\n<link>{portal.base}/</link>\n<description>{name}</description>\n"
        f"<language>{portal.language}-{portal.country.lower()}</language>\n<ttl>5</ttl>\n"
        f'<atom:link href="{portal.base}{html.escape(plan.path)}" rel="self"/>\n'
        + "".join(entries)
        + "</channel>\n</rss>\n"
    )


def _write_rss(portal: Portal, plan: FeedPlan, articles: Sequence[Article]) -> str:
    return _rss_frame(portal, plan, [_rss_entry(portal, article) for article in articles])


def _rss_entry(portal: Portal, article: Article) -> str:
    link = _link(portal, article)
    return (
        f"<item>\n<title>{html.escape(article.text.title)}</title>\n<link>{link}</link>\n"
        f"<description>{html.escape(_summary(article))}</description>\n"
        f"<pubDate>{format_datetime(_local(portal, article))}</pubDate>\n"
        f"<atom:updated>{_changed(portal, article)}</atom:updated>\n"
        f'<guid isPermaLink="true">{link}</guid>\n<category>{article.text.section}</category>\n</item>\n'
    )


def _write_odd_rss(portal: Portal, plan: FeedPlan, articles: Sequence[Article]) -> str:
    """RSS as careless portals write it: every entry has one oddity, one has no link, one is forbidden by robots.txt."""
    entries = [_odd_entry(portal, article, place % ODDITIES) for place, article in enumerate(articles)]
    broken = "<item>\n<title>Anzeige: Depot & Zinsen im Vergleich</title>\n<guid>0</guid>\n</item>\n"
    forbidden = (
        "<item>\n<title>Interne Vorschau: Handel & Termine 2026</title>\n"
        f"<link>{portal.base}{FORBIDDEN_PATH}</link>\n</item>\n"
    )
    return _rss_frame(portal, plan, [broken, *entries, forbidden])


def _odd_entry(portal: Portal, article: Article, oddity: int) -> str:
    """An entry with the oddity of that number; the bare ampersand of the section name is in all of them."""
    title, link = html.escape(article.text.title), _link(portal, article)
    local = _local(portal, article)
    published = f"<pubDate>{format_datetime(local)}</pubDate>\n"
    guid = f'<guid isPermaLink="false">{article.id}</guid>\n'
    match oddity:
        case 0:
            title = f"<![CDATA[{article.text.title}]]>"
        case 1:
            published = f"<pubDate>{local:%a, %d %b %Y %H:%M:%S} {local.tzname()}</pubDate>\n"
        case 2:
            published = ""
        case 3:
            link = article.path
        case 4:
            joint = "&" if "?" in link else "?"
            link = html.escape(f"{link}{joint}utm_source=rss&utm_medium=feed&at_campaign=alle")
        case 5:
            guid = f"<guid>{link}</guid>\n"
        case 6:
            published = f"<pubDate>{local:%d.%m.%Y %H:%M}</pubDate>\n"
        case _:
            link = f"\n    {link}\n  "
    return (
        f"<item>\n<title>{title}</title>\n<link>{link}</link>\n{published}{guid}"
        f"<atom:updated>{_changed(portal, article)}</atom:updated>\n"
        f"<description><![CDATA[<p>{_summary(article)}</p>]]></description>\n"
        "<category>DAX & S&P 500</category>\n</item>\n"
    )


def _write_rdf(portal: Portal, plan: FeedPlan, articles: Sequence[Article]) -> str:
    """RSS 1.0: the channel lists the addresses, the entries stand beside it."""
    name = html.escape(f"{portal.name} - {plan.name}")
    places = "".join(f'<rdf:li rdf:resource="{_link(portal, article)}"/>\n' for article in articles)
    return (
        f'<?xml version="1.0" encoding="{plan.charset}"?>\n<rdf:RDF {_RDF}>\n'
        f'<channel rdf:about="{portal.base}{html.escape(plan.path)}">\n<title>{name}</title>\n'
        f"<link>{portal.base}/</link>\n<description>{name}</description>\n"
        f"<items><rdf:Seq>\n{places}</rdf:Seq></items>\n</channel>\n"
        + "".join(_rdf_entry(portal, article) for article in articles)
        + "</rdf:RDF>\n"
    )


def _rdf_entry(portal: Portal, article: Article) -> str:
    link = _link(portal, article)
    return (
        f'<item rdf:about="{link}">\n<title>{html.escape(article.text.title)}</title>\n<link>{link}</link>\n'
        f"<description>{html.escape(_summary(article))}</description>\n"
        f"<dc:date>{_local(portal, article).isoformat()}</dc:date>\n"
        f"<dc:language>{portal.language}</dc:language>\n</item>\n"
    )


def _write_atom(portal: Portal, plan: FeedPlan, articles: Sequence[Article]) -> str:
    name = html.escape(f"{portal.name} - {plan.name}")
    updated = max((_changed(portal, article) for article in articles), default="1970-01-01T00:00:00Z")
    return (
        f'<?xml version="1.0" encoding="{plan.charset}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{portal.language}">\n'
        f"<title>{name}</title>\n<id>tag:{portal.slug},2025:{html.escape(plan.path)}</id>\n"
        f'<link rel="self" href="{portal.base}{html.escape(plan.path)}"/>\n<updated>{updated}</updated>\n'
        + "".join(_atom_entry(portal, article) for article in articles)
        + "</feed>\n"
    )


def _atom_entry(portal: Portal, article: Article) -> str:
    authors = "".join(f"<author><name>{html.escape(name)}</name></author>\n" for name in article.text.authors)
    return (
        f'<entry>\n<title type="text">{html.escape(article.text.title)}</title>\n'
        f"<id>tag:{portal.slug},2025:{article.id}</id>\n"
        f'<link rel="alternate" type="text/html" href="{_link(portal, article)}"/>\n'
        f"<published>{_local(portal, article).isoformat()}</published>\n"
        f"<updated>{_changed(portal, article)}</updated>\n{authors}"
        f'<summary type="html">{html.escape(html.escape(_summary(article)))}</summary>\n</entry>\n'
    )


def _write_json(portal: Portal, plan: FeedPlan, articles: Sequence[Article]) -> str:
    """JSON Feed 1.1."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{portal.name} - {plan.name}",
        "home_page_url": portal.base + "/",
        "feed_url": portal.base + plan.path,
        "language": f"{portal.language}-{portal.country}",
        "items": [
            {
                "id": article.id,
                "url": portal.base + article.path,
                "title": article.text.title,
                "summary": _summary(article),
                "date_published": _local(portal, article).isoformat(),
                "date_modified": _changed(portal, article),
                "authors": [{"name": name} for name in article.text.authors],
                "tags": [article.text.section],
            }
            for article in articles
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


_WRITERS: dict[str, Writer] = {
    "rss": _write_rss,
    "atom": _write_atom,
    "rdf": _write_rdf,
    "json_feed": _write_json,
}
