"""A backfill against a real database: stopped anywhere, done twice, or beside the live ingest, the end is the same."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fakes import failing, ok
from makers import known_feeds, listed_row, page
from sqlalchemy import Engine, text
from test_steps_fetch import Reader, Web

from flows import turns, wish_book
from sql.store import backfill_progress, backfills, budgets, frontier, runs
from tasks.extract.pool import Job, Outcome
from tasks.model import Page
from tasks.outcome import Reason
from tasks.past import Announced, ArchiveRequest, Candidate
from tasks.steps import backfill
from tasks.steps.backfill import list_days
from tasks.steps.fetch import archive_fetched, fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.rehearsal import Rehearsal, rehearse
from tasks.steps.run import Handover, Run
from tasks.text import inflate

DAYS = (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))
CAPTURED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STATES = """
    SELECT e.canonical_url, e.state, e.origin, a.id IS NOT NULL, r.text, a.available_at
    FROM ingest.entries e LEFT JOIN tape.articles a ON a.id = e.article_id
    LEFT JOIN tape.revisions r ON r.id = a.head_revision_id ORDER BY 1
"""
COUNTED = "SELECT day, state, announced, added, again FROM ingest.backfill_days WHERE backfill_id = 1 ORDER BY day"


class Unpacking:
    """An extractor for pages that are their own text, and may come compressed from the page archive."""

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        bodies = [inflate(job.page.body, job.page.content_encoding, 1000) for job in jobs]
        return [Reader().read(body.decode()) for body in bodies if isinstance(body, bytes)]

    def close(self) -> None:
        """Nothing to close."""


class Killed(Exception):
    """What ends a process in the middle."""


def saved(url: str, body: bytes, captured_at: datetime = CAPTURED) -> Page:
    """A page that an archive has."""
    digest = hashlib.sha256(body).digest()
    return Page(url, url, 200, {}, None, "utf-8", body, digest, datetime.now(UTC), 0, captured_at)


@dataclass
class Shelf:
    """An archive with these candidates, a piece for each wanted day; it dies before the piece number `dies_at`."""

    by_day: dict[date, list[Candidate]]
    failed: dict[date, str] = field(default_factory=dict)
    dies_at: int | None = None
    days: Sequence[date] = ()

    async def announced(self) -> AsyncIterator[Announced]:
        for number, day in enumerate(self.days):
            if number == self.dies_at:
                raise Killed
            request = ArchiveRequest(page(f"sitemap-{day}.xml"), datetime.now(UTC), None, 200, 100, 5)
            found = tuple(self.by_day.get(day, ()))
            # The first half comes in a piece of its own: a stop may lie between the two.
            half = len(found) // 2
            yield Announced(found[:half], (request,))
            bad = {day: self.failed[day]} if day in self.failed else {}
            yield Announced(found[half:], (), frozenset() if bad else frozenset({day}), bad)


def told(number: int, day: date | None = DAYS[0], **more: Any) -> Candidate:
    return Candidate(page(number), page("sitemap.xml"), day, **more)


def usual() -> Shelf:
    return Shelf({day: [told(10 * place + n, day) for n in range(4)] for place, day in enumerate(DAYS)})


@dataclass
class World:
    """A database with a source, a wish for three days, and a run of the flow."""

    tape: Engine
    feed: tuple[int, int]
    run: Run
    monkeypatch: pytest.MonkeyPatch

    def wish(self, **changes: Any) -> dict[str, Any]:
        """Note a wish; it as it is open."""
        plain = {"source_id": self.feed[0], "via": "folder", "place": None, "known": "skip", "budget": None}
        days = {"first_day": DAYS[0], "last_day": DAYS[-1]}
        with self.tape.begin() as conn:
            number = backfills.note(conn, plain | days | changes)
        return self.open(number)

    def open(self, number: int) -> dict[str, Any]:
        with self.tape.connect() as conn:
            return next(row for row in backfills.open_ones(conn, datetime.now(UTC)) if row["id"] == number)

    def shelve(self, shelf: Shelf) -> None:
        """Have `shelf` be the archive that is asked, for the days that are asked of it."""

        def archive_of(_via: Any, past: Any, *_more: Any) -> Shelf:
            return replace(shelf, days=past.days.days)

        self.monkeypatch.setattr(backfill, "archive_of", archive_of)

    def ask(self, wish: dict[str, Any], shelf: Shelf) -> dict[str, int]:
        self.shelve(shelf)
        return dict(asyncio.run(list_days(self.run, self.open(wish["id"]), Web({}).get, _unwatched)))

    def drain(self, web: Web, budget: int | None = None, *, live: bool = False) -> list[str]:
        """Drain as a backfill does (`live`: as the ingest does) until nothing may be claimed; what was asked for."""
        mine = replace(self.run, source_ids=(self.feed[0],), is_backfill=True, budget=budget)
        run = self.run if live else mine
        for _ in range(20):
            self.change("UPDATE ingest.hosts SET next_request_at = now() - interval '1 day'")
            handover = Handover()
            claimed = asyncio.run(_fetch(run, web, handover))
            if batch := handover.take():
                load_fetched(run, batch, Unpacking())
            if not claimed:
                return [url for url, _ in web.asked if not url.endswith("robots.txt")]
        raise AssertionError("it does not end")

    def change(self, statement: str) -> None:
        with self.tape.begin() as conn:
            conn.execute(text(statement))

    def rows(self, statement: str) -> list[Any]:
        with self.tape.connect() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]

    def states(self) -> dict[str, str]:
        return {url.removeprefix(page("")): state for url, state, *_ in self.rows(STATES)}

    def live(self, *numbers: int) -> None:
        """A feed lists these."""
        with self.tape.begin() as conn:
            frontier.add(conn, [listed_row(self.feed, page(n), n) for n in numbers], datetime.now(UTC))


async def _fetch(run: Run, web: Web, handover: Handover) -> int:
    claimed = await fetch_due(run, web, handover, 50)
    await archive_fetched(handover)
    return claimed


async def _unwatched(_days: int) -> None:
    """Nobody looks on."""


@pytest.fixture
def world(tape: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        conn.execute(text("UPDATE ingest.sources SET delay = '0', homepage = 'https://alpha.example/'"))
        run_id = runs.open_run(conn, "backfill", process="x", version="0", parameters={}, prefect_run_id=None)
    return World(tape, feed, Run(run_id, f"run:{run_id}:x", None, None), monkeypatch)


def web(*numbers: int, but: dict[int, Any] | None = None) -> Web:
    answers: dict[str, Any] = {page(n): ok(f"Text {n}.".encode()) for n in numbers}
    return Web(answers | {page(n): answer for n, answer in (but or {}).items()})


ALL = (0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23)


def test_what_an_archive_announces_gets_onto_the_tape_and_the_wish_ends(world: World) -> None:
    wish = world.wish()
    assert world.ask(wish, usual()) == {"announced": 12, "added": 12, "days": 3}
    assert len(world.drain(web(*ALL))) == 12
    assert set(world.states().values()) == {"loaded"}
    ended = wish_book.conclude(wish, None)
    assert (ended.state, ended.message) == ("done", "12 announced, 12 new, 0 known; 12 loaded")
    assert [(row["day"], row["loaded"]) for row in ended.days] == [(day, 4) for day in DAYS]
    assert sum(row["loaded"] for row in ended.coverage) == 12
    assert world.rows("SELECT state, message FROM ingest.backfills") == [("done", ended.message)]
    assert wish_book.judged(world.run.id, [ended]) == (
        "completed", "alpha 2026-03-01..2026-03-03 folder: 12 announced, 12 new, 0 known; 12 loaded",
    )  # fmt: skip


def test_a_day_without_articles_has_its_row(world: World) -> None:
    wish = world.wish()
    world.ask(wish, Shelf({DAYS[0]: [told(0)]}))
    world.drain(web(0))
    ended = wish_book.conclude(wish, None)
    assert [(row["day"], row["announced"]) for row in ended.coverage] == list(zip(DAYS, (1, 0, 0), strict=True))


@pytest.mark.parametrize("dies_at", range(3))
def test_a_listing_that_is_stopped_goes_on_with_the_days_that_are_left(world: World, dies_at: int) -> None:
    wish = world.wish()
    with pytest.raises(Killed):
        world.ask(wish, replace(usual(), dies_at=dies_at))
    assert world.open(wish["id"])["open_days"] == list(DAYS[dies_at:])
    world.ask(wish, usual())
    assert world.rows(COUNTED) == [(day, "listed", 4, 4, 0) for day in DAYS]
    assert len(world.rows("SELECT FROM ingest.entries")) == 12


def test_a_listing_that_is_stopped_within_a_day_counts_nothing_twice(world: World) -> None:
    wish = world.wish()
    half = usual()
    half.by_day = {DAYS[0]: half.by_day[DAYS[0]][:2]}
    world.ask(wish, replace(half, failed=dict.fromkeys(DAYS, "stopped")))
    world.change("UPDATE ingest.backfill_days SET state = 'open', message = NULL")
    world.ask(wish, usual())
    assert world.rows(COUNTED) == [(day, "listed", 4, 4, 0) for day in DAYS]


def test_the_same_backfill_twice_changes_nothing(world: World) -> None:
    for _ in range(2):
        wish = world.wish()
        world.ask(wish, usual())
        asked = world.drain(web(*ALL))
        wish_book.conclude(wish, None)
    assert asked == []
    assert len(world.rows("SELECT FROM tape.revisions")) == 12
    assert world.rows("SELECT count(*), sum(added) FROM ingest.backfill_days") == [(6, 12)]


def test_beside_the_live_ingest_each_article_is_there_once(world: World) -> None:
    world.live(0, 1, 99)
    world.ask(world.wish(), usual())
    world.live(2, 98)
    assert world.rows("SELECT canonical_url FROM ingest.entries WHERE priority = 0 ORDER BY 1") == [
        (page(n),) for n in (0, 1, 2, 98, 99)
    ]
    assert set(world.drain(web(*ALL, 98, 99), live=True)) == {page(n) for n in (0, 1, 2, 98, 99)}
    assert len(world.drain(web(*ALL, 98, 99))) == 9
    assert set(world.states().values()) == {"loaded"}
    assert world.rows("SELECT count(*), count(DISTINCT canonical_url) FROM tape.articles") == [(14, 14)]


def test_live_entries_of_a_host_go_first(world: World) -> None:
    world.ask(world.wish(), usual())
    world.live(99)
    assert world.drain(web(*ALL, 99))[0] == page(99)


def test_a_backfill_asks_no_more_than_its_budget_leaves_and_live_ones_are_not_held_back(world: World) -> None:
    world.ask(world.wish(budget=6), usual())
    # The three requests for sitemaps count as well, so that three pages are left.
    assert len(world.drain(web(*ALL), budget=6)) == 3
    assert world.rows("SELECT is_backfill, requests FROM ingest.request_hours") == [(True, 6)]
    world.live(98, 99)
    assert set(world.drain(web(*ALL, 98, 99), budget=6)) == {page(98), page(99)}
    assert turns.is_used_up(world.feed[0], 6)
    world.change("UPDATE ingest.request_hours SET hour = hour - interval '1 hour'")
    assert not turns.is_used_up(world.feed[0], 6)
    assert len(world.drain(web(*ALL), budget=60)) == 9


def used_up(world: World) -> dict[str, Any]:
    """A wish whose source has been asked as often as it may be in this hour."""
    with world.tape.begin() as conn:
        budgets.book(conn, [{"source_id": world.feed[0], "is_backfill": False, "requests": 1}], datetime.now(UTC))
    return world.wish(budget=1)


def test_a_used_up_budget_is_waited_for_only_while_something_is_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "NAP_S", 0.0)
    wish, ours = used_up(world), turns.Turns()
    assert asyncio.run(ours.next()) == wish
    wait = turns.BudgetWait(wish, ours)
    assert not asyncio.run(wait(world.run))
    world.ask(wish, usual())
    assert asyncio.run(wait(world.run))
    assert not wait.gave_way


def test_a_wish_without_budget_gives_way_to_others_and_has_another_turn(world: World) -> None:
    first, ours = used_up(world), turns.Turns()
    world.ask(first, usual())
    asyncio.run(ours.next())
    second = world.wish(known="again", budget=100)
    wait = turns.BudgetWait(first, ours)
    assert not asyncio.run(wait(world.run))
    assert wait.gave_way
    ours.over(first, wish_book.conclude(first, None), gave_way=True)
    assert asyncio.run(ours.next()) == world.open(second["id"])
    assert not asyncio.run(ours.others_may_go_on()), "the budget of the first is still used up"
    world.change("UPDATE ingest.request_hours SET hour = hour - interval '1 hour'")
    assert asyncio.run(ours.others_may_go_on())
    ours.over(second, wish_book.conclude(second, None))
    assert asyncio.run(ours.next()) == world.open(first["id"])
    ours.over(first, wish_book.conclude(first, None))
    assert asyncio.run(ours.next()) is None
    assert [one.state for one in ours.ended.values()] == ["open", "open"]


def test_wishes_of_paused_sources_are_not_called_done(world: World) -> None:
    world.wish()
    world.change("UPDATE ingest.sources SET paused_at = now()")
    assert asyncio.run(turns.Turns().next()) is None
    state, said = wish_book.judged(world.run.id, [])
    assert state == "completed"
    assert "1 backfill of sources that are paused or have no file any more (alpha) wait" in said


def test_an_error_of_ours_fails_the_run_and_leaves_the_wish_open(world: World) -> None:
    wish = world.wish()
    ended = wish_book.Ended("alpha", "open", "stopped by KeyError: 'x'", broken=True)
    state, said = wish_book.judged(world.run.id, [ended, wish_book.conclude(wish, None)])
    assert state == "failed"
    assert "alpha: stopped by KeyError" in said


ARTICLES = {
    "skip": ([], "loaded", "skipped", "gone"),
    "failed": ([page(1), page(2)], "loaded", "loaded", "loaded"),
    "again": ([page(0), page(1), page(2)], "loaded", "loaded", "loaded"),
}


@pytest.mark.parametrize("rule", ARTICLES)
def test_what_is_known_is_left_or_asked_again_after_the_rule(world: World, rule: str) -> None:
    world.live(0, 1, 2)
    world.drain(web(0, but={1: ok(b"wall"), 2: failing(Reason.GONE, 410)}), live=True)
    assert list(world.states().values()) == ["loaded", "skipped", "gone"]
    world.ask(world.wish(known=rule), Shelf({DAYS[0]: [told(n) for n in range(3)]}))
    asked, *states = ARTICLES[rule]
    assert sorted(world.drain(web(0, 1, 2))) == asked
    assert list(world.states().values()) == states


def test_pages_that_come_along_are_loaded_without_a_request(world: World) -> None:
    shelf = Shelf({DAYS[0]: [told(n, page=saved(page(n), f"Text {n}.".encode())) for n in range(3)]})
    wish = world.wish()
    world.ask(wish, shelf)
    assert world.drain(web()) == []
    assert world.rows(STATES) == [(page(n), "loaded", "backfill", True, f"Text {n}.", CAPTURED) for n in range(3)]
    assert world.rows("SELECT robots, count(*) FROM ingest.rights GROUP BY 1") == [("unknown", 3)]
    assert wish_book.conclude(wish, None).state == "done"


def test_an_older_page_replaces_no_newer_text(world: World) -> None:
    world.live(0)
    world.drain(web(0), live=True)
    old = Shelf({DAYS[0]: [told(0, page=saved(page(0), b"Von gestern."))]})
    world.ask(world.wish(known="again"), old)
    world.drain(web())
    assert [(state, said) for _, state, _, _, said, _ in world.rows(STATES)] == [("loaded", "Text 0.")]
    assert len(world.rows("SELECT FROM tape.revisions")) == 1


def test_a_newer_page_of_a_known_article_is_a_revision_only_where_all_are_wanted_again(world: World) -> None:
    world.ask(world.wish(), Shelf({DAYS[0]: [told(0, page=saved(page(0), b"Erst so."))]}))
    world.drain(web())
    later = Shelf({DAYS[0]: [told(0, page=saved(page(0), b"Dann so.", CAPTURED + timedelta(days=4)))]})
    world.ask(world.wish(known="failed"), later)
    world.drain(web())
    assert world.rows("SELECT text FROM tape.revisions") == [("Erst so.",)]
    world.ask(world.wish(known="again"), later)
    world.drain(web())
    assert world.rows("SELECT text FROM tape.revisions ORDER BY number") == [("Erst so.",), ("Dann so.",)]


def test_a_gone_article_is_asked_from_the_archive_that_has_it(world: World) -> None:
    world.live(0)
    world.drain(web(but={0: failing(Reason.GONE, 410)}), live=True)
    capture = f"https://archive.example/web/20260301120000id_/{page(0)}"
    world.ask(world.wish(known="failed"), Shelf({DAYS[0]: [told(0, asked_url=capture, captured_at=CAPTURED)]}))
    assert world.drain(Web({capture: ok(b"Text 0.")})) == [capture]
    assert world.rows(STATES) == [(page(0), "loaded", "listed", True, "Text 0.", CAPTURED)]


def test_a_wish_stays_open_as_long_as_something_of_it_is(world: World) -> None:
    wish = world.wish()
    world.ask(wish, usual())
    world.drain(web(*ALL, but={0: failing(Reason.TIMEOUT)}))
    ended = wish_book.conclude(wish, None)
    assert (ended.state, ended.message) == ("open", "12 announced, 12 new, 0 known; 11 loaded, 1 open")
    state, message = wish_book.judged(world.run.id, [ended])
    assert state == "completed"
    assert message.endswith("1 backfill still open: the next run goes on (`newstape backfill`)")
    world.change("UPDATE ingest.entries SET due_at = now() WHERE state = 'retry'")
    world.drain(web(*ALL))
    assert wish_book.conclude(wish, None).state == "done"


def test_days_that_can_not_be_listed_are_named_and_the_rest_is_done(world: World) -> None:
    wish = world.wish()
    world.ask(wish, replace(usual(), by_day={DAYS[0]: [told(0)]}, failed={DAYS[1]: "no answer"}))
    world.drain(web(0))
    ended = wish_book.conclude(wish, None)
    assert (ended.state, ended.is_whole) == ("done", False)
    assert wish_book.judged(world.run.id, [ended])[0] == "degraded"
    assert "1 day can't be listed (2026-03-02): no answer" in ended.message


def test_a_wish_of_which_nothing_can_be_listed_failed(world: World) -> None:
    wish = world.wish()
    world.ask(wish, Shelf({}, dict.fromkeys(DAYS, "no answer")))
    ended = wish_book.conclude(wish, None)
    assert ended.state == "failed"
    assert wish_book.judged(world.run.id, [ended])[0] == "failed"
    assert wish_book.next_open(()) is None


def test_requests_of_a_listing_are_logged_and_keep_their_distance_from_pages(world: World) -> None:
    world.change("UPDATE ingest.sources SET delay = '1 hour'")
    world.live(0)
    world.ask(world.wish(), usual())
    assert world.rows("SELECT what, outcome, count(*) FROM ingest.fetch_events GROUP BY 1, 2") == [
        ("archive", "fetched", 3)
    ]
    assert world.rows("SELECT next_request_at > now() + interval '50 min' FROM ingest.hosts") == [(True,)]


def test_a_rehearsal_counts_and_keeps_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.live(0, 1)
    world.drain(web(0, 1), live=True)
    wish = world.wish()
    world.change("DELETE FROM ingest.backfill_days; DELETE FROM ingest.backfills")
    before = world.rows(STATES)
    world.shelve(usual())
    found: Rehearsal = asyncio.run(rehearse(world.run, wish, Web({}).get, _unwatched))
    assert (found.announced, found.fresh, found.wanted, found.requests) == (12, 10, 10, 3)
    assert {day: counted["fresh"] for day, counted in found.days.items()} == dict(zip(DAYS, (2, 4, 4), strict=True))
    assert found.page_bytes == len(b"Text 0.")
    assert world.rows(STATES) == before
    assert world.rows("SELECT count(*) FROM ingest.candidates") == [(0,)]
    assert world.rows("SELECT count(*) FROM ingest.backfills") == [(0,)]


def test_how_much_a_run_has_asked_is_known(world: World) -> None:
    world.ask(world.wish(), usual())
    world.drain(web(*ALL))
    with world.tape.connect() as conn:
        assert backfill_progress.asked(conn, world.run.id) == 12
    assert wish_book.asked(world.run.id + 1) == 0
