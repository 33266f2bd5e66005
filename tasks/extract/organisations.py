"""Which of the credited authors are no persons: desks, agencies, companies, each as printed."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from tasks.extract.agencies import agency_of
from tasks.extract.authors import Authors
from tasks.extract.page import squeezed

_PREFIX = re.compile(r"^(?:von|by|par|por|di|text|quelle|source|mit material (?:von|der))\s*:?\s+", re.IGNORECASE)
# A slash parts agencies, "dpa-AFX/awp"; a hyphen is part of their names.
_SPLIT = re.compile(r"\s*[;|/•·,]\s*|\s+(?:und|and|et|sowie|mit|with|avec|&)\s+|\s+[-–—]\s+", re.IGNORECASE)
_BRACKETS = re.compile(r"[()\[\]]")
# "Redaktion X", "X-Redaktion", "news desk"; "Chefredakteurin" and "Managing Editor" are persons' roles.
_DESK = re.compile(
    r"redaktion(?!sleit)\w*\b|\bnewsroom\b|\bnews desk\b|\b\w*desk\b|\bstaff\b|\beditorial (?:team|board|staff)\b|"
    r"\brédaction\b|\bredacción\b|\bredazione\b|\bteam\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|https?:|www\.")
_MAX_WORDS = 6


def find_organisations(authors: Authors) -> tuple[tuple[str, ...], str]:
    """Organisations among the credits in the page's order, each once, and the layer; a person's role is none."""
    stated = {squeezed(name) for name in authors.organisations}
    parts = chain(authors.organisations, authors.names, _parts(authors.credits))
    found: dict[str, str] = {}
    for part in parts:
        if squeezed(part) in stated or agency_of(part) or _is_desk(part):
            found.setdefault(squeezed(part), part)
    layer = "jsonld" if authors.organisations else authors.layer
    return tuple(name for key, name in found.items() if not _is_glued(key, found)), layer or "dom"


def _parts(credits_: tuple[str, ...]) -> Iterator[str]:
    """The parts of credits that may be a name; "Redaktion finanzen.ch" comes whole."""
    for credit in credits_:
        bare = _PREFIX.sub("", _BRACKETS.sub(",", credit).strip(" ,.:"))
        yield from (part.strip(" ,.:") for part in _SPLIT.split(bare))


def _is_glued(key: str, found: Mapping[str, str]) -> bool:
    """Whether a credit is two others, printed without a blank between them."""
    return any(key.startswith(other) and key[len(other) :] in found for other in found)


def _is_desk(part: str) -> bool:
    """Whether the part names a desk; "Redaktion: A. B." names a person."""
    is_name = len(part.split()) <= _MAX_WORDS and ":" not in part and not _ADDRESS.search(part)
    return is_name and _DESK.search(part) is not None
