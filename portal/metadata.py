"""Structured data in the qualities met on real portals: complete, in a graph, in a list, escaped, broken, or none.

Each is one function `(article, portal) -> markup for the head`; METADATA names them for the layouts.
"""

import html
import json
from collections.abc import Callable
from typing import Any

from portal.model import Article, Portal

Metadata = Callable[[Article, Portal], str]


def complete(article: Article, portal: Portal) -> str:
    """A NewsArticle with its body, and OpenGraph."""
    body = " ".join(block.text for block in article.text.blocks if not block.is_heading)
    return opengraph(article, portal) + _script(_article(article, portal) | {"articleBody": body})


def graph(article: Article, portal: Portal) -> str:
    """A @graph whose nodes refer to each other by @id; the author is a node of its own."""
    url = portal.base + article.path
    story = _article(article, portal)
    people = [{**author, "@id": f"{portal.base}/#/person/{place}"} for place, author in enumerate(story["author"])]
    story |= {"@id": f"{url}#article", "author": [{"@id": person["@id"]} for person in people]}
    nodes = [
        {"@type": "WebPage", "@id": url, "name": f"{article.text.title} | {portal.name}"},
        {"@type": "Organization", "@id": f"{portal.base}/#organization", "name": portal.name},
        *people,
        story,
    ]
    return _opengraph(article, portal) + _script({"@context": "https://schema.org", "@graph": nodes})


def listed(article: Article, portal: Portal) -> str:
    """A list of objects, the breadcrumb first."""
    crumbs = {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [{"@type": "ListItem", "position": 1, "name": portal.name, "item": portal.base + "/"}],
    }
    return _opengraph(article, portal) + _script([crumbs, _article(article, portal)])


def escaped(article: Article, portal: Portal) -> str:
    """JSON that a template engine has HTML-escaped."""
    text = html.escape(json.dumps(_article(article, portal), ensure_ascii=False))
    return _opengraph(article, portal) + f'<script type="application/ld+json">{text}</script>\n'


def broken_comma(article: Article, portal: Portal) -> str:
    """JSON with a comma before the closing brace."""
    text = json.dumps(_article(article, portal), ensure_ascii=False, indent=1)
    return f'<script type="application/ld+json">{text[:-2]},\n}}</script>\n' + _opengraph(article, portal)


def broken_newline(article: Article, portal: Portal) -> str:
    """JSON with raw line breaks inside a string."""
    text = json.dumps(_article(article, portal) | {"description": "@"}, ensure_ascii=False)
    description = json.dumps(article.text.lead or article.text.title, ensure_ascii=False)
    text = text.replace('"@"', description.replace(". ", ".\r\n"))
    return f'<script type="application/ld+json">\n{text}\n</script>\n'


def opengraph(article: Article, portal: Portal) -> str:
    """OpenGraph with the times of publication and change, no JSON-LD."""
    local = article.published.astimezone(portal.zone).isoformat()
    changed = (article.modified or article.published).astimezone(portal.zone).isoformat()
    authors = "".join(_meta("name", "author", author) for author in article.text.authors)
    times = _meta("property", "article:published_time", local) + _meta("property", "article:modified_time", changed)
    return _opengraph(article, portal) + times + authors


def undated(article: Article, portal: Portal) -> str:
    """OpenGraph without any time."""
    return _opengraph(article, portal)


def nothing(_article: Article, _portal: Portal) -> str:
    """No structured data at all."""
    return ""


METADATA: dict[str, Metadata] = {
    "complete": complete,
    "graph": graph,
    "list": listed,
    "escaped": escaped,
    "broken_comma": broken_comma,
    "broken_newline": broken_newline,
    "opengraph": opengraph,
    "undated": undated,
    "none": nothing,
}


def _article(article: Article, portal: Portal) -> dict[str, Any]:
    """The NewsArticle; without named authors the portal signs, as real ones do."""
    text = article.text
    authors = [{"@type": "Person", "name": name} for name in text.authors]
    published = article.published.astimezone(portal.zone)
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": portal.base + article.path,
        "headline": text.title,
        "description": text.lead or text.blocks[0].text[:150],
        "datePublished": published.isoformat(),
        "dateModified": (article.modified or article.published).astimezone(portal.zone).isoformat(),
        "author": authors or [{"@type": "Organization", "name": text.agency or portal.name}],
        "publisher": {"@type": "Organization", "name": portal.name},
        "articleSection": text.section,
        "isAccessibleForFree": True,
        "inLanguage": f"{portal.language}-{portal.country}",
    }


def _opengraph(article: Article, portal: Portal) -> str:
    return "".join(
        _meta("property", name, value)
        for name, value in (
            ("og:type", "article"),
            ("og:site_name", portal.name),
            ("og:title", article.text.title),
            ("og:description", article.text.lead or ""),
            ("og:url", portal.base + article.path),
            ("og:locale", f"{portal.language}_{portal.country}"),
        )
        if value
    )


def _meta(attribute: str, name: str, value: str) -> str:
    return f'<meta {attribute}="{name}" content="{html.escape(value)}">\n'


def _script(content: Any) -> str:
    # "</" would end the script element, whatever the JSON says.
    text = json.dumps(content, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>\n'
