"""Text to comparable tokens: one spelling for what portals spell differently, numbers as bare digits.

Pure. Knows nothing of stories. Tokens are 32-bit hashes, the same on every machine; the lowest bit says number.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# The ends of a sentence and of a line among the tokens; no token has these hashes.
_SENTENCE_END, _LINE_END = 0, 1
_LAST_BYTE = 0xFF
_CACHED_TOKENS = 1 << 17
_UNPRINTED = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd]")
# Numbers with their separators, signs of scripts without blanks one by one, words, and what ends a sentence.
_TOKEN = re.compile(
    r"\d+(?:[.,'’\u202f]\d+)*"
    r"|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
    r"|[^\W\d_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
    r"|[.!?。！？][\"'»«“”’)\]]*(?=\s)|[|•;]|\n"
)
# UTF-8 that was read as windows-1252: a lead byte's sign, then signs of continuation bytes.
_MOJIBAKE_LEAD = re.compile("[ÂÃâÄÅ]")
_MOJIBAKE = re.compile("[ÂÃÄÅ][\u0080-\u00bf\u0152-\u2122]|â[\u0080-\u00bf\u0152-\u2122]{2}|â€")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "œ": "oe", "æ": "ae", "ı": "i"})
_NOT_DIGITS = re.compile(r"\D")


class Folded(NamedTuple):
    """A text as tokens; `starts` and `lines` are the positions where a sentence and a line begin, ascending from 0.

    `bare` tells which sentences end with their line and not with a full stop: entries of a list, headings.
    """

    tokens: Tokens
    starts: Positions
    lines: Positions
    bare: Mask


def fold(text: str) -> Folded:
    """The text folded; without any token there is no sentence and no line."""
    found = _TOKEN.findall(_readable(text) + "\n")
    coded = np.fromiter(map(_hash, found), dtype=np.uint32, count=len(found))
    ends = coded <= _LINE_END
    tokens = coded[~ends]
    # How many tokens stand in front of each end: that is where the next sentence begins.
    at = np.flatnonzero(ends)
    begins = at - np.arange(len(at))
    is_line_end = coded[at] == _LINE_END
    starts = _positions(begins, tokens)
    # Of several ends behind a sentence ("." and the end of the line) the first one says how it ended.
    stops, first = np.unique(begins, return_index=True)
    bare = is_line_end[first[np.searchsorted(stops, np.append(starts[1:], len(tokens)))]] if len(starts) else starts > 0
    return Folded(tokens, starts, _positions(begins[is_line_end], tokens), bare)


def _positions(begins: Positions, tokens: Tokens) -> Positions:
    """The beginnings with the first one, each once, without those behind the last token."""
    if not len(tokens):
        return begins[:0]
    found = np.concatenate((np.zeros(1, dtype=np.int64), begins[(begins > 0) & (begins < len(tokens))]))
    first: Positions = found[np.append(True, np.diff(found) > 0)]
    return first


def fold_title(title: str) -> tuple[Tokens, tuple[str, ...]]:
    """The tokens of a title, and the folded words and numbers that they stand for."""
    found = [token for token in _TOKEN.findall(_readable(title)) if _hash(token) > _LINE_END]
    return np.fromiter(map(_hash, found), dtype=np.uint32, count=len(found)), tuple(map(_spelling, found))


def _readable(text: str) -> str:
    """The text in one encoding form, without signs that print nothing and with mojibake repaired."""
    if text.isascii():
        return text
    # First, as the second half of a broken sign may be one that prints nothing.
    if _MOJIBAKE_LEAD.search(text):
        text = _MOJIBAKE.sub(_repaired, text)
    text = _UNPRINTED.sub("", text)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def _repaired(match: re.Match[str]) -> str:
    """The sign that was meant; the signs themselves where they are no mojibake."""
    if match[0] == "â€":
        return '"'
    try:
        return match[0].encode("cp1252").decode()
    except UnicodeError:
        return _by_byte(match[0])


def _by_byte(signs: str) -> str:
    """The same with bytes that windows-1252 leaves open."""
    try:
        return b"".join(_byte(sign) for sign in signs).decode()
    except UnicodeError:
        return signs


def _byte(sign: str) -> bytes:
    return bytes([ord(sign)]) if ord(sign) <= _LAST_BYTE else sign.encode("cp1252")


@lru_cache(maxsize=_CACHED_TOKENS)
def _hash(found: str) -> int:
    """32-bit hash of a token's spelling, odd for numbers; an end for what ends a sentence or line."""
    if not found[0].isalnum():
        return _LINE_END if found == "\n" else _SENTENCE_END
    spelling = _spelling(found)
    return (crc32(spelling.encode()) & 0xFFFFFFFE or 2) | spelling[0].isdigit()


def _spelling(token: str) -> str:
    """One spelling for what is spelt differently: case, umlauts, accents, separators of numbers."""
    if token[0].isdigit():
        return _NOT_DIGITS.sub("", token)
    spelt = token.casefold().translate(_SPELT_OUT)
    if spelt.isascii():
        return spelt
    return "".join(sign for sign in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(sign)) or spelt
