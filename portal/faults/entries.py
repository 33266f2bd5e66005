"""Faults of what a feed says of its articles: identity, window, and the many addresses of one article."""

from collections.abc import Callable, Sequence

from aiohttp import web

from portal.addresses import reslugged, variant
from portal.faults.kit import Call, Fault, chosen, rewritten
from portal.splitting import link_of, split, with_guid, with_link

WINDOW = 20
SURGE = 40
ON_THE_SAME_HOST = ("utm", "jsessionid", "slash", "amp", "print")


async def guid(call: Call) -> web.StreamResponse:
    """The right feed with odd GUIDs: the same for all, new at each poll, none, or taken over by newer articles."""
    parts = split(call.text)
    return rewritten(call, parts.around(chosen(call, GUIDS)(parts.entries, call.turn)))


async def new_slugs(call: Call) -> web.StreamResponse:
    """The right feed with other slugs in its links at each poll; every one of them leads to the article."""
    parts = split(call.text)
    entries = [
        entry if (link := link_of(entry)) is None else with_link(entry, reslugged(link, call.turn))
        for entry in parts.entries
    ]
    return rewritten(call, parts.around(entries))


async def window(call: Call) -> web.StreamResponse:
    """The right feed cut after its `value` (default 20) newest entries."""
    parts = split(call.text)
    return rewritten(call, parts.around(parts.entries[: int(call.value or WINDOW)]))


async def surge(call: Call) -> web.StreamResponse:
    """40 articles are published before each answer, which shows 20; value: {"new": 40, "window": 20}."""
    wish = call.value or {}
    call.world.publish(call.slug, int(wish.get("new", SURGE)))
    document = call.world.document(call.slug, call.path) or call.document
    parts = split(document.plain.decode(call.charset))
    return rewritten(call, parts.around(parts.entries[: int(wish.get("window", WINDOW))]))


async def variants(call: Call) -> web.StreamResponse:
    """The right feed with every article once per kind of address; value: ["utm", "amp", "www"] (default: same host)."""
    parts, kinds = split(call.text), call.value or ON_THE_SAME_HOST
    entries = [
        entry if link is None or kind is None else with_link(entry, variant(link, kind))
        for entry in parts.entries
        for link in [link_of(entry)]
        for kind in (None, *kinds)
    ]
    return rewritten(call, parts.around(entries))


FAULTS: dict[str, Fault] = {
    "guid": guid,
    "new_slugs": new_slugs,
    "window": window,
    "surge": surge,
    "variants": variants,
}


def _same(entries: Sequence[str], _turn: int) -> list[str]:
    return [with_guid(entry, "1") for entry in entries]


def _random(entries: Sequence[str], turn: int) -> list[str]:
    """New at each poll, as where a session or the time is part of it."""
    return [with_guid(entry, f"{turn:04}-{place:04}") for place, entry in enumerate(entries)]


def _missing(entries: Sequence[str], _turn: int) -> list[str]:
    return [with_guid(entry, None) for entry in entries]


def _empty(entries: Sequence[str], _turn: int) -> list[str]:
    return [with_guid(entry, "") for entry in entries]


def _reused(entries: Sequence[str], _turn: int) -> list[str]:
    """The place in the list: a newer article takes over the GUID of the one that stood there."""
    return [with_guid(entry, f"top-{place}") for place, entry in enumerate(entries, start=1)]


GUIDS: dict[str, Callable[[Sequence[str], int], list[str]]] = {
    "same": _same,
    "random": _random,
    "missing": _missing,
    "empty": _empty,
    "reused": _reused,
}
