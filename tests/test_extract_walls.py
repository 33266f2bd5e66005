"""The wordings of walls: what the lexicons take for one, what they must not, and what a broken file says."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import Misconfigured
from config.phrases import LANGUAGES
from portal.catalogue import load_portals
from portal.world import Options, World
from tasks.extract.walls import PLACES, is_title_of, is_wall_title, read_walls, said_by, says, sentences
from tasks.outcome import Reason

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "wordings.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("place", "kind", "wording"), ROWS)
def test_a_wording_is_a_walls_or_an_articles_as_the_table_says(place: str, kind: str, wording: str) -> None:
    if place == "title":
        found = [reason.value for reason in Reason if is_title_of(reason, wording)]
    else:
        reason = said_by(wording)
        found = [reason.value] if reason else []
    assert (found or ["article"]) == [kind]


def test_no_headline_and_hardly_a_sentence_of_the_sample_portals_is_a_walls() -> None:
    world = World(Options(), [f"http://127.0.0.1:{8000 + number}" for number, _ in enumerate(load_portals())])
    gold = list(world.gold())
    assert [one["title"] for one in gold if is_wall_title(one["title"])] == []
    told = {sentence: said_by(sentence) for one in gold for sentence in sentences(one["text"].split("\n\n"))}
    assert {sentence: reason for sentence, reason in told.items() if reason} == {}
    assert len(told) > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_compiles_and_matches_nothing_empty(language: str) -> None:
    patterns = read_walls(language)
    assert {reason for (reason, place), _ in patterns if place == "text"} >= {Reason.BLOCKED, Reason.CONSENT_WALL}
    assert {place for (_, place), _ in patterns} == set(PLACES)
    assert [pattern for _, pattern in patterns if re.compile(pattern, re.IGNORECASE).match("")] == []


BROKEN = {
    "a pattern that is none": ("[blocked: text]\n# fine\n(open\n", r"walls\.txt:3: not a pattern .*\(open"),
    "an unknown reason": ("\n[bot_wall: text]\n", r"walls\.txt:2: no section of this name: \[bot_wall: text\]"),
    "an unknown place": ("[blocked: footer]\n", r"walls\.txt:1: no section of this name"),
    "a pattern without a section": ("Anmelden\n", r"walls\.txt:1: a pattern in front of the first section: Anmelden"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_line_is_named_with_its_file(case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text, message = BROKEN[case]
    folder = tmp_path / "lexicons" / "xx"
    folder.mkdir(parents=True)
    (folder / "walls.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Misconfigured, match=message):
        read_walls("xx")


@given(st.text(max_size=200))
def test_any_text_is_judged_the_same_in_any_spelling_of_its_spaces(text: str) -> None:
    assert said_by(text) == said_by(text.replace(" ", "\xa0"))
    assert is_wall_title(text) == is_wall_title(f" {text}")
    assert not says(Reason.CRASH, text)


def test_long_sentences_and_titles_are_prose() -> None:
    assert says(Reason.NO_TEXT, "Zurück geht es hier")
    assert not says(Reason.NO_TEXT, "Zurück geht es hier " + "und weiter " * 40)
    assert not is_title_of(Reason.BLOCKED, "Zugriff" + " wurde" * 30 + " verweigert")
