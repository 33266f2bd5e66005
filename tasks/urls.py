"""Addresses: the normal form that is an article's identity, its digest, and the unit of politeness. Pure.

Strips what marks the reader (campaigns, sessions) and the form (AMP, print), never what names the article. Says
nothing about whether an address may be asked (robots, private networks), nor whether two different paths show one
article.
"""

import re
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

import idna

from tasks.url_variants import behind_cache, is_suspect, is_switch, plain_path

MAX_URL_CHARACTERS = 2048

# Query parameters that say where a click came from. A source whose articles hang on one of them has a rule of its own.
TRACKING_PREFIXES = (
    "utm_", "mtm_", "pk_", "piwik_", "matomo_", "at_", "ns_", "wt_", "wt.", "hsa_", "oly_", "__hs", "fb_",
)  # fmt: skip
TRACKING_PARAMETERS = frozenset({
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "li_fat_id",
    "igshid", "igsh", "epik", "wtmc", "xtor", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking",
    "vero_id", "s_cid", "s_kwcid", "ef_id", "irclickid", "cmpid", "ito", "icid", "ncid", "ocid", "dicbo", "tblci",
    "oborigurl", "smid", "sr_share", "xing_share", "soc_src", "soc_trk", "__twitter_impression", "guccounter",
    "guce_referrer", "guce_referrer_sig", "_ga", "_gl", "trk", "trkcampaign", "spm", "phpsessid", "jsessionid",
})  # fmt: skip
# Names that are a session when the value looks like one, and may be an article's number when it does not.
_SESSION_NAMES = frozenset({"sid", "s", "session", "sessionid", "session_id", "sess", "zenid", "oscsid"})
_SESSION_VALUE = re.compile(r"[0-9a-f]{16,}", re.IGNORECASE)
_REFERRER_NAMES = frozenset({"ref", "referer", "referrer"})

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
# Everything but pchar, "/" and "?" (RFC 3986, 3.3 and 3.4); a "%" only where it starts no escape.
_MUST_ESCAPE = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]+|%(?![0-9A-Fa-f]{2})")
_PATH_SESSION = re.compile(r"(?:;|%3B)(?:jsessionid|phpsessid|sid)(?:=|%3D)[^/;]*", re.IGNORECASE)
_DOUBLE_SLASH = re.compile(r"(?<!:)/{2,}")
_ESCAPED_AMPERSAND = re.compile(r"(^|&)(?:amp;)+")

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_MAX_HOST_CHARACTERS = 253
_DEFAULT_PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_WEB_SCHEME = re.compile(r"(?:https?:/*)*(https?):/*", re.IGNORECASE)
# "https://https//host": the scheme pasted twice, the second without its colon.
_DOUBLED_SCHEME = re.compile(r"(https?)://(?:https?(?::|%3A)?/+)+", re.IGNORECASE)
_BARE_WWW = re.compile(r"www\d?\.[\w-]+\.\w", re.IGNORECASE)
_NO_HOST = re.compile(r"(?:https?:)?//+(?:[?#]|$)", re.IGNORECASE)
_LINE_NOISE = re.compile(r"[\x00-\x1f\x7f\u200b\ufeff]+ *")
# What needs no repair at all: nearly every link of a feed, at a tenth of the cost.
_SOUND = re.compile(
    r"https?://(?:[a-z0-9-]+\.)+[a-z0-9-]+/(?:[A-Za-z0-9\-_~!$'()*+,;=:@/?&]|(?<!/)\.|%[0-9A-Fa-f]{2})*"
)


def canonical_url(url: str) -> str | None:
    """The normal form of an article's address, None for what can't be one; idempotent, total on any string.

    Refused: schemes other than http and https, no or an impossible host, more than 2048 characters (before or after).

    - Scheme and host lower-case, IDNA host as punycode, final dot, credentials, default port and fragment dropped.
    - http counts as https, but for IP addresses, localhost and hosts with a port of their own (not portals).
    - Path: dot segments resolved, `//` collapsed (not after a colon: an embedded address), session ids dropped; case
      and the trailing slash stay (servers differ); an empty path is "/".
    - Escapes after RFC 3986, 6.2.2: unreserved signs bare, hex digits upper-case, reserved ones (%2F) as they
      are, everything that must be escaped is, non-ASCII as UTF-8.
    - Query: tracking and session parameters dropped, also `ref` that names its own host; the others keep their
      order and their case; `&amp;` counts as `&`; an empty query is dropped.
    - AMP and print forms, and AMP caches, count as the page that they show (tasks/url_variants.py).
    """
    if len(url) > MAX_URL_CHARACTERS:
        return None
    url = behind_cache(url.strip()) if (suspect := is_suspect(url)) else url.strip()
    parts = _web_parts(url)
    host = _host(parts) if parts else None
    if not parts or not host:
        return None
    port = parts.port if parts.port != _DEFAULT_PORTS[parts.scheme] else None
    scheme = parts.scheme if port or _is_local(host) else "https"
    path, query = _normal_path(parts.path), _kept_query(parts.query, host)
    if suspect:
        path, query = plain_path(path), _without_switches(query)
    canonical = f"{scheme}://{host}{f':{port}' if port else ''}{path}{'?' if query else ''}{query}"
    return canonical if len(canonical) <= MAX_URL_CHARACTERS else None


def url_hash(canonical: str) -> bytes:
    """16-byte digest of a canonical URL."""
    return blake2b(canonical.encode(), digest_size=16).digest()


def host_key(url: str) -> str:
    """The unit of politeness, "host:port" with the port always said; ValueError for an address without a host."""
    parts = _web_parts(url)
    host = _host(parts) if parts else None
    if not parts or not host:
        raise ValueError(f"not a web address: {url[:200]!r}")
    return f"{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"


def absolute_url(base: str, link: str) -> str | None:
    """The address that a link on `base` means, fit to be requested; None for javascript:, mailto:, data:, nonsense.

    Repairs what browsers repair (blanks, line breaks, unencoded umlauts, missing slashes) and what people
    mistype (the scheme twice, www without a scheme). An empty link or a bare fragment is no address of its own.
    """
    link = link.strip()
    if len(link) > MAX_URL_CHARACTERS:
        return None
    if _SOUND.fullmatch(link) and "&amp;" not in link:
        return link
    link = _repaired(_LINE_NOISE.sub("", link))
    if not link or _NO_HOST.match(link):
        return None
    try:
        parts = _web_parts(urljoin(base, link))
    except ValueError:
        return None
    host = _host(parts) if parts else None
    if not parts or not host:
        return None
    port = f":{parts.port}" if parts.port else ""
    query = _escaped(_ESCAPED_AMPERSAND.sub(r"\1", parts.query))
    path = _escaped(parts.path) or "/"
    url = urlunsplit((parts.scheme, host + port, path, query, _escaped(parts.fragment)))
    return url if len(url) <= MAX_URL_CHARACTERS else None


def _repaired(link: str) -> str:
    """The link with its scheme put right; empty when it means no web address."""
    if _WEB_SCHEME.match(link):
        return _DOUBLED_SCHEME.sub(r"\1://", _WEB_SCHEME.sub(r"\1://", link, count=1), count=1)
    if _BARE_WWW.match(link):
        return f"https://{link}"
    return "" if link.startswith("#") or _SCHEME.match(link) else link


def _web_parts(url: str) -> SplitResult | None:
    """The parts of an http or https address, None when it is neither or its authority is broken."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _DEFAULT_PORTS and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _host(parts: SplitResult) -> str | None:
    """The host, lower-case and in ASCII (UTS 46, so that ß stays ß), None when there can be none of that name."""
    host = parts.hostname or ""
    if ":" in host:
        return _bracketed(host)
    if not host.isascii():
        try:
            host = idna.encode(host[:_MAX_HOST_CHARACTERS], uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    host = host.rstrip(".")
    if len(host) > _MAX_HOST_CHARACTERS or not _HOST.fullmatch(host) or ".." in host:
        return None
    return None if host in _DEFAULT_PORTS else host


def _bracketed(host: str) -> str | None:
    """An IPv6 host in its brackets and shortest form."""
    try:
        return f"[{ip_address(host).compressed}]"
    except ValueError:
        return None


def _is_local(host: str) -> bool:
    """Whether the host is localhost or an address: test servers and routers, where http is not https."""
    return (
        host.startswith("[")
        or host == "localhost"
        or host.endswith(".localhost")
        or not host.rpartition(".")[2].strip("0123456789")
    )


def _escaped(text: str) -> str:
    """The text with everything escaped that may not stand in a path or query; escapes stay as they are."""
    return _MUST_ESCAPE.sub(_percent_encoded, text)


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def _normal_escapes(text: str) -> str:
    """The text escaped, unreserved signs bare and hex digits upper-case (RFC 3986, 6.2.2)."""
    text = _escaped(text)
    return _ESCAPE.sub(_normal_escape, text) if "%" in text else text


def _normal_escape(match: re.Match[str]) -> str:
    sign = chr(int(match[1], 16))
    return sign if sign in _UNRESERVED else match[0].upper()


def _normal_path(path: str) -> str:
    """The path without session ids, dot segments and doubled slashes; "/" for none."""
    path = _PATH_SESSION.sub("", _normal_escapes(path))
    if "/." in path:
        path = _without_dots(path)
    if "//" in path:
        path = _DOUBLE_SLASH.sub("/", path)
    return path or "/"


def _without_dots(path: str) -> str:
    """The path with "." and ".." resolved (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        elif segment not in {".", ".."}:
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)


def _kept_query(query: str, host: str) -> str:
    """The parameters that may name the article, in their order."""
    if not query:
        return ""
    pairs = _ESCAPED_AMPERSAND.sub(r"\1", _normal_escapes(query)).split("&")
    return "&".join(pair for pair in pairs if pair and not _is_noise(pair, host))


def _without_switches(query: str) -> str:
    """The query without what only asks for another form of the page."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(name + equals + value for name, equals, value in pairs if not is_switch(name.lower(), value))


def _is_noise(pair: str, host: str) -> bool:
    """Whether a parameter tells of the reader instead of the article."""
    name, _, value = pair.partition("=")
    name = name.lower()
    if name in TRACKING_PARAMETERS or name.startswith(TRACKING_PREFIXES) or not name:
        return True
    if name in _SESSION_NAMES:
        return bool(_SESSION_VALUE.fullmatch(value))
    return name in _REFERRER_NAMES and _names_host(unquote(value), host)


def _names_host(value: str, host: str) -> bool:
    """Whether the value is the host, or an address on it."""
    named = value.lower().rpartition("://")[2].removeprefix("www.")
    return re.split(r"[/:?#]", named, maxsplit=1)[0] == host.removeprefix("www.")
