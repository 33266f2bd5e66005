"""Doors: the listening sockets of the portals, which a test may shut and open again while the others stay open."""

import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

BACKLOG = 512
SHUTDOWN_S = 0.2  # open answers (a hanging one above all) are cut this long after the order to stop

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Door:
    """One address and who answers there; without a runner it is shut and connections are refused."""

    serve: Serve
    host: str
    port: int
    context: ssl.SSLContext | None = None
    runner: web.ServerRunner | None = None


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 lets the system choose."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


async def open_door(door: Door, listener: socket.socket | None = None) -> None:
    """Answers at the door, on a socket that is bound already or on a new one at the same address."""
    if door.runner is not None:
        return
    # Cancelled on disconnect: a hanging answer ends with its client.
    server = web.Server(door.serve, handler_cancellation=True, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    bound = listener or listen(door.host, door.port)
    await web.SockSite(runner, bound, backlog=BACKLOG, ssl_context=door.context).start()
    door.runner = runner


async def shut_door(door: Door) -> None:
    """Ends every connection of the door and refuses new ones."""
    runner, door.runner = door.runner, None
    if runner is not None:
        await runner.cleanup()
