"""What portals do to an article after it appeared: each change is one function and one line in CHANGES."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from portal.model import Article, Block, Portal
from portal.reading import read_yaml

Change = Callable[[Article, Portal, datetime], Article]

_DECIMAL = re.compile(r"\d[.,]\d")
_NUMBER = re.compile(r"\d+")


def corrected(article: Article, portal: Portal, now: datetime) -> Article:
    """One number changed and a sentence added that says so."""
    blocks = list(article.text.blocks)
    place = next((k for k, b in enumerate(blocks) if not b.is_heading and _DECIMAL.search(b.text)), 0)
    pattern = _DECIMAL if _DECIMAL.search(blocks[place].text) else _NUMBER
    blocks[place] = Block(pattern.sub(_next_digit, blocks[place].text, count=1))
    return _revised(_ending(article, tuple(blocks), _phrase(portal, "correction", article.revision + 1)), now)


def extended(article: Article, portal: Portal, now: datetime) -> Article:
    """A sentence added to the last paragraph."""
    return _revised(_ending(article, article.text.blocks, _phrase(portal, "addition", article.revision)), now)


def retitled(article: Article, _portal: Portal, now: datetime) -> Article:
    """Another title over the same text, at the same address."""
    title = f"{article.text.title} (Update {article.revision})"
    return _revised(replace(article, text=replace(article.text, title=title)), now)


def readvertised(article: Article, portal: Portal, _now: datetime) -> Article:
    """Another advertisement below the same article."""
    number = article.adverts + 1
    return replace(article, adverts=number, advert=_phrase(portal, "advert", number))


def restamped(article: Article, _portal: Portal, now: datetime) -> Article:
    """A later time of change and nothing else."""
    return replace(article, modified=now)


CHANGES: dict[str, Change] = {
    "correction": corrected,
    "body": extended,
    "title": retitled,
    "advert": readvertised,
    "timestamp": restamped,
}


def _revised(article: Article, now: datetime) -> Article:
    return replace(article, modified=now, revision=article.revision + 1)


def _ending(article: Article, blocks: tuple[Block, ...], sentence: str) -> Article:
    """The article with these blocks, the last one followed by the sentence."""
    last = Block(f"{blocks[-1].text} {sentence}")
    return replace(article, text=replace(article.text, blocks=(*blocks[:-1], last)))


def _phrase(portal: Portal, name: str, number: int) -> str:
    return str(read_yaml(f"grammar-{portal.language}.yaml")[name].format(n=number))


def _next_digit(match: re.Match[str]) -> str:
    return match[0][:-1] + str((int(match[0][-1]) + 1) % 10)
