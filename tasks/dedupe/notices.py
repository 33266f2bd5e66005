"""A portal's own lines told from the article, for comparing alone; the words: config/lexicons/<lang>/portal.txt. Pure."""

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np

from tasks.dedupe.folding import Folded, Mask, fold

LANGUAGES = ("de", "en", "fr")
_MOST_OPENING_TOKENS = 40
_LEAST_WORDS = 2
_TOKENS_PER_WORD = 12


class Wording(NamedTuple):
    """The lexicons of all languages, folded: openings by their first token, and words."""

    openings: dict[int, tuple[tuple[int, ...], ...]]
    words: np.ndarray[tuple[int], np.dtype[np.uint32]]


def notice_lines(folded: Folded) -> Mask:
    """Which lines are the portal's own. All languages count: portals print foreign notices, and texts have no label."""
    wording = _wording()
    tokens, begins = folded.tokens, folded.lines
    lengths = np.diff(np.append(begins, len(tokens)))
    known = np.isin(tokens, wording.words)
    said = np.add.reduceat(known.astype(np.int64), begins) if len(tokens) else np.zeros(0, dtype=np.int64)
    many = (said >= _LEAST_WORDS) & (said * _TOKENS_PER_WORD >= lengths)
    opens = np.array([_opens(folded, int(at), int(size), wording) for at, size in zip(begins, lengths, strict=True)], dtype=bool)
    return many | opens


def _opens(folded: Folded, at: int, size: int, wording: Wording) -> bool:
    if size > _MOST_OPENING_TOKENS:
        return False
    found = wording.openings.get(int(folded.tokens[at]))
    return found is not None and any(tuple(folded.tokens[at : at + len(one)].tolist()) == one for one in found)


@lru_cache(maxsize=1)
def _wording() -> Wording:
    openings: dict[int, tuple[tuple[int, ...], ...]] = {}
    words: set[int] = set()
    for language in LANGUAGES:
        text = (resources.files("config") / f"lexicons/{language}/portal.txt").read_text(encoding="utf-8")
        for line in text.splitlines():
            what, _, rest = line.partition(" ")
            if what == "begins":
                tokens = tuple(fold(rest).tokens.tolist())
                openings[tokens[0]] = (*openings.get(tokens[0], ()), tokens)
            elif what == "word":
                words.update(fold(rest).tokens.tolist())
    return Wording(openings, np.array(sorted(words), dtype=np.uint32))
