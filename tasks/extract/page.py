"""Everything a page states about itself, read once from the parsed tree before pruning changes it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from lxml.etree import _Element as Element

from tasks.extract.microdata import microdata_article
from tasks.extract.named import Named, read_named
from tasks.extract.structured import ARTICLE_TYPES, Node, article_node, by_id, first, json_ld, plain, strings, types_of
from tasks.extract.told import NOTHING_TOLD, Told, read_told, remove, told_headline
from tasks.extract.tree import blocks_after, blocks_before, lines_of, strip, text_of
from tasks.model import Profile

# Leaf blocks on either side of the headline that are read for byline, date, kicker and the like.
_ABOVE, _BELOW = 6, 14
_COMMON_SIGNS = " .,-–:\"„“'’"
_SIGNS = re.compile(r"[\W_]+")
_META_KEYS = ("property", "name", "itemprop", "http-equiv")


class Said(NamedTuple):
    """A value and the layer that gave it, as it goes to an article's provenance."""

    value: str
    layer: str


class Block(NamedTuple):
    """A leaf block of the page as it came, and its visible lines."""

    element: Element
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The visible text on one line."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True, eq=False)
class Statements:
    """The page's own statements: JSON-LD nodes, the article's node among them, meta tags, the headline element.

    `metas` has lower-case names; several tags of one name keep their order. `headline` is the h1 of the article,
    None where there is none; `above` and `below` are the blocks on either side of it, nearest first. `named` has the
    elements with telling names. `teaser` is what the feed said about the article, "" where it said nothing; `told`
    what the selectors of the source's file found. `article_layer` is where `article` is from, JSON-LD or microdata.
    """

    url: str
    root: Element
    profile: Profile
    nodes: tuple[Node, ...]
    article: Node
    ids: Mapping[str, Node]
    metas: Mapping[str, tuple[str, ...]]
    headline: Element | None
    above: tuple[Block, ...]
    below: tuple[Block, ...]
    named: tuple[Named, ...]
    teaser: str = ""
    told: Told = NOTHING_TOLD
    article_layer: str = "jsonld"

    def meta(self, *names: str) -> str | None:
        """The first non-empty meta value of the first of `names` that the page has."""
        return next((value for name in names for value in self.metas.get(name, ())), None)


def read_statements(root: Element, url: str, profile: Profile, teaser: str | None = None) -> Statements:
    """The statements of the page with this root; `teaser` is the feed's, as printed there."""
    removed = remove(root, profile.pages)
    nodes = json_ld(root)
    metas = _metas(root)
    stated = article_node(nodes, url)
    article = stated or microdata_article(root)
    title = first(article, "headline") or next(iter(metas.get("og:title", ())), "")
    selected = told_headline(root, profile.pages)
    headline = _headline(root, title) if selected is None else selected
    told = read_told(root, profile, headline, removed=removed)
    strip(root, headline)
    return Statements(
        url,
        root,
        profile,
        nodes,
        article,
        by_id(nodes),
        metas,
        headline,
        _blocks(blocks_before(headline), _ABOVE) if headline is not None else (),
        _blocks(blocks_after(headline), _BELOW) if headline is not None else (),
        read_named(root),
        plain(teaser or ""),
        told,
        "microdata" if article and not stated else "jsonld",
    )


def _blocks(elements: Iterator[Element], count: int) -> tuple[Block, ...]:
    return tuple(Block(element, tuple(lines_of(element))) for element in islice(elements, count))


# Of the page that is being read: many values ask.
@lru_cache(maxsize=1)
def site_names(page: Statements) -> frozenset[str]:
    """Names of the portal in `squeezed` form: what the source, og:site_name, the JSON-LD publisher and the host say."""
    names = [page.profile.name, page.profile.source, *page.metas.get("og:site_name", ())]
    names += [*page.metas.get("application-name", ()), *page.metas.get("twitter:site", ())]
    names += strings(page.article.get("publisher")) + strings(page.article.get("sourceOrganization"))
    host = page.url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower().removeprefix("www.")
    names += [host, *host.split(".")[:-1]]
    return frozenset(short for name in names if len(short := squeezed(name)) > 1)


def declares_article(page: Statements) -> bool:
    """Whether the page calls itself an article, in JSON-LD or OpenGraph."""
    return bool(types_of(page.article) & ARTICLE_TYPES) or (page.meta("og:type") or "").lower() in ("article", "news")


@lru_cache(maxsize=2048)
def squeezed(text: str) -> str:
    """Letters and digits of `text` in lower case: a key under which spellings of a name or line are equal."""
    key = text.casefold()
    # Three times as fast as the pattern alone: in most lines there are no other signs.
    for sign in _COMMON_SIGNS:
        key = key.replace(sign, "")
    return key if key.isalnum() else _SIGNS.sub("", key)


def _metas(root: Element) -> dict[str, tuple[str, ...]]:
    """Meta values by lower-case name, entities and markup inside them resolved."""
    found: dict[str, list[str]] = {}
    for tag in root.iter("meta"):
        value = plain(tag.get("content") or tag.get("value") or "")
        if not value:
            continue
        for key in _META_KEYS:
            if name := tag.get(key):
                found.setdefault(name.strip().lower(), []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _headline(root: Element, title: str) -> Element | None:
    """The h1 that shares most words with what the page calls its title; without h1, the h2 that equals it."""
    words = set(title.casefold().split())
    best = max(
        (
            (len(words & set(text.casefold().split())), _wordiness(text), -order, h1)
            for order, h1 in enumerate(root.iter("h1"))
            if (text := text_of(h1))
        ),
        key=lambda ranked: ranked[:3],
        default=None,
    )
    if best is not None:
        return best[3]
    key = squeezed(title)
    return next((h2 for h2 in root.iter("h2", "h3") if key and key in squeezed(text_of(h2))), None)


def _wordiness(text: str) -> int:
    """How much an h1 looks like a headline and not like a logo, up to four words."""
    return min(len(text.split()), 4)
