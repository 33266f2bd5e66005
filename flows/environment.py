"""What Prefect must know before it is imported: where its files go, what it logs. Imports nothing of Prefect."""

import os

from config.settings import Settings

# Our packages log through the standard library; Prefect shows them when told their names.
LOGGERS = "flows,tasks,sql,config"


def prepare_prefect(using: Settings) -> None:
    """Set Prefect's environment variables, each unless somebody set it already."""
    home = using.home / "prefect"
    defaults = {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_EXTRA_LOGGERS": LOGGERS,
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        # The first start in a new home makes Prefect's database: 35 s were measured on a busy machine.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # Where the API is away, every event that is not delivered would be printed in full; a warning says it, too.
        "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
        # The end of a run is reported for 8.5 minutes (2 + 4 + ... + 256 s) where the API is away; by default for one.
        "PREFECT_CLIENT_MAX_RETRIES": "8",
        # Prefect can then see within two minutes that a run is dead (docs/automations.yaml).
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        # Prefect deletes events by itself, flow runs only where it is told to. The one period is a number of seconds,
        # the other must be a duration after ISO 8601: a number is refused (Prefect 3.8.8).
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": f"{using.keep_prefect_runs.total_seconds():.0f}",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"PT{using.keep_prefect_events.total_seconds():.0f}S",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
