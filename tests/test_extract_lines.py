"""The lines of a page and which of them are the article's; the cases: tests/data/lines.yaml."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml.etree import _Element as Element

from tasks.extract.choosing import choose
from tasks.extract.lines import find_container, read_lines
from tasks.extract.tree import parse

FERRY = "Die Werft in Emden baut zwei Fähren mehr, als sie noch im Herbst angekündigt hatte."
STAFF = "Sie stellt dafür bis zum Sommer neunzig Schweißer und Elektriker ein, sagte die Leiterin."
COST = "Beide Schiffe kosten zusammen 84 Millionen Euro, ein Drittel davon zahlt das Land."

CASES = yaml.safe_load((Path(__file__).parent / "data" / "lines.yaml").read_text(encoding="utf-8"))


def lines_in(behind: str) -> list[str]:
    root = page(behind)
    return [line.text for line in choose(read_lines(root.find(".//h1"), find_container(root)))]


def page(behind: str) -> Element:
    root = parse(f"<html><body><article><h1>Werft baut zwei Fähren</h1><div>{behind}</div></article></body></html>")
    assert root is not None
    return root


@pytest.mark.parametrize("case", CASES)
def test_the_lines_of_the_article_are_told_from_those_beside_them(case: str) -> None:
    assert lines_in(CASES[case]["html"]) == CASES[case]["lines"]


def test_the_container_is_the_innermost_element_with_most_of_the_paragraphs() -> None:
    root = parse(
        f"<body><main><div id='other'><p>{COST}</p></div><section><div id='text'><p>{FERRY}</p><p>{STAFF}</p>"
        f"<p>{COST}</p></div><p>Kurz.</p></section></main></body>"
    )
    assert root is not None
    found = find_container(root)
    assert found is not None
    assert (found.element.get("id"), found.characters) == ("text", len(FERRY + STAFF + COST))


def test_paragraphs_all_over_the_page_have_no_container_but_its_body() -> None:
    root = parse(f"<body><div><p>{FERRY}</p></div><div><p>{STAFF}</p></div></body>")
    assert root is not None
    assert find_container(root) is None
    whole = find_container(root, or_body=True)
    assert whole is not None
    assert whole.element.tag == "body"


def test_paragraphs_of_links_are_no_text() -> None:
    root = parse(
        f"<body><div id='links'><p><a href='/1'>{FERRY}</a></p><a href='/2'><p>{STAFF} {STAFF}</p></a></div>"
        f"<div id='text'><p>{COST}</p></div></body>"
    )
    assert root is not None
    found = find_container(root)
    assert found is not None
    assert found.element.get("id") == "text"


def test_where_the_text_stands_in_no_paragraphs_those_of_the_readers_are_not_taken_for_it() -> None:
    root = parse(
        f"<body><h1>Werft baut an</h1><div id='text'><div>{FERRY}</div><div>{STAFF}</div><div>{COST} {STAFF}</div>"
        f"<div>{COST}</div></div><div id='readers'><p>Endlich tut sich etwas bei uns in Emden, wurde auch Zeit.</p>"
        "<p>Das glaube ich erst, wenn das erste Schiff vom Stapel läuft.</p></div></body>"
    )
    assert root is not None
    container = find_container(root)
    assert container is not None
    assert container.element.get("id") == "text"
    assert [line.text for line in choose(read_lines(root.find(".//h1"), container))] == [
        FERRY, STAFF, f"{COST} {STAFF}", COST,
    ]  # fmt: skip


def test_lines_begin_behind_the_headline_and_end_soon_behind_the_container() -> None:
    after = "".join(f"<div><p>Zeile {number} darunter.</p></div>" for number in range(30))
    root = parse(
        f"<body><p>Darüber.</p><main><h1>Werft</h1><p class='lead'>Vorspann.</p><div><p>{FERRY}</p><p>{STAFF}</p></div>"
        f"</main>{after}</body>"
    )
    assert root is not None
    lines = read_lines(root.find(".//h1"), find_container(root))
    texts = [line.text for line in lines]
    assert texts[:3] == ["Vorspann.", FERRY, STAFF]
    assert [line.text for line in lines if line.inside] == [FERRY, STAFF]
    assert 2 <= len(texts[3:]) <= 10


def test_where_the_headline_stands_behind_the_text_the_container_is_read_whole() -> None:
    root = parse(f"<body><main><div><p>{FERRY}</p><p>{STAFF}</p></div></main><footer><h1>Talbote</h1></footer></body>")
    assert root is not None
    assert [line.text for line in read_lines(root.find(".//h1"), find_container(root))] == [FERRY, STAFF]


BLOCKS = st.sampled_from([
    f"<p>{FERRY}</p>", f"<p>{STAFF}<br>{COST}</p>", "<h2>Zahlen</h2>", "<ul><li>Eins</li><li>Zwei</li></ul>",
    "<div>lose</div>", "<p><a href='/x'>Nur ein Zeiger</a></p>", "<aside><p>Kasten</p></aside>", "<br>", "text",
    f"<blockquote><p>{COST}</p></blockquote>", "<table><tr><td>1</td></tr></table>",
    "<div><div><p>tief</p></div></div>",
])  # fmt: skip


@given(st.lists(BLOCKS, max_size=12))
def test_lines_come_in_the_page_s_order_and_none_is_made_up(blocks: list[str]) -> None:
    root = page("".join(blocks))
    printed = " ".join("".join(root.itertext()).split())
    lines = read_lines(root.find(".//h1"), find_container(root))
    assert all(line.text in printed for line in lines if "Euro" not in line.text)
    chosen = choose(lines)
    assert [line for line in lines if line in chosen] == chosen
    assert all(line.inside for line in chosen)
