"""Faults of conditional requests: tags that no client should understand, and 304 at the wrong moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from portal.documents import etag_of
from portal.faults.kit import Call, Fault, chosen, served
from portal.world import REFERENCE

_LONG = 40  # times the digest: about 800 characters


async def etag(call: Call) -> web.StreamResponse:
    """The right document under an odd ETag; 304 only to exactly what the server itself would recognise."""
    tag, recognised = chosen(call, TAGS)(call)
    asked = call.request.headers.get("If-None-Match")
    if asked is not None and asked == recognised:
        return web.Response(status=304, headers={"ETag": tag})
    return served(call.document.plain, call.document.content_type, headers={"ETag": tag})


async def last_modified_backwards(call: Call) -> web.StreamResponse:
    """200 under a Last-Modified that is a day older at each request, and no ETag."""
    changed = format_datetime((REFERENCE - timedelta(days=call.turn)).astimezone(UTC), usegmt=True)
    return served(call.document.plain, call.document.content_type, headers={"Last-Modified": changed})


async def last_modified_now(call: Call) -> web.StreamResponse:
    """200 under a Last-Modified of this moment, whether or not anything changed, and no ETag."""
    changed = format_datetime(datetime.now(UTC), usegmt=True)
    return served(call.document.plain, call.document.content_type, headers={"Last-Modified": changed})


async def stale(_call: Call) -> web.StreamResponse:
    """304, whatever was asked and whatever is new."""
    return web.Response(status=304)


async def frozen(call: Call) -> web.StreamResponse:
    """304 to every conditional request, whatever is new; the right answer to an unconditional one."""
    return web.Response(status=304) if call.is_conditional else call.answer


async def unasked_304(call: Call) -> web.StreamResponse:
    """304 to a request without validators; the right answer to one that has them."""
    return call.answer if call.is_conditional else web.Response(status=304)


async def body_on_304(call: Call) -> web.StreamResponse:
    """304 with a body and its length; the connection is closed after it."""
    body = call.document.plain
    head = f"HTTP/1.1 304 Not Modified\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    if call.request.transport is not None:
        # aiohttp would leave the body out, as it should.
        call.request.transport.write(head.encode() + body)
        call.request.transport.close()
    return web.Response(status=304)


FAULTS: dict[str, Fault] = {
    "etag": etag,
    "last_modified_backwards": last_modified_backwards,
    "last_modified_now": last_modified_now,
    "stale": stale,
    "frozen": frozen,
    "unasked_304": unasked_304,
    "body_on_304": body_on_304,
}


def _digest(call: Call) -> str:
    return etag_of(call.document.plain).strip('"')


def _strong(call: Call) -> tuple[str, str | None]:
    return f'"{_digest(call)}"', f'"{_digest(call)}"'


def _weak(call: Call) -> tuple[str, str | None]:
    return f'W/"{_digest(call)}"', f'W/"{_digest(call)}"'


def _suffixed(call: Call) -> tuple[str, str | None]:
    """As a compressing proxy does: it hangs -gzip on the tag and does not know it when it comes back."""
    return f'"{_digest(call)}-gzip"', f'"{_digest(call)}"'


def _rotating(call: Call) -> tuple[str, str | None]:
    return f'"{_digest(call)}-{call.turn}"', None


def _long(call: Call) -> tuple[str, str | None]:
    return f'"{_digest(call) * _LONG}"', f'"{_digest(call) * _LONG}"'


def _unquoted(call: Call) -> tuple[str, str | None]:
    return _digest(call), _digest(call)


def _renewed(call: Call) -> tuple[str, str | None]:
    """A new tag at each answer, on the 304 too; only the latest one is known."""
    return f'"{_digest(call)}-{call.turn}"', f'"{_digest(call)}-{call.turn - 1}"'


TAGS: dict[str, Callable[[Call], tuple[str, str | None]]] = {
    "strong": _strong,
    "weak": _weak,
    "suffixed": _suffixed,
    "rotating": _rotating,
    "long": _long,
    "unquoted": _unquoted,
    "renewed": _renewed,
}
"""How a tag is sent, and what the server recognises in If-None-Match."""
