"""docs/automations.yaml on a real Prefect server: each automation loads, and an event of ours sets off its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from conftest import await_true
from prefect_asking import ask

from sql.tables.ledger import WARNING_KINDS

FILE = Path(__file__).parent.parent / "docs" / "automations.yaml"
SILENT = "newstape: a source fails silently"
FAILED = "newstape: a source failed"
DATABASE = "newstape: the database needs a look"
DEAD = "newstape: a run died with its worker"
OURS = {
    "newstape.low_volume": ("newstape.source.zeitung", SILENT),
    "newstape.source.failed": ("newstape.source.zeitung", FAILED),
    "newstape.disk": ("newstape.tape", DATABASE),
}
# A program of its own: Prefect sends events behind the back of a process and leaves its sockets to the collector.
EMIT = """
import sys
from prefect.events.worker import EventsWorker
from flows.events import emit
emit(sys.argv[1], sys.argv[2], "Zeitung", {"message": "said"})
EventsWorker.instance().drain()
"""


def declared() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["automations"]
    return found


def test_every_kind_of_the_nightly_report_has_an_automation() -> None:
    expected = {name for one in declared() for name in one["trigger"]["expect"]}
    nightly = {
        kind for kind in WARNING_KINDS if re.search("_share$|^(stale_feed|low_volume|disk|default_partition)$", kind)
    }
    assert len(nightly) == 8
    assert {f"newstape.{kind}" for kind in nightly} <= expected


def create(api: str, file: Path) -> list[dict[str, Any]]:
    """All automations of the server after the command has read `file`."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "automation", "create", "--from-file", str(file)]
    environment = os.environ | {"PREFECT_API_URL": api}
    made = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    found: list[dict[str, Any]] = ask("POST", f"{api}/automations/filter", {})
    return found


@pytest.fixture
def empty(prefect_api: str) -> Iterator[str]:
    """The server without an automation, before and after: other tests kill runs there."""
    yield prefect_api
    for one in ask("POST", f"{prefect_api}/automations/filter", {}):
        ask("DELETE", f"{prefect_api}/automations/{one['id']}")


def fired(api: str, automation_id: str) -> list[dict[str, Any]]:
    """The events that say that an automation was triggered."""
    wanted = {"event": {"name": ["prefect.automation.triggered"]},
              "resource": {"id": [f"prefect.automation.{automation_id}"]}}  # fmt: skip
    found: list[dict[str, Any]] = ask("POST", f"{api}/events/filter", {"filter": wanted})["events"]
    return found


def fire(api: str, event: str, resource: str) -> None:
    """Send an event as a flow does."""
    told = subprocess.run(
        [sys.executable, "-c", EMIT, event, resource], env=os.environ | {"PREFECT_API_URL": api},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(300)
def test_the_automations_load_with_one_command_and_each_event_of_ours_sets_off_its_own(empty: str) -> None:
    made = {one["name"]: one["id"] for one in create(empty, FILE)}
    assert set(made) == {one["name"] for one in declared()}
    for event, (resource, name) in OURS.items():
        fire(empty, event, resource)
        await_true(partial(fired, empty, made[name]), 60, name)
    assert [len(fired(empty, made[name])) for name in (SILENT, FAILED, DATABASE, DEAD)] == [1, 1, 1, 0]


def running(api: str, tags: list[str]) -> str:
    """A flow run that is Running, has sent one heartbeat, and then nothing; its id."""
    flow_id = ask("POST", f"{api}/flows/", {"name": "silent"})["id"]
    made = ask("POST", f"{api}/flow_runs/", {"flow_id": flow_id, "tags": tags, "state": {"type": "RUNNING"}})
    event = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{made['id']}"},
        "related": [{"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in tags],
    }
    ask("POST", f"{api}/events", [event])
    return str(made["id"])


@pytest.mark.prefect
@pytest.mark.long
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(300)
def test_a_run_of_ours_without_heartbeats_is_set_to_crashed_and_those_of_others_are_not(
    empty: str, tmp_path: Path
) -> None:
    content = FILE.read_text(encoding="utf-8")
    hurried = tmp_path / "automations.yaml"
    hurried.write_text(content.replace("within: 120", "within: 10"))
    assert hurried.read_text() != content
    create(empty, hurried)
    theirs, ours = running(empty, ["night"]), running(empty, ["night", "newstape"])

    def state(flow_run_id: str) -> str:
        return str(ask("GET", f"{empty}/flow_runs/{flow_run_id}")["state"]["type"])

    await_true(lambda: state(ours) == "CRASHED", 90, "the end of the silent run")
    assert state(theirs) == "RUNNING"
