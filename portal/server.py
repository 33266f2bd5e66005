"""A portal's side of a request: the right answer, the fault that was ordered, and the entry in the ledger."""

import asyncio
import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from portal.documents import PACKED_TYPE, Document
from portal.doors import Door
from portal.faults import FAULTS
from portal.faults.kit import Call
from portal.faults.orders import Order, Orders
from portal.ledger import Ledger, Line
from portal.world import World

_NOT_FOUND = Document(
    gzip.compress(b"<html><body><h1>404</h1></body></html>", mtime=0), "text/html; charset=utf-8", status=404
)
_HOP = re.compile(r"[?&]hop=(\d{1,9})$")  # which hop of a chain of redirects this is


@dataclass(slots=True)
class Server:
    """A world, what was asked of it, what shall go wrong, and where it is to be found."""

    world: World
    latency_s: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    orders: Orders = field(default_factory=Orders)
    doors: dict[str, Door] = field(default_factory=dict)


async def serve_portal(server: Server, slug: str, request: web.BaseRequest) -> web.StreamResponse:
    """A portal's answer to one request, entered in the ledger however it ends."""
    with _entry(server.ledger, slug, request) as sent:
        if server.latency_s:
            await asyncio.sleep(server.latency_s)
        order = server.orders.take(slug, request.path, request.path_qs)
        path = request.path_qs if order is None else _HOP.sub("", request.path_qs)
        world = server.world
        document = world.made(slug, path) or await asyncio.to_thread(world.document, slug, path) or _NOT_FOUND
        answer = _answer(document, request)
        response = answer if order is None else await _wrong(server, slug, request, order, (document, answer))
        sent.append(response)
        return response


async def _wrong(
    server: Server, slug: str, request: web.BaseRequest, order: Order, right: tuple[Document, web.Response]
) -> web.StreamResponse:
    """What the fault that was ordered makes of the right document and answer."""
    hop = _HOP.search(request.path_qs)
    call = Call(
        request=request,
        document=right[0],
        answer=right[1],
        world=server.world,
        slug=slug,
        path=_HOP.sub("", request.path_qs),
        hop=int(hop[1]) if hop else 0,
        value=order.value,
        turn=order.turn(request.path_qs),
    )
    return await FAULTS[order.fault](call)


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


def _answer(document: Document, request: web.BaseRequest) -> web.Response:
    """The right answer: the document or 304; gzipped where the client takes it."""
    if _is_fresh(request, document):
        return web.Response(status=304, headers=_validators(document))
    headers = {
        "Content-Type": document.content_type,
        "Vary": "Accept-Encoding",
        **_validators(document),
        **document.headers,
    }
    body = document.body
    if "gzip" in request.headers.get("Accept-Encoding", "") and document.content_type != PACKED_TYPE:
        headers["Content-Encoding"] = "gzip"
    else:
        body = document.plain
    return web.Response(status=document.status, headers=headers, body=body)


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
