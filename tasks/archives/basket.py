"""Pages that come along with an archive, gathered into pieces that fit into memory and into one transaction.

What is left out is counted by kind: of a file with 50,000 records nobody wants to read 49,000 lines.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tasks.past import Candidate

PAGES = 50
BYTES = 16 * 1024 * 1024
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Left:
    """One record or file that is not taken: `why` is the same words for all of its kind, `where` an example of it."""

    why: str
    where: str = ""


class Basket:
    """Candidates with their pages until there are enough for a piece, and what was left out."""

    def __init__(self) -> None:
        self._taken = 0
        self._candidates: list[Candidate] = []
        self._bytes = 0
        self._left: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def fill(self, found: Iterator[Candidate | Left]) -> bool:
        """Take from `found` until there are 50 pages or 16 MiB (True), or until nothing is left of it (False)."""
        for one in found:
            if isinstance(one, Left):
                self._count(one)
                continue
            self._candidates.append(one)
            self._bytes += len(one.page.body) if one.page else 0
            if len(self._candidates) >= PAGES or self._bytes >= BYTES:
                return True
        return False

    def emptied(self) -> tuple[Candidate, ...]:
        """The candidates so far; the next piece begins."""
        candidates = tuple(self._candidates)
        self._taken += len(candidates)
        self._candidates.clear()
        self._bytes = 0
        return candidates

    @property
    def gathered(self) -> int:
        """How many candidates there were so far."""
        return self._taken + len(self._candidates)

    def line(self, place: str, kinds: str) -> tuple[str, ...]:
        """One line about what was left out of a place, the most frequent first; none where all was taken."""
        if not self._left and not self.gathered:
            return (f"{place}: nothing is in it",)
        counted = [f"{count} {why}{_shown(self._examples[why], count)}" for why, count in self._left.most_common()]
        if not counted:
            return ()
        return (f"{place}: {self.gathered} {kinds} taken, left out: {'; '.join(counted)}",)

    def _count(self, left: Left) -> None:
        self._left[left.why] += 1
        examples = self._examples.setdefault(left.why, [])
        if left.where and len(examples) < SHOWN:
            examples.append(left.where)


def _shown(examples: Iterable[str], count: int) -> str:
    examples = list(examples)
    return f" ({', '.join(examples)}{', ...' if count > len(examples) else ''})" if examples else ""
