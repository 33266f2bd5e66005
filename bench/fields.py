"""Cost of the finance fields against tokenising the same texts, with many names, and on a text of a megabyte.

    python bench/fields.py

Two kinds of texts, joined by language to 400 words: the articles of the sample portal, which are finance news, and
the annotated texts of tests/data/fields, which are nearly all numbers and names. Everything runs in one process, in
turns; the figures are the lowest CPU time of all rounds, as other work on the machine only adds to it, without imports
and without building the gazetteer. Exit code 1: finance news cost more than 10 times their own tokens, 50,000 names
cost more than 1.2 times as much as 2,000, or a text of a megabyte more than 1.3 times as much as ten of 100 KB. Bare
words with offsets, which one expression finds, are a harder yardstick; how far it is off is printed.
"""

import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from portal.catalogue import hand_made, load_portals
from tasks.fields.enrich import enrich
from tasks.fields.gazetteer import Gazetteer, Instrument
from tasks.fields.tokens import tokenize

ROUNDS = 15
# Measured 7.3 on 2026-11-23; a busy machine adds 1.6.
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
_SYLLABLES = [
    "ba", "ler", "mon", "tis", "kor", "vel", "dan", "rue", "sig", "pol", "hart", "nex", "ost", "lin", "quo", "zem",
]  # fmt: skip
Article = tuple[str, str]


def main() -> int:
    """Print the figures; returns the exit code."""
    news, reports = joined(portal_texts()), joined(annotated_texts())
    ratio = _cost("articles", news)
    _cost("dense reports", reports)
    by_names = _by_names(news + reports)
    by_length = _by_length(reports)
    return int(ratio > MOST_TIMES_TOKENISING or by_names > MOST_BY_NAMES or by_length > MOST_BY_LENGTH)


def portal_texts() -> list[Article]:
    """Pairs of language and text: the articles that the sample portal tells by hand."""
    portals = {portal.slug: portal for portal in load_portals()}
    told = hand_made(portals, datetime(2025, 6, 3, tzinfo=UTC), seed=1)
    return [
        (
            portals[article.portal].language,
            "\n".join([article.text.title, *(block.text for block in article.text.blocks)]),
        )
        for article in told
    ]


def annotated_texts() -> list[Article]:
    """Pairs of language and text: the annotated texts of the tests, without their facts."""
    found = []
    for file in FILES:
        for part in (TEXTS / file).read_text(encoding="utf-8").split("\n= "):
            header, *lines = part.removeprefix("= ").splitlines()
            found.append((header.split()[1], "\n".join(line for line in lines if not _FACTS.match(line))))
    return found


def joined(texts: Iterable[Article]) -> list[Article]:
    """Texts of one language joined until each has 400 words; the rest is left out."""
    open_: dict[str, str] = {}
    done = []
    for language, text in texts:
        open_[language] = f"{open_.get(language, '')}{text}\n"
        if len(open_[language].split()) >= WORDS:
            done.append((language, open_.pop(language)))
    return done


def tokens_with_offsets(text: str) -> list[tuple[str, int, int]]:
    """The yardstick: words, numbers and signs, casefolded, with their offsets."""
    return [(match.group().casefold(), *match.span()) for match in _WORD.finditer(text)]


def _cost(kind: str, known: list[Article]) -> float:
    words = statistics.mean(len(text.split()) for _, text in known)
    print(f"{len(known)} {kind} of {words:.0f} words on average, {ROUNDS} rounds")
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
        ratio = min(times["enrich"]) / min(seconds)
        print(f"{name:22}{min(seconds) / len(known) * 1000:.3f} ms an article; enrich costs {ratio:.1f} times as much")
    return min(times["enrich"]) / min(times["tokens of the fields"])


def _by_names(known: list[Article]) -> float:
    """How much dearer it is to look for 50,000 names than for 2,000; nothing else depends on their number."""
    few, many = (Gazetteer(_names(count)) for count in (FEW_NAMES, MANY_NAMES))
    small, large = [], []
    for _ in range(ROUNDS):
        small.append(_seconds(lambda: [few.hits(text) for _, text in known]))
        large.append(_seconds(lambda: [many.hits(text) for _, text in known]))
    ratio = min(large) / min(small)
    print(f"{MANY_NAMES} names against {FEW_NAMES}: {ratio:.2f} times")
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
    whole, parts = [], []
    for _ in range(3):
        parts.append(_seconds(lambda: [enrich("", part, "de") for _ in range(PARTS)]))
        whole.append(_seconds(lambda: enrich("", part * PARTS, "de")))
    ratio = min(whole) / min(parts)
    print(f"a megabyte in one text against ten: {ratio:.2f} times")
    return ratio


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    sys.exit(main())
