"""A portal's own lines told from the article, for comparing alone. Pure; words: config/lexicons/<lang>/portal.txt."""

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np

from config.errors import Misconfigured
from tasks.dedupe.folding import Folded, Mask, Tokens, fold

LANGUAGES = ("de", "en", "fr")
_MOST_OPENING_TOKENS = 40
_LEAST_WORDS = 2
_TOKENS_PER_WORD = 12


class Wording(NamedTuple):
    """The lexicons of all languages, folded: openings by their first token, and words in ascending order."""

    openings: dict[int, tuple[tuple[int, ...], ...]]
    words: Tokens


def notice_lines(folded: Folded) -> Mask:
    """Which lines are the portal's own. All languages count: portals print foreign notices, and texts bear no label."""
    wording, tokens, begins = _wording(), folded.tokens, folded.lines
    if not len(tokens):
        return np.zeros(0, dtype=bool)
    lengths = np.diff(np.append(begins, len(tokens)))
    at = np.minimum(np.searchsorted(wording.words, tokens), len(wording.words) - 1)
    said = np.add.reduceat((wording.words[at] == tokens).astype(np.int64), begins)
    found: Mask = (said >= _LEAST_WORDS) & (said * _TOKENS_PER_WORD >= lengths)
    for line in np.flatnonzero(lengths <= _MOST_OPENING_TOKENS).tolist():
        if int(tokens[begins[line]]) in wording.openings and _opens(tokens, int(begins[line]), wording):
            found[line] = True
    return found


def _opens(tokens: Tokens, at: int, wording: Wording) -> bool:
    openings = wording.openings[int(tokens[at])]
    return any(tuple(tokens[at : at + len(one)].tolist()) == one for one in openings)


@lru_cache(maxsize=1)
def _wording() -> Wording:
    openings: dict[int, tuple[tuple[int, ...], ...]] = {}
    words: set[int] = set()
    for language in LANGUAGES:
        name = f"lexicons/{language}/portal.txt"
        text = (resources.files("config") / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            _read(line, f"config/{name}:{number}", openings, words)
    return Wording(openings, np.array(sorted(words), dtype=np.uint32))


def _read(line: str, where: str, openings: dict[int, tuple[tuple[int, ...], ...]], words: set[int]) -> None:
    """Note what one line of a lexicon says."""
    what, _, rest = line.partition(" ")
    tokens = tuple(fold(rest).tokens.tolist())
    if what in ("", "#") or line.startswith("#"):
        return
    if what not in ("begins", "word") or not tokens:
        raise Misconfigured(f'{where} is no entry: {line!r}. A line begins with "begins" or "word", and words follow.')
    if what == "word":
        words.update(tokens)
    else:
        openings[tokens[0]] = (*openings.get(tokens[0], ()), tokens)
