"""Questions to the archives of the sample portal that several tests ask."""

import json
from typing import Any

from portal_asking import base, get

from portal.catalogue import load_portals
from portal.client import RunningPortal
from portal.world import Options, World

SLUGS = ["alpenboerse", "cornhill-courier"]


def gold_of(portal: RunningPortal, slug: str) -> list[dict[str, Any]]:
    """What an ideal reader would know of the portal's archive."""
    return [one for one in portal.archive_gold() if one["portal"] == slug]


def rows_of(portal: RunningPortal, query: str, slug: str = "alpenboerse") -> list[list[str]]:
    """The table of the index of captures, without its heading."""
    host = base(portal, slug).removeprefix("http://")
    rows: list[list[str]] = json.loads(get(f"{base(portal, slug)}/cdx/search/cdx?url={host}/*&output=json{query}").text)
    return rows[1:]


def new_world() -> World:
    """A small world without a server."""
    return World(Options(articles=10), [f"http://127.0.0.1:{8000 + k}" for k in range(len(load_portals()))])
