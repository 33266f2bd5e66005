"""The files of the sample world: YAML from texts/, read once per process."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read_yaml(name: str) -> Any:
    """Content of texts/`name`, shared by all callers: do not change it."""
    path = files("portal").joinpath("texts", name)
    return yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe loaders


# libyaml's loader is ten times faster; wheels without it fall back to the Python one.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
