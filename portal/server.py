"""The servers of the sample world: one per portal, and one to steer the world (gold, ledger, faults, changes)."""

import asyncio
import gzip
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from portal.faults import FAULTS, Orders
from portal.ledger import Ledger, Line
from portal.world import Document, World

BACKLOG = 512
SHUTDOWN_S = 0.2  # open answers (a hanging one above all) are cut this long after the order to stop

_NOT_FOUND = Document(gzip.compress(b"<html><body><h1>404</h1></body></html>", mtime=0), "text/html; charset=utf-8")
_PUBLISH_LIMIT = 1000

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Server:
    """A world, what was asked of it, and what shall go wrong."""

    world: World
    latency_s: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    orders: Orders = field(default_factory=Orders)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 lets the system choose."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


async def open_servers(server: Server, listeners: list[socket.socket]) -> list[web.ServerRunner]:
    """Starts the portals on their sockets, in order, and the control on the last one."""
    portals = [partial(serve_portal, server, slug) for slug in server.world.portals]
    runners = []
    for serve, listener in zip([*portals, partial(serve_control, server)], listeners, strict=True):
        # Cancelled on disconnect: a hanging answer ends with its client.
        runner = web.ServerRunner(
            web.Server(serve, handler_cancellation=True, access_log=None), shutdown_timeout=SHUTDOWN_S
        )
        await runner.setup()
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        runners.append(runner)
    return runners


async def serve_portal(server: Server, slug: str, request: web.BaseRequest) -> web.StreamResponse:
    """A portal's answer to one request, entered in the ledger however it ends."""
    with _entry(server.ledger, slug, request) as sent:
        if server.latency_s:
            await asyncio.sleep(server.latency_s)
        answer = await _answer(server.world, slug, request)
        order = server.orders.take(slug, request.path)
        if order is None:
            sent.append(answer)
            return answer
        response = await FAULTS[order.fault](request, answer, order.value)
        sent.append(response)
        return response


@contextmanager
def _entry(ledger: Ledger, slug: str, request: web.BaseRequest) -> Iterator[list[web.StreamResponse]]:
    """Opens the ledger's line, and closes it with the response that was put into the list, if any."""
    began = ledger.open(slug)
    sent: list[web.StreamResponse] = []
    try:
        yield sent
    finally:
        response = sent[0] if sent else None
        body = response.body if isinstance(response, web.Response) else None
        ledger.close(
            Line(
                at=began,
                portal=slug,
                path=request.path_qs,
                status=response.status if response else 0,
                bytes=len(body) if isinstance(body, bytes) else 0,
                if_none_match=request.headers.get("If-None-Match"),
                if_modified_since=request.headers.get("If-Modified-Since"),
                user_agent=request.headers.get("User-Agent"),
            )
        )


async def _answer(world: World, slug: str, request: web.BaseRequest) -> web.Response:
    """The right answer: 200, 304 or 404; gzipped where the client takes it."""
    path = request.path_qs
    document = world.made(slug, path) or await asyncio.to_thread(world.document, slug, path)
    if document is not None and _is_fresh(request, document):
        return web.Response(status=304, headers=_validators(document))
    found = document or _NOT_FOUND
    headers = {"Content-Type": found.content_type, "Vary": "Accept-Encoding", **_validators(found)}
    body = found.body
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return web.Response(status=200 if document else 404, headers=headers, body=body)


def _validators(document: Document) -> dict[str, str]:
    named = {"ETag": document.etag, "Last-Modified": document.last_modified}
    return {name: value for name, value in named.items() if value is not None}


def _is_fresh(request: web.BaseRequest, document: Document) -> bool:
    """Whether the client's copy is current: tags compared weakly, dates only without a tag (RFC 9110, 13.2.2)."""
    asked = request.headers.get("If-None-Match")
    if asked is not None:
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return document.etag is not None and document.etag.removeprefix("W/") in tags
    since = request.headers.get("If-Modified-Since")
    return since is not None and since == document.last_modified


async def serve_control(server: Server, request: web.BaseRequest) -> web.StreamResponse:
    """One order to the world; a wrong one is a 400 that says why."""
    action = _CONTROL.get((request.method, request.path))
    if action is None:
        return web.json_response({"error": f"no such order: {request.method} {request.path}"}, status=404)
    try:
        wish = await request.json() if request.can_read_body else {}
        return web.json_response(await asyncio.to_thread(action, server, wish))
    except KeyError as error:
        return web.json_response({"error": f"unknown or missing: {error.args[0]}"}, status=400)
    except (ValueError, re.error) as error:
        return web.json_response({"error": str(error)}, status=400)


def _place_fault(server: Server, wish: dict[str, Any]) -> Any:
    if wish.get("portal") is not None:
        server.world.portals[wish["portal"]]  # an unknown portal is a KeyError
    server.orders.place(wish)
    return {"faults": len(server.orders.placed)}


def _clear_faults(server: Server, _wish: dict[str, Any]) -> Any:
    server.orders.placed.clear()
    return {"faults": 0}


def _publish(server: Server, wish: dict[str, Any]) -> Any:
    count = int(wish.get("count", 1))
    if not 1 <= count <= _PUBLISH_LIMIT:
        raise ValueError(f"count is between 1 and {_PUBLISH_LIMIT}")
    return server.world.publish(wish.get("portal"), count)


def _clear_ledger(server: Server, _wish: dict[str, Any]) -> Any:
    server.ledger.clear()
    return {"requests": 0}


_CONTROL: dict[tuple[str, str], Callable[[Server, dict[str, Any]], Any]] = {
    ("GET", "/gold"): lambda server, _: server.world.gold(),
    ("GET", "/ledger"): lambda server, _: server.ledger.lines(),
    ("DELETE", "/ledger"): _clear_ledger,
    ("GET", "/ledger/summary"): lambda server, _: server.ledger.summary(),
    ("POST", "/faults"): _place_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/publish"): _publish,
    ("POST", "/edit"): lambda server, wish: server.world.edit(wish["id"]),
}


def described(world: World, control: str) -> dict[str, Any]:
    """The ready line: where everything is."""
    return {
        "control": control,
        "portals": [
            {
                "slug": portal.slug,
                "name": portal.name,
                "language": portal.language,
                "country": portal.country,
                "time_zone": portal.time_zone,
                "homepage": portal.base + "/",
                "feeds": [
                    {"url": portal.base + feed.path, "kind": feed.kind, "name": feed.name} for feed in portal.feeds
                ],
            }
            for portal in world.portals.values()
        ],
    }
