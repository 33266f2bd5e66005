"""Artifacts and events on a real Prefect server, and without one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import await_true, free_port
from prefect_asking import ask

from flows.artifacts import MOST_ROWS

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def told(prefect_api: str) -> subprocess.CompletedProcess[str]:
    """What the flow of tests/telling.py printed when it told everything to the server."""
    return subprocess.run(
        [sys.executable, str(Path(__file__).with_name("telling.py")), f"http://127.0.0.1:{free_port()}/api"],
        env=os.environ | {"PREFECT_API_URL": prefect_api, "PREFECT_LOGGING_LEVEL": "WARNING"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def asked(api: str, path: str, body: dict[str, Any]) -> Any:
    return ask("POST", f"{api}/{path}", body)


def shown(api: str, key: str) -> dict[str, Any]:
    """The one artifact of a key."""
    (found,) = asked(api, "artifacts/filter", {"artifacts": {"key": {"any_": [key]}}})
    return dict(found)


def test_a_server_that_is_away_is_a_warning_and_stops_nothing(told: subprocess.CompletedProcess[str]) -> None:
    assert (told.returncode, told.stdout) == (0, "done\n"), told.stderr
    said = [line for line in told.stderr.splitlines() if " is missing in Prefect's UI, the work goes on: " in line]
    assert len(said) == 2
    assert "The table nowhere is" in said[0]
    assert "The progress bar nowhere-bar is" in said[1]


def test_a_table_shows_values_as_people_read_them(prefect_api: str, told: subprocess.CompletedProcess[str]) -> None:
    found = shown(prefect_api, "per-source")
    assert (found["type"], found["description"]) == ("table", "What came of it")
    first = {"source": "alpenboerse", "share": "0.30", "new": 3, "at": "2026-11-23 01:02:00 UTC"}
    assert json.loads(found["data"]) == [first, first | {"source": None}]
    assert found["flow_run_id"]
    assert shown(prefect_api, "said")["data"] == "# Words"


def test_a_long_table_is_cut_and_says_so(prefect_api: str, told: subprocess.CompletedProcess[str]) -> None:
    found = shown(prefect_api, "long")
    assert len(json.loads(found["data"])) == MOST_ROWS
    assert "7 more" in found["description"]


def test_progress_moves_and_stays_within_its_bounds(prefect_api: str, told: subprocess.CompletedProcess[str]) -> None:
    assert [shown(prefect_api, f"bar-{place}")["data"] for place in range(4)] == [0.0, 25.0, 25.0, 100.0]


def test_an_event_names_its_resource_and_carries_its_payload(
    prefect_api: str, told: subprocess.CompletedProcess[str]
) -> None:
    wanted = {"filter": {"event": {"name": ["newstape.source.told"]}}}
    await_true(lambda: asked(prefect_api, "events/filter", wanted)["events"], 30, "the event")
    (found,) = asked(prefect_api, "events/filter", wanted)["events"]
    assert found["resource"]["prefect.resource.id"] == "newstape.source.nzz"
    assert found["payload"] == {"run": 7, "share": "0.5"}
    assert any(one["prefect.resource.id"].startswith("prefect.flow-run.") for one in found["related"])


def test_an_event_that_is_too_large_is_logged_and_lost(told: subprocess.CompletedProcess[str]) -> None:
    assert "newstape.source.failed of newstape.source.large was not sent" in told.stderr
