"""Texts as tokens: what is spelt differently and means the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.dedupe.folding import fold, fold_title
from tasks.dedupe.notices import notice_lines
from tasks.dedupe.sketch import sketch

SAME = {
    "numbers with any separator": ("1.234,5 Punkte", "1'234.5 Punkte"),
    "sharp s and double s": ("Die Größe der Straße", "Die Groesse der Strasse"),
    "umlauts spelt out": ("Präsident Müller hört zu", "Praesident Mueller hoert zu"),
    "accents": ("Société Générale à Genève", "Societe Generale a Geneve"),
    "case and quotes": ("«Der DAX» steigt", '"der Dax" steigt'),
    "mojibake of UTF-8 read as windows-1252": ("GrundstÃ¼ck am GÃ¼terbahnhof", "Grundstück am Güterbahnhof"),
    "mojibake whose second half prints nothing": ("polÃ\u00adtica", "política"),
    "zero-width signs and soft hyphens": ("\u200bKurs\u00adziel", "Kursziel"),
    "line ends of another system": ("eins\r\nzwei", "eins\nzwei"),
}
DIFFERENT = {
    "another number": ("um 2,9 Prozent", "um 2,8 Prozent"),
    "another word": ("der Kurs steigt", "der Kurs fällt"),
    "another order": ("A kauft B", "B kauft A"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_is_spelt_differently_folds_to_the_same(one: str, other: str) -> None:
    assert fold_title(one)[1] == fold_title(other)[1]
    assert fold(one).tokens.tolist() == fold(other).tokens.tolist()


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_says_something_else_stays_apart(one: str, other: str) -> None:
    assert fold(one).tokens.tolist() != fold(other).tokens.tolist()


def test_tokens_are_the_same_on_every_machine_and_numbers_are_odd() -> None:
    assert fold("DAX fällt 2,9").tokens.tolist() == [2460424454, 405321698, 4088188551]


def test_signs_of_scripts_without_blanks_are_tokens_of_their_own() -> None:
    assert fold_title("東京 stock")[1] == ("東", "京", "stock")


def test_sentences_and_lines_begin_where_they_do() -> None:
    folded = fold("Eins zwei. Drei vier\nFünf\n\nSechs sieben.")
    assert folded.starts.tolist() == [0, 2, 4, 5]
    assert folded.lines.tolist() == [0, 4, 5]
    assert folded.bare.tolist() == [False, True, True, False]


@given(st.text())
def test_any_text_folds_and_its_sentences_are_in_order(text: str) -> None:
    folded = fold(text)
    assert len(folded.starts) == len(folded.bare)
    assert np.all(np.diff(folded.starts) > 0)
    assert set(folded.lines.tolist()) <= set(folded.starts.tolist())
    assert len(notice_lines(folded)) == len(folded.lines)


@given(st.text(), st.text())
def test_any_article_has_a_sketch_and_always_the_same(title: str, text: str) -> None:
    one, other = sketch(title, text), sketch(title, text)
    assert one.digest == other.digest
    assert one.keys.tolist() == other.keys.tolist()
    assert int(one.lengths.sum()) == len(one.tokens)
    assert len(one.sentences) == len(one.entries) == len(one.starts)


def test_a_notice_is_left_out_and_the_article_stays() -> None:
    text = "Der Vorstand von Feldhof tritt zum Jahresende geschlossen zurück, wie das Unternehmen mitteilt."
    notice = "Newsletter: Jetzt abonnieren und jeden Morgen gratis ins Postfach, Abmeldung mit einem Klick."
    assert sketch("x", f"{text}\n\n{notice}").tokens.tolist() == sketch("x", text).tokens.tolist()


def test_a_text_of_nothing_but_notices_is_compared_with_them() -> None:
    notice = "Newsletter: Jetzt abonnieren und jeden Morgen gratis ins Postfach."
    assert sketch("x", notice).tokens.tolist() == fold(notice).tokens.tolist()
