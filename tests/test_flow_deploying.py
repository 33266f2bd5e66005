"""`newstape deploy` on a real Prefect server: what prefect.yaml and source files declare, what operators changed."""

import os
import subprocess
import sys
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import free_port
from prefect_asking import ask

from config.cron import checked
from config.errors import Misconfigured
from config.sources import load_sources
from flows import declaration

FLOWS = {"ingest", "backfill", "reprocess", "maintain"}

SOURCE = """\
slug: {slug}
name: {slug}
homepage: https://{slug}.example/
language: de
country: CH
time_zone: Europe/Zurich
feeds:
  - url: https://{slug}.example/rss
    kind: rss
"""


def sources(folder: Path, **schedules: str | None) -> Path:
    """A folder with source files, by slug with their schedules."""
    folder.mkdir(exist_ok=True)
    for slug, schedule in schedules.items():
        line = f'schedule: "{schedule}"\n' if schedule else ""
        (folder / f"{slug}.yaml").write_text(SOURCE.format(slug=slug) + line)
    return folder


def test_every_declared_flow_can_be_imported_and_every_schedule_is_sound() -> None:
    content = declaration.declared()
    declaration.check_entrypoints(content)
    assert {one["name"] for one in content["deployments"]} == FLOWS
    for deployment in content["deployments"]:
        module, _, function = deployment["entrypoint"].rpartition(".")
        flow = getattr(import_module(module), function)
        assert flow.name == deployment["name"] == function
        assert flow.validate_parameters(deployment.get("parameters", {})) is not None
        slugs = [schedule["slug"] for schedule in deployment.get("schedules", ())]
        assert len(slugs) == len(set(slugs))
        for schedule in deployment.get("schedules", ()):
            assert checked(schedule["cron"]) == schedule["cron"]
            assert schedule["timezone"] == "UTC"
            # An operator's pause would end with every deploy.
            assert "active" not in schedule


def test_sources_with_a_schedule_get_one_of_their_own(tmp_path: Path) -> None:
    content = declaration.declared()
    before = deepcopy(content)
    loaded = load_sources(sources(tmp_path / "s", alpha="*/2 8-18 * * mon-fri", beta=None))
    made = declaration.completed(content, "other", loaded)
    assert content == before
    assert {one["work_pool"]["name"] for one in made["deployments"]} == {"other"}
    (ingest,) = [one for one in made["deployments"] if one["name"] == "ingest"]
    (added,) = [one for one in ingest["schedules"] if one not in declaration.declared()["deployments"][0]["schedules"]]
    assert added == {
        "slug": "source-alpha",
        "cron": "*/2 8-18 * * mon-fri",
        "timezone": "Europe/Zurich",
        "parameters": {"sources": ["alpha"], "poll": "all"},
    }


@pytest.mark.parametrize("entrypoint", ["flows.nowhere.ingest", "flows.ingest.nowhere"])
def test_a_flow_that_can_not_be_imported_is_told_before_anything_is_deployed(entrypoint: str) -> None:
    with pytest.raises(Misconfigured, match=rf"The deployment night can't be made, so none was: its flow {entrypoint}"):
        declaration.check_entrypoints({"deployments": [{"name": "night", "entrypoint": entrypoint}]})


@pytest.mark.timeout(120)
def test_a_server_that_is_not_named_or_not_there_is_told() -> None:
    command = [sys.executable, "-m", "flows.cli", "deploy"]
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    unnamed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (unnamed.returncode, "PREFECT_API_URL" in unnamed.stderr) == (2, True)
    nowhere = environment | {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    away = subprocess.run(command, env=nowhere, capture_output=True, text=True, timeout=60, check=False)
    assert (away.returncode, "does not answer" in away.stderr) == (3, True)
    assert "Traceback" not in unnamed.stderr + away.stderr


class Server:
    """Prefect's API, asked without its client."""

    def __init__(self, api: str) -> None:
        self.api = api

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return ask(method, f"{self.api}/{path}", body)

    def ingest(self) -> dict[str, Any]:
        return dict(self.ask("GET", "deployments/name/ingest/ingest"))

    def schedules(self) -> dict[str, dict[str, Any]]:
        """The schedules of the deployment ingest, by slug."""
        return {schedule["slug"]: schedule for schedule in self.ingest()["schedules"]}


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(240)
def test_a_second_deploy_keeps_what_people_set_by_hand_and_drops_what_no_source_asks_for(
    prefect_api: str, tmp_path: Path
) -> None:
    server = Server(prefect_api)
    environment = os.environ | {"PREFECT_API_URL": prefect_api, "NEWSTAPE_SOURCES_DIR": str(tmp_path / "s")}

    def deploy() -> str:
        command = [sys.executable, "-m", "flows.cli", "deploy", "--pool", "desk"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    sources(tmp_path / "s", alpha="*/2 8-18 * * *", beta="0 9 * * *", gamma=None)
    assert "deployed to pool desk: ingest" in deploy()
    assert set(server.schedules()) == {"every-5-minutes", "source-alpha", "source-beta"}
    assert server.schedules()["source-alpha"]["schedule"]["timezone"] == "Europe/Zurich"
    deployment = server.ingest()
    assert deployment["work_pool_name"] == "desk"
    assert server.ask("GET", "work_pools/desk")["type"] == "process"

    paused = server.schedules()["every-5-minutes"]["id"]
    server.ask("PATCH", f"deployments/{deployment['id']}/schedules/{paused}", {"active": False})
    by_hand = {"schedule": {"cron": "0 12 * * *", "timezone": "UTC"}, "active": True}
    server.ask("POST", f"deployments/{deployment['id']}/schedules", [by_hand])
    sources(tmp_path / "s", alpha="*/3 8-18 * * *", beta=None, gamma=None)
    deploy()

    after = server.schedules()
    assert {slug.partition("by-hand-")[0] or "by-hand" for slug in after} == {
        "every-5-minutes", "source-alpha", "by-hand",
    }  # fmt: skip
    assert not after["every-5-minutes"]["active"]
    assert after["source-alpha"]["schedule"]["cron"] == "*/3 8-18 * * *"
    assert server.ingest()["id"] == deployment["id"]
