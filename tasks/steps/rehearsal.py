"""A dry run of a backfill: the archive's documents are read, what they announce is counted, nothing is kept of it.

Only the requests that it makes are logged, as all requests are.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sql import connect
from sql.store import backfill_progress, hosts, pages
from tasks.captures import least_delay
from tasks.columns import Row
from tasks.model import Get
from tasks.past import Announced, Candidate, KnownRule
from tasks.past_rows import candidate_rows, hosts_asked, request_event
from tasks.steps.backfill import DaysWatch, archive_for
from tasks.steps.run import Run

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Rehearsal:
    """What a backfill would find: per day (None: undated) what is announced and what of it is new (`fresh`).

    `wanted` are the requests that it would make for articles; `delay` lies between two of them, `budget` are those of
    an hour at most. `page_bytes` is the usual size of a page; None: not known. `requests` were made for this.
    """

    delay: timedelta
    budget: int | None
    days: dict[date | None, Counter[str]] = field(default_factory=dict)
    failed: dict[date, str] = field(default_factory=dict)
    requests: int = 0
    wanted: int = 0
    page_bytes: int | None = None
    done: int = 0
    _met: set[bytes] = field(default_factory=set)

    @property
    def announced(self) -> int:
        """Different addresses."""
        return sum(counted["announced"] for counted in self.days.values())

    @property
    def fresh(self) -> int:
        """Those of them that the frontier does not know."""
        return sum(counted["fresh"] for counted in self.days.values())

    @property
    def duration(self) -> timedelta:
        """How long the requests would take: by the delay, or by the budget of so many hours where that is slower."""
        hours = (self.wanted - 1) // self.budget if self.budget and self.wanted else 0
        last = self.wanted - hours * (self.budget or 0)
        return max(self.wanted * self.delay, hours * HOUR + last * self.delay)

    @property
    def bytes(self) -> int | None:
        """What would be received; None: no page of the source is known."""
        return None if self.page_bytes is None else self.wanted * self.page_bytes

    def meet(self, pairs: Sequence[tuple[Candidate, Row]], known: Sequence[int | None], rule: KnownRule) -> None:
        """Count candidates, each address once; `known` are their entries."""
        for (one, row), entry_id in zip(pairs, known, strict=True):
            if row["url_hash"] in self._met:
                continue
            self._met.add(row["url_hash"])
            self.days.setdefault(one.day, Counter()).update(announced=1, fresh=int(entry_id is None))
            if least := least_delay([row["asked_url"] or row["url"]]):
                self.delay = max(self.delay, least)
            # Which known ones have no article is not looked up: `failed` is counted as `skip`.
            if one.page is None and (entry_id is None or rule is KnownRule.AGAIN):
                self.wanted += 1


async def rehearse(run: Run, wish: Row, get: Get, watch: DaysWatch) -> Rehearsal:
    """Read what an archive announces for a wish (as backfills.open_ones gives one) and count it."""
    rehearsal = Rehearsal(wish["delay"], wish["budget"])
    for day in wish["open_days"]:
        rehearsal.days[day] = Counter()
    archive, asked = await archive_for(wish, get)
    await asyncio.to_thread(_count, run, wish, asked, rehearsal)
    async for piece in archive.announced():
        await asyncio.to_thread(_count, run, wish, piece, rehearsal)
        await watch(rehearsal.done)
    return rehearsal


def _count(run: Run, wish: Row, piece: Announced, rehearsal: Rehearsal) -> None:
    pairs = candidate_rows(wish, piece.candidates)
    rehearsal.requests += sum(request.requests for request in piece.requests)
    rehearsal.failed |= piece.failed
    rehearsal.done += len(piece.complete) + len(piece.failed)
    with connect.engine().begin() as conn:
        known = backfill_progress.known_of(conn, [row for _, row in pairs])
        pages.log(conn, [request_event(request, run.id) for request in piece.requests])
        hosts.asked(conn, hosts_asked(wish, piece.requests))
        if rehearsal.page_bytes is None:
            rehearsal.page_bytes = backfill_progress.median_page(conn, wish["source_id"])
    rehearsal.meet(pairs, known, KnownRule(wish["known"]))
