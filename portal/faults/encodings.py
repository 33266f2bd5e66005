"""Faults of encoding: compression that explodes or lies, and charsets with true, false and missing labels."""

import asyncio
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import brotli
import zstandard
from aiohttp import web

from portal.documents import packed
from portal.faults.kit import Call, Fault, altered, plain_of, served

BOMB_MIB = 100

_CHUNK = bytes(1 << 20)
_LABEL = re.compile(r"""(<\?xml[^>]*encoding="|<meta [^>]*charset=["']?)[\w-]+""", re.IGNORECASE)
_NAMING = re.compile(r"""(?<=<\?xml version="1.0") encoding="[\w-]+"|<meta [^>]*charset=[^>]*>""", re.IGNORECASE)
_MIXED_EVERY = 3  # every third line is written in the other charset


@dataclass(frozen=True, slots=True)
class Written:
    """How a text is written and what is said about it: `header` in the Content-Type, `label` in the document."""

    charset: str
    header: str | None = None
    label: str | None = None
    mark: bytes = b""


CHARSETS: dict[str, Written] = {
    "utf-8": Written("utf-8", "utf-8", "utf-8"),
    "utf-8_marked": Written("utf-8", None, "utf-8", b"\xef\xbb\xbf"),
    "latin-1": Written("iso-8859-1", "iso-8859-1", "iso-8859-1"),
    "latin-1_in_document": Written("iso-8859-1", None, "iso-8859-1"),
    "cp1252": Written("windows-1252", "windows-1252", "windows-1252"),
    "cp1252_as_latin-1": Written("windows-1252", "iso-8859-1", "iso-8859-1"),
    "cp1252_as_utf-8": Written("windows-1252", "utf-8", "utf-8"),
    "cp1252_unnamed": Written("windows-1252"),
    "utf-8_as_latin-1": Written("utf-8", "iso-8859-1", "iso-8859-1"),
    "utf-8_unnamed": Written("utf-8"),
    "utf-16": Written("utf-16-le", None, "utf-16", b"\xff\xfe"),
    "utf-16_big": Written("utf-16-be", "utf-16", "utf-16", b"\xfe\xff"),
    "mixed": Written("mixed", "utf-8", "utf-8"),
}


async def bomb(call: Call) -> web.StreamResponse:
    """A small body that inflates to `value` MiB (default 100); value: 20, "br", or {"mib": 20, "coding": "zstd"}."""
    match call.value:
        case dict() as wish:
            coding, mib = wish.get("coding", "gzip"), wish.get("mib", BOMB_MIB)
        case str() as coding:
            mib = BOMB_MIB
        case mib:
            coding = "gzip"
    body = await asyncio.to_thread(_bomb, coding, int(mib or BOMB_MIB))
    return served(body, call.document.content_type, headers={"Content-Encoding": coding})


async def nested_gzip(call: Call) -> web.StreamResponse:
    """The body packed `value` times (default 2) under one Content-Encoding: gzip."""
    body = call.document.body
    for _ in range(int(call.value or 2) - 1):
        body = packed(body)
    return served(body, call.document.content_type, headers={"Content-Encoding": "gzip"})


async def wrong_encoding_header(call: Call) -> web.StreamResponse:
    """The header says gzip, the body is plain."""
    return served(plain_of(call.answer), call.document.content_type, headers={"Content-Encoding": "gzip"})


async def unnamed_gzip(call: Call) -> web.StreamResponse:
    """The body is gzip and no header says so."""
    return served(call.document.body, call.document.content_type)


async def unsolicited_br(call: Call) -> web.StreamResponse:
    """The body is Brotli, whatever the client accepts."""
    body = brotli.compress(call.document.plain)
    return served(body, call.document.content_type, headers={"Content-Encoding": "br"})


async def cut_gzip(call: Call) -> web.StreamResponse:
    """A gzip body that ends halfway under a Content-Length that fits."""
    body = call.document.body
    return served(body[: len(body) // 2], call.document.content_type, headers={"Content-Encoding": "gzip"})


async def charset(call: Call) -> web.StreamResponse:
    """The document in another charset, with a true, false or missing label in header and document."""
    how = CHARSETS[call.value or "utf-8"]
    text = _labelled(call.text, how.label)
    kind = call.document.content_type.partition(";")[0]
    body = how.mark + (_mixed(text) if how.charset == "mixed" else text.encode(how.charset, "xmlcharrefreplace"))
    return altered(call, body, f"{kind}; charset={how.header}" if how.header else kind)


FAULTS: dict[str, Fault] = {
    "bomb": bomb,
    "nested_gzip": nested_gzip,
    "wrong_encoding_header": wrong_encoding_header,
    "unnamed_gzip": unnamed_gzip,
    "unsolicited_br": unsolicited_br,
    "cut_gzip": cut_gzip,
    "charset": charset,
}


def _labelled(text: str, label: str | None) -> str:
    """The text with the charset it names replaced, or its naming taken out."""
    if label is not None:
        return _LABEL.sub(rf"\g<1>{label}", text, count=1)
    return _NAMING.sub("", text, count=1)


def _mixed(text: str) -> bytes:
    """UTF-8 but for every third line, as when two editorial systems write into one page."""
    lines = text.splitlines(keepends=True)
    charsets = ("windows-1252" if number % _MIXED_EVERY == 0 else "utf-8" for number in range(len(lines)))
    return b"".join(line.encode(name, "xmlcharrefreplace") for line, name in zip(lines, charsets, strict=True))


def _gzip_pieces(mib: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield from (packer.compress(_CHUNK) for _ in range(mib))
    yield packer.flush()


def _brotli_pieces(mib: int) -> Iterator[bytes]:
    packer = brotli.Compressor(quality=5)
    yield from (packer.process(_CHUNK) for _ in range(mib))
    yield packer.finish()


def _zstd_pieces(mib: int) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor().compressobj()
    yield from (packer.compress(_CHUNK) for _ in range(mib))
    yield packer.flush()


CODINGS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "gzip": _gzip_pieces,
    "br": _brotli_pieces,
    "zstd": _zstd_pieces,
}


@lru_cache(maxsize=8)
def _bomb(coding: str, mib: int) -> bytes:
    """`mib` MiB of zeros, packed piece by piece."""
    return b"".join(CODINGS[coding](mib))
