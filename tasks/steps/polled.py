"""What a round of polls leaves behind: entries, feeds, warnings, log and counters, in one transaction.

So a crash can't hide entries behind a 304: the validators are saved with the entries, or not at all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sql import connect
from sql.store import budgets, feed_family, feeds, frontier, hosts, pages, runs, warnings
from tasks.discover.children import MAX_DEPTH, child_rows, chosen_children
from tasks.discover.gaps import has_gap
from tasks.discover.moves import Course, course_after, target_of
from tasks.discover.pace import next_poll
from tasks.discover.polling import Poll, PollOutcome
from tasks.model import Feed
from tasks.outcome import Stage
from tasks.poll_rows import (
    MAX_NEW_ENTRIES,
    Row,
    entry_rows,
    feed_row,
    host_asked,
    is_quiet,
    poll_counts,
    poll_event,
    quiet_row,
    requests_made,
)
from tasks.steps.aftermath import Aftermath, fill_gaps, judge
from tasks.steps.run import Run, crashed, stage_row

# Rows of the frontier that are made and added at once. 20,000 cost 60 MiB that the process kept (23 November 2026).
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Saved:
    """What polls led to: counts by outcome, sitemaps to poll now, feeds with a gap and no news sitemap to fill it.

    `has_children`: sitemaps that an index named became feeds, which are due.
    """

    counts: Counter[str]
    has_children: bool
    called: set[int]
    without_sitemap: list[Feed]


@dataclass(slots=True)
class _Listed:
    """What documents list: the source id of each new entry, how listings overlap, feeds with more than is taken."""

    new: Counter[int] = field(default_factory=Counter)
    overlaps: dict[int, tuple[int, int]] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)

    def note(self, added: frontier.Added) -> None:
        """Count what an addition brought."""
        self.new.update(added.new)
        self.overlaps |= added.overlaps


def save_polls(run: Run, polls: Sequence[Poll], seconds: float) -> Saved:
    """Save all that these polls brought; `seconds` is how long they took."""
    now = datetime.now(UTC)
    aftermath = Aftermath(run)
    with connect.engine().begin() as conn:
        listed = _add_listed(conn, polls, aftermath, now)
        hosts.asked(conn, [host_asked(poll) for poll in polls])
        aftermath.overlaps, aftermath.courses = listed.overlaps, _courses(conn, polls)
        aftermath.gaps = [poll for poll in polls if has_gap(poll, *aftermath.overlap(poll))]
        _settle(conn, polls, listed.cut, aftermath)
        called, without = fill_gaps(conn, aftermath, now)
        has_children = _adopt_children(conn, polls, aftermath, now)
        judge(conn, polls, aftermath, now)
        warnings.raise_all(conn, aftermath.raised, now)
        pages.log(conn, [poll_event(poll, run.id, aftermath.notes.get(poll.feed.id, ())) for poll in polls])
        counts = _count(conn, run, polls, listed.new, seconds)
        budgets.book(conn, requests_made(polls), now)
    return Saved(counts, has_children, called, without)


def _add_listed(conn: connect.Connection, polls: Sequence[Poll], aftermath: Aftermath, now: datetime) -> _Listed:
    """Add the entries of all documents to the frontier, so many documents at a time that their rows fit into memory."""
    listed = _Listed()
    rows: list[dict[str, Any]] = []
    for poll in polls:
        rows += _entries(conn, poll, listed, aftermath)
        if len(rows) >= ROWS_AT_ONCE:
            listed.note(frontier.add(conn, rows, now))
            rows = []
    listed.note(frontier.add(conn, rows, now))
    return listed


def _entries(conn: connect.Connection, poll: Poll, listed: _Listed, aftermath: Aftermath) -> list[dict[str, Any]]:
    """The entries of a document; of a huge one the first that its feed has not listed before."""
    rows = entry_rows(poll)
    if len(rows) <= MAX_NEW_ENTRIES:
        return rows
    unlisted = feeds.unlisted(conn, poll.feed.id, [row["listed_hash"] for row in rows])
    fresh = [row for row in rows if row["listed_hash"] in unlisted]
    taken = fresh[:MAX_NEW_ENTRIES]
    if left := len(fresh) - len(taken):
        listed.cut.add(poll.feed.id)
        aftermath.note(poll, f"{left} more new entries come with the next polls")
    return taken


def _courses(conn: connect.Connection, polls: Sequence[Poll]) -> dict[int, Course]:
    """Where the redirects of each feed lead, by feed id; an address that two feeds want is nobody's."""
    targets = Counter(target for poll in polls if (target := target_of(poll)))
    taken = feeds.taken(conn, list(targets)) | {target for target, wanted in targets.items() if wanted > 1}
    return {poll.feed.id: course_after(poll, taken) for poll in polls}


def _settle(conn: connect.Connection, polls: Sequence[Poll], cut: set[int], aftermath: Aftermath) -> None:
    gaps = {poll.feed.id for poll in aftermath.gaps}
    rows: list[Row] = []
    quiet: list[Row] = []
    for poll in polls:
        feed_id = poll.feed.id
        listed, before = aftermath.overlap(poll)
        due, course = next_poll(poll, listed - before), aftermath.courses[feed_id]
        if is_quiet(poll, due, course):
            quiet.append(quiet_row(poll, due))
        else:
            rows.append(feed_row(poll, due, course, is_cut=feed_id in cut, is_gap=feed_id in gaps))
    if rows:
        # What is written later on, too: the relatives of feeds that brought something.
        relatives = {poll.feed.source_id for poll in polls if poll.document or poll.index}
        feed_family.hold(conn, [poll.feed.id for poll in polls], relatives)
    feeds.settle(conn, aftermath.run.owner, rows)
    feeds.settle_quietly(conn, aftermath.run.owner, quiet)


def _adopt_children(conn: connect.Connection, polls: Sequence[Poll], aftermath: Aftermath, now: datetime) -> bool:
    """Make feeds of the sitemaps that indexes name, retire those that they don't name any more; True: some are new."""
    indexes = [(poll, poll.index) for poll in polls if poll.index]
    depths = feed_family.depths(conn, [poll.feed.id for poll, _ in indexes])
    rows: list[Row] = []
    named: dict[int, list[str]] = {}
    for poll, index in indexes:
        chosen = chosen_children(index, poll.at)
        if depths.get(poll.feed.id, 0) >= MAX_DEPTH:
            aftermath.note(poll, f"an index below {MAX_DEPTH - 1} others: its {len(index.children)} are not followed")
            continue
        if index.children or index.outside_window:
            named[poll.feed.id] = [child.url for child in chosen.children]
        if chosen.left_out:
            aftermath.note(poll, f"{chosen.left_out} sitemaps beyond the newest {len(chosen.children)} are not polled")
        rows += child_rows(poll.feed, chosen.children, now)
    feed_family.retire(conn, named, now)
    return bool(feed_family.adopt(conn, rows, now))


def _count(
    conn: connect.Connection, run: Run, polls: Sequence[Poll], new: Counter[int], seconds: float
) -> Counter[str]:
    outcomes = Counter(poll.outcome for poll in polls)
    changed, failed = outcomes[PollOutcome.CHANGED], outcomes[PollOutcome.FAILED]
    stage = stage_row(Stage.DISCOVER, len(polls), changed, len(polls) - changed - failed, failed, seconds)
    stage |= crashed(poll.failure.reason for poll in polls if poll.failure)
    runs.add_source_counts(conn, run.id, poll_counts(polls, new))
    runs.add_stage_counts(conn, run.id, [stage])
    return Counter({outcome.value: count for outcome, count in outcomes.items()}) + Counter(new=new.total())
