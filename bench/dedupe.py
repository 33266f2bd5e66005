"""Cost of finding an article's story against folding its text alone, and whether it grows with what is known.

    python bench/dedupe.py FILE.jsonl [FILE.jsonl ...]

The files are JSON Lines as `newstape dedupe --jsonl` reads them. Everything runs in one process, in turns; the figures
are medians of CPU time, without imports and without SQL. Exit code 1: sketch and placing cost more than 3.5 times
folding, or placing costs more than 1.2 times as much when several times as many articles are known.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tasks.dedupe.folding import fold
from tasks.dedupe.past import Arrival, Past
from tasks.dedupe.placing import place
from tasks.dedupe.sketch import sketch

ROUNDS = 9
MOST_TIMES_FOLDING = 3.5
MOST_GROWTH = 1.2
COPIES = 10


def main(files: list[str]) -> int:
    """Print the figures; returns the exit code."""
    rows = [json.loads(line) for file in files for line in Path(file).read_text(encoding="utf-8").splitlines()]
    words = statistics.mean(len(row["text"].split()) for row in rows)
    print(f"{len(rows)} articles of {words:.0f} words on average, {ROUNDS} rounds")
    ratio = _cost(rows)
    growth = _growth(arrivals(rows))
    return int(ratio > MOST_TIMES_FOLDING or growth > MOST_GROWTH)


def _cost(rows: list[dict[str, Any]]) -> float:
    folding, sketching, placing = [], [], []
    for _ in range(ROUNDS):
        folding.append(_seconds(lambda: [fold(row["text"]) for row in rows]))
        sketching.append(_seconds(lambda: arrivals(rows)))
        known = arrivals(rows)
        placing.append(_seconds(lambda known=known: place(known, Past())))  # type: ignore[misc]
    ratios = [(made + put) / alone for alone, made, put in zip(folding, sketching, placing, strict=True)]
    for name, seconds in (("fold", folding), ("sketch", sketching), ("place", placing)):
        print(f"{name:8} {statistics.median(seconds) / len(rows) * 1000:.3f} ms an article")
    ratio = statistics.median(ratios)
    print(f"sketch and place: {ratio:.2f} times folding (median; {min(ratios):.2f} to {max(ratios):.2f})")
    return ratio


def _growth(known: list[Arrival]) -> float:
    """How much dearer placing is behind ten times as many articles, which lie before the window."""
    few, many = Past(), Past()
    for copy in range(COPIES):
        ago = timedelta(days=40 * (copy + 1))
        earlier = [replace(one, id=f"{copy}-{one.id}", url=f"{one.url}#{copy}", at=one.at - ago) for one in known]
        place(earlier, many)
        if copy == 0:
            place(earlier, few)
    times: list[tuple[float, float]] = []
    for number in range(ROUNDS):
        new = [replace(one, id=f"new-{number}-{one.id}", url=f"{one.url}?{number}") for one in known[:200]]
        small = _seconds(lambda new=new: place(new, few))  # type: ignore[misc]
        times.append((small, _seconds(lambda new=new: place(new, many))))  # type: ignore[misc]
    growth = statistics.median(large / small for small, large in times)
    print(f"placing with {len(many.documents)} articles known against {len(few.documents)}: {growth:.2f} times")
    return growth


def arrivals(rows: list[dict[str, Any]]) -> list[Arrival]:
    """The articles with their sketches."""
    return [
        Arrival(
            row["id"], row["source"], row["url"], datetime.fromisoformat(row["published_at"]),
            sketch(row["title"], row["text"]),
        )
        for row in rows
    ]  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
