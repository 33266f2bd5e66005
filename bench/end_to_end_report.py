"""The report of end_to_end.py: one table, ratios first, and what became of every article."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean

from calibration import Heaviness
from gold import Agreement
from sampling import Cost, this_machine

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Setting:
    """When, on what machine and how large; loads are those of the last minute."""

    at: datetime
    machine: str
    articles: int
    page_kb: int
    rounds: int
    pages: Heaviness
    load_before: float
    load_after: float = 0.0

    @classmethod
    def now(cls, articles: int, page_kb: int, rounds: int, pages: Heaviness) -> "Setting":
        """This moment, here."""
        return cls(datetime.now(UTC), this_machine(), articles, page_kb, rounds, pages, os.getloadavg()[0])

    def __str__(self) -> str:
        size = f"{self.articles} articles, {self.page_kb} KiB of ballast a page, rounds: {self.rounds}, peers in turns"
        load = f"load {self.load_before:.1f} before, {self.load_after:.1f} after"
        return f"{self.at:%Y-%m-%d}, {self.machine}; {size}; {load}.\n\n{self.pages}"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one peer; `others`: address, state and reason of entries that are no article of their own."""

    peer: str
    cost: Cost
    first_request: float
    requests: int
    postgres_cpu_s: float
    prefect_cpu_s: float
    portal_cpu_s: float
    found: Agreement
    others: tuple[tuple[str, str, str | None], ...]

    @property
    def start_s(self) -> float:
        """From the start of the process to its first request."""
        return self.first_request - self.cost.began

    @property
    def work_s(self) -> float:
        """From the first request to the end of the process."""
        return self.cost.ended - self.first_request

    @property
    def done(self) -> int:
        """Gold articles dealt with: rows, and repeats of a text that the tape has already."""
        return self.found.articles + sum(state == "duplicate" for _, state, _ in self.others)

    @property
    def lost(self) -> tuple[str, ...]:
        """Gold articles that are neither a row nor accounted for."""
        named = {url for url, _, _ in self.others}
        return tuple(url for url in self.found.missing if url not in named)

    def cpu_per_1000(self, seconds: float) -> float:
        """`seconds` for 1,000 articles."""
        return seconds * 1000 / max(1, self.done)


COLUMNS: dict[str, Callable[[Run], float]] = {
    "articles/s": lambda run: run.done / run.work_s,
    "articles/s, start included": lambda run: run.done / run.cost.wall_s,
    "start, s": lambda run: run.start_s,
    "work, s": lambda run: run.work_s,
    "CPU s per 1,000": lambda run: run.cpu_per_1000(run.cost.cpu_s),
    "of it after the first request": lambda run: run.cpu_per_1000(
        run.cost.cpu_s - run.cost.cpu_before(run.first_request)
    ),
    "Postgres CPU s per 1,000": lambda run: run.cpu_per_1000(run.postgres_cpu_s),
    "Prefect server CPU s": lambda run: run.prefect_cpu_s,
    "portal CPU s": lambda run: run.portal_cpu_s,
    "peak PSS, MiB": lambda run: run.cost.peak_pss_bytes / MIB,
    "processes": lambda run: run.cost.peak_processes,
    "requests per article": lambda run: run.requests / max(1, run.done),
    "rows": lambda run: run.found.rows,
    "articles": lambda run: run.done,
    "gold paragraphs found": lambda run: run.found.paragraphs_found,
    "body F1": lambda run: run.found.body_f1,
}
RATES = ("articles/s", "articles/s, start included")


def report(setting: Setting, runs: Sequence[Run]) -> str:
    """The whole report as Markdown."""
    peers = list(dict.fromkeys(run.peer for run in sorted(runs, key=lambda run: _ORDER.index(run.peer))))
    by_peer = {peer: [run for run in runs if run.peer == peer] for peer in peers}
    lines = [
        "# End to end: feeds to rows\n",
        f"{setting}\n",
        "## Ratios\n",
        *_ratios(by_peer),
        "\n## Figures: mean (least - most)\n",
        f"| | {' | '.join(peers)} |",
        f"|---|{'---:|' * len(peers)}",
        *(
            f"| {name} | {' | '.join(_cell(by_peer[peer], column) for peer in peers)} |"
            for name, column in COLUMNS.items()
        ),
        "\n## What became of the articles\n",
        *(_fate(run) for run in runs),
        _NOTES,
    ]
    return "\n".join(lines) + "\n"


_ORDER = ("naive", "procs2", "newstape")
_NOTES = """
articles/s: from the first request that the portal saw to the end of the process. CPU: the whole process tree, exact;
the servers apart, over the same time (Prefect's server idles beside the scripts, too). PSS: summed over the tree, every
0.2 s. Newstape also archives every page, keeps revisions and stories and obeys robots.txt; the scripts do not."""


def _ratios(by_peer: dict[str, list[Run]]) -> list[str]:
    lines = ["| Newstape compared with | " + " | ".join(RATES) + " | CPU |", "|---|" + "---:|" * (len(RATES) + 1)]
    for other in ("naive", "procs2"):
        rates = [_ratio(by_peer["newstape"], by_peer[other], COLUMNS[name]) for name in RATES]
        cpu = _ratio(by_peer["newstape"], by_peer[other], COLUMNS["CPU s per 1,000"])
        lines.append(f"| {other} | {' | '.join([*rates, cpu])} |")
    return lines


def _ratio(ours: Sequence[Run], theirs: Sequence[Run], column: Callable[[Run], float]) -> str:
    """Ratio of the means, and the least and the most within a round."""
    each = [column(one) / column(other) for one, other in zip(ours, theirs, strict=True)]
    whole = mean(map(column, ours)) / mean(map(column, theirs))
    return f"{whole:.2f} x ({min(each):.2f} - {max(each):.2f})"


def _cell(runs: Sequence[Run], column: Callable[[Run], float]) -> str:
    values = [column(run) for run in runs]
    least, most = _number(min(values)), _number(max(values))
    return _number(mean(values)) if least == most else f"{_number(mean(values))} ({least} - {most})"


def _number(value: float) -> str:
    """Three or more digits that matter."""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _fate(run: Run) -> str:
    """Rows, repeats and refusals of a run in one line."""
    states = Counter(f"{state}{f' ({reason})' if reason else ''}" for _, state, reason in run.others)
    others = ", ".join(f"{count} {state}" for state, count in states.most_common()) or "none"
    lost = f"; LOST: {', '.join(run.lost)}" if run.lost else ""
    found = f"{run.found.rows} rows, {run.found.articles} of the portal's articles"
    return f"- {run.peer}: {found}; other entries: {others}{lost}"
