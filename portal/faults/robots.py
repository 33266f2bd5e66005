"""Faults of robots.txt: rules that forbid, hide, come late or are not rules at all. Other addresses stay right."""

from collections.abc import Callable

from aiohttp import web

from portal.faults.kit import HTML, Call, Fault, chosen, notice, served
from portal.listings import ROBOTS_PATH, rules, sitemap_lines

_TEXT = "text/plain; charset=utf-8"
_COMMENT = "# Hinweis an alle Besucher: Die Kurse auf diesen Seiten sind verzoegert und ohne Gewaehr.\n"
_EARLY_BYTES = 490 * 1024  # every parser must read so far (RFC 9309, 2.5: at least 500 KiB)
_LATE_BYTES = 600 * 1024
_BEFORE_SITEMAPS = 20 * 1024


async def robots(call: Call) -> web.StreamResponse:
    """Another robots.txt, whatever the path of the order; value: which one."""
    if call.request.path != ROBOTS_PATH:
        return call.answer
    body, content_type = chosen(call, ROBOTS)(call)
    return served(body, content_type)


FAULTS: dict[str, Fault] = {"robots": robots}


def _disallow(_call: Call) -> tuple[bytes, str]:
    return b"User-agent: *\nDisallow: /\n", _TEXT


def _html(call: Call) -> tuple[bytes, str]:
    return notice(call, "front_page"), HTML


def _marked(call: Call) -> tuple[bytes, str]:
    """A byte order mark glued to the first line, which a rule hangs on."""
    return b"\xef\xbb\xbf" + rules(call.portal).encode(), _TEXT


def _foreign(call: Call) -> tuple[bytes, str]:
    """A comment that is not UTF-8."""
    return f"# Für alle Besucher: börsentäglich\n{rules(call.portal)}".encode("latin-1"), _TEXT


def _large(_call: Call) -> tuple[bytes, str]:
    """One rule within the 500 KiB that must be read, and one that forbids everything beyond 600 KiB."""
    early = _COMMENT * (_EARLY_BYTES // len(_COMMENT))
    late = _COMMENT * ((_LATE_BYTES - len(early)) // len(_COMMENT) + 1)
    return f"User-agent: *\n{early}Disallow: /intern/\n{late}Disallow: /\n".encode(), _TEXT


def _delay(call: Call) -> tuple[bytes, str]:
    return f"User-agent: *\nCrawl-delay: 3600\nDisallow: /intern/\n\n{sitemap_lines(call.portal)}".encode(), _TEXT


def _late(call: Call) -> tuple[bytes, str]:
    """The Sitemap lines after 20 KiB of comments and inside another robot's group."""
    comments = _COMMENT * (_BEFORE_SITEMAPS // len(_COMMENT))
    group = f"User-agent: andere\nDisallow: /\n{sitemap_lines(call.portal)}"
    return f"User-agent: *\nDisallow: /intern/\n\n{comments}{group}".encode(), _TEXT


def _longest(_call: Call) -> tuple[bytes, str]:
    """Rules of which the longest match decides, not the first, with wildcards and an end mark."""
    return b"User-agent: *\nDisallow: /\nAllow: /rss\nAllow: /nachrichten/\nDisallow: /*.pdf$\n", _TEXT


ROBOTS: dict[str, Callable[[Call], tuple[bytes, str]]] = {
    "disallow": _disallow,
    "html": _html,
    "byte_order_mark": _marked,
    "latin-1": _foreign,
    "large": _large,
    "crawl_delay": _delay,
    "late_sitemaps": _late,
    "longest_match": _longest,
}
