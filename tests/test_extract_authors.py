"""Authors of whole pages: which layer is believed, and who of those it names.

Names inside one credit are the rows of tests/data/bylines.tsv (see test_extract_values.py).
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract import extract_html
from tasks.extract.authors import find_authors
from tasks.extract.page import read_statements
from tasks.extract.tree import parse
from tasks.model import Article, Profile

PROFILE = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
ADDRESS = "https://www.kontor.example/a/9"
FILLING = "Die Preise werden jeden Morgen neu ausgehandelt, und am Abend gelten sie schon nicht mehr viel. " * 4
PERSON = {"@type": "Person", "name": "Jana Brook"}
HOUSE = {"@type": "Organization", "name": "Kontor am Morgen"}
DESK = {"@type": "Organization", "name": "Kontor-Redaktion"}

# What JSON-LD states as author, tags for the head, HTML below the headline, HTML below the text; the authors.
CASES: dict[str, tuple[object, str, str, str, list[str]]] = {
    "a list inside a list is read": ([[PERSON], [[{"@type": "Person", "name": "Tim Yorck"}]]], "", "", "",
        ["Jana Brook", "Tim Yorck"]),
    "a desk beside a person is no author": ([PERSON, DESK], "", "", "", ["Jana Brook"]),
    "a desk alone is the author": (DESK, "", "", "", ["Kontor-Redaktion"]),
    "the portal alone is the author": (HOUSE, "", "", "", ["Kontor am Morgen"]),
    "a byline beats the portal in JSON-LD": (HOUSE, "", "<p>Von: Tim Yorck</p>", "", ["Tim Yorck"]),
    "a part of the house beside a person is no author": (None, "",
        "<div class='byline'>Von Tim Yorck, Kontor Bremen</div>", "", ["Tim Yorck"]),
    "portal and agency in one credit stay together": ("Kontor am Morgen avec AFP", "", "", "",
        ["Kontor am Morgen avec AFP"]),
    "portal and agency parted by a comma do not": ("Kontor am Morgen, AFP", "", "", "", ["AFP"]),
    "portal and agency beside a person are no authors": (["Kontor am Morgen avec AFP", "Jana Brook"], "", "", "",
        ["Jana Brook"]),
    "initials do not replace the portal": (HOUSE, "", "<p class='author'>amw</p>", "", ["Kontor am Morgen"]),
    "initials count where nobody else is named": (None, "", "<p class='author'>amw</p>", "", ["amw"]),
    "a login is no person": ({"name": "Kontor D", "@id": "https://www.kontor.example/author/admin/"}, "",
        "<p class='author'>Tim Yorck</p>", "", ["Tim Yorck"]),
    "a login's own name is better than nothing": ("admin", "", "", "", ["admin"]),
    "a meta tag of any vocabulary is read": (None, "<meta name='articleAuthor' content='Tim Yorck'>", "", "",
        ["Tim Yorck"]),
    "an author's address in a meta tag is not": (None, "<meta name='author-url' content='Tim Yorck'>", "", "", []),
    "twitter:data1 counts under a label that says so": (None,
        "<meta name='twitter:label1' content='Written by'><meta name='twitter:data1' content='Tim Yorck'>", "", "",
        ["Tim Yorck"]),
    "twitter:data1 is something else under another label": (None,
        "<meta name='twitter:label1' content='Reading time'><meta name='twitter:data1' content='Drei Minuten'>", "", "",
        []),
    "a link to a person's page is a byline": (None, "", "<div><a href='/autoren/tim-yorck'>Tim Yorck</a></div>", "",
        ["Tim Yorck"]),
    "a link to the list of authors is not": (None, "", "<div><a href='/autoren/'>Alle Autoren</a></div>", "", []),
    "a link of a shared byline is not needed twice": (None, "",
        "<p class='byline'>Von <a href='/autoren/tim-yorck'>Tim Yorck</a> und Jana Brook</p>", "",
        ["Tim Yorck", "Jana Brook"]),
    "a link to an author's page that gives no name is not": (None, "",
        "<div><a href='/autoren/tim-yorck'>mehr</a></div>", "", []),
    "a link to a team is not": (None, "", "<div><a href='/team/blau-weiss'>Blau Weiss</a></div>", "", []),
    "names in front of the date are a byline": (None, "", "<div><span>Tim Yorck</span> | 12.05.2026, 10:15 Uhr</div>",
        "", ["Tim Yorck"]),
    "names in the line above the date are, too": (None, "", "<div>Tim Yorck und Jana Brook</div><div>12.05.2026</div>",
        "", ["Tim Yorck", "Jana Brook"]),
    "a place in front of the date is no author": (None, "", "<div>New York | 12.05.2026</div>", "", []),
    "a section in front of the date is none": (None, "", "<div>Aktien Zürich | 12.05.2026</div>", "", []),
    "a position in front of the date is none": (None, "", "<div>Political Correspondent</div><div>12.05.2026</div>",
        "", []),
    "a keyword in front of the date is none": (None, "<meta name='keywords' content='Nordhafen Werft'>",
        "<div>Nordhafen Werft | 12.05.2026</div>", "", []),
    "only the first date has a byline": (None, "", "<div>12.05.2026</div><p>Max Kai</p><div>13.05.2026</div>", "", []),
    "a name in bold below the text signs it": (None, "", "", "<p><strong>Lena Vogt</strong></p>", ["Lena Vogt"]),
    "a desk in italics below the text signs it": (None, "", "", "<p><em>KM-Redaktion</em></p>", ["KM-Redaktion"]),
    "the subject of the article does not sign it": (None, "<meta name='keywords' content='Hafen, Lena Vogt'>", "",
        "<p><strong>Lena Vogt</strong></p>", []),
    "a bold sentence below the text is no signature": (None, "", "", "<p><strong>Der Markt ruht.</strong></p>", []),
    "a heading in bold between paragraphs is no signature": (None, "", "",
        f"<p><strong>Lena Vogt</strong></p><p>{FILLING}</p>", []),
}  # fmt: skip


def page(author: object, head: str, byline: str, closing: str) -> str:
    """A page with these parts around its text."""
    stated = json.dumps({"@type": "NewsArticle", "headline": "Neues vom Hafen", "author": author})
    return (
        f"<html><head>{head}<script type='application/ld+json'>{stated}</script></head><body><article>"
        f"<h1>Neues vom Hafen</h1>{byline}<p>{FILLING}</p><p>{FILLING}</p>{closing}</article></body></html>"
    )


@pytest.mark.parametrize("case", CASES)
def test_authors_of_a_page(case: str) -> None:
    author, head, byline, closing, expected = CASES[case]
    found = extract_html(page(author, head, byline, closing), ADDRESS, PROFILE)
    assert isinstance(found, Article), found
    assert list(found.authors) == expected


def test_the_page_s_own_node_names_the_author_where_no_article_is_described() -> None:
    graph = [{"@type": "WebPage", "author": {"@id": "#jana"}}, {"@id": "#jana", **PERSON}]
    script = f"<script type='application/ld+json'>{json.dumps({'@graph': graph})}</script>"
    root = parse(f"<html><head>{script}</head><body><h1>Neues vom Hafen</h1><p>{FILLING}</p></body></html>")
    assert root is not None
    found = find_authors(read_statements(root, ADDRESS, PROFILE))
    assert (found.names, found.layer, found.has_person) == (("Jana Brook",), "jsonld", True)


@given(st.recursive(st.text(max_size=30), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_any_stated_authors_give_names_once_each(author: object) -> None:
    root = parse(page(author, "", "", ""))
    assert root is not None
    found = find_authors(read_statements(root, ADDRESS, PROFILE))
    assert len(set(found.names)) == len(found.names)
    assert all(name.strip() for name in found.names)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["a", "Jana ", "- ", "@", "/autoren/j", "Jana Brook, "])
def test_an_endless_credit_costs_no_time_and_names_nobody(piece: str) -> None:
    endless = piece * (200_000 // len(piece))
    byline = f"<p class='byline'><a rel='author' href='{endless}?'>{endless}</a></p>"
    root = parse(page(endless, f"<meta name='author' content='{endless}'>", byline, ""))
    assert root is not None
    assert find_authors(read_statements(root, ADDRESS, PROFILE)).names == ()


def test_deeply_nested_lists_of_authors_are_followed() -> None:
    nested: object = PERSON
    for _ in range(300):
        nested = [nested]
    found = extract_html(page(nested, "", "", ""), ADDRESS, PROFILE)
    assert isinstance(found, Article), found
    assert found.authors == ("Jana Brook",)
