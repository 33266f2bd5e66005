"""Why a page was read as it was: the value of each layer by itself, and what each way to the text found.

Costs half a dozen extractions, so nothing but `newstape extract --explain` asks. A layer's own value is what comes out
when the other layers that speak to machines are taken off the page: the same code decides, and no rule stands twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml.etree import _Element as Element
from lxml.etree import tostring

from config.page_rules import NO_RULES
from tasks.extract.article import extract_article, extract_html
from tasks.extract.body import container_paragraphs, is_little, short_paragraphs, stated_paragraphs
from tasks.extract.lines import find_container, read_lines
from tasks.extract.page import Statements, read_statements
from tasks.extract.preparing import printed_paragraphs
from tasks.extract.pruning import prune, prune_links
from tasks.extract.titles import stated_titles
from tasks.extract.tree import drop, parse
from tasks.model import Article, Page, Profile, Timestamp
from tasks.outcome import Failure
from tasks.text import decode, inflate

# What is kept, one at a time; without any the page's own look is left, and the address.
LAYERS = ("profile", "jsonld", "opengraph", "meta", "feed", "dom")
_NOT_ASKED = frozenset({"text", "provenance", "dropped", "unfound", "flags", "headings", "word_count"})


@dataclass(frozen=True, slots=True)
class Alternative:
    """What another layer says; `agrees`: the same as was chosen."""

    layer: str
    value: Any
    agrees: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """One value: what was chosen (None: nothing), from which layer, and what the other layers say."""

    name: str
    value: Any
    layer: str | None
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to the text and what it found, before notices and repeated lines go."""

    name: str
    paragraphs: int
    words: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """An article with the reasons for its values and its text."""

    article: Article
    values: tuple[Explained, ...]
    strategies: tuple[Strategy, ...]


def explain(page: Page, profile: Profile, *, limit: int, teaser: str | None = None) -> Explanation | Failure:
    """The article with what every layer says; the Failure where there is no article."""
    outcome = extract_article(page, profile, limit=limit, teaser=teaser)
    body = inflate(page.body, page.content_encoding, limit)
    if isinstance(outcome, Failure):
        return outcome
    # An article came out, so the body was inflated.
    html = decode(body, page.charset) if isinstance(body, bytes) else ""
    said = [*_titles(html, page, profile), *(dict(_alone(html, page, profile, teaser, layer)) for layer in LAYERS)]
    values = tuple(_explained(name, outcome, said) for name in Article.__dataclass_fields__ if name not in _NOT_ASKED)
    return Explanation(outcome, values, tuple(_strategies(html, page.final_url, profile, outcome)))


def _explained(name: str, article: Article, said: list[dict[str, tuple[str, Any]]]) -> Explained:
    """One value beside what the layers say by themselves, each layer once."""
    chosen, layer = getattr(article, name), article.provenance.get(name)
    others: dict[str, Alternative] = {}
    for values in said:
        if name in values:
            own, value = values[name]
            agrees = _meaning(value) == _meaning(chosen)
            if not (own == layer and agrees):
                others.setdefault(own, Alternative(own, value, agrees))
    return Explained(name, chosen if layer else None, layer, tuple(others.values()))


def _meaning(value: Any) -> Any:
    """What is compared: of a time the instant, not where it was printed."""
    return value.at if isinstance(value, Timestamp) else value


def _titles(html: str, page: Page, profile: Profile) -> Iterator[dict[str, tuple[str, Any]]]:
    """The title of each layer: alone with the printed headline, most would be outvoted."""
    root = parse(html)
    stated = stated_titles(read_statements(root, page.final_url, profile)) if root is not None else []
    yield from ({"title": (said.layer, said.value)} for said in stated)


def _alone(
    html: str, page: Page, profile: Profile, teaser: str | None, kept: str
) -> Iterator[tuple[str, tuple[str, Any]]]:
    """The values that come out with one layer alone: name, its layer, value."""
    root = parse(html)
    if root is None:
        return
    for element in list(_spoken(root, kept)):
        drop(element)
    bare = str(tostring(root, encoding="unicode", method="html"))
    rules = profile.pages if kept == "profile" else NO_RULES
    outcome = extract_html(
        bare, page.final_url, replace(profile, pages=rules), asked=page.url, teaser=teaser if kept == "feed" else None
    )
    if isinstance(outcome, Article):
        yield from ((name, (layer, getattr(outcome, name))) for name, layer in outcome.provenance.items())


def _spoken(root: Element, kept: str) -> Iterator[Element]:
    """The elements of the layers that speak to machines, but for those of the layer that is kept."""
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and kept != "jsonld":
            yield script
    for tag in root.iter("meta"):
        name = (tag.get("property") or tag.get("name") or tag.get("itemprop") or "").lower()
        layer = "opengraph" if ":" in name and not name.startswith("twitter:") else "meta"
        if layer != kept:
            yield tag
    if kept != "meta":
        yield from root.iter("title")


def _strategies(html: str, url: str, profile: Profile, article: Article) -> Iterator[Strategy]:
    """What each way to the text finds; chosen is the first of the text's layer that found enough."""
    found = _texts(html, url, profile)
    ways = [name for name in found if name.split(" ", 1)[0] == article.provenance.get("text")]
    chosen = next((name for name in ways if not is_little(found[name])), ways[-1] if ways else None)
    for name, texts in found.items():
        yield Strategy(name, len(texts), sum(len(text.split()) for text in texts), name == chosen)


def _texts(html: str, url: str, profile: Profile) -> dict[str, list[str]]:
    """Paragraphs by the way that found them."""
    root = parse(html)
    if root is None:
        return {}
    page = read_statements(root, url, profile)
    told = page.told.text
    prune(page.root, page.headline, page.named)
    container = find_container(page.root)
    body = container_paragraphs(read_lines(page.headline, container)) if container else None
    return {
        "profile (selected)": told.paragraphs if told else [],
        "dom (the text's container)": body.paragraphs if body else [],
        **_by_trafilatura(page),
        "dom (sentences behind the headline)": short_paragraphs(page),
        "jsonld (articleBody)": stated_paragraphs(page.article.get("articleBody"), 1),
    }


def _by_trafilatura(page: Statements) -> dict[str, list[str]]:
    prune_links(page.root, page.headline)
    return {"trafilatura": printed_paragraphs(page)[0]}
