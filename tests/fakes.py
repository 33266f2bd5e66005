"""What stands in for the world where a test must not depend on it: a web without sockets, and two event loops.

FakeWeb answers from a script. VirtualLoop is a clock that jumps, so that a day of waiting costs nothing and start
times are exact. RoutedLoop is an internet of one machine: public addresses lead to loopback servers.
"""

import asyncio
import selectors
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult

from tasks.model import Moved, Response
from tasks.outcome import Failure, Reason, Stage

Value = TypeVar("Value")


def ok(body: bytes = b"", status: int = 200, **headers: str) -> Response:
    """An answer; FakeWeb puts the address in. Header names are written with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("", "", status, named, body, datetime.now(UTC), 7)


def failing(reason: Reason, status: int | None = None) -> Failure:
    """A failed request."""
    return Failure(Stage.FETCH, reason, f"scripted {reason}", status)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it started and ended on the event loop's clock."""

    url: str
    headers: Mapping[str, str]
    start: float
    stop: float


@dataclass(slots=True)
class FakeWeb:
    """Addresses with their answers, each taking `seconds`; an address without one is 404. `asked` in order of start."""

    answers: dict[str, Response | Moved | Failure] = field(default_factory=dict)
    seconds: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        """The scripted answer, which can't be that it is somewhere else."""
        answer = await self.get_here(url, headers)
        assert not isinstance(answer, Moved)
        return answer

    async def get_here(self, url: str, headers: Mapping[str, str]) -> Response | Moved | Failure:
        """The scripted answer."""
        start = asyncio.get_running_loop().time()
        self.asked.append(Asked(url, dict(headers), start, start + self.seconds))
        if self.seconds:
            await asyncio.sleep(self.seconds)
        answer = self.answers.get(url, failing(Reason.NOT_FOUND, 404))
        if not isinstance(answer, Response):
            return answer
        return replace(answer, url=url, final_url=answer.final_url or url, at=datetime.now(UTC))

    def starts(self, part: str = "") -> list[float]:
        """Start times of the requests whose address contains `part`, in seconds."""
        return [round(one.start, 3) for one in self.asked if part in one.url]

    def peak(self) -> int:
        """How many requests were in flight at most."""
        return max(sum(other.start <= one.start < other.stop for other in self.asked) for one in self.asked)


class _Jumping(selectors.DefaultSelector):
    """A selector that passes the time instead of waiting for it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now."""
        if timeout is None:
            raise RuntimeError("nothing is left to happen: the test would wait for ever")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and jumps to the next thing that is to happen."""

    def __init__(self) -> None:
        self._clock = _Jumping()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds since the start, none of them waited for."""
        return self._clock.now


class RoutedLoop(asyncio.SelectorEventLoop):
    """An event loop that connects to where `routes` leads; other public addresses refuse. `connected` is the log."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: dict[tuple[str, int], int] = {}
        self.connected: list[tuple[str, int]] = []

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Connect to the loopback port that stands for `address`."""
        asked = (address[0], address[1])
        self.connected.append(asked)
        if asked not in self.routes:
            raise ConnectionRefusedError(f"no route to {asked}")
        await super().sock_connect(sock, ("127.0.0.1", self.routes[asked]))


class FakeResolver(AbstractResolver):
    """Names with their addresses, one list for each look-up, the last of which stays; other names do not exist."""

    def __init__(self, **names: list[list[str]]) -> None:
        self._names = {name.replace("_", "."): answers for name, answers in names.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next list of addresses of `host`."""
        if host not in self._names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self._names[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0) for one in found]

    async def close(self) -> None:
        """Nothing to close."""


def run(work: Coroutine[Any, Any, Value], loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> Value:
    """What `work` returns, on a new event loop."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(work)
