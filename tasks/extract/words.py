"""Words of class names: how pages name their parts, and how our lists of such names are written."""

import re
from functools import lru_cache
from itertools import pairwise

_CLASS_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
# All words that a list of `name_words` asks for: pages use thousands of names, and few of them tell us something.
_asked: set[str] = set()
_NOTHING: frozenset[str] = frozenset()


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as running text, which is how lists of names are read and changed."""
    return frozenset(text.split())


def name_words(text: str) -> frozenset[str]:
    """A list of words that are looked for in the names of elements; only such words are found there."""
    words = word_set(text)
    _asked.update(words)
    words_of.cache_clear()
    _words_of_one.cache_clear()
    return words


@lru_cache(maxsize=8192)
def words_of(names: str) -> frozenset[str]:
    """Lower-case words of class names that some list asks for; neighbours count joined, too.

    `pageHead__topLine big` has page, head, top, line, pagehead, headtop, topline and big.
    """
    found = [words for name in names.split() if (words := _words_of_one(name))]
    return frozenset().union(*found) if found else _NOTHING


@lru_cache(maxsize=65536)
def _words_of_one(name: str) -> tuple[str, ...]:
    if name.isalpha() and name.islower():
        return (name,) if name in _asked else ()
    words: list[str] = _CLASS_WORD.findall(name)
    if not name.islower():
        words = [word.lower() for word in words]
    if len(words) > 1:
        words += [one + next_ for one, next_ in pairwise(words)]
    return tuple([word for word in words if word in _asked])
