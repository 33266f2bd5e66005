"""`newstape ingest URL`: single articles at once, under the same rules as all others, through a real Prefect server."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from flows.commands.why import why
from portal.client import RunningPortal, start
from sql import connect
from sql.store import runs
from tasks.urls import canonical_url

pytestmark = [pytest.mark.prefect, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(400)]

Ingest = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningPortal, Path]]:
    """A sample portal and the folder with its source files."""
    folder = tmp_path_factory.mktemp("sources")
    with start(sources_dir=folder, end_with_stdin=True) as running:
        yield running, folder


@pytest.fixture
def portal(outside: tuple[RunningPortal, Path]) -> Iterator[RunningPortal]:
    """The sample portal without faults and with an empty ledger."""
    running = outside[0]
    running.clear_ledger()
    yield running
    running.clear_faults()


@pytest.fixture
def ingest(outside: tuple[RunningPortal, Path], prefect_api: str, tape: Engine) -> Ingest:
    """`newstape ingest` on the sample portal into the database `tape`."""
    environment = os.environ | {"PREFECT_API_URL": prefect_api, "NEWSTAPE_DATABASE_URL": connect.plain(tape.url)}
    command = [sys.executable, "-m", "flows.cli", "ingest", "--sources", str(outside[1])]

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    return call


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement)).all()]


def articles(portal: RunningPortal, slug: str = "alpenboerse") -> list[dict[str, Any]]:
    """The gold of a portal's articles that stand alone: no copies, no repeats."""
    return [one for one in portal.gold() if one["portal"] == slug]


def asked_paths(portal: RunningPortal) -> list[str]:
    return [request["path"] for request in portal.ledger()]


def test_articles_are_fetched_alone_and_told_one_by_one(portal: RunningPortal, ingest: Ingest, tape: Engine) -> None:
    first, second = articles(portal)[:2]
    homepage = next(one["homepage"] for one in portal.portals if one["slug"] == "alpenboerse")
    forbidden = f"{homepage}intern/vorab-1"
    done = ingest(first["url"], f"{second['url']}?utm_source=mail", forbidden)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stdout + done.stderr
    assert f"loaded as article 1: {first['title']}" in lines[0]
    assert second["title"] in lines[1]
    assert f"{forbidden}: skipped: robots.txt disallows it" in lines[2]
    paths = asked_paths(portal)
    assert sum(path == "/robots.txt" for path in paths) == 1
    assert len(paths) == 3
    assert dict(rows(tape, "SELECT canonical_url, origin FROM ingest.entries")) == {
        canonical_url(url): "hand" for url in (first["url"], second["url"], forbidden)
    }
    assert rows(tape, "SELECT state, parameters ->> 'poll' FROM ingest.runs") == [("completed", "due")]


def test_the_trail_of_what_was_fetched_by_hand_has_its_request_its_page_and_its_rights(
    portal: RunningPortal, ingest: Ingest, tape: Engine
) -> None:
    article = articles(portal)[5]
    assert ingest(article["url"]).returncode == 0
    done = CliRunner().invoke(why, ["--json", article["url"]])
    assert done.exit_code == 0, (done.output, done.exception)
    trail = json.loads(done.output)
    assert [(row["outcome"], row["status"]) for row in trail["attempts"]] == [("fetched", 200)]
    assert [row["id"] for row in trail["pages"]] == [trail["entry"]["page_id"]]
    assert [row["robots"] for row in trail["rights"]] == ["allowed"]
    assert (trail["robots"]["verdict"], trail["entry"]["origin"], trail["sightings"]) == ("allowed", "hand", [])
    assert trail["article"]["title"] == article["title"]


def test_an_article_that_is_on_the_tape_is_asked_again_and_a_change_is_told(
    portal: RunningPortal, ingest: Ingest, tape: Engine
) -> None:
    article = articles(portal)[2]
    assert ingest(article["url"]).returncode == 0
    again = ingest(article["url"])
    assert (again.returncode, "was asked again and says the same" in again.stdout) == (0, True), again.stdout
    portal.edit(article["id"], "body")
    changed = ingest(article["url"])
    assert (changed.returncode, "loaded as its revision 2" in changed.stdout) == (0, True), changed.stdout
    assert rows(tape, "SELECT number FROM tape.revisions ORDER BY number") == [(1,), (2,)]
    assert rows(tape, "SELECT count(*) FROM ingest.entries") == [(1,)]


def test_what_fails_for_now_is_told_with_the_time_of_its_next_attempt(
    portal: RunningPortal, ingest: Ingest, tape: Engine
) -> None:
    article = articles(portal)[3]
    portal.fault("status", path=canonical_path(article["url"]), value=503)
    done = ingest(article["url"])
    assert done.returncode == 1
    assert "failed for now: the portal has trouble of its own (server_error" in done.stdout
    assert "the first run after" in done.stdout
    assert rows(tape, "SELECT state, attempts FROM ingest.entries") == [("retry", 1)]
    portal.clear_faults()
    assert "loaded as article" in ingest(article["url"]).stdout


def test_a_host_whose_robots_txt_cannot_be_had_is_not_asked_and_that_is_told(
    portal: RunningPortal, ingest: Ingest, tape: Engine
) -> None:
    article = articles(portal)[6]
    portal.fault("status", path="robots", value=503)
    done = ingest(article["url"])
    assert done.returncode == 1
    assert "noted, but robots.txt of its host can't be had since" in done.stdout
    assert asked_paths(portal) == ["/robots.txt"]
    told = CliRunner().invoke(why, [article["url"]])
    assert "But robots.txt answered 503" in told.output


def test_while_another_run_is_at_work_the_address_is_noted_and_nothing_is_lost(
    portal: RunningPortal, ingest: Ingest, tape: Engine
) -> None:
    article = articles(portal)[4]
    lock = tape.connect().execution_options(isolation_level="AUTOCOMMIT")
    assert runs.try_lock(lock, "ingest")
    try:
        done = ingest(article["url"])
    finally:
        lock.close()
    assert done.returncode == 1
    assert "Noted, not fetched yet" in done.stdout
    assert rows(tape, "SELECT state, origin FROM ingest.entries") == [("pending", "hand")]
    assert portal.ledger() == []
    assert ingest("--source", "alpenboerse").returncode == 0
    noted = f"SELECT state FROM ingest.entries WHERE canonical_url = '{canonical_url(article['url'])}'"
    assert rows(tape, noted) == [("loaded",)]


def test_an_address_that_no_source_covers_is_refused_with_the_way_on(ingest: Ingest, tape: Engine) -> None:
    done = ingest("https://www.fremd.example/nachrichten/1")
    assert done.returncode == 2
    assert "`newstape sources add https://www.fremd.example/`" in done.stderr
    assert rows(tape, "SELECT count(*) FROM ingest.entries") == [(0,)]


def test_options_about_feeds_do_not_go_with_an_address(ingest: Ingest) -> None:
    done = ingest("https://www.fremd.example/nachrichten/1", "--all")
    assert (done.returncode, "with a URL no feed is polled" in done.stderr) == (2, True)


def test_the_form_of_the_flow_explains_the_addresses_and_the_flow_checks_them_itself(tape: Engine) -> None:
    code = (
        "import asyncio, flows.by_hand\n"
        "from flows.ingest import ingest\n"
        "print(ingest.parameters.properties['urls']['description'])\n"
        "print(ingest.parameters.properties['urls']['anyOf'][0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert "Addresses of single articles to ingest at once instead of polling" in " ".join(done.stdout.split())
    assert "'array'" in done.stdout


def canonical_path(url: str) -> str:
    """What a fault's `path` must say to hit this article alone."""
    return url.partition("://")[2].partition("/")[2]
