"""Agencies, listed or not, by the form of their credit; the table is tests/data/agencies.tsv, a row is a case."""

import json
from pathlib import Path

import pytest

from tasks.extract import extract_html
from tasks.extract.agencies import is_credit_of
from tasks.model import Article, Profile

PROFILE = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
FILLING = "Die Preise werden jeden Morgen neu ausgehandelt, und am Abend gelten sie schon nicht mehr viel. " * 4


def cases() -> list[list[str]]:
    """The rows of the table, short ones filled up."""
    lines = (Path(__file__).parent / "data" / "agencies.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [row + [""] * (4 - len(row)) for row in rows]


def article(first: str, closing: str, organisation: str) -> Article:
    """What is read from a page with this text."""
    author = {"@type": "Organization", "name": organisation} if organisation else None
    stated = json.dumps({"@type": "NewsArticle", "headline": "Neues vom Tage", "author": author})
    last = f"<p>{closing}</p>" if closing else ""
    html = (
        f'<html><head><script type="application/ld+json">{stated}</script></head><body><article>'
        f"<h1>Neues vom Tage</h1><p>{first} {FILLING}</p><p>{FILLING}</p>{last}</article></body></html>"
    )
    found = extract_html(html, "https://www.kontor.example/a/2", PROFILE)
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize(("first", "closing", "organisation", "agency"), cases())
def test_a_credit_gives_the_agency_of_the_table(first: str, closing: str, organisation: str, agency: str) -> None:
    assert article(first, closing, organisation).agency == (agency or None)


@pytest.mark.parametrize(("first", "closing", "organisation", "agency"), cases())
def test_an_agency_is_an_author_only_where_it_alone_is_stated_as_one_and_its_credit_no_text(
    first: str, closing: str, organisation: str, agency: str
) -> None:
    found = article(first, closing, organisation)
    assert set(found.authors) <= {organisation}
    assert not agency or closing not in found.text.split("\n\n")


def test_a_line_with_more_than_the_credit_is_none() -> None:
    assert is_credit_of("(Mit Material von alpenfunk)", "alpenfunk")
    assert not is_credit_of("Das meldete die Agentur alpenfunk am Abend", "alpenfunk")
    assert not is_credit_of("Quelle: alpenfunk", "Northlight Newswire")
