"""Everything a page states about itself, read once from the parsed tree before pruning changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lxml.html import HtmlElement

from tasks.extract.structured import ARTICLE_TYPES, Node, article_node, by_id, first, json_ld, plain, strings, types_of
from tasks.extract.tree import text_of
from tasks.model import Profile

_META_KEYS = ("property", "name", "itemprop", "http-equiv")


class Said(NamedTuple):
    """A value and the layer that gave it, as it goes to an article's provenance."""

    value: str
    layer: str


@dataclass(frozen=True, slots=True)
class Statements:
    """The page's own statements: JSON-LD nodes, the article's node among them, meta tags, the headline element.

    `metas` has lower-case names; several tags of one name keep their order. `headline` is the h1 of the article,
    None where there is none.
    """

    url: str
    root: HtmlElement
    profile: Profile
    nodes: tuple[Node, ...]
    article: Node
    ids: Mapping[str, Node]
    metas: Mapping[str, tuple[str, ...]]
    headline: HtmlElement | None

    def meta(self, *names: str) -> str | None:
        """The first non-empty meta value of the first of `names` that the page has."""
        return next((value for name in names for value in self.metas.get(name, ())), None)


def read_statements(root: HtmlElement, url: str, profile: Profile) -> Statements:
    """The statements of the page with this root."""
    nodes = json_ld(root)
    metas = _metas(root)
    article = article_node(nodes, url)
    title = first(article, "headline") or next(iter(metas.get("og:title", ())), "")
    headline = _headline(root, title)
    return Statements(url, root, profile, nodes, article, by_id(nodes), metas, headline)


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


def squeezed(text: str) -> str:
    """Letters and digits of `text` in lower case: a key under which spellings of a name or line are equal."""
    return "".join(filter(str.isalnum, text.casefold()))


def _metas(root: HtmlElement) -> dict[str, tuple[str, ...]]:
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


def _headline(root: HtmlElement, title: str) -> HtmlElement | None:
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
