"""Polling against a real database and a scripted web: what follows from what feeds say."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from fakes import FakeWeb, failing, ok
from makers import feed_row, source_row
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from sql.store import feeds, frontier, runs, sources, warnings
from tasks.model import Response
from tasks.outcome import Failure, Reason
from tasks.poll_rows import MAX_NEW_ENTRIES
from tasks.steps.poll import Polled, poll_due
from tasks.steps.run import Run

FEED, NEWS_MAP = "https://alpha.example/all.rss", "https://alpha.example/news-sitemap.xml"
INDEX = "https://alpha.example/sitemap_index.xml"
NOW = datetime.now(UTC)
Web = dict[str, Response | Failure]


def rss(*numbers: int, **headers: str) -> Response:
    """A feed with these articles."""
    items = "".join(f"<item><title>Meldung {n}</title><link>/news/{n}</link></item>" for n in numbers)
    return ok(f'<rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode(), 200, **headers)


def urlset(*locations: str, **headers: str) -> Response:
    """A plain sitemap of addresses that changed just now."""
    urls = "".join(f"<url><loc>{one}</loc><lastmod>{datetime.now(UTC):%Y-%m-%d}</lastmod></url>" for one in locations)
    return ok(f"<urlset>{urls}</urlset>".encode(), 200, **headers)


def news_map(*numbers: int, **headers: str) -> Response:
    """A news sitemap with these articles."""
    urls = "".join(
        f"<url><loc>https://alpha.example/news/{n}</loc><news:news><news:title>Meldung {n}</news:title>"
        f"<news:publication_date>{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}</news:publication_date></news:news></url>"
        for n in numbers
    )
    opening = '<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    return ok(f"{opening}{urls}</urlset>".encode(), 200, **headers)


def index(*locations: str) -> Response:
    """A sitemap index."""
    sitemaps = "".join(f"<sitemap><loc>{one}</loc></sitemap>" for one in locations)
    return ok(f"<sitemapindex>{sitemaps}</sitemapindex>".encode())


class Desk:
    """A database with the source alpha (and what else it is told), and a web that answers from a script."""

    def __init__(self, tape: Engine) -> None:
        self.tape, self.web = tape, FakeWeb()

    def know(self, *feed_rows: Mapping[str, Any], **source: Any) -> None:
        """Sync alpha with these feeds (none named: its RSS feed)."""
        rows = [source_row("alpha", delay=timedelta(0), **source)]
        with self.tape.begin() as conn:
            sources.sync(conn, rows, list(feed_rows) or [feed_row("alpha")], NOW - timedelta(days=400))

    def poll(self, answers: Mapping[str, Response | Failure], *, all_of_them: bool = True) -> Polled:
        """One run, the web answering so; `asked` starts anew."""
        self.web.answers, self.web.asked = dict(answers), []
        with self.tape.begin() as conn:
            run_id = runs.open_run(conn, "ingest", process="t", version="t", parameters={}, prefect_run_id=None)
        return asyncio.run(poll_due(Run(run_id, f"run:{run_id}:x", None, None), self.web.get, all_of_them=all_of_them))

    def later(self, passed: timedelta) -> None:
        """Let time pass: the clocks of feeds go back."""
        clocks = ("next_poll_at", "last_polled_at", "last_full_at", "redirected_since", "last_changed_at", "created_at")
        moved = ", ".join(f"{name} = {name} - CAST(:passed AS interval)" for name in clocks)
        self.change(f"UPDATE ingest.feeds SET {moved}", passed=passed)
        self.change("UPDATE ingest.fetch_events SET at = at - CAST(:passed AS interval)", passed=passed)

    def change(self, statement: str, **values: Any) -> None:
        with self.tape.begin() as conn:
            conn.execute(text(statement), values)

    def feed(self, url: str = FEED) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM ingest.feeds WHERE url = :url", url=url)
        return row

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        with self.tape.connect() as conn:
            return [dict(row) for row in conn.execute(text(statement), values).mappings()]

    def listed(self) -> set[str]:
        """The last part of the address of each entry."""
        return {row["url"].rpartition("/")[2] for row in self.rows("SELECT url FROM ingest.entries")}

    def warned(self) -> list[tuple[str, str | None]]:
        """Kind and feed of each open warning."""
        with self.tape.connect() as conn:
            return sorted((row["kind"], row["feed_url"]) for row in warnings.open_warnings(conn))

    def asked(self) -> list[str]:
        return [one.url for one in self.web.asked]


@pytest.fixture
def desk(tape: Engine) -> Desk:
    return Desk(tape)


NEWS_ROW = feed_row("alpha", "map", url=NEWS_MAP, kind="news_sitemap", look_back=timedelta(days=2))
INDEX_ROW = feed_row("alpha", "index", url=INDEX, kind="sitemap", look_back=timedelta(days=2))


def test_a_poll_leaves_entries_validators_pace_and_a_log_row(desk: Desk) -> None:
    desk.know()
    counts = desk.poll({FEED: rss(1, 2, etag='W/"a"', cache_control="max-age=1200")}).counts
    assert counts == {"feeds": 1, "changed": 1, "new": 2}
    feed = desk.feed()
    assert (feed["etag"], feed["last_outcome"], feed["failures"]) == ('W/"a"', "changed", 0)
    assert feed["asked_pace"] == timedelta(minutes=20)
    assert feed["every"] <= feed["pace"] <= feed["slowest"]
    assert NOW < feed["next_poll_at"] <= datetime.now(UTC) + feed["pace"]
    assert feed["last_full_at"] == feed["last_polled_at"]
    (event,) = desk.rows("SELECT outcome, requests, what FROM ingest.fetch_events")
    assert event == {"outcome": "changed", "requests": 1, "what": "feed"}


def test_a_full_poll_is_made_after_a_day_and_finds_what_a_stubborn_304_hid(desk: Desk) -> None:
    desk.know()
    desk.poll({FEED: rss(1, etag='"a"')})
    desk.poll({FEED: ok(status=304)})
    assert desk.web.asked[0].headers["If-None-Match"] == '"a"'
    desk.later(timedelta(hours=25))
    desk.poll({FEED: rss(1, 2, etag='"a"')})
    assert "If-None-Match" not in desk.web.asked[0].headers
    assert desk.listed() == {"1", "2"}


def test_a_crash_between_entries_and_validators_leaves_neither(desk: Desk) -> None:
    desk.know()
    desk.poll({FEED: rss(1, etag='"a"')})
    desk.change("ALTER TABLE ingest.feeds ADD CONSTRAINT plug CHECK (etag <> '\"b\"')")
    with pytest.raises(IntegrityError):
        desk.poll({FEED: rss(1, 2, etag='"b"')})
    assert (desk.feed()["etag"], desk.listed()) == ('"a"', {"1"})
    desk.change("ALTER TABLE ingest.feeds DROP CONSTRAINT plug")
    desk.change("UPDATE ingest.feeds SET lease_until = NULL, lease_owner = NULL")
    desk.poll({FEED: rss(1, 2, etag='"b"')})
    assert (desk.feed()["etag"], desk.listed()) == ('"b"', {"1", "2"})


def test_a_window_without_overlap_is_a_gap_which_the_news_sitemap_fills_in_the_same_run(desk: Desk) -> None:
    desk.know(feed_row("alpha"), NEWS_ROW)
    desk.poll({FEED: rss(1, 2), NEWS_MAP: news_map(1, 2, etag='"m"')})
    assert desk.warned() == []
    desk.later(timedelta(minutes=70))
    desk.change("UPDATE ingest.feeds SET next_poll_at = next_poll_at + interval '1 day' WHERE url = :url", url=NEWS_MAP)
    desk.poll({FEED: rss(7, 8), NEWS_MAP: news_map(*range(1, 9), etag='"n"')}, all_of_them=False)
    assert desk.asked() == [FEED, NEWS_MAP]
    assert "If-None-Match" not in desk.web.asked[1].headers
    assert desk.listed() == {str(number) for number in range(1, 9)}
    assert desk.warned() == [("gap", FEED)]
    (row,) = desk.rows("SELECT message FROM news.warnings")
    assert all(said in row["message"] for said in (FEED, NEWS_MAP, "lists 2 entries", "shorter `every` in alpha.yaml"))
    assert desk.feed()["last_gap_at"] is not None
    desk.poll({FEED: rss(8, 9), NEWS_MAP: ok(status=304)})
    assert desk.warned() == []


def test_a_sitemap_that_was_polled_in_the_same_round_is_asked_again_in_full_after_a_gap(desk: Desk) -> None:
    desk.know(feed_row("alpha"), NEWS_ROW)
    desk.poll({FEED: rss(1), NEWS_MAP: news_map(1, etag='"m"')})
    desk.poll({FEED: rss(3), NEWS_MAP: ok(status=304)})
    assert sorted(desk.asked()) == [FEED, NEWS_MAP, NEWS_MAP]


def test_the_first_poll_and_a_poll_after_a_pause_are_no_gaps_to_be_warned_of(desk: Desk) -> None:
    desk.know(feed_row("alpha"), NEWS_ROW)
    desk.poll({FEED: rss(1), NEWS_MAP: news_map(1)})
    desk.later(timedelta(hours=20))
    desk.poll({FEED: rss(5), NEWS_MAP: news_map(4, 5)})
    assert desk.warned() == []
    assert desk.asked().count(NEWS_MAP) == 2
    assert desk.listed() == {"1", "4", "5"}


def test_a_source_without_news_sitemap_has_those_of_its_robots_txt_read_after_a_gap_only(desk: Desk) -> None:
    desk.know()
    lines = (
        b"User-agent: *\nSitemap: https://alpha.example/news-sitemap.xml\nSitemap: https://alpha.example/pages.xml\n"
    )
    robots: Web = {"https://alpha.example/robots.txt": ok(lines), NEWS_MAP: news_map(2, 3)}
    desk.poll({FEED: rss(1)} | robots)
    assert desk.asked() == [FEED]
    desk.poll({FEED: rss(3)} | robots)
    assert desk.asked() == [FEED, "https://alpha.example/robots.txt", NEWS_MAP]
    assert desk.listed() == {"1", "2", "3"}
    assert desk.feed(NEWS_MAP)["origin"] == "robots"
    desk.poll({FEED: rss(3, 4)} | robots)
    assert desk.asked() == [FEED]
    desk.poll({FEED: rss(9)} | robots)
    assert desk.asked() == [FEED, NEWS_MAP]
    with desk.tape.connect() as conn:
        due = feeds.next_due_at(conn)
    assert due is not None
    assert due < datetime.now(UTC) + timedelta(days=2)


def test_the_children_of_an_index_are_polled_in_the_same_run_and_one_failure_stops_no_other(desk: Desk) -> None:
    desk.know(INDEX_ROW)
    children = [f"https://alpha.example/maps/{number}.xml" for number in range(3)]
    answers: Web = {
        INDEX: index(*children),
        children[0]: urlset("https://alpha.example/news/1"),
        children[1]: failing(Reason.SERVER_ERROR, 500),
        children[2]: urlset("https://alpha.example/news/2"),
    }
    assert desk.poll(answers).counts == {"feeds": 4, "changed": 3, "failed": 1, "new": 2}
    assert desk.listed() == {"1", "2"}
    child, parent = desk.feed(children[0]), desk.feed(INDEX)
    assert (child["origin"], child["parent_id"], child["kind"]) == ("index", parent["id"], "sitemap")
    assert (child["slowest"], child["look_back"]) == (timedelta(days=1), timedelta(days=2))


def test_a_child_that_its_index_drops_is_retired_with_its_own_children_and_comes_back_afresh(desk: Desk) -> None:
    desk.know(INDEX_ROW)
    inner, leaf, other = (f"https://alpha.example/maps/{name}.xml" for name in ("inner", "leaf", "other"))
    leaves: Web = {inner: index(leaf), leaf: urlset("https://alpha.example/news/1", etag='"l"'), other: urlset()}
    desk.poll({INDEX: index(inner, other)} | leaves)
    desk.poll({INDEX: index(other)} | leaves)
    retired = {row["url"] for row in desk.rows("SELECT url FROM ingest.feeds WHERE retired_at IS NOT NULL")}
    assert retired == {inner, leaf}
    desk.poll({INDEX: index(other)} | leaves)
    assert desk.asked() == [INDEX, other]
    desk.poll({INDEX: index(inner, other)} | leaves)
    assert sorted(desk.asked()) == sorted([INDEX, other, inner, leaf])
    assert desk.rows("SELECT url FROM ingest.feeds WHERE retired_at IS NOT NULL") == []


def test_indexes_that_name_each_other_are_read_once(desk: Desk) -> None:
    desk.know(INDEX_ROW)
    circle = "https://alpha.example/kreis.xml"
    desk.poll({INDEX: index(INDEX, circle), circle: index(INDEX, circle, "https://alpha.example/leaf.xml")})
    assert sorted(desk.asked()) == sorted([INDEX, circle, "https://alpha.example/leaf.xml"])


def test_indexes_below_indexes_are_followed_to_the_fifth(desk: Desk) -> None:
    desk.know(INDEX_ROW)
    chain = [INDEX, *(f"https://alpha.example/level{depth}.xml" for depth in range(2, 9))]
    desk.poll({url: index(below) for url, below in pairwise(chain)})
    assert desk.asked() == chain[:5]
    (event,) = desk.rows("SELECT detail FROM ingest.fetch_events WHERE url = :url", url=chain[4])
    assert "not followed" in event["detail"]


def test_a_child_without_news_for_half_a_year_is_retired(desk: Desk) -> None:
    desk.know(INDEX_ROW)
    child = "https://alpha.example/maps/old.xml"
    both = {INDEX: index(child), child: urlset("https://alpha.example/news/1")}
    desk.poll(both)
    desk.change("UPDATE ingest.feeds SET last_changed_at = now() - interval '181 days' WHERE url = :url", url=child)
    desk.poll({INDEX: ok(status=304), child: ok(status=304)})
    assert desk.feed(child)["retired_at"] is not None
    desk.change("UPDATE ingest.feeds SET body_sha256 = NULL, last_full_at = NULL WHERE url = :url", url=INDEX)
    desk.poll(both)
    assert desk.asked() == [INDEX]


def test_a_feed_that_is_redirected_for_good_is_asked_there_after_days_and_people_are_told(desk: Desk) -> None:
    desk.know()
    target = "https://alpha.example/neu/all.rss"
    for number in range(5):
        assert desk.feed()["moved_to"] is None
        desk.poll({FEED: _moved(rss(1, number + 10), target)})
        desk.later(timedelta(hours=13))
    assert desk.warned() == [("feed_moved", FEED)]
    desk.poll({target: rss(1, 99)})
    assert (desk.asked(), desk.feed()["moved_to"]) == ([target], target)
    desk.poll({target: failing(Reason.NOT_FOUND, 404)})
    assert (desk.feed()["moved_to"], desk.warned()) == (None, [])
    desk.poll({FEED: rss(1, 100)})
    assert desk.asked() == [FEED]


NEVER_BELIEVED = {"the homepage": "https://alpha.example/", "another feed": "https://alpha.example/top.rss"}


@pytest.mark.parametrize("case", NEVER_BELIEVED)
def test_a_redirect_to_what_can_not_be_the_feed_is_never_believed(desk: Desk, case: str) -> None:
    desk.know(feed_row("alpha"), feed_row("alpha", "top"))
    for number in range(8):
        desk.poll({FEED: _moved(rss(1, number + 10), NEVER_BELIEVED[case]), "https://alpha.example/top.rss": rss(1)})
        desk.later(timedelta(hours=13))
    assert (desk.feed()["moved_to"], desk.feed()["redirects"], desk.warned()) == (None, 8, [])


def _moved(answer: Response, target: str) -> Response:
    return Response("", target, answer.status, answer.headers, answer.body, NOW, 7, requests=2, moved_to=target)


def others(*slugs: str) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    return [source_row(slug, delay=timedelta(0)) for slug in slugs], [feed_row(slug) for slug in slugs]


def test_when_nobody_answers_nothing_is_booked_and_the_run_is_told(desk: Desk) -> None:
    with desk.tape.begin() as conn:
        sources.sync(conn, *others("alpha", "beta", "gamma"), NOW)
    dead: Web = {f"https://{slug}.example/all.rss": failing(Reason.UNREACHABLE) for slug in ("alpha", "beta", "gamma")}
    polled = desk.poll(dead)
    assert polled.outage is not None
    assert "our side" in polled.outage
    assert desk.warned() == [("outage", None)]
    states = desk.rows("SELECT failures, lease_owner, last_polled_at, last_outcome FROM ingest.feeds")
    assert states == [{"failures": 0, "lease_owner": None, "last_polled_at": None, "last_outcome": None}] * 3
    assert all(
        row["next_poll_at"] <= datetime.now(UTC) + timedelta(minutes=1)
        for row in desk.rows("SELECT next_poll_at FROM ingest.feeds")
    )
    assert len(desk.rows("SELECT 1 FROM ingest.fetch_events WHERE reason = 'unreachable'")) == 3
    assert desk.rows("SELECT 1 FROM ingest.run_sources") == []
    assert desk.poll(dead | {FEED: rss(1)}).outage is None
    assert desk.warned() == []
    assert sorted(row["failures"] for row in desk.rows("SELECT failures FROM ingest.feeds")) == [0, 1, 1]


def test_a_paused_source_is_not_polled_until_its_pause_ends(desk: Desk) -> None:
    desk.know()
    desk.change("UPDATE ingest.sources SET paused_at = now(), paused_until = now() + interval '1 hour'")
    assert (desk.poll({FEED: rss(1)}).counts, desk.asked()) == ({"feeds": 0}, [])
    desk.change("UPDATE ingest.sources SET paused_until = now()")
    desk.poll({FEED: rss(1)})
    assert desk.asked() == [FEED]
    desk.change("UPDATE ingest.sources SET paused_until = NULL")
    assert desk.poll({FEED: rss(1)}).counts == {"feeds": 0}


def test_a_feed_that_is_gone_is_told_at_once_and_asked_daily_until_it_comes_back(desk: Desk) -> None:
    desk.know()
    desk.poll({FEED: failing(Reason.GONE, 410)})
    assert desk.warned() == [("feed_gone", FEED)]
    assert timedelta(hours=11) < desk.feed()["next_poll_at"] - datetime.now(UTC) <= timedelta(hours=36)
    desk.poll({FEED: rss(1)})
    assert (desk.warned(), desk.feed()["failure_weight"]) == ([], 0)


def test_a_week_of_404_is_told_and_a_few_are_not(desk: Desk) -> None:
    desk.know()
    for day in range(10):
        desk.poll({FEED: failing(Reason.NOT_FOUND, 404)})
        assert desk.warned() == ([("feed_gone", FEED)] if day >= 7 else []), day
        desk.later(timedelta(days=1))


def test_a_document_with_more_than_is_taken_at_once_comes_in_parts(desk: Desk) -> None:
    desk.know(feed_row("alpha", "map", url=NEWS_MAP, kind="news_sitemap"))
    whole = {NEWS_MAP: news_map(*range(MAX_NEW_ENTRIES + 4), etag='"m"')}
    desk.poll(whole)
    assert (len(desk.listed()), desk.feed(NEWS_MAP)["etag"]) == (MAX_NEW_ENTRIES, None)
    (event,) = desk.rows("SELECT detail FROM ingest.fetch_events")
    assert "4 more new entries come with the next polls" in event["detail"]
    desk.poll(whole)
    assert (len(desk.listed()), desk.feed(NEWS_MAP)["etag"]) == (MAX_NEW_ENTRIES + 4, '"m"')


def test_an_undated_sitemap_leaves_a_line_in_the_log_instead_of_an_archive_in_the_frontier(desk: Desk) -> None:
    desk.know(INDEX_ROW)
    desk.poll({INDEX: ok(b"<urlset><url><loc>https://alpha.example/alt</loc></url></urlset>")})
    assert desk.listed() == set()
    (event,) = desk.rows("SELECT outcome, detail FROM ingest.fetch_events")
    assert event["outcome"] == "changed"
    assert "1 outside the window" in event["detail"]
    assert "without a date" in event["detail"]


def test_a_feed_of_nothing_is_empty_in_the_table_and_in_the_log(desk: Desk) -> None:
    desk.know()
    assert desk.poll({FEED: rss()}).counts == {"feeds": 1, "empty": 1}
    assert (desk.feed()["last_outcome"], desk.warned()) == ("empty", [])


def test_article_ids_of_a_portal_are_found_by_the_pattern_of_its_source(desk: Desk) -> None:
    desk.know(article_id=r"/news/(\d+)")
    desk.poll({FEED: rss(41)})
    assert desk.rows("SELECT portal_id FROM ingest.entries") == [{"portal_id": "41"}]


def test_a_throttled_feed_waits_as_long_as_it_is_asked_to(desk: Desk) -> None:
    desk.know()
    refused = Failure(failing(Reason.THROTTLED).stage, Reason.THROTTLED, "429", 429, timedelta(hours=5), 1)
    desk.poll({FEED: refused})
    assert desk.feed()["next_poll_at"] >= NOW + timedelta(hours=5)


def test_new_entries_wait_in_the_frontier_like_any_others(desk: Desk) -> None:
    desk.know()
    desk.poll({FEED: rss(1, 2)})
    with desk.tape.connect() as conn:
        assert frontier.counts(conn) == {"pending": 2}
