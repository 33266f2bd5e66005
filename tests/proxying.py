"""A small HTTP proxy on loopback: CONNECT and absolute-form, every name leads to 127.0.0.1."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scripted import reply


@dataclass(slots=True)
class Proxy:
    """A running proxy that wants `credentials` (none: ""); `asked` is method and target of every request it let pass.

    `ports` maps the port of an address to where it leads; others lead to the same port of loopback.
    """

    credentials: str = ""
    ports: dict[int, int] = field(default_factory=dict)
    port: int = 0
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, credentials: str = "") -> str:
        """Its address, as NEWSTAPE_PROXY_URL takes it."""
        return f"http://{credentials}{'@' if credentials else ''}127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._pass_on(reader, writer)
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        method, target, _ = head.split("\r\n")[0].split()
        wanted = f"Proxy-Authorization: Basic {base64.b64encode(self.credentials.encode()).decode()}\r\n"
        if self.credentials and wanted not in head:
            writer.write(reply(407, b"", Proxy_Authenticate="Basic"))
            return
        self.asked.append(f"{method} {target}")
        port = urlsplit(f"//{target}" if method == "CONNECT" else target).port or 80
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self.ports.get(port, port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            parts = urlsplit(target)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            other_writer.write(head.replace(target, path, 1).replace(wanted, "").encode("latin-1"))
        await asyncio.gather(_copy(reader, other_writer), _copy(other_reader, writer))

    async def end(self) -> None:
        """Break off what is still open."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes from one end to the other until either is closed."""
    with suppress(ConnectionError):
        while received := await reader.read(65536):
            writer.write(received)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(credentials: str = "", ports: dict[int, int] | None = None) -> AsyncIterator[Proxy]:
    """A proxy for the length of the block."""
    proxy = Proxy(credentials, ports or {})
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
