"""Words of trading days: the files of the lexicon, and what is found of them in a sentence."""

from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Misconfigured
from tasks.fields.reading import read
from tasks.fields.session_words import day_words, read_session_words, session_lexicon

SHIPPED = resources.files("config") / "lexicons"
FOUND = {
    "weekday": ("de", "Der Dax stieg am Mittwochabend.", [("weekday", "wed", "Mittwochabend")]),
    "longest phrase": ("de", "Der Dax stieg gegenüber dem Vortag.", []),
    "day in brackets": ("de", "Der Kurs lag bei 1,16 (Dienstag: 1,15) Dollar.", []),
    "day in brackets with a space": ("fr", "Le cours était de 1,16 (vendredi : 1,15) dollar.", []),
    "date with a point": ("de", "Am 24. September stieg er.", [("date", "0-9-24", "24. September")]),
    "date with year": ("en", "On Sept. 24, 2025, it rose.", [("date", "2025-9-24", "Sept. 24, 2025")]),
    "ordinal": ("en", "On the 24th of September it rose.", [("date", "0-9-24", "24th of September")]),
    "first": ("fr", "Le 1er octobre 2025 il gagne.", [("date", "2025-10-1", "1er octobre 2025")]),
    "ISO": ("en", "On 2025-09-24 it rose.", [("date", "2025-9-24", "2025-09-24")]),
    "two digits of a year": ("de", "Am 24.09.25 stieg er.", [("date", "2025-9-24", "24.09.25")]),
    "slashes in French": ("fr", "Le 03/04/2025 il gagne.", [("date", "2025-4-3", "03/04/2025")]),
    "slashes with two meanings": ("en", "On 03/04/2025 it rose.", []),
    "slashes with one meaning": ("en", "On 09/24/2025 it rose.", [("date", "2025-9-24", "09/24/2025")]),
    "no such month": ("de", "Das Modell 24.13. stieg.", []),
    "a number is no date": ("de", "Der Dax stieg auf 24.092,25 Punkte.", []),
    "day of the calendar": ("fr", "Il a gagné au réveillon.", [("date", "0-12-24", "réveillon")]),
    "day of Easter": ("de", "Am Ostermontag stieg er.", [("easter", "1", "Ostermontag")]),
    "yesterday": ("fr", "Le titre a reculé avant-hier.", [("day", "-2", "avant-hier")]),
}


@pytest.mark.parametrize("name", FOUND)
def test_words_of_days_are_found_with_their_meaning(name: str) -> None:
    language, text, expected = FOUND[name]
    reading = read(text, language)
    words = day_words(reading, 0, len(reading.tokens))
    dating = [word for word in words if word.kind not in ("earlier", "closed", "now", "past")]
    assert [(word.kind, word.value, reading.phrase(word.first, word.last)) for word in dating] == expected


@given(st.text(max_size=200), st.sampled_from(["de", "en", "fr"]))
@settings(max_examples=200, deadline=None)
def test_no_text_raises_and_words_do_not_overlap(text: str, language: str) -> None:
    reading = read(text, language)
    for sentence in reading.sentences:
        words = day_words(reading, sentence.first, sentence.last)
        spans = sorted((word.first, word.last) for word in words if word.kind != "date")
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        assert all(sentence.first <= word.first < word.last <= len(reading.tokens) for word in words)


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_the_shipped_files_know_all_days_of_the_week(language: str) -> None:
    text = (SHIPPED / language / "sessions.txt").read_text(encoding="utf-8")
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        assert f"[weekday {day}]" in text
    assert session_lexicon(language).words("weekday")


BAD = {
    "a word before any section": ("heute\n", "sessions.txt:1: a word before the first section"),
    "a section that is none": ("\n[tag 0]\nheute\n", "sessions.txt:2: [tag 0] is no section"),
    "a value that means nothing": ("[day 1]\nmorgen\n", "sessions.txt:1: [day 1] has a value that means nothing"),
    "a value too many": ("[now]\nnun\n[closed x]\n", "sessions.txt:3: [closed x] has a value that means nothing"),
    "a day that is none": ("[date 12]\nHeiligabend\n", "sessions.txt:1: [date 12] has a value that means nothing"),
    "a broken header": ("[day 0\nheute\n", "sessions.txt:1: [day 0 is no section"),
    "a word twice": ("[day 0]\nheute\n[now]\nheute\n", "sessions.txt:4: 'heute' is already in line 2"),
    "a brace too many": ("[day 0]\nheu{te\n", "sessions.txt:2: 'heu{te' has a brace too many or too few"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_in_a_file_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    text, says = BAD[name]
    file = tmp_path / "sessions.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured) as raised:
        read_session_words(file)
    assert says in str(raised.value)


def test_a_word_that_is_added_to_a_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "sessions.txt"
    file.write_text("# mine\n[day -1]\nam gestrigen {Abend,Tag}  # both\n", encoding="utf-8")
    tokens = read("am gestrigen Tag", "de").tokens
    (mark,) = read_session_words(file).marks(tokens)
    assert (mark.first, mark.last, mark.kind, mark.value) == (0, 3, "day", "-1")
