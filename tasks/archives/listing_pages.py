"""One page of a listing: what it lists, and where its next page is. Pure, total on any bytes.

A page is WordPress' own interface, HTML read with the selectors of the source, or a feed; nothing is guessed.
"""

import json
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from config.selectors import Selectors, find
from tasks.discover.feed import parse_feed
from tasks.discover.html_tree import TooDeepError, base_of, parse_html
from tasks.discover.listing import Clock, Listing, entries_of
from tasks.discover.listing_page import parse_listing
from tasks.discover.sites import on_site, site_of
from tasks.model import FeedEntry, Response
from tasks.outcome import Failure, Reason, Stage
from tasks.past import Past
from tasks.text import decode
from tasks.urls import absolute_url

MAX_POSTS = 1_000
_WORDPRESS = ("/wp-json/wp/v2/", "rest_route=/wp/v2/", "rest_route=%2Fwp%2Fv2%2F")
_NO_SELECTORS = (
    "it is no feed, and the source has no selectors to read a page with; add a listing with selectors to its file, "
    "or name a feed (/feed/?paged={page}) or /wp-json/wp/v2/posts as the place"
)


@dataclass(frozen=True, slots=True)
class ListedPage:
    """The entries in the order of the page, none where it is empty; the address of the next page where it names one."""

    entries: tuple[FeedEntry, ...]
    following: str | None = None
    rejected: tuple[str, ...] = ()


def is_wordpress(url: str) -> bool:
    """Whether an address is that of WordPress' interface for programs."""
    return any(sign in url for sign in _WORDPRESS)


def read_page(body: bytes, answer: Response, past: Past) -> ListedPage | Failure:
    """What the inflated `body` of a page of the past of a source lists; an empty page is a page without entries."""
    if is_wordpress(answer.url):
        return _posts(body, answer, past)
    # Before the selectors: a source that has some may be read by its feed all the same.
    feed = parse_feed(body, answer.final_url, zone=past.days.zone, charset=answer.charset)
    if not isinstance(feed, Failure):
        return ListedPage(feed.entries, None, feed.rejected)
    if feed.reason is not Reason.NOT_A_FEED:
        return feed
    if past.selectors:
        return _html(body, answer, past, Selectors(**{name: _text(value) for name, value in past.selectors.items()}))
    return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"{feed.detail}: {_NO_SELECTORS}")


def _text(value: object) -> Any:
    return value if value is None else str(value)


def _html(body: bytes, answer: Response, past: Past, selectors: Selectors) -> ListedPage | Failure:
    """A page in HTML; one on which the item selector finds nothing is empty."""
    partners = (*past.partners, past.homepage.partition("//")[2].partition("/")[0])
    found = parse_listing(
        body, answer.final_url, selectors, zone=past.days.zone, charset=answer.charset, partners=partners
    )
    if isinstance(found, Failure):
        is_empty = found.reason is Reason.NOT_A_FEED and _is_empty(body, answer.charset, selectors)
        return ListedPage(()) if is_empty else found
    return ListedPage(found.entries, _following(body, answer), found.rejected)


def _is_empty(body: bytes, charset: str | None, selectors: Selectors) -> bool:
    root = _root(body, charset)
    return root is not None and not find(root, selectors.item)


def _following(body: bytes, answer: Response) -> str | None:
    """The address that the page calls its next one (rel=next), on the same site."""
    root = _root(body, answer.charset)
    if root is None:
        return None
    base = base_of(root, answer.final_url)
    links = (one for one in root.iter("link", "a") if "next" in str(one.get("rel") or "").lower().split())
    found = next((url for link in links if (url := absolute_url(base, str(link.get("href") or "")))), None)
    return found if found and site_of(found) == site_of(answer.final_url) else None


def _root(body: bytes, charset: str | None) -> HtmlElement | None:
    try:
        return parse_html(decode(body, charset))
    except TooDeepError:
        return None


def _posts(body: bytes, answer: Response, past: Past) -> ListedPage | Failure:
    """Posts as WordPress' interface lists them (REST API Handbook, Posts)."""
    try:
        posts = json.loads(decode(body, "utf-8"))
    except ValueError as error:
        return Failure(
            Stage.DISCOVER, Reason.NOT_A_FEED, f"no JSON, though the address is WordPress' interface: {error}"
        )
    except RecursionError:
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, "JSON that is nested too deep to be a list of posts")
    if not isinstance(posts, list):
        said = str(posts.get("message", ""))[:200] if isinstance(posts, dict) else ""
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"JSON, but no list of posts {said}".strip())
    try:
        entries, unusable = entries_of(_listings(posts[:MAX_POSTS]), answer.final_url, Clock(past.days.zone))
    except Exception:  # noqa: BLE001 - any JSON at all: the page fails, with its traceback, not the archive
        return Failure(Stage.DISCOVER, Reason.CRASH, traceback.format_exc(limit=-8))
    kept, strangers = on_site(entries, answer.final_url, (*past.partners, past.homepage.partition("//")[2]))
    return ListedPage(kept, None, (*unusable, *strangers))


def _listings(posts: list[object]) -> Iterator[Listing]:
    for post in posts:
        fields: Mapping[str, Any] = post if isinstance(post, dict) else {}
        title = fields.get("title")
        stated, local = _string(fields, "date_gmt"), _string(fields, "date")
        # WordPress prints no zone: date_gmt is UTC, date the clock of the portal.
        dates = (("wordpress.date_gmt", f"{stated}Z" if stated else ""), ("wordpress.date", local))
        yield Listing(
            links=(_string(fields, "link"),),
            guid=str(fields.get("id", "")),
            title=_string(title, "rendered") if isinstance(title, dict) else "",
            dates=tuple((origin, raw) for origin, raw in dates if raw),
        )


def _string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
