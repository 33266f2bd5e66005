"""The telling names of a page's parts, read in one walk: who looks for a caption, a credit or a box asks here.

A name is an element's class or id. Names that only scripts read (data-testid and the like) are rare on their own.
"""

from typing import NamedTuple

from lxml.etree import _Element as Element

from tasks.extract.words import words_of

_ATTRIBUTES = ("class", "id")


class Named(NamedTuple):
    """An element and those words of its class or id that our lists ask for (see `words_of`)."""

    element: Element
    words: frozenset[str]


def read_named(root: Element) -> tuple[Named, ...]:
    """Every element with a telling class in document order, then those with a telling id."""
    elements = list(root.iter())
    found: list[Named] = []
    for attribute in _ATTRIBUTES:
        names = [element.get(attribute) for element in elements]
        # Few names tell us something, and pages repeat theirs many times.
        telling = {name: words for name in set(names) if name and (words := words_of(name))}
        if telling:
            found += [
                Named(element, telling[name]) for element, name in zip(elements, names, strict=True) if name in telling
            ]
    return tuple(found)


def called(named: tuple[Named, ...], words: frozenset[str]) -> list[Element]:
    """The elements with one of the words in a name, each once."""
    return list(dict.fromkeys(one.element for one in named if not words.isdisjoint(one.words)))
