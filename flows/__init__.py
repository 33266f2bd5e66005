"""WHEN: the Prefect flows and the command line. Order, schedules, retries; no logic."""
