"""Look-ups of names: on threads of their own, so that slow ones hold up nothing else."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asking import LIMITS
from fakes import run
from scripted import reply, serving

from tasks.fetch.client import Client
from tasks.fetch.names import OwnThreads
from tasks.model import Response


def test_a_name_has_the_addresses_that_the_system_knows() -> None:
    async def scenario() -> set[str]:
        names = OwnThreads()
        try:
            return {one["host"] for one in await names.resolve("localhost", 80, socket.AF_UNSPEC)}
        finally:
            await names.close()

    assert run(scenario()) <= {"127.0.0.1", "::1"}


def test_a_name_that_does_not_exist_is_the_resolvers_error() -> None:
    async def scenario() -> None:
        names = OwnThreads()
        try:
            await names.resolve("a b", 80)
        finally:
            await names.close()

    with pytest.raises(OSError, match=r"."):
        run(scenario())


@pytest.mark.timeout(20)
def test_a_page_comes_while_all_threads_of_the_loop_are_busy() -> None:
    async def scenario() -> Response:
        free = threading.Event()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = loop.run_in_executor(None, free.wait)
        try:
            async with serving({"/a": reply(200, b"there")}) as server, Client(LIMITS) as client:
                answer = await client.get(server.url("/a", "localhost"), {})
        finally:
            free.set()
            await busy
        assert isinstance(answer, Response)
        return answer

    assert run(scenario()).body == b"there"


def test_the_threads_end_with_the_client() -> None:
    before = set(threading.enumerate())

    async def scenario() -> set[threading.Thread]:
        async with Client(LIMITS) as client:
            await client.get("http://localhost:9/", {})
            return set(threading.enumerate()) - before

    started = run(scenario())
    assert started
    for thread in started:
        thread.join(10)
    assert not any(thread.is_alive() for thread in started)
