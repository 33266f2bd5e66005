"""A text as it is compared: tokens, sentences, and the keys by which candidates are found. Pure; cost in bench/dedupe.py."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from tasks.dedupe.folding import Folded, Mask, Positions, Tokens, fold, words
from tasks.dedupe.hashing import Hashes, mixed, sentences, shingles
from tasks.dedupe.notices import notice_lines

Keys = npt.NDArray[np.int64]

# Changes with everything that changes tokens, hashes or keys: sketches of different versions can't be compared.
VERSION = 1
# MinHash of the whole text and of its head (a flash, a teaser); the head finds what is a small part of the other.
_BODY_BANDS = 21
_HEAD_BANDS = 10
_ROWS = 3
_HEAD_SHINGLES = 40
# Shorter sentences are labels and bits of numbered lists; they say nothing about where they come from.
LEAST_SENTENCE_TOKENS = 4
# A text with fewer tokens says too little without its title.
LEAST_TOKENS = 40
_LEAST_LINES = 5


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text for comparing.

    `starts` are the positions in `tokens` where a sentence or line begins, `sentences` its hash (0: too short to say
    anything). `keys` are the bands, int64. `digest` is 16 bytes, equal for the same words. `is_list` tells lines
    (a calendar, a ticker) from prose.
    """

    tokens: Tokens
    starts: Positions
    sentences: Hashes
    keys: Keys
    title: tuple[str, ...]
    heading: Tokens
    title_hash: int
    digest: bytes
    bare: Mask
    is_list: bool


def sketch(title: str, text: str) -> Sketch:
    """The sketch of an article."""
    folded = fold(text)
    heading = fold(title.replace("\n", " ")).tokens
    tokens, starts, bare = _without_notices(folded)
    lengths = np.diff(np.append(starts, len(tokens)))
    hashes = np.where(lengths >= LEAST_SENTENCE_TOKENS, sentences(tokens, starts), np.uint64(0))
    named = folded.tokens if len(folded.tokens) >= LEAST_TOKENS else np.concatenate((heading, np.zeros(1, np.uint32), folded.tokens))
    return Sketch(
        tokens=tokens,
        starts=starts,
        sentences=hashes,
        keys=_keys(shingles(tokens)),
        title=tuple(words(title)),
        heading=heading,
        title_hash=int(sentences(heading, np.zeros(1, np.int64))[0]) if len(heading) >= LEAST_SENTENCE_TOKENS else 0,
        digest=blake2b(named.tobytes(), digest_size=16).digest(),
        bare=bare,
        is_list=_is_list(bare, lengths),
    )


_LEAST_LEFT = 10
NOTICES = True


def _without_notices(folded: Folded) -> tuple[Tokens, Positions, Mask]:
    tokens, starts, lines, bare = folded
    if not len(tokens) or not NOTICES:
        return tokens, starts, bare
    notice = notice_lines(folded)
    if not notice.any():
        return tokens, starts, bare
    gone = np.repeat(notice, np.diff(np.append(lines, len(tokens))))
    kept = ~gone
    if int(kept.sum()) < _LEAST_LEFT:
        return tokens, starts, bare
    left = kept[starts]
    return tokens[kept], np.cumsum(kept)[starts[left]] - 1, bare[left]


def _seeds(count: int, salt: int) -> Hashes:
    return mixed(np.arange(1, count + 1, dtype=np.uint64) + np.uint64(salt << 32))


_BODY_SEEDS = _seeds(_BODY_BANDS * _ROWS, 1)
_HEAD_SEEDS = _seeds(_HEAD_BANDS * _ROWS, 2)


def _keys(hashes: Hashes) -> Keys:
    """The bands of a text's shingles; none of a text without shingles."""
    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate((_bands(hashes, _BODY_SEEDS), _bands(hashes[:_HEAD_SHINGLES], _HEAD_SEEDS))).view(np.int64)


def _bands(hashes: Hashes, seeds: Hashes) -> Hashes:
    """MinHash by multiplying with odd seeds, three minima to a band; the band's number is mixed in by the seeds."""
    odd = seeds | np.uint64(1)
    lowest = np.min((hashes[None, :] ^ seeds[:, None]) * odd[:, None], axis=1)
    return mixed(np.sum((mixed(lowest) * odd).reshape(-1, _ROWS), axis=1, dtype=np.uint64))


def _is_list(bare: Mask, lengths: Positions) -> bool:
    """Whether entries that are no sentences make up much of the text."""
    entries = int(np.count_nonzero(bare & (lengths >= 3)))
    return entries >= _LEAST_LINES and 2 * entries >= len(lengths) and 10 * int(lengths[bare].sum()) >= 3 * int(lengths.sum())
