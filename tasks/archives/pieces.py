"""What an archive announces, cut into pieces that fit into memory and into one transaction. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tasks.past import Announced, Candidate

PIECE = 1_000
SHOWN = 3


def pieces(candidates: Sequence[Candidate], last: Announced) -> Iterator[Announced]:
    """The candidates in pieces of at most 1,000; what `last` says of days comes with the last piece."""
    for start in range(0, len(candidates) - PIECE, PIECE):
        yield Announced(candidates=tuple(candidates[start : start + PIECE]))
    start = max(0, (len(candidates) - 1) // PIECE * PIECE)
    yield replace(last, candidates=tuple(candidates[start:]))


def left_out_line(place: str, why: str, addresses: Sequence[str], count: int = 0) -> tuple[str, ...]:
    """One line for what is listed and not taken, with examples; none where there is nothing.

    `count` is how many there are where `addresses` are examples alone.
    """
    if not addresses:
        return ()
    count = max(count, len(addresses))
    shown = addresses[:SHOWN]
    return (f"{place}: {count} {why}: {', '.join(shown)}{', ...' if count > len(shown) else ''}",)


def rejected_line(place: str, rejected: Sequence[str]) -> tuple[str, ...]:
    """One line for the items of a document that name no article of the source."""
    if not rejected:
        return ()
    return (f"{place}: {len(rejected)} items name no article of the source; the first: {rejected[0]}",)
