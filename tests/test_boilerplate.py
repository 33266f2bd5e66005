"""Learned boilerplate in one article: which paragraphs count, what goes, and that nothing of it is lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.boilerplate import LEAST_CHARACTERS, MOST_CHARACTERS, countable, counted_rows, whole_text, without
from tasks.dropped import Dropped
from tasks.model import Article
from tasks.text import paragraph_hash

OPENING = "Die Werft in Emden baut zwei Fähren mehr."
STAFF = "Sie stellt dafür im Herbst Schweißer ein."
SLOGAN = "Werftbrief: montags alles über Schiffe und Häfen."
CLUB = "Werden Sie Mitglied im Club der Hafenfreunde."
HEADING = "Mehr aus dem Hafen von Emden"


def article(*paragraphs: str, **more: Any) -> Article:
    text = "\n\n".join(paragraphs)
    return Article(title="Fähren", text=text, language="de", word_count=len(text.split()), **more)


def known(*paragraphs: str) -> frozenset[bytes]:
    return frozenset(map(paragraph_hash, paragraphs))


def test_a_known_paragraph_goes_and_is_kept_beside_the_text() -> None:
    left = without(article(OPENING, STAFF, SLOGAN), known(SLOGAN))
    assert left.text == f"{OPENING}\n\n{STAFF}"
    assert left.word_count == len(left.text.split())
    assert left.dropped == (Dropped(3, SLOGAN),)


def test_the_first_paragraph_stays_whatever_is_known() -> None:
    assert without(article(SLOGAN, STAFF), known(SLOGAN)).text == f"{SLOGAN}\n\n{STAFF}"


def test_lead_and_bullets_stay_whatever_is_known() -> None:
    one = article(OPENING, STAFF, SLOGAN, lead=STAFF, summary=(SLOGAN,))
    assert without(one, known(STAFF, SLOGAN)) == one


def test_a_heading_goes_with_the_last_paragraph_below_it() -> None:
    left = without(article(OPENING, HEADING, SLOGAN, CLUB, headings=(2,)), known(SLOGAN, CLUB))
    assert (left.text, left.headings) == (OPENING, ())
    assert left.dropped == (Dropped(2, HEADING, is_heading=True), Dropped(3, SLOGAN), Dropped(4, CLUB))


def test_a_heading_stays_while_there_is_a_paragraph_below_it_and_is_counted_anew() -> None:
    left = without(article(OPENING, SLOGAN, HEADING, CLUB, STAFF, headings=(3,)), known(SLOGAN, CLUB))
    assert (left.text, left.headings) == (f"{OPENING}\n\n{HEADING}\n\n{STAFF}", (2,))


def test_a_heading_without_any_text_below_stays_as_it_was_printed() -> None:
    left = without(article(OPENING, SLOGAN, HEADING, headings=(3,)), known(SLOGAN))
    assert left.headings == (2,)


def test_a_heading_is_never_boilerplate_itself() -> None:
    one = article(OPENING, HEADING, STAFF, headings=(2,))
    assert without(one, known(HEADING)) == one
    assert paragraph_hash(HEADING) not in countable(one)


def test_two_numbers_make_two_paragraphs_so_that_daily_reports_keep_their_sentences() -> None:
    monday, tuesday = (f"Der Index schloss bei {points} Punkten und damit höher." for points in ("11.203", "11.214"))
    assert countable(article(OPENING, monday)).keys().isdisjoint(countable(article(OPENING, tuesday)))
    assert without(article(OPENING, tuesday), known(monday)).text == f"{OPENING}\n\n{tuesday}"


def test_case_and_punctuation_make_no_difference() -> None:
    assert without(article(OPENING, SLOGAN.upper().replace(":", " –")), known(SLOGAN)).text == OPENING


@pytest.mark.parametrize(
    ("paragraph", "is_counted"),
    [
        ("x" * (LEAST_CHARACTERS - 1), False),
        ("x" * LEAST_CHARACTERS, True),
        ("x" * MOST_CHARACTERS, True),
        ("x" * (MOST_CHARACTERS + 1), False),
    ],
)
def test_labels_and_long_paragraphs_are_not_counted(paragraph: str, is_counted: bool) -> None:  # noqa: FBT001
    assert bool(countable(article(OPENING, paragraph))) is is_counted


def test_a_paragraph_that_stands_twice_counts_once_and_the_first_paragraph_not_at_all() -> None:
    assert list(countable(article(OPENING, SLOGAN, STAFF, SLOGAN)).values()) == [SLOGAN, STAFF]


def test_what_was_dropped_counts_still_but_for_its_heading() -> None:
    one = article(OPENING, STAFF, HEADING, SLOGAN, headings=(3,))
    assert countable(without(one, known(SLOGAN))) == countable(one)


def test_a_row_for_the_count_says_whose_paragraph_it_is() -> None:
    stored = {"id": 5, "source_id": 2, "available_at": "then", "title": "x"}
    assert counted_rows(article(OPENING, SLOGAN), stored) == [
        {"source_id": 2, "article_id": 5, "at": "then", "digest": paragraph_hash(SLOGAN), "text": SLOGAN}
    ]


PARAGRAPHS = st.lists(st.sampled_from([OPENING, STAFF, SLOGAN, CLUB, HEADING, "Kurz."]), min_size=1, max_size=8)


@given(PARAGRAPHS, st.sets(st.sampled_from([OPENING, STAFF, SLOGAN, CLUB, HEADING])), st.sets(st.integers(2, 8)))
def test_what_went_can_be_put_back_and_nothing_goes_twice(
    paragraphs: list[str], boilerplate: set[str], headings: set[int]
) -> None:
    one = article(*paragraphs, headings=tuple(at for at in sorted(headings) if at <= len(paragraphs)))
    left = without(one, known(*boilerplate))
    assert whole_text(left) == one.text
    assert left.text.split("\n\n")[0] == paragraphs[0]
    assert countable(left) == countable(one)
    assert without(left, frozenset()) == left
    assert {one.text.split("\n\n")[at - 1] for at in one.headings} >= {
        left.text.split("\n\n")[at - 1] for at in left.headings
    }
