"""Which source an article's address belongs to, so that it can be asked for, or asked about, by its address alone.

Pure. A source covers the sites of its homepage, its feeds and its partners (tasks/discover/sites.py); where several
cover an address, the nearest one has it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from config.errors import Misconfigured
from config.sources import Source
from tasks.discover.sites import site_of
from tasks.urls import absolute_url, canonical_url

# Of equally near claims that of a homepage counts first; a feed may stand on the host of somebody who serves many.
_HOMEPAGE, _PARTNER, _FEED = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Address:
    """An article's address: fit to be requested, and in its normal form."""

    url: str
    canonical_url: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the articles of a source stand. `partners` are hosts, everything else addresses."""

    slug: str
    homepage: str
    feeds: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    article_id: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An article asked for by its address, with the source that covers it and its article id there."""

    address: Address
    slug: str
    portal_id: str | None


def ground_of(source: Source) -> Ground:
    """The ground of a source as its file describes it."""
    feeds = tuple(str(feed.url) for feed in source.feeds)
    return Ground(source.slug, str(source.homepage), feeds, tuple(source.partners), source.article_id)


def ground_of_row(row: Mapping[str, Any]) -> Ground:
    """The ground of a source as the database knows it (a row of trail.sources)."""
    return Ground(row["slug"], row["homepage"], tuple(row["feeds"]), tuple(row["partners"]), row["article_id"])


def address_of(typed: str) -> Address | None:
    """The address that somebody typed or pasted; None: it can't be one."""
    url = absolute_url("", typed)
    canonical = canonical_url(url) if url else None
    return Address(url, canonical) if url and canonical else None


def covering(url: str, grounds: Iterable[Ground]) -> Ground | None:
    """The ground that an absolute address stands on, the nearest of several; None: it stands on no one's.

    Nearest is the longest common end of the host names, then the host that says the least beyond it, then homepage
    before partner before feed, then the longest common start of the path, then the first by slug.
    """
    fits = [(fit, ground) for ground in sorted(grounds, key=lambda one: one.slug) if (fit := _fit(url, ground))]
    return max(fits, key=lambda pair: pair[0])[1] if fits else None


def asked_for(typed: Sequence[str], grounds: Sequence[Ground]) -> list[Asked]:
    """The articles that these addresses name, each once; Misconfigured names every address that can't be asked for."""
    asked: dict[str, Asked] = {}
    problems: list[str] = []
    for one in typed:
        address = address_of(one)
        ground = covering(address.url, grounds) if address else None
        if address is None:
            problems.append(f"{one[:200]!r} is no web address; wanted: one like https://www.example.org/news/title-123")
        elif ground is None:
            problems.append(uncovered(address.url))
        else:
            number = article_number(ground.article_id, address)
            asked.setdefault(address.canonical_url, Asked(address, ground.slug, number))
    if problems:
        raise Misconfigured("Nothing was asked for:\n" + "\n".join(f"  {problem}" for problem in problems))
    return list(asked.values())


def uncovered(url: str) -> str:
    """What to tell somebody who wants an article that no source covers."""
    parts = urlsplit(url)
    return (
        f"No source covers {parts.hostname}, so {url} is never read. "
        f"`newstape sources add {parts.scheme}://{parts.netloc}/` describes the portal as a source."
    )


def article_number(pattern: str | None, address: Address) -> str | None:
    """The portal's own id of the article, by its source's pattern; None: no pattern, or it does not fit."""
    if pattern is None:
        return None
    found = re.search(pattern, address.canonical_url) or re.search(pattern, address.url)
    return found[1] if found else None


def _fit(url: str, ground: Ground) -> tuple[int, ...] | None:
    """How near an address is to a ground, the best of its claims; None: it is on none of its sites."""
    site = site_of(url)
    near = [(rank, claim) for rank, claim in _claims(ground) if site and site_of(claim) == site]
    fits = [(*_common_labels(url, claim), rank, _common_path(url, claim, rank)) for rank, claim in near]
    return max(fits, default=None)


def _claims(ground: Ground) -> Iterator[tuple[int, str]]:
    yield _HOMEPAGE, ground.homepage
    yield from ((_PARTNER, f"https://{partner}/") for partner in ground.partners)
    yield from ((_FEED, feed) for feed in ground.feeds)


def _common_labels(url: str, claim: str) -> tuple[int, int]:
    """How many labels of the host names are equal from the right, and minus those of the claim that are not."""
    ours, theirs = _labels(url), _labels(claim)
    equal = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False)))
    return equal, equal - len(theirs)


def _labels(url: str) -> list[str]:
    """The labels of the host name from the right; a leading www counts for nothing."""
    return (urlsplit(url).hostname or "").removeprefix("www.").split(".")[::-1]


def _common_path(url: str, claim: str, rank: int) -> int:
    """Length of a homepage's path where the address stands below it, else 0; paths of feeds say nothing."""
    below = urlsplit(claim).path.rstrip("/") + "/"
    return len(below) if rank == _HOMEPAGE and urlsplit(url).path.startswith(below) else 0
