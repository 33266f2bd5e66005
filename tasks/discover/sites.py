"""Sites: which addresses belong to one portal, so that links sold inside its lists do not become its articles.

A site is the part of a host that somebody registered (nordwerk.example of www.nordwerk.example). It is told by a short
list of public second levels instead of the Public Suffix List: hosting platforms, where strangers share a registered
name, are no finance portals.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address

from tasks.model import FeedEntry

# What countries put between a name and their own two letters: nordwerk.co.uk, nordwerk.or.at.
_SECOND_LEVELS = frozenset({
    "ac", "asso", "co", "com", "edu", "gob", "gov", "gouv", "gv", "ltd", "me", "mil", "ne", "net", "nom", "or", "org",
    "plc", "sch",
})  # fmt: skip
_COUNTRY_LETTERS = 2
_AUTHORITY = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]*)", re.IGNORECASE)


def on_site(
    entries: Iterable[FeedEntry], url: str, partners: Collection[str]
) -> tuple[tuple[FeedEntry, ...], tuple[str, ...]]:
    """The entries on the site of `url` or of a partner (a host, such as news.partner.example), and a line for the rest.

    Portals sell places in their sitemaps and listings; a link to another site is somebody else's article at best.
    """
    wanted = {site_of(url), *(site_of(f"https://{partner}") for partner in partners)}
    kept: list[FeedEntry] = []
    rejected: list[str] = []
    for entry in entries:
        site = site_of(entry.url)
        if site in wanted:
            kept.append(entry)
        else:
            rejected.append(f"{entry.url}: on another site, {site}")
    return tuple(kept), tuple(rejected)


def site_of(url: str) -> str:
    """The registered name that an absolute address stands under; of IP addresses and localhost the host with its port.

    "" for what has no host.
    """
    found = _AUTHORITY.match(url)
    return _site(found[1].rpartition("@")[2].lower()) if found else ""


@lru_cache(maxsize=4096)
def _site(netloc: str) -> str:
    host = netloc if netloc.endswith("]") else netloc.rpartition(":")[0] or netloc
    host = host.rstrip(".")
    labels = host.split(".")
    if _is_address(host) or labels[-1] == "localhost":
        return netloc
    is_deep = len(labels[-1]) == _COUNTRY_LETTERS and len(labels) > 1 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3 if is_deep else -2 :])


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
