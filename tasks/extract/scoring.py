"""How well pages were read: articles against gold pairs.

A pair is NAME.html.gz, a page, and NAME.json, what an ideal reader takes from it: id (beginning with the country), url,
charset, publisher, text, title, authors, published. Measures, as annotated corpora of news use them:

- body: word 4-grams counted as multisets, precision and recall by page, F1 of their two means (the measure of the
  article-extraction-benchmark, github.com/scrapinghub/article-extraction-benchmark)
- title: equal after white space
- authors: F1 of the two sets; pages without gold are left out
- published: equal to the minute in UTC, and to the day on the gold's own clock; a gold without offset is read in the
  zone of its country

Both sides are cleaned by tasks.text first: soft hyphens split words, and only one side has them.
"""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.errors import Misconfigured
from tasks.model import Article, Page, Profile, Timestamp
from tasks.outcome import Failure
from tasks.text import clean_block

NGRAM = 4
HIGH_F1 = 0.95
GERMAN = frozenset({"de", "at", "ch", "li"})
# Zone assumed for a page of this country where it prints no offset.
ZONES = {
    "de": "Europe/Berlin", "at": "Europe/Vienna", "ch": "Europe/Zurich", "uk": "Europe/London", "fr": "Europe/Paris",
    "us": "America/New_York", "es": "Europe/Madrid", "it": "Europe/Rome", "tr": "Europe/Istanbul", "no": "Europe/Oslo",
    "jp": "Asia/Tokyo", "kr": "Asia/Seoul", "za": "Africa/Johannesburg", "isl": "Atlantic/Reykjavik",
}  # fmt: skip
_NEEDED = ("id", "url", "publisher", "text", "title")
_NO_PAIR = "wanted are pairs of NAME.html.gz and NAME.json"
_WORD = re.compile(r"\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CJK_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Gold:
    """A page and what an ideal reader takes from it; `published` is ISO 8601, a bare day or without offset at times."""

    id: str
    url: str
    publisher: str
    text: str
    title: str
    html: bytes
    charset: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None

    @property
    def country(self) -> str:
        """The first part of the id."""
        return self.id.split("-")[0]

    @property
    def zone(self) -> str:
        """IANA zone of the country; UTC where it is not known."""
        return ZONES.get(self.country, "UTC")

    @property
    def profile(self) -> Profile:
        """What an operator would say of the source."""
        return Profile(self.country, self.publisher, "de" if self.country in GERMAN else "en", self.zone)

    @property
    def page(self) -> Page:
        """The page as if it had just been fetched."""
        return Page(
            self.url, self.url, 200, {}, None, self.charset, self.html, b"", datetime.now(UTC), duration_ms=0
        )  # fmt: skip


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
    error: str | None = None

    @property
    def f1(self) -> float:
        """F1 of this page's body."""
        return f1(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of several pages; NaN where no gold has the value."""

    pages: int
    f1: float
    precision: float
    recall: float
    high: float
    title: float
    authors: float
    minute: float
    day: float


def read_gold(folder: Path) -> Iterator[Gold]:
    """The pairs of a folder by name; Misconfigured names what is missing or broken."""
    if not folder.is_dir():
        raise Misconfigured(f"{folder} is no folder; {_NO_PAIR}")
    files = sorted(folder.glob("*.json"))
    if not files:
        raise Misconfigured(f"{folder} holds no gold; {_NO_PAIR}")
    known = {file.with_suffix(".html.gz") for file in files}
    if alone := sorted(page.name for page in folder.glob("*.html.gz") if page not in known):
        raise Misconfigured(f"{folder} has {len(alone)} pages without gold, {alone[0]} the first; {_NO_PAIR}")
    for file in files:
        yield _pair(file)


def score(gold: Gold, outcome: Article | Failure) -> Score:
    """The scores of one page; a failure scores like an article without any value."""
    article = outcome if isinstance(outcome, Article) else Article(title="", text="", language="")
    precision, recall = body_match(clean_block(gold.text), clean_block(article.text))
    minute, day = time_match(gold.published, article.published, gold.zone)
    return Score(
        page=gold.id,
        publisher=gold.publisher,
        is_cjk=is_cjk(gold.text),
        precision=precision,
        recall=recall,
        title=clean_block(gold.title) == article.title,
        authors=set_f1(gold.authors, article.authors),
        minute=minute,
        day=day,
        error=outcome.reason.value if isinstance(outcome, Failure) else None,
    )


def summarise(scores: Sequence[Score]) -> Summary:
    """The figures of a group of pages."""
    precision, recall = (mean(getattr(one, name) for one in scores) for name in ("precision", "recall"))
    title, authors, minute, day = (
        mean(getattr(one, name) for one in scores) for name in ("title", "authors", "minute", "day")
    )
    high = mean(one.f1 >= HIGH_F1 for one in scores)
    return Summary(len(scores), f1(precision, recall), precision, recall, high, title, authors, minute, day)


def grouped(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """The groups that are looked at, without empty ones: all, those with words between blanks, German, two halves.

    The halves are of the publishers: a rule that was made for one half shows on the other what it is worth.
    """
    halves = {name: number % 2 for number, name in enumerate(sorted({one.publisher for one in scores}))}
    spaced = [one for one in scores if not one.is_cjk]
    groups = {
        "all": list(scores),
        "without CJK": spaced,
        "German": [one for one in scores if one.page.split("-")[0] in GERMAN],
        "publishers, even": [one for one in spaced if not halves[one.publisher]],
        "publishers, odd": [one for one in spaced if halves[one.publisher]],
    }
    return {name: group for name, group in groups.items() if group}


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
    if not words:
        return Counter()
    return Counter(tuple(words[at : at + NGRAM]) for at in range(max(1, len(words) - NGRAM + 1)))


def set_f1(gold: Iterable[str], found: Iterable[str]) -> float | None:
    """F1 of two sets of names; None without gold."""
    want, have = set(gold), set(found)
    return 2 * len(want & have) / (len(want) + len(have)) if want else None


def time_match(gold: str | None, found: Timestamp | None, zone: str) -> tuple[bool | None, bool | None]:
    """Whether the minute and the day are the gold's; of a bare day only the day is compared."""
    if not gold:
        return None, None
    want = datetime.fromisoformat(gold)
    want = want if want.tzinfo else want.replace(tzinfo=ZoneInfo(zone))
    minute = None if len(gold) == len("2025-09-24") else False
    if found is None:
        return minute, False
    is_day = found.at.astimezone(want.tzinfo).date() == want.date()
    if minute is None:
        return None, is_day
    return want.astimezone(UTC).replace(second=0, microsecond=0) == found.at.replace(second=0, microsecond=0), is_day


def f1(precision: float, recall: float) -> float:
    """Harmonic mean, 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def mean(values: Iterable[float | None]) -> float:
    """Mean of the values that are there; NaN where none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else float("nan")


def _pair(file: Path) -> Gold:
    """The pair that the JSON file belongs to."""
    page = file.with_suffix(".html.gz")
    if not page.is_file():
        raise Misconfigured(f"{file} has no page beside it, {page.name}; {_NO_PAIR}")
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        html = gzip.decompress(page.read_bytes())
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise Misconfigured(f"{file} and {page.name} can't be read: {type(error).__name__} {error}") from error
    if wrong := _fault(said):
        raise Misconfigured(f"{file} {wrong}; put it right, or take the pair away: no page of the folder is scored")
    needed = {name: said[name] for name in _NEEDED}
    authors = tuple(said.get("authors") or ())
    return Gold(**needed, html=html, charset=said.get("charset"), authors=authors, published=said.get("published"))


def _fault(said: Any) -> str | None:
    """What is wrong with the gold of a page; a value of another type would score as a wrong answer, unnoticed."""
    if not isinstance(said, dict):
        return "is no JSON object"
    if missing := [name for name in _NEEDED if not isinstance(said.get(name), str)]:
        return f"lacks {', '.join(missing)}; wanted are strings under {', '.join(_NEEDED)}"
    if wrong := [name for name in ("charset", "published") if not isinstance(said.get(name) or "", str)]:
        return f"has no string under {', '.join(wrong)}"
    authors = said.get("authors") or []
    if not isinstance(authors, list) or not all(isinstance(name, str) for name in authors):
        return "has no list of names under authors"
    return None if _is_time(said.get("published")) else f"has no ISO 8601 time under published: {said['published']}"


def _is_time(published: str | None) -> bool:
    """Whether it can be compared; no time at all can."""
    try:
        return not published or bool(datetime.fromisoformat(published))
    except ValueError:
        return False
