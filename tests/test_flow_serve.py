"""`newstape serve` as an operator sees it: it starts, a scheduled run appears and finishes, SIGTERM ends it all."""

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

from portal.client import start
from sql import connect

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(500)]


class Serving:
    """A running `newstape serve`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.api, self.log = process, f"http://127.0.0.1:{port}/api", log

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The answer of Prefect's API to a POST."""
        return ask("POST", f"{self.api}/{path}", body)

    def runs(self, **chosen: Any) -> list[dict[str, Any]]:
        """Flow runs that were created by the scheduler (auto_scheduled=True) or not."""
        found = self.ask("flow_runs/filter", {"limit": 200})
        return [run for run in found if all(run[name] == value for name, value in chosen.items())]


@pytest.fixture
def serving(tape: Engine) -> Iterator[Serving]:
    """`newstape serve` on a sample portal, in a home and a database of its own."""
    folder, port = Path(tempfile.mkdtemp(prefix="nt-serve-")), free_port()
    (folder / "sources").mkdir()
    with start(sources_dir=folder / "sources", end_with_stdin=True), (folder / "log").open("wb") as log:
        environment = os.environ | {
            "NEWSTAPE_HOME": str(folder),
            "NEWSTAPE_SOURCES_DIR": str(folder / "sources"),
            "NEWSTAPE_DATABASE_URL": connect.plain(tape.url),
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        }
        command = [sys.executable, "-m", "flows.cli", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        running = Serving(process, port, folder / "log")
        try:
            await_true(lambda: b"UI: http" in running.log.read_bytes() or process.poll() is not None, 240, "the UI")
            assert process.poll() is None, running.log.read_text()
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            shutil.rmtree(folder, ignore_errors=True)


def test_scheduled_runs_appear_and_finish_and_sigterm_ends_every_process(serving: Serving, tape: Engine) -> None:
    await_true(lambda: serving.runs(auto_scheduled=False, state_type="COMPLETED"), 120, "the first run")
    assert len(serving.runs(auto_scheduled=True)) >= 3

    (deployment,) = [one for one in serving.ask("deployments/filter", {}) if one["name"] == "ingest"]
    every_10_s = {"schedule": {"interval": 10, "anchor_date": "2026-01-01T00:00:00Z"}, "slug": "every-10-seconds"}
    serving.ask(f"deployments/{deployment['id']}/schedules", [every_10_s])  # type: ignore[arg-type]
    await_true(lambda: serving.runs(auto_scheduled=True, state_type="COMPLETED"), 150, "a scheduled run's end")

    with tape.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM tape.articles")).scalar_one() > 80
        flow_runs = {str(run) for run in conn.execute(text("SELECT prefect_run_id FROM ingest.runs")).scalars()}
    # One that found another run at work completes, too, and leaves no row of its own.
    assert {run["id"] for run in serving.runs(auto_scheduled=True, state_type="COMPLETED")} & flow_runs

    children = psutil.Process(serving.process.pid).children(recursive=True)
    assert len(children) >= 2
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(60) == 0
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []
    assert not answers(f"{serving.api}/health")


def test_a_taken_port_is_told_at_once(tape: Engine, prefect_api: str) -> None:
    port = prefect_api.rpartition(":")[2].removesuffix("/api")
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "serve", "--port", port],
        env=os.environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"Port {port} is in use" in done.stderr
