"""The exceptions that config, sql and tasks raise.

    NewstapeError
    |-- Misconfigured   somebody must change a file, an option or a setting (exit code 2)
    `-- Unavailable     a database, server or disk that we need is away; trying again may help (exit code 3)

What a feed or a page does to us is never an exception: it is a `Failure` value (tasks/outcome.py).
"""


class NewstapeError(Exception):
    """Base of everything we raise on purpose; its text is written for the person who has to act."""


class Misconfigured(NewstapeError):
    """A setting, source file, option or schema version that a person has to change."""


class Unavailable(NewstapeError):
    """Infrastructure that does not answer: Postgres, Prefect's API, a disk."""
