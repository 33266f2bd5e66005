"""Faults of sitemaps: circles, masses, impossible dates, and files that are not what their name says."""

from aiohttp import web

from portal.faults.kit import Call, Fault, altered, rewritten, served
from portal.sitemaps import index_of, url_entry, urlset
from portal.splitting import split

MOST_URLS = 50_000
HEAVY_MIB = 60
LOOP_PATH = "/sitemaps/kreis.xml"

_XML = "application/xml; charset=utf-8"
_DAY = "2025-09-24"
_BAD_DATES = ("0000-00-00", "gestern", "2031-12-31T23:59:59Z", "", "1758715200", "24.09.2025")


async def sitemap_loop(call: Call) -> web.StreamResponse:
    """An index that names itself, a second index that names it again, and the right children."""
    others = LOOP_PATH if call.request.path != LOOP_PATH else "/sitemap_index.xml"
    looped = [(call.portal.base + path, _DAY) for path in (call.request.path, others)]
    parts = split(index_of(looped))
    return altered(call, parts.around((*parts.entries, *_children(call))).encode(), _XML, 200)


async def sitemap_huge(call: Call) -> web.StreamResponse:
    """A sitemap of `value` (default 50,001) addresses, the right ones first."""
    wanted = int(call.value or MOST_URLS + 1)
    right = _children(call)
    made = [url_entry(f"{call.portal.base}/alt/{k:06}", _DAY) for k in range(wanted - len(right))]
    return served(urlset([*right, *made]).encode(), _XML)


async def sitemap_heavy(call: Call) -> web.StreamResponse:
    """The right sitemap with blanks before its end, `value` MiB (default 60) of them, packed on the wire."""
    parts = split(call.document.plain.decode())
    blanks = " " * (int(call.value or HEAVY_MIB) << 20)
    return rewritten(call, f"{parts.around(parts.entries).rstrip().removesuffix('</urlset>')}{blanks}</urlset>\n")


async def bad_lastmod(call: Call) -> web.StreamResponse:
    """The right sitemap with times of change that are none, lie in the future or are empty, one after the other."""
    parts = split(call.document.plain.decode())
    entries = [_redated(entry, _BAD_DATES[k % len(_BAD_DATES)]) for k, entry in enumerate(parts.entries)]
    return rewritten(call, parts.around(entries))


async def false_gz(call: Call) -> web.StreamResponse:
    """Plain XML at an address that ends with .gz, under the type of a gzip file."""
    path = call.path.removesuffix(".gz")
    plain = call.world.document(call.slug, path)
    return served((plain or call.document).plain, call.document.content_type)


FAULTS: dict[str, Fault] = {
    "sitemap_loop": sitemap_loop,
    "sitemap_huge": sitemap_huge,
    "sitemap_heavy": sitemap_heavy,
    "bad_lastmod": bad_lastmod,
    "false_gz": false_gz,
}


def _children(call: Call) -> tuple[str, ...]:
    """The entries of the right sitemap; none where there is none."""
    return split(call.document.plain.decode()).entries if call.document.status < 400 else ()  # noqa: PLR2004 - found


def _redated(entry: str, date: str) -> str:
    before, mark, rest = entry.partition("<lastmod>")
    return f"{before}{mark}{date}</lastmod>{rest.partition('</lastmod>')[2]}" if mark else entry
