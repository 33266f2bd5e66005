"""Trouble around a run: Prefect's server goes away in the middle, worker and flow are killed in the middle."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import answers, await_true, free_port
from prefect_asking import ask
from sqlalchemy import Engine, text

from portal.client import RunningPortal, start
from sql import connect

pytestmark = [pytest.mark.prefect, pytest.mark.long, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(500)]

OPEN = "SELECT count(*) FROM ingest.entries WHERE state IN ('pending', 'leased', 'retry', 'fetched')"


class OwnPrefect:
    """A Prefect server that may be killed and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "PREFECT_HOME": str(self.folder),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        }
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        await_true(lambda: answers(f"{self.api}/health"), 180, "Prefect's server")

    def end(self, number: signal.Signals) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, number)
            self.process.wait(30)
            self.process = None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return ask(method, f"{self.api}/{path}", body)

    def runs(self) -> dict[str, dict[str, Any]]:
        """All flow runs, by id."""
        return {run["id"]: run for run in self.ask("POST", "flow_runs/filter", {"limit": 200})}


@pytest.fixture
def prefect() -> Iterator[OwnPrefect]:
    own = OwnPrefect(Path(tempfile.mkdtemp(prefix="nt-own-")))
    try:
        own.start()
        yield own
    finally:
        own.end(signal.SIGTERM)
        shutil.rmtree(own.folder, ignore_errors=True)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[RunningPortal]:
    """A sample portal that takes its time, so that a run has a middle; its source files are in tmp_path."""
    with start(sources_dir=tmp_path, end_with_stdin=True, latency_ms=400) as running:
        yield running


@pytest.fixture
def environment(prefect: OwnPrefect, portal: RunningPortal, tape: Engine, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "PREFECT_API_URL": prefect.api,
        "NEWSTAPE_DATABASE_URL": connect.plain(tape.url),
        "NEWSTAPE_SOURCES_DIR": str(tmp_path),
        "NEWSTAPE_BATCH_SIZE": "20",
    }


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement)).all()]


def test_a_run_goes_on_and_ends_well_while_prefect_is_away(
    prefect: OwnPrefect, portal: RunningPortal, environment: dict[str, str], tape: Engine, tmp_path: Path
) -> None:
    with (tmp_path / "said").open("wb") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "ingest", "--all"], env=environment, stdout=said, stderr=said
        )
        await_true(lambda: rows(tape, "SELECT count(*) > 0 FROM ingest.pages")[0][0], 60, "the first pages")
        prefect.end(signal.SIGKILL)
        # The work is done to its last row while nobody listens; only then is the server there again.
        await_true(
            lambda: rows(tape, "SELECT count(*) FROM ingest.runs WHERE state = 'completed'") == [(1,)], 120, "the end"
        )
        assert running.poll() is None
        prefect.start()
        assert running.wait(120) == 0, (tmp_path / "said").read_text()

    assert rows(tape, OPEN) == [(0,)]
    ((loaded,),) = rows(tape, "SELECT sum(loaded + duplicates + skipped) FROM ingest.run_sources")
    assert rows(tape, "SELECT count(*) FROM ingest.entries") == [(loaded,)]
    (run,) = prefect.runs().values()
    assert run["state_type"] == "COMPLETED"
    assert "8 sources polled" in run["state"]["message"]
    printed = (tmp_path / "said").read_text()
    assert "The table ingest-sources is missing in Prefect's UI, the work goes on" in printed
    assert "Traceback" not in printed


def test_a_prefect_server_that_is_not_there_at_all_is_told_without_a_traceback(tape: Engine) -> None:
    environment = os.environ | {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    command = [sys.executable, "-m", "flows.cli", "ingest"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert f"newstape: Prefect's API at {environment['PREFECT_API_URL']} does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_killed_worker_and_its_flow_left_is_settled_by_a_later_run_without_a_person(
    prefect: OwnPrefect, portal: RunningPortal, environment: dict[str, str], tape: Engine
) -> None:
    deploying = [sys.executable, "-m", "flows.cli", "deploy"]
    deployed = subprocess.run(deploying, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert deployed.returncode == 0, deployed.stderr
    schedule_ingest(prefect, every_s=30)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "newstape", "--type", "process"]
    quick = environment | {"PREFECT_WORKER_QUERY_SECONDS": "3", "PREFECT_HOME": str(prefect.folder)}
    worker = psutil.Popen(command, env=quick, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await_true(lambda: rows(tape, "SELECT count(*) > 0 FROM ingest.pages")[0][0], 120, "the first pages")
        # Frozen before they die, so that the batch is known to be in the middle.
        family = [worker, *worker.children(recursive=True)]
        for process in family:
            process.suspend()
        batch = rows(tape, "SELECT id FROM ingest.entries WHERE state IN ('leased', 'fetched')")
        ((killed,),) = rows(tape, "SELECT prefect_run_id FROM ingest.runs WHERE state = 'running'")
        for process in family:
            process.kill()
        worker.wait(30)
        assert batch
        assert prefect.runs()[str(killed)]["state_type"] == "RUNNING"

        worker = psutil.Popen(command, env=quick, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_true(lambda: rows(tape, OPEN) == [(0,)], 120, "the end of every entry")
        ids = ", ".join(str(entry_id) for (entry_id,) in batch)
        states = {state for (state,) in rows(tape, f"SELECT DISTINCT state FROM ingest.entries WHERE id IN ({ids})")}
        assert states <= {"loaded", "duplicate", "skipped"}
        assert rows(tape, "SELECT state FROM ingest.runs ORDER BY id LIMIT 1") == [("crashed",)]
        await_true(lambda: prefect.runs()[str(killed)]["state_type"] == "CRASHED", 60, "Prefect's word for it")
        assert "took its work over" in prefect.runs()[str(killed)]["state"]["message"]
    finally:
        for process in [*worker.children(recursive=True), worker]:
            process.kill()
        worker.wait(30)


def schedule_ingest(prefect: OwnPrefect, every_s: int) -> None:
    """Have ingest run that often, and not by the schedule that it is deployed with."""
    deployment = prefect.ask("GET", "deployments/name/ingest/ingest")
    for schedule in deployment["schedules"]:
        prefect.ask("PATCH", f"deployments/{deployment['id']}/schedules/{schedule['id']}", {"active": False})
    often = {"schedule": {"interval": every_s, "anchor_date": "2026-01-01T00:00:00Z"}, "slug": "often"}
    prefect.ask("POST", f"deployments/{deployment['id']}/schedules", [often])
