"""The fault matrix: each case of data/matrix.yaml is played on a portal and a database of its own.

After each case the invariants hold: nothing lost, nothing twice, every request in the log, none elsewhere, none early.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from desk import (
    DELAY,
    Desk,
    hosts_outside,
    hurried_runs,
    missing_articles,
    stored_twice,
    unknown_outcomes,
    unlogged_requests,
)  # fmt: skip
from fakes import FakeResolver, RoutedLoop
from makers import feed_row, source_row
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from config.durations import parse_duration
from config.settings import settings
from portal.client import RunningPortal, start

Case = dict[str, Any]
CASES: list[Case] = yaml.safe_load((Path(__file__).parent / "data" / "matrix.yaml").read_text("utf-8"))
ROWS = {*range(1, 25), *range(30, 36)}
PATHS = {"news_sitemap": "news-sitemap.xml", "sitemap": "sitemap_index.xml", "listing": "archiv?page=1"}
PUBLIC_NAME = "alpenboerse.example"

pytestmark = pytest.mark.timeout(120)


def test_every_row_of_the_matrix_has_a_case() -> None:
    assert {case["row"] for case in CASES} == ROWS


@pytest.mark.parametrize("case", CASES, ids=[f"{case['row']} {case['case']}" for case in CASES])
def test_row(case: Case, tape: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in case.get("settings", {}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    with running(case, tmp_path, monkeypatch) as portal:
        desk = made(case, portal, tape)
        outage = None
        for step in case["steps"]:
            if isinstance(step, dict) and "expect" in step:
                for name, wanted in step["expect"].items():
                    CHECKS[name](desk, wanted) if name != "outage" else check_outage(outage, wanted)
            else:
                outage = play(desk, step)
        assert stored_twice(desk) == {}
        assert unknown_outcomes(desk) == set()
        assert hosts_outside(desk) == set()
        assert hurried_runs(desk) == []
        served, logged = unlogged_requests(desk)
        assert logged + case.get("unlogged", 0) >= served
    settings.cache_clear()


@contextmanager
def running(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningPortal]:
    """The portal of a case."""
    with start(articles=20, end_with_stdin=True, tls=folder if "address" in case else None) as portal:
        if "address" in case:
            monkeypatch.setenv("NEWSTAPE_CA_FILE", portal.tls["authority"])
            settings.cache_clear()
        yield portal


def made(case: Case, portal: RunningPortal, tape: Engine) -> Desk:
    """The desk of a case, with its sources in the database."""
    desk = Desk(portal, tape, ("alpenboerse", *case.get("sources", ())))
    portals = {one["slug"]: one for one in portal.portals}
    homepages = {slug: portals[slug]["homepage"] for slug in desk.slugs}
    if "guarded" in case:
        port = urlsplit(homepages["alpenboerse"]).port or 0
        homepages["alpenboerse"] = f"http://{PUBLIC_NAME}/"
        desk.resolver = FakeResolver(**{PUBLIC_NAME.replace(".", "_"): case["guarded"]})
        desk.loop = routed((case["guarded"][0][0], 80), port)
        desk.allow_private = False
    if "address" in case:
        homepages["alpenboerse"] = portal.tls[case["address"]]
    rows = [source_row(slug, homepage=homepages[slug], delay=DELAY, **case.get("source", {})) for slug in desk.slugs]
    kinds = {slug: case.get("feeds", ["rss"]) if slug == "alpenboerse" else ["rss"] for slug in desk.slugs}
    desk.know(rows, [feed(slug, kind, homepages[slug], portals[slug]) for slug in desk.slugs for kind in kinds[slug]])
    return desk


def routed(address: tuple[str, int], port: int) -> Callable[[], RoutedLoop]:
    """Loops on which this public address leads to the portal."""

    def loop() -> RoutedLoop:
        made = RoutedLoop()
        made.routes[address] = port
        return made

    return loop


def feed(slug: str, kind: str, homepage: str, portal: dict[str, Any]) -> dict[str, Any]:
    """A feed of a portal; the invented articles are of 2025, so that sitemaps look back that far."""
    sitemap = kind.endswith("sitemap")
    path = urlsplit(portal["feeds"][0]["url"]).path.lstrip("/") if kind == "rss" else PATHS[kind]
    return feed_row(
        slug,
        kind,
        url=f"{homepage.rstrip('/')}/{path}",
        kind=portal["feeds"][0]["kind"] if kind == "rss" else kind,
        every=timedelta(minutes=1),
        look_back=timedelta(days=3650) if sitemap else None,
        selectors={"item": "article", "link": None, "title": None, "date": None, "date_format": None}
        if kind == "listing"
        else None,
    )


def play(desk: Desk, step: str | dict[str, Any]) -> str | None:
    """Carry out a step; what a run says of an outage of ours."""
    if isinstance(step, str):
        if step == "clear":
            desk.portal.clear_faults()
            return None
        return desk.ingest(all_of_them=step != "ingest due")
    (order, value), *more = step.items()
    ORDERS[order](desk, value, dict(more))
    return None


def place_fault(desk: Desk, name: str, more: dict[str, Any]) -> None:
    desk.portal.fault(name, **({"portal": "alpenboerse"} | more))


def pass_time(desk: Desk, passed: str, _: dict[str, Any]) -> None:
    duration = parse_duration(passed)
    assert isinstance(duration, timedelta), passed
    desk.later(duration)


def publish(desk: Desk, count: int, _: dict[str, Any]) -> None:
    desk.portal.publish("alpenboerse", count)


def edit(desk: Desk, change: str, _: dict[str, Any]) -> None:
    desk.portal.edit("archetype", change)


def rename(desk: Desk, name: str, _: dict[str, Any]) -> None:
    desk.portal.rename(name)


def remove(desk: Desk, status: int, _: dict[str, Any]) -> None:
    desk.portal.remove("archetype", status)


def shut(desk: Desk, slug: str, _: dict[str, Any]) -> None:
    desk.portal.shut(slug)


def open_again(desk: Desk, slug: str, _: dict[str, Any]) -> None:
    desk.portal.open(slug)


def crash(desk: Desk, table: str, _: dict[str, Any]) -> None:
    """A run in which the database refuses the end of a poll, after the entries and before the validators."""
    with desk.tape.begin() as conn:
        conn.execute(text("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'crash'; END$$"))
        conn.execute(
            text(
                f"CREATE TRIGGER refusal BEFORE UPDATE OF etag ON {table} FOR EACH ROW EXECUTE FUNCTION public.refuse()"
            )
        )
    with pytest.raises(DBAPIError, match="crash"):
        desk.ingest()


def heal(desk: Desk, table: str, _: dict[str, Any]) -> None:
    with desk.tape.begin() as conn:
        conn.execute(text(f"DROP TRIGGER refusal ON {table}"))


ORDERS: dict[str, Callable[[Desk, Any, dict[str, Any]], None]] = {
    "fault": place_fault, "later": pass_time, "publish": publish, "edit": edit, "rename": rename, "remove": remove,
    "shut": shut, "open": open_again, "crash": crash, "heal": heal,
}  # fmt: skip


def check_entries(desk: Desk, wanted: dict[str, int]) -> None:
    assert desk.count("SELECT state, reason, count(*) FROM ingest.entries GROUP BY 1, 2") == Counter(wanted)


def check_articles(desk: Desk, wanted: int | str) -> None:
    found = desk.rows("SELECT count(*) FROM tape.articles")[0][0]
    if wanted == "all":
        assert missing_articles(desk) == set()
        assert found > 0
    else:
        assert found == wanted


def check_feed(desk: Desk, wanted: str) -> None:
    said = desk.rows("""
        SELECT f.last_outcome, f.last_detail FROM ingest.feeds f JOIN ingest.sources s ON s.id = f.source_id
        WHERE s.slug = 'alpenboerse' AND f.origin = 'file' ORDER BY f.id LIMIT 1
    """)
    assert said[0][0] == wanted, said


def check_events(desk: Desk, wanted: list[str]) -> None:
    found = desk.count("""
        SELECT what, outcome, coalesce(reason, '-'), coalesce(status::text, '-'), count(*)
        FROM ingest.fetch_events GROUP BY 1, 2, 3, 4
    """)
    for line in wanted:
        times, _, event = line.partition(" ")
        assert found[event] >= int(times), found
    if not wanted:
        assert found == {}


def check_requests(desk: Desk, wanted: dict[str, int]) -> None:
    paths = [line["path"] for line in desk.portal.ledger() if line["portal"] == "alpenboerse"]
    assert {part: sum(bool(re.search(part, path)) for path in paths) for part in wanted} == wanted, paths


def check_moved_to(desk: Desk, wanted: str | None) -> None:
    (moved,) = desk.rows("SELECT moved_to FROM ingest.feeds WHERE origin = 'file'")[0]
    assert (urlsplit(moved).path if moved else None) == wanted


def check_warnings(desk: Desk, wanted: list[str]) -> None:
    found = desk.rows("SELECT DISTINCT kind FROM ingest.warnings WHERE resolved_at IS NULL ORDER BY kind")
    assert [kind for (kind,) in found] == wanted


def check_title(desk: Desk, wanted: str) -> None:
    assert (wanted,) in desk.rows("SELECT title FROM ingest.entries")


def check_listed(desk: Desk, wanted: str) -> None:
    assert any(wanted in title for (title,) in desk.rows("SELECT title FROM ingest.entries"))


def check_word(desk: Desk, wanted: str) -> None:
    assert any(wanted in said for (said,) in desk.rows("SELECT text FROM tape.revisions"))


def number_of(statement: str) -> Callable[[Desk, int], None]:
    """A check of what one statement counts."""

    def check(desk: Desk, wanted: int) -> None:
        assert desk.rows(statement)[0][0] == wanted

    return check


def check_outage(outage: str | None, wanted: bool) -> None:  # noqa: FBT001 - a value of the case
    assert (outage is not None) is wanted, outage


CHECKS: dict[str, Callable[[Desk, Any], None]] = {
    "entries": check_entries, "articles": check_articles, "feed": check_feed, "events": check_events,
    "requests": check_requests, "moved_to": check_moved_to, "warnings": check_warnings, "title": check_title,
    "listed": check_listed, "word": check_word,
    "revisions": number_of("SELECT count(*) FROM tape.revisions"),
    "waiting": number_of("SELECT count(*) FROM ingest.entries WHERE state = 'retry'"),
    "gone": number_of("SELECT count(*) FROM tape.articles WHERE gone_at IS NOT NULL"),
    "paywalled": number_of("SELECT count(*) FROM tape.revisions WHERE paywall"),
    "sightings": number_of("SELECT count(*) FROM ingest.sightings"),
    "failures": number_of("SELECT sum(failures) FROM ingest.feeds"),
}  # fmt: skip
