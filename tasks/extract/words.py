"""Words of class names: how pages name their parts, and how our lists of such names are written."""

import re
from itertools import pairwise

_CLASS_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
# Names are asked for on every page; a dictionary costs half of what functools.lru_cache does.
_known: dict[str, frozenset[str]] = {}
_MOST_KNOWN = 65536
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
    _known.clear()
    return words


def words_of(names: str) -> frozenset[str]:
    """Lower-case words of class names that some list asks for; neighbours count joined, too.

    `pageHead__topLine big` has page, head, top, line, pagehead, headtop, topline and big.
    """
    found = _NOTHING
    for name in names.split():
        words = _known.get(name)
        if words is None:
            words = _learn(name)
        if words:
            found = found | words
    return found


def _learn(name: str) -> frozenset[str]:
    """The words of one name, which are kept."""
    if name.isalpha() and name.islower():
        words = [name]
    else:
        words = _CLASS_WORD.findall(name)
        if not name.islower():
            words = [word.lower() for word in words]
        words += [one + next_ for one, next_ in pairwise(words)]
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    known = _known[name] = frozenset(word for word in words if word in _asked) or _NOTHING
    return known
