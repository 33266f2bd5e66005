"""Words of class names: how pages name their parts, and how our lists of such names are written."""

import re
from functools import lru_cache
from itertools import pairwise

_CLASS_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as running text, which is how lists of names are read and changed."""
    return frozenset(text.split())


@lru_cache(maxsize=8192)
def words_of(names: str) -> frozenset[str]:
    """Lower-case words of class names, and neighbours joined: `pageHead__topLine` gives top, line, topline, ..."""
    words = [word.lower() for word in _CLASS_WORD.findall(names)]
    return frozenset(words + [one + next_ for one, next_ in pairwise(words)])
