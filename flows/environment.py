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
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
