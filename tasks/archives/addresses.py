"""Which addresses in somebody else's archive are the portal's own, and in which form they are announced. Pure."""

import re
from dataclasses import replace
from functools import lru_cache

from tasks.past import Past
from tasks.urls import absolute_url, canonical_url

_NETLOC = re.compile(r"https?://([^/?#\s]*)", re.IGNORECASE)
_DEFAULT_PORT = re.compile(r"(?<=[^:\[\]]):(?:80|443)$")
_PORT_IN_ADDRESS = re.compile(r"^(https?://[^/?#]*[^/?#:]):(?:80|443)(?=[/?#]|$)", re.IGNORECASE)
_SCHEME = re.compile(r"^https?", re.IGNORECASE)


def own_hosts(past: Past) -> tuple[str, ...]:
    """The hosts whose pages can be the source's: that of its homepage and its partners', each without www."""
    netlocs = [_netloc(past.homepage), *(_netloc(f"https://{partner}") for partner in past.partners)]
    return tuple(dict.fromkeys(netloc.removeprefix("www.") for netloc in netlocs if netloc))


def as_a_stranger(past: Past) -> Past:
    """The same wish for servers of others: headers for the portal can hold a key, so that only the user agent goes."""
    return replace(past, headers={name: value for name, value in past.headers.items() if name.lower() == "user-agent"})


def is_own(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address is on one of `hosts` or below one (news.nordwerk.example is below nordwerk.example)."""
    return _is_below(_netloc(url), hosts)


def portal_address(written: str) -> str | None:
    """An address as a portal would link it today, from an archive's entry; None for what can be no article's.

    Archives keep the scheme and the port of the time: http counts as https (as in `canonical_url`), and the default
    ports are dropped, so that the address is that of the live entry. All else stays as it was.
    """
    url = absolute_url("", written.strip())
    canonical = canonical_url(url) if url else None
    if not url or not canonical:
        return None
    plain = _PORT_IN_ADDRESS.sub(r"\1", url.partition("#")[0])
    return _SCHEME.sub(canonical.partition(":")[0], plain, count=1)


def _netloc(url: str) -> str:
    found = _NETLOC.match(url)
    return _DEFAULT_PORT.sub("", found[1].rpartition("@")[2].lower()) if found else ""


@lru_cache(maxsize=8192)
def _is_below(netloc: str, hosts: tuple[str, ...]) -> bool:
    return any(netloc == host or netloc.endswith(f".{host}") for host in hosts)
