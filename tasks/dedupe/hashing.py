"""Hashes over runs of tokens: shingles, sentences, masked contexts. Pure, vectorised, equal on every machine."""

import numpy as np
import numpy.typing as npt

from tasks.dedupe.folding import Positions, Tokens

Hashes = npt.NDArray[np.uint64]

# Words in a shingle: five in a row are hardly ever the same by chance (measured against three: docs/dedup.md).
SHINGLE = 5
_ODD = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F],
    dtype=np.uint64,
)
_EMPTY: Hashes = np.zeros(0, dtype=np.uint64)
_NUMBER = np.uint32(1)


def mixed(hashes: Hashes) -> Hashes:
    """The hashes with every bit depending on every bit: multiplying alone leaves the low bits weak."""
    hashes = (hashes ^ (hashes >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    hashes = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0x9FB21C651E98DF25)
    return hashes ^ (hashes >> np.uint64(32))


def shingles(tokens: Tokens) -> Hashes:
    """One hash for each five tokens in a row, by the position of the first; none of a text with fewer."""
    count = len(tokens) - SHINGLE + 1
    if count <= 0:
        return _EMPTY
    wide = tokens.astype(np.uint64)
    total = wide[:count] * _ODD[0]
    for place in range(1, SHINGLE):
        total = total + wide[place : place + count] * _ODD[place]
    return mixed(total)


def sentences(tokens: Tokens, starts: Positions) -> Hashes:
    """One hash for each sentence; `starts` as `fold` gives them."""
    if not len(tokens):
        return _EMPTY
    lengths = np.diff(np.append(starts, len(tokens)))
    places = np.arange(len(tokens)) - np.repeat(starts, lengths) + 1
    return np.add.reduceat(mixed(tokens.astype(np.uint64) + places.astype(np.uint64) * _ODD[0]), starts)


def contexts(tokens: Tokens) -> tuple[Hashes, Tokens]:
    """The surroundings that occur once (two tokens on each side, numbers as one), ascending, and what stands there."""
    if len(tokens) < SHINGLE:
        return _EMPTY, tokens[:0]
    wide = np.where(tokens & _NUMBER, _NUMBER, tokens).astype(np.uint64)
    around = wide[:-4] * _ODD[0] + wide[1:-3] * _ODD[1] + wide[3:-1] * _ODD[2] + wide[4:] * _ODD[3]
    hashes, first, counts = np.unique(around, return_index=True, return_counts=True)
    once = counts == 1
    return hashes[once], tokens[2:-2][first[once]]
