"""What the answers of portals do to entries, articles and the ledger: the steps against a real database."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes import failing, ok
from makers import known_feeds, listed_row, page
from sqlalchemy import Engine, text

from config.settings import settings
from sql.store import frontier, runs
from tasks.extract.pool import Job, Outcome
from tasks.model import Article, Moved, Response
from tasks.outcome import Failure, Reason, Stage
from tasks.steps.fetch import archive_fetched, fetch_due
from tasks.steps.load import load_fetched
from tasks.steps.run import Handover, Run

URL = page(1)
DAY = timedelta(days=1)


@dataclass
class Web:
    """Addresses with their answers, a list one after the other, the last stays; robots.txt is 404 unless scripted."""

    answers: dict[str, Any]
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        answer = await self.get_here(url, headers)
        assert not isinstance(answer, Moved)
        return answer

    async def get_here(self, url: str, headers: Mapping[str, str]) -> Response | Moved | Failure:
        self.asked.append((url, headers))
        script = self.answers.get(url, failing(Reason.NOT_FOUND, 404))
        answer: Response | Moved | Failure = script
        if isinstance(script, list):
            answer = script.pop(0) if len(script) > 1 else script[0]
        if not isinstance(answer, Response):
            return answer
        return Response(url, url, answer.status, answer.headers, answer.body, datetime.now(UTC), 7)


class Reader:
    """An extractor for pages that are their own text; what is said of rights stands on the page."""

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        return [self.read(job.page.body.decode()) for job in jobs]

    def read(self, body: str) -> Outcome:
        if body.startswith("wall"):
            return Failure(Stage.EXTRACT, Reason.LOGIN_WALL, "a form to log in")
        said: dict[str, Any] = {"meta_robots": "noai", "tdm_reservation": "0", "paywall": True}
        said = said if "noai" in body else {}
        return Article(title="Zinsen", text=body, language="de", word_count=1, **said)

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class World:
    """A run on a database in which one feed listed `urls`."""

    tape: Engine
    run: Run
    feed: tuple[int, int]

    def work(self, web: Web) -> Handover:
        """One batch: fetched, and what has a page is loaded."""
        handover = Handover()
        asyncio.run(self.fetch(web, handover))
        if batch := handover.take():
            load_fetched(self.run, batch, Reader())
        return handover

    async def fetch(self, web: Web, handover: Handover) -> None:
        await fetch_due(self.run, web, handover, 50)
        await archive_fetched(handover)

    def again(self, web: Web) -> Handover:
        """The same for what is asked again or later: nothing waits any more."""
        self.change("UPDATE ingest.hosts SET next_request_at = now() - interval '1 day'")
        self.change("UPDATE ingest.entries SET due_at = now() - interval '1 s' WHERE state IN ('pending', 'retry')")
        self.change("UPDATE ingest.entries SET recheck_at = now() - interval '1 s' WHERE state = 'loaded'")
        return self.work(web)

    def change(self, statement: str) -> None:
        with self.tape.begin() as conn:
            conn.execute(text(statement))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.tape.connect() as conn:
            return [dict(row) for row in conn.execute(text(statement)).mappings()]

    def entry(self) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM ingest.entries")
        return row

    def article(self) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM news.articles")
        return row

    def last_event(self) -> dict[str, Any]:
        return self.rows("SELECT * FROM ingest.fetch_events WHERE what = 'page' ORDER BY id DESC LIMIT 1")[0]

    def counted(self) -> dict[str, int]:
        """What the run counted for the source, without zeros."""
        (row,) = self.rows("SELECT loaded, duplicates, skipped, gone, retried, dead, rechecked FROM news.run_sources")
        return {name: count for name, count in row.items() if count}


def world(tape: Engine, *urls: str) -> World:
    """A world whose feed listed these addresses."""
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        conn.execute(text("UPDATE ingest.sources SET delay = '0 s'"))
        frontier.add(conn, [listed_row(feed, url, place) for place, url in enumerate(urls)], datetime.now(UTC))
        run_id = runs.open_run(conn, "ingest", process="x", version="0", parameters={}, prefect_run_id=None)
    return World(tape, Run(run_id, f"run:{run_id}:x", None, None), feed)


@pytest.fixture
def loaded(tape: Engine) -> World:
    """A world with one article, loaded from a page with validators."""
    made = world(tape, URL)
    made.work(Web({URL: ok(b"Erst so.", etag='W/"1"', last_modified="Mon, 02 Mar 2026 09:30:00 GMT")}))
    assert made.entry()["state"] == "loaded"
    return made


def test_a_first_load_foresees_a_re_check_after_a_day(loaded: World) -> None:
    entry = loaded.entry()
    assert timedelta(0) < entry["recheck_at"] - entry["settled_at"] - DAY + timedelta(seconds=5) < timedelta(seconds=10)


def test_no_re_check_is_foreseen_where_none_is_wanted(tape: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTAPE_RECHECK_AFTER", "0s")
    settings.cache_clear()
    made = world(tape, URL)
    made.work(Web({URL: ok(b"Erst so.")}))
    assert (made.entry()["state"], made.entry()["recheck_at"]) == ("loaded", None)


def test_an_article_that_is_unchanged_since_costs_a_304_and_keeps_its_page(loaded: World) -> None:
    before = loaded.entry()
    web = Web({URL: ok(status=304, etag='W/"2"')})
    loaded.again(web)
    after = loaded.entry()
    assert dict(web.asked)[URL].items() >= {
        ("If-None-Match", 'W/"1"'), ("If-Modified-Since", "Mon, 02 Mar 2026 09:30:00 GMT"),
    }  # fmt: skip
    kept = ("page_id", "page_fetched_at", "article_id")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert (after["state"], after["rechecks"], after["recheck_at"]) == ("loaded", 1, None)
    assert (after["etag"], after["last_modified"]) == ('W/"2"', "Mon, 02 Mar 2026 09:30:00 GMT")
    event = loaded.last_event()
    assert (event["outcome"], event["status"], event["reason"]) == ("not_modified", 304, None)
    assert loaded.counted() == {"loaded": 1, "rechecked": 1}
    assert loaded.article()["revision"] == 1


TEXTS = {
    "the same words": (b"Erst  so", 1, {"loaded": 1, "rechecked": 1}),
    "other words": (b"Dann anders.", 2, {"loaded": 2}),
}


@pytest.mark.parametrize(("body", "revision", "counted"), TEXTS.values(), ids=TEXTS)
def test_an_article_that_is_asked_again_is_revised_where_it_says_something_else(
    loaded: World, body: bytes, revision: int, counted: dict[str, int]
) -> None:
    first = loaded.entry()["page_id"]
    loaded.again(Web({URL: ok(body)}))
    assert loaded.article()["revision"] == revision
    assert loaded.counted() == counted
    entry = loaded.entry()
    assert (entry["state"], entry["etag"], entry["page_id"] > first) == ("loaded", None, True)


GONE = {"404 twice": [failing(Reason.NOT_FOUND, 404)] * 2, "410 once": [failing(Reason.GONE, 410)]}


@pytest.mark.parametrize("answers", GONE.values(), ids=GONE)
def test_an_article_whose_page_is_gone_stays_and_is_marked_until_it_answers_again(
    loaded: World, answers: list[Failure]
) -> None:
    for answer in answers:
        assert loaded.article()["gone_at"] is None
        loaded.again(Web({URL: answer}))
    entry, gone_at = loaded.entry(), loaded.article()["gone_at"]
    assert (entry["state"], entry["article_id"], gone_at is not None) == ("gone", loaded.article()["article_id"], True)
    then: list[tuple[Any, Any]] = [(failing(Reason.GONE, 410), gone_at), (ok(b"Erst so."), None)]
    for answer, kept in then:
        with loaded.tape.begin() as conn:
            frontier.revive(conn, datetime.now(UTC), source_id=None, reason=None, states=["gone"], limit=None)
        loaded.again(Web({URL: answer}))
        assert loaded.article()["gone_at"] == kept
    assert loaded.entry()["state"] == "loaded"


FINAL = {
    "a rule": ([failing(Reason.TOO_LARGE)], "too_large", "skipped"),
    "a wall, twice": ([failing(Reason.BLOCKED, 403)] * 2, "blocked", "skipped"),
    "a status of no use": ([failing(Reason.HTTP_ERROR, 418)], "http_error", "dead"),
    "a page that is no article": ([ok(b"wall")], "login_wall", "skipped"),
}


@pytest.mark.parametrize(("answers", "reason", "counter"), FINAL.values(), ids=FINAL)
def test_an_article_that_can_not_be_asked_again_stays_with_the_reason(
    loaded: World, answers: list[Any], reason: str, counter: str
) -> None:
    for answer in answers:
        loaded.again(Web({URL: answer}))
    entry = loaded.entry()
    assert (entry["state"], entry["reason"], entry["article_id"]) == ("loaded", reason, loaded.article()["article_id"])
    assert entry["detail"]
    assert entry["page_id"] is not None
    assert (loaded.article()["revision"], loaded.article()["gone_at"]) == (1, None)
    assert loaded.counted()[counter] == 1


def test_trouble_on_the_way_is_tried_again_as_ever_and_ends_as_loaded(loaded: World) -> None:
    states = []
    for _ in range(settings().max_attempts):
        loaded.again(Web({URL: failing(Reason.SERVER_ERROR, 500)}))
        states.append(loaded.entry()["state"])
    assert states == ["retry"] * (settings().max_attempts - 1) + ["loaded"]
    assert loaded.entry()["reason"] == "server_error"


def test_an_article_is_asked_for_where_another_host_has_it(tape: Engine) -> None:
    made = world(tape, URL)
    target = page("neu", "beta.example")
    made.work(Web({URL: Moved(URL, target, 301, requests=2)}))
    entry, event = made.entry(), made.last_event()
    assert (entry["state"], entry["url"], entry["host"]) == ("pending", target, "beta.example:443")
    assert (entry["canonical_url"], entry["hops"], entry["attempts"]) == (URL, 1, 0)
    assert (event["outcome"], event["status"], event["requests"]) == ("moved", 301, 2)
    assert target in event["detail"]
    web = Web({target: ok(b"Erst so.")})
    made.work(web)
    assert [url for url, _ in web.asked] == ["https://beta.example/robots.txt", target]
    assert (made.entry()["state"], made.article()["url"]) == ("loaded", URL)


def test_more_than_five_moves_are_a_circle(tape: Engine) -> None:
    made = world(tape, URL)
    for hop in range(1, 7):
        assert made.entry()["state"] == "pending"
        made.again(Web({made.entry()["url"]: Moved("", page(hop, f"h{hop}.example"), 302)}))
    entry = made.entry()
    assert (entry["state"], entry["reason"], entry["hops"]) == ("dead", Reason.REDIRECTED, 5)
    assert made.rows("SELECT DISTINCT stage FROM ingest.run_stages WHERE received <> passed + skipped + failed") == []


def test_two_addresses_that_lead_to_one_page_are_one_article(tape: Engine) -> None:
    made = world(tape, URL, page("neu"))
    made.work(Web({URL: Moved(URL, page("neu", "www2.example"), 301), page("neu"): ok(b"Erst so.")}))
    made.again(Web({page("neu", "www2.example"): ok(b"Erst so."), page("neu"): ok(b"Erst so.")}))
    assert sorted(row["state"] for row in made.rows("SELECT state FROM ingest.entries")) == ["duplicate", "loaded"]


def test_what_was_said_about_automated_use_is_kept_with_each_page(tape: Engine) -> None:
    made = world(tape, URL, page(2))
    robots = {"https://alpha.example/robots.txt": ok(b"User-agent: *\nDisallow: /intern/\n")}
    policy = "https://alpha.example/tdm.json"
    reserved = ok(b"Mit noai.", x_robots_tag="noarchive", tdm_reservation="1", tdm_policy=policy)
    made.work(Web({URL: reserved, page(2): ok(b"Ohne.")} | robots))
    told, silent = made.rows("""
        SELECT r.* FROM ingest.rights r
        JOIN ingest.entries e ON e.page_id = r.page_id AND e.page_fetched_at = r.page_fetched_at AND e.id = r.entry_id
        ORDER BY e.id
    """)
    assert (told["robots"], told["x_robots_tag"], told["meta_robots"]) == ("allowed", "noarchive", "noai")
    assert (told["tdm_reservation"], told["tdm_policy"], told["paywall"]) == ("1", policy, True)
    names = ("x_robots_tag", "meta_robots", "tdm_reservation", "tdm_policy", "paywall")
    assert (silent["robots"], {silent[name] for name in names}) == ("allowed", {None})


def test_what_robots_txt_forbids_costs_no_request(tape: Engine) -> None:
    made = world(tape, URL)
    made.work(Web({"https://alpha.example/robots.txt": ok(b"User-agent: *\nDisallow: /\n")}))
    event = made.last_event()
    assert (event["outcome"], event["reason"], event["requests"], event["status"]) == ("failed", "robots", 0, None)
    assert made.entry()["state"] == "skipped"


def test_a_host_whose_robots_txt_can_not_be_had_is_noted_and_its_entries_wait(tape: Engine) -> None:
    made = world(tape, URL)
    made.work(Web({"https://alpha.example/robots.txt": failing(Reason.SERVER_ERROR, 503)}))
    (host,) = made.rows("SELECT * FROM ingest.hosts")
    assert host["robots_failing_since"] is not None
    assert (made.entry()["state"], made.entry()["attempts"]) == ("pending", 0)
    made.change("UPDATE ingest.hosts SET robots_expires_at = now()")
    made.again(Web({URL: ok(b"Erst so.")}))
    assert made.rows("SELECT robots_failing_since FROM ingest.hosts") == [{"robots_failing_since": None}]
    assert made.entry()["state"] == "loaded"


def unreachable(*hosts: str) -> Web:
    """Nobody answers, neither for robots.txt nor for pages."""
    return Web(
        {f"https://{host}/{path}": failing(Reason.UNREACHABLE) for host in hosts for path in ("robots.txt", "1")}
    )


@pytest.mark.parametrize("robots", ["asked", "known"])
def test_when_nobody_answers_nothing_is_booked_against_anybody(tape: Engine, robots: str) -> None:
    hosts = [f"h{number}.example" for number in range(3)]
    made = world(tape, *(page(1, host) for host in hosts))
    if robots == "known":
        made.change("UPDATE ingest.hosts SET robots_status = 404, robots_body = '', "
                    "robots_expires_at = now() + interval '1 h'")  # fmt: skip
    before = made.rows("SELECT host, robots_status, robots_body, robots_expires_at FROM ingest.hosts ORDER BY 1")
    handover = made.work(unreachable(*hosts))
    assert "3 hosts" in (handover.outage or "")
    assert (handover.asked, handover.batch) == (0, [])
    rows = made.rows("SELECT state, attempts, reason, lease_owner, due_at - now() < '1 min' AS soon, "
                     "due_at > now() AS later FROM ingest.entries")  # fmt: skip
    assert (
        rows
        == [{"state": "pending", "attempts": 0, "reason": None, "lease_owner": None, "soon": True, "later": True}] * 3
    )
    assert (
        made.rows("SELECT host, robots_status, robots_body, robots_expires_at FROM ingest.hosts ORDER BY 1") == before
    )
    assert made.rows("SELECT lease_owner FROM ingest.hosts WHERE lease_owner IS NOT NULL") == []
    assert made.rows("SELECT count(*) AS logged FROM ingest.fetch_events WHERE reason = 'unreachable'") == [
        {"logged": 3}
    ]
    (warning,) = made.rows("SELECT kind, source_id, message FROM ingest.warnings WHERE resolved_at IS NULL")
    assert (warning["kind"], warning["source_id"], warning["message"]) == ("outage", None, handover.outage)
    assert made.rows("SELECT * FROM ingest.run_stages") == []


def test_one_host_that_answers_makes_it_the_trouble_of_the_others(tape: Engine) -> None:
    hosts = [f"h{number}.example" for number in range(4)]
    made = world(tape, *(page(1, host) for host in hosts))
    made.change("UPDATE ingest.hosts SET robots_status = 404, robots_body = '', "
                "robots_expires_at = now() + interval '1 h'")  # fmt: skip
    web = unreachable(*hosts[1:])
    web.answers[page(1, hosts[0])] = failing(Reason.HTTP_ERROR, 418)
    assert made.work(web).outage is None
    assert {row["state"] for row in made.rows("SELECT state FROM ingest.entries")} == {"dead", "retry"}
    assert made.rows("SELECT * FROM ingest.warnings") == []


def test_entries_of_backfills_are_left_to_backfills(tape: Engine) -> None:
    made = world(tape, URL)
    made.change("UPDATE ingest.entries SET priority = 1")
    made.work(web := Web({URL: ok(b"Erst so.")}))
    assert (made.entry()["state"], web.asked) == ("pending", [])
    made.run = replace(made.run, is_backfill=True)
    made.work(web)
    assert made.entry()["state"] == "loaded"
