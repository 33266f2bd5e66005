"""Names of flow runs, from what they are about. Pure."""

from collections.abc import Mapping
from typing import Any


def named(flow: str, parameters: Mapping[str, Any]) -> str:
    """The name of a run of `flow` with these parameters: its sources or URLs, as far as a list shows them."""
    if urls := parameters.get("urls"):
        return f"{flow} {len(urls)} URL{'' if len(urls) == 1 else 's'}"
    sources = parameters.get("sources") or ()
    if not sources:
        return flow
    return f"{flow} {sources[0]}" if len(sources) == 1 else f"{flow} {len(sources)} sources"
