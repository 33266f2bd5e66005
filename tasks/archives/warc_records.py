"""The records of a WARC file, one after the other; what is broken is named and passed over. Pure, but it remembers.

warcio reads the heads. The way from record to record is our own, since warcio's iterator ends at the first record
with a wrong length, writes to stderr, and takes a broken gzip member for the end of its record.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from tasks.archives.basket import Left
from tasks.archives.warc_inflating import Break, Inflating, Stretch

# Common Crawl cuts at 5 MiB; no page is longer than this.
MAX_RECORD_BYTES = 16 * 1024 * 1024
_MAX_HEAD_BYTES = 64 * 1024
_MAX_LENGTH_DIGITS = 15
# Bytes are looked at again after a record with a wrong length, for the records that it swallowed.
_MAX_RESCANS = 100
_MARK = b"WARC/"
_START = re.compile(rb"(?:\A|(?<=\n))WARC/[01]\.[0-9]{1,3}\r?\n")
_MARK_BYTES = len("\nWARC/1.100\r\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_BLANK = re.compile(rb"[\r\n\t ]*")
_PARSER = StatusAndHeadersParser(["WARC/1.1", "WARC/1.0", "WARC/0.17", "WARC/0.18"])

BROKEN = "broken gzip"
CUT = "cut off by the end of the file"
WRONG_LENGTH = "with a wrong length"
NO_HEAD = "with a head that can't be read"
TOO_LARGE = f"larger than {MAX_RECORD_BYTES // 2**20} MiB"
NO_RECORD = "stretches of the file that are no record"
UNREAD = "so broken that the rest of the file was not read"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a record: its headers with names in small letters, how long its block is, where it begins.

    `offset` is that of its gzip member, where the file is compressed.
    """

    headers: Mapping[str, str]
    length: int
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record."""

    head: Head
    block: bytes


# Why a record is left out, by its head alone; None: its block is wanted.
Judge = Callable[[Head], str | None]
Outcome = Record | Left


class _State(Enum):
    """Where in the file we are: between two records, in a head, in a block, or looking for the next record."""

    GAP = 1
    HEAD = 2
    BLOCK = 3
    LOST = 4


class Records:
    """The records of one file that is fed in pieces; `feed` and `end` give those that `judge` wants, and the others."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._inflating = Inflating()
        self._plain = bytearray()
        self._state = _State.GAP
        self._stretch = Stretch(0, b"")
        self._head = Head({}, 0, 0)
        self._why: str | None = None
        self._missing = 0
        # A record is held until what follows shows that its length is right.
        self._held: Outcome | None = None
        self._rescans = 0
        self._steps: Mapping[_State, Callable[[], tuple[Outcome, ...] | None]] = {
            _State.GAP: self._pass_gap,
            _State.HEAD: self._read_head,
            _State.BLOCK: self._read_block,
            _State.LOST: self._look_for_start,
        }

    def feed(self, piece: bytes) -> Iterator[Outcome]:
        """The records that end with the next piece of the file."""
        for part in self._inflating.feed(piece):
            yield from self._broken(part) if isinstance(part, Break) else self._taken(part)

    def end(self) -> Iterator[Outcome]:
        """The records that the end of the file brings to an end."""
        for part in self._inflating.end():
            yield from self._taken(part)
        is_inside = self._state in (_State.HEAD, _State.BLOCK) or bool(self._plain and self._state is _State.GAP)
        is_cut = self._inflating.is_cut and not self._is_held_of(self._inflating.member_at)
        yield from self._released()
        if is_inside or is_cut:
            yield Left(CUT, f"at {self._offset}")

    @property
    def _offset(self) -> int:
        """Where in the file the first of the plain bytes is, or their gzip member."""
        if self._inflating.is_gzip:
            return self._inflating.member_at if self._inflating.is_cut else self._stretch.offset
        return self._stretch.offset + len(self._stretch.body) - len(self._plain)

    def _taken(self, stretch: Stretch) -> Iterator[Outcome]:
        if stretch.is_start and stretch.body.startswith(_MARK):
            yield from self._started()
        self._stretch = stretch
        self._plain += stretch.body
        while (found := self._steps[self._state]()) is not None:
            yield from found

    def _started(self) -> Iterator[Outcome]:
        """What comes to an end because a gzip member begins with a record: one that needs more bytes has none left."""
        if self._state is _State.GAP and not self._plain:
            yield from self._released()
        elif self._state is not _State.LOST:
            yield self._left(WRONG_LENGTH)
        self._held = None
        self._plain.clear()
        self._state = _State.HEAD

    def _broken(self, part: Break) -> Iterator[Outcome]:
        if not self._is_held_of(part.offset):
            yield from self._released()
        self._held = None
        self._plain.clear()
        self._state = _State.LOST
        yield Left(UNREAD if part.is_end else BROKEN, f"at {part.offset}")

    def _pass_gap(self) -> tuple[Outcome, ...] | None:
        """Over the blank lines between two records; None (here and below): more bytes are needed."""
        blank = _BLANK.match(self._plain)
        del self._plain[: blank.end() if blank else 0]
        if _MARK.startswith(self._plain[: len(_MARK)]) and len(self._plain) < len(_MARK):
            return None
        if self._plain.startswith(_MARK):
            self._state = _State.HEAD
            return self._released()
        left = self._left(WRONG_LENGTH if self._held else NO_RECORD)
        if isinstance(self._held, Record) and self._rescans < _MAX_RESCANS:
            self._rescans += 1
            self._plain[:0] = self._held.block
        self._held = None
        self._state = _State.LOST
        return (left,)

    def _look_for_start(self) -> tuple[Outcome, ...] | None:
        found = _START.search(self._plain)
        if not found:
            del self._plain[:-_MARK_BYTES]
            return None
        del self._plain[: found.start()]
        self._state = _State.HEAD
        return ()

    def _read_head(self) -> tuple[Outcome, ...] | None:
        end = _HEAD_END.search(self._plain, 0, _MAX_HEAD_BYTES)
        if not end and len(self._plain) < _MAX_HEAD_BYTES:
            return None
        head = _head_of(bytes(self._plain[: end.end()]), self._offset) if end else None
        if head is None:
            left = self._left(NO_HEAD)
            del self._plain[: len(_MARK)]
            self._state = _State.LOST
            return (left,)
        self._head = head
        del self._plain[: end.end() if end else 0]
        self._why = self._judge(head) or (TOO_LARGE if head.length > MAX_RECORD_BYTES else None)
        self._missing = head.length
        self._state = _State.BLOCK
        return ()

    def _read_block(self) -> tuple[Outcome, ...] | None:
        if self._why is None:
            if len(self._plain) < self._head.length:
                return None
            self._held = Record(self._head, bytes(self._plain[: self._head.length]))
            del self._plain[: self._head.length]
        else:
            passed = min(len(self._plain), self._missing)
            del self._plain[:passed]
            self._missing -= passed
            if self._missing:
                return None
            self._held = Left(self._why)
        self._state = _State.GAP
        return ()

    def _released(self) -> tuple[Outcome, ...]:
        held, self._held = self._held, None
        return (held,) if held else ()

    def _is_held_of(self, member_at: int) -> bool:
        return self._held is not None and self._head.offset == member_at

    def _left(self, why: str) -> Left:
        at = self._head.offset if self._held or self._state is _State.BLOCK else self._offset
        return Left(why, f"at {at}")


def _head_of(written: bytes, offset: int) -> Head | None:
    """The head as warcio reads it; None where it is none, or does not say how long the block is."""
    try:
        parsed = _PARSER.parse(BytesIO(written))
    except (StatusAndHeadersParserException, EOFError):
        return None
    headers = {name.lower(): value for name, value in parsed.headers}
    length = headers.get("content-length", "").strip()
    if not (length.isascii() and length.isdigit() and len(length) <= _MAX_LENGTH_DIGITS):
        return None
    return Head(headers, int(length), offset)
