"""What is deployed: prefect.yaml, the only declaration, with a schedule for every source that asks for one."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from config.errors import Misconfigured
from config.sources import Source

# How the slug of a schedule begins that a source file asks for.
OF_A_SOURCE = "source-"


def place() -> Path:
    """Path of prefect.yaml: beside the package in a checkout, inside it once installed."""
    inside = Path(str(resources.files("flows").joinpath("prefect.yaml")))
    return inside if inside.exists() else inside.parent.parent / "prefect.yaml"


def declared() -> dict[str, Any]:
    """The content of prefect.yaml."""
    content: dict[str, Any] = yaml.safe_load(place().read_text())
    return content


def completed(content: Mapping[str, Any], pool: str, sources: Sequence[Source]) -> dict[str, Any]:
    """The declaration for a work pool, with the schedules that sources ask for. Pure; `content` stays as it is."""
    return dict(content, deployments=[_completed(one, pool, sources) for one in content["deployments"]])


def check_entrypoints(content: Mapping[str, Any]) -> None:
    """Misconfigured where a flow can't be imported: Prefect would deploy it all the same, and every run of it fail."""
    for deployment in content["deployments"]:
        entrypoint = deployment["entrypoint"]
        module, _, function = entrypoint.rpartition(".")
        try:
            getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError) as error:
            raise Misconfigured(
                f"The deployment {deployment['name']} can't be made, so none was: its flow {entrypoint} can't be "
                f"imported ({error}). Install Newstape again, or take the deployment out of {place()}."
            ) from error


def _completed(deployment: Mapping[str, Any], pool: str, sources: Sequence[Source]) -> dict[str, Any]:
    placed = dict(deployment, work_pool=dict(deployment["work_pool"], name=pool))
    if deployment["name"] == "ingest":
        placed["schedules"] = [*deployment["schedules"], *_source_schedules(sources)]
    return placed


def _source_schedules(sources: Sequence[Source]) -> Iterator[dict[str, Any]]:
    for source in sources:
        if source.schedule is not None:
            yield {
                "slug": f"{OF_A_SOURCE}{source.slug}",
                "cron": source.schedule,
                "timezone": source.time_zone,
                "parameters": {"sources": [source.slug], "poll": "all"},
            }
