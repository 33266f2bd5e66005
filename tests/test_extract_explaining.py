"""What `explain` says of a page is what the extractor did: each layer's own values, and the way to the text it took."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.page_rules import PageRules
from tasks.extract import extract_article
from tasks.extract.carried import fill
from tasks.extract.explaining import Explained, Explanation, Strategy, explain
from tasks.extract.lines import find_container, read_lines
from tasks.extract.page import read_statements
from tasks.extract.profiled import body_of
from tasks.extract.pruning import prune
from tasks.extract.tree import parse
from tasks.model import Article, Page, Profile
from tasks.outcome import Failure, Reason

PAGES = Path(__file__).parent / "data" / "pages"
LAYOUTS = sorted(file.stem for file in PAGES.glob("*.html"))
URL = "https://www.kontor.example/wirtschaft/rheinwerk-4711.html"
KONTOR = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
LIMIT = 4_000_000
SENTENCE = "Der Umsatz der Werft stieg im zweiten Quartal um drei Prozent auf vier Millionen Euro, teilte sie mit. "
PARAGRAPHS = "".join(f"<p>{number}. {SENTENCE * 2}</p>" for number in range(4))


def page(html: str, url: str = URL) -> Page:
    body = html.encode()
    digest = hashlib.sha256(body).digest()
    return Page(url, url, 200, {}, None, "utf-8", body, digest, datetime(2026, 1, 1, tzinfo=UTC), 12)


def explained(html: str, profile: Profile = KONTOR, *, teaser: str | None = None) -> Explanation:
    outcome = explain(page(html), profile, limit=LIMIT, teaser=teaser)
    assert isinstance(outcome, Explanation)
    return outcome


def layout(name: str) -> tuple[str, Profile]:
    said = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    return (PAGES / f"{name}.html").read_text(encoding="utf-8"), Profile(**said["profile"])


def value(found: Explanation, name: str) -> Explained:
    return next(one for one in found.values if one.name == name)


def says(found: Explanation, name: str) -> dict[str, tuple[Any, bool]]:
    """By layer what the alternatives of a value are, and whether they agree."""
    return {other.layer: (other.value, other.agrees) for other in value(found, name).alternatives}


def chosen(found: Explanation) -> Strategy | None:
    ways = [way for way in found.strategies if way.is_chosen]
    assert len(ways) <= 1
    return ways[0] if ways else None


def way(found: Explanation, name: str) -> Strategy:
    return next(one for one in found.strategies if one.name.startswith(name))


def read(html: str, profile: Profile, *, is_filled: bool) -> list[str]:
    """The paragraphs that the extractor itself reads, before notices and repeated lines go."""
    root = parse(html)
    assert root is not None
    assert not is_filled or fill(root)
    statements = read_statements(root, URL, profile)
    prune(statements.root, statements.headline, statements.named)
    container = find_container(statements.root)
    return body_of(statements, read_lines(statements.headline, container), container).paragraphs


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_article_and_its_layers_are_those_of_the_extractor(name: str) -> None:
    html, profile = layout(name)
    outcome = extract_article(page(html), profile, limit=LIMIT)
    found = explain(page(html), profile, limit=LIMIT)
    if isinstance(outcome, Failure):
        assert found == outcome
        return
    assert isinstance(found, Explanation)
    assert found.article == outcome
    for one in found.values:
        assert one.layer == outcome.provenance.get(one.name)
        assert one.value == (getattr(outcome, one.name) if one.layer else None)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_chosen_way_found_what_the_extractor_read(name: str) -> None:
    html, profile = layout(name)
    found = explain(page(html), profile, limit=LIMIT)
    if isinstance(found, Failure):
        return
    taken = chosen(found)
    if taken is None:
        assert "text" not in found.article.provenance
        return
    texts = read(html, profile, is_filled="scripts" in taken.why)
    assert (taken.paragraphs, taken.words) == (len(texts), sum(len(text.split()) for text in texts))
    assert taken.name.split(" ", 1)[0] == found.article.provenance["text"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_way_says_why_it_was_taken_or_not(name: str) -> None:
    html, profile = layout(name)
    found = explain(page(html), profile, limit=LIMIT)
    if isinstance(found, Explanation):
        assert len(found.strategies) == 5
        assert all(one.why for one in found.strategies)


LAYERED = f"""<html lang="de"><head>
<title>Werft steigert Umsatz deutlich | Kontor am Morgen</title>
<meta property="og:title" content="Umsatz der Werft steigt"><meta property="og:type" content="article">
<meta property="article:published_time" content="2026-03-02T10:00:00+01:00">
<meta property="article:section" content="Unternehmen">
<meta name="author" content="Mara Feldkamp">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Werft legt zu",
"datePublished": "2026-03-02T10:05:00+01:00", "articleSection": "Industrie",
"author": {{"@type": "Person", "name": "Jonas Wittbrodt"}}}}</script></head>
<body><article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">Werft steigert Umsatz</h1>
<meta itemprop="datePublished" content="2026-03-02T10:07:00+01:00"><meta itemprop="articleSection" content="Hafen">
{PARAGRAPHS}</article></body></html>"""


def test_each_layer_is_asked_by_itself() -> None:
    found = explained(LAYERED)
    assert value(found, "section").layer == "jsonld"
    assert says(found, "section") == {"opengraph": ("Unternehmen", False), "microdata": ("Hafen", False)}
    assert value(found, "authors").value == ("Jonas Wittbrodt",)
    assert says(found, "authors")["meta"] == (("Mara Feldkamp",), False)
    minutes = {layer: said.at.minute for layer, (said, _) in says(found, "published").items()}
    assert minutes["opengraph"] == 0
    assert minutes["microdata"] == 7


def test_a_page_with_microdata_alone_is_never_said_to_have_json_ld() -> None:
    html, profile = layout("microdata")
    found = explained(html, profile)
    assert value(found, "title").layer == "microdata"
    layers = {other.layer for one in found.values for other in one.alternatives}
    assert "jsonld" not in layers


def test_microdata_does_not_hide_what_the_page_prints_and_its_meta_tags_say() -> None:
    html = LAYERED.replace('type="application/ld+json"', 'type="text/plain"')
    found = explained(html)
    assert value(found, "section").layer == "microdata"
    assert says(found, "section")["opengraph"] == ("Unternehmen", False)
    assert "dom" in says(found, "title")


def test_the_selectors_of_a_source_go_first_and_what_the_others_say_stands_beside_them() -> None:
    rules = PageRules(title=(".own",), body=(".text",))
    html = LAYERED.replace("<h1", '<div class="own">Von Hand benannt</div><h1').replace(
        PARAGRAPHS, f"<div class='text'>{PARAGRAPHS}</div>"
    )
    found = explained(html, replace(KONTOR, pages=rules))
    assert (value(found, "title").layer, value(found, "title").value) == ("profile", "Von Hand benannt")
    assert says(found, "title")["opengraph"] == ("Umsatz der Werft steigt", False)
    taken = chosen(found)
    assert taken is not None
    assert taken.name == "profile (selected)"
    assert way(found, "dom (the text's container)").why == "the source's file goes first"


def test_a_value_that_only_the_feed_knows_is_the_feeds() -> None:
    teaser = "Die Werft hat im Quartal mehr verdient, als Beobachter nach dem schwachen Winter erwartet hatten."
    with_teaser = explained(LAYERED, teaser=teaser)
    assert with_teaser.article == extract_article(page(LAYERED), KONTOR, limit=LIMIT, teaser=teaser)


STATED = SENTENCE * 12
FLASH = "Der Umsatz der Werft stieg um drei Prozent."
FLASH_HEAD = (
    '<html><head><meta property="og:type" content="article">'
    '<meta property="og:title" content="Werft steigert Umsatz deutlich"></head>'
)
TEASER_HEAD = (
    '<html><head><script type="application/ld+json">{"@type": "NewsArticle", "headline": "Werft steigert Umsatz", '
    f'"articleBody": "{STATED}"}}</script></head>'
)
WAYS: dict[str, tuple[str, str, str]] = {
    "the container has enough": (
        f"<html><body><h1>Werft steigert Umsatz</h1><article>{PARAGRAPHS}</article></body></html>",
        "dom (the text's container)",
        "it has enough text",
    ),
    "a flash": (
        f"{FLASH_HEAD}<body><article><h1>Werft steigert Umsatz deutlich</h1><div>{FLASH}</div></article></body></html>",
        "dom (sentences behind the headline)",
        "too little",
    ),
    "the page prints a teaser": (
        f"{TEASER_HEAD}<body><h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p></body></html>",
        "jsonld (articleBody)",
        "too small a part",
    ),
    "the scripts carry the text": (layout("text_in_state")[0], "dom (the text's container)", "the page's scripts"),
}


@pytest.mark.parametrize("case", WAYS)
def test_the_reason_of_the_chosen_way_is_that_of_the_page(case: str) -> None:
    html, name, reason = WAYS[case]
    taken = chosen(explained(html))
    assert taken is not None
    assert taken.name == name
    assert reason in taken.why
    assert taken.words > 0


def test_a_way_that_found_too_little_and_one_that_was_not_needed_are_told_apart() -> None:
    full = explained(WAYS["the container has enough"][0])
    assert way(full, "trafilatura").why == "not asked: the container has enough"
    assert way(full, "jsonld").why == "not stated"
    teaser = explained(WAYS["the page prints a teaser"][0])
    assert way(teaser, "trafilatura").why in ("a small part of what is stated", "nothing found")
    assert way(teaser, "profile").why == "the source's file selects no text here"


def test_a_page_that_is_no_article_is_explained_by_its_failure() -> None:
    found = explain(page("%PDF-1.7 nothing to read"), KONTOR, limit=LIMIT)
    assert isinstance(found, Failure)
    assert found.reason is Reason.NOT_A_PAGE


def test_explaining_leaves_the_next_extraction_as_it_was() -> None:
    html, profile = layout("jsonld_full")
    before = extract_article(page(html), profile, limit=LIMIT)
    explained(html, profile)
    assert isinstance(before, Article)
    assert extract_article(page(html), profile, limit=LIMIT) == before
