"""What another reading of a page changes: which columns differ, and how they are counted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.steps.differences import COUNTS, Difference, counted, differences

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

CASES: dict[str, tuple[Any, Any, set[str]]] = {
    "the same text": ("Zinsen", "Zinsen", {"before", "after", "same"}),
    "another text": ("Zinsen", "Zins", {"before", "after", "changed"}),
    "a text where there was none": (None, "Zinsen", {"after", "appeared"}),
    "none where there was a text": ("Zinsen", None, {"before", "vanished"}),
    "none as before": (None, None, {"same"}),
    "an empty text is none": (None, "", {"same"}),
    "an empty list is none": (["A. B."], [], {"before", "vanished"}),
    "another order of a list": (["a", "b"], ["b", "a"], {"before", "after", "changed"}),
    "false is a value": (None, False, {"after", "appeared"}),
    "zero is a value": (0, 0, {"before", "after", "same"}),
    "the same instant": (AT, AT.astimezone(UTC), {"before", "after", "same"}),
}


@pytest.mark.parametrize(("before", "after", "marks"), CASES.values(), ids=CASES)
def test_what_a_pair_of_values_counts_as(before: object, after: object, marks: set[str]) -> None:
    (row,) = counted([(7, {"x": before}, {"x": after})])
    assert {name for name in COUNTS if row[name]} == marks
    assert (row["source_id"], row["field"]) == (7, "x")
    expected = [] if "same" in marks else [Difference("x", before, after)]
    assert differences({"x": before, "other": 1}, {"x": after}) == expected


def test_counts_are_per_source_and_column_and_only_of_what_was_compared() -> None:
    pairs = [
        (1, {"title": "a", "kicker": None}, {"title": "b", "kicker": "k"}),
        (1, {"title": "a", "kicker": None}, {"title": "a"}),
        (2, {"title": "a", "kicker": None}, {"title": "c"}),
    ]
    rows = [tuple(row.values()) for row in counted(pairs)]
    assert rows == [
        (1, "kicker", 0, 1, 0, 1, 0, 0),
        (1, "title", 2, 2, 1, 0, 0, 1),
        (2, "title", 1, 1, 0, 0, 0, 1),
    ]


VALUES = st.one_of(st.none(), st.sampled_from(["", "a", "b"]), st.lists(st.sampled_from("ab"), max_size=2))


@given(st.lists(st.tuples(st.integers(1, 2), VALUES, VALUES), max_size=12))
def test_every_value_is_counted_once(drawn: list[tuple[int, Any, Any]]) -> None:
    rows = counted((source, {"x": before}, {"x": after}) for source, before, after in drawn)
    assert sum(row["same"] + row["appeared"] + row["vanished"] + row["changed"] for row in rows) == len(drawn)
    for row in rows:
        assert row["before"] - row["vanished"] == row["after"] - row["appeared"]
