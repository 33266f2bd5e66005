"""A loopback server that answers from a script, byte by byte: what no framework would send."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST
Step = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, header names in lower case."""

    path: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Scripted:
    """A running server: `answers` maps a path to its answers, the last of which stays; `requests` is what came."""

    answers: dict[str, list[Step]]
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of `path` on this server."""
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, the end."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._answer(reader, writer)
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        path = head[0].split()[1]
        self.requests.append(Request(path, headers))
        steps = self.answers.get(path, [reply(404)])
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if callable(step):
            await step(writer)
        else:
            writer.write(step)
            await writer.drain()

    async def end(self) -> None:
        """Break off what is still being answered."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


@asynccontextmanager
async def serving(answers: Mapping[str, Step | list[Step]]) -> AsyncIterator[Scripted]:
    """A server for the length of the block; an answer that is alone is given for ever."""
    scripted = Scripted({path: list(step) if isinstance(step, list) else [step] for path, step in answers.items()})
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        await scripted.end()
        await server.wait_closed()


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; header names are written with _ for -, and may replace the length."""
    wanted = {"Content-Length": str(len(body)), "Connection": "close"}
    wanted |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in wanted.items())]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + (b"" if status == HTTPStatus.NOT_MODIFIED else body)


async def hang(_writer: asyncio.StreamWriter) -> None:
    """Nothing, for ever."""
    await asyncio.Event().wait()


def drip(pause_s: float) -> Step:
    """A body that never ends, one byte every `pause_s` seconds."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, Content_Length="1000"))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(pause_s)

    return step


def reset_after(start: bytes) -> Step:
    """`start`, then a reset of the connection."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        # The client must have read `start` before the reset arrives, which throws unread bytes away.
        await asyncio.sleep(0.05)
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        writer.transport.abort()

    return step


def endless(chunk: bytes) -> Step:
    """A chunked body without end."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            await writer.drain()

    return step


def together(count: int) -> Step:
    """200 once `count` requests are being answered at the same time."""
    barrier = asyncio.Barrier(count)

    async def step(writer: asyncio.StreamWriter) -> None:
        await barrier.wait()
        writer.write(reply(200, b"together"))
        await writer.drain()

    return step
