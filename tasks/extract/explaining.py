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
from tasks.extract.carried import fill
from tasks.extract.lines import find_container, read_lines
from tasks.extract.page import read_statements
from tasks.extract.preparing import printed_paragraphs
from tasks.extract.pruning import prune, prune_links
from tasks.extract.titles import stated_titles
from tasks.extract.tree import drop, parse
from tasks.model import Article, Page, Profile, Timestamp
from tasks.outcome import Failure
from tasks.text import decode, inflate

# What is kept, one at a time; without any the page's own look is left, and the address.
LAYERS = ("profile", "jsonld", "microdata", "opengraph", "meta", "feed", "dom")
_NOT_ASKED = frozenset({"text", "provenance", "dropped", "unfound", "flags", "headings", "word_count"})
_SELECTED, _CONTAINER, _TRAFILATURA = "profile (selected)", "dom (the text's container)", "trafilatura"
_SENTENCES, _STATED = "dom (sentences behind the headline)", "jsonld (articleBody)"
_WON = {
    _SELECTED: "the source's file says where the text is, which goes before all else",
    _CONTAINER: "it has enough text, and no further way is tried",
    _TRAFILATURA: "the container has too little text, or there is none",
    _SENTENCES: "container and trafilatura have too little text, or the whole page on a line",
    _STATED: "the page prints too small a part of it",
}
_FOUND_NOTHING = {
    _SELECTED: "the source's file selects no text here",
    _CONTAINER: "no element holds most of the paragraphs",
    _TRAFILATURA: "nothing found",
    _SENTENCES: "no sentence behind the headline",
    _STATED: "not stated",
}
_LITTLE = "too little"


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
    """A way to the text and what it found, before notices and repeated lines go; `why` it was chosen or not."""

    name: str
    paragraphs: int
    words: int
    is_chosen: bool
    why: str


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
    if root is None:
        return
    statements = read_statements(root, page.final_url, profile)
    for said in stated_titles(statements):
        # Every structured article is called jsonld there; see assembly.py.
        layer = statements.article_layer if said.layer == "jsonld" else said.layer
        yield {"title": (layer, said.value)}


def _alone(
    html: str, page: Page, profile: Profile, teaser: str | None, kept: str
) -> Iterator[tuple[str, tuple[str, Any]]]:
    """The values that come out with one layer alone: name, its layer, value."""
    root = parse(html)
    if root is None:
        return
    _silence(root, kept)
    bare = str(tostring(root, encoding="unicode", method="html"))
    rules = profile.pages if kept == "profile" else NO_RULES
    outcome = extract_html(
        bare, page.final_url, replace(profile, pages=rules), asked=page.url, teaser=teaser if kept == "feed" else None
    )
    if isinstance(outcome, Article):
        yield from ((name, (layer, getattr(outcome, name))) for name, layer in outcome.provenance.items())


def _silence(root: Element, kept: str) -> None:
    """Take off the page what speaks to machines, but for the layer that is kept."""
    if kept == "microdata":
        # Only what such a tag says as a property of an item is this layer's.
        for tag in root.iterfind(".//meta[@itemprop]"):
            _forget(tag, "property", "name")
    else:
        for item in root.iter("*"):
            _forget(item, "itemscope")
    for element in list(root.iter("script", "meta", "title")):
        if _layers_of(element) and kept not in _layers_of(element):
            drop(element)


def _forget(element: Element, *names: str) -> None:
    """Take attributes off an element."""
    for name in names:
        element.attrib.pop(name, None)


def _layers_of(element: Element) -> tuple[str, ...]:
    """The layers that a script, a meta tag or a title speaks for; none: it is no statement."""
    if element.tag == "script":
        return ("jsonld",) if "ld+json" in (element.get("type") or "").lower() else ()
    if element.tag == "title":
        return ("meta",)
    name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
    layer = "opengraph" if ":" in name and not name.startswith("twitter:") else "meta"
    is_property = element.get("itemprop") and not (element.get("property") or element.get("name"))
    return (layer, "microdata") if is_property else (layer,)


def _strategies(html: str, url: str, profile: Profile, article: Article) -> Iterator[Strategy]:
    """What each way to the text finds, and why it was taken or not."""
    layer = article.provenance.get("text")
    found = _texts(parse(html), url, profile)
    chosen = _chosen(found, layer)
    carrier = ""
    if layer and chosen is None and (whole := parse(html)) is not None and fill(whole):
        # The page prints nothing; its text was put in from its scripts before it was read.
        found, carrier = _texts(whole, url, profile), "; the text comes from the page's scripts"
        chosen = _chosen(found, layer)
    for name, texts in found.items():
        why = _WON[name] + carrier if name == chosen else _why_not(name, found, chosen)
        yield Strategy(name, len(texts), sum(len(text.split()) for text in texts), name == chosen, why)


def _chosen(found: dict[str, list[str]], layer: str | None) -> str | None:
    """The way that the text was taken by: that of its layer; of the two in dom the container, if it had enough."""
    ways = [name for name, texts in found.items() if texts and name.split(" ", 1)[0] == layer]
    return next((name for name in ways if name != _CONTAINER or not is_little(found[name])), None)


def _why_not(name: str, found: dict[str, list[str]], chosen: str | None) -> str:
    """Why a way was not taken; the order is that of body.find_body."""
    if not found[name]:
        return _FOUND_NOTHING[name]
    if chosen == _SELECTED:
        return "the source's file goes first"
    if name == _STATED:
        return "the page prints enough of it, or it is a teaser"
    if chosen == _STATED:
        return "a small part of what is stated"
    if chosen == _CONTAINER:
        return "not asked: the container has enough"
    if name == _SENTENCES and not is_little(found[_TRAFILATURA]):
        return "not asked: trafilatura has enough"
    if name == _SENTENCES:
        return "the page does not call itself an article"
    return _LITTLE if is_little(found[name]) else "the whole page on a line"


def _texts(root: Element | None, url: str, profile: Profile) -> dict[str, list[str]]:
    """Paragraphs by the way that found them."""
    if root is None:
        return {}
    page = read_statements(root, url, profile)
    told = page.told.text
    prune(page.root, page.headline, page.named)
    container = find_container(page.root)
    body = container_paragraphs(read_lines(page.headline, container)) if container else None
    prune_links(page.root, page.headline)
    return {
        _SELECTED: told.paragraphs if told else [],
        _CONTAINER: body.paragraphs if body else [],
        _TRAFILATURA: printed_paragraphs(page)[0],
        _SENTENCES: short_paragraphs(page),
        _STATED: stated_paragraphs(page.article.get("articleBody"), 1),
    }
