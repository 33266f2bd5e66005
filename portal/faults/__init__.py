"""Faults that a test switches on: each is one function that answers a request wrongly, and one line in a table.

    orders    what was asked for, where and how often           kit       what a fault gets, and how it answers
    wire      the connection      statuses  status and headers   redirects encodings  caching
    markup    broken documents    entries   feeds and what they say of articles       sitemaps  robots  pages
    past      what an archive lists

A fault gets the call (the request, the right answer, the value that the test gave) and returns the response it wants
served. Faults that break the connection write to it themselves. docs/portal.md says which row of the matrix is which.
"""

from collections.abc import Collection

from portal.faults import caching, encodings, entries, markup, pages, past, redirects, robots, sitemaps, statuses, wire
from portal.faults.kit import Fault

FAULTS: dict[str, Fault] = {
    **wire.FAULTS,
    **statuses.FAULTS,
    **redirects.FAULTS,
    **encodings.FAULTS,
    **caching.FAULTS,
    **markup.FAULTS,
    **entries.FAULTS,
    **sitemaps.FAULTS,
    **robots.FAULTS,
    **pages.FAULTS,
    **past.FAULTS,
}
"""Every fault by its name."""

VALUES: dict[str, Collection[str]] = {
    "retry_after": statuses.RETRY_AFTER,
    "redirect_inside": redirects.INSIDE,
    "bomb": encodings.CODINGS,
    "charset": encodings.CHARSETS,
    "etag": caching.TAGS,
    "external_entity": markup.ENTITIES,
    "bad_item": markup.BAD_ITEMS,
    "guid": entries.GUIDS,
    "robots": robots.ROBOTS,
    "paywall": pages.PAYWALLS,
    "lying_child": past.LIES,
}
"""The words that a fault takes as its value, the default first; other faults take numbers, addresses and the like."""


def described() -> str:
    """Every fault with the first line of its documentation and the words that it takes, for --help."""
    lines = []
    for name, fault in FAULTS.items():
        words = f" Values: {', '.join(VALUES[name])}." if name in VALUES else ""
        lines.append(f"  {name:<24}{(fault.__doc__ or '').splitlines()[0]}{words}")
    return "\n".join(lines)
