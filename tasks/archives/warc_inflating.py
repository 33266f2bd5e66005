"""The bytes of a WARC file without their compression, as they come in; a broken gzip member costs itself alone.

WARC 1.1, annex D: each record is a gzip member of its own, so that a file can be entered at any of them. Pure, but it
remembers; knows nothing of records.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from isal import isal_zlib

_GZIP = b"\x1f\x8b"
_MEMBER = b"\x1f\x8b\x08"
# isal's stubs call its exception class an instance.
_BROKEN_GZIP = cast("type[Exception]", isal_zlib.error)
# What is behind a member is copied at its end, so that bytes are looked at in short stretches.
_TAKEN_BYTES = 64 * 1024
_STRETCH_BYTES = 1024 * 1024
# Each search for the next member looks at bytes again; a file that is broken so often is no archive.
MAX_BREAKS = 100


@dataclass(frozen=True, slots=True)
class Stretch:
    """Plain bytes in a row. `offset`: where their gzip member, or they themselves, begin in the file.

    `is_start` says that a member begins with them.
    """

    offset: int
    body: bytes
    is_start: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """The member that begins at `offset` is broken; `is_end` says that no more of the file is read."""

    offset: int
    is_end: bool = False


class Inflating:
    """A file that is fed in pieces, compressed (gzip) or plain: the first two bytes tell."""

    def __init__(self) -> None:
        self._first = b""
        self._is_gzip: bool | None = None
        self._position = 0
        self._member: Any = None
        self._member_at = 0
        self._is_start = False
        self._breaks = 0

    @property
    def is_gzip(self) -> bool:
        """Whether the file is compressed."""
        return bool(self._is_gzip)

    @property
    def is_cut(self) -> bool:
        """Whether the file so far ends inside a gzip member."""
        return self._member is not None

    @property
    def member_at(self) -> int:
        """Where the gzip member begins that was read last."""
        return self._member_at

    def feed(self, piece: bytes) -> Iterator[Stretch | Break]:
        """The plain bytes of the next piece of the file; nothing more after a Break that is the end."""
        if self._is_gzip is None:
            piece = self._first + piece
            if len(piece) < len(_GZIP):
                self._first = piece
                return
            self._is_gzip = piece.startswith(_GZIP)
        for start in range(0, len(piece), _TAKEN_BYTES):
            taken = piece[start : start + _TAKEN_BYTES]
            if self._is_gzip:
                yield from self._inflated(taken)
            else:
                yield Stretch(self._position, taken)
            self._position += len(taken)

    def end(self) -> Iterator[Stretch]:
        """What was held back: a file of a single byte."""
        if self._is_gzip is None and self._first:
            yield Stretch(0, self._first)

    def _inflated(self, taken: bytes) -> Iterator[Stretch | Break]:
        rest = taken
        while rest and self._breaks <= MAX_BREAKS:
            if self._member is None:
                rest = self._entered(rest, self._position + len(taken) - len(rest))
                continue
            try:
                body = self._member.decompress(rest, _STRETCH_BYTES)
            except _BROKEN_GZIP:
                self._member = None
                self._breaks += 1
                yield Break(self._member_at, self._breaks > MAX_BREAKS)
                rest = rest[1:]
                continue
            if body:
                yield Stretch(self._member_at, body, self._is_start)
                self._is_start = False
            rest = self._after(rest)

    def _entered(self, rest: bytes, at: int) -> bytes:
        """Begin with the next member; what is left of the bytes: none where no member begins in them.

        After a break a member whose first signs end one stretch is not found, and is lost with the broken one.
        """
        start = 0 if rest.startswith(_GZIP) or _GZIP.startswith(rest) else rest.find(_MEMBER)
        if start < 0:
            return b""
        self._member = isal_zlib.decompressobj(wbits=31)
        self._member_at = at + start
        self._is_start = True
        return rest[start:]

    def _after(self, rest: bytes) -> bytes:
        """The bytes that the member has not taken yet, or that are behind it."""
        if not self._member.eof:
            left: bytes = self._member.unconsumed_tail
            return left
        left = self._member.unused_data
        self._member = None
        return left if len(left) < len(rest) else b""
