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
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
