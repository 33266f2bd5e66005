"""Small decisions by table: names in a credit, the agency of a credit, a date in a line, notices of a portal.

The tables are tests/data/{bylines,credits,datelines,notices}.tsv; a row is a case, `#` starts a comment.
"""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import Misconfigured
from tasks.extract.agencies import agency_of
from tasks.extract.authors import _names
from tasks.extract.datelines import is_dateline, is_update, split_dateline
from tasks.extract.labels import credited
from tasks.extract.notices import LANGUAGES, is_notice, read_patterns
from tasks.extract.page import squeezed
from tasks.extract.words import words_of

DATA = Path(__file__).parent / "data"


def rows(name: str, columns: int) -> list[list[str]]:
    """The cells of a table, short rows filled up."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [row + [""] * (columns - len(row)) for row in cells]


@pytest.mark.parametrize(("credit", "names"), rows("bylines.tsv", 2))
def test_a_credit_gives_the_names_of_the_table(credit: str, names: str) -> None:
    assert _names(credit) == [name for name in names.split(" + ") if name]


@pytest.mark.parametrize(("credit", "agency"), rows("credits.tsv", 2))
def test_a_credit_names_the_agency_of_the_table(credit: str, agency: str) -> None:
    assert agency_of(credit) == (agency or None)


@pytest.mark.parametrize(("line", "words", "date"), rows("datelines.tsv", 3))
def test_a_line_is_split_at_its_date(line: str, words: str, date: str) -> None:
    assert split_dateline(line) == (words, date or None)
    assert is_dateline(line) is bool(date)


@pytest.mark.parametrize(("line", "kind"), rows("notices.tsv", 2))
def test_a_line_is_a_notice_or_text_as_the_table_says(line: str, kind: str) -> None:
    assert is_notice(line) is (kind == "notice")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_of_the_lexicons_compiles_and_matches_no_empty_line(language: str) -> None:
    patterns = read_patterns(language)
    assert len(patterns) > 10
    assert [pattern for pattern in patterns if re.compile(pattern, re.IGNORECASE).match("")] == []


def test_a_broken_pattern_is_named_with_its_file_and_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "lexicons" / "xx"
    folder.mkdir(parents=True)
    (folder / "notices.txt").write_text("# fine\nAnzeige$\n(open\n", encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Misconfigured, match=r"config/lexicons/xx/notices\.txt:3: .*\(open"):
        read_patterns("xx")


def test_long_lines_are_never_notices() -> None:
    assert not is_notice("Lesen Sie auch " + "weiter " * 80)


@pytest.mark.parametrize(
    ("label", "expected"),
    [("Aktualisiert:", True), ("Stand:", True), ("Updated", True), ("Mis à jour le", True), ("Published", False)],
)
def test_the_label_of_a_date_tells_a_change_from_a_publication(label: str, expected: bool) -> None:  # noqa: FBT001
    assert is_update(label) is expected


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("Bildquelle: Anna Muster / Beispielbild AG", "Anna Muster / Beispielbild AG"),
        ("(Foto: Anna Muster)", "Anna Muster"),
        ("Das Werk in Neuss. Foto: Lena Vogt", "Lena Vogt"),
        ("© Beispielbild", "Beispielbild"),
        ("Bildschirme: 30 Prozent billiger", None),
        ("Fotografie bleibt gefragt", None),
    ],
)
def test_a_picture_credit_is_what_stands_behind_its_label(line: str, who: str | None) -> None:
    assert credited(line) == who


def test_class_names_fall_apart_into_words_and_joined_neighbours() -> None:
    assert words_of("articleHeader__topLine js-x") == {
        "article", "header", "articleheader", "top", "headertop", "line", "topline", "js", "linejs", "x", "jsx",
    }  # fmt: skip


@given(st.text(max_size=200))
def test_any_line_is_judged_without_an_error(line: str) -> None:
    words, date = split_dateline(line)
    assert date is None or date in line
    assert words in line
    assert is_notice(line) in (True, False)
    assert squeezed(squeezed(line)) == squeezed(line)
    assert all(name.strip() == name and name for name in _names(line))
    assert agency_of(line) is None or len(line) > 1
