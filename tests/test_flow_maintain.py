"""The maintain flow as its user runs it: `newstape maintain`, what it says, and what Prefect shows of it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from conftest import await_true, free_port
from prefect.utilities.callables import parameter_schema
from prefect_asking import ask
from sqlalchemy import Engine, text

from flows.maintain import maintain
from sql import connect
from sql.store import runs
from tasks.steps.upkeep import CHORES

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(300)]

ALL = {*dict(CHORES), "sizes", "story_report", "report"}
SOURCE = """\
slug: tagblatt
name: Tagblatt
homepage: https://tagblatt.example/
language: de
country: CH
time_zone: Europe/Zurich
feeds:
  - url: https://tagblatt.example/rss
    kind: rss
"""
CLOSE = """
import asyncio, sys
from datetime import datetime
from flows.crashed import close_left_open
print(asyncio.run(close_left_open(datetime.fromisoformat(sys.argv[1]))))
"""
Newstape = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path, prefect_api: str, tape: Engine) -> dict[str, str]:
    """The environment of the command line on the database `tape`, with one source."""
    (tmp_path / "tagblatt.yaml").write_text(SOURCE)
    given = {"NEWSTAPE_DATABASE_URL": connect.plain(tape.url), "NEWSTAPE_SOURCES_DIR": str(tmp_path)}
    return os.environ | given | {"PREFECT_API_URL": prefect_api}


@pytest.fixture
def newstape(environment: dict[str, str]) -> Newstape:
    """The command line."""

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            env=environment | more, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    return call


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement))]


def shown(api: str, tape: Engine) -> dict[str, list[dict[str, Any]]]:
    """The tables of the latest run in Prefect's UI, by key."""
    ((flow_run_id,),) = rows(tape, "SELECT prefect_run_id FROM ingest.runs ORDER BY id DESC LIMIT 1")
    found = ask("POST", f"{api}/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [str(flow_run_id)]}}})
    return {one["key"]: json.loads(one["data"]) for one in found}


def flow_run(api: str, tape: Engine) -> dict[str, Any]:
    """The flow run of the latest run."""
    ((flow_run_id,),) = rows(tape, "SELECT prefect_run_id FROM ingest.runs ORDER BY id DESC LIMIT 1")
    return dict(ask("GET", f"{api}/flow_runs/{flow_run_id}"))


def running(api: str) -> UUID:
    """A flow run of `ingest` that Prefect takes to be at work; its id."""
    flow_id = ask("POST", f"{api}/flows/", {"name": "ingest"})["id"]
    return UUID(ask("POST", f"{api}/flow_runs/", {"flow_id": flow_id, "state": {"type": "RUNNING"}})["id"])


def opened(engine: Engine, flow_run_id: UUID) -> int:
    """The open row of a run; its id."""
    with engine.begin() as conn:
        return runs.open_run(
            conn, "ingest", process="gone:1", version="0", parameters={}, prefect_run_id=flow_run_id
        )  # fmt: skip


def test_a_night_does_every_chore_says_what_it_came_to_and_prefect_shows_it(
    newstape: Newstape, tape: Engine, prefect_api: str
) -> None:
    flow_run_id = running(prefect_api)
    opened(tape, flow_run_id)
    with tape.begin() as conn:
        conn.execute(text("INSERT INTO ingest.warnings (kind, message, first_at, last_at, times)"
                          " VALUES ('outage', 'The line was down.', now(), now(), 1)"))  # fmt: skip
    done = newstape("maintain")
    assert done.returncode == 0, done.stderr
    message = done.stdout.splitlines()[-1]
    assert message.startswith("1 warning open: outage 1; ")
    assert done.stdout.splitlines()[0].split() == ["kind", "source", "feed", "since", "message"]
    assert "The line was down." in done.stdout
    last = rows(tape, "SELECT flow, state, message FROM ingest.runs ORDER BY id DESC LIMIT 1")
    assert last == [("maintain", "completed", message)]
    stages = rows(tape, "SELECT stage, received, passed, crashed FROM ingest.run_stages")
    assert sorted(stages) == sorted((name, 1, 1, 0) for name in ALL)
    tables = shown(prefect_api, tape)
    assert [row["message"] for row in tables["maintain-warnings"]] == ["The line was down."]
    assert {row["chore"] for row in tables["maintain-chores"]} == ALL
    assert {row["state"] for row in tables["maintain-chores"]} == {"done"}
    assert tables["maintain-sizes"]
    assert flow_run(prefect_api, tape)["state"]["message"] == message
    assert rows(tape, "SELECT state FROM ingest.runs ORDER BY id LIMIT 1") == [("crashed",)]
    assert ask("GET", f"{prefect_api}/flow_runs/{flow_run_id}")["state"]["type"] == "CRASHED"


def test_a_chore_that_fails_stops_no_other_and_the_run_is_degraded(
    newstape: Newstape, tape: Engine, prefect_api: str
) -> None:
    with tape.begin() as conn:
        conn.execute(text("ALTER TABLE ingest.source_days RENAME TO out_of_reach"))
    done = newstape("maintain")
    assert done.returncode == 1, done.stderr
    failed = {name for (name,) in rows(tape, "SELECT stage FROM ingest.run_stages WHERE crashed = 1 AND failed = 1")}
    assert "source_days" in failed
    assert failed <= {"source_days", "statistics", "report"}
    assert len(rows(tape, "SELECT stage FROM ingest.run_stages WHERE passed = 1")) == len(ALL) - len(failed)
    assert done.stdout.startswith(f"{len(failed)} of {len(ALL)} chores failed, tried again next time: source_days (")
    assert "Traceback" in done.stderr
    ended = flow_run(prefect_api, tape)
    assert (ended["state"]["type"], "degraded" in ended["tags"]) == ("COMPLETED", True)
    assert rows(tape, "SELECT state FROM ingest.runs ORDER BY id DESC LIMIT 1") == [("degraded",)]


def test_a_rehearsal_changes_nothing_and_the_night_then_tells_what_is_new_once(
    newstape: Newstape, tape: Engine, prefect_api: str
) -> None:
    first = newstape("maintain", "--dry-run")
    assert first.returncode == 0, first.stderr
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with tape.begin() as conn:
        conn.execute(
            text("INSERT INTO ingest.source_days (source_id, day, added, loaded)"
                 " SELECT id, CAST(:day AS date) - 7 * week, 40, 40 FROM ingest.sources, generate_series(1, 8) AS week"
                 " WHERE slug = 'tagblatt'"), {"day": yesterday},
        )  # fmt: skip
        conn.execute(text("UPDATE ingest.sources SET created_at = now() - interval '90 days'"))
    before = rows(tape, "SELECT * FROM ingest.source_days ORDER BY source_id, day")
    rehearsed = newstape("maintain", "--dry-run")
    assert rehearsed.returncode == 0, rehearsed.stderr
    assert rehearsed.stdout.splitlines()[-1].startswith("Dry run, nothing was changed: ")
    assert rows(tape, "SELECT * FROM ingest.source_days ORDER BY source_id, day") == before
    assert rows(tape, "SELECT kind FROM ingest.warnings") == []
    told = newstape("maintain")
    assert told.stdout.splitlines()[-1].startswith("1 warning open (1 new): low_volume 1 (tagblatt)")
    again = newstape("maintain")
    assert again.stdout.splitlines()[-1].startswith("1 warning open: low_volume 1 (tagblatt)")
    wanted = {"filter": {"event": {"name": ["newstape.low_volume"]},
                         "resource": {"id": ["newstape.source.tagblatt"]}}}  # fmt: skip
    await_true(lambda: ask("POST", f"{prefect_api}/events/filter", wanted)["events"], 60, "the event")
    found = [one for one in ask("POST", f"{prefect_api}/events/filter", wanted)["events"] if "run" in one["payload"]]
    ((run_id,),) = rows(tape, "SELECT id FROM ingest.runs ORDER BY id DESC OFFSET 1 LIMIT 1")
    assert [(one["payload"]["run"], one["payload"]["source"]) for one in found] == [(run_id, "tagblatt")]


def test_a_run_that_finds_another_one_at_work_ends_at_once_and_names_it(newstape: Newstape, tape: Engine) -> None:
    with tape.connect() as conn:
        assert runs.try_lock(conn, "maintain")
        with tape.begin() as other:
            runs.open_run(other, "maintain", process="here:1", version="0", parameters={}, prefect_run_id=None)
        done = newstape("maintain")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Nothing done: run 1 is active since ")
    assert rows(tape, "SELECT count(*) FROM ingest.run_stages") == [(0,)]


def test_where_postgres_is_away_the_run_fails_and_says_so(newstape: Newstape) -> None:
    done = newstape("maintain", NEWSTAPE_DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    assert done.returncode == 3
    assert any(line.startswith("newstape: ") for line in done.stderr.splitlines())


def test_flow_runs_whose_end_prefect_missed_are_ended_as_their_rows_say_and_started_ones_are_left(
    environment: dict[str, str], tape: Engine, prefect_api: str
) -> None:
    ended = {state: running(prefect_api) for state in ("completed", "degraded", "failed", "crashed")}
    at_work, just_ended, again = running(prefect_api), running(prefect_api), running(prefect_api)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    for flow_run_id in (*ended.values(), at_work, just_ended, again):
        opened(tape, flow_run_id)
    with tape.begin() as conn:
        close = text("UPDATE ingest.runs SET state = :state, message = :state, finished_at = :at"
                     " WHERE prefect_run_id = :id")  # fmt: skip
        for state, flow_run_id in ended.items():
            conn.execute(close, {"state": state, "at": soon, "id": flow_run_id})
        conn.execute(close, {"state": "completed", "at": soon + timedelta(minutes=19), "id": just_ended})
        # Closed before Prefect set it to Running: it was started again there.
        conn.execute(close, {"state": "completed", "at": soon - timedelta(hours=1), "id": again})
    now = soon + timedelta(minutes=20)
    done = subprocess.run(
        [sys.executable, "-c", CLOSE, now.isoformat()], env=environment, capture_output=True, text=True, timeout=100,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
    states = {one: ask("GET", f"{prefect_api}/flow_runs/{one}")["state"] for one in (*ended.values(), at_work)}
    assert [states[ended[one]]["type"] for one in ended] == ["COMPLETED", "COMPLETED", "FAILED", "CRASHED"]
    assert states[ended["failed"]]["message"].startswith("failed (run ")
    for left in (at_work, just_ended, again):
        assert ask("GET", f"{prefect_api}/flow_runs/{left}")["state"]["type"] == "RUNNING"
        ask("POST", f"{prefect_api}/flow_runs/{left}/set_state", {"state": {"type": "CANCELLED"}, "force": True})


def test_where_prefects_server_is_away_flow_runs_are_left_as_they_are(environment: dict[str, str]) -> None:
    nowhere = environment | {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    done = subprocess.run(
        [sys.executable, "-c", CLOSE, datetime.now(UTC).isoformat()], env=nowhere, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert "is missing in Prefect's UI, the work goes on" in done.stderr


def test_the_form_describes_its_field() -> None:
    fields = parameter_schema(maintain).model_dump()["properties"]
    assert list(fields) == ["dry_run"]
    assert len(fields["dry_run"]["description"]) > 20
    assert fields["dry_run"]["default"] is False
