"""Faults that a test switches on: each is one function that answers a request wrongly, and one line in FAULTS.

A fault gets the right answer and the value that the test gave, and returns the response it wants served. Faults that
break the connection write to it themselves.
"""

import asyncio
import gzip
import re
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from aiohttp import web

NESTING = 50_000
FOREVER_S = 24 * 3600.0

_CHUNK = bytes(1 << 20)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST

Fault = Callable[[web.BaseRequest, web.Response, Any], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Order:
    """A fault that was asked for: where it applies and how many times more (None: until it is withdrawn)."""

    portal: str | None
    path: re.Pattern[str]
    fault: str
    value: Any = None
    times: int | None = None


@dataclass(slots=True)
class Orders:
    """The faults in force, oldest first."""

    placed: list[Order] = field(default_factory=list)

    def place(self, wish: dict[str, Any]) -> None:
        """Adds a fault from its JSON form; ValueError says what is wrong with it."""
        if wish.get("fault") not in FAULTS:
            raise ValueError(f"unknown fault {wish.get('fault')!r}, known are: {', '.join(sorted(FAULTS))}")
        if unknown := wish.keys() - {"portal", "path", "fault", "value", "times"}:
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
        try:
            pattern = re.compile(wish.get("path", ""))
        except re.error as error:
            raise ValueError(f"path {wish['path']!r} is not a regular expression: {error}") from error
        self.placed.append(Order(wish.get("portal"), pattern, wish["fault"], wish.get("value"), wish.get("times")))

    def take(self, portal: str, path: str) -> Order | None:
        """The oldest fault in force for this request, counted down; None: answer properly."""
        for order in self.placed:
            if order.portal in (None, portal) and order.path.search(path) and order.times != 0:
                order.times = None if order.times is None else order.times - 1
                return order
        return None


async def status(_request: web.BaseRequest, _answer: web.Response, value: Any) -> web.StreamResponse:
    """Any status; value: 503 or {"status": 429, "retry_after": "30"}."""
    wish = value if isinstance(value, dict) else {"status": value}
    headers = {"Retry-After": str(wish["retry_after"])} if "retry_after" in wish else {}
    code = int(wish["status"])
    body = b"" if code in (204, 304) else f"<html><body><h1>{code}</h1></body></html>".encode()
    return web.Response(status=code, headers=headers, body=body, content_type="text/html")


async def hang(_request: web.BaseRequest, answer: web.Response, _value: Any) -> web.StreamResponse:
    """The request is accepted and nothing is sent."""
    await asyncio.sleep(FOREVER_S)
    return answer


async def slow(_request: web.BaseRequest, answer: web.Response, value: Any) -> web.StreamResponse:
    """The right answer after `value` milliseconds."""
    await asyncio.sleep(float(value) / 1000)
    return answer


async def drip(request: web.BaseRequest, answer: web.Response, value: Any) -> web.StreamResponse:
    """The right answer, one byte every `value` seconds (default 1)."""
    body, response = _body(answer), _stream(answer)
    response.content_length = len(body)
    await response.prepare(request)
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(1.0 if value is None else float(value))
    await response.write_eof()
    return response


async def truncate(request: web.BaseRequest, answer: web.Response, _value: Any) -> web.StreamResponse:
    """Half of the body under the Content-Length of the whole, then an orderly end of the connection."""
    response = await _half(request, answer)
    if request.transport is not None:
        request.transport.close()
    return response


async def reset(request: web.BaseRequest, answer: web.Response, _value: Any) -> web.StreamResponse:
    """Half of the body, then the connection is reset."""
    response = await _half(request, answer)
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        request.transport.close()
    return response


async def redirect(_request: web.BaseRequest, _answer: web.Response, value: Any) -> web.StreamResponse:
    """A redirect; value: the target, or {"to": target, "status": 301}."""
    wish = value if isinstance(value, dict) else {"to": value}
    return web.Response(status=int(wish.get("status", 302)), headers={"Location": str(wish["to"])})


async def redirect_loop(request: web.BaseRequest, _answer: web.Response, _value: Any) -> web.StreamResponse:
    """Redirects to the same path with a growing count."""
    hop = int(request.query.get("hop", "0")) + 1
    return web.Response(status=302, headers={"Location": f"{request.path}?hop={hop}"})


async def empty(_request: web.BaseRequest, answer: web.Response, _value: Any) -> web.StreamResponse:
    """200 with an empty body."""
    return web.Response(body=b"", headers={"Content-Type": answer.headers["Content-Type"]})


async def not_a_feed(_request: web.BaseRequest, answer: web.Response, _value: Any) -> web.StreamResponse:
    """An HTML page under the feed's Content-Type."""
    page = "<!DOCTYPE html><html><head><title>Startseite</title></head><body><h1>Willkommen</h1></body></html>"
    return web.Response(body=page.encode(), headers={"Content-Type": answer.headers["Content-Type"]})


async def consent(_request: web.BaseRequest, _answer: web.Response, _value: Any) -> web.StreamResponse:
    """200 with a cookie wall instead of the page."""
    page = (
        "<!DOCTYPE html><html lang='de'><head><title>Zustimmung</title></head><body><h1>Bevor es weitergeht</h1>"
        "<p>Wir benötigen Ihre Zustimmung zur Verwendung von Cookies. Sie können diese jederzeit widerrufen.</p>"
        "<button>Zustimmen und weiter</button></body></html>"
    )
    return web.Response(body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


async def bomb(_request: web.BaseRequest, answer: web.Response, value: Any) -> web.StreamResponse:
    """A small gzip body that inflates to `value` MiB (default 100)."""
    headers = {"Content-Type": answer.headers["Content-Type"], "Content-Encoding": "gzip"}
    body = await asyncio.to_thread(_bomb, int(value or 100))
    return web.Response(body=body, headers=headers)


async def wrong_encoding_header(_request: web.BaseRequest, answer: web.Response, _value: Any) -> web.StreamResponse:
    """The header says gzip, the body is plain."""
    headers = {"Content-Type": answer.headers["Content-Type"], "Content-Encoding": "gzip"}
    return web.Response(body=_plain(answer), headers=headers)


async def crash_page(_request: web.BaseRequest, _answer: web.Response, value: Any) -> web.StreamResponse:
    """A page whose elements are nested `value` (default 50,000) levels deep."""
    depth = int(value or NESTING)
    page = f"<html><body>{'<div>' * depth}<p>tief</p>{'</div>' * depth}</body></html>"
    return web.Response(body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


async def stale(_request: web.BaseRequest, _answer: web.Response, _value: Any) -> web.StreamResponse:
    """304, whatever was asked and whatever is new."""
    return web.Response(status=304)


FAULTS: dict[str, Fault] = {
    "status": status,
    "hang": hang,
    "slow": slow,
    "drip": drip,
    "truncate": truncate,
    "reset": reset,
    "redirect": redirect,
    "redirect_loop": redirect_loop,
    "empty": empty,
    "not_a_feed": not_a_feed,
    "consent": consent,
    "bomb": bomb,
    "wrong_encoding_header": wrong_encoding_header,
    "crash_page": crash_page,
    "stale": stale,
}


def _body(answer: web.Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b""


def _plain(answer: web.Response) -> bytes:
    body = _body(answer)
    return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


def _stream(answer: web.Response) -> web.StreamResponse:
    """An open answer with the status and headers of the right one."""
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return web.StreamResponse(status=answer.status, headers=headers)


async def _half(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """The response with its whole length announced and half of it written."""
    body, response = _body(answer), _stream(answer)
    response.content_length = len(body)
    response.force_close()
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return response


@lru_cache(maxsize=4)
def _bomb(mib: int) -> bytes:
    """A gzip stream of `mib` MiB of zeros, made piece by piece."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(_CHUNK) for _ in range(mib)), packer.flush()])
