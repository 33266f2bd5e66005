"""The many addresses of one article: what portals hang on it, and how they find the article again."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

AMP = "/amp"  # before the path: a bare page
PRINT = "/druck"  # before the path: another
MOVED = "/neu"  # before the path: where everything moves to

_NOISE = re.compile(r"(?:utm_|at_|mtm_)\w+|hop|fbclid|gclid|wt_mc|print|sid|PHPSESSID")
_MOVED = re.compile(rf"^{MOVED}(?=/)")
_SLUG = re.compile(r"(?<=/)[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_FRESH = re.compile(r"(?<=/)neu\d*-")
_SESSION = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)


def plain_path(path: str) -> str:
    """`path` (with its query) without session ids, tracking parameters, and what `reslugged` and a move put before."""
    place, _, query = _FRESH.sub("", _SESSION.sub("", _MOVED.sub("", path))).partition("?")
    kept = [pair for pair in query.split("&") if pair and not _NOISE.fullmatch(pair.partition("=")[0])]
    return f"{place}?{'&'.join(kept)}" if kept else place


def reslugged(url: str, number: int) -> str:
    """The URL or path with a `number`-th slug; as it was where it has none to rewrite."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=_SLUG.sub(rf"neu{number}-\g<0>", parts.path, count=1)))


def with_query(address: str, pair: str) -> str:
    """`address` with one more parameter."""
    return f"{address}{'&' if '?' in address else '?'}{pair}"


def variant(url: str, kind: str) -> str:
    """Another address of the article at `url`; the kinds are the keys of VARIANTS."""
    return VARIANTS[kind](url)


def _utm(url: str) -> str:
    return with_query(url, "utm_source=rss&utm_medium=feed&utm_campaign=alle")


def _session(url: str) -> str:
    place, joint, query = url.partition("?")
    return f"{place};jsessionid=0A1B2C3D4E5F60718293A4B5C6D7E8F9{joint}{query}"


def _slash(url: str) -> str:
    place, joint, query = url.partition("?")
    return (place[:-1] if place.endswith("/") else f"{place}/") + joint + query


def _amp(url: str) -> str:
    return _below(url, AMP)


def _print(url: str) -> str:
    return _below(url, PRINT)


def _below(url: str, prefix: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=prefix + parts.path))


def _www(url: str) -> str:
    return _host(url, "www.")


def _mobile(url: str) -> str:
    return _host(url, "m.")


def _host(url: str, prefix: str) -> str:
    """The address on a host below the portal's; an IP address has none, so it becomes localhost first."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = "localhost" if re.fullmatch(r"[\d.]+|.*:.*", name) else name
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{prefix}{name}{port}"))


def _https(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(scheme="https"))


VARIANTS: dict[str, Callable[[str], str]] = {
    "utm": _utm,
    "jsessionid": _session,
    "slash": _slash,
    "amp": _amp,
    "print": _print,
    "www": _www,
    "mobile": _mobile,
    "https": _https,
}
