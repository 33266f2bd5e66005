"""A source file for a portal that nobody has described yet: what its page and its feeds say, and what is certain.

Pure. What is not certain (the country of a .com, the zone of a land with several) is left to the person who asks.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from config.selectors import Selectors
from tasks.discover.html_tree import TooDeepError, base_of, parse_html, text_of, title_of
from tasks.discover.listing_page import parse_listing
from tasks.discover.sites import site_of
from tasks.model import FeedDocument
from tasks.text import clean, decode
from tasks.urls import absolute_url

# Country and zone of the ends of host names whose lands have one zone, or one in which their finance lives.
_PLACES = {
    "ch": ("CH", "Europe/Zurich"), "li": ("LI", "Europe/Vaduz"), "de": ("DE", "Europe/Berlin"),
    "at": ("AT", "Europe/Vienna"), "fr": ("FR", "Europe/Paris"), "uk": ("GB", "Europe/London"),
    "ie": ("IE", "Europe/Dublin"), "it": ("IT", "Europe/Rome"), "es": ("ES", "Europe/Madrid"),
    "nl": ("NL", "Europe/Amsterdam"), "be": ("BE", "Europe/Brussels"), "lu": ("LU", "Europe/Luxembourg"),
    "dk": ("DK", "Europe/Copenhagen"), "se": ("SE", "Europe/Stockholm"), "no": ("NO", "Europe/Oslo"),
    "fi": ("FI", "Europe/Helsinki"), "pl": ("PL", "Europe/Warsaw"), "cz": ("CZ", "Europe/Prague"),
    "gr": ("GR", "Europe/Athens"), "hu": ("HU", "Europe/Budapest"), "us": ("US", "America/New_York"),
    "gov": ("US", "America/New_York"), "jp": ("JP", "Asia/Tokyo"), "hk": ("HK", "Asia/Hong_Kong"),
    "sg": ("SG", "Asia/Singapore"), "in": ("IN", "Asia/Kolkata"), "kr": ("KR", "Asia/Seoul"),
}  # fmt: skip
_BY_COUNTRY = {country: (country, zone) for country, zone in _PLACES.values()}
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?\b")
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 60
_LONGEST_NAME = 200
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe"})
_NAME_ENDS = re.compile(r"\s+[|–—·»]\s+|\s+-\s+")
# A headline has four words or more, and so has the last part of its address; a link of a menu has fewer.
_HEADLINE_WORDS = 4
_FEWEST_ARTICLES = 5
_MOST_LINKS = 5_000
_WORD_JOINTS = re.compile(r"[-_+]")


@dataclass(frozen=True, slots=True)
class Traits:
    """What a portal's page says about the portal; None where it says nothing. `region` is a country's two letters."""

    name: str | None = None
    language: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ListingFound:
    """A page of headlines without a feed: the selectors that fit it, and what they find."""

    selectors: Selectors
    document: FeedDocument


def traits_of(body: bytes, charset: str | None) -> Traits:
    """What a page says about its portal; total on any bytes."""
    try:
        root = parse_html(decode(body, charset))
    except TooDeepError:
        return Traits()
    if root is None:
        return Traits()
    metas = {
        (meta.get("property") or meta.get("name") or "").lower(): clean(meta.get("content") or "")
        for meta in islice(root.iter("meta"), _MOST_LINKS)
    }
    language, region = language_of(root.get("lang") or metas.get("og:locale") or "")
    return Traits(_name(metas.get("og:site_name", ""), title_of(root)), language, region)


def language_of(tag: str | None) -> tuple[str | None, str | None]:
    """Language and country of a tag such as de-CH or en_GB; None for what it does not say."""
    found = _TAG.match((tag or "").strip())
    if not found or len(found[1]) != 2:  # noqa: PLR2004 - ISO 639-1
        return None, None
    return found[1].lower(), found[2].upper() if found[2] else None


def place_of(url: str, region: str | None) -> tuple[str, str] | None:
    """Country and time zone of a portal by the end of its host's name, else by its page's region; None: uncertain."""
    end = (urlsplit(url).hostname or "").rpartition(".")[2]
    return _PLACES.get(end) or _BY_COUNTRY.get(region or "")


def slug_of(url: str, name: str | None, taken: Collection[str]) -> str | None:
    """A slug that nobody has: the name before the host's ending, with the ending, or the portal's name."""
    site = site_of(url)
    labels = [] if ":" in site or site.rpartition(".")[2].isdigit() else site.split(".")
    candidates = [labels[0], "-".join(labels)] if labels else []
    slugs = [_NO_SLUG.sub("-", _plain(one)).strip("-")[:_LONGEST_SLUG].strip("-") for one in [*candidates, name or ""]]
    return next((slug for slug in slugs if slug and slug not in taken), None)


def listing_of(body: bytes, url: str, zone: str, charset: str | None) -> ListingFound | None:
    """The listing that a page of headlines is: the folder below which most of its articles lie; None: it is none."""
    try:
        root = parse_html(decode(body, charset))
    except TooDeepError:
        return None
    if root is None:
        return None
    base = base_of(root, url)
    links = [
        (absolute_url(base, str(link.get("href") or "")), text_of(link)) for link in islice(root.iter("a"), _MOST_LINKS)
    ]
    folders = Counter(_folders({one for one, text in links if one and _is_headline(one, text, url)}))
    if not folders or max(folders.values()) < _FEWEST_ARTICLES:
        return None
    # Of folders with equally many articles the innermost.
    folder = max(folders, key=lambda one: (folders[one], len(one)))
    selectors = Selectors(item=f"//a[string-length(substring-after(@href, '{folder}')) > 20]")
    document = parse_listing(body, url, selectors, zone=zone, charset=charset)
    return ListingFound(selectors, document) if isinstance(document, FeedDocument) else None


def _name(site_name: str, title: str) -> str | None:
    """The portal's name: as it calls itself, else the last part of its page's title that is short."""
    parts = [part for part in _NAME_ENDS.split(title) if part.strip()]
    shortest = min(parts, key=len, default="")
    return (site_name or shortest).strip()[:_LONGEST_NAME] or None


def _plain(text: str) -> str:
    spelt = text.lower().translate(_SPELT)
    return unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()


def _is_headline(address: str, text: str, page: str) -> bool:
    """Whether a link looks like one to an article of the same site."""
    last = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    return (
        site_of(address) == site_of(page)
        and len(text.split()) >= _HEADLINE_WORDS
        and len(_WORD_JOINTS.split(last)) >= _HEADLINE_WORDS
    )


def _folders(addresses: Iterable[str]) -> Iterator[str]:
    """Each folder that an address lies below, but the root."""
    for address in addresses:
        parts: Sequence[str] = urlsplit(address).path.rstrip("/").split("/")[1:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/" + "/".join(parts[:depth]) + "/"
            if "'" not in folder:
                yield folder
