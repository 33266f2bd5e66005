"""Feeds: RSS 2.0, 0.9x and 1.0 (RDF), Atom and JSON Feed, whatever they are called and however broken.

feedparser reads the XML; around it stand our own layers for encoding and repair (repair.py), dates (tasks/dates.py),
markup and addresses (listing.py), because its own ones are wrong on what German and Swiss portals print.
"""

import traceback
from collections.abc import Iterator
from typing import Any

import feedparser

from tasks.discover.hints import document_pace, quiet_hours
from tasks.discover.json_feed import parse_json_feed
from tasks.discover.listing import Clock, Listing, entries_of
from tasks.discover.markup import plain
from tasks.discover.repair import Root, cut, find_root, items_alone, repaired
from tasks.model import FeedDocument, FeedKind
from tasks.outcome import Failure, Reason, Stage
from tasks.text import decode

# Megafeeds exist (2,000 items and more); what is beyond is counted, never silently dropped.
MAX_ENTRIES = 5_000
_MAX_FEED_TITLE_CHARACTERS = 500
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
_XML_IN_UTF8 = {"content-type": "application/xml; charset=utf-8"}
_DATE_FIELDS = ("published", "created", "updated")
# ttl, sy:updatePeriod and sy:updateFrequency as feedparser calls them.
_PACE_FIELDS = ("ttl", "sy_updateperiod", "sy_updatefrequency")
# How the document itself calls what feedparser calls "published"; "updated" may be dc:date or atom:updated.
_ORIGINS = {(FeedKind.RSS, "published"): "pubDate"}


def parse_feed(
    body: bytes, feed_url: str, *, zone: str, charset: str | None = None, ignore_zone: bool = False
) -> FeedDocument | Failure:
    """The entries of a feed in the order listed, sniffed by content; pure, total on any bytes.

    `body` is inflated already; `feed_url` is the final URL (relative links hang on it), `zone` the portal's IANA
    time zone, `charset` the one of the Content-Type header; with `ignore_zone` times are read in `zone` whatever zone
    they name. Items without an address are named in `rejected`, so is
    what goes beyond 5,000 items. A feed without items is a document without entries. Failures: EMPTY_BODY,
    NOT_A_FEED (the detail says what it is instead), CRASH with the traceback.
    """
    if not body.strip(_BLANK):
        return Failure(Stage.DISCOVER, Reason.EMPTY_BODY, f"{len(body)} bytes, none of them a sign")
    try:
        text = decode(body, charset)
        if text.lstrip("\ufeff \t\r\n\0").startswith("{"):
            return parse_json_feed(text.lstrip("\ufeff \t\r\n\0"), feed_url, Clock(zone, ignore_zone), MAX_ENTRIES)
        return _parse_xml(text, feed_url, Clock(zone, ignore_zone))
    except Exception:  # noqa: BLE001 - a foreign parser on foreign bytes: the item fails, with its traceback, not the batch
        return Failure(Stage.DISCOVER, Reason.CRASH, traceback.format_exc(limit=-8))


def _parse_xml(text: str, feed_url: str, clock: Clock) -> FeedDocument | Failure:
    """The entries of an RSS, RDF or Atom document."""
    root = find_root(text)
    if root.kind is None:
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"the document is {root.tag}")
    whole, left_out = cut(repaired(text, root), root, MAX_ENTRIES)
    parsed, broken = _read(whole, root)
    if not parsed.entries and (parsed.bozo or not parsed.version):
        trouble = parsed.get("bozo_exception") or "no channel and no item"
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"<{root.tag}>, but {trouble}")
    entries, rejected = entries_of((_listing(listed, root.kind) for listed in parsed.entries), feed_url, clock)
    return FeedDocument(
        kind=root.kind,
        title=plain(_text(parsed.feed, "title"), _MAX_FEED_TITLE_CHARACTERS),
        language=_text(parsed.feed, "language") or None,
        entries=entries,
        rejected=(*rejected, *broken, *left_out),
        asked_pace=document_pace(*(_text(parsed.feed, key) for key in _PACE_FIELDS)),
        quiet_hours=quiet_hours(text) if root.kind is FeedKind.RSS else (),
    )


def _read(text: str, root: Root) -> tuple[Any, list[str]]:
    """What feedparser reads, and a line for each item on which it fails; its error when it fails on all of them.

    It raises on some crossed tags (KeyError on a stray </link>, 6.0.14); then each item is read in a document of its
    own, so that a bad item costs itself and not the feed.
    """
    try:
        return _read_whole(text), []
    except Exception as error:
        entries: list[Any] = []
        broken: list[str] = []
        for number, alone in enumerate(items_alone(text, root), 1):
            try:
                entries += _read_whole(alone).entries
            except Exception as trouble:  # noqa: BLE001 - as above, one item at a time
                broken.append(f"item {number}: feedparser fails on it ({trouble!r})")
        if not entries:
            raise
        return feedparser.FeedParserDict(entries=entries, feed={}, bozo=True, bozo_exception=error), broken


def _read_whole(text: str) -> Any:
    # Links stay as printed (no base given, nothing resolved but xml:base): listing.py repairs them first.
    # Nothing is shown in a browser, so nothing is sanitised: that takes a third of the time.
    return feedparser.parse(
        text.encode(), response_headers=_XML_IN_UTF8, resolve_relative_uris=False, sanitize_html=False
    )


def _listing(listed: dict[str, Any], kind: FeedKind) -> Listing:
    """One item as feedparser gives it, with its dates as printed."""
    dates = ((f"feed.{_ORIGINS.get((kind, key), key)}", _text(listed, key)) for key in _DATE_FIELDS)
    contents = _parts(listed, "content")
    return Listing(
        links=tuple(_links(listed)),
        guid=_text(listed, "id"),
        title=_text(listed, "title"),
        summary=_text(listed, "summary") or (_text(contents[0], "value") if contents else ""),
        dates=tuple((origin, raw) for origin, raw in dates if raw),
        modified=("feed.updated", _text(listed, "updated")) if kind is FeedKind.ATOM else None,
    )


def _links(listed: dict[str, Any]) -> Iterator[str]:
    """The links that may be the article's, best first: FeedBurner's original, the item's own, alternates, the guid.

    A guid is a link only when it is an address, even where it says so itself (isPermaLink is the default, so that
    bare numbers claim it too), but then also where it denies it: better one request in vain than an article lost.
    """
    guid, link = _text(listed, "id"), _text(listed, "link")
    guid_is_address = guid.startswith(("http://", "https://"))
    yield _text(listed, "feedburner_origlink")
    if link != guid or guid_is_address:
        yield link
    yield from (_text(other, "href") for other in _parts(listed, "links") if _text(other, "rel") == "alternate")
    if guid_is_address:
        yield guid


def _parts(listed: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The links or contents of an item; none where an element of that very name has taken their place."""
    parts = dict.get(listed, key)
    return parts if isinstance(parts, list) else []


def _text(fields: dict[str, Any], key: str) -> str:
    # Not fields.get: feedparser's own answers a missing "updated" with "published" and a warning.
    value = dict.get(fields, key)
    return value.strip() if isinstance(value, str) else ""
