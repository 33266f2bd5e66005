"""Our loggers inside a flow run: Prefect attaches its handler to them and leaves their levels to us."""

import logging

from config.settings import settings

PACKAGES = ("flows", "tasks", "sql", "config")


def open_logs() -> None:
    """Let records of our packages through from NEWSTAPE_LOG_LEVEL on; called first in every flow."""
    for package in PACKAGES:
        logging.getLogger(package).setLevel(settings().log_level)
