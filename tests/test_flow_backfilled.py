"""What a backfill says of itself: sentences and tables."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from flows.backfilled import coverage_rows, day_rows, lasting, rehearsed_rows, rehearsed_sentence, sentence
from tasks.past import Candidate, KnownRule
from tasks.steps.rehearsal import Rehearsal

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def totals(**changes: int) -> dict[str, int]:
    plain = {"announced": 12, "added": 9, "fetched": 9, "loaded": 8, "duplicates": 0, "failed": 0, "open": 0}
    return plain | changes


def day(which: date, state: str = "listed", message: str | None = None) -> dict[str, Any]:
    plain: dict[str, Any] = {"day": which, "state": state, "message": message, "announced": 5, "added": 4, "again": 0}
    return plain | {"fetched": 4, "loaded": 3, "duplicates": 1, "failed": 0, "open": 0}


SENTENCES: dict[str, tuple[dict[str, int], list[dict[str, Any]], str]] = {
    "all well": (totals(), [day(FIRST)], "12 announced, 9 new, 3 known; 8 loaded"),
    "what went otherwise is named": (
        totals(duplicates=1, failed=2, open=1), [day(FIRST)],
        "12 announced, 9 new, 3 known; 8 loaded, 1 duplicates, 2 failed, 1 open",
    ),
    "a day that can't be listed": (
        totals(), [day(FIRST), day(SECOND, "failed", "no answer")],
        "12 announced, 9 new, 3 known; 8 loaded; 1 day can't be listed (2026-03-02): no answer",
    ),
    "days that are still to come": (
        totals(announced=0, added=0, loaded=0), [day(FIRST, "open"), day(SECOND, "open")],
        "0 announced, 0 new, 0 known; 0 loaded; 2 days still to be listed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("counted", "days", "said"), SENTENCES.values(), ids=SENTENCES)
def test_the_sentence_says_what_was_announced_and_what_became_of_it(
    counted: dict[str, int], days: list[dict[str, Any]], said: str
) -> None:
    assert sentence(counted, days) == said


def test_the_table_has_a_row_per_day() -> None:
    (row,) = day_rows([day(FIRST, "failed", "no answer")])
    assert row == {
        "day": FIRST, "listed": "failed", "announced": 5, "new": 4, "known": 1, "fetched": 4, "loaded": 3,
        "duplicates": 1, "failed": 0, "open": 0, "note": "no answer",
    }  # fmt: skip
    assert list(coverage_rows([day(FIRST) | {"source": "x"}])[0]) == [
        "day", "announced", "fetched", "loaded", "duplicates", "failed", "open",
    ]  # fmt: skip


def candidate(number: int, which: date | None) -> tuple[Candidate, dict[str, Any]]:
    url = f"https://www.nordwerk.example/{number}"
    return Candidate(url, "a sitemap", which), {"url": url, "asked_url": None, "url_hash": bytes([number])}


def rehearsed(rule: KnownRule = KnownRule.SKIP, budget: int | None = None, page_bytes: int | None = None) -> Rehearsal:
    found = Rehearsal(timedelta(seconds=2), budget, {FIRST: Counter(), SECOND: Counter()}, page_bytes=page_bytes)
    pairs = [candidate(1, FIRST), candidate(2, FIRST), candidate(1, FIRST), candidate(3, None)]
    found.meet(pairs, [None, 7, None, None], rule)
    found.requests = 3
    return found


def test_a_rehearsal_counts_each_address_once_and_estimates_the_cost() -> None:
    assert rehearsed_sentence(rehearsed(page_bytes=500_000)) == (
        "Dry run, nothing was noted: 3 announced, 2 new, 1 known; it took 3 requests; "
        "a run would make about 2 requests in about 4 s for 1.0 MB"
    )
    assert [(row["day"], row["announced"], row["new"]) for row in rehearsed_rows(rehearsed())] == [
        (FIRST, 2, 1), (SECOND, 0, 0), ("(undated)", 1, 1),
    ]  # fmt: skip


def test_a_rehearsal_of_all_again_counts_known_ones_as_requests() -> None:
    assert rehearsed(KnownRule.AGAIN).wanted == 3


def test_the_budget_decides_where_it_is_slower_than_the_delay() -> None:
    assert rehearsed(budget=1).duration == timedelta(hours=1, seconds=2)
    assert rehearsed(budget=2).duration == timedelta(seconds=4)
    assert rehearsed(budget=36_000).duration == timedelta(seconds=4)


def test_days_that_can_not_be_listed_are_told() -> None:
    found = rehearsed()
    found.failed = {SECOND: "no answer"}
    assert rehearsed_sentence(found).endswith("an unknown amount (no page yet); 1 day can't be listed: no answer")
    assert rehearsed_rows(found)[1]["note"] == "no answer"


DURATIONS = {"40 s": 40, "2 min": 120, "90 min": 5400, "3.5 h": 12_600, "2.5 days": 216_000}


@pytest.mark.parametrize(("said", "seconds"), DURATIONS.items(), ids=DURATIONS)
def test_durations_are_told_in_the_unit_that_fits(said: str, seconds: int) -> None:
    assert lasting(timedelta(seconds=seconds)) == said
