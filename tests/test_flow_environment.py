"""What Prefect is told before it is imported: Prefect itself reads the variables here, in a process of its own."""

import os
import subprocess
import sys

import pytest

READ = """
from config.settings import settings
from flows.environment import prepare_prefect
prepare_prefect(settings())
from prefect.settings import get_current_settings
using = get_current_settings()
vacuum, events = using.server.services.db_vacuum, using.server.events
print(*sorted(vacuum.enabled_vacuum_types))
print(vacuum.retention_period.total_seconds() / 86400, events.retention_period.total_seconds() / 86400)
print(using.flows.heartbeat_frequency, using.client.max_retries)
"""
EVERYTHING = "events flow_runs orphans"
GIVEN: dict[str, tuple[dict[str, str], str, str]] = {
    "nothing": ({}, EVERYTHING, "30.0 3.0"),
    "settings of ours": (
        {"NEWSTAPE_KEEP_PREFECT_RUNS": "7d", "NEWSTAPE_KEEP_PREFECT_EVENTS": "36h"}, EVERYTHING, "7.0 1.5",
    ),
    "variables of Prefect's own, which go first": (
        {"PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events",
         "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "86400",
         "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P10D"},
        "events", "1.0 10.0",
    ),
}  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("given", "types", "days"), GIVEN.values(), ids=GIVEN)
def test_prefect_trims_its_own_history_after_the_periods_that_are_set(
    given: dict[str, str], types: str, days: str
) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", READ], env=clean | given, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [types, days, "30 8"]
