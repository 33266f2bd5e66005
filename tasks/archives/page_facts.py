"""What an archived page says about itself before it is extracted: its own address, and when it was published. Pure.

No more than a backfill needs to know whether it wants the page; the extractor reads it again, and thoroughly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.etree import LxmlError
from lxml.html import HtmlElement

from tasks.dates import parse_date
from tasks.discover.html_tree import TooDeepError, base_of, parse_html, text_of
from tasks.model import Timestamp
from tasks.outcome import Reason
from tasks.past import Past
from tasks.text import decode, inflate
from tasks.urls import absolute_url

# No article is longer; what inflates to more is a trap or no page.
MAX_PAGE_BYTES = 16 * 1024 * 1024
_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "pubdate",
    "publish-date", "publication_date", "dc.date.issued", "dcterms.issued", "dc.date", "date",
)  # fmt: skip
_JSON_DATE = re.compile(r"\"datePublished\"\s*:\s*\"([^\"]{4,100})\"")
_DATE_CLASS = re.compile(r"(?<![a-z])(?:date|datum|time|timestamp|published|pubdate|datetime)(?![a-z])", re.IGNORECASE)
_NAMES = ("property", "name", "itemprop")
_MAX_TIMES = 5


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The address that a page names as its own (canonical link, else og:url), and its date of publication."""

    address: str | None = None
    published: Timestamp | None = None


NO_FACTS = PageFacts()


def facts_of(body: bytes, content_encoding: str | None, charset: str | None, past: Past) -> PageFacts | Reason:
    """The facts of a page as it was stored; the reason where its compression is broken or hides too much.

    A page that is no HTML says nothing. Dates without a zone are read in the zone of the wanted days.
    """
    plain = inflate(body, content_encoding, MAX_PAGE_BYTES)
    if isinstance(plain, Reason):
        return plain
    try:
        root = parse_html(decode(plain, charset))
    except (TooDeepError, LxmlError):
        return NO_FACTS
    if root is None:
        return NO_FACTS
    return PageFacts(_address(root, past.homepage), _published(root, past.days.zone))


def _address(root: HtmlElement, homepage: str) -> str | None:
    base = base_of(root, homepage)
    links = (link.get("href") for link in root.iter("link") if "canonical" in (link.get("rel") or "").lower().split())
    written = next(filter(None, links), None) or next(_metas(root, "og:url"), None)
    return absolute_url(base, written) if written else None


def _published(root: HtmlElement, zone: str) -> Timestamp | None:
    read = (parse_date(raw, zone=zone, origin=origin) for raw, origin in _printed(root))
    return next(filter(None, read), None)


def _printed(root: HtmlElement) -> Iterator[tuple[str, str]]:
    """Printed dates of publication and where they stand, in the order of trust."""
    for name in _PUBLISHED_METAS:
        for raw in _metas(root, name):
            yield raw, f"{'opengraph' if ':' in name else 'meta'}.{name}"
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            for raw in _JSON_DATE.findall(script.text or "")[:1]:
                yield raw, "jsonld.datePublished"
    times = [str(time.get("datetime")) for time in root.iter("time") if time.get("datetime")]
    for raw in times[:_MAX_TIMES]:
        yield raw, "dom.time"
    # Some portals show the date alone; what is meant by the name of a class is the best that can be had unextracted.
    named = (element for element in root.iter("span", "time", "div", "p", "li") if _is_date_class(element))
    for element in islice(named, _MAX_TIMES):
        yield text_of(element), "text.dateline"


def _is_date_class(element: HtmlElement) -> bool:
    return bool(_DATE_CLASS.search(element.get("class") or ""))


def _metas(root: HtmlElement, name: str) -> Iterator[str]:
    """The contents of the meta tags with this name (in small letters)."""
    for meta in root.iter("meta"):
        if any((meta.get(key) or "").lower() == name for key in _NAMES) and (content := meta.get("content")):
            yield str(content)
