"""Requests of the real client to scripted servers, and what comes of them."""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp.abc import AbstractResolver
from fakes import run
from scripted import Scripted, Step, serving

from tasks.fetch.client import Client, Limits
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage

LIMITS = Limits(timedelta(seconds=5), 50_000, "Newstape/0.1 (+test)", allow_private=True)
GUARDED = Limits(timedelta(seconds=5), 50_000, "Newstape/0.1 (+test)")
IMPATIENT = Limits(timedelta(seconds=0.3), 50_000, "Newstape/0.1 (+test)", allow_private=True)
Script = Mapping[str, Step | list[Step]]


def asked(
    script: Script, path: str = "/a", headers: Mapping[str, str] | None = None, limits: Limits = LIMITS
) -> tuple[Response | Failure, Scripted]:
    """What comes of a request for `path` to a server with this script, and the server."""

    async def scenario() -> tuple[Response | Failure, Scripted]:
        async with serving(script) as server, Client(limits) as client:
            return await client.get(server.url(path), headers or {}), server

    return run(scenario())


def failure(script: Script, path: str = "/a", limits: Limits = LIMITS) -> Failure:
    """The failure that a request for `path` ends with."""
    answer, _ = asked(script, path, limits=limits)
    assert isinstance(answer, Failure), answer
    assert answer.stage is Stage.FETCH
    assert answer.detail
    return answer


def response(script: Script, path: str = "/a", headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request for `path`."""
    answer, _ = asked(script, path, headers)
    assert isinstance(answer, Response), answer
    return answer


def got(url: str, limits: Limits = LIMITS, resolver: AbstractResolver | None = None) -> Response | Failure:
    """What comes of a request for `url`."""

    async def scenario() -> Response | Failure:
        async with Client(limits, resolver) as client:
            return await client.get(url, {})

    return run(scenario())


def reason_of(answer: Response | Failure) -> Reason:
    """Why there is no answer."""
    assert isinstance(answer, Failure), answer
    return answer.reason
