"""Which lines of a page are the portal's notices and not its article; the phrases: config/phrases/*.yaml."""

import re
from collections.abc import Iterable
from functools import lru_cache

from config.phrases import LANGUAGES, Phrase, load_phrases
from tasks.extract.phrases import Matcher, matcher

# As the phrase files promise: longer lines are prose, whatever they say.
_MAX_WORDS = 60
_DATE_IN_FRONT = re.compile(
    r"^(?:(?:date|datum|stand)\W*)?\d{4}-\d{2}-\d{2}\W+|^\d{1,2}\.\d{1,2}\.\d{4}\W+", re.IGNORECASE
)
# Portals print these in other languages than their articles: buttons of foreign software, agencies' credits. What is
# short and may be a heading or a sentence in another language (a byline, a date, "Report") is not among them.
_IN_ANY_LANGUAGE = frozenset(
    {"redirect", "picture", "related", "advertising", "newsletter", "app", "subscription", "consent", "copyright"}
)


@lru_cache(maxsize=2048)
def is_notice(line: str, language: str | None = None) -> bool:
    """Whether the line is one of the portal's own: a redirect, a credit, a "read also", a share button's label.

    The phrases of the page's language count, of other languages only those that portals print anywhere; all of them
    count where the language is not known, or is none of ours. Cost: 5 us a line (bench corpus, 2026-11-23).
    """
    if line.count(" ") >= _MAX_WORDS:
        return False
    return matcher_of(language if language in LANGUAGES else None).fits(_DATE_IN_FRONT.sub("", line))


@lru_cache(maxsize=len(LANGUAGES) + 1)
def matcher_of(language: str | None) -> Matcher:
    """The matcher for pages of a language (None: of any), made once in a process."""
    return matcher([phrase for each in LANGUAGES for phrase in _valid_in(language, each)])


def _valid_in(language: str | None, written: str) -> Iterable[Phrase]:
    """The phrases of the language `written` that count on pages of `language`."""
    phrases = load_phrases(written)
    return [phrase for phrase in phrases if language in (None, written) or phrase.kind in _IN_ANY_LANGUAGE]
