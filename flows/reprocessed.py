"""What a reprocess came to, for people: the sentence, the table of columns, examples of what changed. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.steps.differences import COUNTS, Difference
from tasks.steps.reprocess import Example, Tally

Row = Mapping[str, Any]
EVERYWHERE = "(all)"
MOST_EXAMPLES = 10
LONGEST_VALUE = 160
# Of what both values share, so much stands in front of the first character that differs.
LEAD_IN = 30


def sentence(tally: Tally, *, is_rehearsal: bool) -> str:
    """What happened, or in a rehearsal would happen, in a line."""
    parts = [
        f"{_many(tally.revisions, 'revision')} of {_many(len(tally.slugs), 'source')} read again: {_changed(tally)}"
    ]
    if tally.entries:
        repeats = f" and {_many(tally.repeated, 'repeat')}" if tally.repeated else ""
        found = f"{_many(tally.found, 'article')}{repeats} found"
        parts.append(f"{found} on {_many(tally.entries, 'page')} that had none")
    if tally.expired:
        parts.append(f"{_many(tally.expired, 'page')} expired")
    if tally.failures:
        parts.append(f"{tally.failures.total():,} failed and stay as they were")
    return ("Dry run, nothing was replaced: " if is_rehearsal else "") + ", ".join(parts)


def columns(diffs: Sequence[Row]) -> list[dict[str, Any]]:
    """A row per column over all sources, then per source the columns that differ; those with most changes first."""
    sums: dict[str, Counter[str]] = {}
    for row in diffs:
        sums.setdefault(row["field"], Counter()).update({name: row[name] for name in COUNTS})
    totals = [{"source": EVERYWHERE, "field": name} | {count: sums[name][count] for count in COUNTS} for name in sums]
    differing = [dict(row) for row in diffs if _moved(row)] if len({row["source"] for row in diffs}) > 1 else []
    ordered = sorted(totals, key=lambda row: (-_moved(row), row["field"]))
    return ordered + sorted(differing, key=lambda row: (row["source"], -_moved(row), row["field"]))


def examples(tally: Tally) -> str:
    """Some of the values that changed and why pages could not be read, in Markdown; "" where there is neither."""
    parts = [_example(one) for one in tally.examples[:MOST_EXAMPLES]]
    for heading, failures in (
        ("Pages in which nothing can be read any more; what was read before stays", tally.failures),
        ("Pages in which there is still no article", tally.still_none),
    ):
        if failures:
            parts.append(f"### {heading}\n\n| source | reason | pages |\n| --- | --- | --- |")
            parts[-1] += "".join(f"\n| {slug} | {reason} | {n} |" for (slug, reason), n in sorted(failures.items()))
    return "\n\n".join(parts)


def shown(change: Difference) -> tuple[str, str]:
    """Both values, shortened to where they differ."""
    before, after = (_text(value) for value in (change.before, change.after))
    same = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return _cut(before, same), _cut(after, same)


def _changed(tally: Tally) -> str:
    counts = sorted(tally.fields.items(), key=lambda count: (-count[1], count[0]))
    named = ", ".join(f"{name} {count:,}" for name, count in counts)
    return f"{tally.changed:,} changed" + (f" ({named})" if named else "")


def _moved(row: Row) -> int:
    return int(row["changed"] + row["appeared"] + row["vanished"])


def _example(one: Example) -> str:
    before, after = (f"    {value}" for value in shown(one.change))
    return f"**{one.change.field}** of <{one.url}> ({one.source})\n\n{before}\n\nbecomes\n\n{after}"


def _cut(value: str, same: int) -> str:
    start = max(0, same - LEAD_IN)
    part = value[start : start + LONGEST_VALUE]
    return ("…" if start else "") + part + ("…" if start + LONGEST_VALUE < len(value) else "")


def _text(value: Any) -> str:
    """A value on one line."""
    if value is None:
        return "(none)"
    return " ".join(str(value).split()) if not isinstance(value, list) else f"[{'; '.join(value)}]"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
