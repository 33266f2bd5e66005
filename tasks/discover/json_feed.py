"""JSON Feed 1.0 and 1.1 (jsonfeed.org), as it is met: numbers for ids, missing versions, half of the fields."""

import json
from collections.abc import Mapping

from tasks.discover.listing import Clock, Listing, entries_of
from tasks.discover.markup import plain
from tasks.model import FeedDocument, FeedKind
from tasks.outcome import Failure, Reason, Stage

_MAX_FEED_TITLE_CHARACTERS = 500


def parse_json_feed(text: str, feed_url: str, clock: Clock, limit: int) -> FeedDocument | Failure:
    """The entries of a JSON Feed; NOT_A_FEED for JSON of another kind and for what is no JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, f"broken JSON: {str(error)[:200]}")
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list) or not (items or "jsonfeed" in str(document.get("version"))):
        return Failure(Stage.DISCOVER, Reason.NOT_A_FEED, "JSON without a list of items")
    entries, rejected = entries_of((_listing(listed) for listed in items[:limit]), feed_url, clock)
    if len(items) > limit:
        rejected += (f"{len(items) - limit} items beyond the first {limit} were not read",)
    return FeedDocument(
        kind=FeedKind.JSON_FEED,
        title=plain(_text(document, "title"), _MAX_FEED_TITLE_CHARACTERS),
        language=_text(document, "language") or None,
        entries=entries,
        rejected=rejected,
    )


def _listing(listed: object) -> Listing:
    """One item; what is no object has no link, so that it is rejected under its number."""
    if not isinstance(listed, dict):
        return Listing(links=())
    guid = _text(listed, "id")
    permalink = (guid,) if guid.startswith(("http://", "https://")) else ()
    dates = (("feed.date_published", "date_published"), ("feed.date_modified", "date_modified"))
    return Listing(
        links=(_text(listed, "url"), _text(listed, "external_url"), *permalink),
        guid=guid,
        title=_text(listed, "title"),
        summary=_text(listed, "summary") or _text(listed, "content_text") or _text(listed, "content_html"),
        dates=tuple((origin, raw) for origin, key in dates if (raw := _text(listed, key))),
        modified=("feed.date_modified", _text(listed, "date_modified")),
    )


def _text(fields: Mapping[str, object], key: str) -> str:
    """A field as text: numbers count, since ids are often written as such; anything else is empty."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).strip()
