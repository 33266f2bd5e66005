"""Bytes to text and text to normal forms: inflating, decoding, cleaning, hashing. Pure and total.

Knows nothing of HTML beyond the place where a page names its charset, and nothing of feeds or articles.
"""

import codecs
import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import cast

import brotli
import zstandard
from isal import isal_zlib

from tasks.outcome import Reason

# A text with fewer words is compared together with its title.
MIN_TEXT_WORDS = 40
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
# isal's stubs call its exception class an instance.
_BROKEN_GZIP = cast("type[Exception]", isal_zlib.error)
# The rest of a body is copied at each gzip member, so that a million tiny ones would cost hours.
_MAX_GZIP_MEMBERS = 64
# RFC 9659: zstd as a content coding needs no larger window; an honest body never asks for more.
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
_PIECE_BYTES = 64 * 1024

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# UTF-16 without a mark is often valid UTF-8 full of NULs; markup and JSON give it away by their first sign.
_UTF16_STARTS = {b"<\0": "utf-16-le", b"{\0": "utf-16-le", b"\0<": "utf-16-be", b"\0{": "utf-16-be"}
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_DECLARED_WITHIN_BYTES = 2048
# Labels without their punctuation -> codec, after the WHATWG Encoding Standard: latin-1 means windows-1252.
_CODECS = {
    "utf8": "utf-8", "unicode11utf8": "utf-8", "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be",
    "latin1": "cp1252", "l1": "cp1252", "ascii": "cp1252", "usascii": "cp1252", "iso88591": "cp1252",
    "latin2": "iso8859-2", "latin5": "cp1254", "iso88599": "cp1254", "latin9": "iso8859-15", "tis620": "cp874",
    "iso885911": "cp874", "koi8r": "koi8-r", "koi8u": "koi8-u", "macintosh": "mac-roman", "gb2312": "gb18030",
    "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs", "big5hkscs": "big5hkscs", "eucjp": "euc-jp",
    "shiftjis": "cp932", "sjis": "cp932", "xsjis": "cp932", "windows31j": "cp932", "euckr": "cp949",
    **{f"iso8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"{family}{page}": f"cp{page}" for family in ("windows", "cp", "xcp") for page in range(1250, 1259)},
}  # fmt: skip

# Signs that print nothing: controls (without white space), soft hyphen, zero-width and direction marks,
# surrogates (they arrive from JSON escapes, and neither UTF-8 nor Postgres can hold them), non-characters.
_UNPRINTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_NEWLINE = re.compile("\r\n?|\u2028|\x85")
_PARAGRAPH_BREAK = re.compile("\n\\s*\n|\u2029")
# A word, or the sign of a number: "+3 Prozent" and "-3 Prozent" are different news.
_WORD = re.compile(r"[^\W_]+|(?<![^\s(])[+-](?=\d)")
_MINUS = str.maketrans("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-------")


def inflate(body: bytes, content_encoding: str | None, limit: int) -> bytes | Reason:
    """The body without its compression, at most `limit` bytes; else TOO_LARGE or TRUNCATED (broken counts too).

    The bytes decide, not the header: gzip and zstd by their magic, also one inside the other (a file compressed
    once more on the wire). br and deflate have no magic, so the header names them and trying proves it. A
    header that the bytes do not bear out means a plain body.
    """
    plain = _inflate_once(body, (content_encoding or "").lower(), limit)
    if isinstance(plain, bytes) and plain is not body and plain.startswith((_GZIP, _ZSTD)):
        plain = _inflate_once(plain, "", limit)
    if isinstance(plain, bytes) and len(plain) > limit:
        return Reason.TOO_LARGE
    return plain


def _inflate_once(body: bytes, encoding: str, limit: int) -> bytes | Reason:
    """The body after one level of decompression; the body itself when it is plain."""
    if body.startswith(_GZIP):
        return _gunzip(body, limit)
    if body.startswith(_ZSTD):
        return _unzstd(body, limit)
    if "br" in encoding:
        return _unbrotli(body, limit)
    if "deflate" in encoding:
        return _undeflate(body, limit)
    return body


def _gunzip(body: bytes, limit: int) -> bytes | Reason:
    """All members of a gzip body, joined; what follows the last one (padding) is ignored."""
    pieces: list[bytes] = []
    room = limit
    while body.startswith(_GZIP):
        member = isal_zlib.decompressobj(wbits=31)
        try:
            pieces.append(member.decompress(body, room + 1))
        except _BROKEN_GZIP:
            return Reason.TRUNCATED
        room -= len(pieces[-1])
        if room < 0 or len(pieces) > _MAX_GZIP_MEMBERS:
            return Reason.TOO_LARGE
        if not member.eof:
            return Reason.TRUNCATED
        body = member.unused_data
    return b"".join(pieces)


def _unzstd(body: bytes, limit: int) -> bytes | Reason:
    """All frames of a zstd body. Measured in pieces first: the one-call form has no ceiling, the pieces hide a cut."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    frames: list[bytes] = []
    size = 0
    try:
        with decompressor.stream_reader(body, read_across_frames=True) as reader:
            while piece := reader.read(_PIECE_BYTES):
                size += len(piece)
                if size > limit:
                    return Reason.TOO_LARGE
        while body.startswith(_ZSTD):
            frame = decompressor.decompressobj()
            frames.append(frame.decompress(body))
            if not frame.eof:
                return Reason.TRUNCATED
            body = frame.unused_data
    except zstandard.ZstdError:
        return Reason.TRUNCATED
    return b"".join(frames)


def _unbrotli(body: bytes, limit: int) -> bytes | Reason:
    """A brotli body inflated; a body that is no brotli comes back as it is."""
    stream = brotli.Decompressor()
    pieces: list[bytes] = []
    room = limit
    try:
        pieces.append(stream.process(body, output_buffer_limit=_PIECE_BYTES))
        while pieces[-1] and not stream.is_finished():
            room -= len(pieces[-1])
            if room < 0:
                return Reason.TOO_LARGE
            pieces.append(stream.process(b"", output_buffer_limit=_PIECE_BYTES))
    except brotli.error:
        # Broken after a good start is a broken stream; broken at once is a wrong header.
        return Reason.TRUNCATED if any(pieces) else body
    if stream.is_finished():
        return b"".join(pieces)
    # A few plain bytes can pass for the start of a stream; markup and JSON can't be one that was cut.
    return body if body.lstrip()[:1] in (b"<", b"{", b"") else Reason.TRUNCATED


def _undeflate(body: bytes, limit: int) -> bytes | Reason:
    """A deflate body inflated, with or without its zlib wrapper (RFC 9110, 8.4.1.2); another body as it is."""
    for wbits in (15, -15):
        stream = isal_zlib.decompressobj(wbits=wbits)
        try:
            plain: bytes = stream.decompress(body, limit + 1)
        except _BROKEN_GZIP:
            continue
        if len(plain) > limit:
            return Reason.TOO_LARGE
        if stream.eof and not stream.unused_data:
            return plain
        if wbits > 0 and plain:
            return Reason.TRUNCATED
    return body


def decode_markup(body: bytes, charset: str | None) -> tuple[str, bytes | None]:
    """The text of a body as `decode` reads it, and its bytes where they are that text in UTF-8, as nearly always."""
    try:
        return body.removeprefix(codecs.BOM_UTF8).decode(), body
    except UnicodeDecodeError:
        return decode(body, charset), None


def decode(body: bytes, charset: str | None) -> str:
    """The text of an HTML, XML or JSON body; never raises, bytes without meaning become U+FFFD.

    Valid UTF-8 wins over every label. Else the byte order mark, the charset of the Content-Type header, what
    the first 2 KiB declare (meta charset, XML declaration), windows-1252. In a body that says UTF-8 and is not
    quite, each wrong byte is read as windows-1252: that is what the mixed pages of old content systems hold.
    """
    mark = _UTF16_STARTS.get(body[:2])
    if mark:
        return body.decode(mark, "replace")
    try:
        return body.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        pass
    for signature, codec in _BOMS:
        if body.startswith(signature):
            return body[len(signature) :].decode(codec, "replace" if codec != "utf-8" else _MIXED)
    codec = _codec(charset) or _declared_codec(body) or "cp1252"
    return body.decode(codec, _MIXED if codec == "utf-8" else "replace")


def _declared_codec(body: bytes) -> str | None:
    """The codec that the head of the document declares, None where it declares none that we know."""
    found = _DECLARED.search(body, 0, _DECLARED_WITHIN_BYTES)
    if not found:
        return None
    codec = _codec((found[1] or found[2]).decode("ascii", "replace"))
    # A declaration that could be read byte by byte is not in UTF-16, whatever it says (HTML standard, 13.2.3.2).
    return "utf-8" if codec and codec.startswith("utf-16") else codec


@lru_cache(maxsize=256)
def _codec(label: str | None) -> str | None:
    """Python's codec for a charset label, None for an unknown or missing one."""
    return _CODECS.get(re.sub(r"[^a-z0-9]", "", label.lower())) if label else None


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """The wrong bytes of a UTF-8 body, read as windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_MIXED = "newstape.windows-1252"
codecs.register_error(_MIXED, _as_windows_1252)


def clean(text: str) -> str:
    """The text on one line: NFC, nothing that prints nothing, white space folded to single blanks, stripped."""
    line = " ".join(text.split())
    if line.isprintable():
        return line if line.isascii() else unicodedata.normalize("NFC", line)
    return " ".join(unicodedata.normalize("NFC", _UNPRINTED.sub("", text)).split())


def clean_block(text: str) -> str:
    """Like `clean`, but paragraphs (parted by an empty line) stay apart, joined by one empty line."""
    paragraphs = _PARAGRAPH_BREAK.split(_NEWLINE.sub("\n", text))
    return "\n\n".join(cleaned for paragraph in paragraphs if (cleaned := clean(paragraph)))


def content_hash(title: str, text: str) -> bytes:
    """32-byte digest of the words of title and text: equal means the same copy, letter by letter.

    The normal form is NFKC, casefolded, its words (letters and digits) joined by single blanks. White space,
    punctuation, quotes, dashes, ligatures and case make no difference; a digit, a word, the word order, the border
    between title and text, and the sign in front of a number do.
    """
    return blake2b(f"{_words(title)}\n{_words(text)}".encode(), digest_size=32).digest()


def text_hash(title: str, text: str) -> bytes:
    """32-byte digest by which copies are recognised: portals put their own title on an agency's text.

    A text of at least 40 words counts alone; a shorter one says too little without its title.
    """
    words = _words(text)
    return content_hash("" if words.count(" ") + 1 >= MIN_TEXT_WORDS else title, text)


def paragraph_hash(text: str) -> bytes:
    """16-byte digest of a paragraph in the normal form of `content_hash`: digits count, case and punctuation don't."""
    return blake2b(_words(text).encode(), digest_size=16).digest()


def _words(text: str) -> str:
    """The words of a text in the normal form of `content_hash`."""
    folded = unicodedata.normalize("NFKC", _UNPRINTED.sub("", text)).casefold()
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", folded).translate(_MINUS)))
