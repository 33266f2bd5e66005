"""The control: orders to the world, its faults and its doors, as JSON over HTTP. A wrong one is a 400 that says why."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from portal.changes import CHANGES
from portal.doors import open_door, shut_door
from portal.saving import save
from portal.server import Server

_PUBLISH_LIMIT = 1000
_GONE = (404, 410)


async def serve_control(server: Server, request: web.BaseRequest) -> web.StreamResponse:
    """One order, carried out."""
    order = (request.method, request.path)
    action, move = _CONTROL.get(order), _DOORS.get(order)
    if action is None and move is None:
        return web.json_response({"error": f"no such order: {request.method} {request.path}"}, status=404)
    try:
        wish = await request.json() if request.can_read_body else {}
        if move is not None:
            await move(server, wish["portal"])
            return web.json_response({name: door.runner is not None for name, door in server.doors.items()})
        return web.json_response(await asyncio.to_thread(_CONTROL[order], server, wish))
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


def _edit(server: Server, wish: dict[str, Any]) -> Any:
    kind = wish.get("kind", "correction")
    if kind not in CHANGES:
        raise ValueError(f"unknown kind {kind!r} of change, known are: {', '.join(CHANGES)}")
    return server.world.edit(wish["id"], kind)


def _remove(server: Server, wish: dict[str, Any]) -> Any:
    status = int(wish.get("status", 404))
    if status not in _GONE:
        raise ValueError(f"an article that was taken down answers one of {_GONE}")
    return server.world.remove(wish["id"], status)


def _save(server: Server, wish: dict[str, Any]) -> Any:
    captures = [server.world.captures(slug) for slug in server.world.archives.pasts]
    return save(captures, Path(wish["folder"]), has_index=bool(wish.get("index")), has_bad=bool(wish.get("bad")))


def _clear_ledger(server: Server, _wish: dict[str, Any]) -> Any:
    server.ledger.clear()
    return {"requests": 0}


async def _shut(server: Server, slug: str) -> None:
    await shut_door(server.doors[slug])


async def _open(server: Server, slug: str) -> None:
    await open_door(server.doors[slug])


_CONTROL: dict[tuple[str, str], Callable[[Server, dict[str, Any]], Any]] = {
    ("GET", "/gold"): lambda server, _: server.world.gold(),
    ("GET", "/gold/archive"): lambda server, _: server.world.archives.gold(),
    ("GET", "/ledger"): lambda server, _: server.ledger.lines(),
    ("DELETE", "/ledger"): _clear_ledger,
    ("GET", "/ledger/summary"): lambda server, _: server.ledger.summary(),
    ("POST", "/archive"): _save,
    ("POST", "/faults"): _place_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/publish"): _publish,
    ("POST", "/edit"): _edit,
    ("POST", "/rename"): lambda server, wish: server.world.rename(wish["id"]),
    ("POST", "/remove"): _remove,
}
_DOORS: dict[tuple[str, str], Callable[[Server, str], Awaitable[None]]] = {
    ("POST", "/shut"): _shut,
    ("POST", "/open"): _open,
}
