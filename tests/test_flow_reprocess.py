"""The reprocess flow as its user runs it: `newstape reprocess` after an ingest of the sample portal."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prefect.utilities.callables import parameter_schema
from prefect_asking import ask
from sqlalchemy import Engine, text

from flows.commands.reprocessing import reprocess as command
from flows.reprocess import judged, reprocess
from flows.run import Frame
from portal.client import RunningPortal, start
from sql import connect
from sql.store import runs
from sql.store.reprocess import Scope
from tasks.outcome import Stage
from tasks.steps.reprocess import Tally, Wanted
from tasks.steps.run import Run, stage_row

TEXTS = """
    SELECT to_jsonb(r) - 'loaded_at', to_jsonb(a) FROM tape.revisions r JOIN tape.articles a ON a.id = r.article_id
    ORDER BY r.id
"""
Newstape = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[RunningPortal]:
    """The sample portal; its source files are in `tmp_path`."""
    with start(sources_dir=tmp_path, end_with_stdin=True) as running:
        yield running


@pytest.fixture
def newstape(tmp_path: Path, prefect_api: str, tape: Engine) -> Newstape:
    """The command line on the database `tape`."""
    environment = os.environ | {
        "PREFECT_API_URL": prefect_api,
        "NEWSTAPE_DATABASE_URL": connect.plain(tape.url),
        "NEWSTAPE_SOURCES_DIR": str(tmp_path),
        "NEWSTAPE_BATCH_SIZE": "10",
    }

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            env=environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    return call


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement))]


def artifacts(api: str) -> dict[str, dict[str, Any]]:
    """The latest artifact of each key."""
    return {found["key"]: found for found in ask("POST", f"{api}/artifacts/latest/filter", {})}


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_rehearsal_says_what_the_run_then_does_and_no_request_leaves(
    portal: RunningPortal, newstape: Newstape, tape: Engine, prefect_api: str
) -> None:
    assert newstape("ingest", "--all", "--limit", "25", "--source", "alpenboerse").returncode == 0
    fresh = rows(tape, TEXTS)
    portal.clear_ledger()
    with tape.begin() as conn:
        conn.execute(text("UPDATE tape.revisions SET extractor_version = 'old', title = 'Falsch', kicker = NULL"))
    rehearsed = newstape("reprocess", "--dry-run", "--source", "alpenboerse")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert rehearsed.stdout.splitlines()[-1].startswith(f"Dry run, nothing was replaced: {len(fresh)} revisions")
    assert rows(tape, "SELECT DISTINCT title FROM tape.revisions") == [("Falsch",)]
    done = newstape("reprocess", "--source", "alpenboerse")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:-1] == rehearsed.stdout.splitlines()[:-1]
    assert done.stdout.splitlines()[0].split() == [
        "source", "field", "before", "after", "changed", "appeared", "vanished",
    ]  # fmt: skip
    assert rows(tape, TEXTS) == fresh
    assert portal.ledger() == []
    found = artifacts(prefect_api)
    assert {row["field"] for row in json.loads(found["reprocess-columns"]["data"])} >= {"title", "kicker", "text"}
    assert "becomes" in found["reprocess-examples"]["data"]
    assert found["reprocess-progress"]["data"] == 100.0
    last = rows(tape, "SELECT flow, state, message FROM ingest.runs ORDER BY id DESC LIMIT 1")
    assert last == [("reprocess", "completed", done.stdout.splitlines()[-1])]
    few = newstape("reprocess", "--again", "--limit", "12")
    assert few.stdout.splitlines()[-1] == "12 revisions of 1 source read again: 0 changed"


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_run_that_finds_another_one_at_work_ends_at_once_and_names_it(
    portal: RunningPortal, newstape: Newstape, tape: Engine
) -> None:
    with tape.connect() as conn:
        assert runs.try_lock(conn, "reprocess")
        with tape.begin() as other:
            runs.open_run(other, "reprocess", process="here:1", version="0", parameters={}, prefect_run_id=None)
        done = newstape("reprocess")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Nothing done: run 1 is active since ")
    assert portal.ledger() == []


def test_the_form_offers_the_sources_and_describes_every_field() -> None:
    schema = parameter_schema(reprocess).model_dump()
    fields = schema["properties"]
    assert list(fields) == ["source", "start", "end", "stages", "dry_run", "again", "limit"]
    assert all(len(field["description"]) > 20 for field in fields.values())
    assert "nzz" in schema["definitions"]["Source"]["enum"]
    assert not schema.get("required")
    assert {"minimum": 1, "type": "integer"}.items() <= fields["limit"]["anyOf"][0].items()


CRASHES = {"three of three hundred": (300, 3, "completed"), "three of two hundred": (200, 3, "failed"),
           "two of two": (2, 2, "completed")}  # fmt: skip


@pytest.mark.parametrize(("received", "crashed", "state"), CRASHES.values(), ids=CRASHES)
def test_a_run_fails_where_our_code_failed_on_too_many_pages(
    tape: Engine, received: int, crashed: int, state: str
) -> None:
    row = stage_row(Stage.REPROCESS, received, received - crashed, 0, crashed, 0.0) | {"crashed": crashed}
    with tape.begin() as conn:
        run_id = runs.open_run(conn, "reprocess", process="x", version="0", parameters={}, prefect_run_id=None)
        runs.add_stage_counts(conn, run_id, [row])
    frame = Frame(Run(run_id, "x", None, None))
    found, message = judged(frame, Wanted(Scope()), Tally())
    assert found == state
    assert (f"our code failed on {crashed} of {received} pages; " in message) is (state == "failed")


WRONG = {
    "days in the wrong order": (["--start", "2026-03-02", "--end", "2026-03-01"], "lies before"),
    "no such day": (["--start", "2026-02-30"], "does not match the format"),
    "no such source": (["--source", "nobody"], "No such source: nobody"),
    "no page at all": (["--limit", "0"], "is not in the range"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_refused_before_anything_starts(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
