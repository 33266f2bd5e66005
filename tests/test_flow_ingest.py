"""The ingest flow as its user runs it: `newstape ingest` on the sample portal, through a real Prefect server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import await_true
from prefect_asking import ask
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from portal.client import RunningPortal, start
from sql import connect
from tasks.urls import canonical_url

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(400)]

# What must be the same however often a run was killed: everything but surrogate ids and clocks.
END_STATE = text("""
    SELECT s.slug, e.canonical_url, e.state, e.reason, a.canonical_url AS article_url, r.title,
           encode(r.content_hash, 'hex') AS content_hash, a.published_at,
           (SELECT count(*) FROM ingest.sightings g WHERE g.entry_id = e.id) AS sightings
    FROM ingest.entries e
    JOIN ingest.sources s ON s.id = e.source_id
    LEFT JOIN tape.articles a ON a.id = e.article_id
    LEFT JOIN tape.revisions r ON r.id = a.head_revision_id
    ORDER BY s.slug, e.canonical_url
""")


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPortal, Path]]:
    """A sample portal and the folder with its source files."""
    folder = tmp_path_factory.mktemp("sources")
    with start(sources_dir=folder, end_with_stdin=True, latency_ms=15) as running:
        yield running, folder


@pytest.fixture
def portal(outside: tuple[RunningPortal, Path]) -> Iterator[RunningPortal]:
    """The sample portal without faults and with an empty ledger."""
    running = outside[0]
    running.clear_ledger()
    yield running
    running.clear_faults()


@pytest.fixture
def command(outside: tuple[RunningPortal, Path], prefect_api: str, tape: Engine) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of an ingest into the database `tape`."""
    environment = os.environ | {
        "PREFECT_API_URL": prefect_api,
        "NEWSTAPE_DATABASE_URL": connect.plain(tape.url),
        "NEWSTAPE_BATCH_SIZE": "20",
    }
    return [sys.executable, "-m", "flows.cli", "ingest", "--all", "--sources", str(outside[1])], environment


def run(command: tuple[list[str], dict[str, str]], *more: str, **settings: str) -> subprocess.CompletedProcess[str]:
    arguments, environment = command
    return subprocess.run(
        [*arguments, *more], env=environment | settings, capture_output=True, text=True, timeout=240, check=False
    )


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement)).all()]


def await_growth(engine: Engine, table: str) -> None:
    """Return as soon as the table has more rows than now."""
    question = f"SELECT count(*) FROM {table}"
    before = rows(engine, question)[0][0]
    await_true(lambda: rows(engine, question)[0][0] > before, 120, f"new rows of {table}")


def task_runs(api: str) -> int:
    return int(ask("POST", f"{api}/task_runs/count", {}))


def test_every_article_of_the_portal_is_loaded_once_and_a_second_run_adds_nothing(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine, prefect_api: str
) -> None:
    tasks_before = task_runs(prefect_api)
    first = run(command)
    assert first.returncode == 0, first.stdout + first.stderr
    gold = {canonical_url(article["url"]) for article in portal.gold()}
    entries = dict(rows(tape, "SELECT canonical_url, state FROM ingest.entries"))
    assert {url for url in gold if entries.get(url) not in ("loaded", "duplicate")} == set()
    assert rows(tape, "SELECT reason FROM ingest.entries WHERE state NOT IN ('loaded', 'duplicate')") == [("robots",)]
    assert task_runs(prefect_api) - tasks_before < 36
    (counted,) = rows(tape, "SELECT sum(loaded + duplicates + skipped) FROM ingest.run_sources")
    assert counted[0] == len(entries)
    assert rows(tape, "SELECT DISTINCT stage FROM ingest.run_stages WHERE received <> passed + skipped + failed") == []
    before = rows(tape, str(END_STATE))

    portal.clear_ledger()
    second = run(command)
    assert second.returncode == 0
    assert {request["status"] for request in portal.ledger()} == {304}
    assert rows(tape, str(END_STATE)) == before
    assert rows(tape, "SELECT state FROM ingest.runs ORDER BY id") == [("completed",), ("completed",)]


def test_every_request_is_logged_and_every_row_points_to_its_page(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine
) -> None:
    assert run(command).returncode == 0
    (logged,) = rows(tape, "SELECT count(*) FROM ingest.fetch_events WHERE status IS NOT NULL")
    assert logged[0] == len(portal.ledger())
    lost = """
        SELECT count(*) FROM tape.revisions r LEFT JOIN ingest.pages p
        ON p.id = r.page_id AND p.fetched_at = r.page_fetched_at AND p.body_sha256 = r.body_sha256
        WHERE p.id IS NULL
    """
    assert rows(tape, lost) == [(0,)]


def test_a_source_that_fails_is_named_and_stops_nothing_else(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine
) -> None:
    portal.fault("status", portal="tagesfinanz", path="/feed", value=503)
    portal.fault("crash_page", portal="alpenboerse", path="archetype")
    done = run(command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 of 8 sources failed: tagesfinanz" in done.stdout
    (row,) = rows(tape, "SELECT c.message, r.state FROM ingest.run_sources c JOIN ingest.runs r ON r.id = c.run_id "
                        "JOIN ingest.sources s ON s.id = c.source_id WHERE s.slug = 'tagesfinanz'")  # fmt: skip
    assert "503" in row[0]
    assert row[1] == "degraded"
    ((state, reason),) = rows(tape, "SELECT state, reason FROM ingest.entries WHERE url LIKE '%archetype'")
    assert state in ("dead", "skipped")
    assert reason in ("no_text", "too_large", "crash", "hung")
    assert rows(tape, "SELECT count(*) FROM ingest.entries WHERE state = 'loaded'")[0][0] > 70


def test_a_run_that_fails_is_closed_as_failed_with_what_it_had_done(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine
) -> None:
    with tape.begin() as conn:
        conn.execute(text("ALTER TABLE tape.revisions RENAME TO elsewhere"))
    assert run(command).returncode != 0
    ((state, message, finished),) = rows(tape, "SELECT state, message, finished_at IS NOT NULL FROM ingest.runs")
    assert (state, finished) == ("failed", True)
    assert "tape.revisions" in message
    assert rows(tape, "SELECT sum(feeds_polled), sum(entries_new) > 90 FROM ingest.run_sources") == [(9, True)]
    assert rows(tape, "SELECT count(*) FROM ingest.entries WHERE lease_owner IS NOT NULL") == [(0,)]

    with tape.begin() as conn:
        conn.execute(text("ALTER TABLE tape.elsewhere RENAME TO revisions"))
    portal.clear_ledger()
    assert run(command).returncode == 0
    assert rows(tape, "SELECT count(*) FROM ingest.entries WHERE state IN ('pending', 'fetched', 'retry')") == [(0,)]


def test_a_portal_on_loopback_needs_the_setting_and_the_message_says_so(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine
) -> None:
    refused = run(command, "--source", "tagesfinanz", NEWSTAPE_ALLOW_PRIVATE_ADDRESSES="false")
    assert refused.returncode == 3
    assert "newstape sources show tagesfinanz" in refused.stdout
    ((message,),) = rows(tape, "SELECT message FROM ingest.run_sources")
    assert "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES" in message
    assert portal.ledger() == []


def test_a_run_killed_again_and_again_ends_like_an_undisturbed_one(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine, embedded: URL
) -> None:
    arguments, environment = command
    assert run(command).returncode == 0
    undisturbed = rows(tape, str(END_STATE))
    with tape.begin() as conn:
        conn.execute(text("TRUNCATE ingest.sources, ingest.hosts, ingest.pages, ingest.fetch_events, ingest.runs, "
                          "tape.stories, tape.articles CASCADE"))  # fmt: skip
    for progress in ("ingest.entries", "ingest.pages", "tape.revisions"):
        killed = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_growth(tape, progress)
        killed.send_signal(signal.SIGKILL)
        killed.wait(30)
    portal.clear_ledger()
    last = run(command)
    assert last.returncode == 0, last.stdout + last.stderr
    assert rows(tape, str(END_STATE)) == undisturbed
    assert rows(tape, "SELECT state FROM ingest.runs ORDER BY id") == [("crashed",)] * 3 + [("completed",)]
    assert rows(tape, "SELECT count(*) FROM ingest.entries WHERE lease_owner IS NOT NULL") == [(0,)]


def test_two_runs_at_once_are_one_run(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine
) -> None:
    arguments, environment = command
    portal.fault("slow", value=1500)
    both = [
        subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=240) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("is active since" in out or "just starting" in out for out, _ in said) == 1
    asked = [request["path"] for request in portal.ledger() if "robots" not in request["path"]]
    assert len(asked) == len(set(asked))


def test_a_database_that_is_away_is_an_infrastructure_error(command: tuple[list[str], dict[str, str]]) -> None:
    done = run(command, NEWSTAPE_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:9/none")
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr
    assert "does not answer" in done.stderr
    assert "secret" not in done.stderr


def test_wrong_use_is_told_without_a_traceback(command: tuple[list[str], dict[str, str]]) -> None:
    unknown = run(command, "--source", "nosuch")
    assert (unknown.returncode, "No such source: nosuch" in unknown.stderr) == (2, True)
    setting = run(command, NEWSTAPE_BATCH_SIZE="many")
    assert (setting.returncode, "NEWSTAPE_BATCH_SIZE" in setting.stderr) == (2, True)
    assert "Traceback" not in unknown.stderr + setting.stderr


def test_a_limit_bounds_the_run_and_the_rest_follows(
    portal: RunningPortal, command: tuple[list[str], dict[str, str]], tape: Engine
) -> None:
    assert run(command, "--limit", "7").returncode == 0
    assert len([r for r in portal.ledger() if r["path"].count("/") > 1 and "feed" not in r["path"]]) < 30
    (fetched,) = rows(tape, "SELECT count(*) FROM ingest.pages")
    assert fetched == (7,)
    time.sleep(0)
    assert run(command).returncode == 0
    assert rows(tape, "SELECT count(*) FROM ingest.entries WHERE state IN ('pending', 'retry')") == [(0,)]
