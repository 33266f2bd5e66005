"""What a source says about its pages, as the extractor gets it: plain texts, checked when they were read from the file.

Light on purpose: the processes that extract import it (the model that checks a file is in config/pages.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageRules:
    """Selectors by the value they find, and how what they find is read; the keys are described in docs/sources.md.

    Of several selectors for one value the first that finds something counts; all of `remove` are applied.
    """

    title: Texts = ()
    kicker: Texts = ()
    subtitle: Texts = ()
    lead: Texts = ()
    body: Texts = ()
    remove: Texts = ()
    author: Texts = ()
    byline_pattern: str | None = None
    date: Texts = ()
    date_pattern: str | None = None
    notices: Texts = ()
    paywall: Texts = ()


NO_RULES = PageRules()


def rules_of(written: Mapping[str, Any] | None) -> PageRules:
    """The rules that a column or a file holds, keys without a value left out; None: none."""
    if not written:
        return NO_RULES
    known = {field.name for field in fields(PageRules)}
    # A file of a newer version may have been synced by another process: what is not known here is not for us.
    said = {name: value for name, value in written.items() if name in known}
    texts: dict[str, Any] = {name: value if isinstance(value, str) else tuple(value) for name, value in said.items()}
    return PageRules(**texts)


def written_rules(rules: PageRules) -> dict[str, Any] | None:
    """The rules as JSON holds them, without the keys that say nothing; None: there are none."""
    said = {field.name: getattr(rules, field.name) for field in fields(PageRules)}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in said.items() if v} or None
