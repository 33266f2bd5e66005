"""A text as it is compared: tokens, sentences, and keys by which candidates are found. Pure; cost: bench/dedupe.py."""

import re
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from tasks.dedupe.folding import Folded, Mask, Positions, Tokens, fold, fold_title
from tasks.dedupe.hashing import Hashes, mixed, sentences, shingles
from tasks.dedupe.notices import notice_lines

Keys = npt.NDArray[np.int64]

# Changes with everything that changes tokens, hashes or keys: sketches of different versions can't be compared.
VERSION = 1
# MinHash of the whole text and of its head; the head finds what is a small part of the other (a flash, a teaser).
# So few are enough beside shared sentences (docs/dedup.md), and each is a row in the database.
_BODY_BANDS = 10
_HEAD_BANDS = 6
_ROWS = 3
_HEAD_SHINGLES = 40
# Shorter sentences are labels and bits of numbered lists; they say nothing about where they come from.
LEAST_SENTENCE_TOKENS = 4
# A text with fewer tokens says too little without its title.
_LEAST_TOKENS = 40
# What must be left of a text without its notices, else it is compared with them.
_LEAST_LEFT = 10
# A list has at least this many entries, each of at least three tokens, half of its sentences, 30 % of its tokens.
_LEAST_ENTRIES = 5
_LEAST_ENTRY_TOKENS = 3
_LEAST_LISTED_PERCENT = 30
_BLANK_LINE = re.compile(r"\n\s*\n")
_TITLE_SALT = np.uint64(0x5DEECE66D1CE5EED)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text for comparing; without the lines that are notices of the portal.

    `starts` are the positions in `tokens` where a sentence begins, `sentences` its hash (0: too short to say
    anything), `entries` whether it is an entry of a list or a heading. `keys` are bands, at most one of them
    of the title. `heading` are the tokens of the title, `title` its folded words, `title_hash` 0 where it is short.
    `digest` is 16 bytes, equal for the same words, notices included. `is_list`: entries (a calendar, a ticker)
    rather than prose.
    """

    tokens: Tokens
    starts: Positions
    sentences: Hashes
    entries: Mask
    keys: Keys
    heading: Tokens
    title: tuple[str, ...]
    title_hash: int
    digest: bytes
    is_list: bool

    @property
    def lengths(self) -> Positions:
        """Tokens of each sentence."""
        return np.diff(np.append(self.starts, len(self.tokens)))


def sketch(title: str, text: str) -> Sketch:
    """The sketch of an article; every text has one, an empty text one without keys."""
    folded = fold(text)
    heading, named = fold_title(title)
    left = _without_notices(folded)
    tokens, starts = left.tokens, left.starts
    lengths = np.diff(np.append(starts, len(tokens)))
    entries = left.bare | _whole_lines(left) if _has_long_block(text) else left.bare
    is_long = len(heading) >= LEAST_SENTENCE_TOKENS
    title_hash = sentences(heading, np.zeros(1, np.int64)) if is_long else np.zeros(0, dtype=np.uint64)
    return Sketch(
        tokens=tokens,
        starts=starts,
        sentences=np.where(lengths >= LEAST_SENTENCE_TOKENS, sentences(tokens, starts), np.uint64(0)),
        entries=entries,
        keys=np.concatenate((_bands_of(shingles(tokens)), mixed(title_hash ^ _TITLE_SALT))).view(np.int64),
        heading=heading,
        title=named,
        title_hash=int(title_hash[0]) if is_long else 0,
        digest=_digest(heading, folded.tokens),
        is_list=_is_list(entries, lengths),
    )


def _digest(heading: Tokens, tokens: Tokens) -> bytes:
    """16 bytes of the words; portals put their own title on a text, so that it counts with short texts alone."""
    said = tokens.tobytes() if len(tokens) >= _LEAST_TOKENS else heading.tobytes() + bytes(4) + tokens.tobytes()
    return blake2b(said, digest_size=16).digest()


def _without_notices(folded: Folded) -> Folded:
    """The text without its notices; with them where hardly anything else is left."""
    tokens, starts, lines, bare = folded
    notices = notice_lines(folded)
    if not notices.any():
        return folded
    kept = ~np.repeat(notices, np.diff(np.append(lines, len(tokens))))
    if np.count_nonzero(kept) < _LEAST_LEFT:
        return folded
    left, moved = kept[starts], np.cumsum(kept) - 1
    return Folded(tokens[kept], moved[starts[left]], moved[lines[kept[lines]]], bare[left])


def _whole_lines(folded: Folded) -> Mask:
    """Which sentences are lines of their own."""
    begins = np.isin(folded.starts, folded.lines)
    whole: Mask = begins & np.append(begins[1:], True)
    return whole


def _has_long_block(text: str) -> bool:
    """Whether lines without blank lines between them, as lists have them, make up much of the text."""
    blocks = [block.strip() for block in _BLANK_LINE.split(text)]
    listed = sum(len(block) for block in blocks if block.count("\n") >= _LEAST_ENTRIES - 1)
    return 100 * listed >= _LEAST_LISTED_PERCENT * max(len(text), 1)


def _seeds(count: int, salt: int) -> Hashes:
    return mixed(np.arange(1, count + 1, dtype=np.uint64) + np.uint64(salt << 32)) | np.uint64(1)


_BODY_SEEDS = _seeds(_BODY_BANDS * _ROWS, 1)
_HEAD_SEEDS = _seeds(_HEAD_BANDS * _ROWS, 2)


def _bands_of(hashes: Hashes) -> Hashes:
    """The bands of a text's shingles; none of a text without shingles."""
    if not len(hashes):
        return hashes
    return np.concatenate((_bands(hashes, _BODY_SEEDS), _bands(hashes[:_HEAD_SHINGLES], _HEAD_SEEDS)))


def _bands(hashes: Hashes, seeds: Hashes) -> Hashes:
    """MinHash by multiplying with odd numbers, three minima to a band; the seeds keep the bands apart.

    The minima have 32 bits: multiplying is twice as fast than with 64, and three of them make a key.
    """
    narrow, odd = (hashes >> np.uint64(32)).astype(np.uint32), seeds.astype(np.uint32)
    lowest = np.min((narrow[None, :] ^ odd[:, None]) * odd[:, None], axis=1).astype(np.uint64)
    return mixed(np.sum((mixed(lowest) * seeds).reshape(-1, _ROWS), axis=1, dtype=np.uint64))


def _is_list(entries: Mask, lengths: Positions) -> bool:
    """Whether entries make up much of the text."""
    count = int(np.count_nonzero(entries & (lengths >= _LEAST_ENTRY_TOKENS)))
    if count < _LEAST_ENTRIES or 2 * count < len(lengths):
        return False
    return 100 * int(lengths[entries].sum()) >= _LEAST_LISTED_PERCENT * int(lengths.sum())
