"""What an article lost as boilerplate of its source, kept beside it: nothing is forgotten by being dropped."""

from typing import NamedTuple


class Dropped(NamedTuple):
    """A paragraph that is known as boilerplate, or a heading above it; `number` from 1 in the text with all of them."""

    number: int
    text: str
    is_heading: bool = False
