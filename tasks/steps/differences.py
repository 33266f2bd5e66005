"""What another reading of the same page changes, column by column. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tasks.columns import Row

# Of these columns differences are counted. Provenance and digests follow from them.
COMPARED = (
    "title", "kicker", "subtitle", "summary", "lead", "text", "headings", "authors", "organisations", "agency",
    "section", "tags", "language", "image_url", "image_credit", "paywall", "kind", "flags", "word_count", "modified_at",
    "modified_raw", "modified_origin", "modified_precision", "modified_zone",
)  # fmt: skip
COUNTS = ("before", "after", "same", "appeared", "vanished", "changed")


class Difference(NamedTuple):
    """A column of a revision that says something else now."""

    field: str
    before: Any
    after: Any


def differences(before: Row, after: Row) -> list[Difference]:
    """Where `after` says something else than `before` in the columns that it has."""
    return [Difference(name, before[name], value) for name, value in after.items() if not _same(before[name], value)]


def counted(pairs: Iterable[tuple[int, Row, Row]]) -> list[dict[str, Any]]:
    """Rows of reprocess_diffs from (source id, before, after), one per source and column that is in some `after`."""
    sums: dict[tuple[int, str], Counter[str]] = {}
    for source_id, before, after in pairs:
        for name, value in after.items():
            sums.setdefault((source_id, name), Counter()).update(_marks(before[name], value))
    return [
        {"source_id": source_id, "field": name} | {count: marks[count] for count in COUNTS}
        for (source_id, name), marks in sorted(sums.items())
    ]


def _marks(before: Any, after: Any) -> Iterator[str]:
    had, has = _is_given(before), _is_given(after)
    if had:
        yield "before"
    if has:
        yield "after"
    if _same(before, after):
        yield "same"
    elif had and has:
        yield "changed"
    else:
        yield "appeared" if has else "vanished"


def _same(before: Any, after: Any) -> bool:
    return bool(before == after) or not (_is_given(before) or _is_given(after))


def _is_given(value: Any) -> bool:
    return value not in (None, "", [])
