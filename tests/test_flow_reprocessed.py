"""What people are told about a reprocess: the sentence, the table of columns, the examples."""

from collections import Counter
from typing import Any

import pytest

from flows.reprocessed import EVERYWHERE, LONGEST_VALUE, columns, examples, sentence, shown
from tasks.steps.differences import Difference
from tasks.steps.reprocess import Example, Tally

FORTY = {f"s{number}" for number in range(40)}
SENTENCES: dict[str, tuple[Tally, bool, str]] = {
    "nothing to do": (Tally(), False, "0 revisions of 0 sources read again: 0 changed"),
    "one of each": (
        Tally(slugs={"nzz"}, revisions=1, changed=1, fields=Counter(title=1), expired=1),
        False,
        "1 revision of 1 source read again: 1 changed (title 1), 1 page expired",
    ),
    "many": (
        Tally(slugs=FORTY, revisions=1240, changed=312, fields=Counter(title=3, text=309), expired=2,
              failures=Counter({("nzz", "no_text"): 1})),
        False,
        ("1,240 revisions of 40 sources read again: 312 changed (text 309, title 3), 2 pages expired, "
         "1 failed and stay as they were"),
    ),
    "a rehearsal that finds articles": (
        Tally(slugs={"nzz"}, entries=3, found=1, repeated=1),
        True,
        ("Dry run, nothing was replaced: 0 revisions of 1 source read again: 0 changed, 1 article and 1 repeat found "
         "on 3 pages that had none"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tally", "is_rehearsal", "said"), SENTENCES.values(), ids=SENTENCES)
def test_the_sentence(tally: Tally, said: str, *, is_rehearsal: bool) -> None:
    assert sentence(tally, is_rehearsal=is_rehearsal) == said


def diff(source: str, field: str, **counts: int) -> dict[str, Any]:
    plain = dict.fromkeys(("before", "after", "same", "appeared", "vanished", "changed"), 0)
    return {"source": source, "field": field} | plain | counts


def test_the_table_begins_with_the_columns_over_all_sources_and_names_sources_only_where_they_differ() -> None:
    found = [
        diff("alpha", "text", before=2, after=2, same=2),
        diff("alpha", "title", before=2, after=2, same=1, changed=1),
        diff("beta", "kicker", after=3, appeared=3),
        diff("beta", "text", before=3, after=3, same=3),
    ]
    assert columns(found) == [
        diff(EVERYWHERE, "kicker", after=3, appeared=3),
        diff(EVERYWHERE, "title", before=2, after=2, same=1, changed=1),
        diff(EVERYWHERE, "text", before=5, after=5, same=5),
        diff("alpha", "title", before=2, after=2, same=1, changed=1),
        diff("beta", "kicker", after=3, appeared=3),
    ]


def test_of_a_single_source_the_columns_are_not_told_twice() -> None:
    assert columns([diff("alpha", "title", changed=1)]) == [diff(EVERYWHERE, "title", changed=1)]


LONG = "wort " * 200
VALUES: dict[str, tuple[Any, Any, tuple[str, str]]] = {
    "short ones are whole": ("Zins", "Zinsen", ("Zins", "Zinsen")),
    "none is said": (None, "Zinsen", ("(none)", "Zinsen")),
    "lists in brackets": (["a", "b"], [], ("[a; b]", "[]")),
    "line breaks are blanks": ("a\n\nb", "a", ("a b", "a")),
    "the end that differs": (
        LONG + "alt", LONG + "neu",
        ("…" + "wort " * 6 + "alt", "…" + "wort " * 6 + "neu")),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), VALUES.values(), ids=VALUES)
def test_values_are_shortened_to_where_they_differ(before: object, after: object, expected: tuple[str, str]) -> None:
    assert shown(Difference("text", before, after)) == expected


def test_no_value_is_longer_than_a_few_lines() -> None:
    assert max(map(len, shown(Difference("text", LONG, LONG[::-1])))) <= LONGEST_VALUE + 2


def test_examples_name_the_article_and_failures_their_reason() -> None:
    tally = Tally(
        examples=[Example("nzz", "https://nzz.example/1", Difference("title", "Falsch", "Richtig"))] * 12,
        failures=Counter({("nzz", "no_text"): 2}),
        still_none=Counter({("cash", "login_wall"): 1}),
    )
    told = examples(tally)
    assert told.count("**title** of <https://nzz.example/1> (nzz)\n\n    Falsch\n\nbecomes\n\n    Richtig") == 10
    assert "| nzz | no_text | 2 |" in told
    assert "| cash | login_wall | 1 |" in told
    assert examples(Tally()) == ""
