"""Boilerplate that is learned: which paragraphs of an article are counted, and the article without the known ones.

Pure; the counts are kept by sql/store/boilerplate.py, which also says when a paragraph is boilerplate.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tasks.dropped import Dropped
from tasks.model import Article
from tasks.text import paragraph_hash

# Shorter lines are labels, which phrase files know and articles may share; longer ones are hardly ever boilerplate, and
# most paragraphs of an article are longer than this.
LEAST_CHARACTERS = 20
MOST_CHARACTERS = 300


def countable(article: Article) -> dict[bytes, str]:
    """The paragraphs by which boilerplate is known, by digest: short ones that are neither opening nor heading.

    Those that were dropped count as well, so that what is known stays known.
    """
    opening = _opening(article)
    paragraphs = enumerate(_paragraphs(article), 1)
    printed = [text for at, text in paragraphs if at > 1 and at not in article.headings and text not in opening]
    dropped = [one.text for one in article.dropped if not one.is_heading]
    return {paragraph_hash(text): text for text in [*printed, *dropped] if _is_short(text)}


def counted_rows(article: Article, stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows for the count; `stored` is the row of the article, which must be a new one: its later texts don't count."""
    known = {"source_id": stored["source_id"], "at": stored["available_at"], "article_id": stored["id"]}
    return [known | {"digest": digest, "text": text} for digest, text in countable(article).items()]


def without(article: Article, learned: Collection[bytes]) -> Article:
    """The article without the paragraphs of these digests, never without its first paragraph, lead and bullets.

    A heading goes with the last paragraph below it. What went is kept in `dropped`.
    """
    if not learned:
        return article
    paragraphs, opening = _paragraphs(article), _opening(article)
    gone = {
        at
        for at, text in enumerate(paragraphs, 1)
        if at > 1 and at not in article.headings and text not in opening and _is_short(text)
        if paragraph_hash(text) in learned
    }
    if not gone:
        return article
    gone |= _bare_headings(article, len(paragraphs), gone)
    kept = [at for at in range(1, len(paragraphs) + 1) if at not in gone]
    text = "\n\n".join(paragraphs[at - 1] for at in kept)
    return replace(
        article,
        text=text,
        word_count=len(text.split()),
        headings=tuple(number for number, at in enumerate(kept, 1) if at in article.headings),
        dropped=tuple(Dropped(at, paragraphs[at - 1], at in article.headings) for at in sorted(gone)),
    )


def whole_text(article: Article) -> str:
    """The text with what was dropped from it, in its place."""
    paragraphs = _paragraphs(article)
    for one in article.dropped:
        paragraphs.insert(one.number - 1, one.text)
    return "\n\n".join(paragraphs)


def _bare_headings(article: Article, last: int, gone: set[int]) -> set[int]:
    """The headings of which nothing is left but themselves, where something stood below."""
    bare: set[int] = set()
    for at in sorted(article.headings, reverse=True):
        below = next((number for number in range(at + 1, last + 1) if number not in gone | bare), None)
        is_empty = below is None or below in article.headings
        if at > 1 and at + 1 in gone and is_empty:
            bare.add(at)
    return bare


def _paragraphs(article: Article) -> list[str]:
    return article.text.split("\n\n")


def _opening(article: Article) -> frozenset[str]:
    return frozenset([*article.summary, *([article.lead] if article.lead else [])])


def _is_short(text: str) -> bool:
    return LEAST_CHARACTERS <= len(text) <= MOST_CHARACTERS
