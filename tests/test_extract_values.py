"""Small decisions by table: names in a credit, the agency of a credit, a date in a line.

The tables are tests/data/{bylines,credits,datelines}.tsv; a row is a case, `#` starts a comment.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.agencies import agency_of
from tasks.extract.captions import credited
from tasks.extract.credits import names_in
from tasks.extract.datelines import is_dateline, is_update, split_dateline
from tasks.extract.page import squeezed
from tasks.extract.words import name_words, words_of

DATA = Path(__file__).parent / "data"


def rows(name: str, columns: int) -> list[list[str]]:
    """The cells of a table, short rows filled up."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [row + [""] * (columns - len(row)) for row in cells]


@pytest.mark.parametrize(("credit", "names"), rows("bylines.tsv", 2))
def test_a_credit_gives_the_names_of_the_table(credit: str, names: str) -> None:
    assert names_in(credit) == [name for name in names.split(" + ") if name]


@pytest.mark.parametrize(("credit", "agency"), rows("credits.tsv", 2))
def test_a_credit_names_the_agency_of_the_table(credit: str, agency: str) -> None:
    assert agency_of(credit) == (agency or None)


@pytest.mark.parametrize(("line", "words", "date"), rows("datelines.tsv", 3))
def test_a_line_is_split_at_its_date(line: str, words: str, date: str) -> None:
    assert split_dateline(line) == (words, date or None)
    assert is_dateline(line) is bool(date)


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
    assert name_words("top topline headertop js linejs") <= words_of("articleHeader__topLine js-x") | {"linejs"}
    assert "linejs" not in words_of("articleHeader__topLine js-x")


def test_words_that_no_list_asks_for_are_not_found() -> None:
    assert words_of("zanzibar-99 flex") == frozenset()
    assert words_of(f"zanzibar {' '.join(name_words('zanzibar'))}") == {"zanzibar"}


@given(st.text(max_size=200))
def test_any_line_is_judged_without_an_error(line: str) -> None:
    words, date = split_dateline(line)
    assert date is None or date in line
    assert words in line
    assert squeezed(squeezed(line)) == squeezed(line)
    assert all(name.strip() == name and name for name in names_in(line))
    assert agency_of(line) is None or len(line) > 1
