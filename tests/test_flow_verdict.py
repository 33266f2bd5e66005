"""How runs end: state and sentence from their counters, and what the table of sources shows."""

from decimal import Decimal
from typing import Any

import pytest

from flows.naming import named
from flows.report import shown
from flows.verdict import MOST_NAMES, judged

COUNTERS = (
    "feeds_polled", "feeds_unchanged", "feeds_failed", "entries_listed", "entries_new", "fetched", "loaded",
    "duplicates", "skipped", "gone", "retried", "dead", "rechecked", "bytes",
)  # fmt: skip


def source(slug: str, **counters: Any) -> dict[str, Any]:
    """A row of news.run_sources."""
    plain = {"source": slug, "message": None, "request_seconds": Decimal("0.5")} | dict.fromkeys(COUNTERS, 0)
    return plain | {"feeds_polled": 1} | counters


def failing(slug: str) -> dict[str, Any]:
    return source(slug, feeds_failed=1, message="timeout")


def crash(received: int, crashed: int) -> dict[str, Any]:
    return {"stage": "extract", "received": received, "crashed": crashed}


WELL = [source(f"well-{n}", loaded=n, duplicates=1) for n in range(4)]

ENDS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = {
    "nothing to do": ([], [], "completed"),
    "all is well": (WELL, [], "completed"),
    "one of five fails": ([*WELL, failing("a")], [], "degraded"),
    "exactly half fail": ([*WELL[:2], failing("a"), failing("b")], [], "degraded"),
    "more than half fail": ([*WELL[:2], failing("a"), failing("b"), failing("c")], [], "failed"),
    "the only one fails": ([failing("a")], [], "failed"),
    "our code fails": (WELL, [crash(200, 3)], "failed"),
    "one that was not polled does not count": ([*WELL[:1], source("asked", feeds_polled=0)], [], "completed"),
}


@pytest.mark.parametrize(("sources", "crashes", "state"), ENDS.values(), ids=ENDS.keys())
def test_the_state_follows_from_the_sources_and_the_crashes(
    sources: list[dict[str, Any]], crashes: list[dict[str, Any]], state: str
) -> None:
    assert judged(sources, crashes, 0)[0] == state


def test_a_good_end_counts_sources_and_entries() -> None:
    assert judged(WELL, [], 312)[1] == "4 sources polled, 312 new entries, 6 loaded, 4 duplicates"


def test_failing_sources_are_named_with_what_to_do() -> None:
    message = judged([*WELL, failing("alpha"), failing("beta")], [], 1)[1]
    assert message.startswith("2 of 6 sources failed: alpha, beta; 6 sources polled, 1 new entries")
    assert "the artifact ingest-sources, or newstape sources show alpha" in message


def test_many_failing_sources_are_not_all_named() -> None:
    message = judged([failing(f"s{n:02}") for n in range(MOST_NAMES + 5)], [], 0)[1]
    assert "s09 and 5 more" in message
    assert "s10" not in message


def test_crashes_are_said_first_with_where_to_look() -> None:
    message = judged(WELL, [crash(400, 12)], 0)[1]
    assert message.startswith("our code failed on 12 of 400 inputs of extract; 4 sources polled")
    assert "newstape entries list --reason crash" in message


def test_the_table_says_why_where_something_went_wrong() -> None:
    assert shown(source("alpha"))["why"] == ""
    assert shown(failing("alpha"))["why"] == "timeout (newstape sources doctor alpha)"
    dead = shown(source("alpha", dead=2, retried=1, gone=1, skipped=3, entries_new=9))
    assert (dead["failed"], dead["skipped"], dead["new"]) == (3, 4, 9)
    assert dead["why"] == "newstape entries list --source alpha"


NAMES: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({}, "ingest"),
    "empty lists": ({"sources": [], "urls": None}, "ingest"),
    "one source": ({"sources": ["nzz"]}, "ingest nzz"),
    "several sources": ({"sources": ["nzz", "cash-ch"]}, "ingest 2 sources"),
    "one URL": ({"urls": ["https://a.example/"], "sources": ["nzz"]}, "ingest 1 URL"),
    "several URLs": ({"urls": ["https://a.example/", "https://b.example/"]}, "ingest 2 URLs"),
}


@pytest.mark.parametrize(("parameters", "name"), NAMES.values(), ids=NAMES.keys())
def test_a_run_is_named_after_what_it_is_about(parameters: dict[str, Any], name: str) -> None:
    assert named("ingest", parameters) == name
