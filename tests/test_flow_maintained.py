"""What people are told about a night of maintenance: the state, the sentence, the tables."""

from datetime import UTC, datetime

import pytest

from flows.maintained import (
    Nightly,
    chore_rows,
    detail_rows,
    foreseen_rows,
    judged,
    sentence,
    warning_rows,
)
from flows.verdict import LONGEST_ERROR, error_line
from tasks.upkeep import Done, Finding, Report

CHORES = ("partitions", "retention", "leases", "report")
QUIET = Report((), (), 0)


def night(failed: int = 0) -> Nightly:
    """A night of four chores; the first `failed` of them raised."""
    return Nightly(
        done={name: Done() for name in CHORES[failed:]},
        failed=dict.fromkeys(CHORES[:failed], "ValueError: no"),
        seconds=dict.fromkeys(CHORES, 0.25),
        report=QUIET,
    )


STATES = {"none failed": (0, "completed"), "one failed": (1, "degraded"), "half failed": (2, "degraded"),
          "most failed": (3, "failed"), "all failed": (4, "failed")}  # fmt: skip


@pytest.mark.parametrize(("failed", "state"), STATES.values(), ids=STATES)
def test_the_state_follows_how_many_chores_failed(failed: int, state: str) -> None:
    found, message = judged(night(failed))
    assert found == state
    assert message.startswith("0 warnings open" if not failed else f"{failed} of 4 chores failed, tried again")


def warning(kind: str, source: str = "") -> dict[str, str]:
    return {"kind": kind, "source": source, "feed": "", "since": "", "message": "m"}


FOUND = Finding("low_volume", "m", source_id=1, slug="c")
SENTENCES: dict[str, tuple[Nightly, str]] = {
    "a quiet night": (Nightly(report=QUIET), "0 warnings open"),
    "a night without a report": (Nightly(), "nothing to do"),
    "one warning": (
        Nightly(report=Report([FOUND], [], 0), warnings=[warning("low_volume", "c")]),
        "1 warning open: low_volume 1 (c)",
    ),
    "warnings by kind, those of most sources first": (
        Nightly(
            report=Report([FOUND], [FOUND], 2),
            warnings=[
                warning("disk"), warning("low_volume", "c"), warning("stale_feed", "b"), warning("stale_feed", "a"),
                warning("stale_feed", "a"),
            ],
        ),
        "5 warnings open (1 new, 2 over): stale_feed 3 (a, b), disk 1, low_volume 1 (c)",
    ),
    "more sources than a line has room for": (
        Nightly(report=QUIET, warnings=[warning("gap", slug) for slug in "edcba"]),
        "5 warnings open: gap 5 (a, b, c and 2 more)",
    ),
    "what the chores say follows": (
        Nightly(
            report=QUIET,
            done={
                "partitions": Done(), "retention": Done("2 partitions dropped (1.2 GB)"),
                "sizes": Done("4.1 GB, 210 days left"),
            },
        ),
        "0 warnings open; 2 partitions dropped (1.2 GB); 4.1 GB, 210 days left",
    ),
    "a rehearsal": (
        Nightly(is_rehearsal=True, report=QUIET, done={"leases": Done("3 leases ended")}),
        "Dry run, nothing was changed: 0 warnings open; 3 leases ended",
    ),
    "a chore that failed is named first": (
        Nightly(report=QUIET, failed={"leases": "ValueError: no"}, seconds={"leases": 1.0, "runs": 1.0, "report": 1.0}),
        "1 of 3 chores failed, tried again next time: leases (ValueError: no); 0 warnings open",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "said"), SENTENCES.values(), ids=SENTENCES)
def test_the_sentence(one: Nightly, said: str) -> None:
    assert sentence(one) == said


def test_the_table_of_chores_says_of_each_what_it_did_or_why_it_failed() -> None:
    one = Nightly(
        done={"retention": Done("1 partition dropped")},
        failed={"leases": "ValueError: no"},
        seconds={"retention": 0.123, "leases": 2.0},
    )
    assert chore_rows(one) == [
        {"chore": "retention", "state": "done", "seconds": 0.12, "said": "1 partition dropped"},
        {"chore": "leases", "state": "failed", "seconds": 2.0, "said": "ValueError: no"},
    ]


def test_rows_of_a_chore_that_failed_are_none() -> None:
    one = Nightly(done={"sizes": Done("4 GB", [{"schema": "tape", "bytes": 1}])}, failed={"runs": "no"})
    assert detail_rows(one, "sizes") == [{"schema": "tape", "bytes": 1}]
    assert detail_rows(one, "runs") == []


def test_the_table_of_warnings_shows_stored_ones_and_in_a_rehearsal_what_was_found() -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    stored = {"kind": "disk", "source": None, "feed_url": None, "first_at": since, "message": "m", "times": 3}
    assert warning_rows([stored]) == [{"kind": "disk", "source": "", "feed": "", "since": since, "message": "m"}]
    assert foreseen_rows(Report([FOUND], [FOUND], 0)) == [
        {"kind": "low_volume", "source": "c", "feed": "", "since": None, "message": "m"}
    ]


ERRORS = {
    "its first line alone": (ValueError("no\nSELECT 1"), "ValueError: no"),
    "one that says nothing": (TimeoutError(), "TimeoutError"),
    "a long one is cut": (ValueError("x" * 999), f"ValueError: {'x' * 999}"[:LONGEST_ERROR]),
}


@pytest.mark.parametrize(("error", "said"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_told_in_a_line(error: Exception, said: str) -> None:
    assert error_line(error) == said
