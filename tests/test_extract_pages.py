"""Whole pages: every layout in tests/data/pages gives the values in the file beside it.

To add a layout, write NAME.html (its first comment names the layout) and NAME.json: the address, the profile and
under "expected" the values to compare, `text` as a list of paragraphs; "contains" and "lacks" are phrases of the text.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tasks.extract import extract_html
from tasks.model import Article, Profile, Timestamp

PAGES = Path(__file__).parent / "data" / "pages"
LAYOUTS = sorted(path.stem for path in PAGES.glob("*.html"))


def read(layout: str) -> tuple[Article, Mapping[str, Any]]:
    """The article of a layout and what its JSON file says."""
    gold = json.loads((PAGES / f"{layout}.json").read_text(encoding="utf-8"))
    html = (PAGES / f"{layout}.html").read_text(encoding="utf-8")
    article = extract_html(html, gold["url"], Profile(**gold["profile"]))
    assert isinstance(article, Article), article
    return article, gold


def plain(value: object) -> object:
    """A value of an article in the form that the JSON files use."""
    if isinstance(value, Timestamp):
        at = value.at.isoformat().replace("+00:00", "Z")
        return {"at": at, "origin": value.origin, "zone": value.zone, "precision": value.precision}
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_gives_the_values_beside_it(layout: str) -> None:
    article, gold = read(layout)
    expected = gold["expected"]
    found = {name: plain(getattr(article, name)) for name in expected if name != "text"}
    assert found == {name: value for name, value in expected.items() if name != "text"}
    if "text" in expected:
        assert article.text == "\n\n".join(expected["text"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_phrases_of_the_text_are_there_and_those_around_it_are_not(layout: str) -> None:
    article, gold = read(layout)
    assert [phrase for phrase in gold.get("contains", ()) if phrase not in article.text] == []
    assert [phrase for phrase in gold.get("lacks", ()) if phrase in article.text] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_value_names_its_layer(layout: str) -> None:
    article, _ = read(layout)
    unnamed = {"headings", "flags", "word_count", "provenance"}
    filled = {
        name
        for name in Article.__dataclass_fields__
        if name not in unnamed and getattr(article, name) not in (None, "", ())
    }
    assert set(article.provenance) == filled


def test_every_layout_has_expectations_and_says_what_it_is() -> None:
    assert len(LAYOUTS) >= 12
    assert sorted(path.stem for path in PAGES.glob("*.json")) == LAYOUTS
    assert [name for name in LAYOUTS if "<!-- " not in (PAGES / f"{name}.html").read_text(encoding="utf-8")] == []
