"""The key `pages` of a source file: where the portal's pages show what, each value checked where it is written."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from config.page_rules import PageRules
from config.selectors import format_fault, selector_fault

_GROUP = "author"
_LETTERS = 2  # the fewest that a notice has, as in the phrase files


def _listed(written: object) -> object:
    """A text as a list of one, so that both may be written."""
    return [written] if isinstance(written, str) else written


def _not_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    if texts:
        return texts
    raise ValueError("it has one text or more; take the key out where there is none")


def _selector(text: str) -> str:
    """`text`, if it is a selector; a ValueError that says why not."""
    if fault := selector_fault(text):
        raise ValueError(f"it {fault}")
    return text


def _date_pattern(text: str) -> str:
    if fault := format_fault(text):
        raise ValueError(f"it {fault}")
    return text


def _byline_pattern(text: str) -> str:
    """`text`, if it is a regular expression that finds a name; a ValueError that says why not."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from None
    if set(pattern.groupindex) != {_GROUP}:
        raise ValueError(f"the name is the group called {_GROUP}, the only named one, as in ^Von (?P<{_GROUP}>.+)$")
    if pattern.search("") is not None:
        raise ValueError("it fits an empty line, and so every one")
    return text


def _notice(text: str) -> str:
    if sum(map(str.isalnum, text)) < _LETTERS or text.startswith("…"):
        raise ValueError("it would fit too much; a notice begins with a word and has two letters or more")
    return text


_Selector = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_selector)]
_Notice = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_notice)]
_Selectors = Annotated[tuple[_Selector, ...], BeforeValidator(_listed), AfterValidator(_not_empty)]
_Notices = Annotated[tuple[_Notice, ...], BeforeValidator(_listed), AfterValidator(_not_empty)]


class PagesSpec(BaseModel):
    """Where a portal's pages show what; the texts below its keys complete "wanted: ..." in error messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)

    title: _Selectors | None = None
    """the selector of the headline, such as h1.headline, or a list of selectors"""
    kicker: _Selectors | None = None
    """the selector of the line above the headline, such as span.kicker, or a list of selectors"""
    subtitle: _Selectors | None = None
    """the selector of the second headline, such as h2.subline, or a list of selectors"""
    lead: _Selectors | None = None
    """the selector of the lead, such as p.lead, or a list of selectors"""
    body: _Selectors | None = None
    """the selector of what holds the text, such as div.article-body, or a list of selectors"""
    remove: _Selectors | None = None
    """the selector of what is never part of an article, such as div.stock-box, or a list of selectors"""
    author: _Selectors | None = None
    """the selector of the author's name or byline, such as a.author, or a list of selectors"""
    byline_pattern: Annotated[str, Field(max_length=300), AfterValidator(_byline_pattern)] | None = None
    """a regular expression whose group called author is the name in a byline, such as ^Von (?P<author>.+)$"""
    date: _Selectors | None = None
    """the selector of the time of publication, such as time.published, or a list of selectors"""
    date_pattern: Annotated[str, Field(max_length=100), AfterValidator(_date_pattern)] | None = None
    """the date as it is printed, in the directives of strptime that are numbers, such as %d/%m/%Y %H:%M"""
    notices: _Notices | None = None
    """the beginning of lines that are never text, or a list of beginnings"""
    paywall: _Selectors | None = None
    """the selector of what only pages have that must be paid for, such as div.paywall, or a list of selectors"""

    def rules(self) -> PageRules:
        """What the extractor gets."""
        return PageRules(**{name: value for name in PagesSpec.model_fields if (value := getattr(self, name))})
