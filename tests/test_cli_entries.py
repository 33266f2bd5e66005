"""`newstape entries`: what stands how and why, and what is tried once more."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner
from makers import NOW, known_feeds, listed, page
from sqlalchemy import Engine, text

from config.errors import Misconfigured
from flows.commands.entries import entries

# Per source: address, state, reason.
STOCK: dict[str, list[tuple[str, str, str | None]]] = {
    "alpha": [
        ("a1", "skipped", "blocked"), ("a2", "skipped", "blocked"), ("a3", "skipped", "robots"),
        ("a4", "dead", "timeout"), ("a5", "gone", "not_found"), ("a6", "loaded", None), ("a7", "pending", None),
    ],
    "beta": [("b1", "skipped", "blocked"), ("b2", "dead", "crash")],
}  # fmt: skip


@pytest.fixture
def stock(tape: Engine) -> Engine:
    """Two sources with entries in all kinds of ends."""
    with tape.begin() as conn:
        feeds = known_feeds(conn, *STOCK)
        for slug, rows in STOCK.items():
            listed(conn, feeds[f"{slug}/all"], [page(name, f"{slug}.example") for name, _, _ in rows])
            for name, state, reason in rows:
                conn.execute(
                    text("UPDATE ingest.entries SET state = :state, reason = :reason, settled_at = :at, attempts = 3, "
                         "detail = 'as seen by a test' WHERE canonical_url = :url"),
                    {"state": state, "reason": reason, "at": NOW, "url": page(name, f"{slug}.example")},
                )  # fmt: skip
    return tape


def said(*arguments: str) -> str:
    done = CliRunner().invoke(entries, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(*arguments: str) -> str:
    """The message of a call that is wrong, as it is shown with exit code 2."""
    done = CliRunner().invoke(entries, arguments, standalone_mode=False)
    assert isinstance(done.exception, (click.UsageError, Misconfigured)), done.output
    return getattr(done.exception, "message", str(done.exception))


def states(tape: Engine) -> dict[str, str]:
    """State by last part of the address."""
    with tape.connect() as conn:
        rows = conn.execute(text("SELECT canonical_url, state FROM ingest.entries")).all()
    return {url.rpartition("/")[2]: state for url, state in rows}


def opened(tape: Engine) -> list[str]:
    """What is pending now, but for the one that was before."""
    return sorted(name for name, state in states(tape).items() if state == "pending" and name != "a7")


LISTS: dict[str, tuple[Sequence[str], list[str]]] = {
    "newest first": ([], ["b2", "b1", "a7", "a6", "a5", "a4", "a3", "a2", "a1"]),
    "of a source": (["--source", "beta"], ["b2", "b1"]),
    "in a state": (["--state", "dead"], ["b2", "a4"]),
    "for a reason": (["--reason", "blocked"], ["b1", "a2", "a1"]),
    "all of them": (["--source", "alpha", "--state", "skipped", "--reason", "robots"], ["a3"]),
    "so many": (["--count", "2"], ["b2", "b1"]),
}


@pytest.mark.parametrize("case", LISTS)
def test_entries_are_listed_newest_first_and_by_what_was_asked(stock: Engine, case: str) -> None:
    arguments, wanted = LISTS[case]
    lines = [line for line in said("list", *arguments).splitlines() if not line.startswith(" ")]
    assert [line.rpartition("/")[2] for line in lines] == wanted


def test_a_listed_entry_is_told_with_its_reason_and_detail(stock: Engine) -> None:
    told = said("list", "--reason", "robots")
    assert "2026-03-02 09:30:00  skipped    alpha  robots  https://alpha.example/a3" in told
    assert "as seen by a test" in told


def test_an_empty_list_says_where_to_look(tape: Engine) -> None:
    assert "`newstape status`" in said("list")


RETRIES: dict[str, tuple[Sequence[str], list[str]]] = {
    "of a source": (["--source", "alpha"], ["a1", "a2", "a3", "a4", "a5"]),
    "for a reason": (["--reason", "blocked"], ["a1", "a2", "b1"]),
    "both": (["--source", "alpha", "--reason", "blocked"], ["a1", "a2"]),
    "in a state": (["--source", "alpha", "--state", "dead"], ["a4"]),
    "in two states": (["--source", "alpha", "--state", "dead", "--state", "gone"], ["a4", "a5"]),
    "the latest": (["--reason", "blocked", "--limit", "1"], ["b1"]),
    "none": (["--reason", "paywall"], []),
}


@pytest.mark.parametrize("case", RETRIES)
def test_ends_are_opened_again_by_source_reason_and_state(stock: Engine, case: str) -> None:
    arguments, wanted = RETRIES[case]
    foretold = said("retry", *arguments, "--dry-run")
    assert opened(stock) == []
    assert foretold.splitlines()[-1].startswith(f"{len(wanted)} of ")
    told = said("retry", *arguments)
    assert opened(stock) == wanted
    assert (f"{len(wanted)} entries are due now" if wanted else "No such entries") in told
    assert states(stock)["a6"] == "loaded"


def test_a_dry_run_counts_by_source_state_and_reason(stock: Engine) -> None:
    lines = said("retry", "--reason", "blocked", "--dry-run").splitlines()
    assert [" ".join(line.split()[:4]) for line in lines[:2]] == ["2 alpha skipped blocked", "1 beta skipped blocked"]
    assert "the portal keeps robots out" in lines[0]


def test_sources_that_are_paused_are_named(stock: Engine) -> None:
    with stock.begin() as conn:
        conn.execute(text("UPDATE ingest.sources SET paused_at = :at, pause_reason = 'relaunch'"), {"at": NOW})
        conn.execute(text("UPDATE ingest.sources SET paused_until = :at WHERE slug = 'beta'"),
                     {"at": NOW + timedelta(hours=1)})  # fmt: skip
    told = said("retry", "--reason", "blocked")
    assert "alpha is paused since 2026-03-02 09:30:00 UTC (relaunch)" in told
    assert "newstape sources resume alpha" in told
    assert "beta is paused" not in told


WRONG: dict[str, tuple[Sequence[str], str]] = {
    "nothing said": (["retry"], "--source SLUG, --reason REASON, or both"),
    "a reason mistyped": (
        ["retry", "--reason", "robot"],
        "'robot' is no reason (did you mean robots?); known are: unr",
    ),
    "a reason mistyped in a list": (["list", "--reason", "pay_wall"], "did you mean paywall?"),
    "a source mistyped": (["retry", "--source", "alhpa"], "No source alhpa in the database (did you mean alpha?)"),
    "an open state": (["retry", "--source", "alpha", "--state", "pending"], "pending"),
    "nothing to take": (["retry", "--source", "alpha", "--limit", "0"], "0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_named_with_what_was_meant(stock: Engine, case: str) -> None:
    arguments, wanted = WRONG[case]
    before: Any = states(stock)
    assert wanted in refused(*arguments)
    assert states(stock) == before


def test_wrong_use_ends_with_exit_code_two(tape: Engine) -> None:
    command = [sys.executable, "-m", "flows.cli", "entries", "retry", "--source", "nosuch"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "No source nosuch in the database" in done.stderr) == (2, True)
