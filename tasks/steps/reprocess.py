"""Archived pages are read again: what a better extractor reads in them takes the place of what was read before.

Nothing is asked of a portal. A batch is one transaction: revisions, their articles, and the books of what changed.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sql import connect
from sql.connect import Connection
from sql.store import articles, boilerplate, frontier, pages, reprocess, rights, runs
from sql.store.bulk import storable
from tasks import rows
from tasks.captures import as_published
from tasks.columns import Row, extracted_columns, published_columns
from tasks.extract.pool import Extractors, Job, Outcome
from tasks.extract.version import EXTRACTOR_VERSION
from tasks.extracted import Extracted
from tasks.fact_books import replaced_facts
from tasks.load import load
from tasks.model import Article, Profile
from tasks.outcome import Failure, Stage
from tasks.revisions import difference, difference_columns, notice_columns
from tasks.steps.differences import COMPARED, Difference, counted, differences
from tasks.steps.run import LEASE, Run, crashed, source_counts, stage_row
from tasks.text import content_hash, text_hash
from tasks.times import published

# Revisions first: an article that is found on a page of an entry is placed beside texts that are up to date.
Sweep = Literal["revisions", "entries"]
SWEEPS: tuple[Sweep, ...] = ("revisions", "entries")
EXAMPLES_PER_FIELD = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read again; in a rehearsal it is counted and compared, and nothing is replaced."""

    scope: reprocess.Scope
    is_rehearsal: bool = False


class Example(NamedTuple):
    """One value that changed."""

    source: str
    url: str
    change: Difference


@dataclass(slots=True)
class Tally:
    """What came of pages that were read again.

    `last_id` is the last id of the batch, None where there was none left. `failures` count (source, reason). `fields`
    count changed values by column. `found` and `repeated` are what became of entries without an article.
    """

    last_id: int | None = None
    slugs: set[str] = field(default_factory=set)
    revisions: int = 0
    changed: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    expired: int = 0
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    entries: int = 0
    found: int = 0
    repeated: int = 0
    still_none: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many revisions and entries were looked at."""
        return self.revisions + self.entries + self.expired + self.failures.total()

    def add(self, other: "Tally") -> None:
        """Add what came of another batch."""
        self.last_id = other.last_id
        self.slugs |= other.slugs
        for name in ("revisions", "changed", "expired", "entries", "found", "repeated"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.fields += other.fields
        self.failures += other.failures
        self.still_none += other.still_none
        self.examples = list(_few(self.examples + other.examples))


class Reading(NamedTuple):
    """A revision as it is stored, and what is read in its page now: revision columns, and the article's times."""

    stored: Row
    article: Article
    said: dict[str, Any]
    times: dict[str, Any]

    @property
    def compared(self) -> dict[str, Any]:
        """What is compared; `times` are empty but for the first revision, whose page dates the article."""
        return {name: self.said[name] for name in COMPARED} | self.times


def read_again(run: Run, wanted: Wanted, sweep: Sweep, after: int, count: int, extractors: Extractors) -> Tally:
    """Read the next up to `count` pages beyond the id `after` again, and write what they say; what came of them."""
    began = time.monotonic()
    with connect.engine().connect() as conn:
        find = reprocess.revisions if sweep == "revisions" else reprocess.entries
        found = find(conn, wanted.scope, after, count)
        stored = pages.read(conn, [(row["page_id"], row["page_fetched_at"]) for row in found])
        learned = boilerplate.learned(conn, [row["source_id"] for row in found])
    if not found:
        return Tally()
    there = [row for row in found if row["page_id"] in stored]
    outcomes = extractors.map([
        Job(as_published(rows.page_of(stored[row["page_id"]])), _profile(row, learned), row["teaser"])
        for row in there
    ])  # fmt: skip
    read = list(zip(there, outcomes, strict=True))
    reasons = Counter((row["slug"], one.reason.value) for row, one in read if isinstance(one, Failure))
    tally = Tally(found[-1]["id"], {row["slug"] for row in there}, expired=len(found) - len(there))
    passed = len(there) - reasons.total()
    stage = stage_row(Stage.REPROCESS, len(found), passed, tally.expired, reasons.total(), 0.0)
    stage |= crashed(one.reason for _, one in read if isinstance(one, Failure))
    with connect.engine().begin() as conn:
        if sweep == "revisions":
            tally.revisions, tally.failures = passed, reasons
            _renew(conn, run, wanted, _readings(read), tally)
        else:
            tally.entries, tally.still_none = len(there), reasons
            _find(conn, run, wanted, read, stored, tally)
        runs.add_stage_counts(conn, run.id, [dict(stage, seconds=time.monotonic() - began)])
    return tally


def _profile(row: Row, learned: Mapping[int, frozenset[bytes]]) -> Profile:
    return rows.profile_of(dict(row, language=row["source_language"]), learned.get(row["source_id"], frozenset()))


def _readings(read: Iterable[tuple[Row, Outcome]]) -> list[Reading]:
    """As Postgres will store it: what it can't hold would differ for ever otherwise."""
    return [
        Reading(row, one, storable(extracted_columns(one)), storable(_times(row, one)))
        for row, one in read
        if isinstance(one, Article)
    ]


def _times(row: Row, article: Article) -> dict[str, Any]:
    """The publication time of the article; {}: it was dated by another revision, the first."""
    if row["number"] != 1:
        return {}
    names = published_columns(None)
    hint = {name: row[f"hint_{name}"] for name in names}
    return published_columns(published(article, hint))


def _renew(conn: Connection, run: Run, wanted: Wanted, readings: Sequence[Reading], tally: Tally) -> None:
    """Revisions to what is read in them now, and the books of it; in a rehearsal the counts alone."""
    changes = [(one, differences(one.stored, one.compared)) for one in readings]
    tally.changed = sum(bool(found) for _, found in changes)
    tally.fields = Counter(change.field for _, found in changes for change in found)
    examples = (Example(one.stored["slug"], one.stored["canonical_url"], change) for one, f in changes for change in f)
    tally.examples = list(_few(examples))
    if not wanted.is_rehearsal:
        _replace(conn, run, changes)
    compared = ((one.stored["source_id"], one.stored, one.compared) for one in readings)
    texts = {one.stored["id"]: one.article for one in readings}
    sources = {one.stored["id"]: one.stored["source_id"] for one in readings}
    told = replaced_facts(conn, texts, sources, is_rehearsal=wanted.is_rehearsal)
    tally.fields.update({row["field"]: row["appeared"] + row["vanished"] + row["changed"] for row in told})
    tally.fields = +tally.fields
    reprocess.add_diffs(conn, run.id, [*counted(compared), *told])


def _replace(conn: Connection, run: Run, changes: Sequence[tuple[Reading, list[Difference]]]) -> None:
    """In the order in which a load locks, so that both can run side by side; what costs time is made before."""
    other = [(one, found) for one, found in changes if found or one.said["provenance"] != one.stored["provenance"]]
    renewed = [_revision(one) for one, _ in other]
    replaced = [change for one, found in other for change in _kept(one, found)]
    ids = {one.stored["id"] for one, _ in changes}
    same = ids - {row["id"] for row in renewed}
    notes = [_notice(one) for one, _ in changes if one.stored["id"] in same]
    dated = [one for one, found in changes if {change.field for change in found} & one.times.keys()]
    articles.lock_loading(conn)
    reprocess.replace(conn, renewed)
    # Those that read the same, too: they may be older than the summaries, or than a word of the lexicons.
    reprocess.note(conn, notes)
    reprocess.summarize(conn, [_summary(row) for row in reprocess.pairs(conn, sorted(ids))])
    reprocess.stamp(conn, sorted(same), EXTRACTOR_VERSION)
    reprocess.date_again(conn, [{"article_id": one.stored["article_id"]} | one.times for one in dated])
    rights.complete(conn, [
        rows.stated_rights(one.stored["page_id"], one.stored["page_fetched_at"], one.article) for one, _ in changes
    ])  # fmt: skip
    reprocess.keep_changes(conn, run.id, replaced, datetime.now(UTC))


def _revision(one: Reading) -> dict[str, Any]:
    title, text = one.article.title, one.article.text
    return (
        one.said
        | notice_columns(title, text)
        | {
            "id": one.stored["id"],
            "content_hash": content_hash(title, text),
            "text_hash": text_hash(title, text),
            "extractor_version": EXTRACTOR_VERSION,
        }
    )


def _notice(one: Reading) -> dict[str, Any]:
    return notice_columns(one.article.title, one.article.text) | {"id": one.stored["id"]}


def _summary(row: Row) -> dict[str, Any]:
    """What a revision changed, with its id; the one before it may have been read anew as well."""
    change = difference((row["old_title"], row["old_text"]), (row["title"], row["text"]))
    return difference_columns(change) | {"id": row["id"]}


def _kept(one: Reading, found: Sequence[Difference]) -> list[dict[str, Any]]:
    """Rows of reprocess_changes: all that was replaced, so that the former reading can be told in full."""
    follow = {"provenance": one.said["provenance"], "extractor_version": EXTRACTOR_VERSION}
    return [
        {"revision_id": one.stored["id"]} | change._asdict() for change in [*found, *differences(one.stored, follow)]
    ]


def _find(
    conn: Connection,
    run: Run,
    wanted: Wanted,
    read: Sequence[tuple[Row, Outcome]],
    stored: Mapping[int, Row],
    tally: Tally,
) -> None:
    """Articles onto the tape that are found on pages where none was seen before; in a rehearsal only counted."""
    batch = [_extracted(row, stored[row["page_id"]], one) for row, one in read if isinstance(one, Article)]
    if wanted.is_rehearsal:
        tally.found = len(batch)
        return
    now = datetime.now(UTC)
    free = reprocess.take(conn, run.owner, [one.entry["id"] for one in batch], now + LEASE)
    mine = [one for one in batch if one.entry["id"] in free]
    settled = load(conn, mine)
    rights.complete(conn, [rows.stated_rights(one.page_id, one.page_fetched_at, one.article) for one in mine])
    frontier.settle(conn, run.owner, settled, now)
    runs.add_source_counts(conn, run.id, source_counts(settled))
    tally.found = sum(row["state"] == "loaded" for row in settled)
    tally.repeated = len(settled) - tally.found


def _few(examples: Iterable[Example]) -> Iterator[Example]:
    """The first examples of each column."""
    shown: Counter[str] = Counter()
    for one in examples:
        shown[one.change.field] += 1
        if shown[one.change.field] <= EXAMPLES_PER_FIELD:
            yield one


def _extracted(entry: Row, page: Row, article: Article) -> Extracted:
    key, at = entry["page_id"], entry["page_fetched_at"]
    return Extracted(entry, key, at, page["body_sha256"], EXTRACTOR_VERSION, article, page["captured_at"])
