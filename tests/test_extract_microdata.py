"""Microdata as a node: values by element, nested items, several values, and what belongs to another item."""

from typing import Any

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.microdata import microdata_article
from tasks.extract.tree import parse

ARTICLE = '<div itemscope itemtype="http://schema.org/NewsArticle" itemid="/a/1">{}</div>'
PERSON = '<b itemprop="author" itemscope itemtype="https://schema.org/Person"><i itemprop="name">{}</i></b>'

CASES: dict[str, tuple[str, Any]] = {
    "text": ('<h1 itemprop="headline">Werft <b>baut</b> an</h1>', {"headline": "Werft baut an"}),
    "meta": ('<meta itemprop="datePublished" content="2026-03-01">', {"datePublished": "2026-03-01"}),
    "time": ('<time itemprop="datePublished" datetime="2026-03-01">gestern</time>', {"datePublished": "2026-03-01"}),
    "time without attribute": ('<time itemprop="datePublished">1. März</time>', {"datePublished": "1. März"}),
    "content elsewhere": ('<i itemprop="datePublished" content="2026-03-01">so</i>', {"datePublished": "2026-03-01"}),
    "link": ('<a itemprop="url" href="/a/1">hier</a>', {"url": "/a/1"}),
    "link without address": ('<a itemprop="url">hier</a>', {}),
    "picture": ('<img itemprop="image" src="/b.jpg" alt="Werft">', {"image": "/b.jpg"}),
    "two names of one value": ('<h1 itemprop="headline name">Werft</h1>', {"headline": "Werft", "name": "Werft"}),
    "two values of one name": (
        PERSON.format("Jana Brook") + PERSON.format("Tim Yorck"),
        {"author": [{"@type": "Person", "name": "Jana Brook"}, {"@type": "Person", "name": "Tim Yorck"}]},
    ),
    "the text is left to the page": ('<div itemprop="articleBody"><p>Ein Absatz.</p></div>', {}),
    "a long value is text": (f'<p itemprop="description">{"lang " * 300}</p>', {}),
    "a property within a property": (
        '<div itemprop="about"><i itemprop="name">Werft</i></div>', {"about": "Werft", "name": "Werft"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_property_has_the_value_that_the_standard_gives_it(case: str) -> None:
    markup, expected = CASES[case]
    root = parse(f"<html><body>{ARTICLE.format(markup)}</body></html>")
    assert root is not None
    assert microdata_article(root) == {"@type": "NewsArticle", "@id": "/a/1", **expected}


def test_the_first_item_of_an_article_type_is_taken() -> None:
    page = "<body><div itemscope itemtype='https://schema.org/WebPage'></div>"
    page += "<div itemscope itemtype='https://schema.org/BlogPosting'><i itemprop='headline'>Eins</i></div>"
    page += "<div itemscope itemtype='https://schema.org/Article'><i itemprop='headline'>Zwei</i></div></body>"
    root = parse(page)
    assert root is not None
    assert microdata_article(root) == {"@type": "BlogPosting", "headline": "Eins"}


def test_a_page_without_items_has_no_node() -> None:
    assert microdata_article(lxml.html.fromstring("<p itemprop='headline'>Werft</p>")) == {}


@given(st.recursive(st.text(max_size=10), lambda inner: st.lists(inner, max_size=3), max_leaves=20))
def test_items_in_items_of_any_depth_are_read_without_an_error(nested: Any) -> None:
    def markup(value: Any) -> str:
        if isinstance(value, str):
            return f"<i itemprop='name'>{value.replace('<', '')}</i>"
        return f"<b itemprop='author' itemscope itemtype='Person'>{''.join(map(markup, value))}</b>"

    root = parse(f"<html><body>{ARTICLE.format(markup(nested))}</body></html>")
    assert root is not None
    assert microdata_article(root)["@type"] == "NewsArticle"
