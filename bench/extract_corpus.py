"""How well and how fast is extraction on a folder of gold pairs? `python bench/extract_corpus.py DIR`.

DIR holds pairs NAME.html.gz and NAME.json (id, url, charset, publisher, text, title, authors, published). Body: word
4-grams counted as multisets, precision and recall by page, F1 of their two means. Title: equal after white space.
Authors: F1 of the two sets, pages without gold left out. Published: equal to the minute in UTC, and to the day on the
gold's own clock; a gold without offset is read in the zone of its country. CPU: per page, as a multiple of one lxml
parse of the same bytes, back to back, the median over pages. Both sides of the body are cleaned by tasks.text first:
soft hyphens split words, and only one side has them.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from re import compile as pattern
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html

from tasks.extract import extract_html
from tasks.model import Article, Profile, Timestamp
from tasks.outcome import Failure
from tasks.text import clean_block, decode

NGRAM = 4
HIGH_F1 = 0.95
GERMAN = frozenset({"de", "at", "ch", "li"})
# Zone assumed for a page of this country (the id's first part) where it prints no offset.
ZONES = {
    "de": "Europe/Berlin", "at": "Europe/Vienna", "ch": "Europe/Zurich", "uk": "Europe/London", "fr": "Europe/Paris",
    "us": "America/New_York", "es": "Europe/Madrid", "it": "Europe/Rome", "tr": "Europe/Istanbul", "no": "Europe/Oslo",
    "jp": "Asia/Tokyo", "kr": "Asia/Seoul", "za": "Africa/Johannesburg", "isl": "Atlantic/Reykjavik",
}  # fmt: skip
_WORD = pattern(r"\w+")
_CJK = pattern(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CJK_SHARE = 0.2
_COLUMNS = ("F1", "P", "R", ">=.95", "title", "authors", "minute", "day", "x lxml", "ms")


@dataclass(frozen=True, slots=True)
class Score:
    """What one page came to; None where the gold has nothing to compare with."""

    page: str
    publisher: str
    is_cjk: bool
    precision: float
    recall: float
    title: bool
    authors: float | None
    minute: bool | None
    day: bool | None
    cpu_ratio: float
    cpu_ms: float

    @property
    def f1(self) -> float:
        """F1 of this page's body."""
        return f1(self.precision, self.recall)


def main() -> int:
    """Print one line per group of pages; exit code 2 where DIR holds no pairs."""
    parser = argparse.ArgumentParser(description="Score extraction on a folder of gold pairs.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with NAME.html.gz and NAME.json")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="also list the N worst bodies")
    options = parser.parse_args()
    pairs = list(gold_pairs(options.folder))
    if not pairs:
        print(f"{options.folder}: no pairs of NAME.html.gz and NAME.json", file=sys.stderr)
        return 2
    measure(pairs[0])
    scores = [measure(pair) for pair in pairs]
    print_table(scores)
    for score in sorted(scores, key=lambda score: score.f1)[: options.worst]:
        print(f"{score.f1:.3f}  P {score.precision:.3f}  R {score.recall:.3f}  {score.page}")
    return 0


def gold_pairs(folder: Path) -> Iterator[dict[str, Any]]:
    """The gold of each pair, with the page's bytes under "html"."""
    for path in sorted(folder.glob("*.json")):
        page = path.with_suffix(".html.gz")
        if page.exists():
            yield json.loads(path.read_text(encoding="utf-8")) | {"html": gzip.decompress(page.read_bytes())}


def measure(gold: dict[str, Any]) -> Score:
    """The scores of one page."""
    country = gold["id"].split("-")[0]
    zone = ZONES.get(country, "UTC")
    profile = Profile(country, gold["publisher"], "de" if country in GERMAN else "en", zone)
    parse_ms = cpu_ms(lambda: lxml.html.document_fromstring(gold["html"]))
    outcome: list[Article | Failure] = []
    ms = cpu_ms(lambda: outcome.append(extract_html(decode(gold["html"], gold.get("charset")), gold["url"], profile)))
    article = outcome[0] if isinstance(outcome[0], Article) else Article(title="", text="", language="")
    precision, recall = body_match(clean_block(gold["text"]), clean_block(article.text))
    minute, day = time_match(gold.get("published"), article.published, zone)
    return Score(
        page=gold["id"],
        publisher=gold["publisher"],
        is_cjk=is_cjk(gold["text"]),
        precision=precision,
        recall=recall,
        title=clean_block(gold["title"]) == article.title,
        authors=set_f1(gold.get("authors") or (), article.authors),
        minute=minute,
        day=day,
        cpu_ratio=ms / parse_ms,
        cpu_ms=ms,
    )


def cpu_ms(work: Any) -> float:
    """CPU milliseconds of one call."""
    start = time.process_time_ns()
    work()
    return max(time.process_time_ns() - start, 1) / 1e6


def is_cjk(text: str) -> bool:
    """Whether the text is Chinese, Japanese or Korean: it has no blanks between words, so 4-grams say little."""
    return len(_CJK.findall(text)) > _CJK_SHARE * len(text)


def body_match(gold: str, found: str) -> tuple[float, float]:
    """Precision and recall of word 4-grams, counted as often as they occur."""
    want, have = ngrams(gold), ngrams(found)
    if not want or not have:
        return (float(not have and not want),) * 2
    common = sum((want & have).values())
    return common / sum(have.values()), common / sum(want.values())


def ngrams(text: str) -> Counter[tuple[str, ...]]:
    """Word 4-grams of the text; a shorter text is one gram."""
    words = _WORD.findall(text)
    return (
        Counter(tuple(words[at : at + NGRAM]) for at in range(max(1, len(words) - NGRAM + 1))) if words else Counter()
    )


def set_f1(gold: Iterable[str], found: Iterable[str]) -> float | None:
    """F1 of two sets of names; None without gold."""
    want, have = set(gold), set(found)
    return 2 * len(want & have) / (len(want) + len(have)) if want else None


def time_match(gold: str | None, found: Timestamp | None, zone: str) -> tuple[bool | None, bool | None]:
    """Whether the minute and the day are the gold's."""
    if not gold:
        return None, None
    want = datetime.fromisoformat(gold)
    want = want if want.tzinfo else want.replace(tzinfo=ZoneInfo(zone))
    if found is None:
        return False, False
    minute = want.astimezone(UTC).replace(second=0, microsecond=0) == found.at.replace(second=0, microsecond=0)
    return minute, found.at.astimezone(want.tzinfo).date() == want.date()


def f1(precision: float, recall: float) -> float:
    """Harmonic mean, 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def print_table(scores: list[Score]) -> None:
    """One line per group: all pages, those with words between blanks, the German ones, two halves of the publishers."""
    halves = {name: number % 2 for number, name in enumerate(sorted({score.publisher for score in scores}))}
    spaced = [score for score in scores if not score.is_cjk]
    groups = {
        "all": scores,
        "without CJK": spaced,
        "German": [score for score in scores if score.page.split("-")[0] in GERMAN],
        "publishers, even": [score for score in spaced if not halves[score.publisher]],
        "publishers, odd": [score for score in spaced if halves[score.publisher]],
    }
    print(f"{'':18}{'n':>4}" + "".join(f"{name:>9}" for name in _COLUMNS))
    for name, group in groups.items():
        if group:
            print(f"{name:18}{len(group):4}{_columns(group)}")


def _columns(group: list[Score]) -> str:
    """The figures of one group in the order of _COLUMNS."""
    precision, recall, title, authors, minute, day = (
        mean(getattr(score, name) for score in group)
        for name in ("precision", "recall", "title", "authors", "minute", "day")
    )
    high = mean(score.f1 >= HIGH_F1 for score in group)
    shares = (f1(precision, recall), precision, recall, high, title, authors, minute, day)
    ratio = statistics.median(score.cpu_ratio for score in group)
    ms = statistics.median(score.cpu_ms for score in group)
    return "".join(f"{share:9.4f}" for share in shares) + f"{ratio:9.1f}{ms:9.1f}"


def mean(values: Iterable[float | None]) -> float:
    """Mean of the values that are there; NaN where none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")


if __name__ == "__main__":
    sys.exit(main())
