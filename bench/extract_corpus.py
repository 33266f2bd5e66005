"""How well and how fast is extraction on a folder of gold pairs? `python bench/extract_corpus.py DIR`.

The pairs and the measures of quality are those of tasks.extract.scoring, as in `newstape extract --gold DIR`. CPU: per
page, from its bytes to the article with all metadata, as a multiple of one lxml parse of the same bytes, back to back,
the median over pages.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import lxml.html

from config.errors import Misconfigured
from tasks.extract import extract_article
from tasks.extract.scoring import Gold, Score, grouped, read_gold, score, summarise
from tasks.model import Article
from tasks.outcome import Failure

_COLUMNS = ("F1", "P", "R", ">=.95", "title", "authors", "minute", "day", "x lxml", "ms")


@dataclass(frozen=True, slots=True)
class Measured:
    """A page's scores and what it cost: a multiple of an lxml parse, and milliseconds of CPU."""

    score: Score
    cpu_ratio: float
    cpu_ms: float


def main() -> int:
    """Print one line per group of pages; exit code 2 where DIR holds no pairs."""
    parser = argparse.ArgumentParser(description="Score extraction on a folder of gold pairs.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with NAME.html.gz and NAME.json")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="also list the N worst bodies")
    options = parser.parse_args()
    try:
        pairs = list(read_gold(options.folder))
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 2
    measure(pairs[0])
    measured = [measure(pair) for pair in pairs]
    print_table(measured)
    worst = sorted((one.score for one in measured), key=lambda score: score.f1)[: options.worst]
    for one in worst:
        print(f"{one.f1:.3f}  P {one.precision:.3f}  R {one.recall:.3f}  {one.page}")
    return 0


def measure(gold: Gold) -> Measured:
    """The scores and the cost of one page."""
    page, profile = gold.page, gold.profile
    parse_ms = cpu_ms(lambda: lxml.html.document_fromstring(gold.html))
    outcome: list[Article | Failure] = []
    ms = cpu_ms(lambda: outcome.append(extract_article(page, profile, limit=len(gold.html))))
    return Measured(score(gold, outcome[0]), ms / parse_ms, ms)


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU milliseconds of one call."""
    start = time.process_time_ns()
    work()
    return max(time.process_time_ns() - start, 1) / 1e6


def print_table(measured: Sequence[Measured]) -> None:
    """One line per group of pages."""
    costs = {one.score.page: one for one in measured}
    print(f"{'':18}{'n':>4}" + "".join(f"{name:>9}" for name in _COLUMNS))
    for name, group in grouped([one.score for one in measured]).items():
        of = summarise(group)
        shares = (of.f1, of.precision, of.recall, of.high, of.title, of.authors, of.minute, of.day)
        ratio = statistics.median(costs[one.page].cpu_ratio for one in group)
        ms = statistics.median(costs[one.page].cpu_ms for one in group)
        print(f"{name:18}{of.pages:4}" + "".join(f"{share:9.4f}" for share in shares) + f"{ratio:9.1f}{ms:9.1f}")


if __name__ == "__main__":
    sys.exit(main())
