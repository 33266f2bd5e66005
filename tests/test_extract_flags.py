"""Quality flags: each rule on a page that it holds for and on one like it that it does not hold for."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sql.tables.tape import FLAGS
from tasks.extract import extract_html
from tasks.extract.flags import Flag, Lead, Text, find_flags
from tasks.model import Article, Precision, Profile, Timestamp

PROFILE = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
URL = "https://www.kontor.example/a/1"
AT = "2026-03-02T09:30:00+01:00"
SENTENCE = "Der Umsatz der Werft stieg im zweiten Quartal um drei Prozent auf vier Millionen Euro, teilte sie mit."
OTHERS = (
    "Die Auftragsbücher sind nach Angaben des Vorstands bis in den Herbst gefüllt, und auch danach gibt es Anfragen.",
    "Am Standort Nordhafen sollen im Sommer vierzig Leute eingestellt werden, die meisten davon in der Schlosserei.",
    "Der Betriebsrat begrüßte die Pläne, fordert aber einen Tarifvertrag für alle Beschäftigten der neuen Halle.",
)
LEAD = "Die Nordwerft verdient wieder Geld, und ihr Vorstand wagt zum ersten Mal seit drei Jahren einen Ausblick."


def page(*paragraphs: str, above: str = "", behind: str = "", head: str = "", **stated: Any) -> str:
    """A page with these paragraphs; `stated` are keys of its JSON-LD beside type, headline and date."""
    node = {"@type": "NewsArticle", "headline": "Werft steigert den Umsatz", "datePublished": AT} | stated
    script = (
        f'<script type="application/ld+json">{json.dumps({k: v for k, v in node.items() if v is not None})}</script>'
    )
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<html lang='de'><head><title>Werft steigert den Umsatz</title>{script}{head}</head><body><article>"
        f"<h1>Werft steigert den Umsatz</h1>{above}<div class='text'>{body}</div></article>{behind}</body></html>"
    )


def read(html: str) -> Article:
    """The article of a page."""
    found = extract_html(html, URL, PROFILE)
    assert isinstance(found, Article), found
    return found


PROSE = (SENTENCE, *OTHERS)
PAGES = {
    "a whole article": (page(*PROSE), ()),
    "its description is its lead": (page(LEAD, *PROSE, description=LEAD), ()),
    "a description in other words": (page(*PROSE, description=LEAD), ("no_lead",)),
    "a description that is a label": (page(*PROSE, description="Wirtschaft"), ()),
    "a description, and a lead in other words": (
        page(*PROSE, above=f"<p class='standfirst'>{LEAD}</p>", description="Was die Werft jetzt vorhat, und warum."),
        (),
    ),
    "a lead in a box called teaser": (
        page(*PROSE, above=f"<div class='teaser'><p>{LEAD}</p></div>", description=LEAD),
        ("lead_repaired",),
    ),
    "a lead that is in articleBody alone": (
        page(*PROSE, articleBody=" ".join([LEAD, *PROSE])),
        ("lead_repaired",),
    ),
    "a title alone": (page(), ("no_text",)),
    "a few sentences": (page(SENTENCE, "Mehr sagte der Vorstand am Montag in Nordhafen nicht."), ("short",)),
    "a sentence, which is a flash": (page(SENTENCE), ()),
    "no date": (page(*PROSE, datePublished=None), ("no_date",)),
    "a day": (page(*PROSE, datePublished="2026-03-02"), ("date_only",)),
    "a script draws the text": (
        page("Bitte warten.", articleBody=" ".join([LEAD, *PROSE, *OTHERS, *OTHERS])),
        ("body_from_jsonld",),
    ),
    "little text that must be paid for": (page(*PROSE, isAccessibleForFree=False), ("preview",)),
    "all of a text that must be paid for": (
        page(*(f"{text} Stand {number}." for number in range(5) for text in PROSE), isAccessibleForFree=False),
        (),
    ),
}


@pytest.mark.parametrize(("html", "flags"), PAGES.values(), ids=PAGES.keys())
def test_a_page_has_these_flags(html: str, flags: tuple[str, ...]) -> None:
    assert read(html).flags == flags


LABELS = ["Kurse vom Tage", "Rohstoffe und Devisen", "Leserbriefe an uns", SENTENCE]
TEXTS = {
    "labels among few sentences": (LABELS, frozenset(), (), ("short", "boilerplate_suspect")),
    "the same lines as headings": (LABELS, frozenset(LABELS[:3]), (), ("short",)),
    "the same lines as a summary": (LABELS, frozenset(), tuple(LABELS[:3]), ("short",)),
    "two labels are too few": (LABELS[1:], frozenset(), (), ("short",)),
    "labels among many sentences": ([*LABELS, *PROSE, *PROSE, *PROSE], frozenset(), (), ()),
    "Japanese sentences end otherwise": (["九日、取引は静かだった。"] * 4, frozenset(), (), ("short",)),
    "words without blanks are many": (["取引は静かだった。" * 50], frozenset(), (), ()),
}
STAMP = Timestamp(datetime(2026, 3, 2, tzinfo=UTC), Precision.MINUTE, "x", "jsonld.datePublished", "stated")


@pytest.mark.parametrize(("paragraphs", "headings", "points", "flags"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_has_these_flags(
    paragraphs: list[str], headings: frozenset[str], points: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    text = Text(paragraphs, headings, points, paragraphs, "trafilatura", "article")
    found = find_flags(text, Lead(is_missing=False, is_repaired=False), STAMP, is_paid=None)
    assert found == flags


def test_an_offer_below_few_words_makes_a_preview() -> None:
    text = Text(
        [SENTENCE], frozenset(), (), [SENTENCE, "Dieser Artikel ist nur für Abonnenten."], "trafilatura", "flash"
    )
    lead = Lead(is_missing=False, is_repaired=False)
    assert find_flags(text, lead, STAMP, is_paid=None) == ("preview",)
    assert find_flags(text._replace(printed=[SENTENCE]), lead, STAMP, is_paid=None) == ()


def test_the_flags_are_those_that_the_tape_knows() -> None:
    assert tuple(flag.value for flag in Flag) == FLAGS


def test_a_repaired_lead_is_the_lead_and_stands_in_front() -> None:
    from_teaser = read(PAGES["a lead in a box called teaser"][0])
    assert (from_teaser.lead, from_teaser.provenance["lead"]) == (LEAD, "dom")
    assert from_teaser.text.split("\n\n") == [LEAD, *PROSE]
    from_body = read(PAGES["a lead that is in articleBody alone"][0])
    assert (from_body.lead, from_body.provenance["lead"]) == (LEAD, "jsonld")
    assert from_body.text.split("\n\n") == [LEAD, *PROSE]


TEASERS = {
    "the feed has other words": (LEAD, ("no_lead",)),
    "the feed has the first sentence": (SENTENCE, ()),
    "the feed has it cut short and with markup": (f"<p>{SENTENCE[:70]} ...</p>", ()),
    "the feed has a label": ("Wirtschaft", ()),
    "the feed has nothing": (None, ()),
}


@pytest.mark.parametrize(("teaser", "flags"), TEASERS.values(), ids=TEASERS.keys())
def test_where_a_page_does_not_describe_itself_the_feed_tells_of_a_missing_lead(
    teaser: str | None, flags: tuple[str, ...]
) -> None:
    found = extract_html(page(*PROSE), URL, PROFILE, teaser=teaser)
    assert isinstance(found, Article)
    assert found.flags == flags
