"""What became of each gold page on its way through the pipeline, and the report about all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.columns import published_of
from tasks.extract.scoring import GERMAN, ZONES, body_match, f1, is_cjk, mean, set_f1, time_match
from tasks.text import clean_block


@dataclass(frozen=True, slots=True)
class Outcome:
    """One page: what the frontier says of it, and how its article compares with the gold (none: all wrong)."""

    page: str
    state: str
    reason: str | None
    is_cjk: bool
    precision: float
    recall: float
    title: bool
    authors: float | None
    minute: bool | None
    day: bool | None

    @classmethod
    def of(cls, gold: Mapping[str, Any], row: Mapping[str, Any] | None) -> "Outcome":
        """The outcome of a page whose entry is `row` (None: it never became one)."""
        is_article = row is not None and row["title"] is not None
        found = (
            row if row is not None and is_article else {"title": "", "authors": [], "text": "", "published_at": None}
        )
        precision, recall = body_match(clean_block(gold["text"]), clean_block(found["text"]))
        zone = ZONES.get(gold["id"].split("-")[0], "UTC")
        minute, day = time_match(gold.get("published"), published_of(found), zone)
        return cls(
            page=gold["id"],
            state=row["state"] if row else "never listed",
            reason=row["reason"] if row else None,
            is_cjk=is_cjk(gold["text"]),
            precision=precision,
            recall=recall,
            title=clean_block(gold["title"]) == found["title"],
            authors=set_f1(gold.get("authors") or (), found["authors"]),
            minute=minute,
            day=day,
        )

    @property
    def is_article(self) -> bool:
        """Whether it stands on the tape."""
        return self.state == "loaded"

    @property
    def is_accounted(self) -> bool:
        """Whether it is an article, or the frontier names why it is none."""
        return self.is_article or self.state == "duplicate" or self.reason is not None


COLUMNS: dict[str, Callable[[Sequence[Outcome]], float]] = {
    "body F1": lambda group: f1(mean(one.precision for one in group), mean(one.recall for one in group)),
    "precision": lambda group: mean(one.precision for one in group),
    "recall": lambda group: mean(one.recall for one in group),
    "title": lambda group: mean(one.title for one in group),
    "authors": lambda group: mean(one.authors for one in group),
    "minute": lambda group: mean(one.minute for one in group),
    "day": lambda group: mean(one.day for one in group),
}


def report(setting: str, outcomes: Sequence[Outcome]) -> str:
    """The whole report as Markdown."""
    groups = {
        "all pages": outcomes,
        "without Chinese, Japanese, Korean": [one for one in outcomes if not one.is_cjk],
        "German": [one for one in outcomes if one.page.split("-")[0] in GERMAN],
    }
    lines = [
        "# Gold pages through the whole pipeline\n",
        f"{setting}\n",
        f"{len(outcomes)} pages, {sum(one.is_article for one in outcomes)} articles.\n",
        f"| | pages | articles | {' | '.join(COLUMNS)} |",
        f"|---|---:|---:|{'---:|' * len(COLUMNS)}",
        *(_line(name, group) for name, group in groups.items() if group),
        "\nA page that is no article counts as wrong in every column. The measures: tasks.extract.scoring.\n",
        "## Pages that are no article\n",
        *(_fate(one) for one in outcomes if not one.is_article),
    ]
    if all(one.is_article for one in outcomes):
        lines.append("None.")
    return "\n".join(lines) + "\n"


def _line(name: str, group: Sequence[Outcome]) -> str:
    figures = " | ".join(f"{column(group):.3f}" for column in COLUMNS.values())
    return f"| {name} | {len(group)} | {sum(one.is_article for one in group)} | {figures} |"


def _fate(outcome: Outcome) -> str:
    """The page with its state and reason; one without a reason is what the exit code is about."""
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"- {outcome.page}: {outcome.state}{reason}{'' if outcome.is_accounted else ' (NOT ACCOUNTED FOR)'}"
