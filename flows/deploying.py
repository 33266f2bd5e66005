"""The deployments onto a Prefect server. Safe to do again at any time.

What an operator set by hand stays: a paused schedule stays paused, a schedule that was added in the UI stays there.
"""

import asyncio
import logging
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import PREFECT_API_URL

from config.errors import Misconfigured, Unavailable
from config.settings import settings
from config.sources import load_sources
from flows import declaration

logger = logging.getLogger(__name__)

Content = Mapping[str, Any]


async def deploy(pool: str) -> list[str]:
    """Deploy everything that prefect.yaml declares to `pool` of the server that PREFECT_API_URL names.

    The pool is made where it is missing. Returns the names of the deployments. Misconfigured where a flow can't be
    imported or no server is named, Unavailable where the server does not answer or refuses.
    """
    api = PREFECT_API_URL.value()
    if api is None:
        raise Misconfigured("PREFECT_API_URL names no Prefect server; set it, such as http://prefect.example.org/api")
    content = declaration.completed(declaration.declared(), pool, load_sources(settings().sources_dir))
    declaration.check_entrypoints(content)
    try:
        async with get_client() as client:
            await _make_pool(client, pool)
            for deployment in content["deployments"]:
                await _name_schedules(client, deployment)
            await asyncio.to_thread(_prefect_deploy, content, pool)
            for deployment in content["deployments"]:
                await _remove_schedules(client, deployment)
    except (httpx.HTTPError, OSError, RuntimeError) as error:
        raise Unavailable(
            f"Prefect's API at {api} does not answer, or refuses: {error or type(error).__name__}. Check "
            "PREFECT_API_URL and that the server runs, then deploy again; what was deployed before stays as it was."
        ) from error
    return [deployment["name"] for deployment in content["deployments"]]


async def _make_pool(client: PrefectClient, pool: str) -> None:
    try:
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    except ObjectAlreadyExists:
        logger.debug("the pool %s is there already", pool)


async def _name_schedules(client: PrefectClient, deployment: Content) -> None:
    """Give a slug to schedules that people added without one.

    Where one schedule of a deployment has no slug, a deploy throws all of them away, and with them who is paused.
    """
    for deployment_id, schedule in await _schedules(client, deployment):
        if schedule.slug is None:
            await client.update_deployment_schedule(deployment_id, schedule.id, slug=f"by-hand-{schedule.id.hex[:8]}")


async def _remove_schedules(client: PrefectClient, deployment: Content) -> None:
    """Remove the schedules of sources that ask for none any more; a deploy leaves them there."""
    wanted: Collection[str] = {schedule["slug"] for schedule in deployment.get("schedules", ())}
    for deployment_id, schedule in await _schedules(client, deployment):
        slug = schedule.slug or ""
        if slug.startswith(declaration.OF_A_SOURCE) and slug not in wanted:
            await client.delete_deployment_schedule(deployment_id, schedule.id)
            logger.info("the schedule %s of %s was removed: no source file asks for it", slug, deployment["name"])


async def _schedules(client: PrefectClient, deployment: Content) -> list[tuple[Any, Any]]:
    """The schedules of a deployment as they are on the server, each with the id of the deployment."""
    flow = deployment["entrypoint"].rpartition(".")[2]
    try:
        found = await client.read_deployment_by_name(f"{flow}/{deployment['name']}")
    except ObjectNotFound:
        return []
    return [(found.id, schedule) for schedule in found.schedules]


def _prefect_deploy(content: Content, pool: str) -> None:
    with tempfile.TemporaryDirectory(prefix="newstape-") as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True))
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)],
            check=False, capture_output=True, text=True, cwd=declaration.place().parent,
        )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise Unavailable(f"The deployments could not be made on pool {pool}, do it again once this is over: {said}")
