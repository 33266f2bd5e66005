"""Two texts compared: what they share, and where they say different things in the same place."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.dedupe.folding import fold
from tasks.dedupe.overlap import Overlap, overlap, view

WORDS = st.lists(
    st.sampled_from(["der", "kurs", "steigt", "fällt", "um", "2,9", "3,1", "prozent", "feldhof"]), max_size=60
)


def compared(one: str, other: str) -> Overlap:
    views = [view(tokens, tokens) for tokens in (fold(one).tokens, fold(other).tokens)]
    return overlap(*views)


@given(WORDS, WORDS)
def test_it_makes_no_difference_which_text_comes_first(one: list[str], other: list[str]) -> None:
    here, there = compared(" ".join(one), " ".join(other)), compared(" ".join(other), " ".join(one))
    assert (here.shared, here.containment, here.jaccard) == (there.shared, there.containment, there.jaccard)
    assert (here.conflicts, here.numbers, here.swaps) == (there.conflicts, there.numbers, there.swaps)
    assert (here.one, here.other) == (there.other, there.one)


@given(WORDS)
def test_a_text_contains_itself_and_contradicts_nothing(words: list[str]) -> None:
    same = compared(" ".join(words), " ".join(words))
    assert same.conflicts == same.swaps == 0
    if len(words) >= 5:
        assert same.containment == same.jaccard == 1
        assert same.one.total == 0


def test_another_number_in_the_same_place_is_a_conflict() -> None:
    found = compared(
        "Der Kurs von Feldhof steigt um 2,9 Prozent auf Rekordhoch",
        "Der Kurs von Feldhof steigt um 3,1 Prozent auf Rekordhoch",
    )
    assert (found.conflicts, found.number_conflicts) == (1, 1)


def test_names_of_two_words_are_swaps_though_their_surroundings_differ() -> None:
    frame = "Wie gestern Abend bekannt wurde hat sich {} im Streit um die Bahn durchgesetzt"
    assert compared(frame.format("Anna Berg"), frame.format("Paul Kern")).swaps == 1


def test_what_each_text_has_alone_is_told_by_where_it_stands() -> None:
    shared = "eins zwei drei vier fünf sechs sieben"
    found = compared(f"neu davor {shared}", f"{shared} und noch etwas dahinter")
    assert (found.one.head, found.one.inner, found.one.tail) == (2, 0, 0)
    assert (found.other.head, found.other.inner, found.other.tail) == (0, 0, 4)


def test_a_shared_opening_is_measured_behind_a_dateline() -> None:
    opening = "Die Bank schliesst im kommenden Jahr jede dritte Filiale auf dem Land"
    assert compared(f"Zürich (awp) - {opening}", f"{opening} und entlässt Personal").lead == len(opening.split()) - 4
