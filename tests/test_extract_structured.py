"""JSON-LD in the forms that pages send: wrapped, broken, nested, referring, hostile."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.structured import Node, article_node, by_id, first, json_ld, strings, types_of
from tasks.extract.tree import parse

URL = "https://www.kontor.example/a/1"


def read(*blocks: str) -> tuple[Node, ...]:
    """The nodes of a page with these JSON-LD blocks."""
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    root = parse(f"<html><head>{scripts}</head><body><p>x</p></body></html>")
    assert root is not None
    return json_ld(root)


BROKEN = {
    "plain": '{"@type":"NewsArticle","headline":"Titel"}',
    "a list of one": '[{"@type":"NewsArticle","headline":"Titel"}]',
    "a graph": '{"@graph":[{"@type":"WebSite"},{"@type":["Thing","NewsArticle"],"headline":"Titel"}]}',
    "nested under mainEntity": '{"@type":"WebPage","mainEntity":{"@type":"NewsArticle","headline":"Titel"}}',
    "type with its vocabulary": '{"@type":"https://schema.org/NewsArticle","headline":"Titel"}',
    "trailing commas": '{"@type":"NewsArticle","headline":"Titel","keywords":["a","b",],}',
    "CDATA in a comment": '//<![CDATA[\n{"@type":"NewsArticle","headline":"Titel"}\n//]]>',
    "bare CDATA": '<![CDATA[{"@type":"NewsArticle","headline":"Titel"}]]>',
    "an HTML comment around it": '<!--{"@type":"NewsArticle","headline":"Titel"}-->',
    "a comment line": '{\n// by the content system\n"@type":"NewsArticle","headline":"Titel"}',
    "a raw line break in a string": '{"@type":"NewsArticle","description":"eins\nzwei","headline":"Titel"}',
    "a control character in a string": '{"@type":"NewsArticle","description":"eins\x0bzwei","headline":"Titel"}',
    "escaped quotes": "{&quot;@type&quot;:&quot;NewsArticle&quot;,&quot;headline&quot;:&quot;Titel&quot;}",
    "an escape that JSON lacks": '{"@type":"NewsArticle","headline":"Titel","url":"a\\_b"}',
    "a semicolon behind it": '{"@type":"NewsArticle","headline":"Titel"};',
    "two documents in one block": '{"@type":"WebSite"}{"@type":"NewsArticle","headline":"Titel"}',
    "markup and entities in the value": '{"@type":"NewsArticle","headline":"<b>Tit</b>el&shy;"}',
}


@pytest.mark.parametrize("form", BROKEN)
def test_the_headline_is_read_from_every_form(form: str) -> None:
    node = article_node(read(BROKEN[form]), URL)
    assert (first(node, "headline") or "").replace(" ", "") == "Titel"


def test_a_block_beyond_repair_costs_only_itself() -> None:
    nodes = read('{"@type": oops', '{"@type":"NewsArticle","headline":"Titel"}')
    assert first(article_node(nodes, URL), "headline") == "Titel"


def test_the_node_with_the_address_of_the_page_is_the_article() -> None:
    other = {
        "@type": "NewsArticle",
        "url": "https://www.kontor.example/a/2",
        "headline": "Fremd",
        "author": "X",
        "description": "y",
    }
    own = {"@type": "NewsArticle", "mainEntityOfPage": {"@id": f"{URL}/"}, "headline": "Eigen"}
    nodes = read(json.dumps([other, own]))
    assert first(article_node(nodes, f"{URL}?utm_source=x"), "headline") == "Eigen"


def test_stories_in_lists_and_parts_are_not_the_article() -> None:
    nodes = read('{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"Fremd"}]}')
    assert article_node(nodes, URL) == {}


def test_nodes_are_found_by_their_id() -> None:
    nodes = read('{"@graph":[{"@id":"#p","@type":"Person","name":"Jana Brook"},{"@id":"#q"}]}')
    assert set(by_id(nodes)) == {"#p", "#q"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Jana Brook", ["Jana Brook"]),
        (["a", {"name": "b"}, {"@value": "c"}, 7, None], ["a", "b", "c"]),
        ({"name": ["a", "b"]}, ["a", "b"]),
        ({"url": "https://x.example/"}, ["https://x.example/"]),
        (None, []),
        (" \u00a0 ", []),
    ],
)
def test_strings_are_found_in_every_kind_of_value(value: object, expected: list[str]) -> None:
    assert strings(value) == expected


def test_hostile_nesting_gives_nothing_and_does_not_raise() -> None:
    assert read("[" * 200_000) == ()
    assert read('{"@graph":' * 5_000 + "1" + "}" * 5_000) == ()


KEYS = st.sampled_from(["@type", "@id", "@graph", "name", "headline", "url", "mainEntity"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "@id", "@graph", "name", "headline", "url", "mainEntity"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(VALUES)
def test_any_json_is_read_without_an_error(value: object) -> None:
    nodes = read(json.dumps(value).replace("</", "<\\/"))
    for node in nodes:
        assert isinstance(types_of(node), frozenset)
    assert isinstance(article_node(nodes, URL), dict)


@given(st.text(max_size=300))
def test_any_text_in_a_block_is_read_without_an_error(text: str) -> None:
    assert isinstance(read(text), tuple)
