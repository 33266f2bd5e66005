"""The backfill flow as its user runs it: `newstape backfill` against the sample portal's past."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from conftest import await_true
from prefect.utilities.callables import parameter_schema
from prefect_asking import ask
from sqlalchemy import Engine, text

from flows.backfill import backfill
from flows.commands.backfilling import backfill as command
from portal.client import RunningPortal, start
from sql import connect
from sql.store import runs

SLUG, ZONE = "alpenboerse", ZoneInfo("Europe/Zurich")
FIRST, LAST = "2026-03-01", "2026-03-07"
DAYS = ("--source", SLUG, "--start", FIRST, "--end", LAST)
# What a run leaves behind, without the numbers that runs count up.
TAPE = """
    SELECT a.canonical_url, a.published_at, a.available_at, r.number, r.title, r.text FROM tape.articles a
    JOIN tape.revisions r ON r.article_id = a.id ORDER BY 1, 4
"""
OPEN = "SELECT count(*) FROM ingest.entries WHERE state IN ('pending', 'leased', 'retry', 'fetched')"


class Past:
    """A sample portal, a database, and the command line on both."""

    def __init__(self, portal: RunningPortal, tape: Engine, environment: dict[str, str]) -> None:
        self.portal, self.tape, self.environment = portal, tape, environment
        self.homepage = next(one["homepage"] for one in portal.portals if one["slug"] == SLUG)
        self.sitemaps = ("--place", f"{self.homepage}sitemaps/index.xml")

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "flows.cli", *arguments],
            env=self.environment | more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def call(self, *arguments: str, code: int = 0, **more: str) -> str:
        """The last line of what a command says."""
        running = self.start(*arguments, **more)
        said, log = running.communicate(timeout=240)
        assert running.returncode == code, log
        return said.splitlines()[-1]

    def rows(self, statement: str) -> list[Any]:
        with self.tape.connect() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]

    def wanted(self, last: str = LAST) -> set[str]:
        """The addresses of the articles of those days, as the portal knows them."""
        gold = [one for one in self.portal.archive_gold() if one["portal"] == SLUG]
        span = (date.fromisoformat(FIRST), date.fromisoformat(last))
        days = {one["url"]: datetime.fromisoformat(one["published"]).astimezone(ZONE).date() for one in gold}
        return {url for url, day in days.items() if span[0] <= day <= span[1]}

    def loaded(self) -> set[str]:
        return {url for (url,) in self.rows("SELECT canonical_url FROM tape.articles")}


def made(tape: Engine, folder: Path, prefect_api: str, **options: int) -> Iterator[Past]:
    with start(sources_dir=folder, articles=10, end_with_stdin=True, **options) as running:
        environment = os.environ | {
            "PREFECT_API_URL": prefect_api,
            "NEWSTAPE_DATABASE_URL": connect.plain(tape.url),
            "NEWSTAPE_SOURCES_DIR": str(folder),
            "NEWSTAPE_BATCH_SIZE": "5",
        }
        yield Past(running, tape, environment)


@pytest.fixture
def past(tape: Engine, tmp_path: Path, prefect_api: str) -> Iterator[Past]:
    yield from made(tape, tmp_path, prefect_api)


@pytest.fixture
def slow_past(tape: Engine, tmp_path: Path, prefect_api: str) -> Iterator[Past]:
    """One that takes its time, so that a run has a middle."""
    yield from made(tape, tmp_path, prefect_api, latency_ms=500)


def artifacts(api: str) -> dict[str, dict[str, Any]]:
    """The latest artifact of each key."""
    return {found["key"]: found for found in ask("POST", f"{api}/artifacts/latest/filter", {})}


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_backfill_does_what_its_dry_run_said_and_the_same_again_changes_nothing(past: Past, prefect_api: str) -> None:
    rehearsed = past.call("backfill", *DAYS, *past.sitemaps, "--dry-run")
    count = len(past.wanted())
    assert f"Dry run, nothing was noted: {count} announced, {count} new, 0 known" in rehearsed
    assert past.rows("SELECT (SELECT count(*) FROM ingest.backfills), (SELECT count(*) FROM ingest.entries)") == [
        (0, 0)
    ]
    said = past.call("backfill", *DAYS, *past.sitemaps)
    assert said == f"{SLUG} {FIRST}..{LAST} sitemaps: {count} announced, {count} new, 0 known; {count} loaded"
    assert past.loaded() == past.wanted()
    before = past.rows(TAPE)
    past.portal.clear_ledger()
    assert f"{count} announced, 0 new, {count} known" in past.call("backfill", *DAYS, *past.sitemaps)
    assert past.rows(TAPE) == before
    assert not [line for line in past.portal.ledger() if "/nachrichten/" in line["path"]]
    assert past.rows("SELECT count(*) FROM tape.articles WHERE available_at >= first_seen_at") == [(0,)]
    found = artifacts(prefect_api)
    for key in ("backfill-days", "backfill-coverage"):
        assert sum(row["loaded"] for row in json.loads(found[key]["data"])) == count
    assert found["backfill-progress"]["data"] == 100.0
    assert "backfill-rehearsal" in found


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_captures_and_saved_pages_bring_the_same_articles_as_the_portal(past: Past, tmp_path: Path) -> None:
    written = past.portal.write_archive(tmp_path / "saved")
    past.call("backfill", *DAYS, "--via", "warc", "--place", written["warc"])
    assert past.loaded() == past.wanted()
    before = past.rows(TAPE)
    past.call("backfill", *DAYS, "--via", "folder", "--place", written["pages"][SLUG], "--known", "again")
    days = ("--source", SLUG, "--start", FIRST, "--end", FIRST)
    past.call("backfill", *days, "--via", "wayback", "--place", f"{past.homepage}cdx/search/cdx")
    # A capture of the first day may be of an article that was published before.
    assert {row[0]: row[4:] for row in past.rows(TAPE) if row[0] in past.wanted()} == {
        row[0]: row[4:] for row in before
    }
    assert past.rows("SELECT count(*) FROM tape.revisions WHERE number > 1") == [(0,)]


@pytest.mark.prefect
@pytest.mark.long
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_backfill_that_was_killed_is_gone_on_with_and_nothing_is_there_twice(slow_past: Past) -> None:
    killed = slow_past.start("backfill", *DAYS, *slow_past.sitemaps)
    await_true(lambda: slow_past.rows("SELECT count(*) > 2 FROM tape.articles") == [(True,)], 120, "the first articles")
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    assert slow_past.rows("SELECT state FROM ingest.backfills") == [("open",)]
    assert slow_past.rows(f"{OPEN}") != [(0,)]
    count = len(slow_past.wanted())
    assert f"{count} announced, {count} new, 0 known; {count} loaded" in slow_past.call("backfill")
    assert slow_past.loaded() == slow_past.wanted()
    assert slow_past.rows("SELECT count(*) = count(DISTINCT article_id) FROM tape.revisions") == [(True,)]
    assert slow_past.rows("SELECT state FROM ingest.runs ORDER BY id") == [("crashed",), ("completed",)]
    assert slow_past.rows("SELECT state FROM ingest.backfills") == [("done",)]


@pytest.mark.prefect
@pytest.mark.long
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_second_wish_is_noted_at_once_and_taken_up_and_live_news_come_in_meanwhile(slow_past: Past) -> None:
    first = slow_past.start("backfill", *DAYS, *slow_past.sitemaps)
    await_true(lambda: slow_past.rows("SELECT count(*) > 0 FROM tape.articles") == [(True,)], 120, "the first article")
    more = ("--source", SLUG, "--start", "2026-03-09", "--end", "2026-03-10")
    # It holds its lock while it stands still, however long the second one takes to start.
    first.send_signal(signal.SIGSTOP)
    try:
        said = slow_past.call("backfill", *more, *slow_past.sitemaps, code=1)
    finally:
        first.send_signal(signal.SIGCONT)
    assert said.startswith("Noted as backfill 2: run 1 is active since ")
    slow_past.call("ingest", "--all", "--source", SLUG)
    told, log = first.communicate(timeout=240)
    assert first.returncode == 0, log
    assert f"; {SLUG} 2026-03-09..2026-03-10 sitemaps: " in told
    gold = {one["url"] for one in slow_past.portal.gold() if one["portal"] == SLUG}
    assert slow_past.wanted("2026-03-10") <= slow_past.loaded() <= slow_past.wanted("2026-03-10") | gold
    assert slow_past.loaded() & gold
    assert slow_past.rows(OPEN) == [(0,)]


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_limit_leaves_the_rest_open_for_the_next_run(past: Past) -> None:
    count = len(past.wanted())
    said = past.call("backfill", *DAYS, *past.sitemaps, "--limit", "4")
    assert f"4 loaded, {count - 4} open" in said
    assert said.endswith("1 backfill still open: the next run goes on (`newstape backfill`)")
    assert f"{count} loaded" in past.call("backfill")
    assert past.call("backfill") == "Nothing is open: every backfill that was asked for is done."


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_a_wish_that_can_no_longer_be_fulfilled_is_ended_and_says_why(past: Past, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    with past.tape.connect() as conn:
        assert runs.try_lock(conn, "backfill")
        past.call("backfill", *DAYS, "--via", "folder", "--place", str(tmp_path / "saved"), code=1)
    (tmp_path / "saved").rmdir()
    said = past.call("backfill", code=3)
    assert f"There is no folder {tmp_path / 'saved'}" in said
    assert past.rows("SELECT state FROM ingest.backfills") == [("failed",)]


def test_the_form_offers_choices_and_describes_every_field() -> None:
    schema = parameter_schema(backfill).model_dump()
    fields = schema["properties"]
    assert list(fields) == ["source", "start", "end", "via", "place", "known", "dry_run", "budget", "limit"]
    assert all(len(field["description"]) > 20 for field in fields.values())
    assert "nzz" in schema["definitions"]["Source"]["enum"]
    assert schema["definitions"]["Via"]["enum"] == ["sitemaps", "listing", "warc", "wayback", "folder"]
    assert not schema.get("required")
    assert fields["start"]["anyOf"][0] == {"format": "date", "type": "string"}
    assert {"minimum": 1, "type": "integer"}.items() <= fields["budget"]["anyOf"][0].items()


WRONG = {
    "days in the wrong order": (["--source", "nzz", "--start", "2026-03-02", "--end", "2026-03-01"], "lies before"),
    "no such day": (["--source", "nzz", "--start", "2026-02-30"], "does not match the format"),
    "no such source": (["--source", "nobody", "--start", "2026-03-01"], "No such source: nobody"),
    "no such way": (["--via", "memory"], "'memory' is not one of"),
    "no place": (["--source", "nzz", "--start", "2026-03-01", "--via", "folder"], "There is no folder"),
    "no budget at all": (["--budget", "0"], "is not in the range"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_refused_before_anything_starts(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
