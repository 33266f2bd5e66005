"""How an ingest ends, as its operator sees it in Prefect: states, tags, names, events, artifacts and logs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import await_true
from prefect_asking import ask
from sqlalchemy import Engine, text

from portal.client import RunningPortal, start
from sql import connect

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(400)]

Command = tuple[list[str], dict[str, str]]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[RunningPortal]:
    """A sample portal whose source files are in tmp_path."""
    with start(sources_dir=tmp_path, end_with_stdin=True) as running:
        yield running


@pytest.fixture
def command(portal: RunningPortal, prefect_api: str, tape: Engine, tmp_path: Path) -> Command:
    """Command line and environment of an ingest into the database `tape`."""
    environment = os.environ | {
        "PREFECT_API_URL": prefect_api,
        "NEWSTAPE_DATABASE_URL": connect.plain(tape.url),
        "NEWSTAPE_BATCH_SIZE": "20",
    }
    return [sys.executable, "-m", "flows.cli", "ingest", "--all", "--sources", str(tmp_path)], environment


def run(command: Command, *more: str) -> subprocess.CompletedProcess[str]:
    arguments, environment = command
    return subprocess.run(
        [*arguments, *more], env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement)).all()]


def asked(api: str, path: str, body: dict[str, Any]) -> Any:
    return ask("POST", f"{api}/{path}", body)


def events(api: str, tape: Engine) -> list[tuple[str, str]]:
    """Our events about sources, with the runs of `tape` that they are from, the earliest first."""
    wanted = {"filter": {"event": {"prefix": ["newstape.source."]}, "order": "ASC"}, "limit": 50}
    known = {str(run) for (run,) in rows(tape, "SELECT prefect_run_id FROM ingest.runs")}
    found = [one for one in asked(api, "events/filter", wanted)["events"] if runs_of(one) & known]
    return [(one["event"].rpartition(".")[2], one["payload"]["source"]) for one in found]


def runs_of(event: dict[str, Any]) -> set[str]:
    return {one["prefect.resource.id"].removeprefix("prefect.flow-run.") for one in event["related"]}


def test_a_failing_source_is_told_once_in_prefect_and_once_again_when_it_is_back(
    portal: RunningPortal, command: Command, tape: Engine, prefect_api: str
) -> None:
    portal.fault("status", portal="tagesfinanz", path="/feed", value=503)
    assert [run(command).returncode, run(command).returncode] == [1, 1]
    portal.clear_faults()
    last = run(command, "--source", "tagesfinanz")
    assert last.returncode == 0, last.stdout + last.stderr

    told = [("failed", "tagesfinanz"), ("recovered", "tagesfinanz")]
    await_true(lambda: events(prefect_api, tape) == told, 60, "the events")
    warned = "SELECT kind, source, times, resolved_at IS NOT NULL FROM news.warnings WHERE kind = 'source_failed'"
    assert rows(tape, warned) == [("source_failed", "tagesfinanz", 2, True)]

    ids = [str(one) for (one,) in rows(tape, "SELECT prefect_run_id FROM ingest.runs ORDER BY id")]
    found = {one["id"]: one for one in asked(prefect_api, "flow_runs/filter", {"flow_runs": {"id": {"any_": ids}}})}
    assert [found[one]["state_type"] for one in ids] == ["COMPLETED"] * 3
    assert [found[one]["state_name"] for one in ids] == ["Completed"] * 3
    assert [found[one]["tags"] for one in ids] == [["degraded"], ["degraded"], []]
    assert [found[one]["name"] for one in ids] == ["ingest", "ingest", "ingest tagesfinanz"]
    assert found[ids[0]]["state"]["message"].startswith("1 of 8 sources failed: tagesfinanz; ")
    shown = asked(prefect_api, "artifacts/filter", {"artifacts": {"flow_run_id": {"any_": ids[:1]}}})
    (table,) = [json.loads(one["data"]) for one in shown if one["key"] == "ingest-sources"]
    assert (table[0]["source"], table[0]["failed"]) == ("tagesfinanz", 1)
    assert "503" in table[0]["why"]
    assert sum(row["loaded"] for row in table) > 70
    (bar,) = [one for one in shown if one["key"] == "ingest-progress"]
    assert 0 < bar["data"] <= 100


def test_what_a_run_says_is_in_prefects_log(
    portal: RunningPortal, command: Command, tape: Engine, prefect_api: str
) -> None:
    assert run(command, "--source", "alpenboerse").returncode == 0
    ((flow_run,),) = rows(tape, "SELECT prefect_run_id FROM ingest.runs")
    wanted = {"logs": {"flow_run_id": {"any_": [str(flow_run)]}}, "sort": "TIMESTAMP_ASC"}
    await_true(lambda: len(asked(prefect_api, "logs/filter", wanted)) >= 4, 30, "the log")
    said = asked(prefect_api, "logs/filter", wanted)
    assert {line["level"] for line in said} == {20}
    assert [line["message"].split()[0] for line in said][:2] == ["polled", "fetched"]
    assert "1 sources polled" in said[-1]["message"]


def test_a_run_whose_code_fails_too_often_is_failed(portal: RunningPortal, command: Command, tape: Engine) -> None:
    with tape.begin() as conn:
        conn.execute(
            text("""
            CREATE FUNCTION ingest.three_crashes() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.stage = 'extract' THEN NEW.failed := 3; NEW.crashed := 3; NEW.passed := NEW.received - 3; END IF;
                RETURN NEW;
            END $$
        """)
        )
        conn.execute(text("CREATE TRIGGER crashing BEFORE INSERT ON ingest.run_stages "
                          "FOR EACH ROW EXECUTE FUNCTION ingest.three_crashes()"))  # fmt: skip
    done = run(command, "--source", "alpenboerse")
    assert done.returncode == 3
    assert "our code failed on 3 of" in done.stdout
    assert rows(tape, "SELECT state FROM ingest.runs") == [("failed",)]
