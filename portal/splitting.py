"""Feeds and sitemaps taken apart into their entries, and put together again around other ones."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

_ENTRY = re.compile(r"<(item|entry|url|sitemap)\b.*?</\1>\n?", re.DOTALL)
_LINK = re.compile(r"(<link>\s*|<loc>|<link [^>]*href=\")([^<\"]*?)(\s*</link>|</loc>|\")")
_GUID = re.compile(r"<(guid|id)\b[^>]*>.*?</\1>\n?", re.DOTALL)
_TITLE_END = re.compile(r"(?=</(?:news:)?title>)")


@dataclass(frozen=True, slots=True)
class Split:
    """A feed or sitemap: what stands before, between and after its entries. Other documents have no entries."""

    head: str
    entries: tuple[str, ...]
    tail: str
    joint: str = ""

    def around(self, entries: Sequence[str]) -> str:
        """The document with other entries."""
        return self.head + self.joint.join(entries) + self.tail


def split(text: str) -> Split:
    """The document taken apart; `around(entries)` puts it together as it was (JSON is written anew)."""
    if text.startswith("{"):
        feed = json.loads(text)
        entries = tuple(_dumped(entry) for entry in feed.pop("items", []))
        return Split(_dumped(feed)[:-1] + ', "items": [', entries, "]}", ", ")
    found = list(_ENTRY.finditer(text))
    if not found:
        return Split(text, (), "")
    return Split(text[: found[0].start()], tuple(match[0] for match in found), text[found[-1].end() :])


def link_of(entry: str) -> str | None:
    """The address that an entry leads to; None where it has none."""
    if entry.startswith("{"):
        return str(json.loads(entry)["url"])
    match = _LINK.search(entry)
    return html.unescape(match[2]) if match else None


def with_link(entry: str, link: str) -> str:
    """The entry leading to `link`, which takes the place of its GUID where that is the address."""
    before = link_of(entry)
    if entry.startswith("{"):
        return _dumped({**json.loads(entry), "url": link})
    linked = _LINK.sub(lambda match: match[1] + html.escape(link) + match[3], entry, count=1)
    return linked.replace(f">{html.escape(before)}</guid>", f">{html.escape(link)}</guid>") if before else linked


def with_guid(entry: str, guid: str | None) -> str:
    """The entry with another GUID, or with none. RDF has none to begin with and stays as it is."""
    if entry.startswith("{"):
        told = {name: value for name, value in json.loads(entry).items() if name != "id"}
        return _dumped(told if guid is None else {"id": guid, **told})
    tag = "id" if entry.startswith("<entry") else "guid"
    attribute = ' isPermaLink="false"' if tag == "guid" else ""
    mark = "" if guid is None else f"<{tag}{attribute}>{html.escape(guid)}</{tag}>\n"
    return _GUID.sub(lambda _match: mark, entry, count=1)


def with_title_end(entry: str, ending: str) -> str:
    """The entry with `ending` (as it stands, unescaped) at the end of its title."""
    if entry.startswith("{"):
        return re.sub(r'("title": "(?:[^"\\]|\\.)*)"', lambda match: f'{match[1]}{ending}"', entry, count=1)
    return _TITLE_END.sub(lambda _match: ending, entry, count=1)


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
