"""Cost of the finance fields against tokenising the same texts, with many names, and on a text of a megabyte.

    python bench/fields.py

The texts are those of tests/data/fields, joined by language to articles of 400 words. Everything runs in one process, in
turns; the figures are medians of CPU time, without imports and without building the gazetteer. Exit code 1: the fields
cost more than 10 times a tokeniser with offsets, 50,000 names cost more than 1.2 times as much as 2,000, or a text of a
megabyte more than 1.3 times as much as ten of 100 KB.
"""

import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tasks.fields.enrich import enrich
from tasks.fields.gazetteer import Gazetteer, Instrument
from tasks.fields.tokens import tokenize

ROUNDS = 9
MOST_TIMES_TOKENISING = 10.0
MOST_BY_NAMES = 1.2
MOST_BY_LENGTH = 1.3
FEW_NAMES, MANY_NAMES = 2_000, 50_000
WORDS = 400
PART, PARTS = 100_000, 10
TEXTS = Path(__file__).parent.parent / "tests" / "data" / "fields"
FILES = ("own.txt", "second.txt", "third.txt", "fourth.txt")
_FACTS = re.compile(r"[A-Z]: ")
_WORD = re.compile(r"\w+(?:[.,'’]\w+)*|[^\w\s]")
_SYLLABLES = ("ba", "ler", "mon", "tis", "kor", "vel", "dan", "rue", "sig", "pol", "hart", "nex", "ost", "lin", "quo", "zem")
Article = tuple[str, str]


def main() -> int:
    """Print the figures; returns the exit code."""
    known = articles()
    words = statistics.mean(len(text.split()) for _, text in known)
    print(f"{len(known)} articles of {words:.0f} words on average, {ROUNDS} rounds")
    ratio = _cost(known)
    by_names = _by_names(known)
    by_length = _by_length(known)
    return int(ratio > MOST_TIMES_TOKENISING or by_names > MOST_BY_NAMES or by_length > MOST_BY_LENGTH)


def articles() -> list[Article]:
    """Pairs of language and text; the texts of one language, joined until each has 400 words."""
    joined: dict[str, list[str]] = {}
    for file in FILES:
        for part in (TEXTS / file).read_text(encoding="utf-8").split("\n= "):
            header, *lines = part.removeprefix("= ").splitlines()
            body = "\n".join(line for line in lines if not _FACTS.match(line))
            texts = joined.setdefault(header.split()[1], [""])
            if len(texts[-1].split()) >= WORDS:
                texts.append("")
            texts[-1] += f"{body}\n"
    return [(language, text) for language, texts in joined.items() for text in texts if len(text.split()) >= WORDS]


def tokens_with_offsets(text: str) -> list[tuple[str, int, int]]:
    """The yardstick: words, numbers and signs, casefolded, with their offsets."""
    return [(match.group().casefold(), *match.span()) for match in _WORD.finditer(text)]


def _cost(known: list[Article]) -> float:
    works: dict[str, Callable[[], object]] = {
        "words alone": lambda: [[word.casefold() for word in _WORD.findall(text)] for _, text in known],
        "words with offsets": lambda: [tokens_with_offsets(text) for _, text in known],
        "tokens of the fields": lambda: [tokenize(text) for _, text in known],
        "enrich": lambda: [enrich("", text, language) for language, text in known],
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(ROUNDS):
        for name, work in works.items():
            times[name].append(_seconds(work))
    for name, seconds in times.items():
        ratios = [all_ / one for all_, one in zip(times["enrich"], seconds, strict=True)]
        print(
            f"{name:22}{statistics.median(seconds) / len(known) * 1000:.3f} ms an article;"
            f" enrich costs {statistics.median(ratios):.1f} times as much ({min(ratios):.1f} to {max(ratios):.1f})"
        )
    pairs = zip(times["enrich"], times["words with offsets"], strict=True)
    return statistics.median(all_ / one for all_, one in pairs)


def _by_names(known: list[Article]) -> float:
    """How much dearer it is to look for 50,000 names than for 2,000; nothing else depends on their number."""
    few, many = (Gazetteer(_names(count)) for count in (FEW_NAMES, MANY_NAMES))
    ratios = []
    for _ in range(ROUNDS):
        small, large = (_seconds(lambda g=g: [g.hits(text) for _, text in known * 10]) for g in (few, many))  # type: ignore[misc]
        ratios.append(large / small)
    ratio = statistics.median(ratios)
    print(f"{MANY_NAMES} names against {FEW_NAMES}: {ratio:.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")
    return ratio


def _names(count: int) -> list[tuple[str, Instrument]]:
    """`count` made-up names of three to five syllables, each another."""
    size = len(_SYLLABLES)
    made = []
    for number in range(count):
        parts = [_SYLLABLES[(number * 7 + number // size**place) % size] for place in range(4)]
        name = "".join(parts).capitalize() + f" {_SYLLABLES[number // size**4 % size].capitalize()}"
        made.append((f"{name}{number // size**3 or ''}", Instrument(name, "company")))
    return made


def _by_length(known: list[Article]) -> float:
    """How much dearer a megabyte in one text is than in ten."""
    text = "\n".join(text for language, text in known if language == "de-DE")
    part = (text * (PART // len(text) + 1))[:PART]
    ratios = []
    for _ in range(3):
        parts = _seconds(lambda: [enrich("", part, "de") for _ in range(PARTS)])
        ratios.append(_seconds(lambda: enrich("", part * PARTS, "de")) / parts)
    ratio = statistics.median(ratios)
    print(f"a megabyte in one text against ten: {ratio:.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")
    return ratio


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    sys.exit(main())
