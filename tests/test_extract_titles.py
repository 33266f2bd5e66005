"""Titles by table: what the layers of a page say, and which of it is the title.

The table is tests/data/titles.tsv; a row is a case, `#` starts a comment.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.page import Statements, read_statements
from tasks.extract.titles import find_kicker, find_title, title_spellings
from tasks.extract.tree import parse
from tasks.model import Profile

PROFILE = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
MISSING = "-"
LAYERS = {"opengraph", "jsonld", "dom", "meta"}


def cases() -> list[list[str]]:
    """The rows of the table."""
    lines = (Path(__file__).parent / "data" / "titles.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def page_of(shared: str, stated: str, printed: str, element: str, tweeted: str) -> Statements:
    """A page whose layers give these titles."""
    head = ['<meta name="description" content="Die Hafenfirma baut um.">']
    head += [f"<title>{element}</title>"] * (element != MISSING)
    head += [f"<meta property='og:title' content='{shared}'>"] * (shared != MISSING)
    head += [f"<meta name='twitter:title' content='{tweeted}'>"] * (tweeted != MISSING)
    node = json.dumps({"@type": "NewsArticle", "headline": stated})
    head += [f'<script type="application/ld+json">{node}</script>'] * (stated != MISSING)
    h1 = f"<h1>{printed}</h1>" if printed != MISSING else ""
    html = f"<html><head>{''.join(head)}</head><body><article>{h1}<p>Der Umbau dauert drei Jahre.</p></article></body>"
    root = parse(html)
    assert root is not None
    return read_statements(root, "https://www.kontor.example/a/7", PROFILE)


@pytest.mark.parametrize(("shared", "stated", "printed", "element", "tweeted", "title"), cases())
def test_the_layers_of_a_page_give_the_title_of_the_table(
    shared: str, stated: str, printed: str, element: str, tweeted: str, title: str
) -> None:
    page = page_of(shared, stated, printed, element, tweeted)
    kicker = find_kicker(page)
    found = find_title(page, kicker.value if kicker else None)
    assert found is not None
    assert found.value == title
    assert found.layer in LAYERS
    assert title in title_spellings(page)


def test_a_page_without_any_title_has_none() -> None:
    assert find_title(page_of(*[MISSING] * 5), None) is None


@pytest.mark.parametrize(
    ("shared", "stated", "layer"),
    [("Hafen baut um", "Hafen baut um", "opengraph"), ("-", "Hafen baut um", "jsonld"), ("-", "-", "dom")],
)
def test_a_title_names_the_layer_that_gave_it(shared: str, stated: str, layer: str) -> None:
    found = find_title(page_of(shared, stated, "Hafen baut um", "-", "-"), None)
    assert found == ("Hafen baut um", layer)


_TEXTS = st.text(st.characters(blacklist_characters="<>&'\t\r\n", blacklist_categories=("Cs", "Cc")), max_size=60)


@given(_TEXTS, _TEXTS, _TEXTS)
def test_any_titles_give_one_that_a_layer_has(shared: str, stated: str, printed: str) -> None:
    page = page_of(shared or MISSING, stated or MISSING, printed or MISSING, MISSING, MISSING)
    kicker = find_kicker(page)
    found = find_title(page, kicker.value if kicker else None)
    assert found is None or any(found.value in spelling for spelling in title_spellings(page))
