"""Faults of the connection: silence, slowness, and answers that end too early."""

import asyncio
import socket
import struct

from aiohttp import web

from portal.faults.kit import Call, Fault, body_of, streamed

FOREVER_S = 24 * 3600.0

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST


async def hang(call: Call) -> web.StreamResponse:
    """The request is accepted and nothing is sent."""
    await asyncio.sleep(FOREVER_S)
    return call.answer


async def stall(call: Call) -> web.StreamResponse:
    """Half of the body, then silence on an open connection."""
    response = await _half(call)
    await asyncio.sleep(FOREVER_S)
    return response


async def slow(call: Call) -> web.StreamResponse:
    """The right answer after `value` milliseconds."""
    await asyncio.sleep(float(call.value) / 1000)
    return call.answer


async def drip(call: Call) -> web.StreamResponse:
    """The right answer, one byte every `value` seconds (default 1)."""
    body, response = body_of(call.answer), streamed(call.answer)
    response.content_length = len(body)
    await response.prepare(call.request)
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(1.0 if call.value is None else float(call.value))
    await response.write_eof()
    return response


async def truncate(call: Call) -> web.StreamResponse:
    """Half of the body under the Content-Length of the whole, then an orderly end of the connection."""
    response = await _half(call)
    if call.request.transport is not None:
        call.request.transport.close()
    return response


async def reset(call: Call) -> web.StreamResponse:
    """Half of the body, then the connection is reset."""
    response = await _half(call)
    if call.request.transport is not None:
        connection = call.request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        call.request.transport.close()
    return response


async def broken_chunk(call: Call) -> web.StreamResponse:
    """Half of the body in chunks, then a chunk whose size is no number."""
    body, response = body_of(call.answer), streamed(call.answer)
    response.enable_chunked_encoding()
    response.force_close()
    await response.prepare(call.request)
    await response.write(body[: len(body) // 2])
    if call.request.transport is not None:
        call.request.transport.write(b"zz\r\n" + body[len(body) // 2 :] + b"\r\n0\r\n\r\n")
        call.request.transport.close()
    return response


FAULTS: dict[str, Fault] = {
    "hang": hang,
    "stall": stall,
    "slow": slow,
    "drip": drip,
    "truncate": truncate,
    "reset": reset,
    "broken_chunk": broken_chunk,
}


async def _half(call: Call) -> web.StreamResponse:
    """The response with its whole length announced and half of it written."""
    body, response = body_of(call.answer), streamed(call.answer)
    response.content_length = len(body)
    response.force_close()
    await response.prepare(call.request)
    await response.write(body[: len(body) // 2])
    return response
