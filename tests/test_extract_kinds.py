"""Kinds of articles, by the table tests/data/kinds.yaml: whoever meets a wrong one adds a case there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.errors import Misconfigured
from config.phrases import LANGUAGES
from sql.tables.tape import ARTICLE_KINDS
from tasks.extract import kind_words
from tasks.extract.kinds import Look, find_kind
from tasks.extract.page import Statements, read_statements
from tasks.extract.tree import parse
from tasks.model import Profile

CASES = yaml.safe_load((Path(__file__).parent / "data" / "kinds.yaml").read_text(encoding="utf-8"))
PROSE = [
    "Die Nordwerft baut bis Herbst drei Fähren für den Verkehr zu den Inseln und stellt dafür Leute ein.",
    "Der Auftrag ist der größte seit Jahren. Über den Preis schweigen beide Seiten.",
    "Die erste Fähre soll im Mai vom Stapel laufen.",
]


def statements(case: dict[str, Any]) -> Statements:
    """The statements of a page that says what the case says."""
    nodes = [{"@type": case["types"], "headline": case["title"]}] if "types" in case else []
    nodes += [{"@type": kind, "name": "x"} for kind in case.get("other_types", ())]
    script = f'<script type="application/ld+json">{json.dumps(nodes)}</script>' if nodes else ""
    meta = f'<meta property="og:type" content="{case["og_type"]}">' if "og_type" in case else ""
    root = parse(f"<html><head>{script}{meta}</head><body><h1>{case['title']}</h1></body></html>")
    assert root is not None
    url = f"https://www.kontor.example{case.get('path', '/a/1')}"
    return read_statements(root, url, Profile("kontor", "Kontor", "de", "Europe/Berlin"))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_page_is_of_the_kind_of_the_table(case: dict[str, Any]) -> None:
    paragraphs = case.get("text", [" ".join(["Wort"] * case["words"]) + "."] if "words" in case else PROSE)
    words = sum(len(text.split()) for text in paragraphs)
    look = Look(case["title"], case.get("kicker"), case.get("section"), case.get("agency"), paragraphs, words)
    found = find_kind(statements(case), look)
    assert (found.value, found.layer) == (case["kind"], case.get("layer", "text"))


def test_the_table_has_every_kind_that_the_tape_knows() -> None:
    assert {case["kind"] for case in CASES} == set(ARTICLE_KINDS)
    assert set(kind_words.KINDS) | {"article", "flash"} == set(ARTICLE_KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_wording_of_a_kind_matches_nothing(language: str) -> None:
    patterns = [text for _, text in kind_words.read_kinds(language)]
    assert len(patterns) > 10
    assert [text for text in patterns if re.compile(text, re.IGNORECASE).match("")] == []


BROKEN = {
    "an unknown kind": ("[essay: label]\nessay\n", r"kinds\.txt:1: no section of this name: \[essay: label\]"),
    "an unknown place": ("[video: colour]\nx\n", r"kinds\.txt:1: no section"),
    "a pattern without a section": (
        "# words\nvideo\n",
        r"kinds\.txt:2: a pattern in front of the first section: video",
    ),
    "a broken pattern": ("[video: label]\n\nvideo(\n", r"kinds\.txt:3: not a pattern .*: video\("),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_wrong_line_is_named_with_its_file_and_number(
    text: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lexicons" / "de").mkdir(parents=True)
    (tmp_path / "lexicons" / "de" / "kinds.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Misconfigured, match=message):
        kind_words.read_kinds("de")
