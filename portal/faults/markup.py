"""Faults of the document: it is something else, empty, dirty, nested without end, or asks the reader for files."""

import re

from aiohttp import web

from portal.faults.kit import HTML, Call, Fault, altered, notice, rewritten, served
from portal.splitting import Split, split, with_link, with_title_end

XML_NESTING = 100_000
HTML_NESTING = 50_000
BOMB_LEVELS = 9
ENTITY_PATH = "/intern/entity-was-asked-for.txt"  # in the ledger only where a parser asked for it

_DECLARATION = re.compile(r"\A(<\?xml[^>]*\?>)?\s*")
_LONE_SURROGATE = b"\xed\xa0\xbd"  # U+D83D as if it were a character

ENTITIES = {"file": "file:///etc/hostname", "http": "{base}" + ENTITY_PATH}
BAD_ITEMS = ("link", "markup", "date", "bytes")


async def feed_as_html(call: Call) -> web.StreamResponse:
    """The right document as text/html."""
    return altered(call, call.document.plain, HTML)


async def not_a_feed(call: Call) -> web.StreamResponse:
    """An HTML page under the feed's Content-Type."""
    return served(notice(call, "front_page"), call.document.content_type)


async def empty(call: Call) -> web.StreamResponse:
    """200 with an empty body."""
    return served(b"", call.document.content_type)


async def no_items(call: Call) -> web.StreamResponse:
    """The right document without any entry."""
    return rewritten(call, split(call.text).around(()))


async def bad_item(call: Call) -> web.StreamResponse:
    """One entry, the one in the middle, is broken: its link, its markup, its date or its bytes."""
    parts, kind = split(call.text), call.value or "link"
    place = len(parts.entries) // 2
    entries = [_broken(entry, kind) if k == place else entry for k, entry in enumerate(parts.entries)]
    body = parts.around(entries).encode(call.charset, "xmlcharrefreplace")
    return altered(call, body.replace(b"@bad-bytes@", b"\xc3\x28\xff\xfe"))


async def byte_order_mark(call: Call) -> web.StreamResponse:
    """A byte order mark of UTF-8 before the document."""
    return altered(call, b"\xef\xbb\xbf" + call.text.encode("utf-8"))


async def blank_lines(call: Call) -> web.StreamResponse:
    """Blank lines and spaces before the XML declaration."""
    return altered(call, b"\r\n\n   \n" + call.document.plain)


async def php_warning(call: Call) -> web.StreamResponse:
    """A warning of PHP before the XML declaration."""
    warning = b"<br />\n<b>Warning</b>:  Undefined variable $rubrik in <b>/www/rss.php</b> on line <b>17</b><br />\n"
    return altered(call, warning + call.document.plain)


async def nul(call: Call) -> web.StreamResponse:
    """A NUL and a vertical tab in the title of the first entry."""
    return rewritten(call, _titled(call, "\x00\x0b" if call.text.startswith("<") else "\\u0000\\u000b"))


async def lone_surrogate(call: Call) -> web.StreamResponse:
    """Half of a surrogate pair in the title of the first entry: as a reference, and in its raw bytes."""
    if call.text.startswith("{"):
        return rewritten(call, _titled(call, "\\ud83d"))
    body = _titled(call, "&#xD83D;@lone@").encode(call.charset, "xmlcharrefreplace")
    return altered(call, body.replace(b"@lone@", _LONE_SURROGATE))


async def bare_ampersand(call: Call) -> web.StreamResponse:
    """A title that ends with (S&P 500, H&M) and does not escape it."""
    return rewritten(call, _titled(call, " (S&P 500, H&M)"))


async def entity_bomb(call: Call) -> web.StreamResponse:
    """Entities that refer to ten of the next each, 10^9 in all, in the title of the first entry."""
    levels = "".join(f'<!ENTITY b{k} "{f"&b{k - 1};" * 10}">' for k in range(1, BOMB_LEVELS + 1))
    return rewritten(call, _with_doctype(call, f'<!ENTITY b0 "Kurs">{levels}', f"&b{BOMB_LEVELS};"))


async def external_entity(call: Call) -> web.StreamResponse:
    """An entity in the title of the first entry that stands for a file, or for an address of the portal."""
    target = ENTITIES[call.value or "file"].format(base=call.portal.base)
    return rewritten(call, _with_doctype(call, f'<!ENTITY wanted SYSTEM "{target}">', "&wanted;"))


async def deep_nesting(call: Call) -> web.StreamResponse:
    """Elements nested `value` (default 100,000) levels deep in the first entry of the feed."""
    depth = int(call.value or XML_NESTING)
    parts = split(call.text)
    if not parts.entries or call.text.startswith("{"):
        return altered(call, b"[" * depth + b"]" * depth)
    first = re.sub(r"(?=</\w+>\n?\Z)", "<x>" * depth + "</x>" * depth, parts.entries[0], count=1)
    return rewritten(call, parts.around((first, *parts.entries[1:])))


async def crash_page(call: Call) -> web.StreamResponse:
    """A page whose elements are nested `value` (default 50,000) levels deep."""
    depth = int(call.value or HTML_NESTING)
    page = f"<html><body>{'<div>' * depth}<p>tief</p>{'</div>' * depth}</body></html>"
    return served(page.encode(), HTML)


FAULTS: dict[str, Fault] = {
    "feed_as_html": feed_as_html,
    "not_a_feed": not_a_feed,
    "empty": empty,
    "no_items": no_items,
    "bad_item": bad_item,
    "byte_order_mark": byte_order_mark,
    "blank_lines": blank_lines,
    "php_warning": php_warning,
    "nul": nul,
    "lone_surrogate": lone_surrogate,
    "bare_ampersand": bare_ampersand,
    "entity_bomb": entity_bomb,
    "external_entity": external_entity,
    "deep_nesting": deep_nesting,
    "crash_page": crash_page,
}


def _broken(entry: str, kind: str) -> str:
    if kind == "link":
        return with_link(entry, "javascript:void(0)")
    if kind == "markup":
        return with_title_end(entry, " <b>Kurs < 10 & <i>fällt")
    if kind == "bytes":
        return with_title_end(entry, " @bad-bytes@")
    date = re.compile(r'(<(?:pubDate|published|dc:date|lastmod)>|"date_published": ")[^<"]*')
    return date.sub(r"\g<1>32. Smarch 0000, 25:61 Uhr", entry)


def _titled(call: Call, ending: str) -> str:
    """The document with `ending` at the end of its first entry's title."""
    parts = split(call.text)
    return _first_titled(parts, ending)


def _first_titled(parts: Split, ending: str) -> str:
    return parts.around([with_title_end(entry, ending) if k == 0 else entry for k, entry in enumerate(parts.entries)])


def _with_doctype(call: Call, entities: str, ending: str) -> str:
    """The XML document with a document type that declares `entities`, used by the first title."""
    root = re.search(r"<([a-zA-Z][\w:]*)", call.text)
    doctype = f"\n<!DOCTYPE {root[1] if root else 'rss'} [{entities}]>\n"
    return _DECLARATION.sub(lambda match: (match[1] or "") + doctype, _titled(call, ending), count=1)
