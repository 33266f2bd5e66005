"""The article model: organisations apart from persons, subtitle, section headings, the language of short texts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract import extract_html
from tasks.extract.authors import Authors
from tasks.extract.labels import find_language
from tasks.extract.organisations import find_organisations
from tasks.extract.page import Said, read_statements
from tasks.extract.subtitles import find_subtitle
from tasks.extract.tree import parse
from tasks.model import Article, Profile

DATA = Path(__file__).parent / "data"
PROFILE = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
URL = "https://www.kontor.example/a/1"
PROSE = "Die Nordwerft baut bis Herbst drei Fähren für den Verkehr zu den Inseln und stellt dafür vierzig Leute ein."


def rows(name: str, columns: int) -> list[list[str]]:
    """The cells of a table, short rows filled up."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [row + [""] * (columns - len(row)) for row in cells]


def credited(*credits_: str, names: tuple[str, ...] = (), organisations: tuple[str, ...] = ()) -> Authors:
    return Authors(names, "dom", credits_, organisations, has_person=bool(names))


@pytest.mark.parametrize(("credit", "names"), rows("organisations.tsv", 2))
def test_a_credit_names_the_organisations_of_the_table(credit: str, names: str) -> None:
    assert find_organisations(credited(credit))[0] == tuple(name for name in names.split(" + ") if name)


def test_who_json_ld_calls_an_organisation_is_one_whatever_its_name() -> None:
    found = credited("Brook & Yorck, Nordwerft", names=("Brook & Yorck",), organisations=("Brook & Yorck",))
    assert find_organisations(found) == (("Brook & Yorck",), "jsonld")


def test_an_organisation_is_named_once_and_two_printed_as_one_are_two() -> None:
    found = credited("Kontor-Redaktion", "AFP", "AFPKontor-Redaktion", "afp")
    assert find_organisations(found) == (("Kontor-Redaktion", "AFP"), "dom")


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_credits_give_organisations_that_are_printed_in_them(credits_: list[str]) -> None:
    found, _ = find_organisations(credited(*credits_))
    assert [name for name in found if not any(name in credit for credit in credits_)] == []


SUBTITLES = {
    "a heading right below the title": (
        "<h1>Fähren</h1><h2>Warum die Werft jetzt baut</h2>",
        "Warum die Werft jetzt baut",
    ),
    "an element that is called one": (
        "<h1>Fähren</h1><p>Nordhafen</p><p class='article__subline'>Warum die Werft jetzt baut</p>",
        "Warum die Werft jetzt baut",
    ),
    "a heading further down is one of the text": (f"<h1>Fähren</h1><p>{PROSE}</p><h2>Warum die Werft baut</h2>", None),
    "the title again": ("<h1>Drei neue Fähren</h1><h2>Nordwerft: Drei neue Fähren</h2>", None),
    "a label": ("<h1>Fähren</h1><h2>Das Wichtigste in Kürze:</h2>", None),
    "a single word": ("<h1>Fähren</h1><h2>Hauptinhalt</h2>", None),
    "a date": ("<h1>Fähren</h1><h2>2. März 2026, 10:30 Uhr</h2>", None),
    "a link": ("<h1>Fähren</h1><h2><a href='/b'>Warum die Werft jetzt baut</a></h2>", None),
    "the lead": (f"<h1>Fähren</h1><h2>{PROSE}</h2>", None),
    "nothing": ("<h1>Fähren</h1>", None),
    "no headline": ("<h2>Warum die Werft jetzt baut</h2>", None),
}


@pytest.mark.parametrize(("html", "subtitle"), SUBTITLES.values(), ids=SUBTITLES.keys())
def test_a_subtitle_is_the_second_headline(html: str, subtitle: str | None) -> None:
    root = parse(f"<html><body><article>{html}<p>{PROSE}</p></article></body></html>")
    assert root is not None
    found = find_subtitle(read_statements(root, URL, PROFILE), ["Fähren", PROSE])
    assert (found.value if found else None) == subtitle


def test_a_line_that_json_ld_states_as_second_headline_is_the_subtitle() -> None:
    node = '{"@type": "NewsArticle", "headline": "Fähren", "alternativeHeadline": "Warum die Werft jetzt baut"}'
    root = parse(f"""<html><head><script type="application/ld+json">{node}</script></head><body><h1>Fähren</h1>
        <p>Warum die Werft jetzt baut</p><p>{PROSE}</p></body></html>""")
    assert root is not None
    assert find_subtitle(read_statements(root, URL, PROFILE), ["Fähren"]) == Said(
        "Warum die Werft jetzt baut", "jsonld"
    )


def test_headings_are_counted_among_the_paragraphs_from_one() -> None:
    others = [PROSE.replace("drei", number) for number in ("vier", "fünf", "sechs")]
    html = f"""<html><body><article><h1>Drei Fähren für die Inseln</h1><p>{PROSE}</p><h2>Warum jetzt</h2>
        <p>{others[0]}</p><p>{others[1]}</p><h2>Wie es weitergeht</h2><p>{others[2]}</p></article></body></html>"""
    article = extract_html(html, URL, PROFILE)
    assert isinstance(article, Article)
    paragraphs = article.text.split("\n\n")
    assert [paragraphs[number - 1] for number in article.headings] == ["Warum jetzt", "Wie es weitergeht"]


@pytest.mark.parametrize(("claimed", "spoken", "text"), rows("languages.tsv", 3))
def test_a_short_text_is_in_the_language_of_the_table(claimed: str, spoken: str, text: str) -> None:
    root = parse(f"<html lang='{claimed}'><body><p>{text}</p></body></html>")
    assert root is not None
    found = find_language(read_statements(root, URL, PROFILE), text)
    assert found == Said(spoken, "text" if spoken != claimed else "dom")
